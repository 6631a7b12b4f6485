"""Who of a changed date knows, whom to call, and their numbers: every view of a whole one is in the trail."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, String, and_, bindparam, cast, exists, func, literal, select

from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..notices import service as notices
from ..signups.models import Signup
from ..signups.states import ON_THE_LIST, STANDING
from ..storage.audit import AuditEntry
from ..storage.database import UtcDateTime, db
from ..storage.hot import Hot
from ..teams.models import Membership
from ..teams.service import in_team
from . import changes, news

SAW, TOLD = "see phone", "tell"
"""What the trail calls it."""


class Affected(NamedTuple):
    """Somebody on a date that has changed, and the date. phone: None without an account.

    is_shown: does the whole number stand for the reader? by_word: they know because the reader told them.
    """

    occurrence_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    state: OccurrenceState
    reason: str
    news_at: datetime
    was_starts_at: datetime | None
    was_place: str
    person_id: int
    name: str
    phone: str | None
    is_shown: bool
    has_seen: bool
    by_word: bool


def list_for(actor: Actor, occurrence_id: int, now: datetime) -> list[Affected]:
    """Everybody on a date that has changed, whoever has not seen it first. Empty for one that has not."""
    return list(_OF_DATE.rows(occurrence=occurrence_id, **_reader(actor, now)))


def list_late(actor: Actor, now: datetime) -> list[Affected]:
    """Everybody on the team's dates whose late change has not been seen by all, and is not long ago. One statement."""
    found = _LATE.rows(since=now - changes.CALLS_LAST, **_reader(actor, now))
    return [one for one in found if changes.is_to_be_called(one.news_at, one.starts_at, one.was_starts_at, now)]


def _reader(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"team": actor.team_id, "me": actor.person_id, "asked": now - changes.PHONES_STAND}


def came_late(date: Occurrence) -> bool:
    """Has its last change come late?"""
    return date.news_at is not None and changes.comes_late(date.news_at, date.starts_at, date.was_starts_at)


def may_call(date: Occurrence, now: datetime) -> bool:
    """May leaders see numbers of people on this date now: of everybody, or of who has not seen a late change?"""
    called = date.news_at and changes.is_to_be_called(date.news_at, date.starts_at, date.was_starts_at, now)
    return bool(called) or changes.may_see_phones(date.starts_at, date.ends_at, now)


def tell(actor: Actor, occurrence_id: int, person_id: int, now: datetime) -> None:
    """Note that the leader has told somebody what became of a date. For who knows already nothing changes.

    Missing for dates of another team; nothing happens for who is not on it.
    """
    get_occurrence_for(actor, occurrence_id)
    waits = exists(news.select_unseen([occurrence_id]).where(Signup.person_id == person_id))
    if db.session.scalar(select(waits)):
        news.note_seen(occurrence_id, person_id, now)
        deeds.close(actor, TOLD, _on(occurrence_id, person_id), now)


def take_back(actor: Actor, occurrence_id: int, person_id: int, now: datetime) -> None:
    """They were not told after all. Of who says themselves that they know nothing changes."""
    if person_id in {one.person_id for one in list_for(actor, occurrence_id, now) if one.by_word}:
        news.note_seen(occurrence_id, person_id, None)
        deeds.close(actor, "take back that told", _on(occurrence_id, person_id), now)


def see_phones(actor: Actor, occurrence_id: int, wanted: Collection[int], now: datetime) -> None:
    """Show the leader whole numbers of people on a date for a while; each view that is new is logged.

    wanted: of these; of everybody when empty. From a day before the start to a day after the end, of everybody on the
    list; of who is on the call list of a late change for two days after it. Refused otherwise. Who only keeps the list
    sees them one at a time.
    """
    occurrence = get_occurrence_for(actor, occurrence_id)
    if not changes.may_see_at_once(actor, len(wanted)):
        raise Refused("Choose whom you want to call.")
    if not may_call(occurrence, now):
        raise Refused("Phone numbers are shown from a day before a date begins to a day after it ends.")
    near = changes.may_see_phones(occurrence.starts_at, occurrence.ends_at, now)
    called = [] if near else [one.person_id for one in list_for(actor, occurrence_id, now) if not one.has_seen]
    for one in list_reachable(actor, occurrence, now):
        if not one.is_shown and (near or one.id in called) and (not wanted or one.id in wanted):
            deeds.close(actor, SAW, _on(occurrence_id, one.id), now)


