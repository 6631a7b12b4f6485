"""Table of feed addresses."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base


class FeedScope(StrEnum):
    """What a feed shows: one's own sign-ups, the team's dates, or the public ones."""

    PERSON = "person"
    TEAM = "team"
    PUBLIC = "public"


def _one_open(name: str, owner: str, *columns: str) -> Index:
    condition = text(f"revoked_at IS NULL AND {owner}")
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


class Feed(Base):
    """An address somebody subscribed to. The address itself is computed, never stored."""

    __tablename__ = "feed"
    __table_args__ = (
        _one_open("uq_feed_of_person", "person_id IS NOT NULL", "team_id", "person_id", "scope"),
        _one_open("uq_feed_of_team", "person_id IS NULL", "team_id", "scope"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Random, base32: the public half of the address."""
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """The owner, who may rotate it and whose leaving ends it; the public feed belongs to the team."""
    scope: Mapped[FeedScope]
    generation: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    last_day: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
