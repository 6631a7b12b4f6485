"""What the team does, as a list: what is under way, drafts, what is over; and the archive of what was put away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, or_, select

from .. import clock
from ..actor import Actor
from ..papers.tables.listings import Listing, ListRow, Tag, holding
from ..storage.database import db
from ..web.pages import gettext
from ..words import Tone
from .forms import rule_in_words
from .models import Activity, Kind, Occurrence, Shift, ShiftPlan
from .rules import is_short
from .service import shown_to
from .states import TOLD, ActivityState, OccurrenceState

_TAKES_PLACE = Occurrence.state == OccurrenceState.PUBLISHED
_DRAFT, _ARCHIVED = (Activity.state == state for state in (ActivityState.DRAFT, ActivityState.ARCHIVED))
_HAS_DATES = exists().where(Occurrence.activity_id == Activity.id)


@dataclass(frozen=True)
class Search:
    """What is looked for: words of title, place or kind; a kind by its code; a month by its first day; the archive."""

    words: str = ""
    kind: str = ""
    month: date | None = None
    archived: bool = False

    @property
    def asked(self) -> dict[str, str]:
        """What the address says of it, beside the words."""
        month = f"{self.month:%Y-%m}" if self.month else ""
        said = {"kind": self.kind, "month": month, "archived": "1" if self.archived else ""}
        return {name: value for name, value in said.items() if value}


def list_months(actor: Actor) -> list[date]:
    """The first days of the months from the team's first date to its last, the latest first."""
    ours = Occurrence.team_id == actor.team_id, Occurrence.state.in_(TOLD)
    ends = db.session.execute(select(func.min(Occurrence.starts_at), func.max(Occurrence.starts_at)).where(*ours)).one()
    months = [clock.today(moment, actor.zone).replace(day=1) for moment in ends if moment]
    while months and months[-2] < months[-1]:
        months.insert(-1, clock.next_month(months[-2]))
    return sorted(set(months), reverse=True)


def list_for(actor: Actor, search: Search, now: datetime) -> Listing:
    """Group by group: what is under way by its next date, drafts, what is over with the last first.

    How full: the next date, or the last one; of a draft as planned.
    """
    rows, order = _rows(actor, now)
    headings = (gettext("Title"), gettext("Signed up"), gettext("Date"), gettext("Repeats"), gettext("Kind"))
    return Listing(
        name="activities",
        title=str(gettext("Activities")),
        headings=tuple(map(str, (*headings, gettext("Place"), gettext("State")))),
        found=rows.with_only_columns(Activity.id).where(*_wanted(actor, search)).order_by(*order),
        rows=rows.order_by(*order),
        id=Activity.id,
        row=partial(_row, actor.zone, now),
        words=search.words,
        has_people=False,
        asked=search.asked,
    )


def _rows(actor: Actor, now: datetime) -> tuple[Select[*tuple[Any, ...]], Sequence[ColumnElement[Any]]]:
    """What lines say, and their order."""
    spans = _spans(actor, now)
    following, last = spans.c.next, spans.c.last
    group = case((_DRAFT, 1), (or_(following.is_not(None), Activity.planned_until.is_not(None)), 0), else_=2)
    at = func.coalesce(following, last, type_=Occurrence.starts_at.type)
    rows = (
        select(Activity.id, Activity.title, *_fill(at), at, Activity.first_day, Activity.repeat, Activity.every)
        .add_columns(Kind.name, Activity.place, group, Activity.state)
        .join(Kind, Kind.id == Activity.kind_id)
        .outerjoin(spans, spans.c.activity_id == Activity.id)
    )
    return rows, (group, following.is_(None), following, last.is_(None), last.desc(), Activity.id.desc())


def _spans(actor: Actor, now: datetime) -> Subquery:
    """Of each activity when its next date begins, be it under way, and its last that is over."""
    comes, at = Occurrence.ends_at > now, Occurrence.starts_at
    next_at, last_at = func.min(case((comes, at))).label("next"), func.max(case((~comes, at))).label("last")
    ours = Occurrence.team_id == actor.team_id, _TAKES_PLACE
    return select(Occurrence.activity_id, next_at, last_at).where(*ours).group_by(Occurrence.activity_id).subquery()


def _fill(at: ColumnElement[datetime]) -> Sequence[ColumnElement[Any]]:
    """How many places of the date at that moment are taken, how many there are, how many people it lacks to be safe."""
    on_it = Occurrence.activity_id == Activity.id, Occurrence.starts_at == at, _TAKES_PLACE, Shift.open
    planned = select(func.sum(ShiftPlan.capacity)).where(ShiftPlan.activity_id == Activity.id).scalar_subquery()
    taken, places, lacking = (
        select(what).join(Occurrence, Occurrence.id == Shift.occurrence_id).where(*on_it).scalar_subquery()
        for what in (
            func.sum(Shift.taken),
            func.sum(Shift.capacity + Shift.extra),
            func.max(Shift.minimum - Shift.taken),
        )
    )
    return func.coalesce(taken, 0), func.coalesce(places, planned, 0), func.coalesce(lacking, 0)


def _wanted(actor: Actor, search: Search) -> Sequence[ColumnElement[bool]]:
    told = holding(search.words, lambda holds: or_(holds(Activity.title), holds(Activity.place), holds(Kind.name)))
    there = and_(_ARCHIVED, _HAS_DATES) if search.archived else ~_ARCHIVED
    wanted = [Activity.team_id == actor.team_id, shown_to(actor), there, told]
    if search.kind:
        wanted.append(Kind.code == search.kind)
    if search.month:
        wanted.append(_is_in(search.month, actor.zone))
    return wanted


def _is_in(first: date, zone: str) -> ColumnElement[bool]:
    """Has it a date in the month, or would it begin there?"""
    after = clock.next_month(first)
    begin, end = (clock.day_bounds(day, zone)[0] for day in (first, after))
    on_it = Occurrence.state.in_(TOLD), Occurrence.starts_at >= begin, Occurrence.starts_at < end
    planned = and_(_DRAFT, Activity.first_day >= first, Activity.first_day < after)
    return or_(planned, _HAS_DATES.where(*on_it))


def _row(zone: str, now: datetime, id: int, title: str, taken: int, places: int, lacking: int, *about: Any) -> ListRow:
    at, first_day, repeat, every, kind, place, group, state = about
    tone = Tone.WAIT if group else Tone.FEW if at and is_short(lacking, at, now) else Tone.RIGHT
    fill = Tag(str(gettext("%(taken)d of %(capacity)d", taken=taken, capacity=places)), tone)
    shape = rule_in_words(repeat, first_day, every) or gettext("Single")
    name = (gettext("Under way"), gettext("Drafts"), gettext("Past"))[group]
    heading = gettext("Archive") if state is ActivityState.ARCHIVED else name
    day = clock.local(at, zone).date() if at else first_day
    return ListRow(id, (title, fill, day, str(shape), kind, place), str(heading))
