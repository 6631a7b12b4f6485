"""The audit trail: who did what to what, when. Append-only; names of fields, never personal values."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..actor import Actor, By
from .database import Base, db


class AuditEntry(Base):
    """One deed worth answering for."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "team_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verb: Mapped[str] = mapped_column(String(40))
    object: Mapped[str] = mapped_column(String(80))
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)


def note(by: Actor | By, verb: str, object: str, now: datetime, **changes: Any) -> None:
    """Write down a deed in the team it was done in, in the caller's transaction.

    verb: what was done, e.g. "cancel". object: what it was done to, e.g. "occurrence 12".
    changes: names of fields and values that say nothing personal.
    """
    who = {"team_id": by.team_id, "actor_id": by.person_id}
    db.session.add(AuditEntry(at=now, verb=verb, object=object, changes=changes, **who))
