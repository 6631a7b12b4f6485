"""What people see of dates and places: cards for a reader, the list of names for a leader. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..database import db
from ..teams.models import Membership
from .cards import Card, Place
from .models import Signup
from .rules import reader_state
from .states import STANDING, Leave, ReaderState, Source, Status


def list_cards(actor: Actor, begin: datetime, end: datetime, now: datetime) -> list[Card]:
    """The dates of the actor's team that start within [begin, end), in order of time. One statement."""
    return _cards(actor, now, Occurrence.starts_at >= begin, Occurrence.starts_at < end)


def find_card(actor: Actor, occurrence_id: int, now: datetime) -> Card | None:
    """One date of the actor's team as the actor sees it."""
    return next(iter(_cards(actor, now, Occurrence.id == occurrence_id)), None)


def list_own_cards(actor: Actor, now: datetime, most: int) -> list[Card]:
    """The actor's own next dates in this team that have not ended, at most so many."""
    mine = select(Shift.occurrence_id).join(Signup, Signup.shift_id == Shift.id)
    mine = mine.where(Signup.person_id == actor.person_id, Signup.status.in_((Status.CONFIRMED, Status.WAITING)))
    nearest = (
        select(Occurrence.id)
        .where(Occurrence.id.in_(mine), Occurrence.ends_at > now, Occurrence.team_id == actor.team_id)
        .order_by(Occurrence.starts_at)
        .limit(most)
    )
    return _cards(actor, now, Occurrence.id.in_(nearest))


def list_needy(actor: Actor, full: Card, now: datetime) -> list[Card]:
    """Up to three dates within a week of a full one that still need people, the emptiest first."""
    week = timedelta(days=7)
    near = list_cards(actor, max(now, full.starts_at - week), full.starts_at + week, now)
    needy = [card for card in near if card.state is ReaderState.OPEN and card.id != full.id]
    return sorted(needy, key=lambda card: card.taken / max(1, card.capacity))[:3]


def count_dates(actor: Actor, begin: datetime, end: datetime) -> int:
    """How many dates take place within [begin, end)."""
    dates = select(func.count()).where(
        Occurrence.team_id == actor.team_id,
        Occurrence.state == OccurrenceState.PUBLISHED,
        Occurrence.starts_at >= begin,
        Occurrence.starts_at < end,
    )
    return db.session.scalar(dates) or 0


def _cards(actor: Actor, now: datetime, *conditions: ColumnElement[bool]) -> list[Card]:
    rows = db.session.execute(_select_cards(actor.person_id).where(Occurrence.team_id == actor.team_id, *conditions))
    return [_card(list(group), now) for _, group in groupby(rows, key=lambda row: row.id)]


def _select_cards(person_id: int) -> Select[*tuple[Any, ...]]:
    queue = aliased(Signup)
    in_queue = (
        select(func.count()).where(queue.shift_id == Shift.id, queue.status == Status.WAITING).correlate(Shift, Signup)
    )
    return (
        select(
            Occurrence.id,
            Occurrence.public_id,
            Occurrence.state,
            Occurrence.reason,
            Occurrence.tentative,
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.title,
            Occurrence.place,
            Kind.name.label("kind"),
            Shift.id.label("shift_id"),
            Shift.name.label("position_name"),
            Shift.starts_at.label("shift_starts_at"),
            Shift.ends_at.label("shift_ends_at"),
            (Shift.capacity + Shift.extra).label("capacity"),
            Shift.taken,
            Signup.id.label("signup_id"),
            Signup.status.label("mine"),
            in_queue.scalar_subquery().label("waiting"),
            in_queue.where(queue.seq <= Signup.seq).scalar_subquery().label("position"),
        )
        .join(Activity, Activity.id == Occurrence.activity_id)
        .join(Kind, Kind.id == Activity.kind_id)
        .outerjoin(Shift, Shift.occurrence_id == Occurrence.id)
        .outerjoin(Signup, and_(Signup.shift_id == Shift.id, Signup.person_id == person_id))
        .order_by(Occurrence.starts_at, Occurrence.id, Shift.id)
    )


def _card(rows: Sequence[Any], now: datetime) -> Card:
    first = rows[0]
    places = tuple(_place(row) for row in rows if row.shift_id is not None)
    mine = {place.mine for place in places if place.mine}
    free = sum(place.free for place in places)
    return Card(
        id=first.id,
        public_id=first.public_id,
        title=first.title,
        kind=first.kind,
        place=first.place,
        starts_at=first.starts_at,
        ends_at=first.ends_at,
        state=reader_state(first.state, first.starts_at, now, free, mine),
        skipped=first.state is OccurrenceState.SKIPPED,
        reason=first.reason,
        tentative=first.tentative,
        places=places,
    )


def _place(row: Any) -> Place:
    return Place(
        shift_id=row.shift_id,
        name=row.position_name,
        starts_at=row.shift_starts_at,
        ends_at=row.shift_ends_at,
        capacity=row.capacity,
        taken=row.taken,
        waiting=row.waiting,
        signup_id=row.signup_id,
        mine=row.mine,
        position=row.position if row.mine is Status.WAITING else 0,
    )


@dataclass(frozen=True)
class RosterLine:
    """A name on a leader's list."""

    signup_id: int
    shift_id: int
    person_id: int
    name: str
    group: str
    status: Status
    source: Source
    places: int
    leave_reason: Leave | None

    @property
    def companions(self) -> int:
        """People who come along, or are meant by a reserved place, and take a place of their own."""
        return max(0, self.places - 1)


_ON_THE_LIST = (*STANDING, Status.ON_LEAVE)


def list_roster(occurrence: Occurrence) -> list[RosterLine]:
    """Everyone who holds, waits or asked for a place on a date, or is on leave, in the order of their tickets."""
    names = (
        select(
            Signup.id,
            Signup.shift_id,
            func.coalesce(Signup.person_id, 0),
            func.coalesce(Person.name, Signup.label),
            func.coalesce(Membership.group, ""),
            Signup.status,
            Signup.source,
            Signup.places,
            Signup.leave_reason,
        )
        .join(Shift, Shift.id == Signup.shift_id)
        .outerjoin(Person, Person.id == Signup.person_id)
        .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Shift.team_id))
        .where(Shift.occurrence_id == occurrence.id, Signup.status.in_(_ON_THE_LIST))
        .order_by(Signup.shift_id, Signup.seq, Signup.id)
    )
    return [RosterLine(*row) for row in db.session.execute(names)]


@dataclass(frozen=True)
class Short:
    """A coming date that has fewer people than is safe."""

    occurrence_id: int
    title: str
    starts_at: datetime
    position: str
    taken: int
    minimum: int


def list_short(actor: Actor, now: datetime, until: datetime) -> list[Short]:
    """The team's positions before `until` with fewer people than their safe minimum, the next first."""
    short = (
        select(Occurrence.id, Occurrence.title, Shift.starts_at, Shift.name, Shift.taken, Shift.minimum)
        .join(Shift, Shift.occurrence_id == Occurrence.id)
        .where(
            Occurrence.team_id == actor.team_id,
            Occurrence.state == OccurrenceState.PUBLISHED,
            Shift.starts_at > now,
            Shift.starts_at < until,
            Shift.taken < Shift.minimum,
        )
        .order_by(Shift.starts_at, Shift.id)
    )
    return [Short(*row) for row in db.session.execute(short)]
