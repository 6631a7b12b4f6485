"""The database: base class and column types of every table, and the one way to write.

A transaction belongs to one request or command: `@writes` (see `posting`) on a view that answers a POST, `write(fn)`
in a command. Both open the write at once (SQLite: BEGIN IMMEDIATE), commit at the end and run the whole work again
when the database asks for it. Nobody else commits.
"""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, Enum, MetaData, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator
from werkzeug.exceptions import ServiceUnavailable

T = TypeVar("T")

RETRY_FOR = 30.0
"""Seconds for which a write is tried again while the database is passing to another machine."""
_PASSING = {"40001", "40P01", "25006"}  # serialization failure, deadlock, read-only (a standby)


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

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def engine_options(database_url: str) -> dict[str, Any]:
    """How to connect: PostgreSQL notices a dead server within seconds; SQLite waits 10 s for its turn.

    An error names no values: names, phones and password hashes stay out of the log.
    """
    if database_url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"timeout": 10, "isolation_level": None}}
    timeouts = {"connect_timeout": 2, "tcp_user_timeout": 5000, "keepalives": 1, "keepalives_idle": 5}
    pool = {"pool_pre_ping": True, "pool_size": 16, "max_overflow": 8}
    return {"hide_parameters": True, "connect_args": timeouts, **pool}


def prepare_engine(engine: Engine) -> None:
    """Teach a SQLite engine durability, foreign keys and explicit transactions; others need nothing."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)


def _on_sqlite_connect(connection: sqlite3.Connection, _: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Connection) -> None:
    # A read that turns into a write fails at once under WAL, so a write says so when it begins.
    writing = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def write(work: Callable[[], T]) -> T:
    """Run `work` in one write transaction and return what it returns.

    The read that may be open is ended first, so `work` loads afresh what it decides upon. `work` may run
    several times: it must not talk to the network. Raises ServiceUnavailable when the database stays away.
    """
    if db.session.info.get("writing"):
        raise RuntimeError("a write inside a write: one transaction per request or command")
    deadline = time.monotonic() + RETRY_FOR
    pause = 0.05
    while True:
        try:
            return _write_once(work)
        except DBAPIError as error:
            if not _is_passing(error):
                raise
            if time.monotonic() + pause > deadline:
                raise ServiceUnavailable(retry_after=10) from error
        time.sleep(pause)
        pause = min(pause * 2, 2.0)


def _write_once(work: Callable[[], T]) -> T:
    db.session.rollback()
    db.session.expire_all()
    db.session.info["writing"] = True
    try:
        db.session.connection(execution_options={"write": True})
        result = work()
        db.session.commit()
        return result
    finally:
        db.session.info.pop("writing", None)
        db.session.rollback()


def _is_passing(error: DBAPIError) -> bool:
    """Would the same work succeed a little later? (Lost connection, deadlock, failover, SQLite's queue full.)"""
    state = getattr(error.orig, "sqlstate", None)
    locked = getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
    return error.connection_invalidated or state in _PASSING or locked


def insert(table: type[Base] | Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing/update`, in the dialect at hand: the database judges uniqueness."""
    build = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return build(table)
