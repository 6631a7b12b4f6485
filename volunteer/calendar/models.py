"""Table of feed addresses."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base, index_where
from .rules import Alarm


class FeedScope(StrEnum):
    """What a feed shows: one's own sign-ups or one's household's, the team's dates, the same for leaders, the
    public ones. In the order in which they are handed out.
    """

    PERSON = "person"
    HOUSEHOLD = "household"
    TEAM = "team"
    LEADER = "leader"
    PUBLIC = "public"


_OF_PERSON = "person_id IS NOT NULL AND household_id IS NULL"


class Feed(Base):
    """An address somebody subscribed to, one for each owner and scope. The address is computed, never stored."""

    __tablename__ = "feed"
    __table_args__ = (
        index_where(_OF_PERSON, "uq_feed_of_person", "team_id", "person_id", "scope", unique=True),
        index_where("person_id IS NULL", "uq_feed_of_team", "team_id", "scope", unique=True),
        UniqueConstraint("household_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Random, base32: the public half of the address."""
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """The owner, who may rotate and revoke it and whose leaving ends it; the public feed belongs to the team."""
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    """The household whose dates it shows for as long as the owner lives there; another one is another feed."""
    scope: Mapped[FeedScope]
    generation: Mapped[int] = mapped_column(default=1)
    alarm: Mapped[Alarm] = mapped_column(default=Alarm.NONE, server_default=Alarm.NONE)
    """When the owner's own dates ring; no other feed does."""
    created_at: Mapped[datetime]
    last_day: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    """Since when nobody may read it; a new address ends that."""
