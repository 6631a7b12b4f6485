"""A POST is one write transaction, and the same POST again is the same deed.

Every write form carries a key of its own. When an answer is lost on its way, or somebody taps twice, the key is found
with the place the first answer led to, and nothing is done a second time.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec

from flask import Response, flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from . import clock
from .database import Base, db, insert, write
from .web import back

P = ParamSpec("P")

KEPT = timedelta(days=2)
_NOT_CONTENT = ("csrf_token", "write_key")
_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")


class WriteKey(Base):
    """A form that was sent and done: what it said, and where its answer led."""

    __tablename__ = "write_key"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    result_url: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]


class _Withheld(Exception):
    """Leaves the transaction without a commit, carrying the answer: a refused form writes nothing."""

    def __init__(self, response: Response) -> None:
        self.response = response


class _Meanwhile(Exception):
    """The same form was done by another process while this one was at it."""


def writes(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Make a view's POST one write transaction that is done once for each key; its GET stays a plain read.

    An answer of 400 and above rolls back. When the work runs again, the cookie session starts from what
    the request brought.
    """

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.method in ("GET", "HEAD"):
            return view(*args, **kwargs)
        brought = dict(session)

        def once() -> Response:
            session.clear()
            session.update(brought)
            given = _answer_given()
            response = given or make_response(view(*args, **kwargs))
            if response.status_code >= 400:
                raise _Withheld(response)
            if given is None:
                _remember(response)
            return response

        try:
            return write(once)
        except _Meanwhile:
            return run(*args, **kwargs)
        except _Withheld as withheld:
            return withheld.response

    return run


def _key() -> str:
    """The key of the form being sent; "" without one, or for a stranger."""
    key = request.form.get("write_key", "")
    return key if current_user.is_authenticated and _KEY.fullmatch(key) else ""


def _fingerprint() -> str:
    """What the form says: where it goes and every field but those that are no content."""
    said = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_CONTENT]
    return hashlib.sha256(repr((request.path, sorted(said))).encode()).hexdigest()


def _answer_given() -> Response | None:
    """Where the same form led before; the question what to do, when it said something else; None when it is new."""
    if not _key():
        return None
    mine = select(WriteKey).where(WriteKey.person_id == current_user.person_id, WriteKey.key == _key())
    given = db.session.scalar(mine)
    if given is None:
        return None
    if given.fingerprint != _fingerprint():
        typed = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_CONTENT]
        return make_response(render_template("errors/sent_before.html", typed=typed, back=back()), 409)
    flash(gettext("You have done this already; nothing was done twice."))
    return make_response(redirect(given.result_url, 303))


def _remember(response: Response) -> None:
    """Keep the key of a deed that was done. A form that is only previewed may still be sent with it."""
    if not _key() or response.status_code != 303:
        return
    done = insert(WriteKey).values(
        person_id=current_user.person_id,
        key=_key(),
        fingerprint=_fingerprint(),
        result_url=(response.location or "/")[:500],
        at=clock.now(),
    )
    if db.session.scalar(done.on_conflict_do_nothing().returning(WriteKey.key)) is None:
        raise _Meanwhile


def sweep(now: datetime) -> None:
    """Drop keys nobody sends again."""
    db.session.execute(delete(WriteKey).where(WriteKey.at <= now - KEPT))
