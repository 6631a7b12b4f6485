"""The dates a calendar holds, read in one statement each, as they are stored.

Most dates of a feed have been written out before, and what tells them apart is cheap to read: the values as the
database has them. Only those of a new date are decoded.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Select, bindparam, case, func, select, type_coerce
from sqlalchemy.types import NullType

from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import ActivityState, OccurrenceState, Visibility
from ..database import db
from ..signups.models import Signup
from ..signups.states import STANDING, Status
from ..teams.models import Names
from .rules import Entry, Fill, Home, OwnPlace, at_home, masked, with_own_places

Values = tuple[Any, ...]
"""A row as stored: plain, so that comparing and keeping many of them is cheap."""
Stored = tuple[Any, ...]
"""Everything a feed shows of one date, as stored."""


class AsStored:
    """A statement whose values are left as the database has them, and what makes them ours."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        columns = statement.selected_columns
        plain = [type_coerce(column, NullType()).label(column.key) for column in columns]
        self._statement = statement.with_only_columns(*plain, maintain_column_froms=True)
        self._types = {str(column.key): column.type for column in columns}
        self._decoders: dict[str, dict[str, Any]] = {}

    def read(self, **values: Any) -> list[Values]:
        """The rows, for these values of the statement's parameters."""
        return [tuple(row) for row in db.session.connection().execute(self._statement, values)]

    def decoded(self, row: Values) -> dict[str, Any]:
        """The values of a row by name, as everywhere else."""
        decoders = self._decoders_for(db.engine.dialect)
        named = zip(decoders.items(), row, strict=True)
        return {name: decode(value) if decode else value for (name, decode), value in named}

    def _decoders_for(self, dialect: Dialect) -> dict[str, Any]:
        if dialect.name not in self._decoders:
            types = {name: kind.dialect_impl(dialect) for name, kind in self._types.items()}
            self._decoders[dialect.name] = {name: kind.result_processor(dialect, None) for name, kind in types.items()}
        return self._decoders[dialect.name]


_WITHIN = (
    Occurrence.team_id.in_(bindparam("teams", expanding=True)),
    Occurrence.ends_at >= bindparam("begin"),
    Occurrence.starts_at < bindparam("end"),
)
"""The dates of these teams that end at `begin` or later and start before `end`."""
_ONE = (Occurrence.team_id == bindparam("team"), Occurrence.id == bindparam("occurrence"))
"""A single date of a team."""
_NOT_PRIVATE = Kind.private.is_(False)
_STANDING = Signup.status.in_(STANDING)


