"""Tables of people and of how they get in: person, device, one-time link, consent."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base


class Person(Base):
    """Somebody. Without a phone there is no account: someone a leader signs up, or a household member."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(11), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    locale: Mapped[str | None] = mapped_column(String(12))
    unnamed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Do they object to being named to others who come to the same date?"""
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Device(Base):
    """A phone or computer that is logged in; deleting the row logs it out."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    """The team this device looks at; NULL until somebody in several teams has chosen."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]


class LinkKind(StrEnum):
    """What a one-time link is for: an invite lets newcomers join a team, a login lets one person in."""

    INVITE = "invite"
    LOGIN = "login"


class OneTimeLink(Base):
    """A link that opens a door for a while. The link itself is computed from `public_id`, never stored."""

    __tablename__ = "one_time_link"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    kind: Mapped[LinkKind]
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    uses_left: Mapped[int]


class Consent(Base):
    """What a person agreed to, in which wording, and since when no longer."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
