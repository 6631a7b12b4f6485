"""A leader confirms what the ledger says of a date: from then on it counts. And what the date brought.

Nobody confirms their own. What is beyond a day's eight hours, or was typed in, waits for somebody else, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.orm import contains_eager

from ..accounts.models import Person
from ..accounts.rules import told_apart
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db, insert
from . import balances, book, counting, rules, verdicts
from .balances import Theirs
from .book import Added, NewLine
from .models import Balance, OutcomeFigure
from .replay import NOTHING, Attendance
from .rules import Choice, Decision, Remark
from .service import objection_to_confirming, refuse_late, refuse_own
from .states import CAME, EntryKind, Quality, RequestKind

AS_PROPOSED = Decision()


@dataclass(frozen=True)
class Attendee:
    """Somebody on the sheet. minutes: what counts once the reader confirms it as proposed; rest: what then waits still.

    own: of the reader's. waits: would the reader's word change anything?
    """

    signup: Signup
    name: str
    phone: str | None
    said: Attendance
    own: bool
    waits: bool = False
    minutes: int = 0
    rest: int = 0

    @property
    def id(self) -> int:
        return self.signup.id

    @property
    def remarks(self) -> list[Remark]:
        return list(rules.remarks(self.said, self.rest, self.signup.shift.ends_at))

    @property
    def choices(self) -> list[Choice]:
        return rules.choices(self.said)

    @property
    def planned(self) -> int:
        return rules.planned_minutes(self.said)

    @property
    def is_absence(self) -> bool:
        return not self.said.present and self.said.confirmed is None

    @property
    def asks(self) -> bool:
        """Is it to be looked at?"""
        return bool(self.remarks) and not self.own and (self.waits or self.is_absence)


@dataclass(frozen=True)
class ToConfirm:
    """All that is shown of a date to be confirmed. brought: hundredths of each measure of its kind, None: not said."""

    date: Occurrence
    lines: Sequence[Attendee]
    brought: Mapping[str, int | None]
    people: Mapping[int, Theirs] = field(repr=False)

    @property
    def waiting(self) -> list[Attendee]:
        """Whom the reader confirms."""
        return [line for line in self.lines if line.waits]

    @property
    def figures(self) -> dict[str, str]:
        """What the date brought, as people write it."""
        return {measure: rules.figure(quantity) for measure, quantity in self.brought.items()}

    @property
    def brought_in_words(self) -> list[str]:
        return [f"{figure} {measure}" for measure, figure in self.figures.items() if figure]

    @property
    def seen(self) -> str:
        """A word for exactly what is shown, by which a form says what its reader has seen."""
        shown = [(line.id, line.said, line.minutes) for line in self.lines]
        return sha256(repr((shown, sorted(self.brought.items()))).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Confirmed:
    """How many people, and the minutes that count of theirs now."""

    people: int
    minutes: int


def look(actor: Actor, occurrence_id: int, now: datetime) -> ToConfirm:
    """What the actor has to confirm of a date of the team; Missing otherwise. Four statements."""
    date = get_occurrence_for(actor, occurrence_id)
    return _sheet(actor, date, db.session.execute(_select(actor, date.id)).all(), now)


def confirm(
    actor: Actor,
    occurrence_id: int,
    answers: Mapping[int, Decision],
    seen: str | None,
    now: datetime,
    *,
    for_all: tuple[Quality, str] = (Quality.EXPECTED, ""),
    brought: Mapping[str, int | None] | None = None,
) -> Confirmed:
    """Let what the ledger says of a date count, as proposed where nothing is answered for a sign-up.

    seen: of the sheet that was shown; None: none was. for_all: how it was done, and a word. brought: figures in
    hundredths; None takes one back. Missing for other teams' dates. Refused before the date has ended, when it does not
    take place, when something has changed since it was shown, when nothing is left to do, for odd minutes, and for
    marks as `verdicts.judge` refuses them. Locks the people, then their sign-ups. Who has other minutes now
    hears of it.
    """
    found = _lock(actor, occurrence_id)
    date = get_occurrence_for(actor, occurrence_id)
    if objection := objection_to_confirming(date, now):
        raise objection
    sheet = _sheet(actor, date, found, now)
    if seen is not None and seen != sheet.seen:
        raise _changed_since(sheet)
    if answered := _answer(actor, sheet, answers, now):
        sheet = _sheet(actor, date, found, now)
    said = _bring(sheet, brought or {})
    new = _decide(actor, sheet, answers, for_all, now)
    if not (new or answered or said):
        raise Refused("There is nothing left here that you could confirm.")
    added = book.add(actor, new, now) if new else {}
    done = [added[signup.id].becomes for signup, its in new.items() if its[0].kind is EntryKind.CONFIRM]
    confirmed = Confirmed(len(done), sum(one.confirmed or 0 for one in done))
    changes = {"people": confirmed.people, "minutes": confirmed.minutes, **said}
    deeds.close(actor, "confirm hours", f"occurrence {date.id}", now, _effects(actor, date, new, added), **changes)
    return confirmed


def _select(actor: Actor, occurrence_id: int) -> Select[Signup, str, str | None]:
    """Who is on the list of a date, or has been there."""
    there = Balance.kind.in_(CAME) | Balance.confirmed.is_not(None)
    return (
        select(Signup, Person.name, Person.phone)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .join(Person, Person.id == Signup.person_id)
        .outerjoin(Balance, Balance.signup_id == Signup.id)
        .options(contains_eager(Signup.shift).contains_eager(Shift.occurrence))
        .where(Shift.occurrence_id == occurrence_id, Signup.team_id == actor.team_id)
        .where(or_(and_(Signup.status == Status.CONFIRMED, Shift.starts_at < Occurrence.ends_at), there))
        .order_by(Signup.id)
    )


def _lock(actor: Actor, occurrence_id: int) -> Sequence[Any]:
    """The same, the people locked and then their sign-ups."""
    people = _select(actor, occurrence_id).with_only_columns(Signup.person_id).order_by(None)
    locked = select(Person.id).where(Person.id.in_(people)).order_by(Person.id)
    db.session.execute(locked.with_for_update(key_share=True))
    found = _select(actor, occurrence_id).with_for_update(key_share=True, of=Signup)
    return db.session.execute(found.execution_options(populate_existing=True)).all()


def _sheet(actor: Actor, date: Occurrence, found: Sequence[Any], now: datetime) -> ToConfirm:
    whose = {signup.person_id for signup, _, _ in found}
    people = balances.attendance_of_people(actor.team_id, whose, date.starts_at, date.ends_at)
    lines = [_line(actor, signup, name, phone, people[signup.person_id], now) for signup, name, phone in found]
    known = select(OutcomeFigure.measure, OutcomeFigure.quantity).where(OutcomeFigure.occurrence_id == date.id)
    brought = dict.fromkeys(date.activity.kind.measures) | dict(db.session.execute(known).all())
    return ToConfirm(date, told_apart(lines), brought, people)


def _line(actor: Actor, signup: Signup, name: str, phone: str | None, theirs: Theirs, now: datetime) -> Attendee:
    said = theirs.get(signup.id, NOTHING)
    if not (said.present or said.confirmed is not None or (said.said_at and said.said_at >= signup.changed_at)):
        said = replace(NOTHING, planned_start=signup.shift.starts_at, planned_end=signup.shift.ends_at)
    own = not rules.may_decide_about(actor, signup.person_id)
    line = Attendee(signup, name, phone, said, own)
    if own or line.is_absence:
        return line
    word = counting.word(signup.id, theirs, actor.person_id, actor.administers, now, actor.zone)
    return replace(line, waits=word.waits, minutes=word.minutes, rest=word.rest)


def _changed_since(sheet: ToConfirm) -> Refused:
    if not sheet.waiting:
        return Refused("Somebody else has just confirmed these hours. This is how they stand now.")
    return Refused("Something has changed since this page was shown. Look at it again, then confirm.")


def _answer(actor: Actor, sheet: ToConfirm, answers: Mapping[int, Decision], now: datetime) -> bool:
    """Write what is answered otherwise than proposed; what was asked about it is answered, too. Was there anything?"""
    given = [(line, answers.get(line.id, AS_PROPOSED)) for line in sheet.lines]
    otherwise = [(line, one) for line, one in given if one.choice not in (Choice.PROPOSED, Choice.FEWER)]
    sets = {line.signup: becomes for line, one in otherwise if (becomes := _set_to(actor, sheet, line, one, now))}
    for line, answer in otherwise:
        if answer.choice in (Choice.EXCUSED, Choice.NO_SHOW):
            verdicts.judge(actor, sheet.date.id, line.id, EntryKind(answer.choice.value), now)
            continue
        came = answer.choice is Choice.CAME
        if came:
            book.record(actor, line.signup, NewLine(EntryKind.CHECK_IN), now)
        book.answer(actor, line.id, RequestKind.LATE_ENTRY if came else RequestKind.CORRECTION, "", now)
    if sets:
        book.add(actor, sets, now)
    return bool(otherwise)


def _set_to(actor: Actor, sheet: ToConfirm, line: Attendee, answer: Decision, now: datetime) -> list[NewLine]:
    """The minutes that are set, if any other are. Raises whatever speaks against an answer, before any is written."""
    refuse_own(actor, line.signup.person_id)
    if answer.choice not in line.choices:
        raise Refused("Choose one of the answers for %(name)s.", name=line.name)
    if line.is_absence:
        refuse_late(actor, sheet.date, now)
        return []
    minutes, reason = rules.other_minutes(line.said, answer, line.name)
    becomes = NewLine(EntryKind.SET, minutes=minutes, reason=reason, corrects_id=line.said.line_id)
    return [becomes] if minutes != line.said.claimed else []


New = dict[Signup, list[NewLine]]


def _decide(
    actor: Actor, sheet: ToConfirm, answers: Mapping[int, Decision], for_all: tuple[Quality, str], now: datetime
) -> New:
    """What becomes of each sign-up; of several of one person each knows what becomes of those before."""
    new: New = {}
    for line in sheet.lines:
        if line.own or line.is_absence:
            continue
        theirs, answer = sheet.people[line.signup.person_id or 0], answers.get(line.id, AS_PROPOSED)
        now_said = _line(actor, line.signup, line.name, line.phone, theirs, now)
        its = []
        if now_said.waits:
            said, as_it_stands = now_said.said, answer.choice in (Choice.PROPOSED, Choice.CAME)
            minutes = now_said.minutes if as_it_stands else min(now_said.minutes, said.claimed)
            its = [book.confirming(actor, minutes, said.claimed)]
            theirs[line.id] = replace(said, confirmed=minutes, settled=True)
        if its := [*its, *_evaluate(now_said.said, answer, for_all if its else (None, ""))]:
            new[line.signup] = its
    return new


def _evaluate(said: Attendance, answer: Decision, for_all: tuple[Quality | None, str]) -> Iterator[NewLine]:
    """How somebody did it: as said of them, else as of all unless that was said before."""
    quality, word = (answer.quality, answer.word) if answer.quality else for_all
    if quality and said.present and (quality is not said.quality if answer.quality else said.quality is None):
        yield NewLine(EntryKind.EVALUATE, quality=quality, reason=word)


def _effects(actor: Actor, date: Occurrence, new: New, added: Mapping[int, Added]) -> Effects:
    changed = [signup for signup in new if added[signup.id].was.confirmed != added[signup.id].becomes.confirmed]
    which = (date.id, date.title, date.place, date.starts_at, date.ends_at)
    parts = [Part(signup.person_id, added[signup.id].key) for signup in changed if added[signup.id].becomes.confirmed]
    return Effects([News(Event.HOURS_CONFIRMED, About(actor.team_id, actor.zone, *which), parts)])


def _bring(sheet: ToConfirm, figures: Mapping[str, int | None]) -> dict[str, Any]:
    """Write down what the date brought, of the measures it has; what of that is new, for the trail."""
    news = {one: n for one, n in figures.items() if one in sheet.brought and n != sheet.brought[one]}
    of_date = {"team_id": sheet.date.team_id, "occurrence_id": sheet.date.id}
    rows = [of_date | {"measure": measure, "quantity": n} for measure, n in news.items() if n is not None]
    if rows:
        new = insert(OutcomeFigure).values(rows)
        same = [OutcomeFigure.occurrence_id, OutcomeFigure.measure]
        db.session.execute(new.on_conflict_do_update(index_elements=same, set_={"quantity": new.excluded.quantity}))
    if gone := [measure for measure, n in news.items() if n is None]:
        its = OutcomeFigure.occurrence_id == sheet.date.id, OutcomeFigure.measure.in_(gone)
        db.session.execute(delete(OutcomeFigure).where(*its))
    return {"brought": news} if news else {}
