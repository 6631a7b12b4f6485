"""How migrations run: in one transaction on the application's own engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from volunteer.storage.connections import look_at_tables
from volunteer.storage.database import Base, UtcDateTime, writing


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our column types as what they are in the database: states are short texts."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and isinstance(item, sa.Enum):
        return f"sa.String({item.length})"
    return False


@contextmanager
def unbound(connection: sa.Connection) -> Iterator[None]:
    """Let SQLite mind no foreign keys meanwhile, and look at all of them at the end."""
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite = connection.connection.driver_connection
    sqlite.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        sqlite.execute("PRAGMA foreign_keys = ON")
    astray = sqlite.execute("PRAGMA foreign_key_check").fetchall()
    if astray:
        raise RuntimeError(f"rows that point at nothing: {astray[:5]}")


def run() -> None:
    """Run what is asked for.

    SQLite cannot change a table in place: it is made anew (batch mode), while other tables point at it.
    """
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(**writing(engine)) as connection, unbound(connection):
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=render_item
        )
        with context.begin_transaction():
            context.run_migrations()
            look_at_tables(connection)  # SQLite knows of them from nothing else


run()
