"""A POST is one write transaction, and the same POST again is the same deed.

Every write form carries a key of its own. When an answer is lost on its way, or somebody taps twice, the key is found
with the place the first answer led to, and nothing is done a second time.
"""

import hashlib
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache, wraps
from typing import Any, ParamSpec

from flask import Response, flash, make_response, redirect, render_template, request, session
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import ForeignKey, Row, String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..errors import Forbidden, Missing, Refused
from ..storage.database import Base, db, insert, write
from .access import visitor
from .addresses import back

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
    """Leaves the transaction without a commit, carrying the answer: a refused form writes nothing.

    shown: the answer is a page that says what earlier deeds had to say.
    """

    def __init__(self, response: Response) -> None:
        self.response = response
        self.shown = request_ctx.flashes is not None

    def seen(self) -> Response:
        """The answer; news it shows is news no more."""
        if self.shown:
            session.pop("_flashes", None)
        return self.response


class _Before(Exception):
    """Leaves the transaction without a commit: the same form has been done."""


_IN_THE_WAY = (Refused, Missing, Forbidden, IntegrityError, _Withheld, _Before)


def writes(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Make a view's POST one write transaction that is done once for each key; its GET stays a plain read.

    An answer of 400 and above rolls back. What a deed says to its reader, and whom it logs in or out, goes with the
    deed: unless it is committed, and when it runs again, the cookie session is what the request brought.
    """

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.method in ("GET", "HEAD"):
            return view(*args, **kwargs)
        brought, form = deepcopy(dict(session)), _form_sent()

        def once() -> Response:
            _begin_with(brought)
            return _kept(make_response(view(*args, **kwargs)), form)

        try:
            return write(once)
        except BaseException as stopped:
            _begin_with(brought)
            # What stands in the way of a form may be its own deed: only then is that looked up.
            if form and isinstance(stopped, _IN_THE_WAY) and (given := _find_given(form)):
                return _answer(form, given)
            if isinstance(stopped, _Withheld):
                return stopped.seen()
            raise

    return run


def _begin_with(brought: dict[str, Any]) -> None:
    """Make the session what the request brought, and forget which of its news a page has shown meanwhile."""
    request_ctx.flashes = None
    session.clear()
    session.update(deepcopy(brought))


def _kept(response: Response, form: "_Form | None") -> Response:
    """Keep where a deed led, with the key of its form; one that is only previewed may still be sent with it."""
    if response.status_code >= 400:
        raise _Withheld(response)
    if form and response.status_code == 303:
        done = asdict(form) | {"result_url": (response.location or "/")[:500], "at": clock.now()}
        if db.session.connection().execute(_remembering(db.engine.dialect.name), done).first() is None:
            raise _Before
    return response


@dataclass(frozen=True)
class _Form:
    """A form somebody sent with a key. fingerprint: of what it says, where it goes and all but what is no content."""

    person_id: int
    key: str
    fingerprint: str


def _form_sent() -> _Form | None:
    """The form of this request; None without a key, and for a stranger."""
    actor, key = visitor(), request.form.get("write_key", "")
    if actor is None or not _KEY.fullmatch(key):
        return None
    said = repr((request.path, sorted(_content())))
    return _Form(actor.person_id, key, hashlib.sha256(said.encode()).hexdigest())


def _content() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_CONTENT]


def _find_given(form: _Form) -> Row[str, str] | None:
    keys = select(WriteKey.fingerprint, WriteKey.result_url).where(WriteKey.person_id == form.person_id)
    return db.session.execute(keys.where(WriteKey.key == form.key)).first()


def _answer(form: _Form, given: Row[str, str]) -> Response:
    """Where the same form led before; the question what to do, when it said something else."""
    if given.fingerprint != form.fingerprint:
        return make_response(render_template("errors/sent_before.html", typed=_content(), back=back()), 409)
    flash(gettext("You have done this already; nothing was done twice."))
    return make_response(redirect(given.result_url, 303))


@cache
def _remembering(_dialect: str) -> Any:
    return insert(WriteKey).on_conflict_do_nothing().returning(WriteKey.key)


def sweep(now: datetime) -> None:
    """Drop keys nobody sends again."""
    db.session.execute(delete(WriteKey).where(WriteKey.at <= now - KEPT))
