"""Dates anybody may know of: of published, public activities of kinds that are not private. Reads only, no people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select

from ..errors import or_missing
from ..storage.database import db
from ..teams.models import Team
from .models import Activity, Kind, Occurrence, Shift
from .states import TOLD, ActivityState, Visibility

MOST = 60
IS_PUBLIC = and_(
    Activity.visibility == Visibility.PUBLIC, Activity.state != ActivityState.DRAFT, Kind.private.is_(False)
)
"""Of what is joined with its activity and kind: may anybody know of it?"""

_TERMS = ("opens_before", "deadline_before", "min_age", "requirements")
_SAID = ("content", "risk", "protection", "arrive_before", "insurance", "voluntary", *_TERMS)
"""What the activity says of each of its dates."""


def get(public_id: UUID) -> Row[*tuple[Any, ...]]:
    """A public date with what its activity says, its team and how many places are free; Missing for any other."""
    return or_missing(db.session.execute(_dates().where(Occurrence.public_id == str(public_id))).first())


def list_coming(team_id: int, now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """The next 60 public dates of a team that are not over, in order of time; cancelled ones among them."""
    coming = _dates().where(Occurrence.team_id == team_id, Occurrence.ends_at > now)
    return db.session.execute(coming.order_by(Occurrence.starts_at, Occurrence.id).limit(MOST)).all()


def _dates() -> Select[*tuple[Any, ...]]:
    free = select(func.sum(Shift.capacity + Shift.extra - Shift.taken)).where(Shift.occurrence_id == Occurrence.id)
    undrawn = select(func.count()).where(Shift.occurrence_id == Occurrence.id, Shift.undrawn)
    return (
        select(Occurrence.id, Occurrence.public_id, Occurrence.title, Occurrence.place, Occurrence.reason)
        .add_columns(Occurrence.meeting, Occurrence.bring)
        .add_columns(Occurrence.starts_at, Occurrence.ends_at, Occurrence.tentative, Occurrence.state)
        .add_columns(*(getattr(Activity, name) for name in _SAID), free.scalar_subquery().label("free"))
        .add_columns(undrawn.scalar_subquery().label("undrawn"))
        .add_columns(Kind.dangerous, Team.slug, Team.name.label("team"), Team.zone)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .join(Kind, Kind.id == Activity.kind_id)
        .join(Team, Team.id == Occurrence.team_id)
        .where(IS_PUBLIC, Occurrence.state.in_(TOLD))
    )
