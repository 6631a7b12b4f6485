"""What can be done with feeds: hand out addresses, renew and revoke them, choose what they show; save a single date.

The way of a feed: address → subscription (`subscriptions`: who may still read it, and the counters of what they
see) → tag. Only when the tag is a new one are dates read and written out (`files`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from sqlalchemy import and_, func, or_, select, update

from .. import clock
from ..activities.models import Occurrence
from ..actor import Actor, By
from ..errors import Forbidden, Refused, or_missing
from ..notices import deeds
from ..papers import ics
from ..storage import database
from ..storage.database import db, insert
from ..teams.models import HouseholdMember, Names, Team
from ..web import tokens
from ..web.addresses import public_url
from ..web.pages import speaking
from ..words import one_line
from . import entries, files, left_out, rules, sentences, stamps
from .entries import Manner
from .models import Feed, FeedScope
from .rules import Reminders
from .subscriptions import PURPOSE


@dataclass(frozen=True)
class FeedAddress:
    """A feed as it is handed out to somebody."""

    scope: FeedScope
    address: str
    """Empty while it is revoked, and before it was made."""
    may_renew: bool
    """May this reader make a new address, and revoke the present one?"""
    reminders: Reminders | None = None
    """Of one's own feed: when it rings."""
    shows_skipped: bool = False
    names: Names | None = None
    """Of the leaders' feed, for administrators: how names stand in it."""

    @property
    def webcal(self) -> str:
        """The address calendar apps open by themselves."""
        return "webcal:" + self.address.partition(":")[2]

    @property
    def google(self) -> str:
        """Adds the feed to Google Calendar."""
        return "https://calendar.google.com/calendar/r?cid=" + quote(self.webcal, safe="")


def list_addresses_for(actor: Actor) -> list[FeedAddress]:
    """The feeds the actor may subscribe to, in the order of their scopes.

    The first time it makes them, though a page that is only read asks: a row for everyone who ever joins would be a
    feed for nobody. Idempotent; two at once agree. When nothing can be written at once, they have no address yet.
    """
    feeds = _feeds_of(actor)
    if None in feeds.values():
        database.write_in_passing(lambda: _make_missing(actor, clock.now()))
        feeds = _feeds_of(actor)
    names = db.session.scalar(select(Team.names_in_feeds).where(Team.id == actor.team_id))
    handed_out = [
        FeedAddress(
            scope,
            _address(feed),
            may_renew=rules.may_end_address(actor.role, is_public=scope is FeedScope.PUBLIC),
            reminders=Reminders.of(feed) if feed and scope is FeedScope.PERSON else None,
            shows_skipped=bool(feed and feed.shows_skipped),
            names=names if scope is FeedScope.LEADER and rules.may_choose_names(actor.role) else None,
        )
        for scope, feed in feeds.items()
    ]
    return [feed for feed in handed_out if feed.address or feed.may_renew]


def _feeds_of(actor: Actor) -> dict[FeedScope, Feed | None]:
    """The actor's feed for every scope they may subscribe to, None where it was never made.

    A person has one feed of their own, in whichever team it was made, and one for the household they live in.
    """
    household_id = _household_of(actor)
    mine = and_(
        Feed.person_id == actor.person_id,
        or_(Feed.scope == FeedScope.PERSON, Feed.team_id == actor.team_id),
        func.coalesce(Feed.household_id, household_id or 0) == (household_id or 0),
    )
    made = (
        select(Feed)
        .where(or_(mine, and_(Feed.person_id.is_(None), Feed.team_id == actor.team_id)))
        .order_by(Feed.created_at.desc(), Feed.id.desc())
    )
    feeds = {feed.scope: feed for feed in db.session.scalars(made)}  # the oldest wins
    lacking = {FeedScope.HOUSEHOLD: household_id is None, FeedScope.LEADER: not rules.may_read_who_comes(actor.role)}
    return {scope: feeds.get(scope) for scope in FeedScope if not lacking.get(scope)}


def _household_of(actor: Actor) -> int | None:
    lives = HouseholdMember.person_id == actor.person_id, HouseholdMember.until.is_(None)
    home = select(HouseholdMember.household_id).where(HouseholdMember.team_id == actor.team_id, *lives)
    return db.session.scalar(home)


def _make_missing(actor: Actor, now: datetime) -> None:
    """Make the feeds the actor lacks; idempotent. A revoked one is not made again by itself."""
    for scope in [scope for scope, feed in _feeds_of(actor).items() if feed is None]:
        new = insert(Feed).values(
            id=tokens.new_id(),
            team_id=actor.team_id,
            person_id=None if scope is FeedScope.PUBLIC else actor.person_id,
            household_id=_household_of(actor) if scope is FeedScope.HOUSEHOLD else None,
            scope=scope,
            created_at=now,
        )
        db.session.execute(new.on_conflict_do_nothing())


