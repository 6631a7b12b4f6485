"""What people hear about a position they have signed up for, or are asked to stand in at."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from ..activities.models import Occurrence, Shift
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..storage.database import db
from ..teams.models import Team
from .models import Signup


def of(event: Event, signups: Sequence[Signup], **said: Any) -> Effects:
    """Everybody hears once of the state their sign-ups for one position have come to; their calendars change, too."""
    parts = [Part(one.person_id, one.id, one.sequence) for one in signups]
    people = Effects(people=[one.person_id for one in signups])
    return people + to(event, parts, signups[0].shift_id, **said) if parts else people


def to(event: Event, parts: Sequence[Part], shift_id: int, **said: Any) -> Effects:
    """These hear of a position, as it is now; said: see `About`."""
    position = db.session.execute(_POSITION, {"shift": shift_id}).one()
    return Effects([News(event, About(*position, **said), parts)])


_POSITION = (
    select(Shift.team_id, Team.zone, Occurrence.id, Occurrence.title, Occurrence.place, Shift.starts_at, Shift.ends_at)
    .join(Shift.occurrence)
    .join(Team, Team.id == Shift.team_id)
    .where(Shift.id == bindparam("shift"))
)
