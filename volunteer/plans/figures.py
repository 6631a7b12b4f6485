"""The figures of a report: which sign-ups they are made of, now or as was known at the end of a past day. Reads only.

What those come to is `ledger.counting`'s to say. Somebody's group and household are those of the first line about it,
so neither a move nor a correction afterwards takes hours from where they were given.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, not_, null, or_, select
from sqlalchemy.orm import aliased

from .. import clock
from ..activities import dates
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..errors import Refused
from ..ledger import balances
from ..ledger.counting import Attended, Measure, behind
from ..ledger.models import Balance, Entry, OutcomeFigure
from ..ledger.replay import EVER, NEVER, LedgerLine, attendance
from ..ledger.rules import end_of_day, last_day_for_leaders
from ..ledger.states import EntryKind
from ..signups.models import Companion, Signup
from ..signups.states import AgeBand, Status
from ..stars import service as ladders
from ..stars.rules import stars
from ..storage.database import db
from ..web.forms import YEARS


@dataclass(frozen=True)
class Period:
    """The days a report is about, both included, and the moment as of which it is said; `is_past`: not the present."""

    first: date
    last: date
    moment: datetime
    zone: str
    is_past: bool = False

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The moments [begin, end) in which dates begin that are counted: what has not begun is not."""
        begin, end = (clock.day_bounds(day, self.zone)[n] for n, day in enumerate((self.first, self.last)))
        return begin, min(end, self.moment)

    @property
    def asked(self) -> dict[str, str]:
        """What an address says of it."""
        days = {"from": self.first.isoformat(), "until": self.last.isoformat()}
        return days | ({"as_of": clock.today(self.moment, self.zone).isoformat()} if self.is_past else {})

    @property
    def until(self) -> date:
        """Its last day, or the one as of which it is said."""
        return min(self.last, clock.today(self.moment, self.zone))

    @property
    def a_year_before(self) -> "Period":
        """The same days, up to the same day of the year."""
        return replace(self, first=_a_year_before(self.first), last=_a_year_before(max(self.first, self.until)))


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def period_asked(year: int, asked: Mapping[str, str], now: datetime, zone: str) -> Period:
    """A year, or the days `from` and `until` that are asked for, as of the end of a day `as_of`.

    Refused for what is no day, for an end before the beginning, and for an `as_of` that has not come yet.
    """
    first = _day(asked.get("from", ""), date(year, 1, 1), "from")
    last = _day(asked.get("until", ""), date(year, 12, 31), "until")
    if last < first:
        raise Refused("The range ends before it begins. Choose a later end.", field="until")
    as_of = asked.get("as_of", "")
    moment = end_of_day(as_of, now, zone) if as_of else now
    return Period(first, last, moment, zone, moment < now)


def _day(words: str, otherwise: date, field: str) -> date:
    if not words:
        return otherwise
    try:
        day = date.fromisoformat(words)
    except ValueError:
        day = date.min
    if day.isoformat() != words or day.year not in YEARS:
        raise Refused("That is no day. Write it like this: 2026-11-30.", field=field)
    return day


def attended(team_id: int, period: Period) -> list[Attended]:
    """The sign-ups of the team for dates that began in a period, with what is known of each. Two statements."""
    begin, end = period.bounds
    within = {"team": team_id, "begin": begin, "end": end, "moment": period.moment}
    if not period.is_past:
        found = (db.session.connection().execute(said, within) for said in (_SAID, _UNMARKED_NOW))
        return list(map(Attended._make, chain.from_iterable(found)))
    said = list(_as_of(team_id, period))
    marked = {one.signup_id for one in said if one.kind is not EntryKind.VOID}
    held = (Attended(*row) for row in db.session.execute(_UNMARKED, within))
    return said + [one for one in held if one.signup_id not in marked]


def _as_of(team_id: int, period: Period) -> Iterator[Attended]:
    """What the ledger said then: its lines of that time, read again."""
    begin, end = period.bounds
    known = Entry.team_id == team_id, Entry.recorded_at <= period.moment
    near = select(Entry.signup_id).where(*known, Entry.planned_start >= begin, Entry.planned_start < end)
    whose = {row.signup_id: row for row in db.session.execute(_WHOSE.where(Signup.id.in_(near)))}
    for n, lines in balances.lines_of(Entry.signup_id.in_(near), *known).items():
        said, one = attendance(lines), whose[n]
        if begin <= said.planned_start < end and (said.kind or said.confirmed):
            its = (one.occurrence_id, one.person_id, one.household_id, said.kind or EntryKind.VOID, said.counts)
            more = (said.confirmed or 0, one.children, n, one.activity_id, one.group)
            yield Attended(*its, *more, said.planned_start, said.planned_end, _first_confirmed(lines))


