"""Checking in and out by code: what a screen shows, what a scan comes to, what is to be looked at afterwards.

Every code confirmed is kept with what became of it. Nothing is written by looking.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import contains_eager, joinedload

from ..activities.models import Activity, Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import CheckIn, OccurrenceState
from ..actor import Actor
from ..errors import Refused
from ..ledger import balances, book
from ..ledger.book import NewLine
from ..ledger.models import Entry
from ..ledger.replay import NOT_SEEN, Attendance, Seen, seen
from ..notices import deeds
from ..signups import board
from ..signups.models import Signup
from ..signups.rules import CHECK_IN_OPENS
from ..signups.states import Status
from ..storage.database import db, write
from ..web import throttle
from . import codes, door, rules
from .codes import CodeKind
from .models import Scan
from .rules import DONE, EVIDENCE, WRITTEN, Result

WRONG_CODES = 5
SOON = timedelta(hours=1)


@dataclass(frozen=True)
class OnScreen:
    """What a leader's screen shows of a date: "" for what people do not check in by.

    seconds: until its code changes. digits: once they are open. callers: how many wait at the door for an answer.
    """

    code: str
    poster: str
    digits: str
    seconds: int
    present: int
    expected: int
    callers: int


def show(actor: Actor, occurrence_id: int, now: datetime) -> tuple[Occurrence, OnScreen]:
    """A date of the actor's team, and its screen. The first look makes the secret its codes are signed with."""
    date = get_occurrence_for(actor, occurrence_id)
    if date.check_secret is None:
        write(lambda: _make_secret(occurrence_id))
        date = get_occurrence_for(actor, occurrence_id)
    secret, kind = date.check_secret or "", CodeKind.IN if now < date.ends_at else CodeKind.OUT
    names = [one.signup_id for one in board.list_roster(date, now) if one.status is Status.CONFIRMED and one.person_id]
    present = sum(bool(one.present) for one in balances.attendance_of(names).values())
    how = date.activity.check_in
    return date, OnScreen(
        code=codes.rolling(date.id, secret, kind, now) if how is not CheckIn.LEADER else "",
        poster=codes.poster(date.id, secret) if how is CheckIn.POSTER else "",
        digits=codes.digits(secret) if date.digits_open and how is not CheckIn.LEADER else "",
        seconds=codes.seconds_left(now),
        present=present,
        expected=len(names),
        callers=door.count_callers(date.id),
    )


def _make_secret(occurrence_id: int) -> None:
    first = update(Occurrence).where(Occurrence.id == occurrence_id, Occurrence.check_secret.is_(None))
    db.session.execute(first.values(check_secret=secrets.token_hex(16)))


def open_digits(actor: Actor, occurrence_id: int, is_open: bool, now: datetime) -> None:
    """Let people check in to a date by its six digits too, or no longer."""
    get_occurrence_for(actor, occurrence_id).digits_open = is_open
    deeds.close(actor, "open digits" if is_open else "close digits", f"occurrence {occurrence_id}", now)


@dataclass(frozen=True)
class Judged:
    """What a code comes to. date: None unless it is the reader's to see. there: the sign-ups they were seen on.

    elsewhere: where they are expected now instead.
    """

    result: Result
    kind: CodeKind | None = None
    date: Occurrence | None = None
    seen: Seen = NOT_SEEN
    signups: Sequence[Signup] = ()
    there: Collection[int] = ()
    elsewhere: Occurrence | None = None

    @property
    def done(self) -> bool:
        return self.result in DONE

    @property
    def refusal(self) -> Refused:
        """Why nothing is written."""
        date = self.date
        about = (date.starts_at, date.activity.responsible) if date else (None, "")
        return rules.refusal(self.result, *about)


def read(code: str, at: datetime) -> Judged:
    """What a code is to anybody at all who holds it up at a moment: IN where it is good."""
    found = select(Occurrence).where(Occurrence.id == codes.occurrence_in(code), Occurrence.check_secret.is_not(None))
    date = db.session.scalar(found.options(joinedload(Occurrence.activity).joinedload(Activity.kind)))
    kind, good = codes.kind_of(code, date.check_secret or "", at) if date else (None, False)
    if date and kind and good:
        return _good(kind, date)
    return Judged(Result.OLD if kind else Result.UNKNOWN, kind, date)


