"""Counters that say "something a subscriber can see has changed", one row per team or person.

Rows of their own, locked last and in order: counters on the person row deadlock (see the order of locks in
`signups.tickets`). A feed answers "unchanged" from these alone.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from .database import Base, db, insert


class Scope(StrEnum):
    """Whose view has changed."""

    PERSON = "person"
    TEAM = "team"


class Revision(Base):
    """How often what this person or team sees has changed."""

    __tablename__ = "revision"

    scope: Mapped[Scope] = mapped_column(primary_key=True)
    scope_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(default=1)


def touch(changed: Iterable[tuple[Scope, int]]) -> None:
    """Raise the counters by one. Locks them in order of (scope, id); call it last in a transaction."""
    rows = [{"scope": scope, "scope_id": scope_id, "value": 1} for scope, scope_id in sorted(set(changed))]
    if rows:
        db.session.connection().execute(_raising(db.engine.dialect.name), rows)


@cache
def _raising(_dialect: str) -> Any:
    again = {"index_elements": [Revision.scope, Revision.scope_id], "set_": {"value": Revision.value + 1}}
    return insert(Revision).on_conflict_do_update(**again)