def _first_confirmed(lines: Collection[LedgerLine]) -> datetime | None:
    return min((line.recorded_at for line in lines if line.kind is EntryKind.CONFIRM), default=None)


def minutes_by_person(team_id: int, period: Period) -> dict[int, int]:
    """Everybody's confirmed minutes of service up to the end of a period, those of all years before it among them."""
    _, end = period.bounds
    its = Balance.team_id == team_id, Balance.counts, Balance.planned_start < end, Balance.person_id.is_not(None)
    sums = select(Balance.person_id, func.sum(Balance.confirmed)).where(*its).group_by(Balance.person_id)
    given = db.session.execute(sums) if not period.is_past else _given(team_id, period)
    return {person_id: int(minutes) for person_id, minutes in given if person_id and minutes}


def _given(team_id: int, period: Period) -> Iterable[tuple[int | None, int]]:
    ever = behind(Measure.MINUTES, _as_of(team_id, replace(period, first=date(NEVER.year + 1, 1, 1))))
    return ((n, sum(one.minutes for one in its)) for n, its in parted(ever, lambda one: one.person_id).items())


def starred(team_id: int, period: Period) -> dict[int, set[int]]:
    """Who has how many stars at the end of a period, by the ladder of its last day; of those that have any."""
    found, steps = defaultdict[int, set[int]](set), ladders.steps_on(team_id, period.until)
    for person_id, minutes in minutes_by_person(team_id, period).items():
        found[stars(minutes, steps).level].add(person_id)
    return {level: people for level, people in sorted(found.items(), reverse=True) if level}


ON_TIME, LATE, OVERDUE, PENDING = "on_time", "late", "overdue", "pending"


def punctuality(team_id: int, signups: Collection[Attended], period: Period) -> dict[str, set[int]]:
    """The dates held, by whether everybody's hours were confirmed within the days a leader has (rule 2). One statement.

    on_time, late: confirmed by then, or only afterwards; overdue, pending: not all of them are, and the day is over or
    not.
    """
    days, today = dates.working_days(team_id), clock.today(period.moment, period.zone)
    of_date = parted(behind(Measure.TIMES, signups), lambda one: one.occurrence_id)
    found: dict[str, set[int]] = {ON_TIME: set(), LATE: set(), OVERDUE: set(), PENDING: set()}
    for date_id, its in of_date.items():
        last = last_day_for_leaders(max(one.ends_at for one in its), period.zone, days)
        done = max(one.confirmed_at or EVER for one in its)
        is_open = done is EVER
        is_late = (today if is_open else clock.today(done, period.zone)) > last
        found[(OVERDUE if is_late else PENDING) if is_open else (LATE if is_late else ON_TIME)].add(date_id)
    return found


def brought(team_id: int, period: Period) -> ColumnElement[bool]:
    """That a figure, joined with its date, is of the team and of a date of the period that took place."""
    begin, end = period.bounds
    is_on = Occurrence.state == OccurrenceState.PUBLISHED
    return and_(OutcomeFigure.team_id == team_id, Occurrence.starts_at >= begin, Occurrence.starts_at < end, is_on)


def outcomes(team_id: int, period: Period) -> list[tuple[int, str, int]]:
    """What dates of a period brought, as it is known today: kind, measure, hundredths of it."""
    kind_of, sums = Activity.kind_id, func.sum(OutcomeFigure.quantity)
    found = select(kind_of, OutcomeFigure.measure, sums).join(Occurrence, Occurrence.id == OutcomeFigure.occurrence_id)
    found = found.join(Occurrence.activity).where(brought(team_id, period)).group_by(kind_of, OutcomeFigure.measure)
    rows = db.session.execute(found.order_by(kind_of, OutcomeFigure.measure))
    return [(kind_id, measure, int(quantity)) for kind_id, measure, quantity in rows]


K = TypeVar("K", bound=Hashable)


def parted(signups: Iterable[Attended], key: Callable[[Attended], K]) -> dict[K, list[Attended]]:
    parts: dict[K, list[Attended]] = defaultdict(list)
    for one in signups:
        parts[key(one)].append(one)
    return parts


