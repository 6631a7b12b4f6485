"""What people see of dates and places: cards for a reader, the list of names for a leader. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain, groupby, pairwise
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, bindparam, case, func, not_, or_, select, union
from sqlalchemy.orm import aliased

from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import CheckIn, OccurrenceState
from ..actor import Actor
from ..storage.database import UtcDateTime, db
from ..storage.hot import Hot
from ..teams.models import Membership
from .cards import Card
from .models import GROUND, TERMS, Signup
from .rules import UNDO_FOR, Draw, draw_of, may_take, terms
from .states import ON_THE_LIST, STANDING, Leave, Place, ReaderState, Source, Status, Why, why_of

ROOM_FOR_CARDS = 8192
WEEK = timedelta(days=7)


def list_cards(actor: Actor, begin: datetime, end: datetime, now: datetime, *, own: int = 0) -> list[Card]:
    """The dates of the actor's team that start within [begin, end), and so many of the actor's own next; by time."""
    return _read(_WITHIN, actor, now, begin=begin, end=end, now=now, most=own)


def find_card(actor: Actor, occurrence_id: int, now: datetime) -> Card | None:
    """One date of the actor's team as the actor sees it."""
    return next(iter(_read(_ONE, actor, now, occurrence=occurrence_id)), None)


def list_own_cards(actor: Actor, now: datetime, most: int) -> list[Card]:
    """The actor's own next dates in this team that have not ended, at most so many."""
    return _read(_OWN, actor, now, now=now, most=most)


def list_needy(actor: Actor, full: Card, now: datetime) -> list[Card]:
    """Up to three dates within a week of a full one that still need people, the emptiest first."""
    near = list_cards(actor, max(now, full.starts_at - WEEK), full.starts_at + WEEK, now)
    opened = [card for card in near if card.standing.state is ReaderState.OPEN and not card.undrawn]
    needy = [card for card in opened if card.id != full.id]
    return sorted(needy, key=lambda card: card.taken / max(1, card.capacity))[:3]


def count_dates(actor: Actor, begin: datetime, end: datetime) -> int:
    """How many dates take place within [begin, end)."""
    return db.session.connection().execute(_COUNT, {"team": actor.team_id, "begin": begin, "end": end}).scalar_one()


class _Row(NamedTuple):
    """A position of a date with the reader's standing in it, or a date without positions."""

    date: tuple[Any, ...]
    """The first fields of a card."""
    state: tuple[OccurrenceState, CheckIn]
    news: tuple[datetime | None, datetime | None, datetime | None, str]
    """Since when it is news to the reader; when it was to begin and end before, and where."""
    asked: tuple[Any, ...]
    place: tuple[Any, ...]
    """The first fields of a place, its id None when there is none."""
    ground: tuple[Any, ...]


def _read(dates: Hot[_Row], actor: Actor, moment: datetime, **values: Any) -> list[Card]:
    rows = dates.rows(team=actor.team_id, person=actor.person_id, **values)
    minute = moment.replace(second=0, microsecond=0)  # dates begin and end on a full one
    return [_card(tuple(group), minute) for _, group in groupby(rows, key=attrgetter("date"))]


@lru_cache(ROOM_FOR_CARDS)
def _card(rows: tuple[_Row, ...], now: datetime) -> Card:
    """A date from its rows, one for each position. The same rows make the same card for every reader."""
    date, (state, check_in), _, asked, *_ = rows[0]
    *_, starts_at, ends_at = date
    places = tuple(_place(row, now) for row in rows if row.place[0] is not None and row.place[2] < date[-1])
    own = [row.news for row, place in zip(rows, places, strict=False) if place.mine in STANDING]
    is_news = ends_at > now and all(news_at for news_at, *_ in own)
    news_at, begin, end, where = own[0] if own and is_news else (None, None, None, "")
    takes_place, skipped = state is OccurrenceState.PUBLISHED, state is OccurrenceState.SKIPPED
    was = (begin, end) if begin and end and takes_place else None
    news = news_at, was, where, None
    of_now: tuple[Any, ...] = (not takes_place, skipped, now, places, terms(starts_at, *asked), *news, check_in)
    return Card(*date, *of_now)


def _place(row: _Row, now: datetime) -> Place:
    *facts, undrawn = row.place
    place = replace(Place(*facts), why=why_of(*row.ground))
    if undrawn:  # nothing to take yet, and where one waits says nothing
        return replace(place, position=0, undrawn=True)
    return replace(place, takeable=may_take(place.mine, place.party, place.free, place.starts_at, now))


