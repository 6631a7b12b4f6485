"""The ticket of a shift: the lock, and the number in its queue, drawn in one UPDATE; and who gets a freed place.

Everyone who changes a shift draws its ticket first. Locks are always taken in this order: the acting person, the
activity (whose rule or dates change), a sign-up that is judged, shifts by id, dates by id, then revisions. So no place
is ever given twice and nobody overtakes, on any supported database. Every freed place passes `promote_waiting`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, update
from sqlalchemy.orm import joinedload

from ..accounts.models import Person
from ..activities.models import Activity, Occurrence, Shift
from ..errors import Refused
from ..notices.deeds import NO_EFFECTS, Effects, News
from ..notices.events import About, Event, Part
from ..notices.models import Notice, Topic
from ..storage.database import Base, db
from ..storage.hot import Hot
from ..teams import service as teams
from ..teams.models import Team
from . import rules
from .models import Signup, StandIn
from .states import Asked, Ground, Status, Why


@dataclass(frozen=True)
class Ticket:
    """A shift, locked for this transaction, and one's number in its queue."""

    shift_id: int
    starts_at: datetime
    capacity: int
    extra: int
    taken: int
    seq: int
    free_before: int
    """Free places when it was drawn."""
    undrawn: bool = False
    """Are its places still to be drawn by lot?"""

    @property
    def left(self) -> int:
        """Places nobody holds."""
        return self.capacity + self.extra - self.taken

    @property
    def free(self) -> int:
        """Of these, those that can be had now: before a draw none."""
        return 0 if self.undrawn else self.left


def draw_ticket(shift_id: int, *about: Base) -> Ticket:
    """Lock a shift and draw the next number of its queue. Refused when it is closed.

    The rows it is about are locked and read again: a promotion or a leader's tick may have come before our turn.
    """
    ticket = draw_if_open(shift_id, *about)
    if ticket is None:
        raise Refused("This date has been cancelled. There is nothing left to do for you.")
    return ticket


def draw_if_open(shift_id: int, *about: Base) -> Ticket | None:
    """As `draw_ticket`; None when the shift is closed."""
    ticket = _DRAW.first(shift=shift_id)
    for one in about if ticket else ():
        db.session.refresh(one, with_for_update={"key_share": True})
    return ticket


# Statements that every sign-up needs are built once; that takes longer than to execute them.
_DRAW = Hot(
    Ticket,
    update(Shift)
    .where(Shift.id == bindparam("shift"), Shift.open)
    .values(seq=Shift.seq + 1, version=Shift.version + 1)
    .returning(Shift.id, Shift.starts_at, Shift.capacity, Shift.extra, Shift.taken, Shift.seq)
    .returning((Shift.capacity + Shift.extra - Shift.taken).label("free"), Shift.undrawn),
)
_COUNTS: dict[str, Any] = {name: bindparam(name) for name in ("taken", "capacity", "extra")}
_WRITE_BACK = Hot(int, update(Shift).where(Shift.id == bindparam("shift")).values(_COUNTS).returning(Shift.id))


def take(ticket: Ticket, places: int) -> Ticket:
    """Take so many more places of a shift whose ticket one holds; fewer, when negative.

    Places beyond the capacity (`extra`) are there only for who holds them: given back, they are gone.
    """
    taken = ticket.taken + places
    extra = ticket.extra if places > 0 else min(ticket.extra, max(0, taken - ticket.capacity))
    return _write_back(replace(ticket, taken=taken, extra=extra))


def give(ticket: Ticket, places: int) -> Status:
    """Take so many places if they are free. Returns how somebody stands who asked for them; full is no error."""
    if places > ticket.free:
        return Status.WAITING
    take(ticket, places)
    return Status.CONFIRMED


def resize(ticket: Ticket, capacity: int) -> Ticket:
    """Change how many places there are; nobody who holds one is dropped."""
    return _write_back(replace(ticket, capacity=capacity, extra=max(0, ticket.taken - capacity)))


def _write_back(ticket: Ticket) -> Ticket:
    _WRITE_BACK.first(shift=ticket.shift_id, taken=ticket.taken, capacity=ticket.capacity, extra=ticket.extra)
    return ticket


