"""What people see of dates and places: cards for a reader, the list of names for a leader. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Row, Select, and_, bindparam, case, func, or_, select, union
from sqlalchemy.orm import aliased

from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..storage.database import UtcDateTime, db
from ..storage.hot import Hot
from ..teams.models import Membership
from .cards import Card
from .models import GROUND, Signup
from .rules import UNDO_FOR, may_take, terms
from .states import ON_THE_LIST, STANDING, Ground, Leave, Place, ReaderState, Source, Status, Why, why_of

ROOM_FOR_CARDS = 8192


def list_cards(actor: Actor, begin: datetime, end: datetime, now: datetime, *, own: int = 0) -> list[Card]:
    """The dates of the actor's team that start within [begin, end), in order of time. One statement.

    Among them so many of the actor's own next dates that take place, whenever they are.
    """
    return _read(_WITHIN, actor, now, begin=begin, end=end, now=now, most=own)


def find_card(actor: Actor, occurrence_id: int, now: datetime) -> Card | None:
    """One date of the actor's team as the actor sees it."""
    return next(iter(_read(_ONE, actor, now, occurrence=occurrence_id)), None)


def list_own_cards(actor: Actor, now: datetime, most: int) -> list[Card]:
    """The actor's own next dates in this team that have not ended, at most so many."""
    return _read(_OWN, actor, now, now=now, most=most)


def list_needy(actor: Actor, full: Card, now: datetime) -> list[Card]:
    """Up to three dates within a week of a full one that still need people, the emptiest first."""
    week = timedelta(days=7)
    near = list_cards(actor, max(now, full.starts_at - week), full.starts_at + week, now)
    needy = [card for card in near if card.standing.state is ReaderState.OPEN and card.id != full.id]
    return sorted(needy, key=lambda card: card.taken / max(1, card.capacity))[:3]


def count_dates(actor: Actor, begin: datetime, end: datetime) -> int:
    """How many dates take place within [begin, end)."""
    return db.session.connection().execute(_COUNT, {"team": actor.team_id, "begin": begin, "end": end}).scalar_one()


class _Row(NamedTuple):
    """A position of a date with the reader's standing in it, or a date without positions."""

    id: int
    title: str
    kind: str
    place: str
    reason: str
    tentative: bool
    private: bool
    starts_at: datetime
    ends_at: datetime
    state: OccurrenceState
    opens_before: int | None
    deadline_before: int
    min_age: int | None
    requirements: str
    shift_id: int | None
    name: str
    opens_at: datetime
    closes_at: datetime
    capacity: int
    taken: int
    waiting: int
    signup_id: int | None
    mine: Status | None
    party: int
    position: int
    offer_until: datetime | None
    ground: Ground | None
    ground_n: int | None
    ground_of: int | None
    ground_until: datetime | None
    news_at: datetime | None
    was_starts_at: datetime | None
    was_ends_at: datetime | None
    was_place: str


def _read(dates: Hot[_Row], actor: Actor, moment: datetime, **values: Any) -> list[Card]:
    rows = dates.rows(team=actor.team_id, person=actor.person_id, **values)
    minute = moment.replace(second=0, microsecond=0)  # dates begin and end on a full one
    return [_card(tuple(group), minute) for _, group in groupby(rows, key=attrgetter("id"))]


@lru_cache(ROOM_FOR_CARDS)
def _card(rows: tuple[_Row, ...], now: datetime) -> Card:
    """A date from its rows, one for each position. The same rows make the same card for every reader."""
    date = rows[0]
    return Card(
        **{name: getattr(date, name) for name in _OF_THE_DATE},
        cancelled=date.state is not OccurrenceState.PUBLISHED,
        skipped=date.state is OccurrenceState.SKIPPED,
        seen_at=now,
        terms=terms(date.starts_at, date.opens_before, date.deadline_before, date.min_age, date.requirements),
        places=tuple(_place(row, now) for row in rows if row.shift_id and row.opens_at < date.ends_at),
        **_news(rows, now),
    )


