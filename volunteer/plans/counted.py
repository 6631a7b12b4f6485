"""What a number of a report counts, and the list it leads to: of which sign-ups, dates, people or households it is made.

Number and list are cut from the same sign-ups. Who did not come is on no list by name, nor who came to what is private.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select

from .. import clock
from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..actor import Actor
from ..errors import Missing
from ..ledger.counting import Attended, Measure, behind, tally, things
from ..ledger.models import OutcomeFigure
from ..papers.tables.listings import Listing, ListRow, holding
from ..signups.models import Companion, Signup
from ..stars import service as ladders
from ..storage.database import these
from ..teams.models import Household
from ..web.forms import YEARS
from ..web.pages import gettext
from ..words import AsHours
from . import figures
from .figures import Period
from .models import Fact, FactKind, Level

OUTCOME, FACTS, STARS = "outcome", "facts", "stars"
SUMS = (Measure.MINUTES, Measure.TRAINING, OUTCOME, FACTS)
"""Figures that are sums: of minutes, of hundredths, of what facts stand for. The others count."""


@dataclass(frozen=True)
class Cut:
    """What one number counts, and of which part of the sign-ups: None, or "" of a measure or level, is all of them.

    household 0: in none. n: how many stars.
    """

    of: str
    period: Period
    kind: int | None = None
    group: str | None = None
    household: int | None = None
    person: int | None = None
    measure: str = ""
    level: str | None = None
    n: int | None = None

    @property
    def asked(self) -> dict[str, str]:
        """What its address says; `cut_asked` reads it."""
        parts = {name: getattr(self, name) for name in (*_NUMBERS, *_WORDS)}
        its = {name: str(part) for name, part in parts.items() if part is not None and (part or name != "measure")}
        return {"of": self.of, **its, **self.period.asked}


_NUMBERS, _WORDS = ("kind", "household", "person", "n"), ("group", "measure", "level")


def cut_asked(asked: Mapping[str, str], period: Period) -> Cut:
    """The cut an address asks for; Missing for one that is none."""
    of, numbers = asked.get("of", Measure.TIMES), {name: asked[name] for name in _NUMBERS if name in asked}
    if of not in UNITS or not all(n.isascii() and n.isdigit() and len(n) < 10 for n in numbers.values()):
        raise Missing
    words = {name: asked[name] for name in _WORDS if name in asked}
    return Cut(of, period, **{name: int(n) for name, n in numbers.items()}, **words)  # type: ignore[arg-type]


UNITS: dict[str, Any] = {
    Measure.MINUTES: _l("hours"),
    Measure.DATES: _l("dates held"),
    Measure.TIMES: _l("attendances"),
    Measure.PEOPLE: _l("people"),
    Measure.HOUSEHOLDS: _l("households"),
    Measure.TRAINING: _l("hours of training"),
    Measure.CHILDREN: _l("children under 14"),
    Measure.NO_SHOWS: _l("no-shows"),
    Measure.EXCUSED: _l("excused or on leave"),
    Measure.ABSENT: _l("absent, to be looked into"),
    Measure.UNMARKED: _l("without a mark"),
    figures.ON_TIME: _l("confirmed in time"),
    figures.LATE: _l("confirmed late"),
    figures.OVERDUE: _l("overdue"),
    figures.PENDING: _l("not due yet"),
    STARS: _l("people with these stars"),
    OUTCOME: _l("brought"),
    FACTS: _l("entered"),
}
"""What stands beside a number, and what its list is called."""
LEVELS = {
    Level.PROVINCE: _l("Province"),
    Level.PREFECTURE: _l("Prefecture"),
    Level.COUNTY: _l("County"),
    Level.NONE: _l("No level"),
}
FACTS_OF = {
    FactKind.MEDIA: _l("In the media"),
    FactKind.AWARD: _l("Awards"),
    FactKind.CONTEST: _l("Contest results"),
    FactKind.TRAINING: _l("Training elsewhere"),
    FactKind.MANUAL: _l("Other figures"),
}


@dataclass(frozen=True)
class Counted:
    """A list a number leads to. to, key: where its rows lead, and what that calls their ids; about: what else it asks.

    total: of a sum, what its rows come to.
    """

    listing: Listing
    to: str
    key: str
    total: int | None = None
    about: Mapping[str, str] = field(default_factory=dict)


NAMELESS = (Measure.NO_SHOWS, Measure.EXCUSED)
"""Listed without names."""
_PUNCTUAL = (figures.ON_TIME, figures.LATE, figures.OVERDUE, figures.PENDING)
_WITHOUT_PEOPLE = (*NAMELESS, *_PUNCTUAL, Measure.DATES, Measure.HOUSEHOLDS, Measure.CHILDREN, OUTCOME)


def list_for(actor: Actor, cut: Cut, words: str) -> Counted:
    """What is behind a number of the actor's team."""
    return _LISTS.get(cut.of, _list_signups)(actor, cut, words)


