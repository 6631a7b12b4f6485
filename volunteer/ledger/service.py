"""Who may still say who was there, and of which date; and a person's yes to their own record."""

from datetime import datetime

from .. import clock
from ..activities import dates
from ..activities.models import Occurrence
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..signups.models import Signup
from . import balances, book, rules
from .book import NewLine
from .records import select_to_affirm
from .states import EntryKind, Evidence


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


def refuse_unless_on(occurrence: Occurrence) -> None:
    """Refused for a date that does not take place."""
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place, so there is no attendance to take.")


def affirm(actor: Actor, year: int, month: int | None, now: datetime) -> int:
    """Say that the actor's confirmed records of a year, or of one of its months, are right. Returns how many that were.

    Those that were affirmed already stay as they are. Locks the sign-ups.
    """
    signups = {one.id: one for one in book.list_locked(Signup.id.in_(select_to_affirm(actor, year, month)))}
    said = balances.attendance_of(signups)  # as it is now that nobody changes it
    line = NewLine(EntryKind.AFFIRM, evidence=Evidence.PERSON)
    new = {signups[n]: [line] for n, one in said.items() if one.confirmed is not None and not one.affirmed}
    if new:
        book.add(actor, new, now)
        deeds.close(actor, "affirm", f"person {actor.person_id}", now, year=year, month=month, records=len(new))
    return len(new)
