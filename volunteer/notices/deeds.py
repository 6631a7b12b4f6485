"""How a deed is closed, in one way: the trail is written, people hear of it, calendars know.

That is the order of locks, too: what the deed has locked and written comes before, counters last of all. Nothing is
told or counted in the middle of a deed: whoever does a part of it returns its `Effects`, and whoever closes the deed
adds them up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from ..actor import Actor, By
from ..storage import audit, revisions
from ..storage.database import db, insert
from ..storage.revisions import Scope
from ..web.pages import speaking
from . import service as notices
from .events import About, Event, Part
from .models import Notice, Topic
from .service import Hearing

AT_ONCE = 1000
"""So many notices are written in one statement; databases bound its values."""


@dataclass(frozen=True)
class News:
    """Something that some people hear, each once for their part in it; a part without a person has no ears."""

    event: Event
    about: About
    parts: Sequence[Part]
    besides: Sequence[tuple[Event, About]] = ()
    """What else they hear in the same breath."""


@dataclass(frozen=True, eq=False)
class Effects:
    """What a deed means for people. over: what is news no more. unsaid: what is taken back, if nobody has read it.

    people, teams: whose calendars have changed.
    """

    told: Sequence[News] = ()
    over: Sequence[ColumnElement[bool]] = ()
    unsaid: Sequence[ColumnElement[bool]] = ()
    people: Sequence[int | None] = ()
    teams: Sequence[int] = ()

    def __add__(self, other: "Effects") -> "Effects":
        told, over = [*self.told, *other.told], [*self.over, *other.over]
        people, teams = [*self.people, *other.people], [*self.teams, *other.teams]
        return Effects(told, over, [*self.unsaid, *other.unsaid], people, teams)


NO_EFFECTS = Effects()


def close(by: Actor | By, verb: str, object: str, now: datetime, effects: Effects = NO_EFFECTS, **changes: Any) -> None:
    """The last step of a deed somebody answers for; see `audit.note` for what the trail says, `settle` for the rest."""
    audit.note(by, verb, object, now, **changes)
    settle(effects, now)


def settle(effects: Effects, now: datetime) -> None:
    """The last step of every other deed: one's own sign-ups, and what the service does by itself."""
    db.session.flush()
    if effects.unsaid:
        notices.take_back(or_(*effects.unsaid))
    if effects.over:
        notices.end(now, or_(*effects.over))
    _tell(effects.told, now)
    people = [(Scope.PERSON, person_id) for person_id in effects.people if person_id is not None]
    revisions.touch([*people, *((Scope.TEAM, team_id) for team_id in effects.teams)])


def heard_once(event: Event, parts: Sequence[Part], now: datetime) -> list[ColumnElement[bool]]:
    """What these heard of an event; nobody, nothing."""
    return [Notice.dedupe_key.in_([event.key(part, now) for part in parts])] if parts else []


def heard_of(topic: Topic, *occurrence_ids: int) -> ColumnElement[bool]:
    """What anybody heard of this kind about these dates."""
    return and_(Notice.occurrence_id.in_(occurrence_ids), Notice.kind == topic)


def heard_together(team_id: int, occurrence_ids: Iterable[int]) -> ColumnElement[bool]:
    """What anybody of a team heard of several dates at once, one of these the first."""
    begins = or_(*(Notice.dedupe_key.startswith(f"date {one}.") for one in occurrence_ids))
    return and_(Notice.team_id == team_id, Notice.kind == Topic.DATE, Notice.occurrence_id.is_(None), begins)


def heard_before(event: Event, occurrence_id: int) -> ColumnElement[bool]:
    """What anybody heard of this event of a date."""
    return and_(Notice.event == event.called, Notice.occurrence_id == occurrence_id)


def no_longer(event: Event, occurrence_ids: Iterable[int]) -> ColumnElement[bool]:
    """What anybody heard of this event of any date but these, for which it still holds."""
    return and_(Notice.event == event.called, Notice.occurrence_id.not_in(list(occurrence_ids)))


def heard_by(person_id: int | None, topic: Topic, occurrence_id: int) -> ColumnElement[bool]:
    """What somebody heard of this kind about a date, such as a chance they have taken."""
    return and_(Notice.person_id == person_id, heard_of(topic, occurrence_id))


def _tell(told: Sequence[News], now: datetime) -> None:
    """Tell everybody whom it reaches, in order of their ids; what was told under the same key is not again."""
    hearers = {part.person_id for news in told for part in news.parts} - {None}
    if not hearers:
        return
    hearing = notices.hearing_of(hearers)
    rows = sorted((row for news in _joined(told) for row in _rows(news, hearing, now)), key=itemgetter("person_id"))
    for first in range(0, len(rows), AT_ONCE):
        new = insert(Notice).values(rows[first : first + AT_ONCE])
        db.session.execute(new.on_conflict_do_nothing(index_elements=[Notice.dedupe_key]))


def _joined(told: Sequence[News]) -> Sequence[News]:
    """What becomes of several places of a person, alike in all but the date, is one thing to hear."""
    alike = defaultdict[tuple[Event, str, int | None], list[News]](list)
    for news in told:
        for part in news.parts if news.event.value.topic is Topic.PLACE else ():
            alike[news.event, news.about.title, part.person_id].append(news)
    several = {key: found for key, found in alike.items() if len(found) > 1}
    joined = []
    for news in told if several else ():
        mine = {part: several.get((news.event, news.about.title, part.person_id)) for part in news.parts}
        joined.append(replace(news, parts=[part for part, found in mine.items() if not found]))
        for part, found in mine.items():
            if found and found[0] is news:
                others = [((one.about.starts_at, one.about.ends_at), None) for one in found[1:]]
                joined.append(replace(news, about=replace(news.about, others=others), parts=[part]))
    return joined or told


def _rows(news: News, hearing: Mapping[int | None, Hearing], now: datetime) -> Iterator[dict[str, Any]]:
    event, about = news.event, news.about
    to: dict[str, Any] = {"team_id": about.team_id, "kind": event.value.topic, "occurrence_id": about.occurrence_id}
    until = event.until(about, now)
    to |= {"event": event.called, "expires_at": until}
    said: dict[str | None, str] = {}
    for part in (part for part in news.parts if part.person_id in hearing):
        theirs = hearing[part.person_id]
        locale, at = theirs.locale, theirs.awake(now, about.zone) if event.can_wait else now
        if event.called in theirs.muted or at >= until:
            continue
        if locale not in said:
            with speaking(locale, about.zone):
                said[locale] = " ".join(what.say(which) for what, which in [(event, about), *news.besides])
        of = {"person_id": part.person_id, "dedupe_key": event.key(part, now), "body": said[locale]}
        yield to | of | {"at": at}
