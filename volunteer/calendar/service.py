"""What can be done with feeds: hand out and rotate addresses, find whose feed an address is, read its dates.

The way of a feed: address → subscription (who may still read it, and the counters of what they see) → tag. Only
when the tag is a new one are dates read and written out.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from sqlalchemy import and_, func, or_, select, update

from .. import audit, clock, database, ics, revisions, tokens
from ..accounts.models import Person
from ..actor import Actor
from ..database import db, insert
from ..errors import Forbidden, Missing
from ..revisions import Revision, Scope
from ..teams.models import Membership, MembershipState, Team
from ..web import public_url
from .dates import list_dates, list_own_dates, one, within
from .models import Feed, FeedScope
from .rules import Entry, first_and_last
from .wording import LinkTo, words

FORMAT = 1
"""Raise it whenever the same data is written differently: every calendar then fetches anew."""
PURPOSE = "feed"


@dataclass(frozen=True)
class FeedAddress:
    """A feed as it is handed out to somebody."""

    scope: FeedScope
    address: str
    may_rotate: bool

    @property
    def webcal(self) -> str:
        """The address calendar apps open by themselves."""
        return "webcal:" + self.address.partition(":")[2]

    @property
    def google(self) -> str:
        """Adds the feed to Google Calendar."""
        return "https://calendar.google.com/calendar/r?cid=" + quote(self.webcal, safe="")


def list_addresses_for(actor: Actor) -> list[FeedAddress]:
    """The actor's own feed, the team's and the public one, in this order.

    The first time, this writes, though a page that is only read calls it: an address needs a random id, the
    page shows it without a further tap, and a row for everyone who ever joins would be a feed for nobody. The
    write is idempotent; two at once agree.
    """
    feeds = _open_feeds(actor.person_id, actor.team_id)
    if len(feeds) < len(FeedScope):
        database.write(lambda: ensure_feeds(actor.person_id, actor.team_id, clock.now()))
        feeds = _open_feeds(actor.person_id, actor.team_id)
    return [
        FeedAddress(scope, _address(feeds[scope]), actor.administers or scope is not FeedScope.PUBLIC)
        for scope in FeedScope
    ]


def ensure_feeds(person_id: int, team_id: int, now: datetime) -> None:
    """Make the feeds a member of a team lacks; idempotent."""
    for scope in FeedScope:
        if scope not in _open_feeds(person_id, team_id):
            owner = None if scope is FeedScope.PUBLIC else person_id
            new = insert(Feed).values(
                id=tokens.new_id(), team_id=team_id, person_id=owner, scope=scope, generation=1, created_at=now
            )
            db.session.execute(new.on_conflict_do_nothing())


def _open_feeds(person_id: int, team_id: int) -> dict[FeedScope, Feed]:
    """A person has one feed of their own, in whichever team it was made."""
    theirs = or_(Feed.scope == FeedScope.PERSON, Feed.team_id == team_id)
    found = (
        select(Feed)
        .where(
            Feed.revoked_at.is_(None),
            or_(
                and_(Feed.person_id == person_id, theirs),
                and_(Feed.person_id.is_(None), Feed.team_id == team_id),
            ),
        )
        .order_by(Feed.created_at.desc(), Feed.id.desc())
    )
    return {feed.scope: feed for feed in db.session.scalars(found)}  # the oldest wins


def _address(feed: Feed) -> str:
    return public_url("calendar.feed", token=tokens.seal(PURPOSE, feed.id, feed.generation))


def rotate(actor: Actor, scope: FeedScope, now: datetime) -> None:
    """Give one's feed a new address; the old one is dead at once. The public one is the administrators' to rotate."""
    if scope is FeedScope.PUBLIC and not actor.administers:
        raise Forbidden
    feed = _open_feeds(actor.person_id, actor.team_id).get(scope)
    if feed is None:
        raise Missing
    db.session.execute(update(Feed).where(Feed.id == feed.id).values(generation=Feed.generation + 1))
    audit.note(now, team_id=feed.team_id, actor_id=actor.person_id, verb="rotate", object=f"{scope} feed")


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
    own: int
    """The person's counter."""

    def today(self, now: datetime) -> date:
        return clock.today(now, self.zone)


