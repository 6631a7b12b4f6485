"""What can be done with notices: show people what they were told, mark it read. Written by closing a deed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, bindparam, delete, func, or_, select, update

from .. import clock
from ..accounts.models import Person
from ..actor import Actor
from ..storage.database import db, insert
from .events import Event
from .models import Notice, Preference

MOST = 50
MOST_ON_TOP = 3

REACHABLE = Person.phone.is_not(None) & Person.closed_at.is_(None)
"""Whoever has an account; nobody else could read it."""


QUIET_FROM, QUIET_UNTIL = 22, 7
"""When nobody is told what can wait, unless they choose other hours."""


@dataclass(frozen=True)
class Hearing:
    """How somebody hears of things: in which language, of which not at all, and between which hours not yet."""

    locale: str | None = None
    muted: Collection[str] = ()
    quiet_from: int = QUIET_FROM
    quiet_until: int = QUIET_UNTIL

    def awake(self, now: datetime, zone: str) -> datetime:
        """The first moment from now on outside their quiet hours."""
        here, begin, end = clock.local(now, zone), self.quiet_from, self.quiet_until
        quiet = begin <= here.hour < end if begin <= end else not end <= here.hour < begin
        if not quiet:
            return now
        return clock.utc(here.date() + clock.DAY * (here.hour >= end), time(end), zone)


def hearing_of(people: Iterable[int | None]) -> dict[int | None, Hearing]:
    """How each of these hears of things; those whom nothing can reach are left out."""
    said = (Preference.muted, Preference.quiet_from, Preference.quiet_until)
    found = select(Person.id, Person.locale, *said).outerjoin(Preference, Preference.person_id == Person.id)
    rows = db.session.execute(found.where(Person.id.in_(list(people)), REACHABLE))
    return {one: Hearing(locale, *(() if chosen[0] is None else chosen)) for one, locale, *chosen in rows}


def hearing_for(person_id: int) -> Hearing:
    """How somebody with an account hears of things."""
    return hearing_of([person_id])[person_id]


def prefer(actor: Actor, wanted: Collection[str], quiet_from: int, quiet_until: int) -> None:
    """Keep of which events, of those one can choose, the actor wants to hear, and their quiet hours."""
    offered = {event.called for event in Event.choices(actor.leads)}
    muted = {*hearing_for(actor.person_id).muted} - offered | (offered - {*wanted})
    chosen = {"muted": sorted(muted), "quiet_from": quiet_from, "quiet_until": quiet_until}
    new = insert(Preference).values(person_id=actor.person_id, **chosen)
    db.session.execute(new.on_conflict_do_update(index_elements=[Preference.person_id], set_=chosen))


def list_for(actor: Actor, now: datetime) -> Sequence[Notice]:
    """The last 50 things the actor was told in this team, newest first."""
    mine = select(Notice).where(Notice.person_id == actor.person_id, Notice.team_id == actor.team_id)
    mine = mine.where(Notice.at <= now, or_(Notice.read_at.is_(None), Notice.read_at >= Notice.at))
    return db.session.scalars(mine.order_by(Notice.id.desc()).limit(MOST)).all()


def list_newest(actor: Actor, now: datetime) -> list[Notice]:
    """The newest the actor has not read, at most three; without any the database is not asked."""
    told = list_for(actor, now) if actor.unread else []
    return [notice for notice in told if notice.is_new(now)][:MOST_ON_TOP]


def mark_read(actor: Actor, up_to_id: int, now: datetime) -> None:
    """Note that the actor has read what they were told in this team, up to a notice."""
    mine = Notice.person_id == actor.person_id, Notice.team_id == actor.team_id
    end(now, *mine, Notice.id <= up_to_id, Notice.at <= now)


def unread_in(team_id: SQLColumnExpression[int]) -> ScalarSelect[int]:
    """How many notices of a team somebody has not read by `now`, as a part of a statement about that `Person`."""
    theirs = Notice.person_id == Person.id, Notice.team_id == team_id, Notice.read_at.is_(None)
    return select(func.count(Notice.id)).where(*theirs, Notice.at <= bindparam("now")).scalar_subquery()


def end(now: datetime, *which: ColumnElement[bool]) -> None:
    """These, of those not read yet, are news no more from now on."""
    db.session.execute(update(Notice).where(Notice.read_at.is_(None), *which).values(read_at=now))


def take_back(*which: ColumnElement[bool]) -> None:
    """These, of those not read yet, were never told."""
    db.session.execute(delete(Notice).where(Notice.read_at.is_(None), *which))
