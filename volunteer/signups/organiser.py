"""What a leader can do about other people's places: sign them up, reserve, approve, take in walk-ins, resize."""

from datetime import datetime

from sqlalchemy import select

from ..activities.models import Shift
from ..activities.rules import MOST_PLACES
from ..actor import Actor
from ..errors import Refused, or_missing, short_line
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event, Part
from ..storage.audit import AuditEntry
from ..storage.database import db
from ..teams import service as teams
from . import hurdles, places, rules, tickets
from .hurdles import get_shift_for
from .models import Signup
from .states import HELD, IN_DRAW, STANDING, Ground, Source, Status, Why


def sign_up_member(
    actor: Actor, occurrence_id: int, shift_id: int | None, person_id: int, now: datetime, *, despite_clash: bool
) -> Signup:
    """Sign a member up who cannot do it; they get a place or one in the queue like everybody.

    A clash with another of their sign-ups is refused unless the leader insists, which is written down; so is the
    leader's own after three no-shows. Missing for people outside the team.
    """
    teams.get_member_for(actor, person_id)
    tickets.lock_person(person_id)
    _refuse_own_review(actor, person_id, now)
    shift = get_shift_for(actor, occurrence_id, shift_id, person_id)
    outcome = places.give_place(person_id, shift, now, source=Source.LEADER, despite_clash=despite_clash)
    effects, waits = outcome.effects, Event.IN_DRAW if outcome.signup.in_draw else Event.QUEUED
    if outcome.is_new:
        event = waits if outcome.status is Status.WAITING else Event.SIGNED_UP
        effects += tickets.news_of(event, [outcome.signup])
    _close(actor, "sign up despite clash" if despite_clash else "sign up", outcome.signup, now, effects)
    return outcome.signup


def reserve(actor: Actor, occurrence_id: int, shift_id: int | None, label: str, count: int, now: datetime) -> Signup:
    """Keep places for people without names, under a label. Refused when not so many are free."""
    label = short_line(label, 40, Refused("Say in up to 40 characters for whom the places are."))
    if not 1 <= count <= MOST_PLACES:
        raise Refused("Reserve at least one place.")
    shift = get_shift_for(actor, occurrence_id, shift_id)
    places.refuse_late(shift, now)
    ticket = tickets.draw_ticket(shift.id)
    if count > ticket.left:
        raise Refused("Only %(free)d places are free.", free=max(0, ticket.left))
    tickets.take(ticket, count)
    signup = places.write_down(None, shift, None, Status.CONFIRMED, ticket.seq, count, Source.LEADER, now, label)
    _close(actor, "reserve", signup, now)
    return signup


def answer_request(actor: Actor, occurrence_id: int, signup_id: int, approve: bool, now: datetime) -> Signup:
    """Say yes or no to a request; yes gives a place, or the one in the queue it was made at. Twice changes nothing.

    Refused for a yes once it has begun, when whoever is there is taken in at the door, and to the leader's own after
    three no-shows.
    """
    signup = _get_signup_for(actor, occurrence_id, signup_id)
    ticket = tickets.draw_ticket(signup.shift_id, signup)
    if signup.status is not Status.REQUESTED:
        return signup
    if approve:
        places.refuse_late(ticket, now)
        _refuse_own_review(actor, signup.person_id, now)
    signup.become(tickets.give(ticket, signup.places) if approve else Status.DECLINED, now)
    answered = Effects(over=[tickets.asked_of_leaders(Event.REQUESTED, signup)])
    if approve and ticket.undrawn:
        signup.why = IN_DRAW
    event = Event.IN_DRAW if signup.in_draw else _ANSWERS[signup.status]
    effects = answered + tickets.news_of(event, [signup])
    _close(actor, "approve" if approve else "decline", signup, now, effects)
    return signup


def take_back_answer(actor: Actor, occurrence_id: int, signup_id: int, now: datetime) -> None:
    """Make a request again of one that was answered within the last minute; of any other sign-up nothing changes.

    What the person heard of the answer is news no more; a place goes on to who waits. Refused later, and once they are
    elsewhere at that time.
    """
    signup = _get_signup_for(actor, occurrence_id, signup_id)
    tickets.lock_person(signup.person_id or 0)
    ticket = tickets.draw_ticket(signup.shift_id, signup)
    if not _was_answered(signup):
        return
    if now - signup.changed_at >= rules.UNDO_FOR:
        raise Refused("That is more than a minute ago. Sign them up yourself if they should come.")
    if hurdles.find_clash(signup.person_id or 0, db.session.get_one(Shift, signup.shift_id)):
        raise Refused("They have signed up for something else at that time meanwhile.")
    heard = deeds.heard_once(_ANSWERS[signup.status], [Part(signup.person_id, signup.id, signup.sequence)], now)
    effects = Effects(over=heard, people=[signup.person_id])
    verb = "take back a no" if signup.status is Status.DECLINED else "take back a yes"
    held = signup.places if signup.status is Status.CONFIRMED else 0
    if signup.in_draw:
        signup.why = hurdles.find_hold(signup.person_id or 0, signup.team_id, now) or Why(Ground.APPROVAL)
    signup.become(Status.REQUESTED, now)
    if held:
        effects += tickets.promote_waiting(tickets.take(ticket, -held), now, actor.zone)
    _close(actor, verb, signup, now, effects)


