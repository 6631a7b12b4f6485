"""The kernel of every deed about places: who gets one, gives it up, and what stands in the way.

Its neighbours (a member's own deeds, the organiser's, stand-ins, walk-ins) lock the person, and close the deed.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import flag_modified

from ..activities.models import Shift
from ..errors import Refused
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event, Part
from ..notices.models import Topic
from ..storage.database import db
from ..words import AsDay
from . import hurdles, rules, tickets
from .cards import Card
from .hurdles import Sought, find_clash
from .models import Companion, Signup, StandIn, columns_of
from .rules import Guest
from .states import HELD, IN_DRAW, STANDING, Asked, Ground, Leave, Source, Status, Why
from .tickets import Ticket


@dataclass(frozen=True)
class Outcome:
    """What has become of asking for a place. is_new: has it become that just now?"""

    signup: Signup
    is_new: bool
    effects: Effects

    @property
    def status(self) -> Status:
        return self.signup.status


def give_place(
    person_id: int,
    shift: Sought,
    now: datetime,
    guests: Sequence[Guest] = (),
    *,
    source: Source = Source.SELF,
    despite_clash: bool = False,
    meets: bool = False,
) -> Outcome:
    """Sign a person up who is locked already; where they wait is not counted."""
    signup = find_signup(shift.id, person_id) if shift.known else None
    if signup is not None and signup.status in STANDING:
        return _ask_again(person_id, signup, shift, now)
    refuse_late(shift, now)
    if source is Source.SELF:
        if shut := shift.terms.shut(now):
            raise Refused(shut.text, **shut.values)
        shift.terms.refuse_without(meets)
    if shift.clashes and not despite_clash:
        _refuse_clash(person_id, shift, source)
    why = _why_asked(person_id, shift, now) if source is Source.SELF else None
    ticket = tickets.draw_ticket(shift.id)
    places = rules.places_for(guests)
    status = Status.REQUESTED if why else tickets.give(ticket, places)
    if status is Status.WAITING:
        why = IN_DRAW if ticket.undrawn else Why(Ground.FULL, max(0, ticket.free), shift.capacity)
    ticked = now if meets and shift.terms.claim else None
    signup = write_down(signup, shift, person_id, status, ticket.seq, places, source, now, why=why, meets_at=ticked)
    if guests or shift.known:
        bring(signup, guests, now)
    return Outcome(signup, True, Effects(people=[person_id]))


def _why_asked(person_id: int, shift: Sought, now: datetime) -> Why | None:
    """Why a sign-up is a request, if it is one."""
    held = hurdles.find_hold(person_id, shift.team_id, now) if shift.missed else None
    return held or (Why(Ground.APPROVAL) if shift.needs_approval else None)


def _ask_again(person_id: int, signup: Signup, shift: Sought, now: datetime) -> Outcome:
    """It changes nothing but in the last two hours: a free place is whose comes first then of those who wait."""
    effects = Effects(people=[person_id])
    if signup.status is Status.WAITING and rules.is_first_come(shift.starts_at, now):
        ticket = tickets.draw_ticket(shift.id, signup)
        if rules.may_take(signup.status, signup.places, ticket.free, ticket.starts_at, now):
            signup.become(tickets.give(ticket, signup.places), now)
            signup.seen_at = now
            taken = deeds.heard_by(person_id, Topic.CHANCE, shift.occurrence_id)
            return Outcome(signup, True, effects + Effects(over=[taken]))
    return Outcome(signup, False, effects)


def come_with(signup: Signup, shift: Sought, guests: Sequence[Guest], now: datetime, zone: str) -> Effects:
    """Let only these come along on a sign-up that stands. Refused after the start, and for more places than it has."""
    refuse_late(shift, now)
    ticket = tickets.draw_ticket(shift.id, signup)
    fewer = signup.places - rules.places_for(guests)
    if signup.status not in STANDING:
        return NO_EFFECTS
    if fewer < 0:
        raise Refused("You have signed up already. To come with more people, withdraw first and sign up together.")
    if signup.status in HELD:
        ticket = tickets.take(ticket, -fewer)
    signup.places -= fewer
    bring(signup, guests, now)
    db.session.flush()
    return tickets.promote_waiting(ticket, now, zone) if fewer else NO_EFFECTS


def bring(signup: Signup, guests: Sequence[Guest], now: datetime) -> None:
    """Let these come along on a sign-up, and nobody who did before."""
    db.session.execute(delete(Companion).where(Companion.signup_id == signup.id))
    db.session.add_all(
        Companion(
            signup_id=signup.id,
            first_name=guest.first_name,
            age_band=guest.age_band,
            guardian_tick_at=now if guest.age_band in rules.UNDER_14 else None,
            text_version=rules.GUARDIAN_TEXT,
        )
        for guest in guests
    )


def give_up(
    signup: Signup, now: datetime, zone: str, reason: Leave | None = None, becomes: Status = Status.WITHDRAWN
) -> Effects:
    """End a sign-up, and with it the question who stands in, and let the queue move up. The person is locked."""
    ticket = tickets.draw_ticket(signup.shift_id, signup)
    if signup.status not in STANDING:
        return NO_EFFECTS
    if signup.checked_in and becomes is Status.RELEASED:
        raise Refused("They are checked in already. Undo that on the list first.")
    if signup.checked_in:
        raise Refused("You are checked in already. The leader can undo that on the list.")
    asked_for = signup.status is Status.REQUESTED
    late = signup.status is Status.CONFIRMED and reason is not None and rules.is_late(ticket.starts_at, now)
    if signup.status in HELD:
        ticket = tickets.take(ticket, -signup.places)
    signup.become(Status.ON_LEAVE if late else becomes, now)
    signup.leave_reason = reason if late else None
    over = end_questions([signup.id], now)
    db.session.flush()
    if asked_for:
        over.append(tickets.asked_of_leaders(Event.REQUESTED, signup))
    to_leaders = tickets.ask_leaders(Event.LEAVE_ASKED, [signup] if late else [])
    given_up = Effects(over=over, people=[signup.person_id]) + to_leaders
    return given_up + tickets.promote_waiting(ticket, now, zone)


def end_questions(signup_ids: Collection[int], now: datetime) -> list[ColumnElement[bool]]:
    """Let nobody be asked any more to stand in for these. Returns what they heard of it."""
    asked = update(StandIn).where(StandIn.signup_id.in_(signup_ids), StandIn.state == Asked.ASKED)
    ended = db.session.execute(asked.values(state=Asked.LAPSED).returning(StandIn.asked_id, StandIn.id))
    return deeds.heard_once(Event.STAND_IN_ASKED, [Part(*question) for question in ended], now)


def position_of(signup: Signup) -> int:
    """How many wait before this one, and itself; 0 for one that does not wait."""
    if signup.status is not Status.WAITING:
        return 0
    queue = select(func.count()).where(Signup.shift_id == signup.shift_id, Signup.status == Status.WAITING)
    return db.session.scalar(queue.where(Signup.seq <= signup.seq)) or 0


def select_on(occurrence_id: int, *which: ColumnElement[bool]) -> Select[Signup]:
    """The sign-ups for a date, joined to their positions, for which this holds."""
    return select(Signup).join(Signup.shift).where(Shift.occurrence_id == occurrence_id, *which)


def find_signup(shift_id: int, person_id: int) -> Signup | None:
    """A person's row for a shift, whatever its state."""
    return db.session.scalar(select(Signup).where(Signup.shift_id == shift_id, Signup.person_id == person_id))


