"""What there is to know when somebody asks for a place, and what may stand in the way: a clash, no-shows.

No-shows stand in the sign-ups, where the ledger keeps them in step with its lines; one of a date that was called off or
moved since counts for nothing.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import aliased

from ..activities.models import Activity, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Missing, Refused
from ..storage.database import db
from ..storage.hot import Hot
from . import rules
from .models import TERMS, Signup
from .states import STANDING, Why


def under_review(team_id: int, person_ids: Collection[int], now: datetime) -> dict[int, Why]:
    """Those of these people about whose next sign-ups in the team a leader decides, and why."""
    missed: dict[int, list[datetime]] = defaultdict(list)
    theirs = {"team": team_id, "people": list(person_ids)}
    for _, person_id, missed_at in db.session.connection().execute(_MISSED, theirs) if person_ids else ():
        missed[person_id].append(missed_at)
    return {one: why for one, theirs in missed.items() if (why := rules.hold(theirs, now))}


def list_missed(actor: Actor) -> list[datetime]:
    """When the dates began that the actor missed in this team, however long ago, in order."""
    mine = db.session.connection().execute(_MISSED, {"team": actor.team_id, "people": [actor.person_id]})
    return sorted(missed_at for _, _, missed_at in mine)


def find_hold(person_id: int, team_id: int, now: datetime) -> Why | None:
    """Why a leader decides about somebody's next sign-up in the team; None when nobody does."""
    return under_review(team_id, [person_id], now).get(person_id)


def select_no_shows() -> Select[int]:
    """The ids of sign-ups with a no-show of a date that took place then."""
    return (
        select(Signup.id)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .where(Signup.no_show_at.is_not(None), Signup.no_show_at == Shift.starts_at)
        .where(Occurrence.state == OccurrenceState.PUBLISHED)
    )


_MISSED = (
    select_no_shows()
    .add_columns(Signup.person_id, Signup.no_show_at)
    .where(Signup.team_id == bindparam("team"), Signup.person_id.in_(bindparam("people", expanding=True)))
)
"""Built once: every sign-up asks."""


class Sought(NamedTuple):
    """A position, and whether anything of a person's may stand in the way of a place at it."""

    terms: rules.Terms
    id: int
    plan_id: int
    team_id: int
    occurrence_id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    needs_approval: bool
    known: bool
    """Do they have a sign-up for it, whatever its state?"""
    clashes: bool
    missed: bool
    """Do they have no-shows, however old?"""


def get_shift_for(actor: Actor, occurrence_id: int, shift_id: int | None, person_id: int | None = None) -> Sought:
    """A position of a date of the actor's team, the only one if None; Missing, or Refused when there are several."""
    shifts = _SOUGHT.rows(occurrence=occurrence_id, team=actor.team_id, person=person_id)
    found = [shift for shift in shifts if shift_id in (None, shift.id)]
    if not found:
        raise Missing
    if len(found) > 1:
        raise Refused("This date has several positions. Choose one of them.")
    return found[0]


def find_clash(person_id: int, shift: Shift | Sought) -> Row[str, datetime, datetime] | None:
    """What this person is signed up for (title, starts_at, ends_at) while the shift lasts; back to back is no clash.

    Cancelled dates take up no time. Decide on it only while the person is locked.
    """
    when = {"starts_at": shift.starts_at, "ends_at": shift.ends_at}
    return db.session.connection().execute(_CLASHING, when | {"person": person_id, "shift": shift.id}).first()


def _select_clashing(shift_id: Any, starts_at: Any, ends_at: Any) -> Select[str, datetime, datetime]:
    there, date = aliased(Shift), aliased(Occurrence)
    return (
        select(date.title, there.starts_at, there.ends_at)
        .select_from(Signup)
        .join(there, there.id == Signup.shift_id)
        .join(date, date.id == there.occurrence_id)
        .where(Signup.person_id == bindparam("person"), Signup.status.in_(STANDING), there.id != shift_id)
        .where(there.starts_at < ends_at, there.ends_at > starts_at, date.state == OccurrenceState.PUBLISHED)
    )


_CLASHING = _select_clashing(bindparam("shift"), bindparam("starts_at"), bindparam("ends_at")).limit(1)
_THEIRS = Signup.person_id == bindparam("person")
STATED = Occurrence.starts_at, *TERMS
"""What `rules.terms` is made of."""


def _read_sought(*columns: Any) -> Sought:
    return Sought(rules.terms(*columns[: len(STATED)]), *columns[len(STATED) :])


_SOUGHT = Hot(
    _read_sought,
    select(*STATED, Shift.id, Shift.plan_id, Shift.team_id, Shift.occurrence_id, Shift.starts_at, Shift.ends_at)
    .add_columns(Shift.capacity + Shift.extra, Shift.needs_approval)
    .add_columns(select(Signup.id).where(Signup.shift_id == Shift.id, _THEIRS).correlate(Shift).exists())
    .add_columns(_select_clashing(Shift.id, Shift.starts_at, Shift.ends_at).correlate(Shift).exists())
    .add_columns(select_no_shows().where(_THEIRS, Signup.team_id == bindparam("team")).correlate().exists())
    .select_from(Occurrence)
    .join(Shift, Shift.occurrence_id == Occurrence.id)
    .join(Activity, Activity.id == Occurrence.activity_id)
    .where(Occurrence.id == bindparam("occurrence"), Occurrence.team_id == bindparam("team")),
)
"""It asks by the date: by the team, a database that knows its tables badly reads every shift there ever was."""
