"""What somebody can do about their own places: sign up, withdraw, take an offer; and what stands in the way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, func, select, update
from sqlalchemy.orm import contains_eager
from sqlalchemy.orm.attributes import flag_modified

from .. import revisions
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..database import db
from ..errors import Missing, Refused
from . import no_shows, rules, telling, tickets
from .models import Companion, Signup, StandIn
from .rules import Guest
from .states import HELD, STANDING, Asked, Leave, Source, Status


def sign_up(
    actor: Actor,
    occurrence_id: int,
    shift_id: int | None,
    now: datetime,
    guests: Sequence[Guest] = (),
    guardian_agrees: bool = False,
) -> Signup:
    """Give the actor a place, or one in the queue when it is full; asking twice changes nothing.

    shift_id may be None when the date has one position only. With guests it is a place for everyone or for
    nobody. Where a leader decides, or after three no-shows, it is a request. Locks: person, shift, revision. Refused
    after the start, when the date is cancelled, when the person has another sign-up at that time, and for guests that
    cannot come.
    """
    tickets.lock_person(actor.person_id)
    shift = get_shift_for(actor, occurrence_id, shift_id)
    if guests:
        _refuse_party(shift, guests, guardian_agrees)
    signup = give_place(actor.person_id, shift, now, guests)
    revisions.touch_people([actor.person_id])
    return signup


def _refuse_party(shift: Shift, guests: Sequence[Guest], guardian_agrees: bool) -> None:
    kind = select(Kind.dangerous).join(Activity).join(Occurrence).where(Occurrence.id == shift.occurrence_id)
    dangerous = db.session.scalar(kind) or False
    objection = rules.objection(guests, guardian_agrees, dangerous)
    if objection:
        raise objection
    if rules.places_for(guests) > shift.capacity + shift.extra:
        raise Refused("There are only %(n)d places in all. Come with fewer people.", n=shift.capacity + shift.extra)


def give_place(
    person_id: int,
    shift: Shift,
    now: datetime,
    guests: Sequence[Guest] = (),
    *,
    source: Source = Source.SELF,
    despite_clash: bool = False,
) -> Signup:
    """Sign a person up who is locked already; revisions are the caller's, last of all."""
    signup = find_signup(shift.id, person_id)
    if signup is not None and signup.status in STANDING:
        if guests and signup.places != rules.places_for(guests):
            raise Refused("You have signed up already. To come with others, withdraw first and sign up together.")
        return _come_first(signup, shift, now)
    refuse_late(shift, now)
    if not despite_clash:
        _refuse_clash(person_id, shift, source)
    asks = source is Source.SELF and _leader_decides(person_id, shift, now)
    ticket = tickets.draw_ticket(shift.id)
    if signup:
        db.session.execute(delete(Companion).where(Companion.signup_id == signup.id))
    places = rules.places_for(guests)
    status = Status.REQUESTED if asks else tickets.give(ticket, places)
    signup = write_down(signup, shift, person_id, status, ticket.seq, places, source, now)
    _bring(signup, guests, now)
    return signup


def _leader_decides(person_id: int, shift: Shift, now: datetime) -> bool:
    return shift.needs_approval or bool(no_shows.under_review(shift.team_id, [person_id], now))


def _come_first(signup: Signup, shift: Shift, now: datetime) -> Signup:
    """In the last two hours who waits has only to ask again: a free place is whose comes first."""
    if signup.status is Status.WAITING and rules.is_first_come(shift.starts_at, now):
        ticket = tickets.draw_ticket(shift.id, signup)
        if rules.may_take(signup.status, signup.places, ticket.free, ticket.starts_at, now):
            signup.become(tickets.give(ticket, signup.places), now)
            db.session.flush()
            telling.chance_taken(signup.person_id, shift.occurrence_id, now)
    return signup


def _bring(signup: Signup, guests: Sequence[Guest], now: datetime) -> None:
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


MOST_FOLLOWING = 12


