"""Feeds written out, and kept as long as there is room: whole files by their tag, single dates by what is stored.

A date is written once for all feeds that show it alike; what it is kept under holds everything its bytes depend on,
so nothing kept is ever out of date. Each process keeps its own.
"""

import gzip
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from threading import Lock

from .. import clock
from ..activities.models import Activity, Occurrence
from ..activities.states import Visibility
from ..papers import ics
from ..web.pages import speaking
from . import entries, left_out, sentences
from .entries import Manner, Stored
from .models import FeedScope
from .rules import window
from .subscriptions import Subscription, tag_of

ROOM_FOR_FILES = 32 * 1024 * 1024
"""Bytes."""
ROOM_FOR_DATES = 16_384


@dataclass(frozen=True)
class Written:
    """A feed, or one date of it, written out. changed_at: the latest change in it."""

    content: bytes
    changed_at: datetime
    tag: str = ""
    """Of a feed: its subscription's, unless a date had to be left out."""


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


def file_of(subscription: Subscription, tag: str, now: datetime, *, zipped: bool) -> Written:
    """The feed's bytes, as they are or compressed: the same for the same tag, whoever asks and whenever.

    Last changed at least at the midnight its window began. One that lacks a date has another tag and is not kept:
    what is wrong with that date may be mended without any counter knowing.
    """
    file = _shelf.find((tag, zipped))
    if file is None and zipped:
        plain = file_of(subscription, tag, now, zipped=False)
        file = replace(plain, content=gzip.compress(plain.content, 5, mtime=0))
    elif file is None:
        file = _write_out(subscription, now)
    if file.tag == tag:
        _shelf.put((tag, zipped), file)
    return file


def _write_out(subscription: Subscription, now: datetime) -> Written:
    """The feed's bytes, from the dates as they are stored now."""
    manner, person_id = subscription.manner, subscription.person_id or 0
    written, lacking = left_out.make_each(write_date, _read(subscription, now), manner, person_id)
    with speaking(manner.locale):
        head = sentences.head(subscription.scope, subscription.team_name, subscription.zone)
    midnight, _ = clock.day_bounds(subscription.today(now), subscription.zone)
    content = b"".join([ics.head_bytes(head), *(date.content for date in written), ics.END])
    changed_at = max([midnight, *(date.changed_at for date in written)])
    return Written(content, changed_at, tag_of(subscription, now, *lacking))


@lru_cache(maxsize=ROOM_FOR_DATES)
def write_date(stored: Stored, manner: Manner) -> Written | None:
    """One date; None when the people whose feed it is have no part in it any more."""
    event = event_of(stored, manner)
    return Written(ics.event_bytes(event), event.changed_at) if event else None


def event_of(stored: Stored, manner: Manner) -> ics.DateEvent | None:
    """One date in the words of its reader; None as above."""
    entry = entries.entry_of(stored, manner)
    if entry is None:
        return None
    with speaking(manner.locale):
        alarm = manner.alarm.before(entry.starts_at, entry.zone)
        return sentences.event(entry, alarm, public=manner.scope is FeedScope.PUBLIC)


def _read(subscription: Subscription, now: datetime) -> list[Stored]:
    """What a feed holds now, in order of time."""
    begin, end = window(subscription.today(now), subscription.zone)
    teams = Occurrence.team_id.in_(team_id for team_id, _ in subscription.teams)
    seen = [teams, Occurrence.ends_at >= begin, Occurrence.starts_at < end]
    if subscription.scope is FeedScope.PUBLIC:
        seen.append(Activity.visibility == Visibility.PUBLIC)
    return entries.list_for(subscription.manner, subscription.person_id or 0, *seen)