def list_reachable(actor: Actor, date: Occurrence, now: datetime) -> Sequence[Row[int, str, str | None, bool]]:
    """Who is on the list of a date and has an account: id, name, phone, is_shown; nobody when it is no time to call."""
    if not may_call(date, now):
        return []
    its = Shift.occurrence_id == date.id, Signup.status.in_(ON_THE_LIST)
    shown = is_shown(Person.id, Shift.occurrence_id).label("is_shown")
    people = select(Person.id, Person.name, Person.phone, shown).select_from(Signup).join(Signup.shift)
    people = people.join(Person, Person.id == Signup.person_id).join(Membership, _IN_TEAM)
    found = people.where(*its, notices.REACHABLE).distinct().order_by(Person.id)
    return db.session.execute(found, _reader(actor, now)).all()


def _on(occurrence_id: Any, person_id: Any) -> Any:
    return f"person {person_id} on occurrence {occurrence_id}"


def _is_in_trail(verb: str, person_id: Any, occurrence_id: Any, *when: ColumnElement[bool]) -> ColumnElement[bool]:
    on = literal("person ") + cast(person_id, String) + " on occurrence " + cast(occurrence_id, String)
    mine = AuditEntry.team_id == bindparam("team"), AuditEntry.actor_id == bindparam("me")
    return exists(select(AuditEntry.id).where(*mine, *when, AuditEntry.verb == verb, AuditEntry.object == on))


def is_shown(person_id: Any, occurrence_id: Any) -> ColumnElement[bool]:
    """Does somebody's number stand for the reader (`team`, `me`), who has asked for it since `asked`?"""
    return _is_in_trail(SAW, person_id, occurrence_id, AuditEntry.at > bindparam("asked", type_=UtcDateTime))


_IN_TEAM = and_(Membership.person_id == Person.id, in_team(bindparam("team")))


def _select(*which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    on = select(Occurrence.id, Signup.person_id, func.max(Signup.seen_at).label("seen_at"))
    on = on.select_from(Signup).join(Signup.shift).join(Shift.occurrence)
    on = on.where(Signup.status.in_(STANDING), Occurrence.news_at.is_not(None), *which)
    people = on.group_by(Occurrence.id, Signup.person_id).subquery()
    unseen = news.select_unseen().where(*which).subquery()
    date_id, person_id = unseen.c
    by_word = _is_in_trail(TOLD, Person.id, Occurrence.id, AuditEntry.at == people.c.seen_at)
    return (
        select(Occurrence.id, Occurrence.title, Occurrence.place, Occurrence.starts_at, Occurrence.ends_at)
        .add_columns(Occurrence.state, Occurrence.reason, Occurrence.news_at, Occurrence.was_starts_at)
        .add_columns(Occurrence.was_place, Person.id, Person.name, Person.phone, is_shown(Person.id, Occurrence.id))
        .add_columns(person_id.is_(None), by_word)
        .join(people, people.c.id == Occurrence.id)
        .join(Person, Person.id == people.c.person_id)
        .join(Membership, _IN_TEAM)
        .outerjoin(unseen, and_(date_id == Occurrence.id, person_id == Person.id))
        .order_by(Occurrence.starts_at, Occurrence.id, person_id.is_(None), Person.id)
    )


_OURS = Occurrence.team_id == bindparam("team")
_OF_DATE = Hot(Affected, _select(_OURS, Occurrence.id == bindparam("occurrence")))
_LATE = Hot(Affected, _select(_OURS, Occurrence.news_at > bindparam("since")))