def sign_up_following(
    actor: Actor, occurrence_id: int, shift_id: int | None, following: int, now: datetime
) -> list[Signup | Refused]:
    """Sign the actor up for a date and the same position on the next `following` dates of its series.

    Each date for itself: what became of it, or why not, in order of time. Locks as for one, shifts by id.
    """
    tickets.lock_person(actor.person_id)
    first = get_shift_for(actor, occurrence_id, shift_id)
    series = select(Occurrence.activity_id).where(Occurrence.id == first.occurrence_id).scalar_subquery()
    same = (
        select(Shift)
        .join(Shift.occurrence)
        .where(Occurrence.activity_id == series, Occurrence.state == OccurrenceState.PUBLISHED)
        .where(Shift.plan_id == first.plan_id, Shift.starts_at >= first.starts_at)
        .order_by(Shift.starts_at)
        .limit(1 + min(max(following, 0), MOST_FOLLOWING))
    )
    shifts = list(db.session.scalars(same))
    became: dict[int, Signup | Refused] = {}
    for shift in sorted(shifts, key=lambda shift: shift.id):
        try:
            became[shift.id] = give_place(actor.person_id, shift, now)
        except Refused as refused:
            became[shift.id] = refused
    revisions.touch_people([actor.person_id])
    return [became[shift.id] for shift in shifts]


def withdraw(actor: Actor, occurrence_id: int, now: datetime, reason: Leave = Leave.OTHER) -> Sequence[Signup]:
    """Give up the actor's places on a date; who waits longest moves up. Without a sign-up nothing changes.

    Within 24 hours of the start a place given up is leave, with a reason. Returns the sign-ups given up. Locks:
    person, shifts by id, revisions. Refused after the start.
    """
    tickets.lock_person(actor.person_id)
    get_occurrence_for(actor, occurrence_id)
    mine = select_on(occurrence_id, Signup.person_id == actor.person_id, Signup.status.in_(STANDING))
    found = db.session.scalars(mine.options(contains_eager(Signup.shift)).order_by(Shift.id)).all()
    moved: list[int | None] = []
    for signup in found:
        refuse_late(signup.shift, now)
        moved += give_up(signup, now, actor.zone, reason)
    revisions.touch_people([actor.person_id, *moved])
    return found


def give_up(
    signup: Signup, now: datetime, zone: str, reason: Leave | None = None, becomes: Status = Status.WITHDRAWN
) -> list[int | None]:
    """End a sign-up, and with it the question who stands in, and let the queue move up; returns who moved.

    The person is locked, revisions are the caller's.
    """
    ticket = tickets.draw_ticket(signup.shift_id, signup)
    if signup.status not in STANDING:
        return []
    late = signup.status is Status.CONFIRMED and reason is not None and rules.is_late(ticket.starts_at, now)
    if signup.status in HELD:
        ticket = tickets.take(ticket, -signup.places)
    signup.become(Status.ON_LEAVE if late else becomes, now)
    signup.leave_reason = reason if late else None
    asked = update(StandIn).where(StandIn.signup_id == signup.id, StandIn.state == Asked.ASKED)
    ended = db.session.scalars(asked.values(state=Asked.LAPSED).returning(StandIn.id)).all()
    if ended:
        telling.asked_no_longer(ended, now)
    db.session.flush()
    return tickets.promote_waiting(ticket, now, zone)


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
        db.session.flush()
        telling.chance_taken(actor.person_id, occurrence_id, now)
        revisions.touch_people([actor.person_id])


def position_of(signup: Signup) -> int:
    """How many wait before this one, and itself; 0 for one that does not wait."""
    if signup.status is not Status.WAITING:
        return 0
    queue = select(func.count()).where(Signup.shift_id == signup.shift_id, Signup.status == Status.WAITING)
    return db.session.scalar(queue.where(Signup.seq <= signup.seq)) or 0


