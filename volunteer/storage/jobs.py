"""The database's share of the periodic work."""

from datetime import datetime

from flask import current_app

from .connections import look_at_tables
from .database import db


def tick(now: datetime) -> None:
    """Once a day SQLite looks at what its tables hold; PostgreSQL does so by itself."""
    known = current_app.extensions.get("looked_at_tables")
    if db.engine.dialect.name == "sqlite" and known != now.date():
        look_at_tables(db.session.connection())
        current_app.extensions["looked_at_tables"] = now.date()
