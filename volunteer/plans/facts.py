"""Facts that no list of names tells: media reports, awards, results of contests, figures of another office.

Entered by hand, and shown with who entered them and when; taken out, they stay for questions about the past.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from .. import clock
from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..actor import Actor
from ..errors import Refused, or_missing, short_line
from ..notices import deeds
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from ..teams import service as teams
from .models import Fact, FactKind, Level


@dataclass(frozen=True)
class FactSaid:
    """A fact as somebody enters it; named as in its table."""

    kind: FactKind
    level: Level
    title: str
    day: date
    url: str = ""
    n: int = 1
    person_id: int | None = None
    rank: int | None = None


@dataclass(frozen=True)
class ShownFact:
    """A fact, whose it is, and who entered it."""

    fact: Fact
    person: str
    by: str


def list_for(
    actor: Actor, since: date, until: date, kind: str = "", level: str | None = None, as_of: datetime | None = None
) -> list[ShownFact]:
    """The team's facts of these days, both included, the newest first. kind, level: of these alone.

    as_of: as they stood then; None: as they stand.
    """
    whose, by = aliased(Person), aliased(Person)
    found = select(Fact, whose.name, by.name).outerjoin(whose, whose.id == Fact.person_id).join(by, by.id == Fact.by_id)
    found = found.where(Fact.team_id == actor.team_id, Fact.day >= since, Fact.day <= until)
    stands = or_(Fact.removed_at.is_(None), Fact.removed_at > as_of) if as_of else Fact.removed_at.is_(None)
    found = found.where(stands, Fact.entered_at <= as_of) if as_of else found.where(stands)
    found = found.where(Fact.kind == kind) if kind in list(FactKind) else found
    found = found.where(Fact.level == level) if level in list(Level) else found
    rows = db.session.execute(found.order_by(Fact.day.desc(), Fact.id.desc()))
    return [ShownFact(fact, person or "", name) for fact, person, name in rows]


def enter(actor: Actor, said: FactSaid, now: datetime) -> Fact:
    """Write a fact down. Refused for a day to come, without a title, and for nobody of the team.

    A result of somebody who has a place in a contest on that day belongs to that place.
    """
    if said.day > clock.today(now, actor.zone):
        raise Refused("This day is still to come. A fact is what has been.", field="day")
    title = short_line(said.title, 120, Refused("Give it a title of up to 120 characters.", field="title"))
    if said.url and not said.url.startswith(("https://", "http://")):
        raise Refused("An address begins with https://.", field="url")
    if said.person_id is not None and teams.find_member(actor.team_id, said.person_id) is None:
        raise Refused("Choose one of the members listed.", field="person_id")
    fact = Fact(team_id=actor.team_id, by_id=actor.person_id, entered_at=now, **vars(said) | {"title": title})
    if said.kind is FactKind.CONTEST and said.person_id:
        fact.signup_id = _place_in_contest(actor, said.person_id, said.day)
    db.session.add(fact)
    db.session.flush()
    deeds.close(actor, "enter fact", f"fact {fact.id}", now, kind=said.kind, n=said.n)
    return fact


def _place_in_contest(actor: Actor, person_id: int, day: date) -> int | None:
    begin, end = clock.day_bounds(day, actor.zone)
    places = select(Signup.id).join(Shift, Shift.id == Signup.shift_id)
    places = places.join(Occurrence, Occurrence.id == Shift.occurrence_id).join(Occurrence.activity).join(Activity.kind)
    on_day = Occurrence.team_id == actor.team_id, Occurrence.starts_at >= begin, Occurrence.starts_at < end
    theirs = Signup.person_id == person_id, Signup.status == Status.CONFIRMED, Kind.code == "contest"
    return db.session.scalar(places.where(*on_day, *theirs).order_by(Occurrence.starts_at).limit(1))


def remove(actor: Actor, fact_id: int, now: datetime) -> Fact:
    """Take a fact out from now on; twice is once. Missing when it is another team's."""
    found = select(Fact).where(Fact.id == fact_id, Fact.team_id == actor.team_id)
    fact = or_missing(db.session.scalar(found.with_for_update()))
    if fact.removed_at is None:
        fact.removed_at = now
        deeds.close(actor, "take out fact", f"fact {fact.id}", now)
    return fact
