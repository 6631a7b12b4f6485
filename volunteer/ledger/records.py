"""What one person sees of the ledger: their record and hours, today's and a past moment's; their dates. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from .. import clock
from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..actor import Actor
from ..signups import board
from ..signups.cards import Card
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from . import balances, counting
from .balances import Theirs
from .counting import Credit, Hours, Month, Record
from .models import Balance, Entry
from .replay import NOTHING, Attendance, LedgerLine, not_taken_back, seen
from .rules import LATE_ENTRIES_FOR, came, opens_at
from .states import CAME, EntryKind, Evidence

PAGE, UNMARKED = 20, 10
"""Records on one page; so many of the last dates that nobody was marked on."""


@dataclass(frozen=True)
class Records:
    """A page of records, newest first. years: those there are records of. after: the number of the next page.

    months: what those come to that stand on it, by their first day. to_affirm: records of the year, or of this one, of
    which the person has yet to say that they are right.
    """

    records: Sequence[Record]
    hours: Hours
    years: Sequence[int]
    after: int | None
    months: Mapping[date, Month] = field(default_factory=dict)
    to_affirm: int = 0
    credits: dict[int, Credit] = field(default_factory=dict)

    def by_month(self, zone: str) -> list[tuple[date, list[Record]]]:
        months = groupby(self.records, key=lambda one: counting.month_of(one.starts_at, zone))
        return [(month, list(its)) for month, its in months]


def sum_up(actor: Actor, now: datetime) -> Hours:
    """The actor's hours in this team."""
    return _sums(actor, now, None).hours


def list_records(
    actor: Actor, now: datetime, year: int | None = None, page: int = 1, only: int | None = None
) -> Records:
    """What the ledger says of the actor in this team, or of one sign-up; with the sums of its months. Five statements.

    The months are those the page touches, whole.
    """
    which = () if only is None else (Balance.signup_id == only,)
    shown = list_last(actor, now, PAGE, year, page, *which)
    if not shown.records:
        return shown
    last, first = (counting.month_of(shown.records[n].starts_at, actor.zone) for n in (0, -1))
    begin, end = (clock.day_bounds(day, actor.zone)[0] for day in (first, clock.next_month(last)))
    near = Balance.planned_start >= begin, Balance.planned_start < end
    rows = db.session.execute(_MONTHLY.where(*_of(actor), *near)).all()
    said = {n: Attendance(counts=counts, planned_start=at, confirmed=m, affirmed=ok) for n, counts, at, m, ok in rows}
    return replace(shown, months=counting.by_month(said, shown.credits, actor.zone))


def list_last(
    actor: Actor, now: datetime, most: int, year: int | None = None, page: int = 1, *which: ColumnElement[bool]
) -> Records:
    """A page of them without its months. Four statements at most."""
    sums = _sums(actor, now, year)
    mine = _RECORDS.where(*_of(actor), *_within(actor, year), *_SAYS_SOMETHING, *which)
    mine = mine.order_by(Balance.planned_start.desc(), Balance.signup_id.desc())
    rows = db.session.execute(mine.limit(most + 1).offset((page - 1) * most)).all()
    said = balances.attendances(row[:-5] for row in rows[:most])
    dates = {row[0]: row[-5:] for row in rows}
    confirmed = {n: Credit(one.confirmed or 0) for n, one in said.items()}
    return replace(sums, records=_named(said, dates, confirmed | sums.credits), after=page + 1 if rows[most:] else None)


