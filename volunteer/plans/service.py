"""What can be done with a plan: items written, taken in, published, taken out; activities held for one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from ..activities import dates
from ..activities.models import Activity, Kind
from ..activities.states import ActivityState
from ..actor import Actor, By
from ..clock import WorkingDays
from ..errors import Refused, or_missing
from ..ledger.rules import figure
from ..notices import deeds
from ..storage.database import db
from ..teams.comparison import Fate
from ..teams.models import Team
from ..words import as_written
from .models import PlanActivity, PlanItem
from .rules import PlanLine
from .targets import months_written


def list_items(actor: Actor, year: int) -> list[PlanItem]:
    """The items of a year, in the order they came; members see those that are published."""
    found = select(PlanItem).where(*_plan(actor.team_id, year)).order_by(PlanItem.id)
    return list(db.session.scalars(found if actor.leads else found.where(PlanItem.published_at.is_not(None))))


def get_for(actor: Actor, item_id: int) -> PlanItem:
    """An item of the actor's team; Missing otherwise."""
    found = select(PlanItem).where(PlanItem.id == item_id, PlanItem.team_id == actor.team_id)
    return or_missing(db.session.scalar(found))


def _get_to_change(actor: Actor, item_id: int) -> PlanItem:
    """The same as it is now, the team locked."""
    lock(actor.team_id)
    found = select(PlanItem).where(PlanItem.id == item_id, PlanItem.team_id == actor.team_id)
    return or_missing(db.session.scalar(found.execution_options(populate_existing=True)))


def reading_of(team_id: int) -> tuple[dict[str, int], WorkingDays]:
    """What a plan is read with: the team's kinds by all their words, and its working days."""
    kinds = db.session.scalars(select(Kind).where(Kind.team_id == team_id))
    words = {as_written(word): kind.id for kind in kinds for word in (kind.code, *kind.aliases, kind.name)}
    return words, dates.working_days(team_id)


def texts_of(item: PlanItem, kind: str) -> dict[str, str]:
    """An item as `rules.read_item` reads it."""
    outcomes = ";".join(f"{words}:{figure(n)}" for words, n in item.outcomes.items())
    numbers = {name: str(n) if (n := getattr(item, name)) is not None else "" for name in ("dates", "attendances")}
    words = {"title": item.title, "kind": kind, "lead": item.lead, "partners": item.partners}
    return words | numbers | {"months": months_written(item.months), "outcomes": outcomes}


def save(actor: Actor, year: int, line: PlanLine, now: datetime, item_id: int | None = None, version: int = 0) -> int:
    """Write an item, a new one or another version of one; returns its id.

    Refused when somebody else changed it since `version` was read, and for a title the year has already.
    """
    lock(actor.team_id)
    alike = *_plan(actor.team_id, year), PlanItem.title == line.title
    there = db.session.scalar(select(PlanItem.id).where(*alike))
    if there not in (None, item_id):
        raise Refused("The plan of that year has an item of this name already.", field="title")
    if item_id is None:
        take_in(actor, year, [line], now)
        return db.session.scalars(select(PlanItem.id).where(*alike)).one()
    item = _get_to_change(actor, item_id)
    if item.version != version:
        raise Refused("Somebody else has just changed this item. Look at what it says now, then save again.")
    said = {name: value for name, value in vars(line).items() if name != "number"}
    _write(item, said | {"months": list(line.months), "outcomes": dict(line.outcomes)})
    deeds.close(actor, "plan", f"plan item {item.id}", now)
    return item.id


def _write(item: PlanItem, said: Mapping[str, object]) -> None:
    for name, value in said.items():
        setattr(item, name, value)
    item.version += 1


@dataclass(frozen=True)
class Weighed:
    """A line held against the plan as it stands. changes: the columns that become others."""

    line: PlanLine
    fate: Fate
    changes: tuple[str, ...] = ()
    version: int = 0

    @property
    def digest(self) -> str:
        """A word for exactly this."""
        return sha256(repr(self).encode()).hexdigest()[:12]