def activities(team_id: int) -> dict[int, tuple[str, int]]:
    """The title and kind of every activity of the team."""
    found = select(Activity.id, Activity.title, Activity.kind_id).where(Activity.team_id == team_id)
    return {n: (title, kind_id) for n, title, kind_id in db.session.execute(found)}


def private(team_id: int) -> set[int]:
    """The activities of private kinds."""
    hidden = {kind.id for kind in kinds(team_id).values() if kind.private}
    return {n for n, (_, kind_id) in activities(team_id).items() if kind_id in hidden}


def kinds(team_id: int) -> dict[int, Kind]:
    return {kind.id: kind for kind in db.session.scalars(select(Kind).where(Kind.team_id == team_id).order_by(Kind.id))}


_FIRST, _LINE = aliased(Entry), aliased(Entry)
_EARLIER = select(_LINE.id).where(_LINE.signup_id == _FIRST.signup_id, _LINE.id < _FIRST.id).correlate(_FIRST)
_IS_FIRST = and_(_FIRST.signup_id == Signup.id, ~_EARLIER.exists())
IS_CHILD = Companion.age_band.in_((AgeBand.INFANT, AgeBand.CHILD))
_FAMILIES = (
    select(Companion.signup_id, func.count().label("n")).where(IS_CHILD).group_by(Companion.signup_id).subquery()
)
_CHILDREN, _ITS_FAMILY = func.coalesce(_FAMILIES.c.n, 0), (_FAMILIES, _FAMILIES.c.signup_id == Signup.id)
_CONFIRMED_AT = (
    select(func.min(_LINE.recorded_at))
    .where(_LINE.signup_id == Signup.id, _LINE.kind == EntryKind.CONFIRM)
    .correlate(Signup)
    .scalar_subquery()
)


_OURS = Balance.team_id == bindparam("team")
_BEGUN = (Balance.planned_start >= bindparam("begin"), Balance.planned_start < bindparam("end"))
_STANDS = and_(balances.HOLDS, Balance.kind.is_not(None))
_SAID = (
    select(Balance.occurrence_id, Balance.person_id, _FIRST.household_id)
    .add_columns(case((_STANDS, Balance.kind), else_=literal(EntryKind.VOID, Balance.kind.type)), Balance.counts)
    .add_columns(func.coalesce(Balance.confirmed, 0), _CHILDREN, Balance.signup_id, Occurrence.activity_id)
    .add_columns(_FIRST.group, Balance.planned_start, Balance.planned_end, _CONFIRMED_AT)
    .select_from(Balance)
    .join(Signup, Signup.id == Balance.signup_id)
    .join(Occurrence, Occurrence.id == Balance.occurrence_id)
    .join(_FIRST, _IS_FIRST)
    .outerjoin(*_ITS_FAMILY)
    .where(_OURS, *_BEGUN, or_(_STANDS, Balance.confirmed > 0))
)
"""What the ledger says today."""
_WHOSE = (
    select(Signup.id.label("signup_id"), _FIRST.occurrence_id, _FIRST.person_id, _FIRST.household_id, _FIRST.group)
    .add_columns(_CHILDREN.label("children"), Occurrence.activity_id)
    .select_from(Signup)
    .join(_FIRST, _IS_FIRST)
    .outerjoin(*_ITS_FAMILY)
    .join(Occurrence, Occurrence.id == _FIRST.occurrence_id)
)
_UNMARKED = (
    select(Shift.occurrence_id, Signup.person_id, null(), null(), Occurrence.counts, literal(0), literal(0))
    .add_columns(Signup.id, Occurrence.activity_id, literal(""), Shift.starts_at, Shift.ends_at, null())
    .select_from(Signup)
    .join(Signup.shift)
    .join(Shift.occurrence)
    .where(Shift.team_id == bindparam("team"), Shift.open, Occurrence.state == OccurrenceState.PUBLISHED)
    .where(Shift.starts_at >= bindparam("begin"), Shift.starts_at < bindparam("end"))
    .where(Signup.status == Status.CONFIRMED, Signup.person_id.is_not(None), Shift.ends_at <= bindparam("moment"))
)
"""Places on dates that are over."""
_UNMARKED_NOW = _UNMARKED.outerjoin(Balance, Balance.signup_id == Signup.id).where(
    or_(Balance.kind.is_(None), not_(balances.HOLDS))
)
"""Those of which nobody has said anything that holds."""