def _sums(actor: Actor, now: datetime, wanted: int | None) -> Records:
    """The actor's hours; what counts of the days on which something is open, counted anew; of which years it is."""
    here = clock.today(now, actor.zone)
    month, year = (clock.day_bounds(day, actor.zone)[0] for day in (here.replace(day=1), here.replace(month=1, day=1)))
    serves, since = Balance.counts.is_(True), (Balance.planned_start >= month, Balance.planned_start >= year)
    of = *(and_(one, serves) for one in since), serves, ~serves, and_(Balance.typed_by.is_not(None), serves)
    sums = (func.coalesce(func.sum(case((which, Balance.confirmed))), 0) for which in of)
    asks = and_(*_within(actor, wanted or here.year), *_TO_AFFIRM)
    counts = (func.count(case((which, 1))) for which in (Balance.kind.in_(CAME), asks, Balance.open))
    found = db.session.execute(select(*sums, *counts, func.min(Balance.planned_start)).where(*_of(actor))).one()
    of_month, of_year, total, training, typed, there, to_affirm, is_open, first = tuple(found)
    said = balances.attendance_about_open(actor) if is_open else {}
    credits = counting.credit(said, now)
    waits = sum(one.open for n, one in credits.items() if said[n].counts)
    hours = Hours(of_month, of_year, total, waits, training, there, typed)
    years = range(here.year, clock.today(first or now, actor.zone).year - 1, -1)
    return Records((), hours, years, None, to_affirm=to_affirm, credits=credits)


def list_records_as_of(actor: Actor, moment: datetime, year: int | None = None, page: int = 1) -> Records:
    """The same as it was known at a moment."""
    said = {n: one for n, one in balances.as_of(actor, moment).items() if one.kind or one.confirmed is not None}
    credits = counting.credit(said, moment)
    years = {n: clock.today(one.planned_start, actor.zone).year for n, one in said.items()}
    newest = sorted(said, key=lambda n: (said[n].planned_start, n), reverse=True)
    wanted = [n for n in newest if year in (None, years[n])][(page - 1) * PAGE :]
    dates = {row[3]: row for row in db.session.execute(_DATES.where(Signup.id.in_(wanted[:PAGE])))}
    records = _named({n: said[n] for n in wanted[:PAGE]}, dates, credits)
    hours = counting.sum_up(said, credits, moment, actor.zone)
    shown = Records(records, hours, sorted(set(years.values()), reverse=True), page + 1 if wanted[PAGE:] else None)
    return replace(shown, months=counting.by_month(said, credits, actor.zone))


def list_unmarked(actor: Actor, now: datetime, only: int | None = None) -> list[Record]:
    """The actor's last places on dates that are over of which nobody has said anything yet, or the one of a sign-up."""
    place = Signup.shift_id == Shift.id, Signup.person_id == actor.person_id, Signup.status == Status.CONFIRMED
    mine = select(Signup.id).where(*place, Signup.id == only if only else true()).correlate(Shift).scalar_subquery()
    kept = select(Balance.signup_id).where(Balance.signup_id == mine, Balance.kind.is_not(None)).exists()
    over = Shift.starts_at > now - LATE_ENTRIES_FOR, Shift.starts_at < now, Shift.ends_at <= now, Shift.open
    last = select(Occurrence.id, Occurrence.title, Occurrence.place, Shift.starts_at, Shift.ends_at, mine)
    last = last.join(Shift.occurrence).where(Shift.team_id == actor.team_id, *over, mine.is_not(None), ~kept)
    rows = db.session.execute(last.order_by(Shift.starts_at.desc()).limit(UNMARKED))
    return [Record(date, title, place, begin, end, n, False, NOTHING) for date, title, place, begin, end, n in rows]


class Proof(NamedTuple):
    """A line of the ledger as its person reads it. by: the name of who answers for it."""

    kind: EntryKind
    at: datetime
    until: datetime | None
    minutes: int | None
    evidence: Evidence
    reason: str
    by: str | None


def list_proofs(signup_ids: Collection[int], moment: datetime) -> dict[int, tuple[Proof, ...]]:
    """How it was known at a moment what these sign-ups come to: the lines that were not taken back, in order."""
    lines = _PROOFS.where(Entry.signup_id.in_(signup_ids), Entry.recorded_at <= moment)
    rows = db.session.execute(lines).all() if signup_ids else []
    proofs: dict[int, tuple[Proof, ...]] = defaultdict(tuple)
    for signup_id, _, _, *said in not_taken_back(rows):
        proofs[signup_id] += (Proof(*said),)
    return proofs


