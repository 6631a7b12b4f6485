"""Tables of teams: team, membership, household."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..actor import Role
from ..storage.database import Base, index_where


class Names(StrEnum):
    """How the names of those signed up stand in leaders' calendars: not at all, as 张*, or whole."""

    NONE = "none"
    MASKED = "masked"
    FULL = "full"


class Team(Base):
    """A volunteer team; everything that happens belongs to exactly one."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    recording_unit: Mapped[str] = mapped_column(String(80))
    zone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    names_in_feeds: Mapped[Names] = mapped_column(default=Names.NONE, server_default=Names.NONE)
    """The administrators' choice; calendars are passed on and kept by others."""
    created_at: Mapped[datetime]


class MembershipState(StrEnum):
    """invited: on the roster, has not logged in yet. left: was here; the records stay."""

    INVITED = "invited"
    ACTIVE = "active"
    LEFT = "left"


class Membership(Base):
    """A person in a team, with the role held there."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("team_id", "person_id"), Index(None, "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role]
    state: Mapped[MembershipState]
    group: Mapped[str] = mapped_column(String(40), default="")
    skills: Mapped[str] = mapped_column(String(200), default="")
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Household(Base):
    """A household of the team's people, as the roster names it."""

    __tablename__ = "household"
    __table_args__ = (UniqueConstraint("team_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    name: Mapped[str] = mapped_column(String(40))
    sequence: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often who belongs to it has changed; see `households.touch`."""
    changed_at: Mapped[datetime | None]
    """When it last did."""


class HouseholdMember(Base):
    """Who lived where from when until when; one household a person at a time."""

    __tablename__ = "household_member"
    __table_args__ = (index_where("until IS NULL", "uq_household_member_open", "team_id", "person_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    since: Mapped[date]
    until: Mapped[date | None]
