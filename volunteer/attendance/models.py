"""Table of the ledger: what was seen of each sign-up on the day, append-only."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base
from .states import EntryKind, Evidence


class Entry(Base):
    """One line of the ledger. Never changed, never deleted; a correction is a line that names what it corrects."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    """Makes a repeated tick the same tick."""
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), index=True)
    kind: Mapped[EntryKind]
    at: Mapped[datetime]
    evidence: Mapped[Evidence]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    planned_start: Mapped[datetime]
    planned_end: Mapped[datetime]
    counts: Mapped[bool]
    recorded_at: Mapped[datetime]