def write_down(
    signup: Signup | None,
    shift: Shift | Sought,
    person_id: int | None,
    status: Status,
    seq: int,
    places: int,
    source: Source,
    now: datetime,
    label: str = "",
    why: Why | None = None,
    meets_at: datetime | None = None,
) -> Signup:
    """The person's one row for the shift, new or used again; without a person a new one. The ticket is the caller's."""
    row: dict[str, Any] = {"seq": seq, "places": places, "source": source, "meets_at": meets_at, "seen_at": now}
    row |= columns_of(why)
    if signup is None:
        row |= {"team_id": shift.team_id, "shift_id": shift.id, "person_id": person_id, "label": label}
        return _add(**row, status=status, changed_at=now)
    signup.become(status, now)
    signup.leave_reason = signup.no_show_at = None
    flag_modified(signup, "no_show_at")  # a leader may be judging the earlier leave at this moment
    for name, value in row.items():
        setattr(signup, name, value)
    db.session.flush()
    return signup


def _add(**row: Any) -> Signup:
    """A new sign-up, written at once: a flush of the session takes four times as long."""
    signup = Signup(**row, id=db.session.connection().execute(_NEW, row).scalar_one())
    make_transient_to_detached(signup)
    db.session.add(signup)
    return signup


_NEW = insert(Signup).returning(Signup.id)


def refuse_late(shift: Shift | Sought | Ticket, now: datetime) -> None:
    """Refused once the shift has begun."""
    if shift.starts_at <= now:
        raise Refused(
            "This has begun (%(day)s, %(time)s), so the list is closed. Call the leader if something has changed.",
            day=AsDay(shift.starts_at),
            time=shift.starts_at,
        )


def _refuse_clash(person_id: int, shift: Sought, source: Source) -> None:
    if clash := find_clash(person_id, shift):
        said: dict[str, Any] = {"title": clash.title, "start": clash.starts_at, "end": clash.ends_at}
        if source is Source.SELF:
            raise Refused("You are already signed up for “%(title)s” at this time (%(start)s–%(end)s).", **said)
        raise Refused(
            "They are already signed up for “%(title)s” at this time (%(start)s–%(end)s). "
            "If they come here all the same, tick the box above the names.",
            **said,
        )


def tick_companions(came: bool, at: datetime, *which: ColumnElement[bool]) -> None:
    """Say of who comes along whether they are there; what was said of somebody later than this stands."""
    earlier = or_(Companion.said_at.is_(None), Companion.said_at <= at)
    db.session.execute(update(Companion).where(earlier, *which).values(came=came, said_at=at))


def list_guests(signup_ids: Collection[int]) -> dict[int, list[Companion]]:
    """Who comes along on these sign-ups."""
    found: dict[int, list[Companion]] = defaultdict(list)
    for one in db.session.scalars(select(Companion).where(Companion.signup_id.in_(signup_ids)).order_by(Companion.id)):
        found[one.signup_id].append(one)
    return found


def list_companions(card: Card) -> Sequence[Companion]:
    """Who comes along with the reader of a card, as its sign-up stands."""
    mine = [place.signup_id for place in card.own if place.party > 1]
    found = select(Companion).where(Companion.signup_id.in_(mine)).order_by(Companion.id)
    return db.session.scalars(found).all() if mine else []
