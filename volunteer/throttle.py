"""How often something may be tried: rows of failures, counted over the last minutes. No other store is needed."""

from datetime import datetime, timedelta

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from .database import Base, db

WINDOW = timedelta(minutes=15)


class Attempt(Base):
    """One failed try."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "kind", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


def tries_left(kind: str, key: str, allowed: int, now: datetime) -> int:
    """How many of `allowed` failures within the last 15 minutes are still free; 0 means wait."""
    recent = select(func.count()).where(Attempt.kind == kind, Attempt.key == key, Attempt.at > now - WINDOW)
    return max(0, allowed - (db.session.scalar(recent) or 0))


def note_failure(kind: str, key: str, now: datetime) -> None:
    """Count one failed try."""
    db.session.add(Attempt(kind=kind, key=key, at=now))
    db.session.flush()


def forget(kind: str, key: str) -> None:
    """A success clears the slate."""
    db.session.execute(delete(Attempt).where(Attempt.kind == kind, Attempt.key == key))


def sweep(now: datetime) -> None:
    """Drop what no longer counts."""
    db.session.execute(delete(Attempt).where(Attempt.at <= now - WINDOW))
