"""Tables of check-in: every code somebody held up, and what became of it; who waits at the door."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base
from .codes import CodeKind
from .rules import Result


class Scan(Base):
    """A code confirmed by somebody, taken or refused: evidence beside the ledger."""

    __tablename__ = "scan"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device: Mapped[str] = mapped_column(String(16))
    """The browser, by a random id: two people's scans from one phone are to be looked at."""
    at: Mapped[datetime] = mapped_column(index=True)
    """When it was scanned."""
    kind: Mapped[CodeKind | None]
    result: Mapped[Result]


class Caller(Base):
    """Somebody at the door of a date who is not logged in, until a leader answers; no more is kept of them."""

    __tablename__ = "caller"
    __table_args__ = (UniqueConstraint("occurrence_id", "name", "phone"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(11))
    """Of somebody who is no member, with their consent; "" says: I am on the list."""
    at: Mapped[datetime]
