"""Table of feed addresses."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base, index_where


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
    remind_first: Mapped[int | None]
    remind_second: Mapped[int | None]
    remind_evening: Mapped[bool] = mapped_column(default=False, server_default=false())
    remind_offer: Mapped[int | None]
    """When the owner's own dates ring, no other feed does; minutes, see `rules.Reminders`."""
    shows_skipped: Mapped[bool] = mapped_column(default=False, server_default=false())
    """With a note on days on which a date of a series is left out."""
    created_at: Mapped[datetime]
    last_day: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    """Since when nobody may read it; a new address ends that."""
    counters: Mapped[str] = mapped_column(String(32), default="", server_default=text("''"))
    """The counters of all it shows when it was last found to say what `tag` says."""
    tag: Mapped[str] = mapped_column(String(32), default="", server_default=text("''"))
    said_at: Mapped[datetime | None]
    """Since when it says that."""
    said: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """What it last said of each date, see `memory`; revision counts how often that has changed."""
    revision: Mapped[int] = mapped_column(default=0, server_default=text("0"))