def _dates(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The dates people were told of; holiday skips never were. The columns are the fields of an entry."""
    return (
        select(
            Occurrence.id.label("occurrence_id"),
            Occurrence.public_id,
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.state,
            Occurrence.tentative,
            Occurrence.sequence,
            Occurrence.changed_at,
            Occurrence.title,
            Occurrence.place,
            Activity.meeting,
            Activity.bring,
            Activity.zone,
            Activity.arrive_before,
            Kind.name.label("kind"),
            Kind.private,
        )
        .join(Activity, Activity.id == Occurrence.activity_id)
        .join(Kind, Kind.id == Activity.kind_id)
        .where(
            Activity.state != ActivityState.DRAFT,
            Occurrence.state.in_((OccurrenceState.PUBLISHED, OccurrenceState.CANCELLED)),
            *conditions,
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )


_DATE = len(_dates().selected_columns)


def _places(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """A row for each sign-up of these people, withdrawn ones too: they count in the sequence."""
    return (
        _dates(*conditions)
        .add_columns(
            Shift.name.label("position"),
            Shift.starts_at.label("shift_starts_at"),
            Shift.ends_at.label("shift_ends_at"),
            Signup.person_id,
            Signup.status,
            Signup.sequence.label("signup_sequence"),
            Signup.changed_at.label("signup_changed_at"),
        )
        .join(Shift, Shift.occurrence_id == Occurrence.id)
        .join(Signup, Signup.shift_id == Shift.id)
        .where(Signup.person_id.in_(bindparam("people", expanding=True)))
        .order_by(Shift.starts_at, Shift.id, Signup.person_id)
    )


TEAM = AsStored(_dates(_NOT_PRIVATE, *_WITHIN))
"""What everyone sees, in order of time: no private kinds, and nobody's places."""
PUBLIC = AsStored(_dates(_NOT_PRIVATE, Activity.visibility == Visibility.PUBLIC, *_WITHIN))
ONE = AsStored(_dates(_NOT_PRIVATE, *_ONE))
OWN = AsStored(_places(*_WITHIN))
"""The dates a person holds or waits for a place on, private kinds among them."""
ONE_OWN = AsStored(_places(*_ONE))
HOUSEHOLD = AsStored(_places(_NOT_PRIVATE, *_WITHIN))
_FILL = AsStored(
    select(
        Shift.occurrence_id,
        Shift.id.label("shift_id"),
        Shift.name.label("position"),
        Shift.taken,
        (Shift.capacity + Shift.extra).label("places"),
        func.count(case((Signup.status == Status.WAITING, 1))).label("waiting"),
        func.max(Signup.changed_at).label("changed_at"),
    )
    .join(Occurrence, Occurrence.id == Shift.occurrence_id)
    .outerjoin(Signup, Signup.shift_id == Shift.id)
    .where(*_WITHIN)
    .group_by(Shift.id)
    .order_by(Shift.occurrence_id, Shift.id)
)
_NAMES = AsStored(
    select(Signup.shift_id, Signup.status, Person.name)
    .join(Shift, Shift.id == Signup.shift_id)
    .join(Occurrence, Occurrence.id == Shift.occurrence_id)
    .join(Person, Person.id == Signup.person_id)
    .where(_STANDING, *_WITHIN)
    .order_by(Signup.shift_id, Signup.seq, Signup.id)
)


def by_date(rows: Sequence[Values]) -> list[Stored]:
    """What is stored of each date."""
    return [tuple(group) for _, group in groupby(rows, key=lambda row: row[0])]


def with_fill(rows: Sequence[Values], names: Names, **window: Any) -> list[Stored]:
    """Each date with how full its positions are, and with names unless none are wanted. Two or three statements."""
    standing: dict[int, Stored] = {}
    if names is not Names.NONE:
        named = _NAMES.read(**window)
        standing = {shift_id: tuple(group) for shift_id, group in groupby(named, key=lambda row: row[0])}
    fill = {
        occurrence_id: tuple((shift, standing.get(shift[1], ())) for shift in shifts)
        for occurrence_id, shifts in groupby(_FILL.read(**window), key=lambda row: row[0])
    }
    return [(row, *fill.get(row[0], ())) for row in rows]


def entry_of(stored: Stored) -> Entry:
    """A date as everyone sees it."""
    return Entry(**TEAM.decoded(stored[0]))


def own_entry_of(stored: Stored, home: Home | None = None) -> Entry | None:
    """A date with the places of one person, or of a household; None when there are none any more."""
    rows = [OWN.decoded(row) for row in stored]
    entry = Entry(**dict(list(rows[0].items())[:_DATE]))
    people = {mate.person_id: mate for mate in home.people} if home else {}
    own = [
        OwnPlace(
            position=row["position"],
            starts_at=row["shift_starts_at"],
            ends_at=row["shift_ends_at"],
            status=row["status"],
            sequence=row["signup_sequence"],
            changed_at=row["signup_changed_at"],
            who=people[row["person_id"]].name if home else "",
            gone=bool(home) and not people[row["person_id"]].here,
        )
        for row in rows
    ]
    return with_own_places(at_home(entry, home) if home else entry, own)


def full_entry_of(stored: Stored, names: Names) -> Entry:
    """A date with how full it is; as it was last changed, which a sign-up does too."""
    date, *shifts = stored
    entry = entry_of((date,))
    changed_at, fill = [entry.changed_at], []
    for shift, standing in shifts:
        told = _FILL.decoded(shift)
        people = [_NAMES.decoded(row) for row in standing]
        by_status = {
            status: tuple(_graded(one["name"], names) for one in people if one["status"] is status)
            for status in (Status.CONFIRMED, Status.WAITING)
        }
        changed_at += [told["changed_at"]] if told["changed_at"] else []
        fill.append(
            Fill(
                told["position"],
                told["taken"],
                told["places"],
                told["waiting"],
                by_status[Status.CONFIRMED],
                by_status[Status.WAITING],
            )
        )
    return replace(entry, fill=tuple(fill), changed_at=max(changed_at))


def _graded(name: str, names: Names) -> str:
    return masked(name) if names is Names.MASKED else name
