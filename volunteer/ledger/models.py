"""Tables of the ledger: what was seen of each sign-up, append-only; what that comes to; what people ask about it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base, index_where
from .states import EntryKind, Evidence, Quality, RequestKind, RequestState


class Entry(Base):
    """One line of the ledger. Never changed, never deleted; a correction is a line that names what it corrects.

    All that decides stands in it, so nothing that changes elsewhere changes what it says.
    """

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    """Makes a repeated tick the same tick."""
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), index=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    group: Mapped[str] = mapped_column(String(40), default="")
    """The person's in the team, as of then; the household, too."""
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    kind: Mapped[EntryKind]
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    minutes: Mapped[int | None]
    claimed: Mapped[int | None]
    """Of a confirmation: the minutes the other lines came to when it was made."""
    evidence: Mapped[Evidence]
    quality: Mapped[Quality | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    """Why, or a word beside it; of what was typed in, the paper it comes from."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who answers for it; None: the service itself."""
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    planned_start: Mapped[datetime]
    planned_end: Mapped[datetime]
    counts: Mapped[bool]
    """Is the time service?"""
    done_at: Mapped[datetime]
    """When it was tapped or decided: the order of lines, whenever they arrive."""
    recorded_at: Mapped[datetime]


class Balance(Base):
    """What the lines of a sign-up come to today: one row, written with the line; see `rules.Attendance`."""

    __tablename__ = "balance"
    __table_args__ = (
        Index(None, "person_id", "planned_start"),
        Index(None, "team_id", "planned_start"),
        Index(None, "occurrence_id"),
        index_where("open", "ix_balance_open", "team_id", "planned_end"),
    )

    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[EntryKind | None]
    line_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    evidence: Mapped[Evidence | None]
    said_by: Mapped[int | None]
    said_at: Mapped[datetime | None]
    counts: Mapped[bool]
    planned_start: Mapped[datetime]
    planned_end: Mapped[datetime]
    spans: Mapped[list[list[int]]]
    unmeasured_end: Mapped[bool]
    typed_by: Mapped[int | None]
    confirmed: Mapped[int | None]
    settled: Mapped[bool]
    signers: Mapped[list[int]]
    quality: Mapped[Quality | None]
    affirmed: Mapped[bool]
    corrected: Mapped[bool]
    open: Mapped[bool]
    """May minutes, or a decision about them, be missing?"""


class OutcomeFigure(Base):
    """What a date brought, such as 38 bags: a figure of one of its kind's measures, entered when it is confirmed."""

    __tablename__ = "outcome"
    __table_args__ = (UniqueConstraint("occurrence_id", "measure"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    measure: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int]
    """In hundredths."""


class Request(Base):
    """Something a person asks about their own record, and the leader's answer. One at a time about a sign-up."""

    __tablename__ = "request"
    __table_args__ = (index_where("state = 'open'", "uq_request_one_open", "signup_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), index=True)
    kind: Mapped[RequestKind]
    text: Mapped[str] = mapped_column(String(200))
    minutes: Mapped[int | None]
    """What a correction asks for, or a late entry."""
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN)
    answer: Mapped[str] = mapped_column(String(200), default="")
    """What the leader says; empty when it was granted, which says it all."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
