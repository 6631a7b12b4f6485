"""Table of what people were told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base, index_where


class Topic(StrEnum):
    """What it is about: one's own place, one to take for a while, standing in for somebody, one's record, a date."""

    PLACE = "place"
    CHANCE = "chance"
    STAND_IN = "stand_in"
    RECORD = "record"
    DATE = "date"


class Notice(Base):
    """Something a person was told in a team, in the language they read then."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(None, "person_id", "team_id", "id"),
        index_where("read_at IS NULL", "ix_notice_unread", "person_id", "team_id"),
        index_where("read_at IS NULL", "ix_notice_unread_until", "expires_at"),
        index_where("read_at IS NULL", "ix_notice_unread_of", "occurrence_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    dedupe_key: Mapped[str] = mapped_column(String(80), unique=True)
    """What happened to whom: told twice, it is one notice."""
    kind: Mapped[Topic]
    body: Mapped[str] = mapped_column(Text)
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    """The date it leads to."""
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """From then on it is no news any more, read or not."""
    read_at: Mapped[datetime | None]

    def is_new(self, now: datetime) -> bool:
        """Is there still something in it for somebody who has not read it?"""
        return self.read_at is None and now < self.expires_at
