"""Feeds written out, and kept as long as there is room: whole files by their tag, single dates by what is stored.

A date is written once for all feeds that show it alike; what it is kept under holds everything its bytes depend on,
and a file's tag is made of its bytes, so nothing kept is ever out of date. Each process keeps its own. Under which
stamp a date stands in a feed follows from what that feed said before: see `memory` and `stamps`.
"""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import Lock

from sqlalchemy import and_, or_

from .. import clock
from ..activities.models import Occurrence
from ..activities.public import IS_PUBLIC
from ..activities.states import OccurrenceState
from ..papers import ics
from ..web.pages import speaking
from ..words import one_line
from . import entries, left_out, memory, sentences
from .entries import Manner, Stored
from .memory import Memory
from .models import FeedScope
from .rules import OWN_BACK, window
from .stamps import Stamp, say
from .subscriptions import Subscription

ROOM_FOR_FILES = 32 * 1024 * 1024
"""Bytes."""
ROOM_FOR_DATES = 16_384
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRIES = 2


@dataclass(frozen=True)
class Written:
    """A feed written out, with the tag its bytes have, and since when it says that."""

    content: bytes
    changed_at: datetime
    tag: str = ""


@dataclass(frozen=True)
class WrittenDate:
    """A date written out but for its stamp. said: with the stamp that is stored."""

    occurrence_id: int
    content: bytes
    said: Stamp


class Shelf:
    """Keeps files up to a number of bytes; what was asked for longest ago goes first."""

    def __init__(self, room: int) -> None:
        self._free = room
        self._files: OrderedDict[Hashable, Written] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> Written | None:
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
            return self._files.get(key)

    def put(self, key: Hashable, file: Written) -> None:
        with self._lock:
            if key in self._files:
                return
            self._files[key] = file
            self._free -= len(file.content)
            while self._free < 0:
                _, oldest = self._files.popitem(last=False)
                self._free += len(oldest.content)


_shelf = Shelf(ROOM_FOR_FILES)


def tag_of(subscription: Subscription, now: datetime) -> str:
    """The tag of what the feed says now. Reads a date only when a counter has moved since it last said that.

    What it said last, when something else could not be remembered now; "" when that was nothing.
    """
    if subscription.feed.counters == subscription.counted(now):
        return subscription.feed.tag
    file = _say(subscription, now)
    return file.tag if file else subscription.feed.tag


def file_of(subscription: Subscription, tag: str, now: datetime, *, zipped: bool) -> Written | None:
    """The feed's bytes under this tag, or under a newer one, as they are or compressed: the same whoever asks.

    None when they are not at hand here, and what it would say now could not be remembered.
    """
    file = _shelf.find((subscription.feed.id, tag, zipped))
    if file is None and zipped:
        plain = file_of(subscription, tag, now, zipped=False)
        file = plain and replace(plain, content=gzip.compress(plain.content, 5, mtime=0))
        if file:
            _shelf.put((subscription.feed.id, file.tag, zipped), file)
    return file or _say(subscription, now)


def _say(subscription: Subscription, now: datetime) -> Written | None:
    """Write out what the feed says now, remembered first; None when that cannot be had."""
    for _ in range(TRIES):
        before = memory.read(subscription.feed.id)
        file, said = _write_out(subscription, before, now)
        if said == before or memory.write(subscription.feed.id, before, said) or said.tag == before.tag:
            _shelf.put((subscription.feed.id, file.tag, False), file)
            return file
    return None


def _write_out(subscription: Subscription, before: Memory, now: datetime) -> tuple[Written, Memory]:
    """The feed from the dates as they are stored now, and what is to be remembered of it.

    Counted as read before the dates. A feed that lacks a date is counted anew at every fetch: what is wrong with that
    date may be mended without any counter knowing. What it says no more is remembered until it is over for good.
    """
    dates, lacking = left_out.make_each(write_date, _read(subscription, now), subscription.manner)
    said = {one.occurrence_id: say(one.said, before.said.get(one.occurrence_id)) for one in dates}
    content = _joined(subscription, dates, said)
    tag = hashlib.sha256(content).hexdigest()[:32]
    over = (now - OWN_BACK).timestamp()
    kept = {occurrence_id: one for occurrence_id, one in before.said.items() if one.ends_at > over}
    said_at = before.said_at
    if tag != before.tag or said_at is None:
        said_at = max([now.replace(microsecond=0), *([said_at + timedelta(seconds=1)] if said_at else [])])
    counters = "" if lacking else subscription.counted(now)
    return Written(content, said_at, tag), Memory(before.revision, counters, tag, said_at, kept | said)


def _joined(subscription: Subscription, dates: Sequence[WrittenDate], said: Mapping[int, Stamp]) -> bytes:
    """A feed of these dates under their stamps."""
    with speaking(subscription.manner.locale):
        head = sentences.head(subscription.feed.scope, subscription.feed.team_name, subscription.feed.zone)
    under = ((one.content, said[one.occurrence_id]) for one in dates)
    events = [ics.stamped(it, stamp.sequence, EPOCH + timedelta(seconds=stamp.changed_at)) for it, stamp in under]
    return b"".join([ics.head_bytes(head), *events, ics.END])


@lru_cache(maxsize=ROOM_FOR_DATES)
def write_date(stored: Stored, manner: Manner) -> WrittenDate | None:
    """One date; None when the people whose feed it is have no part in it any more."""
    event = event_of(stored, manner)
    if event is None:
        return None
    content, when = ics.content_bytes(event), event.day or (event.starts_at, event.ends_at)
    look = when, one_line(event.title), one_line(event.place), event.status
    changed_at, ends_at = (int(moment.timestamp()) for moment in (event.changed_at, event.ends_at))
    said = Stamp(_digest(repr(look).encode()), _digest(content), event.sequence, changed_at, ends_at)
    return WrittenDate(stored[0][0], content, said)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def event_of(stored: Stored, manner: Manner) -> ics.DateEvent | None:
    """One date in the words of its reader; None as above."""
    entry = entries.entry_of(stored, manner)
    if entry is None:
        return None
    with speaking(manner.locale):
        return sentences.event(entry, manner.reminders, public=manner.scope is FeedScope.PUBLIC)


def _read(subscription: Subscription, now: datetime) -> list[Stored]:
    """What a feed holds now, in order of time."""
    today, teams = subscription.today(now), Occurrence.team_id.in_(team_id for team_id, _ in subscription.teams)
    begin, end = window(today, subscription.feed.zone)
    seen = [teams, Occurrence.ends_at >= begin, Occurrence.starts_at < end]
    if subscription.feed.scope is FeedScope.PERSON:
        took_place = Occurrence.state != OccurrenceState.CANCELLED
        own_begin, _ = clock.day_bounds(today - OWN_BACK, subscription.feed.zone)
        seen = [teams, or_(Occurrence.ends_at >= begin, and_(Occurrence.ends_at >= own_begin, took_place))]
    if subscription.feed.scope is FeedScope.PUBLIC:
        seen.append(IS_PUBLIC)
    return entries.list_for(subscription.manner, *seen)
