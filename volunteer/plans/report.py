"""A report as a value: sections of lines of numbers, each with what it was cut from, so that each leads to its list.

Pages, workbooks and documents show the same one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from .. import clock
from ..actor import Actor
from ..ledger.counting import Attended, Measure, behind, tally
from ..papers.tables.listings import Cell, Leaflet
from ..stars import service as ladders
from ..storage.database import db
from ..teams.models import Household
from ..web.formats import day as day_name
from ..web.formats import full_day, month_name
from ..web.pages import gettext
from ..words import AsHours
from . import counted, facts, figures
from .counted import FACTS, OUTCOME, STARS, SUMS, UNITS, Cut
from .figures import Period
from .forms import KIND_WORDS, LEVEL_WORDS
from .models import FactKind, Level


@dataclass(frozen=True)
class Number:
    """A number of a report. In whole things, minutes, or hundredths of a measure."""

    value: int
    cut: Cut

    @property
    def is_sum(self) -> bool:
        return self.cut.of in SUMS

    @property
    def cell(self) -> Cell:
        if self.cut.of in (Measure.MINUTES, Measure.TRAINING):
            return AsHours(self.value)
        return Decimal(self.value) / 100 if self.cut.of == OUTCOME else self.value


@dataclass(frozen=True)
class ReportLine:
    """Some numbers under a name. day: where it stands for a day or a month, that or its first."""

    name: str
    numbers: tuple[Number, ...]
    day: date | None = None


@dataclass(frozen=True)
class Section:
    """Lines of the same numbers. headings: of the lines' names, then of each number."""

    name: str
    title: str
    headings: tuple[str, ...]
    lines: tuple[ReportLine, ...]
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All a report says. totals: its first numbers; before: the same of a year before."""

    period: Period
    totals: tuple[Number, ...]
    before: tuple[Number, ...]
    sections: tuple[Section, ...]
    signups: Sequence[Attended] = field(repr=False)
    names: Mapping[int, tuple[str, int]] = field(repr=False)
    kinds: Mapping[int, str] = field(repr=False)
    homes: Mapping[int, str] = field(repr=False)

    @property
    def title(self) -> str:
        """What it is a report of."""
        first, last = self.period.first, self.period.last
        if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
            return str(gettext("Report of %(year)d", year=first.year))
        return str(gettext("Report from %(first)s to %(last)s", first=full_day(first), last=full_day(last)))

    def section(self, name: str) -> Section:
        return next(one for one in self.sections if one.name == name)


def sheets(actor: Actor, made: Report) -> Iterator[Leaflet]:
    """A report as the sheets of a workbook: its numbers, and a line for every attendance."""
    numbers = [(*made.totals, *(one for line in made.section("apart").lines for one in line.numbers)), made.before]
    rows = [
        (str(UNITS[one.cut.of]), one.cell, one.cut.period.first, one.cut.period.until) for its in numbers for one in its
    ]
    note = str(gettext("Hours here are minutes / 60, not rounded; pages show one decimal, halves up."))
    headings = (made.title, gettext("How many"), gettext("First day"), gettext("Last day"))
    yield str(gettext("Report")), tuple(map(str, headings)), [*rows, (note,)]
    for part in (part for part in made.sections if part.lines):
        lines = [(line.day or line.name, *(one.cell for one in line.numbers)) for line in part.lines]
        yield part.title[:31], part.headings, lines
    attended = counted.list_for(actor, Cut(Measure.TIMES, made.period), "").listing
    yield str(gettext("Attendances")), attended.headings, (row.cells for row in attended.every_row())


TOTALS = (Measure.MINUTES, Measure.DATES, Measure.TIMES, Measure.PEOPLE, Measure.HOUSEHOLDS)
_OF_A_MONTH = (Measure.DATES, Measure.TIMES, Measure.PEOPLE, Measure.HOUSEHOLDS, Measure.MINUTES)
_OF_A_KIND = (*_OF_A_MONTH, Measure.TRAINING)
_OF_A_GROUP = (Measure.DATES, Measure.TIMES, Measure.PEOPLE, Measure.MINUTES)
_OF_A_HOME = (Measure.TIMES, Measure.PEOPLE, Measure.MINUTES)
_APART = (
    Measure.TRAINING,
    Measure.CHILDREN,
    Measure.NO_SHOWS,
    Measure.EXCUSED,
    Measure.ABSENT,
    Measure.UNMARKED,
)


def make(actor: Actor, period: Period) -> Report:
    """The report of the actor's team about a period. As many statements however much is in it."""
    team_id, whole = actor.team_id, Cut(Measure.TIMES, period)
    signups = figures.attended(team_id, period)
    year_before = figures.attended(team_id, period.a_year_before)
    names, kinds = figures.activities(team_id), {n: kind.name for n, kind in figures.kinds(team_id).items()}
    ours = select(Household.id, Household.name).where(Household.team_id == team_id)
    homes = {0: str(gettext("Without a household")), **dict(db.session.execute(ours).all())}
    made = Report(
        period,
        _numbers(TOTALS, signups, whole),
        _numbers(TOTALS, year_before, replace(whole, period=period.a_year_before)),
        (),
        signups,
        names,
        kinds,
        homes,
    )
    stars = _stars(figures.starred(team_id, period), whole)
    changed = ladders.list_changes(team_id, period.first + clock.DAY, period.until)
    known = [one for one in signups if one.kind is not None]
    sections = (
        *_times(known, whole),
        *_parts(made, known, whole),
        _apart(signups, whole),
        _punctual(team_id, signups, whole),
    )
    more = (_outcomes(made, figures.outcomes(team_id, period)), _facts(actor, whole))
    return replace(made, sections=(*sections, _section("stars", (STARS,), stars, _about_ladders(changed)), *more))


