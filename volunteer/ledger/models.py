"""Tables of the ledger: what was seen of each sign-up on the day, append-only; and what people ask about it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base, index_where
from .states import EntryKind, Evidence, RequestKind, RequestState


class Entry(Base):
    """One line of the ledger. Never changed, never deleted; a correction is a line that names what it corrects."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    """Makes a repeated tick the same tick."""
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), index=True)
    kind: Mapped[EntryKind]
    at: Mapped[datetime]
    evidence: Mapped[Evidence]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    planned_start: Mapped[datetime]
    planned_end: Mapped[datetime]
    counts: Mapped[bool]
    recorded_at: Mapped[datetime]


class Request(Base):
    """Something a person asks about their own record, and the leader's answer. One at a time about a sign-up."""

    __tablename__ = "request"
    __table_args__ = (index_where("state = 'open'", "uq_request_one_open", "signup_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), index=True)
    kind: Mapped[RequestKind]
    text: Mapped[str] = mapped_column(String(200))
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN)
    answer: Mapped[str] = mapped_column(String(200), default="")
    """What the leader says; empty when the no-show was taken away, which says it all."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
