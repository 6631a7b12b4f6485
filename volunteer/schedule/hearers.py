"""Who is on a date, where else they are; what they hear when it is moved, called off or brought back, or is written."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, union

from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..notices import service as notices
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..notices.models import Notice, Topic
from ..signups.models import Signup, StandIn
from ..signups.states import HELD, ON_THE_LIST, STANDING, Asked, Status
from ..storage.database import db
from ..teams.models import Membership, MembershipState
from ..teams.service import in_team
from ..words import one_line
from .changes import Change, Span, What
from .impact import Clash, Engaged, OnDate, find_clashes
from .news import SAME_BREATH

Became = tuple[Event, Occurrence]
"""What has become of a locked date; what it was before stands in its news."""


def effects_of(actor: Actor, became: Sequence[Became], now: datetime, reason: str = "") -> Effects:
    """Everybody on these dates but the actor hears of theirs, once; what anybody heard of them before is over.

    What was said in the same breath and is not read yet was never said.
    """
    by_date = {occurrence.id: (event, occurrence) for event, occurrence in became}
    called_off = [occurrence.id for event, occurrence in became if event in (Event.CANCELLED, Event.NOT_HELD)]
    alike = defaultdict[tuple[int, ...], list[int | None]](list)
    for person_id, theirs in groupby(db.session.execute(_select_hearers(actor, list(by_date))), key=itemgetter(0)):
        alike[tuple(dict.fromkeys(occurrence_id for _, occurrence_id, _ in theirs))].append(person_id)
    told = [_news(actor, people, [by_date[one] for one in theirs], reason) for theirs, people in alike.items()]
    over = [deeds.heard_of(topic, *by_date) for topic in (Topic.DATE, Topic.REMINDER)]
    over.append(deeds.heard_of(Topic.STAND_IN, *called_off))
    over += [deeds.heard_before(Event.ABSENT, one) for one in called_off]
    if len(by_date) > 1:
        over.append(deeds.heard_together(actor.team_id, by_date))
    return Effects(told, over, [and_(or_(*over), Notice.at > now - SAME_BREATH)], teams=[actor.team_id])


def count(actor: Actor, occurrence_ids: Sequence[int]) -> int:
    """How many people would hear of something about these dates."""
    theirs = _select_hearers(actor, occurrence_ids).order_by(None).subquery()
    return db.session.scalar(select(func.count(theirs.c[0].distinct()))) or 0


def list_people(occurrence_ids: Collection[int]) -> list[OnDate]:
    """Everybody who holds or waits for a place on these dates, and when theirs is; in order of their tickets."""
    found = select(Signup.id, Shift.occurrence_id, Person.id, Person.name, Shift.starts_at, Shift.ends_at)
    found = found.join(Signup.shift).join(Person, Person.id == Signup.person_id).where(Signup.status.in_(STANDING))
    rows = db.session.execute(found.where(Shift.occurrence_id.in_(occurrence_ids)).order_by(Shift.id, Signup.seq))
    return [OnDate(n, date_id, who, name, (start, end)) for n, date_id, who, name, start, end in rows]


def list_clashes(changes: Collection[Change], people: Collection[OnDate] | None = None) -> list[Clash]:
    """Whose sign-ups elsewhere stand in the way of where dates move to. people: those on them. One statement."""
    moved = {one.existing.id: one.span for one in changes if one.what is What.MOVED and one.span}
    if not moved:
        return []
    here = select(Signup.person_id).join(Signup.shift).where(Shift.occurrence_id.in_(moved))
    elsewhere = (
        select(Signup.person_id, Occurrence.title, Shift.starts_at, Shift.ends_at)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .where(Signup.person_id.in_(here), Signup.status.in_(STANDING), Shift.open, Shift.occurrence_id.not_in(moved))
        .where(Shift.starts_at < max(span[1] for span in moved.values()))
        .where(Shift.ends_at > min(span[0] for span in moved.values()))
        .order_by(Shift.starts_at)
    )
    engaged = [Engaged(who or 0, title, (start, end)) for who, title, start, end in db.session.execute(elsewhere)]
    return find_clashes(changes, list_people(moved) if people is None else people, engaged)


def count_clashes(changes: Collection[Change]) -> dict[int, int]:
    """By date, how many of its people have a sign-up elsewhere at the time it would move to; none are left out."""
    return Counter(date for date, _ in {(one.who.occurrence_id, one.who.person_id) for one in list_clashes(changes)})


def _select_hearers(actor: Actor, occurrence_ids: Sequence[int]) -> Select[int | None, int, datetime]:
    """Who is on the list, or is asked to stand in, with which of these dates; members other than the actor."""
    of_date = (Occurrence.id, Occurrence.starts_at)
    on_list = select(Signup.person_id, *of_date).join(Signup.shift).join(Shift.occurrence)
    asked = select(StandIn.asked_id, *of_date).join(StandIn.signup).join(Signup.shift).join(Shift.occurrence)
    either = union(
        on_list.where(Occurrence.id.in_(occurrence_ids), Signup.status.in_(ON_THE_LIST)),
        asked.where(Occurrence.id.in_(occurrence_ids), StandIn.state == Asked.ASKED),
    ).subquery()
    person_id, occurrence_id, starts_at = either.c
    members = select(person_id, occurrence_id, starts_at).join(Membership, Membership.person_id == person_id)
    return members.where(in_team(actor.team_id), person_id != actor.person_id).order_by(
        person_id, starts_at, occurrence_id
    )


def _news(actor: Actor, people: Sequence[int | None], became: Sequence[Became], reason: str) -> News:
    """The first date of each kind is said in full, the others are named; it is news until the last of all is over."""
    said, until = [], max(occurrence.ends_at for _, occurrence in became)
    for event in dict.fromkeys(event for event, _ in became):
        date, *others = [date for what, date in became if what is event]
        more: dict[str, Any] = {"until": until, "was": _was(event, date), "reason": date.reason or reason}
        more |= {"was_place": date.was_place, "others": [(_span(one), _was(event, one)) for one in others]}
        said.append((event, About(actor.team_id, actor.zone, *_WHICH(date), **more)))
    first = became[0][1]
    if len(became) > 1:  # what becomes of the first later says nothing of the others
        said = [(event, replace(about, occurrence_id=None)) for event, about in said]
    return News(*said[0], [Part(person_id, first.id, first.sequence) for person_id in people], said[1:])


def _span(date: Occurrence) -> Span:
    return date.starts_at, date.ends_at


def _was(event: Event, date: Occurrence) -> Span | None:
    if event is not Event.MOVED or not date.was_starts_at or not date.was_ends_at:
        return None
    return date.was_starts_at, date.was_ends_at


_WHICH = attrgetter("id", "title", "place", "starts_at", "ends_at")

LONGEST = 1000
NEWS_FOR = timedelta(days=2)
"""So long a message is news at least, also of a date that is over."""


@dataclass(frozen=True)
class Hearer:
    """Somebody on a date, or for whom a place is kept. waits: only in the queue. reached: do they read messages?"""

    person_id: int | None
    name: str
    waits: bool
    reached: bool


def list_hearers(actor: Actor, occurrence_id: int) -> Sequence[Hearer]:
    """Everybody but the actor who holds or waits for a place, in order of their tickets; Missing for other teams."""
    get_occurrence_for(actor, occurrence_id)
    waits = func.min(case((Signup.status == Status.WAITING, 1), else_=0)) == 1
    reads = and_(notices.REACHABLE, Membership.state == MembershipState.ACTIVE)
    name = func.coalesce(Person.name, Signup.label)
    found = (
        select(Signup.person_id, name, waits, func.max(case((reads, 1), else_=0)) == 1)
        .join(Signup.shift)
        .outerjoin(Person, Person.id == Signup.person_id)
        .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Shift.team_id))
        .where(Shift.occurrence_id == occurrence_id, Signup.status.in_((*HELD, Status.WAITING)))
        .where(func.coalesce(Signup.person_id, 0) != actor.person_id)
        .group_by(Signup.person_id, name)
        .order_by(func.min(Signup.seq), func.min(Signup.id))
    )
    return [Hearer(*row) for row in db.session.execute(found)]


def send(actor: Actor, occurrence_id: int, text: str, waiting_too: bool, now: datetime) -> int:
    """Tell those who hold a place on a date something; those in the queue only if wished. Returns how many hear it.

    Refused for a text of no or more than 1,000 characters, and when nobody would read it.
    """
    said = "\n".join(map(one_line, text.strip().splitlines()))
    if not 1 <= len(said) <= LONGEST:
        raise Refused("Write a message of up to %(most)d characters.", field="text", most=LONGEST)
    date = get_occurrence_for(actor, occurrence_id)
    hearers = [one for one in list_hearers(actor, occurrence_id) if one.reached and (waiting_too or not one.waits)]
    if not hearers:
        raise Refused("Nobody on this date would read it here. Please call them.")
    which = (date.id, date.title, date.place, date.starts_at, date.ends_at)
    about = About(actor.team_id, actor.zone, *which, until=max(date.ends_at, now + NEWS_FOR), reason=said)
    message = News(Event.MESSAGE, about, [Part(one.person_id, date.id) for one in hearers])
    deeds.close(actor, "message", f"occurrence {date.id}", now, Effects([message]))
    return len(hearers)