def _numbers(measures: Iterable[Measure], signups: Collection[Attended], cut: Cut) -> tuple[Number, ...]:
    return tuple(Number(tally(one, signups), replace(cut, of=one)) for one in measures)


def _section(name: str, units: Sequence[str], lines: Iterable[ReportLine], note: str = "") -> Section:
    title, of = _TITLES[name]
    return Section(
        name, str(title), (str(of), *(str(UNITS.get(unit, gettext("How many"))) for unit in units)), tuple(lines), note
    )


_TITLES = {
    "months": (_l("By month"), _l("Month")),
    "days": (_l("People on each day"), _l("Day")),
    "kinds": (_l("By kind"), _l("Kind")),
    "activities": (_l("By activity"), _l("Activity")),
    "groups": (_l("By group, as of then"), _l("Group")),
    "households": (_l("By household, as of then"), _l("Household")),
    "apart": (_l("Counted apart"), _l("What")),
    "punctual": (_l("Hours confirmed within ten working days"), _l("What")),
    "stars": (_l("Stars"), _l("Stars")),
    "outcomes": (_l("What it brought"), _l("Kind")),
    "facts": (_l("Entered by hand"), _l("What")),
}


def _times(known: Collection[Attended], whole: Cut) -> Iterator[Section]:
    """The months, and the days on which somebody was there."""
    day_of = {at: clock.today(at, whole.period.zone) for at in {one.starts_at for one in known}}
    month_of = {at: day.replace(day=1) for at, day in day_of.items()}
    months = _all_months(figures.parted(known, lambda one: month_of[one.starts_at]), whole.period)
    lines = (_line(month_name(n), _OF_A_MONTH, its, _month(whole, n), n) for n, its in months)
    yield _section("months", _OF_A_MONTH, lines)
    held = figures.parted(behind(Measure.TIMES, known), lambda one: day_of[one.starts_at])
    days = ((n, replace(whole, period=replace(whole.period, first=n, last=n))) for n in sorted(held))
    lines = (_line(day_name(n), (Measure.TIMES,), held[n], cut, n) for n, cut in days)
    yield _section("days", (Measure.TIMES,), lines)


