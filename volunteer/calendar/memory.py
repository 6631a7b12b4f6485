"""What each feed last said of each date: read before a feed is written out, written before anybody reads it.

What cannot be remembered is not said. A memory is written only over the one it was made from, so of several processes
that write a feed out at once one is heard, and the others look again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from ..storage import database
from ..storage.database import db
from .models import Feed
from .stamps import Stamp

PATIENCE = 100
"""Milliseconds a calendar waits for its turn to be remembered."""


@dataclass(frozen=True)
class Memory:
    """What a feed said, when all it shows was counted so. revision: 0 before it said anything that was remembered."""

    revision: int
    counters: str
    tag: str
    said_at: datetime | None
    said: Mapping[int, Stamp]


def read(feed_id: str) -> Memory:
    row = db.session.execute(_MEMORY.where(Feed.id == feed_id)).one()
    said = {int(occurrence_id): Stamp(*values) for occurrence_id, values in (row.said or {}).items()}
    return Memory(row.revision, row.counters, row.tag, row.said_at, said)


_MEMORY = select(Feed.revision, Feed.counters, Feed.tag, Feed.said_at, Feed.said)


def write(feed_id: str, before: Memory, now: Memory) -> bool:
    """Remember `now` instead of `before`; False if that cannot be had now, or another memory was written meanwhile."""
    said = {str(occurrence_id): list(one) for occurrence_id, one in now.said.items()}
    unchanged = Feed.id == feed_id, Feed.revision == before.revision
    values = {"counters": now.counters, "tag": now.tag, "said_at": now.said_at, "revision": before.revision + 1}
    remembering = update(Feed).where(*unchanged).values(said=said, **values).returning(Feed.id)
    found: list[str | None] = [None]

    def remember() -> None:
        found[0] = db.session.scalar(remembering)

    return database.write_in_passing(remember, PATIENCE) and found[0] is not None
