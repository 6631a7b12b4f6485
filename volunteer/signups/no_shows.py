"""Dates missed without excuse, as leaders judged them: three in twelve months, and a leader decides about sign-ups.

They stand in the sign-ups, where the attendance keeps them in step with its ledger. One of a date that was called off
or moved since counts for nothing, as its line in the ledger.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, bindparam, select

from ..activities.models import Occurrence, Shift
from ..activities.states import OccurrenceState
from ..storage.database import db
from . import rules
from .models import Signup


def under_review(team_id: int, person_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Those of these people about whose next sign-ups in the team a leader decides, with how many no-shows count."""
    missed: dict[int, list[datetime]] = defaultdict(list)
    theirs = {"team": team_id, "people": list(person_ids)}
    for _, person_id, missed_at in db.session.connection().execute(_THEIRS, theirs) if person_ids else ():
        missed[person_id].append(missed_at)
    return {
        one: len(rules.counting(theirs, now)) for one, theirs in missed.items() if rules.leader_decides(theirs, now)
    }


def count(person_id: int, team_id: int, now: datetime) -> int:
    """How many no-shows put a leader before somebody's next sign-up in the team; 0 when nobody is."""
    return under_review(team_id, [person_id], now).get(person_id, 0)


def select_standing() -> Select[int]:
    """The ids of sign-ups with a no-show of a date that took place then."""
    return (
        select(Signup.id)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .where(Signup.no_show_at.is_not(None), Signup.no_show_at == Shift.starts_at)
        .where(Occurrence.state == OccurrenceState.PUBLISHED)
    )


_THEIRS = (
    select_standing()
    .add_columns(Signup.person_id, Signup.no_show_at)
    .where(Signup.team_id == bindparam("team"), Signup.person_id.in_(bindparam("people", expanding=True)))
)
"""Built once: every sign-up asks."""