# Statements are built once; that takes longer than to execute them.
_QUEUE = aliased(Signup)
_AT_IT = _QUEUE.shift_id == Shift.id, _QUEUE.status == Status.WAITING
_WAITING = select(func.count()).where(*_AT_IT).correlate(Shift, Signup)
_BEFORE = _WAITING.where(Signup.status == Status.WAITING, _QUEUE.seq <= Signup.seq)
_BY_OTHERS = and_(Signup.status.in_(STANDING), Occurrence.news_by_id != bindparam("person"))
_UNSEEN = or_(Signup.seen_at.is_(None), Signup.seen_at < Occurrence.news_at)
_DATE = Occurrence.id, Occurrence.title, Kind.name, Occurrence.place, Occurrence.reason, Occurrence.tentative
_POSITION = Shift.id, Shift.name, Shift.starts_at, Shift.ends_at, Shift.capacity + Shift.extra, Shift.taken
_MINE = Signup.id, Signup.status, func.coalesce(Signup.places, 0), _BEFORE.scalar_subquery(), Signup.offer_until
_NEWS = case((and_(_BY_OTHERS, _UNSEEN), Occurrence.news_at))
_GROUPS: tuple[tuple[Any, ...], ...] = (
    (*_DATE, Kind.private, Occurrence.starts_at, Occurrence.ends_at),
    (Occurrence.state, Activity.check_in),
    (_NEWS, Occurrence.was_starts_at, Occurrence.was_ends_at, Occurrence.was_place),
    TERMS,
    (*_POSITION, _WAITING.scalar_subquery(), *_MINE, Shift.undrawn),
    GROUND,
)
"""The columns of a row's fields."""
_ENDS = (0, *accumulate(len(group) for group in _GROUPS))
_in_groups = itemgetter(*(slice(*ends) for ends in pairwise(_ENDS)))


def _read_row(*columns: Any) -> _Row:
    return _Row(*_in_groups(columns))


def _select_cards(dates: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> Hot[_Row]:
    """A row for each position of these dates."""
    these = dates.subquery()
    return Hot(
        _read_row,
        select(*chain.from_iterable(_GROUPS))
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
    """The team's positions that begin by then with fewer people than is safe, the next first."""
    name = Shift.name.label("shift")
    short = select(Shift.occurrence_id, Occurrence.title, Shift.starts_at, name, Shift.taken, Shift.minimum)
    theirs = short.join(Shift.occurrence).where(Occurrence.team_id == actor.team_id, *short_of_people(now, until))
    return db.session.execute(theirs.order_by(Shift.starts_at, Shift.id)).all()


def short_of_people(now: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """What holds of positions that begin by then with fewer people than is safe."""
    too_few = Shift.taken < Shift.minimum, not_(Shift.undrawn)
    return _TAKES_PLACE, Shift.starts_at > now, Shift.starts_at <= until, *too_few


def list_draws(occurrence_id: int) -> list[Draw]:
    """The draws of a date, a position each, as far as anybody may know them now."""
    its = Shift.occurrence_id == occurrence_id, Shift.seed.is_not(None)
    found = db.session.scalars(select(Shift).where(*its).order_by(Shift.id))
    return [draw_of(one.name, one.seed or "", None if one.undrawn else one.drawn or []) for one in found]


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
    """A name on a leader's list. why: by which rule, and on which figures, the sign-up stands as it does."""

    why: Why | None
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
    starts_at: datetime
    comes_at: datetime | None
    """By when they said they come, who is late."""

    @property
    def companions(self) -> int:
        """People who come along, or are meant by a reserved place, and take a place of their own."""
        return max(0, self.places - 1)


def list_roster(occurrence: Occurrence, now: datetime) -> list[ListedName]:
    """Whom a leader reckons with on a date, and to whom a no was said just now, in the order of their tickets.

    Nobody of positions that were closed as it ended early.
    """
    names = {"occurrence": occurrence.id, "since": now - UNDO_FOR, "ends": occurrence.ends_at}
    rows = db.session.connection().execute(_NAMES, names)
    return [ListedName(why_of(*row[: len(GROUND)]), *row[len(GROUND) :]) for row in rows]


_JUST_DECLINED = and_(Signup.status == Status.DECLINED, Signup.changed_at > bindparam("since", type_=UtcDateTime))
_NAMES = (
    select(*GROUND, Signup.id, Signup.shift_id)
    .add_columns(func.coalesce(Signup.person_id, 0), func.coalesce(Person.name, Signup.label))
    .add_columns(func.coalesce(Membership.group, ""), Signup.status, Signup.source, Signup.places, Signup.leave_reason)
    .add_columns(func.coalesce(Person.phone, ""), Shift.starts_at)
    .add_columns(case((Signup.comes_at > Shift.starts_at, Signup.comes_at)))
    .join(Signup.shift)
    .outerjoin(Person, Person.id == Signup.person_id)
    .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Shift.team_id))
    .where(Shift.occurrence_id == bindparam("occurrence"), Shift.starts_at < bindparam("ends", type_=UtcDateTime))
    .where(or_(Signup.status.in_(ON_THE_LIST), _JUST_DECLINED))
    .order_by(Signup.shift_id, Signup.seq, Signup.id)
)