_OF_THE_DATE = ("id", "title", "kind", "place", "reason", "tentative", "private", "starts_at", "ends_at")
_OF_THE_PLACE = (
    "shift_id",
    "name",
    "capacity",
    "taken",
    "waiting",
    "signup_id",
    "mine",
    "party",
    "position",
    "offer_until",
)


def _news(rows: Sequence[_Row], now: datetime) -> dict[str, Any]:
    """What is new to the reader, who has done nothing about the date since at any of their positions."""
    date, own = rows[0], [row.news_at for row in rows if row.mine in STANDING]
    if not own or None in own or date.ends_at <= now:
        return {}
    moved = date.was_starts_at and date.state is OccurrenceState.PUBLISHED
    was = (date.was_starts_at, date.was_ends_at) if moved else None
    return {"news_at": own[0], "was": was, "was_place": date.was_place}


def _place(row: _Row, now: datetime) -> Place:
    fields = {name: getattr(row, name) for name in _OF_THE_PLACE}
    why = why_of(row.ground, row.ground_n, row.ground_of, row.ground_until)
    place = Place(**fields, starts_at=row.opens_at, ends_at=row.closes_at, why=why)
    takeable = may_take(place.mine, place.party, place.free, place.starts_at, now)
    return replace(place, takeable=True) if takeable else place