def _address(feed: Feed | None) -> str:
    if feed is None or feed.revoked_at:
        return ""
    return public_url("calendar.feed", token=tokens.seal(PURPOSE, feed.id, feed.generation))


def find_public_address(team_id: int) -> FeedAddress | None:
    """The calendar of a team's public dates; None while it has no address."""
    its = select(Feed).where(Feed.team_id == team_id, Feed.scope == FeedScope.PUBLIC, Feed.revoked_at.is_(None))
    feed = db.session.scalar(its)
    return FeedAddress(FeedScope.PUBLIC, _address(feed), may_renew=False) if feed else None


def end_address(actor: Actor, scope: FeedScope, now: datetime, *, renew: bool) -> None:
    """Let the address of one's feed be dead at once; `renew`: give it a new one, or else there is none until then.

    Missing for a feed the actor does not have, Forbidden for the public one, which is the administrators'.
    """
    _make_missing(actor, now)
    feed = _get_own(actor, scope)
    values = {"generation": Feed.generation + 1, "revoked_at": None} if renew else {"revoked_at": now}
    db.session.execute(update(Feed).where(Feed.id == feed.id).values(values))
    deeds.close(By(feed.team_id, actor.person_id), "rotate" if renew else "revoke", f"{scope} feed", now)


def _get_own(actor: Actor, scope: FeedScope) -> Feed:
    """A feed that is the actor's to change. Missing for one they do not have, Forbidden for everybody's."""
    if not rules.may_end_address(actor.role, is_public=scope is FeedScope.PUBLIC):
        raise Forbidden
    return or_missing(_feeds_of(actor).get(scope))


def remind(actor: Actor, reminders: Reminders) -> None:
    """When the actor's own dates ring. Missing without a feed of their own."""
    feed = _get_own(actor, FeedScope.PERSON)
    for name, value in reminders._asdict().items():
        setattr(feed, f"remind_{name}", value)


def show_skipped(actor: Actor, scope: FeedScope, now: datetime, *, shows: bool) -> None:
    """Choose whether a feed notes the days off on which a date is left out. Missing and Forbidden as `end_address`."""
    feed = _get_own(actor, scope)
    feed.shows_skipped = shows
    deeds.close(By(feed.team_id, actor.person_id), "choose days off in", f"{scope} feed", now, shown=shows)


def choose_names(actor: Actor, names: Names, now: datetime) -> None:
    """How names stand in the calendars of the team's leaders. Forbidden to all but administrators."""
    if not rules.may_choose_names(actor.role):
        raise Forbidden
    db.session.get_one(Team, actor.team_id).names_in_feeds = names
    deeds.close(actor, "choose names in calendars", f"team {actor.team_id}", now, names=names.value)


def download_for(actor: Actor, occurrence_id: int) -> tuple[bytes, str, date]:
    """One date with the actor's own places in it, the same as in their feed, but silent.

    Returns the file, the title as it stands there, and the day. Missing for another team's date, for a skipped one,
    and for a private one they have no part in; Refused for one that cannot be written.
    """
    event = or_missing(_event_for(actor, occurrence_id))
    with speaking(actor.locale):
        head = sentences.head(FeedScope.PERSON, actor.team_name, actor.zone)
    return ics.build(head, [event]), one_line(event.title), clock.local(event.starts_at, actor.zone).date()


def _event_for(actor: Actor, occurrence_id: int) -> ics.DateEvent | None:
    """One of the team's dates as the actor's own feed would show it or, where they have no part in it, their team's.

    Stamped as a feed says it first; its sequence counts their withdrawn sign-ups in both.
    """
    this = Occurrence.team_id == actor.team_id, Occurrence.id == occurrence_id
    manner = Manner(FeedScope.PERSON, actor.locale, person_id=actor.person_id)
    own = entries.list_for(manner, *this)
    made, lacking = left_out.make_each(files.event_of, own, manner)
    if not made and not lacking:
        steps = own[0][1:] if own else ()
        everyones = [(*date, *steps) for date in entries.list_all(*this)]
        made, lacking = left_out.make_each(files.event_of, everyones, Manner(FeedScope.TEAM, actor.locale))
    if lacking:
        raise Refused("This date cannot be saved as a file for now. Its page says when and where it is.")
    return next((stamps.first_said(event) for event in made), None)
