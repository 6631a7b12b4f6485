"""Feeds written out, and kept as long as there is room: whole files by their tag, single dates by what is stored.

A date is written once for all feeds that show it alike; what it is kept under holds everything its bytes depend on,
so nothing kept is ever out of date. Each process keeps its own.
"""

import gzip
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock

from .. import clock, ics
from ..teams.models import Names
from ..web import public_url
from . import dates
from .dates import Stored
from .models import FeedScope
from .rules import Alarm, Entry, Home
from .subscriptions import Subscription, window
from .wording import words

ROOM_FOR_FILES = 32 * 1024 * 1024
"""Bytes."""
ROOM_FOR_DATES = 16_384


@dataclass(frozen=True)
class Body:
    """A feed written out. changed_at: the latest change in it, at least the midnight its window began."""

    content: bytes
    changed_at: datetime


class Shelf:
    """Keeps files up to a number of bytes; what was asked for longest ago goes first."""

    def __init__(self, room: int) -> None:
        self._free = room
        self._bodies: OrderedDict[Hashable, Body] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> Body | None:
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def put(self, key: Hashable, body: Body) -> None:
        with self._lock:
            if key in self._bodies:
                return
            self._bodies[key] = body
            self._free -= len(body.content)
            while self._free < 0:
                _, oldest = self._bodies.popitem(last=False)
                self._free += len(oldest.content)


_files = Shelf(ROOM_FOR_FILES)


def body_of(subscription: Subscription, tag: str, now: datetime, host: str, *, zipped: bool) -> Body:
    """The feed's bytes, as they are or compressed: the same for the same tag, whoever asks and whenever."""
    body = _files.find((tag, zipped))
    if body is None and zipped:
        plain = body_of(subscription, tag, now, host, zipped=False)
        body = Body(gzip.compress(plain.content, 5, mtime=0), plain.changed_at)
    elif body is None:
        body = write_out(subscription, now, host)
    _files.put((tag, zipped), body)
    return body


@dataclass(frozen=True, eq=False)
class Manner:
    """How a feed shows its dates: everything but the dates themselves. Made by `manner_of`, and so itself alone."""

    scope: FeedScope
    locale: str | None
    host: str
    link: str
    alarm: Alarm
    names: Names
    home: Home | None

    def event(self, entry: Entry) -> ics.Event:
        link = self.link + str(entry.occurrence_id)
        return words(self.locale).event(entry, self.host, link, self.alarm.before(entry.starts_at, entry.zone))


manner_of = lru_cache(maxsize=1024)(Manner)


def link_stem() -> str:
    """The address of a date's page, without its id."""
    return public_url("home.show_occurrence", occurrence_id=0).removesuffix("0")


@dataclass(frozen=True)
class Piece:
    """A date written out."""

    content: bytes
    changed_at: datetime


@lru_cache(maxsize=ROOM_FOR_DATES)
def piece_of(stored: Stored, manner: Manner) -> Piece | None:
    """One date; None when the people whose feed it is have no part in it any more."""
    entry: Entry | None
    if manner.scope in (FeedScope.PERSON, FeedScope.HOUSEHOLD):
        entry = dates.own_entry_of(stored, manner.home)
    elif manner.scope is FeedScope.LEADER:
        entry = dates.full_entry_of(stored, manner.names)
    else:
        entry = dates.entry_of(stored)
    return Piece(ics.event_bytes(manner.event(entry)), entry.changed_at) if entry else None


def write_out(subscription: Subscription, now: datetime, host: str) -> Body:
    """The feed's bytes, from the dates as they are stored now."""
    scope = FeedScope.TEAM if subscription.scope is FeedScope.PUBLIC else subscription.scope  # they look alike
    manner = manner_of(
        scope, subscription.locale, host, link_stem(), subscription.alarm, subscription.names, subscription.home
    )
    pieces = [piece for stored in read(subscription, now) if (piece := piece_of(stored, manner))]
    head = words(subscription.locale).head(subscription.scope, subscription.team_name, subscription.zone)
    midnight, _ = clock.day_bounds(subscription.today(now), subscription.zone)
    content = b"".join([ics.head_bytes(head), *(piece.content for piece in pieces), ics.END])
    return Body(content, max([midnight, *(piece.changed_at for piece in pieces)]))


def read(subscription: Subscription, now: datetime) -> list[Stored]:
    """What a feed holds now, in order of time. One statement, for leaders three at most."""
    begin, end = window(subscription.today(now), subscription.zone)
    seen = {"teams": [team_id for team_id, _ in subscription.teams], "begin": begin, "end": end}
    if subscription.scope is FeedScope.PERSON:
        return dates.by_date(dates.OWN.read(people=[subscription.person_id], **seen))
    if subscription.home:
        people = [mate.person_id for mate in subscription.home.people]
        return dates.by_date(dates.HOUSEHOLD.read(people=people, **seen))
    if subscription.scope is FeedScope.LEADER:
        return dates.with_fill(dates.TEAM.read(**seen), subscription.names, **seen)
    source = dates.PUBLIC if subscription.scope is FeedScope.PUBLIC else dates.TEAM
    return [(row,) for row in source.read(**seen)]
