"""What becomes of an absence or a leave, and of what people ask about their record: a leader judges, and answers.

Rule 8 of the service: three no-shows in twelve months, and a leader decides about one's next sign-ups; they expire,
can be appealed against, and are listed nowhere. How they count is a rule of the sign-ups.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select

from .. import clock
from ..activities.models import Shift
from ..actor import Actor
from ..errors import Forbidden, Refused, short_line
from ..notices import deeds
from ..notices.deeds import Effects
from ..notices.events import Event, Part
from ..signups import tickets
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db, insert
from . import balances, book, counting, rules
from .balances import Theirs
from .book import NewLine
from .models import Entry, Request
from .service import refuse_late, refuse_own, refuse_unless_on
from .states import CAME, EntryKind, Evidence, Question, RequestKind, RequestState


def judge(actor: Actor, occurrence_id: int, signup_id: int, verdict: EntryKind, now: datetime) -> None:
    """Judge a leave or an absence: EXCUSED or NO_SHOW. The same twice changes nothing; the other replaces it.

    Missing for sign-ups of another team or date, and for places without a person. Refused before there is something
    to judge, too late unless it answers an appeal, on a cancelled date, and for the actor's own. Locks the sign-up. The
    person is told. Forbidden to who only keeps the list.
    """
    if not rules.may_judge(actor):
        raise Forbidden
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id, Signup.person_id.is_not(None))
    refuse_own(actor, signup.person_id)
    if not (verdict is EntryKind.EXCUSED and _find_open(signup_id)):
        refuse_late(actor, signup.shift.occurrence, now)
    refuse_unless_on(signup.shift.occurrence, signup.shift)
    said = balances.standing(signup_id)
    planned = (signup.shift.starts_at, signup.shift.ends_at)
    objection = rules.objection_to_judging(signup.status, said, planned, now)
    if objection:
        raise objection
    if said.kind is not verdict:
        book.record(actor, signup, NewLine(verdict), now)


def ask(actor: Actor, signup_id: int, kind: RequestKind, text: str, minutes: int | None, now: datetime) -> None:
    """Ask about a record of the actor's own, as `rules.may_ask` says; to a no one can answer once, in the same way.

    minutes: how many it should be, of a correction or a late entry. Missing for what is not theirs. Refused when there
    is nothing of the kind to ask, while an earlier question is open, after a second no, and for a text of no or more
    than 200 characters. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Signup.person_id == actor.person_id)
    text, shift = _short(text), signup.shift
    holds, said = signup.status is Status.CONFIRMED, balances.standing(signup_id)
    if rules.may_ask(said, (shift.starts_at, shift.ends_at), holds, now) is not kind:
        raise _NOTHING_TO_ASK[kind]
    if kind is not RequestKind.APPEAL:
        refuse_unless_on(shift.occurrence)
        most = min(rules.MOST_MINUTES, (now - shift.starts_at) // clock.MINUTE)
        if minutes is None or not 0 <= minutes <= most:
            raise Refused("Say how many minutes it should be, at most %(most)d.", most=most, field="minutes")
    if rules.is_settled(list_asked([signup_id])[signup_id], kind):
        raise Refused("The leader has answered twice. If that is still not right, please talk to them.")
    said_of_it = {"kind": kind, "text": text, "minutes": minutes if kind is not RequestKind.APPEAL else None, "at": now}
    asked = insert(Request).values(team_id=signup.team_id, signup_id=signup_id, **said_of_it)
    request_id = db.session.scalar(asked.on_conflict_do_nothing().returning(Request.id))
    if request_id is None:
        raise Refused("You have asked already. The leader's answer will stand here.")
    deeds.settle(tickets.ask_leaders(_ASKED[kind], [signup], nth=request_id), now)


_ASKED = dict.fromkeys(RequestKind, Event.CORRECTION_ASKED) | {RequestKind.APPEAL: Event.APPEALED}
_NOTHING_TO_ASK = {
    RequestKind.APPEAL: Refused("There is no no-show here any more, so there is nothing to look at again."),
    RequestKind.CORRECTION: Refused("Nobody has said that you were there, so there is nothing to correct yet."),
    RequestKind.LATE_ENTRY: Refused("You can be entered late for a place you had on a date of the last twelve months."),
}


def grant(actor: Actor, occurrence_id: int, signup_id: int, now: datetime) -> None:
    """Say yes to what is asked, at any time: the no-show is excused, the minutes are set, the person is entered late.

    What was set counts as far as this leader's word goes; what is entered late waits for a second person. Missing for
    sign-ups of another team or date. Refused when nothing is asked any more, on a date that does not take place, and
    for the actor's own. Locks the sign-up. The person is told.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_own(actor, signup.person_id)
    asked = _get_open(signup_id)
    refuse_unless_on(signup.shift.occurrence)
    present = balances.standing(signup_id).present
    match asked.kind:
        case RequestKind.APPEAL:
            judge(actor, occurrence_id, signup_id, EntryKind.EXCUSED, now)
            return
        case RequestKind.CORRECTION if not present:
            raise Refused("This person is not ticked as there any more. Tick them first, or answer with a word.")
        case RequestKind.CORRECTION:
            said = book.record(actor, signup, _correction(signup_id, asked), now)
            _confirm(actor, signup, (said.planned_start, said.planned_end), now)
        case RequestKind.LATE_ENTRY if not present:
            book.record(actor, signup, _late_entry(signup, asked), now)
    _answered(actor, signup, asked, "", now)


def _correction(signup_id: int, asked: Request) -> NewLine:
    """It names the last line that said how long they were there."""
    lines = balances.lines_of(Entry.signup_id == signup_id)[signup_id]
    said = [line.id for line in lines if line.kind in (*CAME, EntryKind.SET)]
    return NewLine(EntryKind.SET, minutes=asked.minutes, reason=asked.text, corrects_id=said[-1])


def _late_entry(signup: Signup, asked: Request) -> NewLine:
    """The paper it comes from is what the person wrote."""
    begin = signup.shift.starts_at
    until = begin + timedelta(minutes=asked.minutes or 0)
    return NewLine(EntryKind.TYPED, at=begin, until=until, evidence=Evidence.PERSON, reason=asked.text)


def _confirm(actor: Actor, signup: Signup, planned: tuple[datetime, datetime], now: datetime) -> None:
    """What the sign-up comes to counts as far as the actor's word goes; what is beyond it waits."""
    near = balances.attendance_of_people(actor.team_id, [signup.person_id or 0], *planned)
    theirs: Theirs = near[signup.person_id or 0]
    one = theirs[signup.id]
    word = counting.word(signup.id, theirs, actor.person_id, actor.administers, now, actor.zone)
    counts = min(word.minutes, one.claimed)
    if counts != (one.confirmed or 0) or counts == one.claimed:
        book.add(actor, {signup: [book.confirming(actor, counts, one.claimed)]}, now)


def decline(actor: Actor, occurrence_id: int, signup_id: int, answer: str, now: datetime) -> None:
    """Say no to what is asked, at any time, with a word why: the record stays as it is.

    Missing for sign-ups of another team or date. Refused for a text of no or more than 200 characters, when nothing
    is asked any more, and for the actor's own. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_own(actor, signup.person_id)
    _answered(actor, signup, _get_open(signup_id), _short(answer), now)


def _answered(actor: Actor, signup: Signup, asked: Request, words: str, now: datetime) -> None:
    """The answer is kept and told."""
    book.answer(actor, signup.id, asked.kind, words, now)
    changed = asked.kind is RequestKind.CORRECTION and not words
    event, reason = (Event.CORRECTED, asked.text) if changed else (Event.ANSWERED, words)
    effects = tickets.news_to(event, [Part(signup.person_id, asked.id)], signup.shift_id, reason=reason)
    effects += Effects(over=[tickets.asked_of_leaders(_ASKED[asked.kind], signup)])
    deeds.close(actor, "answer", f"sign-up {signup.id}", now, effects, request=asked.kind, granted=not words)


def list_asked(signup_ids: Collection[int]) -> dict[int, tuple[Question, ...]]:
    """All that was ever asked about these sign-ups, in order."""
    found: dict[int, tuple[Question, ...]] = defaultdict(tuple)
    rows = db.session.execute(_ASKED_ABOUT.where(Request.signup_id.in_(signup_ids))) if signup_ids else ()
    for signup_id, *asked in rows:
        found[signup_id] += (Question(*asked),)
    return found


_ASKED_ABOUT = select(Request.signup_id, *(getattr(Request, name) for name in Question._fields)).order_by(Request.id)


def _find_open(signup_id: int) -> Request | None:
    return db.session.scalar(select(Request).where(Request.signup_id == signup_id, Request.state == RequestState.OPEN))


def _get_open(signup_id: int) -> Request:
    if asked := _find_open(signup_id):
        return asked
    raise Refused("Nothing is asked here any more. Somebody else may have answered.")


def _short(text: str) -> str:
    return short_line(text, 200, Refused("Write a sentence of up to 200 characters.", field="text"))
