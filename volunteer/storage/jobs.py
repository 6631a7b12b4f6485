"""The database's share of the periodic work."""

from datetime import datetime

from flask import current_app
from sqlalchemy import text

from .database import db


def tick(now: datetime) -> None:
    """Once a day SQLite looks at what its tables hold, at 1,000 rows of each index; PostgreSQL does so by itself."""
    known = current_app.extensions.get("looked_at_tables")
    if db.engine.dialect.name == "sqlite" and known != now.date():
        db.session.execute(text("PRAGMA analysis_limit = 1000"))
        db.session.execute(text("ANALYZE"))
        current_app.extensions["looked_at_tables"] = now.date()
