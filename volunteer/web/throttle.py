"""How often something may be tried: rows of failures, counted over minutes or a day. No other store is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.database import Base, db

WINDOW = timedelta(minutes=15)
DAY = timedelta(days=1)


class Attempt(Base):
    """One failed try."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "kind", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


@dataclass(frozen=True)
class Limit:
    """`allowed` failures under one key, then a wait: 15 minutes, twice as long each time within `memory`."""

    kind: str
    key: str
    allowed: int
    memory: timedelta = WINDOW


@dataclass(frozen=True)
class Turn:
    """left: how many tries are free, this one included; 0: wait. wait: how long, now or when these have failed."""

    left: int
    wait: timedelta

    @property
    def minutes(self) -> int:
        """The wait in whole minutes as people say it, rounded up to five."""
        return -(-self.wait // timedelta(minutes=5)) * 5


def count_try(limits: Sequence[Limit], now: datetime) -> Turn:
    """Count a try as a failure before it is made, so that many at once are not more than one after another.

    `forget` it when it succeeds. A try that has to wait is not counted, or the wait would never end.
    """
    turn = min((_turn(limit, now) for limit in limits), key=lambda turn: turn.left)
    if turn.left:
        db.session.add_all(Attempt(kind=limit.kind, key=limit.key, at=now) for limit in limits)
        db.session.flush()
    return turn


def _turn(limit: Limit, now: datetime) -> Turn:
    """As `look`, with whoever else tries waiting for us."""
    if db.engine.dialect.name == "postgresql":  # one at a time for each key; SQLite writes one at a time anyway
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{limit.kind} {limit.key}"))))
    return look(limit, now)


def look(limit: Limit, now: datetime) -> Turn:
    """How a limit stands. Reads only."""
    mine = (Attempt.kind == limit.kind, Attempt.key == limit.key, Attempt.at > now - limit.memory)
    failures, last = db.session.execute(select(func.count(), func.max(Attempt.at)).where(*mine)).one()
    rounds, since = divmod(failures, limit.allowed)
    until = last + WINDOW * 2 ** (rounds - 1) if rounds and not since else now
    return Turn(0, until - now) if until > now else Turn(limit.allowed - since, WINDOW * 2**rounds)


def forget(limit: Limit, at: datetime | None = None) -> None:
    """A success clears the slate, or only takes back the try made at that moment."""
    these = (Attempt.kind == limit.kind, Attempt.key == limit.key, *([Attempt.at == at] if at else ()))
    db.session.execute(delete(Attempt).where(*these))


def sweep(now: datetime) -> None:
    """Drop what no longer counts."""
    db.session.execute(delete(Attempt).where(Attempt.at <= now - DAY))