def _signups(actor: Actor, cut: Cut) -> list[Attended]:
    """Those it is cut from."""
    names = figures.activities(actor.team_id)
    parts: dict[str, Callable[[Attended], object]] = {
        "kind": lambda one: names[one.activity_id][1],
        "group": lambda one: one.group,
        "household": lambda one: one.household_id or 0,
        "person": lambda one: one.person_id,
    }
    found = figures.attended(actor.team_id, cut.period)
    if cut.group is not None or cut.household is not None:
        found = [one for one in found if one.kind is not None]  # nobody has said where they belonged
    for name, part in parts.items():
        if (wanted := getattr(cut, name)) is not None:
            found = [one for one in found if part(one) == wanted]
    return found


Rows = Select[*tuple[Any, ...]]


def _listing(
    cut: Cut,
    words: str,
    headings: Iterable[object],
    rows: Rows,
    row: Callable[..., ListRow],
    *,
    by: Sequence[Any],
    asks: Sequence[Any],
    which: ColumnElement[bool],
) -> Listing:
    """rows: what a row is made of, its id first; which: those that are meant; by: in order of; asks: where words stand."""
    id = rows.selected_columns[0]
    look = holding(words, lambda question: or_(false(), *map(question, asks)))
    return Listing(
        name=f"report {cut.of}",
        title=str(UNITS[cut.of])[:31],
        headings=tuple(map(str, headings)),
        found=rows.with_only_columns(id.label("id")).where(which, look).order_by(*by),
        rows=rows.order_by(*by),
        id=id,
        row=row,
        words=words,
        has_people=cut.of not in _WITHOUT_PEOPLE,
        asked=cut.asked,
    )


_PUBLIC_TITLE = case((Kind.private, ""), else_=Occurrence.title)
"""What is private is called by no name."""
_OF_SIGNUPS = (
    select(Signup.id, Occurrence.id, _PUBLIC_TITLE, case((Kind.private, ""), else_=func.coalesce(Person.name, "")))
    .join(Signup.shift)
    .join(Shift.occurrence)
    .join(Occurrence.activity)
    .join(Activity.kind)
    .outerjoin(Person, Person.id == Signup.person_id)
)


def _what(title: str) -> str:
    return title or str(gettext("Personal appointment"))


def _list_signups(actor: Actor, cut: Cut, words: str) -> Counted:
    """Attendances, or those of which nobody knows, or that did not come."""
    found = behind(Measure(cut.of), _signups(actor, cut))
    of, hidden = {one.signup_id: one for one in found}, cut.of in NAMELESS

    def row(n: int, date_id: int, title: str, name: str) -> ListRow:
        one = of[n]
        when, who = clock.today(one.starts_at, actor.zone), ("", "") if hidden else (name, one.group)
        return ListRow(date_id, (_what(title), when, *who, AsHours(one.minutes)))

    headings = (gettext("Activity"), gettext("Date"), gettext("Name"), gettext("Group"), gettext("Hours"))
    asks = (_OF_SIGNUPS.selected_columns[2], *(() if hidden else (_OF_SIGNUPS.selected_columns[3],)))
    which, by = Signup.id.in_(these(of)), (Occurrence.starts_at, Signup.id)
    total = tally(Measure(cut.of), found) if cut.of in SUMS else None
    return Counted(_listing(cut, words, headings, _OF_SIGNUPS, row, by=by, asks=asks, which=which), DATE, _ID, total)


