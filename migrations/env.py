"""How migrations run: in one transaction on the application's own engine."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from volunteer.database import Base, UtcDateTime, writing


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our column types as what they are in the database: states are short texts."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and isinstance(item, sa.Enum):
        return f"sa.String({item.length})"
    return False


def run() -> None:
    """Run what is asked for. SQLite cannot change a table in place, hence the batch mode."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(**writing(engine)) as connection:
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=render_item
        )
        with context.begin_transaction():
            context.run_migrations()


run()
