"""Whose feed an address is, who may still read it, and the counters of everything they see in it.

Home of the feed's tag: it is made of these counters alone, so an unchanged feed is answered without reading a date.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.orm import aliased

from .. import clock, database, tokens
from ..accounts.models import Person
from ..activities.models import Shift
from ..actor import Role, at_least
from ..database import db
from ..revisions import Revision, Scope
from ..teams.models import Household, HouseholdMember, Membership, MembershipState, Names, Team
from .models import Feed, FeedScope
from .rules import Alarm, Home, Housemate, first_and_last
from .wording import words

FORMAT = 2
"""Raise it whenever the same data is written differently: every calendar then fetches anew."""
PURPOSE = "feed"


@dataclass(frozen=True)
class Subscription:
    """A feed somebody may read now, with the counters of everything they see in it. Read without any date."""

    feed_id: str
    scope: FeedScope
    generation: int
    team_name: str
    zone: str
    person_id: int | None
    locale: str | None
    last_day: date | None
    teams: tuple[tuple[int, int], ...]
    """Id and counter of each team whose dates it may hold."""
    signups: int
    """Counts the sign-ups it shows: the owner's, their household's, or for leaders everybody's."""
    alarm: Alarm
    names: Names
    home: Home | None

    def today(self, now: datetime) -> date:
        return clock.today(now, self.zone)


_of_team, _of_person = aliased(Revision), aliased(Revision)
_FEED = (
    select(
        Feed.team_id,
        Feed.person_id,
        Feed.household_id,
        Feed.scope,
        Feed.generation,
        Feed.alarm,
        Feed.last_day,
        Team.name,
        Team.zone,
        Team.names_in_feeds,
        Person.locale,
        Person.closed_at,
        Membership.team_id.label("member_of"),
        Membership.role,
        func.coalesce(_of_team.value, 0).label("team_revision"),
        func.coalesce(_of_person.value, 0).label("own_revision"),
    )
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
    .outerjoin(
        _of_team,
        and_(
            _of_team.scope == Scope.TEAM,
            _of_team.scope_id == func.coalesce(Membership.team_id, Feed.team_id),
        ),
    )
    .outerjoin(_of_person, and_(_of_person.scope == Scope.PERSON, _of_person.scope_id == Feed.person_id))
    .where(Feed.id == bindparam("feed"), Feed.revoked_at.is_(None))
    .order_by(Membership.team_id)
)
"""A row for each team its owner is active in, of those whose dates the feed may hold."""
_HOME = (
    select(
        Household.sequence,
        Household.changed_at,
        HouseholdMember.person_id,
        HouseholdMember.until,
        Person.name,
        Person.closed_at,
        Membership.state,
        func.coalesce(Revision.value, 0).label("revision"),
    )
    .join(HouseholdMember, HouseholdMember.household_id == Household.id)
    .join(Person, Person.id == HouseholdMember.person_id)
    .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Household.team_id))
    .outerjoin(Revision, and_(Revision.scope == Scope.PERSON, Revision.scope_id == Person.id))
    .where(Household.id == bindparam("household"))
    .order_by(HouseholdMember.person_id, HouseholdMember.id)
)
"""Everyone who ever lived there."""
_VERSIONS = select(func.sum(Shift.version)).where(
    Shift.team_id == bindparam("team"), Shift.starts_at >= bindparam("begin"), Shift.starts_at < bindparam("end")
)
"""Rises with every sign-up for a date in the window; which dates those are, the team's counter knows."""


def find(token: str, now: datetime) -> Subscription | None:
    """The feed of an address; None for a wrong or rotated one, and when its owner is no longer entitled."""
    feed_id = tokens.id_in(token)
    if not feed_id:
        return None
    rows = db.session.connection().execute(_FEED, {"feed": feed_id}).all()
    generation = rows[0].generation if rows else 1
    if not tokens.is_sealed(token, PURPOSE, feed_id, generation) or not rows or not _is_entitled(rows[0]):
        return None
    row, scope, home, signups = rows[0], rows[0].scope, None, 0
    if scope is FeedScope.HOUSEHOLD:
        home, signups = _home(row.household_id)
        if row.person_id not in {mate.person_id for mate in home.people if mate.here}:
            return None
    elif scope is FeedScope.LEADER:
        signups = _count_signups(row.team_id, row.zone, now)
    elif scope is FeedScope.PERSON:
        signups = row.own_revision
    return Subscription(
        feed_id=feed_id,
        scope=scope,
        generation=generation,
        team_name=row.name,
        zone=row.zone,
        person_id=row.person_id,
        locale=row.locale,
        last_day=row.last_day,
        teams=tuple((one.member_of or row.team_id, one.team_revision) for one in rows),
        signups=signups,
        alarm=row.alarm if scope is FeedScope.PERSON else Alarm.NONE,
        names=row.names_in_feeds if scope is FeedScope.LEADER else Names.NONE,
        home=home,
    )


def _is_entitled(row: Any) -> bool:
    if row.scope is FeedScope.PUBLIC:
        return True
    if row.closed_at or row.member_of is None:
        return False
    return row.scope is not FeedScope.LEADER or at_least(row.role, Role.LEADER)


def _home(household_id: int) -> tuple[Home, int]:
    """A household, and the counters of everyone who ever lived there summed: each of them only rises."""
    rows = db.session.connection().execute(_HOME, {"household": household_id}).all()
    revisions = {row.person_id: row.revision for row in rows}
    mates = {row.person_id: Housemate(row.person_id, row.name, _is_here(rows, row)) for row in rows}
    return Home(rows[0].sequence, rows[0].changed_at, tuple(mates.values())), sum(revisions.values())


def _is_here(rows: Sequence[Any], row: Any) -> bool:
    """Does this person live there now, and is still in the team?"""
    if row.closed_at or row.state in (None, MembershipState.LEFT):
        return False
    return any(one.person_id == row.person_id and one.until is None for one in rows)


def _count_signups(team_id: int, zone: str, now: datetime) -> int:
    begin, end = window(clock.today(now, zone), zone)
    begin -= 2 * clock.DAY  # a date that ended in the window may have begun before it
    values = {"team": team_id, "begin": begin, "end": end}
    return db.session.connection().execute(_VERSIONS, values).scalar() or 0


def window(today: date, zone: str) -> tuple[datetime, datetime]:
    """From the beginning of the first day of a feed to the end of its last."""
    first, last = first_and_last(today)
    return clock.day_bounds(first, zone)[0], clock.day_bounds(last, zone)[1]


def tag_of(subscription: Subscription, now: datetime, base_url: str) -> str:
    """Changes whenever the feed's bytes do, and at midnight, when its window moves on. Reads nothing."""
    seen = (
        FORMAT,
        base_url,
        subscription.feed_id,
        subscription.generation,
        subscription.team_name,
        subscription.zone,
        words(subscription.locale).digest,
        subscription.teams,
        subscription.signups,
        subscription.alarm.value,
        subscription.names.value,
        subscription.home,
        subscription.today(now).toordinal(),
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def note_use(subscription: Subscription, now: datetime) -> None:
    """Remember the day a feed was last fetched: at most one write a day."""
    today, feed = subscription.today(now), Feed.id == subscription.feed_id
    if subscription.last_day is None or subscription.last_day < today:
        mark = update(Feed).where(feed, or_(Feed.last_day.is_(None), Feed.last_day < today)).values(last_day=today)
        database.write(lambda: db.session.execute(mark))
