"""What a leader writes to those on a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select

from ..accounts.models import Person
from ..activities.models import Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..notices import service as notices
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..signups.models import Signup
from ..signups.states import HELD, Status
from ..storage.database import db
from ..teams.models import Membership, MembershipState
from ..words import one_line

LONGEST = 1000
NEWS_FOR = timedelta(days=2)
"""So long a message is news at least, also of a date that is over."""


@dataclass(frozen=True)
class Hearer:
    """Somebody on a date, or for whom a place is kept. waits: only in the queue. reached: do they read messages?"""

    person_id: int | None
    name: str
    waits: bool
    reached: bool


def list_hearers(actor: Actor, occurrence_id: int) -> Sequence[Hearer]:
    """Everybody but the actor who holds or waits for a place, in order of their tickets; Missing for other teams."""
    get_occurrence_for(actor, occurrence_id)
    waits = func.min(case((Signup.status == Status.WAITING, 1), else_=0)) == 1
    reads = and_(notices.REACHABLE, Membership.state == MembershipState.ACTIVE)
    name = func.coalesce(Person.name, Signup.label)
    found = (
        select(Signup.person_id, name, waits, func.max(case((reads, 1), else_=0)) == 1)
        .join(Signup.shift)
        .outerjoin(Person, Person.id == Signup.person_id)
        .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Shift.team_id))
        .where(Shift.occurrence_id == occurrence_id, Signup.status.in_((*HELD, Status.WAITING)))
        .where(func.coalesce(Signup.person_id, 0) != actor.person_id)
        .group_by(Signup.person_id, name)
        .order_by(func.min(Signup.seq), func.min(Signup.id))
    )
    return [Hearer(*row) for row in db.session.execute(found)]


def send(actor: Actor, occurrence_id: int, text: str, waiting_too: bool, now: datetime) -> int:
    """Tell those who hold a place on a date something; those in the queue only if wished. Returns how many hear it.

    Refused for a text of no or more than 1,000 characters, and when nobody would read it.
    """
    said = "\n".join(map(one_line, text.strip().splitlines()))
    if not 1 <= len(said) <= LONGEST:
        raise Refused("Write a message of up to %(most)d characters.", field="text", most=LONGEST)
    date = get_occurrence_for(actor, occurrence_id)
    hearers = [one for one in list_hearers(actor, occurrence_id) if one.reached and (waiting_too or not one.waits)]
    if not hearers:
        raise Refused("Nobody on this date would read it here. Please call them.")
    which = (date.id, date.title, date.place, date.starts_at, date.ends_at)
    about = About(actor.team_id, actor.zone, *which, until=max(date.ends_at, now + NEWS_FOR), reason=said)
    message = News(Event.MESSAGE, about, [Part(one.person_id, date.id) for one in hearers])
    deeds.close(actor, "message", f"occurrence {date.id}", now, Effects([message]))
    return len(hearers)