def promote_waiting(ticket: Ticket, now: datetime, zone: str) -> Effects:
    """Give free places to those who wait, in order, or offer them; one whose party does not fit keeps its number."""
    promoted: list[Signup] = []
    how = rules.promotion(ticket.starts_at, now)
    until = rules.offer_ends(ticket.starts_at, now, zone) if how is Status.OFFERED else None
    while ticket.free > 0 and how is not None:
        signup = db.session.scalar(_fitting(ticket).limit(1))
        if signup is None:
            break
        signup.become(how, now, until)
        if until:
            signup.why = Why(Ground.NEAR, rules.OFFERS_FROM // timedelta(hours=1), until=until)
        ticket = take(ticket, signup.places)
        db.session.flush()
        promoted.append(signup)
    if rules.is_first_come(ticket.starts_at, now) and ticket.free > ticket.free_before:
        waiting = [Part(signup.person_id, signup.id) for signup in db.session.scalars(_fitting(ticket))]
        return news_to(Event.FREE_PLACE, waiting, ticket.shift_id) if waiting else NO_EFFECTS
    return news_of(Event.OFFERED if until else Event.PROMOTED, promoted, until=until)


def follow_dates(occurrence_ids: Collection[int], now: datetime, zone: str) -> Effects:
    """Let places follow dates, locked by the caller, that have moved.

    No offer and no question outlasts the two-hour mark before the new start; where that lies ahead again, who waits
    beside a free place is promoted.
    """
    theirs = select(Signup, Shift.starts_at).join(Signup.shift)
    theirs = theirs.where(Shift.occurrence_id.in_(occurrence_ids))
    for signup, starts_at in db.session.execute(theirs.where(Signup.status == Status.OFFERED)):
        mark = starts_at - rules.FIRST_COME_FROM
        signup.offer_until = min(signup.offer_until or mark, mark)
    questions = theirs.join(StandIn, StandIn.signup_id == Signup.id).with_only_columns(StandIn, Shift.starts_at)
    for asked, starts_at in db.session.execute(questions.where(StandIn.state == Asked.ASKED)):
        asked.until = min(asked.until, starts_at - rules.FIRST_COME_FROM)
    fits = Signup.places <= Shift.capacity + Shift.extra - Shift.taken
    stranded = theirs.where(Signup.status == Status.WAITING, fits).with_only_columns(Shift.id).distinct()
    shift_ids = db.session.scalars(stranded.order_by(Shift.id)).all()
    return sum((promote_waiting(draw_ticket(shift_id), now, zone) for shift_id in shift_ids), NO_EFFECTS)


def _fitting(ticket: Ticket) -> Select[Signup]:
    """Who waits and whose party fits into what is free, in order."""
    waiting = Signup.shift_id == ticket.shift_id, Signup.status == Status.WAITING
    fitting = select(Signup).where(*waiting, Signup.places <= ticket.free).order_by(Signup.seq)
    return fitting.execution_options(populate_existing=True)


def lock_person(person_id: int) -> None:
    """Let a person do one thing at a time: also what keeps two sign-ups of theirs from overlapping unseen."""
    if db.engine.dialect.name != "sqlite":  # which lets one write in at a time anyway
        _LOCK_PERSON.first(person=person_id)


_LOCK_PERSON = Hot(int, select(Person.id).where(Person.id == bindparam("person")).with_for_update(key_share=True))


def lock_dates(*which: ColumnElement[bool]) -> list[Occurrence]:
    """Lock dates with all their shifts, in order; returns them as they are now, each with its activity."""
    shifts = select(Shift.id).join(Shift.occurrence).where(*which).order_by(Shift.id)
    db.session.execute(shifts.with_for_update(key_share=True, of=Shift))
    found = select(Occurrence).options(joinedload(Occurrence.activity).joinedload(Activity.kind)).where(*which)
    locked = found.order_by(Occurrence.id).with_for_update(key_share=True, of=Occurrence)
    return list(db.session.scalars(locked.execution_options(populate_existing=True)))


def news_of(event: Event, signups: Sequence[Signup], **said: Any) -> Effects:
    """Everybody hears once of the state their sign-ups for one position have come to; their calendars change, too."""
    parts = [Part(one.person_id, one.id, one.sequence) for one in signups]
    people = Effects(people=[one.person_id for one in signups])
    return people + news_to(event, parts, signups[0].shift_id, **said) if parts else people


def news_to(event: Event, parts: Sequence[Part], shift_id: int, **said: Any) -> Effects:
    """These hear of a position, as it is now; said: see `About`."""
    shift = db.session.execute(_SHIFT, {"shift": shift_id}).one()
    return Effects([News(event, About(*shift, **said), parts)])


def ask_leaders(event: Event, signups: Sequence[Signup], but: Collection[int | None] = (), nth: int = 0) -> Effects:
    """The leaders hear once that these sign-ups of a person wait for one of them; not whose they are, nor these others.

    nth: the question it is about the first, where it can be asked several times.
    """
    if not signups:
        return NO_EFFECTS
    first, *others = [db.session.execute(_SHIFT, {"shift": one.shift_id}).one() for one in signups]
    also = [((one.starts_at, one.ends_at), None) for one in others]
    one, untold = signups[0], {signups[0].person_id, *but}
    parts = [Part(who, one.id, nth or one.sequence) for who in teams.list_leaders(one.team_id) if who not in untold]
    return Effects([News(event, About(*first, others=also), parts)])


def asked_of_leaders(event: Event, signup: Signup) -> ColumnElement[bool]:
    """What leaders heard of a sign-up that waited for one of them."""
    date = select(Shift.occurrence_id).where(Shift.id == signup.shift_id).scalar_subquery()
    about_it = Notice.dedupe_key.startswith(f"{event.called} {signup.id}.", autoescape=True)
    return and_(Notice.occurrence_id == date, Notice.kind == Topic.TASK, about_it)


_SHIFT = (
    select(Shift.team_id, Team.zone, Occurrence.id, Occurrence.title, Occurrence.place, Shift.starts_at, Shift.ends_at)
    .join(Shift.occurrence)
    .join(Team, Team.id == Shift.team_id)
    .where(Shift.id == bindparam("shift"))
)
