"""Tables of check-in: codes held up, and what became of each; who waits at the door; prints of a list."""

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


class Edition(Base):
    """A list of names as it was printed: a row's number means the same person for as long as the paper exists."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("team_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    number: Mapped[int]
    """Which of all that the team has printed; its mark is made of it."""
    rows: Mapped[list[int]]
    """The sign-ups in the order of its rows, the first being number 1."""
    blank: Mapped[int]
    """How many empty rows follow."""
    digest: Mapped[str] = mapped_column(String(16))
    """Of all that stands on it: what is printed again when nothing has changed is the same edition."""
    starts_at: Mapped[datetime]
    """When its date was to begin."""
    made_at: Mapped[datetime]


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
