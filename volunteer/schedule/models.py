"""The table of edits: what a leader has changed of an activity and its dates, and how it is taken back."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base

UNDO_FOR = timedelta(hours=24)


class Edit(Base):
    """A change of an activity, kept whole for as long as it can be undone."""

    __tablename__ = "edit"
    __table_args__ = (Index(None, "activity_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    undo: Mapped[dict[str, Any]]
    """What became of every row, see `storage.inverse`."""
    told: Mapped[int] = mapped_column(default=0)
    """How many people heard of it."""
    undone_at: Mapped[datetime | None]

    def is_open(self, now: datetime) -> bool:
        """Can it be taken back now?"""
        return self.undone_at is None and now < self.at + UNDO_FOR
