"""What can be done with notices: tell people, show them what they were told, mark it read.

A notice is written in the transaction of the deed it tells of: both happen or neither.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, func, select, update

from ..accounts.models import Person
from ..actor import Actor
from ..storage.database import db, insert
from .models import Notice, Topic

MOST = 50
MOST_ON_TOP = 3

REACHABLE = Person.phone.is_not(None) & Person.closed_at.is_(None)
"""Whoever has an account; nobody else could read it."""


@dataclass(frozen=True)
class News:
    """Something to tell a person, in their language. dedupe_key: what happened to whom."""

    team_id: int
    person_id: int
    dedupe_key: str
    kind: Topic
    body: str
    occurrence_id: int | None
    expires_at: datetime


def tell(news: Sequence[News], now: datetime) -> None:
    """Tell people who are `REACHABLE`, in order of their ids; what has been told under the same key is not again.

    Comes before `revisions.touch`.
    """
    if news:
        written = insert(Notice).values([asdict(one) | {"at": now} for one in news])
        db.session.execute(written.on_conflict_do_nothing(index_elements=[Notice.dedupe_key]))


def take_back(dedupe_keys: Sequence[str], now: datetime) -> None:
    """What was told under these keys holds no longer: it is news to nobody any more."""
    _note_read(now, Notice.dedupe_key.in_(dedupe_keys))


def take_back_of(person_id: int | None, occurrence_id: int, kind: Topic, now: datetime) -> None:
    """What somebody was told of this kind about a date is news to them no more, such as a chance they have taken."""
    _note_read(now, Notice.person_id == person_id, Notice.occurrence_id == occurrence_id, Notice.kind == kind)


def list_for(actor: Actor) -> Sequence[Notice]:
    """The last 50 things the actor was told in this team, newest first."""
    mine = select(Notice).where(Notice.person_id == actor.person_id, Notice.team_id == actor.team_id)
    return db.session.scalars(mine.order_by(Notice.id.desc()).limit(MOST)).all()


def list_newest(actor: Actor, now: datetime) -> list[Notice]:
    """The newest the actor has not read, at most three; without any the database is not asked."""
    told = list_for(actor) if actor.unread else []
    return [notice for notice in told if notice.is_new(now)][:MOST_ON_TOP]


def mark_read(actor: Actor, up_to_id: int, now: datetime) -> None:
    """Note that the actor has read what they were told in this team, up to a notice."""
    _note_read(now, Notice.person_id == actor.person_id, Notice.team_id == actor.team_id, Notice.id <= up_to_id)


def unread_in(team_id: SQLColumnExpression[int]) -> ScalarSelect[int]:
    """How many notices of a team somebody has not read, as a part of a statement about that `Person`."""
    theirs = Notice.person_id == Person.id, Notice.team_id == team_id, Notice.read_at.is_(None)
    return select(func.count(Notice.id)).where(*theirs).scalar_subquery()


def let_expire(now: datetime) -> None:
    """Mark read what has expired. Safe to repeat."""
    _note_read(now, Notice.expires_at <= now)


def _note_read(now: datetime, *which: ColumnElement[bool]) -> None:
    """These, of those not read yet, are news no more from now on."""
    db.session.execute(update(Notice).where(Notice.read_at.is_(None), *which).values(read_at=now))
