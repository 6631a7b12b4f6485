"""What of a date may stand in a calendar. Pure: values in, values out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ..activities.states import OccurrenceState
from ..ics import Status
from ..signups.states import Status as Place

BACK = timedelta(days=31)
"""How long a date stays after its end, a cancelled one too."""
AHEAD = timedelta(weeks=26)

_HIDDEN = "***"
_MOBILE = r"(?<!\d)(?:(?:\+|00)?86[-\s]?)?[1１][3-9３-９](?:[-\s]?\d){9}(?!\d)"
_LANDLINE = r"(?<!\d)[(（]?[0０]\d{2,3}[)）]?[-—\s]?\d{7,8}(?!\d)"
_MAIL = r"[\w.+-]+[@＠][\w-]+(?:\.[\w-]+)+"
_CONTACT = re.compile(f"{_MOBILE}|{_LANDLINE}|{_MAIL}")


def first_and_last(today: date) -> tuple[date, date]:
    """The days a feed covers, both included."""
    return today - BACK, today + AHEAD - timedelta(days=1)


def without_contacts(text: str) -> str:
    """The text with phone numbers and e-mail addresses made unreadable: subscribed calendars are passed on."""
    return _CONTACT.sub(_HIDDEN, text)


@dataclass(frozen=True)
class OwnPlace:
    """One of a person's sign-ups on a date, withdrawn ones too."""

    position: str
    starts_at: datetime
    ends_at: datetime
    status: Place
    sequence: int
    changed_at: datetime


@dataclass(frozen=True)
class Entry:
    """A date as a feed shows it: to its members, or to a person with their own places there."""

    occurrence_id: int
    public_id: str
    title: str
    place: str
    meeting: str
    bring: str
    kind: str
    private: bool
    zone: str
    arrive_before: int
    starts_at: datetime
    ends_at: datetime
    state: OccurrenceState
    tentative: bool
    sequence: int
    changed_at: datetime
    own: bool = False
    waiting: bool = False
    positions: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        if self.state is OccurrenceState.CANCELLED:
            return Status.CANCELLED
        return Status.TENTATIVE if self.waiting else Status.CONFIRMED


def with_own_places(entry: Entry, own: Sequence[OwnPlace]) -> Entry | None:
    """The date as it is to the person with these sign-ups; None when all of them are withdrawn.

    From the first to the last place held, or waited for where none is held. Withdrawn sign-ups still count in
    the sequence, and each further one adds one, so it never falls and rises with every step.
    """
    held = [place for place in own if place.status is Place.CONFIRMED]
    shown = held or [place for place in own if place.status is Place.WAITING]
    if not shown:
        return None
    return replace(
        entry,
        starts_at=min(place.starts_at for place in shown),
        ends_at=max(place.ends_at for place in shown),
        own=True,
        waiting=not held,
        positions=tuple(place.position for place in shown if place.position),
        sequence=entry.sequence + sum(place.sequence + 1 for place in own) - 1,
        changed_at=max(entry.changed_at, *(place.changed_at for place in own)),
    )
