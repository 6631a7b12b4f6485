"""How far a plan is: what was done for each item, held against what should be. Reads only.

Dates and attendances are those of the ledger (`ledger/counting.py`), outcomes what was entered when dates were
confirmed, both of what the report of the year counts. An activity is held for the item somebody chose, else for the
only one of its kind in the year.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from .. import clock
from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Missing
from ..ledger.counting import Attended, Measure, tally
from ..ledger.models import Balance, OutcomeFigure
from ..ledger.states import CAME
from ..storage.database import db
from . import service as plans
from .figures import Period, brought, period_asked
from .models import PlanActivity, PlanItem
from .rules import Holding, expected_by, items_held_for


@dataclass(frozen=True)
class Goal:
    """A target and how much of it is done, of outcomes in hundredths; expected: whole ones by today.

    what: `dates`, `attendances`, or an outcome's words and measure. target: None where none was set; done: None where
    nothing is known of that measure.
    """

    what: str
    target: int | None
    expected: int | None
    done: int | None

    @property
    def is_behind(self) -> bool:
        return (self.expected or 0) > (self.done or 0) if self.done is not None else False


@dataclass(frozen=True)
class Progress:
    """An item and how far it is. activities: those held for it, by id."""

    item: PlanItem
    kind: Kind
    goals: Sequence[Goal]
    activities: dict[int, str]


def look(actor: Actor, year: int, now: datetime) -> list[Progress]:
    """How far the plan of a year is, as far as the actor may see it. Six statements."""
    seen = {item.id for item in plans.list_items(actor, year)}
    items = _items(actor, year)
    held_for, titles = _held_for(actor, [(item.id, kind.id) for item, kind in items])
    period = period_asked(year, {}, now, actor.zone)
    attended, outcomes = _attended(actor, period, held_for), _brought(actor, period, held_for)
    today = clock.today(now, actor.zone)
    return [
        Progress(
            item,
            kind,
            list(_goals(item, kind, attended[item.id], outcomes[item.id], today)),
            {id: titles[id] for id, its in held_for.items() if its == item.id},
        )
        for item, kind in items
        if item.id in seen
    ]


def get_for(actor: Actor, item_id: int, now: datetime) -> Progress:
    """The same of one item."""
    item = plans.get_for(actor, item_id)
    return next(one for one in look(actor, item.year, now) if one.item.id == item.id)


def _items(actor: Actor, year: int) -> list[tuple[PlanItem, Kind]]:
    found = select(PlanItem, Kind).join(Kind, Kind.id == PlanItem.kind_id)
    ours = found.where(PlanItem.team_id == actor.team_id, PlanItem.year == year).order_by(PlanItem.id)
    return [(item, kind) for item, kind in db.session.execute(ours)]


def _held_for(actor: Actor, kinds: Sequence[tuple[int, int]]) -> tuple[dict[int, int], dict[int, str]]:
    """By activity the item it is held for, and what it is called."""
    rows = select(Activity.id, Activity.kind_id, Activity.predecessor_id, Activity.title)
    ours = db.session.execute(rows.where(Activity.team_id == actor.team_id).order_by(Activity.id)).all()
    chosen = select(PlanActivity.activity_id, PlanActivity.item_id)
    of_items = chosen.where(PlanActivity.item_id.in_([item_id for item_id, _ in kinds]))
    said = dict(db.session.execute(of_items).all())
    return items_held_for((Holding(*row[:3]) for row in ours), said, kinds), {row[0]: row[3] for row in ours}


def _came(actor: Actor, period: Period) -> tuple[ColumnElement[bool], ...]:
    """That a balance is of somebody who was there, and counts in the report of the period."""
    begin, end = period.bounds
    in_it = Balance.team_id == actor.team_id, Balance.planned_start >= begin, Balance.planned_start < end
    return *in_it, Balance.kind.in_(CAME)


def _attended(actor: Actor, period: Period, held_for: Mapping[int, int]) -> dict[int, list[Attended]]:
    came = select(Occurrence.activity_id, Balance.occurrence_id, Balance.person_id, Balance.kind)
    came = came.join(Occurrence, Occurrence.id == Balance.occurrence_id).where(*_came(actor, period))
    of = defaultdict[int, list[Attended]](list)
    for activity_id, occurrence_id, person_id, kind in db.session.execute(came):
        one = Attended(occurrence_id, person_id, None, kind, False, 0)
        of[held_for.get(activity_id, 0)].append(one)
    return of


def _brought(actor: Actor, period: Period, held_for: Mapping[int, int]) -> dict[int, dict[str, int]]:
    found = select(Occurrence.activity_id, OutcomeFigure.measure, OutcomeFigure.quantity)
    found = found.join(Occurrence, Occurrence.id == OutcomeFigure.occurrence_id)
    of = defaultdict[int, dict[str, int]](dict)
    for activity_id, measure, n in db.session.execute(found.where(brought(actor.team_id, period))):
        its = of[held_for.get(activity_id, 0)]
        its[measure] = its.get(measure, 0) + n
    return of


def _goals(
    item: PlanItem, kind: Kind, done: Sequence[Attended], outcomes: Mapping[str, int], today: date
) -> Iterator[Goal]:
    counted: dict[str, tuple[int | None, int | None]] = {}
    counted |= {"dates": (item.dates, tally(Measure.DATES, done))}
    counted |= {"attendances": (item.attendances, tally(Measure.TIMES, done))}
    for words, target in item.outcomes.items():
        measure = measure_of(words)
        counted[words] = target, outcomes.get(measure, 0) if measure in kind.measures else None
    for what, (target, n) in counted.items():
        one = 1 if what in ("dates", "attendances") else 100
        expected = None if target is None else expected_by(target // one, item.year, item.months, today) * one
        yield Goal(what, target, expected, n)


def measure_of(words: str) -> str:
    """株 of 植树:株."""
    return words.rpartition(":")[2]


class Done(NamedTuple):
    """A row of what was done. words: who, or which activity; n: of an outcome, in hundredths."""

    occurrence_id: int
    starts_at: datetime
    words: str
    n: int = 0


def list_done(actor: Actor, item_id: int, what: str, now: datetime) -> tuple[Progress, Goal, list[Done]]:
    """The rows a goal's figure is made of. Missing for what is no goal of the item, and for private kinds."""
    found = get_for(actor, item_id, now)
    goal = next((one for one in found.goals if one.what == what and one.done is not None), None)
    if goal is None or found.kind.private:
        raise Missing
    period = period_asked(found.item.year, {}, now, actor.zone)
    rows = select(Occurrence.id, Occurrence.starts_at).where(Occurrence.activity_id.in_(found.activities))
    rows = rows.order_by(Occurrence.starts_at, Occurrence.id)
    came = rows.join(Balance, Balance.occurrence_id == Occurrence.id).where(*_came(actor, period))
    if what == "attendances":
        asked = came.add_columns(Person.name).outerjoin(Person, Person.id == Balance.person_id)
        asked = asked.order_by(Balance.signup_id)
    elif what == "dates":
        asked = came.add_columns(Occurrence.title).distinct()
    else:
        figures = rows.join(OutcomeFigure, OutcomeFigure.occurrence_id == Occurrence.id)
        asked = figures.add_columns(Occurrence.title, OutcomeFigure.quantity)
        asked = asked.where(OutcomeFigure.measure == measure_of(what), brought(actor.team_id, period))
    return found, goal, [Done(*row) for row in db.session.execute(asked)]


def list_month(actor: Actor, year: int, month: int) -> list[Occurrence]:
    """The dates of a month that take place, as a plan of it says them; those of private kinds are not on it."""
    first = date(year, month, 1)
    begin, end = (clock.day_bounds(day, actor.zone)[0] for day in (first, clock.next_month(first)))
    its = Occurrence.team_id == actor.team_id, Occurrence.starts_at >= begin, Occurrence.starts_at < end
    shown = (
        select(Occurrence).join(Occurrence.activity).join(Activity.kind).options(contains_eager(Occurrence.activity))
    )
    shown = shown.where(*its, Occurrence.state == OccurrenceState.PUBLISHED, ~Kind.private)
    return list(db.session.scalars(shown.order_by(Occurrence.starts_at, Occurrence.id)))