def _of(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return Balance.person_id == actor.person_id, Balance.team_id == actor.team_id


_SAYS_SOMETHING = (or_(Balance.kind.is_not(None), Balance.confirmed.is_not(None)),)
_TO_AFFIRM = Balance.confirmed.is_not(None), Balance.affirmed.is_(False)


def _within(actor: Actor, year: int | None, month: int | None = None) -> Iterator[ColumnElement[bool]]:
    if year is not None:
        first = date(year, month or 1, 1)
        after = clock.next_month(first) if month else date(year + 1, 1, 1)
        begin, end = (clock.day_bounds(day, actor.zone)[0] for day in (first, after))
        yield and_(Balance.planned_start >= begin, Balance.planned_start < end)


def select_to_affirm(actor: Actor, year: int, month: int | None) -> Select[int]:
    """The actor's confirmed sign-ups of a year, or of one of its months, that they have not said are right."""
    return select(Balance.signup_id).where(*_of(actor), *_within(actor, year, month), *_TO_AFFIRM)


def _named(said: Theirs, dates: Mapping[int, Sequence[Any]], credits: Mapping[int, Credit]) -> list[Record]:
    """These, each with its date, in the same order."""
    records = []
    for n, one in said.items():
        date_id, title, place, signup_id, on_leave = dates[n]
        span = one.planned_start, one.planned_end
        records.append(Record(date_id, title, place, *span, signup_id, on_leave, one, credits.get(n, Credit())))
    return records


_ITS_DATE = Occurrence.id, Occurrence.title, Occurrence.place, Signup.id, Signup.status == Status.ON_LEAVE
_RECORDS = (
    balances.select_balances()
    .add_columns(*_ITS_DATE)
    .join(Signup, Signup.id == Balance.signup_id)
    .join(Occurrence, Occurrence.id == Balance.occurrence_id)
)
_DATES = select(*_ITS_DATE).join(Signup.shift).join(Shift.occurrence)
_MONTHLY = select(Balance.signup_id, Balance.counts, Balance.planned_start, Balance.confirmed, Balance.affirmed)
_PROOFS = (
    select(Entry.signup_id, Entry.id, Entry.corrects_id, Entry.kind, Entry.at, Entry.until, Entry.minutes)
    .add_columns(Entry.evidence, Entry.reason, Person.name)
    .outerjoin(Person, Person.id == Entry.by_id)
    .order_by(Entry.done_at, Entry.id)
)


def list_cards(actor: Actor, begin: datetime, end: datetime, now: datetime, *, own: int = 0) -> list[Card]:
    """The team's dates within [begin, end), and so many of the actor's own next ones: see `board.list_cards`."""
    return _complete(actor, board.list_cards(actor, begin, end, now, own=own), now)


def find_card(actor: Actor, occurrence_id: int, now: datetime) -> Card | None:
    """One date of the actor's team."""
    card = board.find_card(actor, occurrence_id, now)
    return next(iter(_complete(actor, [card], now))) if card else None


def list_own_cards(actor: Actor, now: datetime, most: int) -> list[Card]:
    """The actor's own next dates that have not ended, at most so many."""
    return _complete(actor, board.list_own_cards(actor, now, most), now)


def _complete(actor: Actor, cards: list[Card], now: datetime) -> list[Card]:
    """The ledger is asked only where it can have something to say."""
    begun = [card for card in cards if card.signup_ids and opens_at(card.starts_at) <= now]
    if not begun:
        return cards
    begin, end = min(card.starts_at for card in begun), max(card.ends_at for card in begun)
    mine = balances.attendance_of_person(actor, begin, end)
    credits = counting.credit(mine, now)
    said = {n: (one, credits.get(n, Credit())) for n, one in mine.items()}
    under_way = {n for card in begun if not card.over for n in card.signup_ids if n in mine and mine[n].present}
    lines = balances.lines_of(Entry.signup_id.in_(under_way)) if under_way else {}
    return [_with_came(card, said, lines) for card in cards]


def _with_came(
    card: Card, said: Mapping[int, tuple[Attendance, Credit]], lines: Mapping[int, Sequence[LedgerLine]]
) -> Card:
    known = [n for n in card.signup_ids if n in said]
    there = came(said[n] for n in known)
    times = seen((said[n][0] for n in known), (line for n in known for line in lines.get(n, ())))
    return replace(card, came=replace(there, since=times.came, left=times.went)) if there else card
