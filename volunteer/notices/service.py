"""What can be done with notices: show people what they were told, mark it read.

They are written where a deed is closed (`deeds`), in its transaction: both happen or neither.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, func, select, update

from ..accounts.models import Person
from ..actor import Actor
from ..storage.database import db
from .models import Notice

MOST = 50
MOST_ON_TOP = 3

REACHABLE = Person.phone.is_not(None) & Person.closed_at.is_(None)
"""Whoever has an account; nobody else could read it."""


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
    end(now, Notice.person_id == actor.person_id, Notice.team_id == actor.team_id, Notice.id <= up_to_id)


def unread_in(team_id: SQLColumnExpression[int]) -> ScalarSelect[int]:
    """How many notices of a team somebody has not read, as a part of a statement about that `Person`."""
    theirs = Notice.person_id == Person.id, Notice.team_id == team_id, Notice.read_at.is_(None)
    return select(func.count(Notice.id)).where(*theirs).scalar_subquery()


def let_expire(now: datetime) -> None:
    """Mark read what has expired. Safe to repeat."""
    end(now, Notice.expires_at <= now)


def end(now: datetime, *which: ColumnElement[bool]) -> None:
    """These, of those not read yet, are news no more from now on."""
    db.session.execute(update(Notice).where(Notice.read_at.is_(None), *which).values(read_at=now))