def _good(kind: CodeKind, date: Occurrence) -> Judged:
    takes_place = date.state is OccurrenceState.PUBLISHED
    return Judged(rules.objection(takes_place, date.activity.check_in, kind) or Result.IN, kind, date)


def judge_stranger(code: Judged, at: datetime) -> Judged:
    """What a code that was read comes to for somebody who is not logged in: may they ring at the door?"""
    date = code.date
    if date is None or code.result is not Result.IN or date.activity.kind.private:
        return Judged(Result.UNKNOWN if code.result is Result.IN else code.result, code.kind)
    planned = date.starts_at, date.ends_at
    return Judged(rules.judge(NOT_SEEN, CodeKind.POSTER, planned, at, Result.IN), code.kind, date)


def judge(actor: Actor, code: Judged, at: datetime, *, wanted: Result | None = None, lock: bool = False) -> Judged:
    """What a code that was read comes to for the actor. lock: their sign-ups, as it is going to be written."""
    date = code.date
    if date is None or code.result is not Result.IN:
        return Judged(code.result, code.kind, date if date and date.team_id == actor.team_id else None)
    if date.team_id != actor.team_id:
        return Judged(Result.ELSEWHERE, code.kind)
    if date.lent_to_id == actor.person_id and rules.is_lent(date.starts_at, date.ends_at, at):
        return Judged(Result.KEEPER, code.kind, date)
    mine = _select_mine(actor, Occurrence.id == date.id)
    signups = db.session.scalars(mine.with_for_update(key_share=True, of=Signup) if lock else mine).all()
    if not signups:
        return Judged(Result.NOT_ON, code.kind, date, elsewhere=_find_elsewhere(actor, at))
    said, known = _known(signups)
    planned = min(date.starts_at, signups[0].shift.starts_at), max(date.ends_at, *(s.shift.ends_at for s in signups))
    result = rules.judge(known, code.kind or CodeKind.IN, planned, at, wanted)
    there = [n for n, one in said.items() if one.present]
    return Judged(result, code.kind, date, known, signups, there)


def _find_elsewhere(actor: Actor, at: datetime) -> Occurrence | None:
    """The date within the hour on which the actor has a place, or that is under way."""
    near = Shift.starts_at <= at + SOON, Shift.ends_at > at, Occurrence.state == OccurrenceState.PUBLISHED
    place = db.session.scalars(_select_mine(actor, *near).limit(1)).first()
    return place.shift.occurrence if place else None


def _select_mine(actor: Actor, *which: ColumnElement[bool]) -> Select[Signup]:
    """The actor's places in this team, in order of time."""
    return (
        select(Signup)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .options(contains_eager(Signup.shift).contains_eager(Shift.occurrence))
        .where(Signup.person_id == actor.person_id, Signup.team_id == actor.team_id)
        .where(Signup.status == Status.CONFIRMED, *which)
        .order_by(Shift.starts_at, Signup.id)
    )


def _known(signups: Sequence[Signup]) -> tuple[Mapping[int, Attendance], Seen]:
    """What the ledger says of each of these, and of the person on the date that they are for."""
    said = balances.attendance_of(signup.id for signup in signups)
    lines = balances.lines_of(Entry.signup_id.in_([signup.id for signup in signups]))
    return said, seen(said.values(), (line for its in lines.values() for line in its))


def confirm(
    actor: Actor, code: str, at: datetime, device: str, now: datetime, *, wanted: Result | None = None
) -> Judged:
    """Check the actor in or out, with a code scanned at `at`. Twice is once. device: a random id of the browser.

    What is refused is a result, not an error, as it is kept too. Locks the actor's sign-ups.
    """
    scanned = read(code, at)
    if scanned.result is Result.UNKNOWN and not throttle.count_try([_limit(actor)], now).left:
        return Judged(Result.PAUSED)
    return _take(actor, scanned, at, device, now, wanted)


