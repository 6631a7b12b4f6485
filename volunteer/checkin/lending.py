"""The list of a date, lent to somebody on it: to whom it can be, and who has it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select

from ..accounts.models import Person
from ..activities.models import Occurrence
from ..activities.states import OccurrenceState
from ..actor import Actor, Role
from ..errors import Refused, or_missing
from ..ledger import rules
from ..notices import deeds
from ..notices.deeds import Effects, News
from ..notices.events import Event, Part
from ..signups import places, tickets
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from ..teams.models import Membership, MembershipState
from .rules import is_lent
from .service import about_date


def keeps_list(actor: Actor, occurrence_id: int, at: datetime) -> bool:
    """Is the list of a date lent to the actor then, who still has a place on it?"""
    lent = Occurrence.id == occurrence_id, Occurrence.lent_to_id == actor.person_id, Occurrence.team_id == actor.team_id
    held = places.select_on(occurrence_id, Signup.person_id == actor.person_id, Signup.status == Status.CONFIRMED)
    span = select(Occurrence.starts_at, Occurrence.ends_at).where(*lent, held.exists())
    found = db.session.execute(span).one_or_none()
    return found is not None and is_lent(*found, at)


def list_keepers(actor: Actor, date: Occurrence, now: datetime) -> Sequence[Row[int, str]]:
    """To whom the list of a date can be lent: whoever is on it, has an account, and does not lead anyway.

    Nobody once the day is closed, and of a date that does not take place.
    """
    if now >= date.ends_at + rules.CLOSES_AFTER or date.state is not OccurrenceState.PUBLISHED:
        return []
    held = places.select_on(date.id, Signup.status == Status.CONFIRMED).with_only_columns(Signup.person_id)
    found = select(Person.id, Person.name).join(Membership, Membership.person_id == Person.id)
    found = found.where(Membership.team_id == actor.team_id, Membership.state == MembershipState.ACTIVE)
    found = found.where(Membership.role == Role.VOLUNTEER, Person.id.in_(held))
    return db.session.execute(found.order_by(Person.name, Person.id)).all()


def lend(actor: Actor, occurrence_id: int, person_id: int | None, now: datetime) -> None:
    """Lend the list of a date to somebody on it, from a day before until the day is closed; None takes it back.

    Both who had it and who has it are told. Refused for who cannot have it. Locks the date.
    """
    ours = Occurrence.id == occurrence_id, Occurrence.team_id == actor.team_id
    date = or_missing(next(iter(tickets.lock_dates(*ours)), None))
    had = date.lent_to_id
    if person_id == had:
        return
    if person_id is not None and person_id not in {one.id for one in list_keepers(actor, date, now)}:
        raise Refused("Choose somebody who is on the list, with an account of their own, before the day is closed.")
    date.lent_to_id = person_id
    about = about_date(actor, date)
    told = [News(event, about, [Part(who, date.id)]) for event, who in _lending(had, person_id)]
    over = [deeds.heard_before(Event.LIST_LENT, date.id)]
    verb = "lend list" if person_id else "take back list"
    deeds.close(actor, verb, f"person {person_id or had} on occurrence {date.id}", now, Effects(told, over))


def _lending(had: int | None, has: int | None) -> list[tuple[Event, int]]:
    return [(event, who) for event, who in ((Event.LIST_BACK, had), (Event.LIST_LENT, has)) if who]
