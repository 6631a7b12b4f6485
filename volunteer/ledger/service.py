"""Who may still say who was there, and of which date."""

from datetime import datetime

from .. import clock
from ..activities import dates
from ..activities.models import Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused
from . import rules


def refuse_own(actor: Actor, person_id: int | None) -> None:
    """Refused for what is the actor's own."""
    if not rules.may_decide_about(actor, person_id):
        raise Refused("Nobody decides about their own attendance. Please ask another leader or an administrator.")


def too_late(actor: Actor, occurrence: Occurrence, now: datetime) -> Refused | None:
    """What speaks against marking a date that ended long ago, if anything does for this actor."""
    if rules.may_mark_at_any_time(actor) or now < occurrence.ends_at:
        return None
    days = dates.working_days(actor.team_id)
    if rules.may_mark(actor, occurrence.ends_at, now, days):
        return None
    return Refused(
        "This date ended more than %(n)d working days ago. Since %(day)s only an administrator marks who was there.",
        n=rules.LEADERS_MARK_FOR,
        day=rules.last_day_for_leaders(occurrence.ends_at, actor.zone, days) + clock.DAY,
    )


def refuse_late(actor: Actor, occurrence: Occurrence, now: datetime) -> None:
    """Refused to leaders for a date that ended long ago."""
    if objection := too_late(actor, occurrence, now):
        raise objection


def refuse_unless_on(occurrence: Occurrence, shift: Shift | None = None) -> None:
    """Refused for a date that does not take place, and for a position closed as it ended early."""
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place, so there is no attendance to take.")
    if shift and not shift.open:
        raise Refused("The date ended before this position began, so there is no attendance to take.")
