"""The sign-ups' share of the periodic work and of the check."""

from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, case, func, not_, select, update

from .. import clock
from ..activities.models import Activity, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import By
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects, News
from ..notices.events import About, Event, Part
from ..storage.database import db
from ..teams import service as teams
from ..teams.models import Team
from . import rules, stand_ins, tickets
from .board import short_of_people
from .models import Signup, StandIn
from .places import select_on
from .states import HELD, Asked, Ground, Status, Why
from .tickets import Ticket


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
    """Ask the next where nobody answered in time who was asked to stand in."""
    stand_ins.tick(now)


def tick_draws(now: datetime) -> None:
    """Draw the places of positions whose sign-up has closed, each once. Safe to repeat, and to run twice at once."""
    effects = NO_EFFECTS
    for shift_id in _due(now):
        ticket = tickets.draw_if_open(shift_id)
        if ticket and _due(now, Shift.id == shift_id):  # as it is now that nobody else changes it
            effects += _draw(ticket, now)
    deeds.settle(effects, now)


def _due(now: datetime, *which: ColumnElement[bool]) -> list[int]:
    """The positions to be drawn now, in order."""
    stated = select(Shift.id, Occurrence.starts_at, Activity.deadline_before).join(Shift.occurrence)
    undrawn = stated.join(Occurrence.activity).where(Shift.undrawn, Shift.seed.is_not(None), Shift.open, *which)
    found = db.session.execute(undrawn.where(Shift.starts_at > now).order_by(Shift.id)).all()
    closing = [(one, rules.terms(starts_at, None, before, None, "").closes_at) for one, starts_at, before in found]
    return [shift_id for shift_id, closes_at in closing if closes_at and closes_at <= now]


def _draw(ticket: Ticket, now: datetime) -> Effects:
    """Confirm who is drawn, and let the others wait in that order; who still waits for a leader's yes comes behind."""
    its = Signup.shift_id == ticket.shift_id, Signup.status.in_((Status.WAITING, Status.REQUESTED))
    found = select(Signup).where(*its).order_by(Signup.seq).execution_options(populate_existing=True)
    asked = {one.id: one for one in db.session.scalars(found)}
    seed, team_id = db.session.execute(select(Shift.seed, Shift.team_id).where(Shift.id == ticket.shift_id)).one()
    parties = {one.id: one.places for one in asked.values() if one.status is Status.WAITING}
    lots = rules.draw(seed or "", parties, ticket.left)
    drawn = [asked.pop(lot.number) for lot in lots]
    for n, (lot, signup) in enumerate(zip(lots, drawn, strict=True), 1):
        signup.become(Status.CONFIRMED if lot.won else Status.WAITING, now)
        signup.why = Why(Ground.DRAW, n, len(lots))
    for seq, signup in enumerate((*drawn, *asked.values()), ticket.seq + 1):
        signup.seq = seq
    last = {"seq": ticket.seq + len(drawn) + len(asked), "drawn": [[*lot] for lot in lots], "undrawn": False}
    db.session.execute(update(Shift).where(Shift.id == ticket.shift_id).values(last))
    tickets.take(ticket, sum(lot.places for lot in lots if lot.won))
    won = [signup for signup in drawn if signup.status is Status.CONFIRMED]
    numbers = [signup.id for signup in won]
    deeds.close(By(team_id), "draw", f"shift {ticket.shift_id}", now, of=len(lots), won=numbers, seed=seed)
    others = [signup for signup in drawn if signup.status is Status.WAITING]
    return tickets.news_of(Event.DRAWN, won) + tickets.news_of(Event.NOT_DRAWN, others)


REMIND_AT = time(19)
"""On the evening before, on the team's clock, who has a place is reminded."""
MOST_AHEAD = timedelta(hours=48)
"""Leaders hear of too few people so long before the start: time enough to find some."""


def tick_reminders(now: datetime) -> None:
    """Remind who has a place of what begins tomorrow; not who got it after that hour. Safe to repeat."""
    dates = select(Occurrence, Team.zone).join(Team, Team.id == Occurrence.team_id)
    soon = Occurrence.starts_at > now, Occurrence.starts_at < now + MOST_AHEAD
    told = []
    for date, zone in db.session.execute(dates.where(*soon, Occurrence.state == OccurrenceState.PUBLISHED)):
        hour = clock.utc(clock.today(date.starts_at, zone) - clock.DAY, REMIND_AT, zone)
        if hour <= now:
            there = select_on(date.id, Signup.status == Status.CONFIRMED, Signup.changed_at <= hour)
            people = db.session.scalars(there.with_only_columns(Signup.person_id).distinct())
            parts = [Part(person_id, f"{date.id} {date.starts_at:%Y%m%d%H%M}") for person_id in people]
            told.append(News(Event.REMINDER, _about(date, zone), parts))
    deeds.settle(Effects(told), now)


def tick_understaffed(now: datetime) -> None:
    """Tell leaders of positions with fewer people than is safe, once, until they have enough. Safe to repeat."""
    short = select(Shift, Occurrence, Team.zone).join(Shift.occurrence).join(Team, Team.id == Shift.team_id)
    found = db.session.execute(short.where(*short_of_people(now, now + MOST_AHEAD)).order_by(Shift.id)).all()
    told = []
    for shift, date, zone in found:
        key = f"{shift.id} {shift.starts_at:%Y%m%d%H%M}"
        parts = [Part(leader, key) for leader in teams.list_leaders(shift.team_id)]
        told.append(News(Event.UNDERSTAFFED, _about(date, zone), parts))
    over = deeds.no_longer(Event.UNDERSTAFFED, [date.id for _, date, _ in found])
    deeds.settle(Effects(told, [over]), now)


def _about(date: Occurrence, zone: str) -> About:
    return About(date.team_id, zone, date.id, date.title, date.place, date.starts_at, date.ends_at)


def check(now: datetime) -> list[str]:
    """What is wrong with the places, a sentence each; nothing when all is well."""
    held = func.coalesce(func.sum(case((Signup.status.in_(HELD), Signup.places), else_=0)), 0)
    least = func.min(case((Signup.status == Status.WAITING, Signup.places), else_=None))
    tallies = (
        select(Shift.id, Shift.starts_at, Shift.capacity + Shift.extra, Shift.taken)
        .add_columns(and_(Shift.open, not_(Shift.undrawn)), held, least)
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
    draws = select(Shift.id, Shift.seed, Shift.drawn).where(Shift.seed.is_not(None), not_(Shift.undrawn))
    for shift_id, seed, drawn in db.session.execute(draws):
        parties = {number: places for number, places, _ in drawn or ()}
        if [*parties] != [lot.number for lot in rules.draw(seed or "", parties, 0)]:
            wrong.append(f"shift {shift_id}: its draw is not the one of its seed")
    odd = select(Signup.id).where((Signup.status == Status.OFFERED) != Signup.offer_until.is_not(None))
    wrong += [f"sign-up {one}: an offer without an end, or an end without an offer" for one in db.session.scalars(odd)]
    asked = select(StandIn.signup_id).where(StandIn.state == Asked.ASKED)
    twice = asked.group_by(StandIn.signup_id).having(func.count() > 1)
    wrong += [f"sign-up {one}: several people are asked to stand in at once" for one in db.session.scalars(twice)]
    return wrong
