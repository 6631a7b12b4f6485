"""What becomes of an absence or a leave: a leader judges, the person asks for another look, a leader answers.

Rule 8 of the service: three no-shows in twelve months, and a leader decides about one's next sign-ups; they expire,
can be appealed against, and are listed nowhere. How they count is a rule of the sign-ups.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from ..activities.models import Shift
from ..actor import Actor
from ..errors import Refused, short_line
from ..notices import deeds
from ..notices.deeds import Effects
from ..notices.events import Event, Part
from ..signups import tickets
from ..signups.models import Signup
from ..storage.database import db, insert
from . import balances, book, rules
from .book import NewLine
from .models import Request
from .service import refuse_late, refuse_own, refuse_unless_on
from .states import EntryKind, RequestKind, RequestState


def judge(actor: Actor, occurrence_id: int, signup_id: int, verdict: EntryKind, now: datetime) -> None:
    """Judge a leave or an absence: EXCUSED or NO_SHOW. The same twice changes nothing; the other replaces it.

    Missing for sign-ups of another team or date, and for places without a person. Refused before there is something
    to judge, too late unless it answers an appeal, on a cancelled date, and for the actor's own. Locks the sign-up. The
    person is told.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id, Signup.person_id.is_not(None))
    refuse_own(actor, signup.person_id)
    if not (verdict is EntryKind.EXCUSED and _is_asked(signup_id)):
        refuse_late(actor, signup.shift.occurrence, now)
    refuse_unless_on(signup.shift.occurrence, signup.shift)
    said = balances.standing(signup_id)
    planned = (signup.shift.starts_at, signup.shift.ends_at)
    objection = rules.objection_to_judging(signup.status, said, planned, now)
    if objection:
        raise objection
    if said.kind is not verdict:
        book.record(actor, signup, NewLine(verdict), now)


def appeal(actor: Actor, signup_id: int, text: str, now: datetime) -> None:
    """Ask for another look at a no-show of the actor's own; to a no one can answer once, in the same way.

    Missing for what is not theirs. Refused when there is no no-show or it has expired, while an earlier question is
    open, after a second no, and for a text of no or more than 200 characters. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Signup.person_id == actor.person_id)
    text = _short(text)
    if not rules.may_appeal(balances.standing(signup_id), now):
        raise Refused("There is no no-show here any more, so there is nothing to look at again.")
    if signup_id in find_settled([signup_id]):
        raise Refused("The leader has answered twice. If that is still not right, please talk to them.")
    said = {"kind": RequestKind.APPEAL, "text": text, "at": now}
    asked = insert(Request).values(team_id=signup.team_id, signup_id=signup_id, **said)
    request_id = db.session.scalar(asked.on_conflict_do_nothing().returning(Request.id))
    if request_id is None:
        raise Refused("You have asked already. The leader's answer will stand here.")
    deeds.settle(tickets.ask_leaders(Event.APPEALED, [signup], nth=request_id), now)


def let_stand(actor: Actor, occurrence_id: int, signup_id: int, answer: str, now: datetime) -> None:
    """Answer an appeal, at any time: the no-show stays, with a word why. (Judging it excused answers it too.)

    Missing for sign-ups of another team or date. Refused for a text of no or more than 200 characters, when nothing
    is asked any more, and for the actor's own. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_own(actor, signup.person_id)
    if not book.answer_appeal(actor, signup_id, _short(answer), now):
        raise Refused("Nothing is asked here any more. Somebody else may have answered.")
    effects = tickets.news_to(Event.NO_SHOW_STAYS, [Part(signup.person_id, signup_id)], signup.shift_id)
    effects += Effects(over=[tickets.asked_of_leaders(Event.APPEALED, signup)])
    deeds.close(actor, "let a no-show stand", f"sign-up {signup_id}", now, effects)


def list_requests(signup_ids: Iterable[int]) -> dict[int, Request]:
    """What was asked last about each of these sign-ups, with its answer."""
    ids = list(signup_ids)
    asked = select(Request).where(Request.signup_id.in_(ids)).order_by(Request.id)
    return {request.signup_id: request for request in db.session.scalars(asked)} if ids else {}


def find_settled(signup_ids: Iterable[int]) -> set[int]:
    """Those of these sign-ups of which an appeal was turned down, and then what its author answered to that."""
    ids = list(signup_ids)
    noes = select(Request.signup_id).where(Request.signup_id.in_(ids), Request.answer != "")
    twice = noes.group_by(Request.signup_id).having(func.count() > 1)
    return set(db.session.scalars(twice)) if ids else set()


def _is_asked(signup_id: int) -> bool:
    last = list_requests([signup_id]).get(signup_id)
    return last is not None and last.state is RequestState.OPEN


def _short(text: str) -> str:
    return short_line(text, 200, Refused("Write a sentence of up to 200 characters.", field="text"))
