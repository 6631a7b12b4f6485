"""The database: base class and column types of every table, and the one way to write.

A transaction belongs to one request or command: `@writes` (see `posting`) on a view that answers a POST, `write(fn)`
in a command. Both open the write at once (SQLite: BEGIN IMMEDIATE), commit at the end and run the whole work again
when the database asks for it. Nobody else commits.
"""

import math
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, TypeVar, cast

import psycopg
from flask import current_app, g, has_request_context
from flask_sqlalchemy import SQLAlchemy
from psycopg.abc import PQGen
from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, Enum, Index, MetaData, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator
from werkzeug.exceptions import ServiceUnavailable

from .gate import in_line, turn
from .troubles import Trouble, Unwritable, has_waited, is_passing, trouble_of

T = TypeVar("T")

RETRY_FOR = 30.0
"""Seconds for which a write is tried again while the database is passing to another machine."""
SILENCE = 10.0
"""Seconds after which a request gives a silent server up: a frozen machine keeps its connections open."""
PATIENCE = 10_000
"""Milliseconds a statement waits for its turn on SQLite."""
RESTED = 1.0
"""Seconds of rest after which a connection is asked whether it lives. Each time: an unchanged feed 12 -> 10."""
POLL = 250
"""Milliseconds after which a write that waits for its turn there asks whether it may go on."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive one is a mistake and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: moments carry their zone")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _moment


@lru_cache(65536)
def _moment(stored: str | datetime | None) -> datetime | None:
    """A moment as the driver hands it over: SQLite's as text. Pages read the same ones again and again."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    """Parent of every table."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UtcDateTime,
            StrEnum: Enum(
                StrEnum,
                native_enum=False,
                length=20,
                validate_strings=True,
                values_callable=lambda members: [member.value for member in members],
            ),
            dict[str, Any]: JSON,
            list[str]: JSON,
            list[int]: JSON,
        },
    )
    metadata = registry.metadata


def index_where(condition: str, name: str | None, *columns: str, unique: bool = False) -> Index:
    """An index of those rows of a table for which a condition holds, the same on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


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


def writing(engine: Engine, patience: int = PATIENCE) -> dict[str, Any]:
    """The options of a connection that is to write, in a transaction. patience: for its turn on SQLite, milliseconds.

    A page only reads, each statement for itself: a transaction would cost it two more waits for the server.
    """
    return {"write": patience} if engine.dialect.name == "sqlite" else {"isolation_level": "READ COMMITTED"}


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


def write(work: Callable[[], T]) -> T:
    """Run `work` in one write transaction and return what it returns.

    The read that may be open is ended first, so `work` loads afresh what it decides upon. `work` may run
    several times, for half a minute, while others write or the database passes to another machine: it must not talk
    to the network. Raises ServiceUnavailable when that does not end or too many wait (see `gate`), and at once, as
    Unwritable, when nothing can be stored.
    """
    if db.session.info.get("writing"):
        raise RuntimeError("a write inside a write: one transaction per request or command")
    with in_line() as may_wait:

        def once() -> T:
            with turn():
                return write_once(work, POLL if may_wait() else 0)

        return _again_and_again(once, may_wait)


def write_in_passing(work: Callable[[], object]) -> bool:
    """Run `work` in one write transaction if that can be had at once; says whether it was.

    For what a page remembers while somebody reads: it never waits, not even for a disk, and whatever the database
    says, the page goes on. While others wait it does nothing, or they would take it for one who got through.
    """
    on_server = db.engine.dialect.name == "postgresql"

    def mark() -> None:
        if on_server:
            db.session.execute(text("SET LOCAL synchronous_commit = off"))
        work()

    try:
        if on_server and db.session.scalar(_SOMEBODY_WAITS):
            return False
        write_once(mark, patience=0)
    except DBAPIError as error:
        current_app.logger.info("not written in passing: %s", type(error.orig).__name__)
        return False
    return True


_SOMEBODY_WAITS = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE waitstart < clock_timestamp() - interval '250 milliseconds')"
)


def patiently(work: Callable[[], T]) -> T:
    """Read what a write depends on: as `write`, without a transaction."""
    with in_line() as may_wait:
        return _again_and_again(work, may_wait)


def _again_and_again(work: Callable[[], T], may_wait: Callable[[], bool]) -> T:
    """Run `work` until it succeeds or is to wait no longer."""
    deadline = time.monotonic() + RETRY_FOR
    pause = 0.05
    while True:
        try:
            return work()
        except DBAPIError as error:
            db.session.rollback()
            if trouble := _trouble_for_good(error):
                current_app.logger.error("nothing can be stored: %s", trouble)
                raise Unwritable(trouble) from error
            if not is_passing(error):
                raise
            if time.monotonic() + pause > deadline or not may_wait():
                raise ServiceUnavailable(retry_after=10) from error
            if not has_waited(error):
                time.sleep(pause)
                pause = min(pause * 2, 1.0)


def _trouble_for_good(error: DBAPIError) -> Trouble | None:
    """What somebody has to mend. A server that takes no writes though nobody told it so is a standby, which passes."""
    trouble = trouble_of(error)
    if trouble is not Trouble.READ_ONLY or db.engine.dialect.name == "sqlite":
        return trouble
    try:
        told = db.session.scalar(text("SELECT current_setting('default_transaction_read_only') = 'on'"))
    except DBAPIError:
        return None
    return trouble if told else None


def write_once(work: Callable[[], T], patience: int = PATIENCE) -> T:
    """Run `work` in one write transaction; in a second one when the first cannot write, on a connection made anew.

    Those at hand may lead to the machine that led before, or be older than the mode of the file. patience: for its
    turn on SQLite, milliseconds; 0: on PostgreSQL, too, for nobody who holds a row. Raises DBAPIError.
    """
    try:
        return _transact(work, patience)
    except DBAPIError as error:
        if trouble_of(error) is not Trouble.READ_ONLY:
            raise
    db.engine.dispose()
    return _transact(work, patience)


def _transact(work: Callable[[], T], patience: int) -> T:
    db.session.rollback()
    db.session.expire_all()
    db.session.info["writing"] = True
    try:
        connection = db.session.connection(execution_options=writing(db.engine, patience))
        if not patience and connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = 1")  # as good as none; 0 is for ever
        result = work()
        db.session.commit()
        return result
    finally:
        db.session.info.pop("writing", None)
        db.session.rollback()


def insert(table: type[Base] | Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing/update`, in the dialect at hand: the database judges uniqueness."""
    build = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return build(table)
