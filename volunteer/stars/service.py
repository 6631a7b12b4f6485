"""Which ladder a team uses on a day."""

from datetime import date

from sqlalchemy import select

from ..storage.database import db
from .models import Ladder
from .rules import DEFAULT_STEPS


def install_ladder(team_id: int, effective_from: date) -> None:
    """Give a new team the customary ladder."""
    db.session.add(Ladder(team_id=team_id, effective_from=effective_from, steps=list(DEFAULT_STEPS)))
    db.session.flush()


def steps_on(team_id: int, day: date) -> list[int]:
    """The ladder's steps in hours on a day: the newest that was in effect."""
    newest = (
        select(Ladder.steps)
        .where(Ladder.team_id == team_id, Ladder.effective_from <= day)
        .order_by(Ladder.effective_from.desc())
        .limit(1)
    )
    return db.session.scalar(newest) or list(DEFAULT_STEPS)


def list_changes(team_id: int, first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which another ladder came into effect."""
    changes = Ladder.team_id == team_id, Ladder.effective_from >= first, Ladder.effective_from <= last
    return list(db.session.scalars(select(Ladder.effective_from).where(*changes).order_by(Ladder.effective_from)))