DATE, _ID = "date", "occurrence_id"
"""The landmark most rows lead to."""
_OF_DATES = select(Occurrence.id, _PUBLIC_TITLE, Occurrence.starts_at).join(Occurrence.activity).join(Activity.kind)


def _list_dates(actor: Actor, cut: Cut, words: str) -> Counted:
    """Dates that were held, with how many came to each."""
    of = figures.parted(behind(Measure.TIMES, _signups(actor, cut)), lambda one: one.occurrence_id)
    if cut.of in _PUNCTUAL:
        kept = figures.punctuality(actor.team_id, [one for its in of.values() for one in its], cut.period)[cut.of]
        of = {n: its for n, its in of.items() if n in kept}

    def row(n: int, title: str, starts_at: datetime) -> ListRow:
        minutes = AsHours(tally(Measure.MINUTES, of[n]))
        return ListRow(n, (_what(title), clock.today(starts_at, actor.zone), len(of[n]), minutes))

    headings = (gettext("Activity"), gettext("Date"), UNITS[Measure.TIMES], gettext("Hours"))
    asks, which = [_PUBLIC_TITLE], Occurrence.id.in_(these(of))
    by = (Occurrence.starts_at, Occurrence.id)
    return Counted(_listing(cut, words, headings, _OF_DATES, row, by=by, asks=asks, which=which), DATE, _ID)


def _list_people(actor: Actor, cut: Cut, words: str) -> Counted:
    """People, how often they were there and for how long; each leads to when that was."""
    of = figures.parted(_signups(actor, cut), lambda one: one.person_id)
    ids = things(Measure.PEOPLE, (one for its in of.values() for one in its))

    def row(n: int, name: str) -> ListRow:
        return ListRow(n, (name, tally(Measure.TIMES, of[n]), AsHours(tally(Measure.MINUTES, of[n]))))

    headings = (gettext("Name"), UNITS[Measure.TIMES], gettext("Hours"))
    which, rows = Person.id.in_(these(ids)), select(Person.id, Person.name)
    listing = _listing(cut, words, headings, rows, row, by=(Person.name, Person.id), asks=[Person.name], which=which)
    return Counted(listing, COUNTED, "person", about=replace(cut, of=Measure.TIMES).asked)


COUNTED = "counted"


def _list_starred(actor: Actor, cut: Cut, words: str) -> Counted:
    """People with so many stars, and the hours they have them for; each leads to when those were."""
    minutes = figures.minutes_by_person(actor.team_id, cut.period)
    ids = figures.starred(minutes, ladders.steps_on(actor.team_id, cut.period.until)).get(cut.n or 0, set())

    def row(n: int, name: str) -> ListRow:
        return ListRow(n, (name, AsHours(minutes[n])))

    which, rows = Person.id.in_(these(ids)), select(Person.id, Person.name)
    headings = (gettext("Name"), gettext("Hours"))
    listing = _listing(cut, words, headings, rows, row, by=(Person.name, Person.id), asks=[Person.name], which=which)
    ever = replace(cut, of=Measure.MINUTES, n=None, period=replace(cut.period, first=date(YEARS[0], 1, 1)))
    return Counted(listing, COUNTED, "person", about=ever.asked)


def _list_households(actor: Actor, cut: Cut, words: str) -> Counted:
    """Households, how often somebody of them was there, how many of them, for how long."""
    of = figures.parted(_signups(actor, cut), lambda one: one.household_id)
    ids = things(Measure.HOUSEHOLDS, (one for its in of.values() for one in its))

    def row(n: int, name: str) -> ListRow:
        times, people = (tally(measure, of[n]) for measure in (Measure.TIMES, Measure.PEOPLE))
        return ListRow(n, (name, times, people, AsHours(tally(Measure.MINUTES, of[n]))))

    headings = (gettext("Household"), UNITS[Measure.TIMES], UNITS[Measure.PEOPLE], gettext("Hours"))
    which, rows, by = Household.id.in_(these(ids)), select(Household.id, Household.name), (Household.name, Household.id)
    listing = _listing(cut, words, headings, rows, row, by=by, asks=[Household.name], which=which)
    return Counted(listing, COUNTED, "household", about=replace(cut, of=Measure.TIMES).asked)