def find_subscription(token: str) -> Subscription | None:
    """The feed of an address; None for a wrong or rotated one, and when its owner is no longer entitled."""
    feed_id = tokens.id_in(token)
    if not feed_id:
        return None
    wanted = (
        select(Feed, Team.name, Team.zone, Person.locale, Person.closed_at)
        .join(Team, Team.id == Feed.team_id)
        .outerjoin(Person, Person.id == Feed.person_id)
        .where(Feed.id == feed_id, Feed.revoked_at.is_(None))
    )
    row = db.session.execute(wanted.execution_options(populate_existing=True)).first()
    generation = row.Feed.generation if row else 1
    if not tokens.is_sealed(token, PURPOSE, feed_id, generation) or row is None or row.closed_at:
        return None
    teams = _teams_of(row.Feed)
    if not teams:
        return None
    feed, own = row.Feed, row.Feed.scope is FeedScope.PERSON
    return Subscription(
        feed_id=feed.id,
        scope=feed.scope,
        generation=feed.generation,
        team_name=row.name,
        zone=row.zone,
        person_id=feed.person_id,
        locale=row.locale,
        last_day=feed.last_day,
        teams=teams,
        own=revisions.value_of(Scope.PERSON, feed.person_id) if own else 0,
    )


def _teams_of(feed: Feed) -> tuple[tuple[int, int], ...]:
    """The teams whose dates it may hold, with their counters: those its owner is active in."""
    found = (
        select(Team.id, func.coalesce(Revision.value, 0))
        .outerjoin(Revision, and_(Revision.scope == Scope.TEAM, Revision.scope_id == Team.id))
        .order_by(Team.id)
    )
    if feed.scope is not FeedScope.PERSON:
        found = found.where(Team.id == feed.team_id)
    if feed.scope is not FeedScope.PUBLIC:
        found = found.join(Membership, Membership.team_id == Team.id).where(
            Membership.person_id == feed.person_id, Membership.state == MembershipState.ACTIVE
        )
    return tuple((team_id, value) for team_id, value in db.session.execute(found))


def tag_of(subscription: Subscription, now: datetime, base_url: str) -> str:
    """Changes whenever the feed's bytes do, and at midnight, when its window moves on. Reads nothing."""
    seen = (
        FORMAT,
        base_url,
        subscription.feed_id,
        subscription.generation,
        subscription.team_name,
        subscription.zone,
        words(subscription.locale),
        subscription.teams,
        subscription.own,
        subscription.today(now),
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def note_use(subscription: Subscription, now: datetime) -> None:
    """Remember the day a feed was last fetched: at most one write a day."""
    today, feed = subscription.today(now), Feed.id == subscription.feed_id
    if subscription.last_day is None or subscription.last_day < today:
        mark = update(Feed).where(feed, or_(Feed.last_day.is_(None), Feed.last_day < today)).values(last_day=today)
        database.write(lambda: db.session.execute(mark))


@dataclass(frozen=True)
class Body:
    """A feed written out. changed_at: the latest change in it, at least the midnight its window began."""

    content: bytes
    changed_at: datetime


def write_out(subscription: Subscription, now: datetime, host: str, link_to: LinkTo) -> Body:
    """The feed's bytes: the same for the same data, whoever asks and whenever on that day."""
    entries, say = entries_for(subscription, now), words(subscription.locale)
    head = say.head(subscription.scope, subscription.team_name, subscription.zone)
    content = ics.build(head, (say.event(entry, host, link_to) for entry in entries))
    midnight, _ = clock.day_bounds(subscription.today(now), subscription.zone)
    return Body(content, max([midnight, *(entry.changed_at for entry in entries)]))


def entries_for(subscription: Subscription, now: datetime) -> list[Entry]:
    """The dates a feed holds now, in order of time. One statement."""
    first, last = first_and_last(subscription.today(now))
    begin, end = clock.day_bounds(first, subscription.zone)[0], clock.day_bounds(last, subscription.zone)[1]
    seen = within([team_id for team_id, _ in subscription.teams], begin, end)
    if subscription.scope is FeedScope.PERSON and subscription.person_id:
        return list_own_dates(subscription.person_id, *seen)
    return list_dates(*seen, public_only=subscription.scope is FeedScope.PUBLIC)


@dataclass(frozen=True)
class Download:
    """A single date to put into a calendar by hand. title: as it stands in the file."""

    content: bytes
    title: str
    day: date


def download_for(actor: Actor, occurrence_id: int, host: str, link_to: LinkTo) -> Download:
    """One date with the actor's own places in it, the same as in their feed.

    Missing for another team's date, for a skipped one, and for a private one they have no part in.
    """
    here = one(actor.team_id, occurrence_id)
    found = list_own_dates(actor.person_id, *here) or list_dates(*here)
    if not found:
        raise Missing
    (entry,) = found
    say = words(actor.locale)
    event = say.event(entry, host, link_to)
    head = say.head(FeedScope.PERSON, actor.team_name, actor.zone)
    day = clock.local(entry.starts_at, entry.zone).date()
    return Download(ics.build(head, [event]), ics.one_line(event.title), day)
