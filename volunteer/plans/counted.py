"""What a number of a report counts, and the list it leads to: of which sign-ups, dates, people or households it is.

Number and list are cut from the same sign-ups. Who did not come is on no list by name, nor who came to what is private.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, String, case, false, func, or_, select

from .. import clock
from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..actor import Actor
from ..errors import Missing
from ..ledger.counting import Attended, Measure, behind, tally, things
from ..ledger.models import OutcomeFigure
from ..papers.tables.listings import Listing, ListRow, holding
from ..signups.models import Companion, Signup
from ..storage.database import these
from ..teams.models import Household
from ..web.forms import YEARS
from ..web.pages import gettext
from ..words import AsHours, printable
from . import facts, figures
from .figures import Period
from .forms import LEVEL_WORDS
from .models import Fact

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
    title: str | None = None
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


_NUMBERS, _WORDS = ("kind", "household", "person", "n"), ("title", "group", "measure", "level")


def cut_asked(asked: Mapping[str, str], period: Period) -> Cut:
    """The cut an address asks for; Missing for one that is none."""
    of, numbers = asked.get("of", Measure.TIMES), {name: asked[name] for name in _NUMBERS if name in asked}
    if of not in UNITS or not all(n.isascii() and n.isdigit() and len(n) < 10 for n in numbers.values()):
        raise Missing
    words = {name: printable(asked[name]) for name in _WORDS if name in asked}
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
    figures.OVERDUE: _l("not confirmed in time"),
    figures.PENDING: _l("still to be confirmed"),
    STARS: _l("people with these stars"),
    OUTCOME: _l("brought"),
    FACTS: _l("entered"),
}
"""What stands beside a number, and what its list is called."""
DATE, COUNTED = "date", "counted"
"""Where rows lead: to a date, or to a list that is cut finer; those of facts to the facts of their year."""


@dataclass(frozen=True)
class Counted:
    """A list a number leads to. to, key: where its rows lead, and what that calls their ids; about: what else it asks.

    total: of a sum, what its rows come to.
    """

    listing: Listing
    to: str = DATE
    key: str = "occurrence_id"
    total: int | None = None
    about: Mapping[str, str] = field(default_factory=dict)


NAMELESS = (Measure.NO_SHOWS, Measure.EXCUSED)
"""Listed without names."""
_PUNCTUAL = (figures.ON_TIME, figures.LATE, figures.OVERDUE, figures.PENDING)
_WITH_PEOPLE = {*Measure, STARS} - {*NAMELESS, Measure.DATES, Measure.HOUSEHOLDS, Measure.CHILDREN}
_PUBLIC_TITLE = case((Kind.private, ""), else_=Occurrence.title)
"""What is private is called by no name."""
_ON_DATES = (
    select(Occurrence.id, _PUBLIC_TITLE, Occurrence.starts_at)
    .join(Occurrence.activity)
    .join(Activity.kind)
    .order_by(Occurrence.starts_at, Occurrence.id)
)
_SIGNUPS = _ON_DATES.join(Shift, Shift.occurrence_id == Occurrence.id).join(Signup, Signup.shift_id == Shift.id)
_PUBLIC_NAME = case((Kind.private, ""), else_=func.coalesce(Person.name, ""))
_ATTENDEES = _SIGNUPS.outerjoin(Person, Person.id == Signup.person_id).add_columns(Signup.id, _PUBLIC_NAME)


def list_for(actor: Actor, cut: Cut, words: str) -> Counted:
    """What is behind a number of the actor's team."""
    return _LISTS.get(cut.of, _list_signups)(actor, cut, words)


def _signups(actor: Actor, cut: Cut) -> list[Attended]:
    """Those it is cut from."""
    names = figures.activities(actor.team_id)
    parts: dict[str, Callable[[Attended], object]] = {
        "kind": lambda one: names[one.activity_id][1],
        "title": lambda one: names[one.activity_id][0],
        "group": lambda one: one.group,
        "household": lambda one: one.household_id or 0,
        "person": lambda one: one.person_id,
    }
    found = figures.attended(actor.team_id, cut.period)
    for name, part in parts.items():
        if (wanted := getattr(cut, name)) is not None:
            found = [one for one in found if part(one) == wanted]
    return found


Rows = Select[*tuple[Any, ...]]


def _listing(
    cut: Cut, words: str, headings: Iterable[object], id: Any, rows: Rows, row: Callable[..., ListRow], *which: Any
) -> Listing:
    """id: what tells rows apart; which: those that are meant. Words are looked for in every text of a row."""
    texts = [column for column in rows.selected_columns if isinstance(column.type, String)]
    look = holding(words, lambda asks: or_(false(), *map(asks, texts)))
    return Listing(
        name=f"report {cut.of}",
        title=str(UNITS[cut.of])[:31],
        headings=tuple(map(str, headings)),
        found=rows.with_only_columns(id.label("id")).where(*which, look),
        rows=rows,
        id=id,
        row=row,
        words=words,
        has_people=cut.of in _WITH_PEOPLE,
        asked=cut.asked,
    )


def _what(title: str) -> str:
    return title or str(gettext("Personal appointment"))


