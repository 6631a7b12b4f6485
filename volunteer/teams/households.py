"""The counter of a household's feed: it rises when somebody belongs to the household no longer, or from now on."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update

from ..storage.database import db
from .models import Household, HouseholdMember


def touch(household_ids: Iterable[int], now: datetime) -> None:
    """Somebody moved in or out: what these households subscribe to reads anew, with a higher sequence."""
    changed = update(Household).where(Household.id.in_(set(household_ids)))
    db.session.execute(changed.values(sequence=Household.sequence + 1, changed_at=now))


def touch_homes_of(person_id: int, now: datetime, team_id: int | None = None) -> None:
    """Somebody left the team or came back, or is called otherwise: the same for the households they live in.

    team_id None: in all their teams.
    """
    lives = HouseholdMember.person_id == person_id, HouseholdMember.until.is_(None)
    homes = select(HouseholdMember.household_id).where(*lives)
    touch(db.session.scalars(homes if team_id is None else homes.where(HouseholdMember.team_id == team_id)), now)