# Statements are built once; that takes longer than to execute them.
def _select_cards(dates: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> Hot[_Row]:
    """A row for each position of these dates: the fields of a card, the state of the date, the fields of a place."""
    these, queue = dates.subquery(), aliased(Signup)
    in_queue = (
        select(func.count()).where(queue.shift_id == Shift.id, queue.status == Status.WAITING).correlate(Shift, Signup)
    )
    before = in_queue.where(Signup.status == Status.WAITING, queue.seq <= Signup.seq)
    party = func.coalesce(Signup.places, 0)
    by_others = Signup.status.in_(STANDING), Occurrence.news_by_id != bindparam("person")
    unseen = or_(Signup.seen_at.is_(None), Signup.seen_at < Occurrence.news_at)
    news = case((and_(*by_others, unseen), Occurrence.news_at))
    return Hot(
        _Row,
        select(Occurrence.id, Occurrence.title, Kind.name, Occurrence.place, Occurrence.reason)
        .add_columns(Occurrence.tentative, Kind.private, Occurrence.starts_at, Occurrence.ends_at, Occurrence.state)
        .add_columns(Activity.opens_before, Activity.deadline_before, Activity.min_age, Activity.requirements)
        .add_columns(Shift.id, Shift.name, Shift.starts_at, Shift.ends_at, Shift.capacity + Shift.extra, Shift.taken)
        .add_columns(in_queue.scalar_subquery(), Signup.id, Signup.status, party, before.scalar_subquery())
        .add_columns(Signup.offer_until, *GROUND)
        .add_columns(news, Occurrence.was_starts_at, Occurrence.was_ends_at, Occurrence.was_place)
        .join(these, these.c.id == Occurrence.id)
        .join(Occurrence.activity)
        .join(Activity.kind)
        .outerjoin(Shift, Shift.occurrence_id == Occurrence.id)
        .outerjoin(Signup, and_(Signup.shift_id == Shift.id, Signup.person_id == bindparam("person")))
        .order_by(Occurrence.starts_at, Occurrence.id, Shift.id),
    )


_IN_TEAM = Occurrence.team_id == bindparam("team")
_THEN = (Occurrence.starts_at >= bindparam("begin"), Occurrence.starts_at < bindparam("end"))
_THESE = select(Occurrence.id, Occurrence.starts_at).where(_IN_TEAM, *_THEN)
_NEAREST = (
    select(Occurrence.id, Occurrence.starts_at)
    .select_from(Signup)
    .join(Signup.shift)
    .join(Shift.occurrence)
    .where(Signup.person_id == bindparam("person"), Signup.team_id == bindparam("team"))
    .where(Signup.status.in_(STANDING), Occurrence.ends_at > bindparam("now"))
    .distinct()
    .order_by(Occurrence.starts_at)
    .limit(bindparam("most"))
)
_ONE = _select_cards(select(Occurrence.id).where(_IN_TEAM, Occurrence.id == bindparam("occurrence")))
_OWN = _select_cards(_NEAREST)
_TAKES_PLACE = Occurrence.state == OccurrenceState.PUBLISHED
_WITHIN = _select_cards(union(_THESE, select(_NEAREST.where(_TAKES_PLACE).subquery())))
_COUNT = select(func.count()).where(_IN_TEAM, _TAKES_PLACE, *_THEN)


def list_short(actor: Actor, now: datetime, until: datetime) -> Sequence[Row[int, str, datetime, str, int, int]]:
    """The team's shifts before `until` with fewer people than their safe minimum, the next first.

    Of each occurrence_id, title, starts_at, shift, taken and minimum.
    """
    name, soon = Shift.name.label("shift"), and_(Shift.starts_at > now, Shift.starts_at < until)
    short = (
        select(Shift.occurrence_id, Occurrence.title, Shift.starts_at, name, Shift.taken, Shift.minimum)
        .join(Shift.occurrence)
        .where(Occurrence.team_id == actor.team_id, Occurrence.state == OccurrenceState.PUBLISHED)
        .where(soon, Shift.taken < Shift.minimum)
        .order_by(Shift.starts_at, Shift.id)
    )
    return db.session.execute(short).all()


class Peer(NamedTuple):
    """Somebody with a place on a date, or reserved places. name: "" for whoever objects, and for who has no account."""

    shift_id: int
    person_id: int | None
    name: str
    places: int
    checked_in: bool

    @property
    def people(self) -> int:
        """Themselves and who comes along; a walk-in takes no place."""
        return max(1, self.places)


def list_peers(occurrence_id: int) -> list[Peer]:
    """Who comes to a date, as other members may know it, in the order of their tickets."""
    return [Peer(*row) for row in db.session.connection().execute(_PEERS, {"occurrence": occurrence_id})]


_NAMED = case((Person.unnamed.is_(False), Person.name), else_="")
_PEERS = (
    select(Signup.shift_id, Signup.person_id, _NAMED, Signup.places, Signup.checked_in)
    .join(Signup.shift)
    .outerjoin(Person, Person.id == Signup.person_id)
    .where(Shift.occurrence_id == bindparam("occurrence"), Signup.status == Status.CONFIRMED)
    .order_by(Signup.shift_id, Signup.seq, Signup.id)
)


@dataclass(frozen=True)
class ListedName:
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
    phone: str
    ground: Ground | None
    ground_n: int | None
    ground_of: int | None
    ground_until: datetime | None

    @property
    def why(self) -> Why | None:
        """By which rule, and on which figures, the sign-up stands as it does."""
        return why_of(self.ground, self.ground_n, self.ground_of, self.ground_until)

    @property
    def companions(self) -> int:
        """People who come along, or are meant by a reserved place, and take a place of their own."""
        return max(0, self.places - 1)


def list_roster(occurrence: Occurrence, now: datetime) -> list[ListedName]:
    """Everyone who holds, waits or asked for a place on a date, or is on leave, in the order of their tickets.

    And those whom a no was said to just now, as it can be taken back. Not on positions closed as it ended early.
    """
    those = {"occurrence": occurrence.id, "since": now - UNDO_FOR, "ends": occurrence.ends_at}
    return [ListedName(*row) for row in db.session.connection().execute(_NAMES, those)]


_JUST_DECLINED = and_(Signup.status == Status.DECLINED, Signup.changed_at > bindparam("since", type_=UtcDateTime))
_NAMES = (
    select(Signup.id, Signup.shift_id, func.coalesce(Signup.person_id, 0), func.coalesce(Person.name, Signup.label))
    .add_columns(func.coalesce(Membership.group, ""), Signup.status, Signup.source, Signup.places, Signup.leave_reason)
    .add_columns(func.coalesce(Person.phone, ""), *GROUND)
    .join(Signup.shift)
    .outerjoin(Person, Person.id == Signup.person_id)
    .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Shift.team_id))
    .where(Shift.occurrence_id == bindparam("occurrence"), Shift.starts_at < bindparam("ends", type_=UtcDateTime))
    .where(or_(Signup.status.in_(ON_THE_LIST), _JUST_DECLINED))
    .order_by(Signup.shift_id, Signup.seq, Signup.id)
)
