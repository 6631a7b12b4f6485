"""Who is on a date, and what they hear when it is moved, called off or brought back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Select, and_, or_, select, union

from ..activities.models import Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects, News
from ..notices.events import About, Event, Part
from ..notices.models import Notice, Topic
from ..signups.models import Signup, StandIn
from ..signups.states import ON_THE_LIST, Asked
from ..storage.database import db
from ..teams.models import Membership, MembershipState
from .changes import Span
from .news import SAME_BREATH, set_news

Turn = tuple[Event, Occurrence]
"""What has become of a locked date; what it was before stands in its news."""


def effects_of(actor: Actor, turns: Sequence[Turn], now: datetime) -> Effects:
    """Everybody on these dates but the actor hears of theirs, once; what anybody heard of them before is over.

    What was said in the same breath and is not read yet was never said.
    """
    became = {occurrence.id: (event, occurrence) for event, occurrence in turns}
    called_off = [one for one, (event, _) in became.items() if event in (Event.CANCELLED, Event.NOT_HELD)]
    alike = defaultdict[tuple[int, ...], list[int | None]](list)
    for person_id, theirs in groupby(db.session.execute(_select_hearers(actor, list(became))), key=itemgetter(0)):
        alike[tuple(dict.fromkeys(occurrence_id for _, occurrence_id, _ in theirs))].append(person_id)
    told = [_news(actor, people, [became[one] for one in theirs]) for theirs, people in alike.items()]
    over = [deeds.heard_of(topic, *became) for topic in (Topic.DATE, Topic.REMINDER)]
    over.append(deeds.heard_of(Topic.STAND_IN, *called_off))
    over += [deeds.heard_before(Event.ABSENT, one) for one in called_off]
    if len(became) > 1:
        over.append(deeds.heard_together(actor.team_id, became))
    return Effects(told, over, [and_(or_(*over), Notice.at > now - SAME_BREATH)], teams=[actor.team_id])


def of_another_place(actor: Actor, activity_id: int, was_place: str, now: datetime) -> Effects:
    """Everybody on the coming dates of an activity, locked by the caller, hears that it is at another place now."""
    coming = select(Occurrence).where(Occurrence.activity_id == activity_id, Occurrence.starts_at > now)
    coming = coming.where(Occurrence.state == OccurrenceState.PUBLISHED).order_by(Occurrence.starts_at)
    dates = db.session.scalars(coming.execution_options(populate_existing=True)).all()
    for date in dates:
        set_news(actor, date, now, was_place=was_place)
    turns = [(Event.PLACE_CHANGED if date.was_place else Event.RESTORED, date) for date in dates]
    return effects_of(actor, turns, now) if dates else NO_EFFECTS


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
    here = Membership.team_id == actor.team_id, Membership.state != MembershipState.LEFT
    members = select(person_id, occurrence_id, starts_at).join(Membership, Membership.person_id == person_id)
    return members.where(*here, person_id != actor.person_id).order_by(person_id, starts_at, occurrence_id)


def _news(actor: Actor, people: Sequence[int | None], turns: Sequence[Turn]) -> News:
    """The first date of each kind is said in full, the others are named; it is news until the last of all is over."""
    said, until = [], max(occurrence.ends_at for _, occurrence in turns)
    for event in dict.fromkeys(event for event, _ in turns):
        date, *others = [date for what, date in turns if what is event]
        more: dict[str, Any] = {"until": until, "was": _was(event, date), "reason": date.reason}
        more |= {"was_place": date.was_place, "others": [(_span(one), _was(event, one)) for one in others]}
        said.append((event, About(actor.team_id, actor.zone, *_WHICH(date), **more)))
    first = turns[0][1]
    if len(turns) > 1:  # what becomes of the first later says nothing of the others
        said = [(event, replace(about, occurrence_id=None)) for event, about in said]
    return News(*said[0], [Part(person_id, first.id, first.sequence) for person_id in people], said[1:])


def _span(date: Occurrence) -> Span:
    return date.starts_at, date.ends_at


def _was(event: Event, date: Occurrence) -> Span | None:
    if event is not Event.MOVED or not date.was_starts_at or not date.was_ends_at:
        return None
    return date.was_starts_at, date.was_ends_at


_WHICH = attrgetter("id", "title", "place", "starts_at", "ends_at")