def _list_signups(actor: Actor, cut: Cut, words: str) -> Counted:
    """Attendances, or those of which nobody knows, or that did not come."""
    found = behind(Measure(cut.of), _signups(actor, cut))
    of, hidden = {one.signup_id: one for one in found}, cut.of in NAMELESS

    def row(date_id: int, title: str, _: datetime, n: int, name: str = "") -> ListRow:
        one = of[n]
        who = () if hidden else (name, one.group, AsHours(one.minutes))
        return ListRow(date_id, (_what(title), clock.today(one.starts_at, actor.zone), *who))

    rows = _SIGNUPS.add_columns(Signup.id) if hidden else _ATTENDEES
    headings = (gettext("Activity"), gettext("Date"), gettext("Name"), gettext("Group"), gettext("Hours"))
    its = headings[:2] if hidden else headings
    listing = _listing(cut, words, its, Signup.id, rows, row, Signup.id.in_(these(of)))
    return Counted(listing, total=tally(Measure(cut.of), found) if cut.of in SUMS else None)


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
    return Counted(_listing(cut, words, headings, Occurrence.id, _ON_DATES, row, Occurrence.id.in_(these(of))))


def _list_named(actor: Actor, cut: Cut, words: str) -> Counted:
    """People or households, how often they were there and for how long; each leads to when that was.

    Those who have stars with all the hours they have them for.
    """
    table, key = (Household, "household") if cut.of == Measure.HOUSEHOLDS else (Person, "person")
    known = replace(cut, period=replace(cut.period, first=date(YEARS[0], 1, 1))) if cut.of == STARS else cut
    of = figures.parted(_signups(actor, known), attrgetter(f"{key}_id"))
    if cut.of == STARS:
        ids = figures.starred(actor.team_id, cut.period).get(cut.n or 0, set())
    else:
        ids = things(Measure(cut.of), chain.from_iterable(of.values()))
    private = figures.private(actor.team_id)
    hidden = {n for n in ids if private.issuperset(one.activity_id for one in of[n])}

    def row(n: int, name: str) -> ListRow:
        shown = _what("" if n in hidden else name)
        return ListRow(n, (shown, tally(Measure.TIMES, of[n]), AsHours(tally(Measure.MINUTES, of[n]))))

    headings = (gettext("Name"), UNITS[Measure.TIMES], gettext("Hours"))
    rows = select(table.id, table.name).order_by(table.name, table.id)
    listing = _listing(cut, words, headings, table.id, rows, row, table.id.in_(these(ids - hidden if words else ids)))
    return Counted(listing, COUNTED, key, about=replace(known, of=Measure.TIMES, n=None).asked)


def _list_children(actor: Actor, cut: Cut, words: str) -> Counted:
    """Where children under 14 came along, a row for each of them; nothing of them stands there."""
    ids = [one.signup_id for one in behind(Measure.CHILDREN, _signups(actor, cut)) if one.children]

    def row(date_id: int, title: str, starts_at: datetime) -> ListRow:
        return ListRow(date_id, (_what(title), clock.today(starts_at, actor.zone)))

    which = Companion.signup_id.in_(these(ids)), figures.IS_CHILD
    rows = _SIGNUPS.join(Companion, Companion.signup_id == Signup.id)
    return Counted(_listing(cut, words, (gettext("Activity"), gettext("Date")), Companion.id, rows, row, *which))


def _list_outcomes(actor: Actor, cut: Cut, words: str) -> Counted:
    """What each date brought of one measure."""

    def row(date_id: int, title: str, starts_at: datetime, quantity: int) -> ListRow:
        return ListRow(date_id, (_what(title), clock.today(starts_at, actor.zone), Decimal(quantity) / 100))

    which = figures.brought(actor.team_id, cut.period), OutcomeFigure.measure == cut.measure, Kind.id == cut.kind
    rows = _ON_DATES.join(OutcomeFigure, OutcomeFigure.occurrence_id == Occurrence.id)
    headings, rows = (gettext("Activity"), gettext("Date"), cut.measure), rows.add_columns(OutcomeFigure.quantity)
    known = {its[:2]: its[2] for its in figures.outcomes(actor.team_id, cut.period)}
    listing = _listing(cut, words, headings, OutcomeFigure.id, rows, row, *which)
    return Counted(listing, total=known.get((cut.kind or 0, cut.measure), 0))


def _list_facts(actor: Actor, cut: Cut, words: str) -> Counted:
    """What was entered by hand, when, by whom."""
    days = cut.period.first, cut.period.last
    its = facts.list_for(actor, *days, cut.measure, cut.level, cut.period.moment)
    found = {one.fact.id: one for one in its}

    def row(n: int, title: str) -> ListRow:
        one, by = found[n].fact, (found[n].person, found[n].by, clock.today(found[n].fact.entered_at, actor.zone))
        return ListRow(one.day.year, (title, one.day, str(LEVEL_WORDS[one.level]), one.n, one.rank or "", *by))

    rows = select(Fact.id, Fact.title).order_by(Fact.day, Fact.id)
    headings = (gettext("What it is"), gettext("Day"), gettext("Level"), gettext("How many"))
    more = (gettext("Place in the contest"), gettext("Whose it is"), gettext("Entered by"), gettext("Entered on"))
    listing = _listing(cut, words, (*headings, *more), Fact.id, rows, row, Fact.id.in_(these(found)))
    return Counted(listing, FACTS, "year", sum(one.fact.n for one in found.values()))


_LISTS: dict[str, Callable[[Actor, Cut, str], Counted]] = {
    **dict.fromkeys((Measure.DATES, *_PUNCTUAL), _list_dates),
    **dict.fromkeys((Measure.PEOPLE, Measure.HOUSEHOLDS, STARS), _list_named),
    Measure.CHILDREN: _list_children,
    OUTCOME: _list_outcomes,
    FACTS: _list_facts,
}