def _parts(made: Report, known: Collection[Attended], whole: Cut) -> Iterator[Section]:
    """The same sign-ups, parted in four ways; whatever most came to stands first."""
    parts: tuple[tuple[str, str, tuple[Measure, ...], Callable[[Attended], Any], Mapping[Any, str]], ...] = (
        ("kinds", "kind", _OF_A_KIND, lambda one: made.names[one.activity_id][1], made.kinds),
        ("activities", "title", _OF_A_GROUP, lambda one: made.names[one.activity_id][0], {}),
        ("groups", "group", _OF_A_GROUP, lambda one: one.group, {"": gettext("Without a group")}),
        ("households", "household", _OF_A_HOME, lambda one: one.household_id or 0, made.homes),
    )
    for name, part, measures, key, called in parts:
        its = figures.parted(known, key)
        first = sorted(its, key=lambda n: (not n, -tally(Measure.TIMES, its[n]), called.get(n, n)))
        cuts = ((str(called.get(n, n)), its[n], replace(whole, **{part: n})) for n in first)
        yield _section(name, measures, (_line(words, measures, one, cut) for words, one, cut in cuts))


def _line(
    name: str, measures: Iterable[Measure], its: Collection[Attended], cut: Cut, day: date | None = None
) -> ReportLine:
    return ReportLine(name, _numbers(measures, its, cut), day)


def _all_months(
    months: Mapping[date, list[Attended]], period: Period, most: int = 24
) -> list[tuple[date, list[Attended]]]:
    """Every month of a period in order; of many only those with something in them."""
    first, every = period.first.replace(day=1), list[date]()
    while first <= period.last and len(every) <= most:
        every.append(first)
        first = clock.next_month(first)
    return [(day, months.get(day, [])) for day in (every if len(every) <= most else sorted(months))]


def _month(whole: Cut, first: date) -> Cut:
    period, last = whole.period, clock.next_month(first) - clock.DAY
    return replace(whole, period=replace(period, first=max(first, period.first), last=min(last, period.last)))


def _apart(signups: Collection[Attended], whole: Cut) -> Section:
    """What stands in no other number."""
    lines = (ReportLine(str(UNITS[one]), _numbers([one], signups, whole)) for one in _APART)
    return _section("apart", ("",), lines)


def _punctual(team_id: int, signups: Collection[Attended], whole: Cut) -> Section:
    found = figures.punctuality(team_id, signups, whole.period)
    lines = (ReportLine(str(UNITS[of]), (Number(len(its), replace(whole, of=of)),)) for of, its in found.items())
    return _section("punctual", (Measure.DATES,), lines)


def _stars(starred: Mapping[int, set[int]], whole: Cut) -> list[ReportLine]:
    return [ReportLine("★" * n, (Number(len(people), replace(whole, of=STARS, n=n)),)) for n, people in starred.items()]


def _about_ladders(changed: Collection[date]) -> str:
    if not changed:
        return ""
    return str(
        gettext("The ladder changed within these days. Stars are as of the last one, by the ladder of that day.")
    )


def _told(what: object, of: object) -> str:
    return str(gettext("%(what)s (%(of)s)", what=what, of=of) if of else what)


def _outcomes(made: Report, brought: Iterable[tuple[int, str, int]]) -> Section:
    cut = Cut(OUTCOME, made.period)
    lines = (
        ReportLine(
            f"{made.kinds[kind_id]}, {measure}", (Number(quantity, replace(cut, kind=kind_id, measure=measure)),)
        )
        for kind_id, measure, quantity in brought
    )
    return _section("outcomes", (OUTCOME,), lines)


def _facts(actor: Actor, whole: Cut) -> Section:
    """How many of each kind and level."""
    sums: dict[tuple[FactKind, Level], int] = defaultdict(int)
    for one in facts.list_for(actor, whole.period.first, whole.period.last, as_of=whole.period.moment):
        sums[one.fact.kind, one.fact.level] += one.fact.n
    lines = (
        ReportLine(
            _told(KIND_WORDS[kind], LEVEL_WORDS[level] if level else ""),
            (Number(n, replace(whole, of=FACTS, measure=kind, level=level)),),
        )
        for (kind, level), n in sorted(sums.items(), key=lambda its: [*FactKind].index(its[0][0]))
    )
    return _section("facts", (FACTS,), lines)