def _was_answered(signup: Signup) -> bool:
    """Is how it stands a leader's answer? A no always is; a place may also have been had at once."""
    if signup.status not in (Status.CONFIRMED, Status.WAITING):
        return signup.status is Status.DECLINED
    yes = AuditEntry.verb == "approve", AuditEntry.object == f"sign-up {signup.id}"
    then = AuditEntry.team_id == signup.team_id, AuditEntry.at == signup.changed_at
    return db.session.scalar(select(AuditEntry.id).where(*then, *yes)) is not None


_ANSWERS = {Status.CONFIRMED: Event.APPROVED, Status.WAITING: Event.APPROVED_QUEUE, Status.DECLINED: Event.DECLINED}
"""What an answer has made of a request, as it is told."""


def take_off(actor: Actor, occurrence_id: int, signup_id: int, now: datetime) -> None:
    """Take somebody, or reserved places, off the list before the start; they are told. Twice changes nothing."""
    signup = _get_signup_for(actor, occurrence_id, signup_id)
    places.refuse_late(db.session.get_one(Shift, signup.shift_id), now)
    if signup.status not in STANDING:
        return
    effects = places.give_up(signup, now, actor.zone, becomes=Status.RELEASED)
    if signup.status is Status.RELEASED:
        effects += tickets.news_of(Event.RELEASED, [signup])
    _close(actor, "take off", signup, now, effects)


def resize(actor: Actor, occurrence_id: int, shift_id: int | None, capacity: int, now: datetime) -> None:
    """Change the places of one date; more let the queue move up, fewer drop nobody. Refused after the start."""
    if not 1 <= capacity <= MOST_PLACES:
        raise Refused("Give the number of places, from 1 to %(most)d.", most=MOST_PLACES)
    shift = get_shift_for(actor, occurrence_id, shift_id)
    places.refuse_late(shift, now)
    ticket = tickets.resize(tickets.draw_ticket(shift.id), capacity)
    effects = tickets.promote_waiting(ticket, now, actor.zone)
    deeds.close(actor, "resize", f"shift {shift.id}", now, effects, capacity=capacity)


def add_walk_in(actor: Actor, occurrence_id: int, person_id: int, shift_id: int | None, now: datetime) -> Signup:
    """Take in a member who came without a sign-up, beside the places. A second time changes nothing.

    The caller has locked the person, and checked that they are a member and that the date is under way.
    """
    shift = get_shift_for(actor, occurrence_id, shift_id)
    ticket = tickets.draw_ticket(shift.id)
    signup = places.find_signup(shift.id, person_id)
    if signup is not None and signup.status is Status.CONFIRMED:
        return signup
    effects = Effects(people=[person_id])
    if signup is not None and signup.status in HELD:  # what was offered goes on to the next
        effects += tickets.promote_waiting(tickets.take(ticket, -signup.places), now, actor.zone)
    signup = places.write_down(signup, shift, person_id, Status.CONFIRMED, ticket.seq, 0, Source.WALK_IN, now)
    _close(actor, "walk in", signup, now, effects)
    return signup


def _refuse_own_review(actor: Actor, person_id: int | None, now: datetime) -> None:
    held = hurdles.find_hold(actor.person_id, actor.team_id, now) if person_id == actor.person_id else None
    if held and not rules.may_decide_for(actor, person_id, held):
        raise Refused("Nobody decides about their own sign-ups. Please ask another leader. (%(why)s)", why=held.words)


def _get_signup_for(actor: Actor, occurrence_id: int, signup_id: int) -> Signup:
    theirs = places.select_on(occurrence_id, Signup.id == signup_id, Signup.team_id == actor.team_id)
    return or_missing(db.session.scalar(theirs))


def _close(actor: Actor, verb: str, signup: Signup, now: datetime, effects: Effects = NO_EFFECTS) -> None:
    """Close a deed about a sign-up."""
    deeds.close(actor, verb, f"sign-up {signup.id}", now, effects, status=signup.status)
