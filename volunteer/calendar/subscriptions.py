"""Whose feed an address is, who may still read it, and the counters of everything they see in it.

As long as these are counted as they were when the feed last said what it says, it is answered without reading a date.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from .. import clock
from ..accounts.models import Person
from ..activities.models import Shift
from ..actor import Role
from ..storage import database
from ..storage.database import db
from ..storage.hot import Hot
from ..storage.revisions import Revision, Scope
from ..teams.models import Household, HouseholdMember, Membership, MembershipState, Names, Team
from ..web import tokens
from .entries import Manner
from .models import Feed, FeedScope
from .rules import Home, Reminders, may_read_who_comes, window
from .sentences import edition

PURPOSE = "feed"


class FeedRow(NamedTuple):
    """A feed with one of the teams its owner is active in, of those whose dates it may hold; or with none.

    Named as in its table but for what `_BESIDE` takes from others.
    """

    id: str
    scope: FeedScope
    generation: int
    remind_first: int | None
    remind_second: int | None
    remind_evening: bool
    remind_offer: int | None
    shows_skipped: bool
    last_day: date | None
    counters: str
    tag: str
    said_at: datetime | None
    team_id: int
    person_id: int | None
    household_id: int | None
    team_name: str
    zone: str
    names: Names
    locale: str | None
    closed_at: datetime | None
    member_of: int | None
    role: Role | None
    team_counter: int
    own_counter: int


@dataclass(frozen=True)
class Subscription:
    """A feed somebody may read now, with the counters of everything they see in it. Read without any date."""

    feed: FeedRow
    teams: tuple[tuple[int, int], ...]
    """Id and counter of each team whose dates it may hold."""
    signups: int
    """Counts the sign-ups it shows: the owner's, their household's, or for leaders everybody's."""
    manner: Manner

    def today(self, now: datetime) -> date:
        return clock.today(now, self.feed.zone)

    def counted(self, now: datetime) -> str:
        """Changes whenever the feed's bytes may, and at midnight, when its window moves on. Reads nothing."""
        told = self.feed.team_name, self.feed.zone, self.manner
        seen = edition(), told, self.teams, self.signups, self.today(now)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]

    def changed_at(self, now: datetime) -> datetime:
        """Since when it says what it says, at least since its window began; never goes back."""
        midnight, _ = clock.day_bounds(self.today(now), self.feed.zone)
        return max(midnight, self.feed.said_at or midnight)