def get_shift_for(actor: Actor, occurrence_id: int, shift_id: int | None) -> Shift:
    """A position of a date of the actor's team, the only one if None; Missing, or Refused when there are several."""
    shifts = db.session.scalars(_SHIFTS, {"occurrence": occurrence_id, "team": actor.team_id})
    found = [shift for shift in shifts if shift_id in (None, shift.id)]
    if not found:
        raise Missing
    if len(found) > 1:
        raise Refused("This date has several positions. Choose one of them.")
    return found[0]


def select_on(occurrence_id: int, *which: ColumnElement[bool]) -> Select[Signup]:
    """The sign-ups for a date, joined to their positions, for which this holds."""
    return select(Signup).join(Signup.shift).where(Shift.occurrence_id == occurrence_id, *which)


def find_signup(shift_id: int, person_id: int) -> Signup | None:
    """A person's row for a shift, whatever its state."""
    return db.session.scalar(_SIGNUP, {"shift": shift_id, "person": person_id})


# Statements that every sign-up needs are built once; that takes longer than to execute them.
_SHIFTS = select(Shift).where(Shift.occurrence_id == bindparam("occurrence"), Shift.team_id == bindparam("team"))
_SIGNUP = select(Signup).where(Signup.shift_id == bindparam("shift"), Signup.person_id == bindparam("person"))
_CLASHING = (
    select(Occurrence.title, Shift.starts_at, Shift.ends_at)
    .select_from(Signup)
    .join(Signup.shift)
    .join(Shift.occurrence)
    .where(Signup.person_id == bindparam("person"), Signup.status.in_(STANDING), Shift.id != bindparam("shift"))
    .where(Shift.starts_at < bindparam("ends_at"), Shift.ends_at > bindparam("starts_at"))
    .where(Occurrence.state == OccurrenceState.PUBLISHED)
    .limit(1)
)


def write_down(
    signup: Signup | None,
    shift: Shift,
    person_id: int | None,
    status: Status,
    seq: int,
    places: int,
    source: Source,
    now: datetime,
    label: str = "",
) -> Signup:
    """The person's one row for the shift, new or used again; without a person a new one, under a label.

    The shift's ticket is the caller's.
    """
    if signup is None:
        new = {"team_id": shift.team_id, "shift_id": shift.id, "person_id": person_id, "label": label, "sequence": 0}
        signup = Signup(**new, status=status, changed_at=now)
        db.session.add(signup)
    else:
        signup.become(status, now)
        signup.leave_reason = signup.no_show_at = None
        flag_modified(signup, "no_show_at")  # a leader may be judging the earlier leave at this moment
    signup.seq, signup.places, signup.source = seq, places, source
    db.session.flush()
    return signup


def refuse_late(shift: Shift, now: datetime) -> None:
    """Refused once the shift has begun."""
    if shift.starts_at <= now:
        raise Refused("This has begun, so the list is closed. Call the leader if something has changed.")


def _refuse_clash(person_id: int, shift: Shift, source: Source) -> None:
    clash = find_clash(person_id, shift)
    if clash is None:
        return
    said: dict[str, Any] = {"title": clash.title, "start": clash.starts_at, "end": clash.ends_at}
    if source is Source.LEADER:
        raise Refused(
            "They are already signed up for “%(title)s” at this time (%(start)s–%(end)s). "
            "If they come here all the same, tick the box above the names.",
            **said,
        )
    raise Refused("You are already signed up for “%(title)s” at this time (%(start)s–%(end)s).", **said)


def find_clash(person_id: int, shift: Shift) -> Row[str, datetime, datetime] | None:
    """What this person is signed up for (title, starts_at, ends_at) while the shift lasts; back to back is no clash.

    Cancelled dates take up no time. Decide on it only while the person is locked.
    """
    when = {"starts_at": shift.starts_at, "ends_at": shift.ends_at}
    return db.session.connection().execute(_CLASHING, when | {"person": person_id, "shift": shift.id}).first()