def _list_children(actor: Actor, cut: Cut, words: str) -> Counted:
    """Where children under 14 came along, a row for each of them; nothing of them stands there."""
    ids = [one.signup_id for one in behind(Measure.CHILDREN, _signups(actor, cut)) if one.children]
    rows = select(Companion.id, Occurrence.id, _PUBLIC_TITLE, Occurrence.starts_at).join(
        Signup, Signup.id == Companion.signup_id
    )
    rows = rows.join(Signup.shift).join(Shift.occurrence).join(Occurrence.activity).join(Activity.kind)

    def row(_: int, date_id: int, title: str, starts_at: datetime) -> ListRow:
        return ListRow(date_id, (_what(title), clock.today(starts_at, actor.zone)))

    which, by = Companion.signup_id.in_(these(ids)) & figures.IS_CHILD, (Occurrence.starts_at, Companion.id)
    headings = (gettext("Activity"), gettext("Date"))
    return Counted(_listing(cut, words, headings, rows, row, by=by, asks=[_PUBLIC_TITLE], which=which), DATE, _ID)


def _list_outcomes(actor: Actor, cut: Cut, words: str) -> Counted:
    """What each date brought of one measure."""
    which = figures.brought(actor.team_id, cut.period), OutcomeFigure.measure == cut.measure
    rows = select(OutcomeFigure.id, Occurrence.id, _PUBLIC_TITLE, Occurrence.starts_at, OutcomeFigure.quantity)
    rows = (
        rows.join(Occurrence, Occurrence.id == OutcomeFigure.occurrence_id)
        .join(Occurrence.activity)
        .join(Activity.kind)
    )

    def row(_: int, date_id: int, title: str, starts_at: datetime, quantity: int) -> ListRow:
        return ListRow(date_id, (_what(title), clock.today(starts_at, actor.zone), Decimal(quantity) / 100))

    meant = and_(*which, *([Activity.kind_id == cut.kind] if cut.kind is not None else []))
    headings, by = (gettext("Activity"), gettext("Date"), cut.measure), (Occurrence.starts_at, OutcomeFigure.id)
    listing = _listing(cut, words, headings, rows, row, by=by, asks=[_PUBLIC_TITLE], which=meant)
    found = figures.outcomes(actor.team_id, cut.period)
    return Counted(
        listing, DATE, _ID, sum(n for kind, measure, n in found if (kind, measure) == (cut.kind, cut.measure))
    )


def _list_facts(actor: Actor, cut: Cut, words: str) -> Counted:
    """What was entered by hand, when, by whom."""
    of = figures.facts(actor.team_id, cut.period)
    found = {one.id: one for one in of if one.kind == cut.measure and cut.level in (None, one.level)}

    def row(n: int, title: str, name: str) -> ListRow:
        one = found[n]
        entered = clock.today(one.entered_at, actor.zone)
        return ListRow(one.day.year, (title, one.day, str(LEVELS[one.level]), one.n, one.rank or "", name, entered))

    rows = select(Fact.id, Fact.title, Person.name).join(Person, Person.id == Fact.by_id)
    headings = (gettext("What"), gettext("Date"), gettext("Level"), gettext("Number"), gettext("Place"))
    by, more = (Fact.day, Fact.id), (gettext("Entered by"), gettext("on"))
    which, asks = Fact.id.in_(these(found)), [Fact.title]
    listing = _listing(cut, words, (*headings, *more), rows, row, by=by, asks=asks, which=which)
    return Counted(listing, "report", "year", sum(one.n for one in found.values()))


_LISTS: dict[str, Callable[[Actor, Cut, str], Counted]] = {
    **dict.fromkeys((Measure.DATES, *_PUNCTUAL), _list_dates),
    Measure.PEOPLE: _list_people,
    Measure.HOUSEHOLDS: _list_households,
    Measure.CHILDREN: _list_children,
    STARS: _list_starred,
    OUTCOME: _list_outcomes,
    FACTS: _list_facts,
}
