"""Who is on a date, and what they hear when it is moved, called off or brought back."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import select

from ..activities.models import Occurrence, Shift
from ..actor import Actor
from ..notices import deeds
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..notices.models import Topic
from ..signups.models import Signup
from ..signups.states import ON_THE_LIST
from ..storage.database import db
from .changes import Span

Turn = tuple[Event, Occurrence, Span | None]
"""What has become of a locked date; when it was to be before, if it has moved."""


def effects_of(actor: Actor, turns: Sequence[Turn]) -> Effects:
    """Everybody on these dates but the actor hears of theirs, once; what anybody heard of them before is over."""
    became = {occurrence.id: (event, occurrence, was) for event, occurrence, was in turns}
    on_them = select(Signup.person_id, Occurrence.id).join(Signup.shift).join(Shift.occurrence)
    on_them = on_them.where(Occurrence.id.in_(became), Signup.status.in_(ON_THE_LIST))
    on_them = on_them.where(Signup.person_id != actor.person_id).order_by(Signup.person_id, Occurrence.starts_at)
    alike = defaultdict[tuple[int, ...], list[int | None]](list)
    for person_id, theirs in groupby(db.session.execute(on_them), key=itemgetter(0)):
        alike[tuple(dict.fromkeys(occurrence_id for _, occurrence_id in theirs))].append(person_id)
    told = [_news(actor, people, [became[one] for one in theirs]) for theirs, people in alike.items()]
    return Effects(told, [deeds.heard_of(Topic.DATE, *became)], teams=[actor.team_id])


def _news(actor: Actor, people: Sequence[int | None], turns: Sequence[Turn]) -> News:
    """The first date of each kind is named, the others are counted; it is news until the last of all is over."""
    said, until = [], max(occurrence.ends_at for _, occurrence, _ in turns)
    for event in dict.fromkeys(event for event, _, _ in turns):
        (date, was), *others = [(date, was) for what, date, was in turns if what is event]
        more: dict[str, Any] = {"until": until, "was": was, "reason": date.reason, "further": len(others)}
        said.append((event, About(actor.team_id, actor.zone, *_WHICH(date), **more)))
    first = turns[0][1]
    return News(*said[0], [Part(person_id, first.id, first.sequence) for person_id in people], said[1:])


_WHICH = attrgetter("id", "title", "place", "starts_at", "ends_at")