def confirm_digits(actor: Actor, typed: str, device: str, now: datetime, wanted: Result | None = None) -> Judged:
    """The same with the six digits of a date of the team. Five wrong ones, and the actor has to wait."""
    if not throttle.count_try([_limit(actor)], now).left:
        return Judged(Result.PAUSED)
    near = Occurrence.starts_at < now + timedelta(days=1), Occurrence.ends_at > now - rules.OUT_FOR
    opened = select(Occurrence).options(joinedload(Occurrence.activity).joinedload(Activity.kind))
    opened = opened.where(Occurrence.team_id == actor.team_id, Occurrence.digits_open, *near)
    opened = opened.where(Occurrence.check_secret.is_not(None))
    dates = [date for date in db.session.scalars(opened) if codes.digits(date.check_secret or "") == typed]
    if not dates:
        return Judged(Result.UNKNOWN)
    throttle.forget(_limit(actor), now)
    return _take(actor, _good(CodeKind.DIGITS, dates[0]), now, device, now, wanted)


def _limit(actor: Actor) -> throttle.Limit:
    return throttle.Limit("code", str(actor.person_id), WRONG_CODES, timedelta(minutes=10))


def _take(actor: Actor, code: Judged, at: datetime, device: str, now: datetime, wanted: Result | None) -> Judged:
    judged = judge(actor, code, at, wanted=wanted, lock=True)
    if judged.result in WRITTEN and judged.kind:
        line = NewLine(WRITTEN[judged.result], at=at, evidence=EVIDENCE[judged.kind])
        for signup in judged.signups:  # coming, it lies over those that are not over; going, over those not missed
            if signup.id in judged.there if judged.result is Result.OUT else at < signup.shift.ends_at:
                book.record(actor, signup, line, now)
    if judged.date and judged.result is not Result.SAME:
        whose = {"team_id": actor.team_id, "occurrence_id": judged.date.id, "person_id": actor.person_id}
        db.session.add(Scan(device=device, at=at, kind=judged.kind, result=judged.result, **whose))
    return judged


@dataclass(frozen=True)
class Arrival:
    """A date on which the reader checks in or out now. begins, ends: between them, time counts."""

    date: Occurrence
    seen: Seen
    begins: datetime
    ends: datetime
    minutes: int


def list_arrivals(actor: Actor, now: datetime) -> list[Arrival]:
    """The actor's dates whose window is open, in order of time."""
    near = Occurrence.starts_at <= now + CHECK_IN_OPENS, Occurrence.ends_at > now - rules.OUT_FOR
    of_date: dict[int, list[Signup]] = defaultdict(list)
    published = Occurrence.state == OccurrenceState.PUBLISHED
    activity = contains_eager(Signup.shift).contains_eager(Shift.occurrence).joinedload(Occurrence.activity)
    for signup in db.session.scalars(_select_mine(actor, published, *near).options(activity)):
        of_date[signup.shift.occurrence_id].append(signup)
    return [_arrival(its) for its in of_date.values()]


def _arrival(signups: Sequence[Signup]) -> Arrival:
    said, known = _known(signups)
    spans = [span for one in said.values() for span in one.stays]
    begins = min((begin for begin, _ in spans), default=signups[0].shift.starts_at)
    ends = max((end for _, end in spans), default=max(signup.shift.ends_at for signup in signups))
    return Arrival(signups[0].shift.occurrence, known, begins, ends, sum(one.claimed for one in said.values()))


def list_flags(occurrence_id: int) -> dict[int, set[str]]:
    """Who of a date was checked in so that a leader should look: "poster", "digits", "same_phone"; by person."""
    taken = select(Scan.person_id, Scan.device, Scan.kind).where(Scan.occurrence_id == occurrence_id)
    scans = db.session.execute(taken.where(Scan.result.in_(list(WRITTEN)))).all()
    flags: dict[int, set[str]] = defaultdict(set)
    for person_id, device, kind in scans:
        flags[person_id] |= {str(kind)} & {CodeKind.POSTER, CodeKind.DIGITS}
        flags[person_id] |= {"same_phone"} if any(d == device and p != person_id for p, d, _ in scans) else set()
    return {person_id: its for person_id, its in flags.items() if its}
