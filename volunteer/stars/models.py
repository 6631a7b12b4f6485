"""Table of the star ladder."""

from datetime import date

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base


class Ladder(Base):
    """The hours each star takes, from a day on; a change is a new row, so any past day can be told."""

    __tablename__ = "ladder"
    __table_args__ = (UniqueConstraint("team_id", "effective_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    effective_from: Mapped[date]
    steps: Mapped[list[int]]
    """Hours for one star, two stars, …, ascending."""
