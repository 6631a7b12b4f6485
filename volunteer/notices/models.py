"""Table of what people were told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
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
    event: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    """What happened, by its name among the events."""
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


class Preference(Base):
    """What somebody does not want to hear of, and when; without a row, everything, with quiet nights."""

    __tablename__ = "preference"
    __table_args__ = (
        CheckConstraint("quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23", name="hours_of_a_day"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    muted: Mapped[list[str]]
    """Names of events that are not told."""
    quiet_from: Mapped[int]
    quiet_until: Mapped[int]
    """Hours on the team's clock between which reminders and chances wait; the same hour twice: they never do."""
