"""The dates a calendar holds, read in one statement or two, and made into entries only where one is written anew."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select

from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import TOLD, ActivityState, OccurrenceState
from ..signups.models import Signup
from ..signups.states import Ground, Status
from ..storage.database import db
from ..teams.models import Names
from .models import FeedScope
from .rules import DateEntry, Fill, Home, OwnPlace, Reminders, counting, masked, with_own_places

Condition = ColumnElement[bool]
Values = tuple[Any, ...]
Stored = tuple[Values, ...]
"""Everything a feed shows of one date: first the date itself, then own places, or how full it is (`_Filled`)."""

_SKIPPED = Occurrence.state == OccurrenceState.SKIPPED
_OF_DATES = Occurrence.__table__.columns
_DATE: dict[str, Any] = {
    "occurrence_id": Occurrence.id,
    "kind": Kind.name,
    "kind_code": Kind.code,
    "private": Kind.private,
    "zone": Activity.zone,
    "arrive_before": Activity.arrive_before,
    "cancelled": Occurrence.state == OccurrenceState.CANCELLED,
    "skipped": _SKIPPED,
} | {field.name: _OF_DATES[field.name] for field in fields(DateEntry) if field.name in _OF_DATES}
"""Where the values of an entry are stored: those named as in the table of dates are there. Below, those of places."""
_PLACE: dict[str, Any] = {
    "shift": Shift.name,
    "starts_at": Shift.starts_at,
    "ends_at": Shift.ends_at,
    "person_id": Signup.person_id,
    "status": Signup.status,
    "sequence": Signup.sequence,
    "changed_at": Signup.changed_at,
    "offer_until": Signup.offer_until,
    "in_draw": and_(Signup.ground == Ground.DRAW, Signup.ground_n == 0),
}


class _Filled(NamedTuple):
    """A sign-up for a date, or a shift without one."""

    occurrence_id: int
    shift_id: int
    shift: str
    taken: int
    places: int
    status: Status | None
    changed_at: datetime | None
    name: str | None


_NOT_PRIVATE = Kind.private.is_(False)
_TOLD = Occurrence.state.in_(TOLD)


class Manner(NamedTuple):
    """How a feed shows its dates: everything but the dates themselves."""

    scope: FeedScope
    locale: str | None = None
    base_url: str = ""
    person_id: int | None = None
    """Whose own dates they are; None for those of several people."""
    reminders: Reminders = Reminders()
    names: Names = Names.NONE
    home: Home | None = None
    shows_skipped: bool = False


def _dates(*conditions: Condition) -> Select[*tuple[Any, ...]]:
    """Dates of what is published, in order of time."""
    return (
        select(*_DATE.values())
        .join(Activity, Activity.id == Occurrence.activity_id)
        .join(Kind, Kind.id == Activity.kind_id)
        .where(Activity.state != ActivityState.DRAFT, *conditions)
        .order_by(Occurrence.starts_at, Occurrence.id)
    )


def list_for(manner: Manner, *conditions: Condition) -> list[Stored]:
    """What a feed holds that shows its dates in this manner. One statement, for leaders two; one more for skips.

    A household's: what those signed up for who live or lived there; private kinds stay with the person.
    """
    if manner.person_id:
        found = list_own([manner.person_id], *conditions)
    elif manner.home:
        found = list_own([*dict(manner.home.here), *manner.home.gone], _NOT_PRIVATE, *conditions)
    elif manner.scope is FeedScope.LEADER:
        found = list_filled(*conditions)
    else:
        found = list_all(*conditions)
    return found + list_all(*conditions, told=_SKIPPED) if manner.shows_skipped else found


def list_all(*conditions: Condition, told: Condition = _TOLD) -> list[Stored]:
    """What everyone sees: no private kinds, and nobody's places."""
    return [(tuple(row),) for row in db.session.connection().execute(_dates(_NOT_PRIVATE, told, *conditions))]


def list_own(people: Sequence[int], *conditions: Condition) -> list[Stored]:
    """The dates these people signed up for, private kinds among them.

    With a row for each sign-up, withdrawn ones too: they count in the sequence.
    """
    places = (
        _dates(_TOLD, *conditions)
        .add_columns(*_PLACE.values())
        .join(Shift, Shift.occurrence_id == Occurrence.id)
        .join(Signup, Signup.shift_id == Shift.id)
        .where(Signup.person_id.in_(people))
        .order_by(Shift.starts_at, Shift.id, Signup.person_id)
    )
    rows = ((tuple(row[: len(_DATE)]), tuple(row[len(_DATE) :])) for row in db.session.connection().execute(places))
    return [(date, *(place for _, place in own)) for date, own in groupby(rows, key=itemgetter(0))]


def list_filled(*conditions: Condition) -> list[Stored]:
    """As `list_all`, with a row for each sign-up for the date, and for each shift without one."""
    signups = (
        select(
            Shift.occurrence_id,
            Shift.id,
            Shift.name,
            Shift.taken,
            Shift.capacity + Shift.extra,
            Signup.status,
            Signup.changed_at,
            func.coalesce(Person.name, Signup.label),
        )
        .join(Occurrence, Occurrence.id == Shift.occurrence_id)
        .outerjoin(Signup, Signup.shift_id == Shift.id)
        .outerjoin(Person, Person.id == Signup.person_id)
        .where(*conditions)
        .order_by(Shift.occurrence_id, Shift.id, Signup.seq, Signup.id)
    )
    rows = map(_Filled._make, db.session.connection().execute(signups))
    fill = {date_id: tuple(those) for date_id, those in groupby(rows, key=attrgetter("occurrence_id"))}
    return [(date, *fill.get(date[0], ())) for (date,) in list_all(*conditions)]


def entry_of(stored: Stored, manner: Manner) -> DateEntry | None:
    """A date as a feed shows it; None when the people whose feed it is have no part in it any more."""
    date, *more = stored
    entry = DateEntry(**dict(zip(_DATE, date, strict=True)))
    if entry.skipped or not more:
        return entry
    if manner.scope is FeedScope.LEADER:
        return _with_fill(entry, [_Filled(*row) for row in more], manner.names)
    own = [OwnPlace(**dict(zip(_PLACE, place, strict=True))) for place in more]
    if manner.scope is FeedScope.TEAM:
        return counting(entry, own)
    return with_own_places(entry, own, manner.home)


def _with_fill(entry: DateEntry, signups: Sequence[_Filled], names: Names) -> DateEntry:
    """A date with how full it is; as it was last changed, which a sign-up does too."""
    fill = []
    for _, rows in groupby(signups, key=attrgetter("shift_id")):
        first, *others = rows
        people = [(row.status, row.name or "") for row in (first, *others)]
        there, queue = ([name for at, name in people if at is status] for status in (Status.CONFIRMED, Status.WAITING))
        fill.append(
            Fill(first.shift, first.taken, first.places, len(queue), _graded(there, names), _graded(queue, names))
        )
    changed_at = max([entry.changed_at, *(row.changed_at for row in signups if row.changed_at)])
    return replace(entry, fill=tuple(fill), changed_at=changed_at)


def _graded(people: list[str], names: Names) -> tuple[str, ...]:
    """Names as a grade lets them stand; so does the label of reserved places, as it may well be somebody's name."""
    if names is Names.NONE:
        return ()
    return tuple(masked(name) if names is Names.MASKED else name for name in people)
