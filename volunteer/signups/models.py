"""Table of sign-ups: who holds or waits for a place."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base
from .states import Source, Status


class Signup(Base):
    """A person's sign-up for a shift; one row for ever, reused when the person returns with a new ticket."""

    __tablename__ = "signup"
    __table_args__ = (
        UniqueConstraint("shift_id", "person_id"),
        Index(None, "shift_id", "status", "seq"),
        Index(None, "person_id", "status"),
        CheckConstraint("places >= 0", name="places_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    status: Mapped[Status]
    seq: Mapped[int]
    places: Mapped[int] = mapped_column(default=1)
    """Places it holds or waits for; a walk-in holds none."""
    source: Mapped[Source] = mapped_column(default=Source.SELF)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
