"""Who may still say who was there, and of which date."""

from datetime import date, datetime

from .. import clock
from ..activities import dates
from ..activities.models import Occurrence
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


def due(actor: Actor, ended_at: datetime, now: datetime) -> tuple[date, int]:
    """The last day for completing the record of a date, and the working days left after today; -1: it is overdue."""
    days = dates.working_days(actor.team_id)
    left = rules.days_left(ended_at, now, actor.zone, days)
    return rules.last_day_for_leaders(ended_at, actor.zone, days), left


def refuse_late(actor: Actor, occurrence: Occurrence, now: datetime) -> None:
    """Refused to leaders for a date that ended long ago."""
    if objection := too_late(actor, occurrence, now):
        raise objection


def refuse_early(occurrence: Occurrence, now: datetime) -> None:
    """Refused for a date that has not ended."""
    if now < occurrence.ends_at:
        raise Refused("This date has not ended yet. Hours are confirmed from %(when)s on.", when=occurrence.ends_at)


def refuse_unless_on(occurrence: Occurrence) -> None:
    """Refused for a date that does not take place."""
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place, so there is no attendance to take.")
