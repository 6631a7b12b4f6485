"""Tables of what a year is to bring: the items of its plan, what is made of them, and facts that people enter."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base


class PlanItem(Base):
    """What a team plans to do in a year: one line of its plan."""

    __tablename__ = "plan_item"
    __table_args__ = (
        UniqueConstraint("team_id", "year", "title"),
        CheckConstraint("dates >= 0 AND attendances >= 0", name="targets_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    year: Mapped[int]
    title: Mapped[str] = mapped_column(String(80))
    kind_id: Mapped[int] = mapped_column(ForeignKey("kind.id"))
    dates: Mapped[int | None]
    """场次: how many dates are to be held."""
    attendances: Mapped[int | None]
    """人次: how many attended sign-ups there are to be."""
    outcomes: Mapped[dict[str, Any]]
    """What it is to bring, in hundredths, by `words:measure`, such as 植树:株; its measure is one of its kind's, or
    nothing is known of it."""
    months: Mapped[list[int]]
    """1 to 12, in order; none: left open."""
    lead: Mapped[str] = mapped_column(String(60), default="")
    partners: Mapped[str] = mapped_column(String(200), default="")
    published_at: Mapped[datetime | None]
    """From when on members see it; NULL: only leaders."""
    version: Mapped[int] = mapped_column(default=1)


class PlanActivity(Base):
    """An activity that is held for an item; a series that goes on next year may be held for one of each year."""

    __tablename__ = "plan_activity"

    item_id: Mapped[int] = mapped_column(ForeignKey("plan_item.id"), primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True, index=True)


class FactKind(StrEnum):
    """media: reports about the team; contest: a result of one; manual: a figure that nothing else knows."""

    MEDIA = "media"
    AWARD = "award"
    CONTEST = "contest"
    TRAINING = "training"
    MANUAL = "manual"


class Level(StrEnum):
    """省, 州, 县; none of them where it is of no level."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    NONE = ""


class Fact(Base):
    """Something about a year that no list of names tells: entered by hand, and by whom. Taken out, it stays."""

    __tablename__ = "fact"
    __table_args__ = (
        Index(None, "team_id", "day"),
        CheckConstraint("n >= 0", name="n_not_negative"),
        CheckConstraint("rank > 0", name="rank_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    day: Mapped[date]
    """Of the team's calendar; its year is the one it counts in."""
    kind: Mapped[FactKind]
    level: Mapped[Level] = mapped_column(default=Level.NONE)
    title: Mapped[str] = mapped_column(String(120))
    url: Mapped[str] = mapped_column(String(500), default="")
    n: Mapped[int] = mapped_column(default=1)
    """How many it stands for."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """Whose award or result it is; None: the team's."""
    signup_id: Mapped[int | None] = mapped_column(ForeignKey("signup.id"), index=True)
    """For which place on a date, such as a contest."""
    rank: Mapped[int | None]
    """First, second…, of a contest."""
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """From when on it does not hold any more."""
