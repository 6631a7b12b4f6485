"""Reads go on while writes wait: how many requests of a process may wait for the database at once.

As long as anybody gets through, of whatever process, all may. Once nobody has for two seconds, half of the process's
threads may go on waiting; whoever is beyond, and whoever comes, is to come back later. Commands and the worker are no
requests, and wait as long as they like.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import current_app, g, has_request_context
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

STANDSTILL = 2.0
"""Seconds without anybody getting through after which not everybody may wait."""
LOOK_EVERY = 0.25
"""Seconds between two looks at whether somebody has got through, by all threads of a process together."""


class Gate:
    """The requests of a process that write or wait to, in order of arrival."""

    def __init__(self, threads: int, has_moved: Callable[[], bool]) -> None:
        self._places = threads // 2
        self._has_moved = has_moved
        self._line: list[object] = []
        self._moved_at = self._looked_at = 0.0
        self._looking = threading.Lock()

    @contextmanager
    def line(self) -> Iterator[Callable[[], bool]]:
        """One more is in line during the body. Yields the question whether it may go on waiting."""
        me = object()
        if not self._line:
            self.move()
        self._line.append(me)
        try:
            yield lambda: self._may_wait(me)
        finally:
            self._line.remove(me)

    def move(self) -> None:
        """Somebody has got through."""
        self._moved_at = time.monotonic()

    def _may_wait(self, me: object) -> bool:
        if self._line.index(me) < self._places:
            return True
        self._look()
        return time.monotonic() - self._moved_at < STANDSTILL

    def _look(self) -> None:
        if time.monotonic() - self._looked_at < LOOK_EVERY or not self._looking.acquire(blocking=False):
            return
        try:
            if self._has_moved():
                self.move()
            self._looked_at = time.monotonic()
        finally:
            self._looking.release()


class Watch:
    """Has anybody, of whatever process, committed a write since this was asked last?"""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._seen: object = None

    def __call__(self) -> bool:
        try:
            self._connection = self._connection or self._engine.connect()
            return self._compare(self._connection)
        except DBAPIError:  # nobody gets through to a database that is away
            self.close()
            return False

    def close(self) -> None:
        """Until it is asked again."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _compare(self, connection: Connection) -> bool:
        before = self._seen
        if connection.dialect.name == "sqlite":
            self._seen = connection.scalar(text("PRAGMA data_version"))
            return self._seen != before
        self._seen, moved = connection.execute(_COMMITTED_SINCE, {"seen": before}).one()
        return bool(moved)


_COMMITTED_SINCE = text("""
SELECT CAST(pg_current_snapshot() AS text), EXISTS (
    SELECT FROM generate_series(
        CAST(CAST(pg_snapshot_xmax(CAST(:seen AS pg_snapshot)) AS text) AS bigint),
        CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) - 1
    ) AS begun
    WHERE pg_xact_status(CAST(CAST(begun AS text) AS xid8)) = 'committed'
) OR EXISTS (
    SELECT FROM pg_snapshot_xip(CAST(:seen AS pg_snapshot)) AS running WHERE pg_xact_status(running) = 'committed'
)
""")
"""Of the transactions that wrote: those that ran when it was asked last, and those begun since. Most that end then
have only waited, and were given up."""


@contextmanager
def in_line() -> Iterator[Callable[[], bool]]:
    """This request writes during the body, or waits to. Yields the question whether it may go on waiting."""
    if not has_request_context():
        yield lambda: True
        return
    with _gate().line() as may_wait:
        g.may_wait = may_wait
        try:
            yield may_wait
        finally:
            g.may_wait = None


@contextmanager
def turn() -> Iterator[None]:
    """This request writes during the body: it has got through, done or refused by a rule, unless the database fails."""
    stopped = False
    try:
        yield
    except DBAPIError:
        stopped = True
        raise
    finally:
        if has_request_context() and not stopped:
            _gate().move()


def _gate() -> Gate:
    gate: Gate = current_app.extensions["gate"]
    return gate
