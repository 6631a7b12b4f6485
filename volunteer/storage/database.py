"""The database: base class and column types of every table, and the one way to write.

A transaction belongs to one request or command: `@writes` (see `web.transactions`) on a view that answers a POST,
`write(fn)` in a command. Both open the write at once (SQLite: BEGIN IMMEDIATE), commit at the end and run the whole
work again when the database asks for it. Nobody else commits; a long list is many writes (`write_each`).
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator
from werkzeug.exceptions import ServiceUnavailable

from .gate import in_line, turn
from .troubles import Trouble, Unwritable, has_waited, is_passing, trouble_of

T = TypeVar("T")

RETRY_FOR = 30.0
"""Seconds for which a write is tried again while the database is passing to another machine."""
PATIENCE = 10_000
"""Milliseconds a statement waits for its turn on SQLite."""
BREATH = 0.12
"""Seconds between two of many writes. SQLite's own waiting asks every 0.1 s at the least."""
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
            list[list[int]]: JSON,
        },
    )
    metadata = registry.metadata


def index_where(condition: str, name: str | None, *columns: str, unique: bool = False) -> Index:
    """An index of those rows of a table for which a condition holds, the same on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def writing(engine: Engine, patience: int = PATIENCE) -> dict[str, Any]:
    """The options of a connection that is to write, in a transaction. patience: for its turn on SQLite, milliseconds.

    A page only reads, each statement for itself: a transaction would cost it two more waits for the server.
    """
    return {"write": patience} if engine.dialect.name == "sqlite" else {"isolation_level": "READ COMMITTED"}


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


def write_each(works: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Run each of these in a write transaction of its own: a list so long that others would wait for all of it.

    The one exception to one deed, one transaction. Stopped in between, what is done is done, so doing it again must do
    the rest. On SQLite, whoever waits for the file asks again within BREATH, and has their turn between two of these.
    """
    for n, work in enumerate(works):
        if n and db.engine.dialect.name == "sqlite":
            time.sleep(BREATH)
        yield write(work)


def write_in_passing(work: Callable[[], object], patience: int = 0) -> bool:
    """Run `work` in one write transaction if that can be had at once; says whether it was.

    For what a page remembers while somebody reads: it never waits, not even for a disk, and whatever the database
    says, the page goes on. While others wait it does nothing, or they would take it for one who got through.
    patience: milliseconds it waits for its turn all the same; then it waits for the disk, too, and is there for good.
    """
    on_server = db.engine.dialect.name == "postgresql"

    def mark() -> None:
        if on_server:
            how = f"lock_timeout = {patience}" if patience else "synchronous_commit = off"
            db.session.execute(text(f"SET LOCAL {how}"))
        work()

    try:
        if on_server and db.session.scalar(_SOMEBODY_WAITS):
            return False
        write_once(mark, patience)
    except DBAPIError as error:
        current_app.logger.info("not written in passing: %s", type(error.orig).__name__)
        return False
    return True


_SOMEBODY_WAITS = text(
    "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() "
    "AND waitstart < clock_timestamp() - interval '250 milliseconds')"
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


def these(ids: Iterable[int]) -> Select[int]:
    """A selection of these ids: one value of a statement, however many they are."""
    if db.engine.dialect.name == "postgresql":
        return select(func.unnest(literal(list(ids), postgresql.ARRAY(Integer))).column_valued("these"))
    return select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value)
