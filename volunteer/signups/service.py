"""What somebody can do about their own places: sign up, withdraw, take an offer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event
from ..notices.models import Topic
from ..storage.database import db
from . import rules, tickets
from .hurdles import Sought, get_shift_for
from .models import Signup
from .places import Outcome, come_with, give_place, give_up, refuse_late, select_on
from .rules import Guest
from .states import HELD, STANDING, Leave, Status


def sign_up(
    actor: Actor,
    occurrence_id: int,
    shift_id: int | None,
    now: datetime,
    guests: Sequence[Guest] | None = None,
    guardian_agrees: bool = False,
    *,
    meets: bool = False,
) -> Outcome:
    """Give the actor a place, or one in the queue, or a request where a leader decides; asking twice changes nothing.

    shift_id: None when the date has one position only. guests: a place for everyone or for nobody; of a sign-up that
    stands they are who still comes along: fewer, and it keeps its places or its number. meets: has the person ticked
    what is asked? Locks: person, shift, revision. Refused after the start, when the date is cancelled, outside the time
    of sign-up, without the tick, when the person is elsewhere at that time, and for guests that cannot come.
    """
    tickets.lock_person(actor.person_id)
    shift = get_shift_for(actor, occurrence_id, shift_id, actor.person_id)
    if guests:
        _refuse_party(shift, guests, guardian_agrees)
    outcome = give_place(actor.person_id, shift, now, guests or (), meets=meets)
    if guests is not None and not outcome.is_new:
        outcome = replace(outcome, effects=outcome.effects + come_with(outcome.signup, shift, guests, now, actor.zone))
    _close([outcome], now)
    return outcome


def _close(outcomes: Sequence[Outcome], now: datetime) -> None:
    asked = [one.signup for one in outcomes if one.is_new and one.status is Status.REQUESTED]
    effects = sum((one.effects for one in outcomes), tickets.ask_leaders(Event.REQUESTED, asked))
    deeds.settle(effects, now)


def _refuse_party(shift: Sought, guests: Sequence[Guest], guardian_agrees: bool) -> None:
    kind = select(Kind.dangerous).join(Activity).join(Occurrence).where(Occurrence.id == shift.occurrence_id)
    dangerous = db.session.scalar(kind) or False
    if objection := rules.objection(guests, guardian_agrees, dangerous, shift.terms.min_age):
        raise objection
    if rules.places_for(guests) > shift.capacity:
        raise Refused("There are only %(n)d places in all. Come with fewer people.", n=shift.capacity)


MOST_FOLLOWING = 12


def sign_up_following(
    actor: Actor, occurrence_id: int, shift_id: int | None, following: int, now: datetime, *, meets: bool = False
) -> list[Outcome | Refused]:
    """Sign the actor up for a date and the same position on the next `following` dates of its series.

    Each date for itself: what became of it, or why not, in order of time. Locks as for one, shifts by id. Refused
    without the tick, if one is asked for.
    """
    tickets.lock_person(actor.person_id)
    first = get_shift_for(actor, occurrence_id, shift_id)
    first.terms.refuse_without(meets)
    series = select(Occurrence.activity_id).where(Occurrence.id == first.occurrence_id).scalar_subquery()
    same = (
        select(Shift.occurrence_id, Shift.id)
        .join(Shift.occurrence)
        .where(Occurrence.activity_id == series, Occurrence.state == OccurrenceState.PUBLISHED)
        .where(Shift.plan_id == first.plan_id, Shift.starts_at >= first.starts_at)
        .order_by(Shift.starts_at)
        .limit(1 + min(max(following, 0), MOST_FOLLOWING))
    )
    dates = db.session.execute(same).all()
    became: dict[int, Outcome | Refused] = {}
    for date_id, same_id in sorted(dates, key=itemgetter(1)):
        try:
            shift = get_shift_for(actor, date_id, same_id, actor.person_id)
            became[same_id] = give_place(actor.person_id, shift, now, meets=meets)
        except Refused as refused:
            became[same_id] = refused
    in_order = [became[same_id] for _, same_id in dates]
    _close([one for one in in_order if isinstance(one, Outcome)], now)
    return in_order


def withdraw(actor: Actor, occurrence_id: int, now: datetime, reason: Leave = Leave.OTHER) -> Sequence[Signup]:
    """Give up the actor's places on a date; who waits longest is promoted. Without a sign-up nothing changes.

    Within 24 hours of the start a place given up is leave, with a reason. Returns the sign-ups given up. Locks:
    person, shifts by id, revisions. Refused after the start.
    """
    tickets.lock_person(actor.person_id)
    get_occurrence_for(actor, occurrence_id)
    mine = select_on(occurrence_id, Signup.person_id == actor.person_id, Signup.status.in_(STANDING))
    found = db.session.scalars(mine.options(contains_eager(Signup.shift)).order_by(Shift.id)).all()
    effects = NO_EFFECTS
    for signup in found:
        refuse_late(signup.shift, now)
        effects += give_up(signup, now, actor.zone, reason)
    deeds.settle(effects, now)
    return found


def accept_offer(actor: Actor, occurrence_id: int, now: datetime) -> None:
    """Take the place offered to the actor. Refused once the offer has lapsed; taking it twice changes nothing."""
    tickets.lock_person(actor.person_id)
    get_occurrence_for(actor, occurrence_id)
    held = select_on(occurrence_id, Signup.person_id == actor.person_id, Signup.status.in_(HELD))
    signup = db.session.scalar(held.order_by(Signup.status.desc()).limit(1))  # what is offered first
    if signup is not None:
        tickets.draw_ticket(signup.shift_id, signup)
    if signup is None or signup.status not in HELD or (signup.offer_until and signup.offer_until <= now):
        raise Refused("This offer has lapsed. If places are free you can still sign up.")
    if signup.status is Status.OFFERED:
        signup.become(Status.CONFIRMED, now)
        signup.seen_at = now
        taken = deeds.heard_by(actor.person_id, Topic.CHANCE, occurrence_id)
        deeds.settle(Effects(over=[taken], people=[actor.person_id]), now)