def weigh(team_id: int, year: int, lines: Iterable[PlanLine]) -> list[Weighed]:
    """What would become of lines; what one leaves open stays. Reads only."""
    there = {item.title: item for item in db.session.scalars(select(PlanItem).where(*_plan(team_id, year)))}
    return [_weighed(line, there.get(line.title)) for line in lines]


def _plan(team_id: int | None, year: int) -> tuple[ColumnElement[bool], ...]:
    return PlanItem.team_id == team_id, PlanItem.year == year


def _weighed(line: PlanLine, item: PlanItem | None) -> Weighed:
    if item is None:
        return Weighed(line, Fate.NEW)
    changes = tuple(name for name, value in line.said.items() if getattr(item, name) != value)
    return Weighed(line, Fate.CHANGED if changes else Fate.UNCHANGED, changes, item.version)


def lock(team_id: int | None) -> None:
    """Let nobody else write into the team's plans: two files at once would plan one thing twice."""
    db.session.execute(select(Team.id).where(Team.id == team_id).with_for_update(key_share=True))


def take_in(by: Actor | By, year: int, lines: Iterable[PlanLine], now: datetime) -> int:
    """Write lines into the plan of a year; returns of how many there was anything to do. Locks the team."""
    lock(by.team_id)
    due = [one for one in weigh(by.team_id or 0, year, lines) if one.fate is not Fate.UNCHANGED]
    there = {item.title: item for item in db.session.scalars(select(PlanItem).where(*_plan(by.team_id, year)))}
    for one in due:
        item = there.get(one.line.title)
        if item is None:
            item = PlanItem(team_id=by.team_id, year=year, title=one.line.title, outcomes={}, months=[], version=0)
            db.session.add(item)
        _write(item, one.line.said)
    if due:
        deeds.close(by, "plan", f"year {year}", now, items=len(due))
    return len(due)


def publish(actor: Actor, year: int, now: datetime) -> int:
    """Let members see the plan of a year; returns how many items they could not see before."""
    hidden = update(PlanItem).where(*_plan(actor.team_id, year), PlanItem.published_at.is_(None))
    n = len(db.session.scalars(hidden.values(published_at=now).returning(PlanItem.id)).all())
    if n:
        deeds.close(actor, "publish plan", f"year {year}", now, items=n)
    return n


def remove(actor: Actor, item_id: int, now: datetime) -> int:
    """Take an item out of the plan; its activities stay. Returns its year."""
    item = _get_to_change(actor, item_id)
    db.session.execute(delete(PlanActivity).where(PlanActivity.item_id == item.id))
    db.session.delete(item)
    deeds.close(actor, "take out of plan", f"plan item {item.id}", now, title=item.title)
    return item.year


def hold(actor: Actor, item_id: int, activity_ids: Sequence[int], now: datetime) -> None:
    """Say that these activities of the team, and no others, are held for an item, and for no other one of its year."""
    item = _get_to_change(actor, item_id)
    ours = select(Activity.id).where(Activity.team_id == actor.team_id, Activity.id.in_(activity_ids))
    held = list(db.session.scalars(ours))
    of_year = select(PlanItem.id).where(*_plan(actor.team_id, item.year))
    mine, others = PlanActivity.item_id == item.id, PlanActivity.item_id.in_(of_year)
    db.session.execute(delete(PlanActivity).where(or_(mine, and_(others, PlanActivity.activity_id.in_(held)))))
    db.session.add_all(PlanActivity(item_id=item.id, activity_id=one) for one in held)
    deeds.close(actor, "hold for plan", f"plan item {item.id}", now, activities=held)


def hold_also(actor: Actor, item_id: int, activity_id: int, now: datetime) -> None:
    """The same of one more activity."""
    there = select(PlanActivity.activity_id).where(PlanActivity.item_id == item_id)
    hold(actor, item_id, [*db.session.scalars(there), activity_id], now)


def list_of_kind(actor: Actor, kind_id: int) -> dict[int, str]:
    """The team's activities of a kind by id, the newest first: what may be held for an item of it."""
    ours = Activity.team_id == actor.team_id, Activity.kind_id == kind_id, Activity.state != ActivityState.ARCHIVED
    found = select(Activity.id, Activity.title).where(*ours).order_by(Activity.id.desc())
    return dict(db.session.execute(found).all())
