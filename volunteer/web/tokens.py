"""Addresses that open a door: a random id and a signature over it.

Only the id (and a generation to rotate by) is stored, so a page can show the address again while a stolen
database opens nothing. Each purpose signs for itself: an invite is no feed. Home of keeping them out of logs, too.
"""

import base64
import hashlib
import hmac
import logging
import re
import secrets

from flask import current_app

_ID_BYTES = 10  # 16 characters
_SIGNATURE_BYTES = 15  # 24 characters
_TOKEN = re.compile("[a-z2-7]{16}-[a-z2-7]{24}")
_IN_TEXT = re.compile("([A-Za-z2-7]{16})-[A-Za-z2-7]{24}")
_POSTGRESQL_DETAIL = re.compile(r"\n\S+:  .*?(?=\n\[SQL|\n\nThe above|\Z)", re.DOTALL)


def new_id() -> str:
    """A random id of 16 characters a-z2-7."""
    return _text(secrets.token_bytes(_ID_BYTES))


def seal(purpose: str, public_id: str, generation: int = 1) -> str:
    """The address for this id: `<id>-<signature>`, 41 characters."""
    message = f"{purpose}|{public_id}|{generation}".encode()
    signature = hmac.digest(str(current_app.secret_key).encode(), message, "sha256")
    return f"{public_id}-{_text(signature[:_SIGNATURE_BYTES])}"


def id_in(token: str) -> str:
    """The id a token claims; "" for anything that cannot be one."""
    return token[:16] if _TOKEN.fullmatch(token) else ""


def is_sealed(token: str, purpose: str, public_id: str, generation: int = 1) -> bool:
    """Is this the very address `seal` gives? Takes the same time whatever the answer."""
    return hmac.compare_digest(token.encode(), seal(purpose, public_id, generation).encode())


def digest(secret: str) -> str:
    """What is stored of a secret that is itself random and long."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower()


def _redact(record: logging.LogRecord) -> bool:
    """A log's filter: of a token it leaves only the id, which opens nothing."""
    record.msg, record.args = redacted(record.getMessage()), ()
    if record.exc_info:
        record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
    return True


def redacted(text: str) -> str:
    """The text with every token's signature made unreadable, and without the rows PostgreSQL quotes in an error."""
    return _IN_TEXT.sub(r"\1-***", _POSTGRESQL_DETAIL.sub("", text))


def keep_out_of_logs(*loggers: logging.Logger) -> None:
    """Redact what these loggers write, and the web server's own."""
    for logger in (*loggers, *map(logging.getLogger, ("gunicorn.error", "gunicorn.access", "werkzeug"))):
        logger.addFilter(_redact)
