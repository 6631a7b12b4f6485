"""My agenda: the same dates as in my calendar, on a page, as a list and as a month."""

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .. import clock
from ..activities.models import Occurrence
from ..actor import Actor
from ..teams import service as teams
from . import entries, left_out
from .entries import Manner
from .models import FeedScope
from .rules import DateEntry


def list_own(actor: Actor, first: date, after: date) -> list[DateEntry]:
    """What the actor holds or waits for in all their teams, from the day `first` to before `after`."""
    begin, end = (clock.day_bounds(day, actor.zone)[0] for day in (first, after))
    mine = [team.id for team in teams.list_teams_for(actor.person_id)]
    within = Occurrence.team_id.in_(mine), Occurrence.ends_at >= begin, Occurrence.starts_at < end
    manner = Manner(FeedScope.PERSON, person_id=actor.person_id)
    made, _ = left_out.make_each(entries.entry_of, entries.list_for(manner, *within), manner)
    return [entry for entry in made if entry.starts_at >= begin]


@dataclass(frozen=True)
class Day:
    """A day of a month's sheet. of_month: false for the days that fill its first and last week."""

    day: date
    of_month: bool
    entries: tuple[DateEntry, ...]


def month_of(wanted: str, today: date) -> date:
    """The first of the month a page asks for as YYYY-MM; nonsense and far-off years mean this month."""
    first = clock.month_named(wanted) or today.replace(day=1)
    return first if abs(first.year - today.year) <= 20 else today.replace(day=1)


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def weeks_of(first: date, entries: Sequence[DateEntry], zone: str) -> list[list[Day]]:
    """A month's sheet: weeks from Monday to Sunday, whole ones, with the entries of the month."""
    on = dict(clock.by_day(entries, zone))
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    return [[Day(day, day.month == first.month, tuple(on.get(day, ()))) for day in week] for week in weeks]