def _counter(scope: Scope, scope_id: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """Within another statement, what `revisions` counts; 0 before the first change."""
    counter = select(Revision.value).where(Revision.scope == scope, Revision.scope_id == scope_id)
    return func.coalesce(counter.scalar_subquery(), 0)


_BESIDE: dict[str, Any] = {
    "team_name": Team.name,
    "zone": Team.zone,
    "names": Team.names_in_feeds,
    "locale": Person.locale,
    "closed_at": Person.closed_at,
    "member_of": Membership.team_id,
    "role": Membership.role,
    "team_counter": _counter(Scope.TEAM, func.coalesce(Membership.team_id, Feed.team_id)),
    "own_counter": _counter(Scope.PERSON, Feed.person_id),
}
_FEED = Hot(
    FeedRow,
    select(*(_BESIDE[name] if name in _BESIDE else getattr(Feed, name) for name in FeedRow._fields))
    .join(Team, Team.id == Feed.team_id)
    .outerjoin(Person, Person.id == Feed.person_id)
    .outerjoin(
        Membership,
        and_(
            Membership.person_id == Feed.person_id,
            Membership.state == MembershipState.ACTIVE,
            or_(Feed.scope == FeedScope.PERSON, Membership.team_id == Feed.team_id),
        ),
    )
    .where(Feed.id == bindparam("feed"), Feed.revoked_at.is_(None))
    .order_by(Membership.team_id),
)


def find(token: str, now: datetime, base_url: str) -> Subscription | None:
    """The feed of an address; None for a wrong or rotated one, and when its owner is no longer entitled."""
    feed_id = tokens.id_in(token)
    rows = list(_FEED.rows(feed=feed_id)) if feed_id else []
    generation = rows[0].generation if rows else 1
    if not tokens.is_sealed(token, PURPOSE, feed_id, generation) or not rows or not _is_entitled(rows[0]):
        return None
    feed, home, signups = rows[0], None, 0
    if feed.scope is FeedScope.PERSON:
        signups = feed.own_counter
    elif feed.household_id:
        home, signups = _home(feed.household_id)
        if feed.person_id not in dict(home.here):
            return None
    elif feed.scope is FeedScope.LEADER:
        signups = _count_signups(feed.team_id, *window(clock.today(now, feed.zone), feed.zone))
    teams = tuple((row.member_of or row.team_id, row.team_counter) for row in rows)
    return Subscription(feed, teams, signups, _manner(feed, base_url, home))


def _manner(feed: FeedRow, base_url: str, home: Home | None) -> Manner:
    is_own = feed.scope is FeedScope.PERSON
    return Manner(
        scope=feed.scope,
        locale=feed.locale,
        base_url=base_url,
        person_id=feed.person_id if is_own else None,
        reminders=Reminders.of(feed) if is_own else Reminders(),
        names=feed.names if feed.scope is FeedScope.LEADER else Names.NONE,
        home=home,
        shows_skipped=feed.shows_skipped,
    )


def _is_entitled(feed: FeedRow) -> bool:
    if feed.scope is FeedScope.PUBLIC:
        return True
    if feed.closed_at or feed.member_of is None or feed.role is None:
        return False
    return feed.scope is not FeedScope.LEADER or may_read_who_comes(feed.role)


def _home(household_id: int) -> tuple[Home, int]:
    """A household, and the counters of everyone who ever lived there summed: each of them only rises."""
    lives = HouseholdMember.until.is_(None)
    on_the_team = Person.closed_at.is_(None) & (Membership.state != MembershipState.LEFT)
    mates = (
        select(
            Household.sequence,
            Household.changed_at,
            Person.id,
            Person.name,
            (lives & on_the_team).label("here"),
            _counter(Scope.PERSON, Person.id).label("counter"),
        )
        .join(HouseholdMember, HouseholdMember.household_id == Household.id)
        .join(Person, Person.id == HouseholdMember.person_id)
        .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Household.team_id))
        .where(Household.id == household_id)
        .order_by(Person.id, lives)  # who moved out and in again: the last row says so
    )
    people = {row.id: row for row in db.session.execute(mates)}
    here = tuple((row.id, row.name) for row in people.values() if row.here)
    gone = tuple(row.id for row in people.values() if not row.here)
    sequence, changed_at = next(((row.sequence, row.changed_at) for row in people.values()), (0, None))
    return Home(sequence, changed_at, here, gone), sum(row.counter for row in people.values())


def _count_signups(team_id: int, begin: datetime, end: datetime) -> int:
    """Rises with every sign-up for a date in the window; which dates those are, the team's counter knows."""
    begin -= 2 * clock.DAY  # a date that ended in the window may have begun before it
    within = (Shift.team_id == team_id, Shift.starts_at >= begin, Shift.starts_at < end)
    return db.session.scalar(select(func.sum(Shift.version)).where(*within)) or 0


def mark_used(subscription: Subscription, now: datetime) -> None:
    """Remember the day a feed was last fetched: at most one write a day, and tomorrow is soon enough."""
    today = subscription.today(now)
    feed = subscription.feed
    if feed.last_day is None or feed.last_day < today:
        not_yet = Feed.id == feed.id, or_(Feed.last_day.is_(None), Feed.last_day < today)
        mark = update(Feed).where(*not_yet).values(last_day=today)
        database.write_in_passing(lambda: db.session.execute(mark))
