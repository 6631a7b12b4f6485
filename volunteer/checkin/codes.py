"""Codes of the day: the rolling one on a leader's screen, the poster's, the six digits that are spoken. Pure.

A code is the id of its date and a signature with the date's own secret, so nobody can guess one. The rolling one
signs for half a minute; poster and digits stand for the whole date.
"""

import base64
import hmac
import re
from datetime import datetime
from enum import StrEnum

STEP = 30
"""Seconds until the next code."""
GOOD_STEPS = 4
"""This one and three earlier ones: who walks up to a screen takes their time."""
KNOWN_STEPS = 40
"""So long a code is known as one that has expired."""
_CODE = re.compile("([a-z2-7]{2,7})-([a-z2-7]{10})")


class CodeKind(StrEnum):
    """in, out: the rolling one before the end of a date and after it."""

    IN = "in"
    OUT = "out"
    POSTER = "poster"
    DIGITS = "digits"


def rolling(occurrence_id: int, secret: str, kind: CodeKind, now: datetime) -> str:
    """What a leader's screen shows now."""
    return f"{_text(occurrence_id)}-{_signed(secret, kind, _step(now))}"


def poster(occurrence_id: int, secret: str) -> str:
    """What stands on the poster of a date."""
    return f"{_text(occurrence_id)}-{_signed(secret, CodeKind.POSTER)}"


def digits(secret: str) -> str:
    """The six digits of a date."""
    return f"{int.from_bytes(_digest(secret, CodeKind.DIGITS)[:8]) % 10**6:06}"


def seconds_left(now: datetime) -> int:
    """Until the next code."""
    return STEP - int(now.timestamp()) % STEP


def occurrence_in(code: str) -> int:
    """The date a code claims to be of; 0 for what cannot be a code."""
    found = _CODE.fullmatch(code)
    if found is None:
        return 0
    try:
        claimed = int.from_bytes(base64.b32decode(found[1].upper() + "=" * (-len(found[1]) % 8)))
    except ValueError:
        return 0
    return claimed if claimed < 2**31 and _text(claimed) == found[1] else 0


def kind_of(code: str, secret: str, at: datetime) -> tuple[CodeKind | None, bool]:
    """What a code of the date with that secret is, None for one nobody was shown; and is it good at a moment?"""
    signature, now = code.rpartition("-")[2], _step(at)
    if hmac.compare_digest(signature, _signed(secret, CodeKind.POSTER)):
        return CodeKind.POSTER, True
    for ago in range(KNOWN_STEPS):
        for kind in (CodeKind.IN, CodeKind.OUT):
            if hmac.compare_digest(signature, _signed(secret, kind, now - ago)):
                return kind, ago < GOOD_STEPS
    return None, False


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP


def _text(occurrence_id: int) -> str:
    raw = occurrence_id.to_bytes(-(-occurrence_id.bit_length() // 8))
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _signed(secret: str, kind: CodeKind, step: int = 0) -> str:
    return base64.b32encode(_digest(secret, kind, step))[:10].decode().lower()


def _digest(secret: str, kind: CodeKind, step: int = 0) -> bytes:
    return hmac.digest(secret.encode(), f"{kind}|{step}".encode(), "sha256")
