"""Tables of check-in: every code somebody held up, and what became of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
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
    at: Mapped[datetime]
    """When it was scanned."""
    kind: Mapped[CodeKind | None]
    result: Mapped[Result]
