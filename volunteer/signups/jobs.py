"""The sign-ups' share of the periodic work and of the check."""

from datetime import datetime

from sqlalchemy import case, func, select

from ..activities.models import Activity, Occurrence, Shift
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS
from ..notices.events import Event
from ..storage.database import db
from . import rules, stand_ins, tickets
from .models import Signup, StandIn
from .states import HELD, Asked, Status


def tick(now: datetime) -> int:
    """Let offers that were not taken lapse, and make the next ones. Safe to repeat. Returns how many lapsed."""
    due = (
        select(Signup, Activity.zone)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .join(Occurrence.activity)
        .where(Signup.status == Status.OFFERED, Signup.offer_until <= now, Shift.open)
        .order_by(Shift.id, Signup.seq)
    )
    effects, lapsed = NO_EFFECTS, 0
    for signup, zone in db.session.execute(due).all():
        ticket = tickets.draw_if_open(signup.shift_id, signup)
        if ticket is None or signup.status is not Status.OFFERED:
            continue
        signup.become(Status.LAPSED, now)
        effects += tickets.news_of(Event.LAPSED, [signup])
        effects += tickets.promote_waiting(tickets.take(ticket, -signup.places), now, zone)
        lapsed += 1
    deeds.settle(effects, now)
    return lapsed


def tick_stand_ins(now: datetime) -> None:
    """Let questions that nobody answered lapse, and ask the next. Safe to repeat."""
    stand_ins.tick(now)


def check(now: datetime) -> list[str]:
    """What is wrong with the places, a sentence each; nothing when all is well.

    taken is what is held; never more than there are; nobody waits beside a place that fits, but in the last two
    hours, when places go to whoever comes first. An offer has its end, and for one place one person is asked to stand
    in at a time.
    """
    held = func.coalesce(func.sum(case((Signup.status.in_(HELD), Signup.places), else_=0)), 0)
    least = func.min(case((Signup.status == Status.WAITING, Signup.places), else_=None))
    tallies = (
        select(Shift.id, Shift.starts_at, Shift.capacity + Shift.extra, Shift.taken, Shift.open, held, least)
        .outerjoin(Signup, Signup.shift_id == Shift.id)
        .group_by(Shift.id)
    )
    wrong: list[str] = []
    for shift_id, starts_at, places, taken, is_open, sum_held, least_waiting in db.session.execute(tallies):
        if taken != sum_held:
            wrong.append(f"shift {shift_id}: {taken} places taken by its counter, {sum_held} held")
        if taken > places:
            wrong.append(f"shift {shift_id}: {taken} of {places} places taken")
        moves = is_open and rules.promotion(starts_at, now) is not None
        if moves and least_waiting is not None and least_waiting <= places - taken:
            wrong.append(f"shift {shift_id}: somebody waits beside {places - taken} free places")
    odd = select(Signup.id).where((Signup.status == Status.OFFERED) != Signup.offer_until.is_not(None))
    wrong += [f"sign-up {one}: an offer without an end, or an end without an offer" for one in db.session.scalars(odd)]
    asked = select(StandIn.signup_id).where(StandIn.state == Asked.ASKED)
    twice = asked.group_by(StandIn.signup_id).having(func.count() > 1)
    wrong += [f"sign-up {one}: several people are asked to stand in at once" for one in db.session.scalars(twice)]
    return wrong
