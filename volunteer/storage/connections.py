"""How to connect: SQLite durable, with explicit transactions; PostgreSQL impatient with a server that is silent."""

import math
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import psycopg
from flask import g, has_request_context
from psycopg.abc import PQGen
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from .database import PATIENCE

T = TypeVar("T")
SILENCE = 10.0
"""Seconds after which a request gives a silent server up: a frozen machine keeps its connections open."""
RESTED = 1.0
"""Seconds of rest after which a connection is asked whether it lives. Each time: an unchanged feed 12 -> 10."""


def engine_options(database_url: str, threads: int) -> dict[str, Any]:
    """How to connect: no thread waits for a connection, and PostgreSQL notices a dead server within seconds.

    An error names no values: names, phones and password hashes stay out of the log.
    """
    pool = {"pool_size": 2 * threads, "max_overflow": threads, "hide_parameters": True}
    if database_url.startswith("sqlite"):
        return {"connect_args": {"isolation_level": None}, **pool}
    timeouts = {"connect_timeout": 2, "tcp_user_timeout": 5000}
    keepalives = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    return {"isolation_level": "AUTOCOMMIT", "connect_args": timeouts | keepalives, **pool}


def prepare_engine(engine: Engine) -> None:
    """Teach a SQLite engine durability, foreign keys and explicit transactions, a PostgreSQL engine impatience."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    else:
        event.listen(engine, "do_connect", lambda dialect, record, args, values: _Impatient.connect(*args, **values))
        event.listen(engine, "checkin", _on_rest)
        event.listen(engine, "checkout", partial(_on_use, engine.dialect))


def _on_rest(connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _on_use(dialect: Dialect, connection: PoolProxiedConnection, record: ConnectionPoolEntry, _: object) -> None:
    """Ask a connection that has rested whether it lives; with all others of the pool it is made anew if not."""
    if time.monotonic() - record.info.get("rests_since", math.inf) > RESTED:
        try:
            dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


class _Impatient(psycopg.Connection[Any]):
    """Closes itself when a statement of a request hears nothing from the server for too long.

    The server's own statement_timeout does not tick on a frozen machine, whose kernel goes on confirming packets.
    While it hears nothing, it asks the gate whether a write may go on waiting.
    """

    _commits = False

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        if timeout is None and has_request_context():
            timeout = SILENCE
            may_wait = g.get("may_wait")
            gen = self._giving_up(gen, may_wait) if may_wait else gen
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # not the server's words: the connection is lost, or given up
                self.pgconn.finish()
            raise

    def _giving_up(self, gen: PQGen[T], may_wait: Callable[[], bool]) -> PQGen[T]:
        """The same, but cancelled when it may wait no longer. What is being committed is not given up."""
        given_up = False
        try:
            state = next(gen)
            while True:
                ready = yield state
                if not (ready or given_up or self._commits or may_wait()):
                    given_up = True
                    self.cancel_safe(timeout=0.5)
                state = gen.send(ready)
        except StopIteration as done:
            if given_up:
                raise psycopg.errors.QueryCanceled from None
            return cast(T, done.value)

    def commit(self) -> None:
        self._commits = True
        try:
            super().commit()
        finally:
            self._commits = False

    def rollback(self) -> None:
        """On a lost connection this has happened: the server forgets what was not committed."""
        try:
            super().rollback()
        except psycopg.OperationalError:
            if not self.closed:
                raise


def _on_sqlite_connect(connection: sqlite3.Connection, _: object) -> None:
    for pragma in (f"busy_timeout={PATIENCE}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Connection) -> None:
    # A read that turns into a write fails at once under WAL, so a write says so when it begins.
    patience = connection.get_execution_options().get("write")
    if patience is None:
        return
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.execute(f"PRAGMA busy_timeout={patience}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={PATIENCE}")


MEASURED = 1000
"""Rows of an index that SQLite looks at, and has to find before it goes by them."""


def look_at_tables(connection: Connection) -> None:
    """Let the database know what its tables hold.

    Of a small table SQLite would learn to read it through, and go on so when thousands come: it stays unknown.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("ANALYZE")
        return
    connection.exec_driver_sql(f"PRAGMA analysis_limit = {MEASURED}")
    connection.exec_driver_sql("ANALYZE")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE CAST(stat AS INTEGER) < ?", (MEASURED,))
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # what this connection has learned of them, too
