"""What a deed has done to rows, kept so that it can be taken back: of each what differs, as it was and as it became."""

from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, TypeDecorator, select

from .database import Base, db

Rows = dict[str, dict[str, dict[str, Any]]]
"""By table and id, each value as JSON has it."""
Trace = dict[str, dict[str, list[dict[str, Any] | None]]]
"""The same, but each with what differs before and after; None where there was no such row."""


def look(which: Mapping[type[Base], ColumnElement[bool]]) -> Rows:
    """The rows for which this holds, as they are now: one statement a table."""
    db.session.flush()
    found = {model: db.session.execute(select(*model.__table__.c).where(its)) for model, its in which.items()}
    return {model.__tablename__: {str(row.id): _told(row._asdict()) for row in rows} for model, rows in found.items()}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date | time) else value for name, value in row.items()}


def difference(before: Rows, after: Rows) -> Trace:
    """What became of the rows."""
    return {
        table: {n: pair for n in sorted({*before[table], *rows}, key=int) if (pair := _pair(before[table], rows, n))}
        for table, rows in after.items()
    }


def _pair(before: Mapping[str, Any], after: Mapping[str, Any], n: str) -> list[dict[str, Any] | None] | None:
    was, now = before.get(n), after.get(n)
    if was is None or now is None:
        return [was, now]
    names = [name for name in now if now[name] != was[name]]
    return [{name: was[name] for name in names}, {name: now[name] for name in names}] if names else None


def value_of(model: type[Base], name: str, told: Any) -> Any:
    """A value of a column as JSON had it."""
    stored = model.__table__.c[name].type
    kind = stored.impl_instance.python_type if isinstance(stored, TypeDecorator) else stored.python_type
    if told is None or not issubclass(kind, date | time | Enum):
        return told
    return kind(told) if issubclass(kind, Enum) else kind.fromisoformat(told)
