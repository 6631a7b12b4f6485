"""What one person sees of the ledger: their record and hours, today's and a past moment's; their dates. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from .. import clock
from ..activities.models import Occurrence, Shift
from ..actor import Actor
from ..signups import board
from ..signups.cards import Card
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from . import balances, counting
from .balances import Theirs
from .counting import Credit, Hours, Record
from .models import Balance
from .replay import Attendance
from .rules import came, opens_at
from .states import CAME

PAGE = 50
"""Records on one page."""


@dataclass(frozen=True)
class Records:
    """A page of records, newest first. years: those there are records of. after: the number of the next page."""

    records: Sequence[Record]
    hours: Hours
    years: Sequence[int]
    after: int | None


def sum_up(actor: Actor, now: datetime) -> Hours:
    """The actor's hours in this team."""
    return _sums(actor, now)[0]


def list_records(actor: Actor, now: datetime, year: int | None = None, page: int = 1, most: int = PAGE) -> Records:
    """What the ledger says of the actor in this team. Three statements."""
    hours, credits, first = _sums(actor, now)
    mine = _RECORDS.where(*_of(actor), *_within(actor, year), *_SAYS_SOMETHING).order_by(Balance.planned_start.desc())
    rows = db.session.execute(mine.limit(most + 1).offset((page - 1) * most)).all()
    said = balances.attendances(row[:-5] for row in rows[:most])
    dates = {row[0]: row[-5:] for row in rows}
    confirmed = {n: Credit(one.confirmed or 0) for n, one in said.items()}
    years = range(clock.today(now, actor.zone).year, clock.today(first or now, actor.zone).year - 1, -1)
    return Records(_named(said, dates, confirmed | credits), hours, years, page + 1 if len(rows) > most else None)


def _sums(actor: Actor, now: datetime) -> tuple[Hours, dict[int, Credit], datetime | None]:
    """The actor's hours; what counts of the days on which something is open, counted anew; when their record begins."""
    here = clock.today(now, actor.zone)
    month, year = (clock.day_bounds(day, actor.zone)[0] for day in (here.replace(day=1), here.replace(month=1, day=1)))
    serves, since = Balance.counts.is_(True), (Balance.planned_start >= month, Balance.planned_start >= year)
    wanted = (*(and_(serves, one) for one in since), serves, ~serves)
    sums = (func.coalesce(func.sum(case((which, Balance.confirmed))), 0) for which in wanted)
    times = func.count(case((Balance.kind.in_(CAME), 1)))
    is_open = case((Balance.open, Balance.planned_start)), case((Balance.open, Balance.planned_end))
    span = func.min(Balance.planned_start), func.min(is_open[0]), func.max(is_open[1])
    found = db.session.execute(select(*sums, times, *span).where(*_of(actor))).one()
    of_month, of_year, total, training, there, first, begin, end = tuple(found)
    said = balances.attendance_of_person(actor, (begin - 2 * clock.DAY, end + 2 * clock.DAY)) if begin else {}
    credits = counting.credit(said, now)
    waits = sum(one.open for n, one in credits.items() if said[n].counts)
    return Hours(of_month, of_year, total, waits, training, there), credits, first


def list_records_as_of(actor: Actor, moment: datetime, year: int | None = None, page: int = 1) -> Records:
    """The same as it was known at a moment."""
    said = {n: one for n, one in balances.as_of(actor, moment).items() if one.kind or one.confirmed is not None}
    credits = counting.credit(said, moment)
    years = {n: clock.today(one.planned_start, actor.zone).year for n, one in said.items()}
    newest = sorted(said, key=lambda n: said[n].planned_start, reverse=True)
    wanted = [n for n in newest if year in (None, years[n])][(page - 1) * PAGE :]
    dates = {row[3]: row for row in db.session.execute(_DATES.where(Signup.id.in_(wanted[:PAGE])))}
    records = _named({n: said[n] for n in wanted[:PAGE]}, dates, credits)
    hours = counting.sum_up(said, credits, moment, actor.zone)
    return Records(records, hours, sorted(set(years.values()), reverse=True), page + 1 if wanted[PAGE:] else None)


def _of(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return Balance.person_id == actor.person_id, Balance.team_id == actor.team_id


_SAYS_SOMETHING = (or_(Balance.kind.is_not(None), Balance.confirmed.is_not(None)),)


def _within(actor: Actor, year: int | None) -> Iterator[ColumnElement[bool]]:
    if year is not None:
        begin, end = (clock.day_bounds(date(n, 1, 1), actor.zone)[0] for n in (year, year + 1))
        yield and_(Balance.planned_start >= begin, Balance.planned_start < end)


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
    within = min(card.starts_at for card in begun) - 2 * clock.DAY, max(card.ends_at for card in begun) + 2 * clock.DAY
    mine = balances.attendance_of_person(actor, within)
    credits = counting.credit(mine, now)
    said = {n: (one, credits.get(n, Credit())) for n, one in mine.items()}
    return [_with_came(card, said) for card in cards]


def _with_came(card: Card, said: Mapping[int, tuple[Attendance, Credit]]) -> Card:
    seen = came(said[signup_id] for signup_id in card.signup_ids if signup_id in said)
    return replace(card, came=seen) if seen else card
