"""The dates a calendar holds, read in one statement each: a team's, or a person's with their own places."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import ActivityState, OccurrenceState, Visibility
from ..database import db
from ..signups.models import Signup
from .rules import Entry, OwnPlace, with_own_places


def within(team_ids: Sequence[int], begin: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    """The dates of these teams that end at `begin` or later and start before `end`."""
    return Occurrence.team_id.in_(team_ids), Occurrence.ends_at >= begin, Occurrence.starts_at < end


def one(team_id: int, occurrence_id: int) -> tuple[ColumnElement[bool], ...]:
    """A single date of a team."""
    return Occurrence.team_id == team_id, Occurrence.id == occurrence_id


def list_dates(*conditions: ColumnElement[bool], public_only: bool = False) -> list[Entry]:
    """What everyone sees, in order of time: no private kinds, and nobody's places."""
    dates = _select_dates().where(Kind.private.is_(False), *conditions)
    if public_only:
        dates = dates.where(Activity.visibility == Visibility.PUBLIC)
    return [_entry(row) for row in db.session.execute(dates)]


def list_own_dates(person_id: int, *conditions: ColumnElement[bool]) -> list[Entry]:
    """The dates a person holds or waits for a place on, in order of time; private kinds among them."""
    rows = db.session.execute(_select_own_dates(person_id).where(*conditions))
    found = (_own_entry(list(group)) for _, group in groupby(rows, key=lambda row: row.id))
    return [entry for entry in found if entry]


def _select_dates() -> Select[*tuple[Any, ...]]:
    """The dates people were told of; holiday skips never were."""
    return (
        select(
            Occurrence.id,
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
            Activity.state == ActivityState.PUBLISHED,
            Occurrence.state.in_((OccurrenceState.PUBLISHED, OccurrenceState.CANCELLED)),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )


def _select_own_dates(person_id: int) -> Select[*tuple[Any, ...]]:
    """A row for each sign-up of the person, withdrawn ones too: they count in the sequence."""
    return (
        _select_dates()
        .add_columns(
            Shift.name.label("position"),
            Shift.starts_at.label("shift_starts_at"),
            Shift.ends_at.label("shift_ends_at"),
            Signup.status,
            Signup.sequence.label("signup_sequence"),
            Signup.changed_at.label("signup_changed_at"),
        )
        .join(Shift, Shift.occurrence_id == Occurrence.id)
        .join(Signup, Signup.shift_id == Shift.id)
        .where(Signup.person_id == person_id)
        .order_by(Shift.starts_at, Shift.id)
    )


def _own_entry(rows: Sequence[Any]) -> Entry | None:
    own = [
        OwnPlace(
            position=row.position,
            starts_at=row.shift_starts_at,
            ends_at=row.shift_ends_at,
            status=row.status,
            sequence=row.signup_sequence,
            changed_at=row.signup_changed_at,
        )
        for row in rows
    ]
    return with_own_places(_entry(rows[0]), own)


def _entry(row: Any) -> Entry:
    return Entry(
        occurrence_id=row.id,
        public_id=row.public_id,
        title=row.title,
        place=row.place,
        meeting=row.meeting,
        bring=row.bring,
        kind=row.kind,
        private=row.private,
        zone=row.zone,
        arrive_before=row.arrive_before,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
        tentative=row.tentative,
        sequence=row.sequence,
        changed_at=row.changed_at,
    )
