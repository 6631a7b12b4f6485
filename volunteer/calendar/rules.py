"""What of a date may stand in a calendar. Pure: values in, values out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from .. import clock
from ..activities.states import OccurrenceState
from ..ics import Status
from ..signups.states import STANDING
from ..signups.states import Status as Place

BACK = timedelta(days=31)
"""How long a date stays after its end, a cancelled one too."""
AHEAD = timedelta(weeks=26)
EVENING = time(20)
"""When people are reminded of tomorrow."""

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


def masked(name: str) -> str:
    """The first letter of a name: in Chinese the surname, 张*."""
    return name[:1] + "*"


class Alarm(StrEnum):
    """When the owner's own dates ring."""

    NONE = "none"
    HOUR = "1h"
    HOURS = "3h"
    EVENING = "evening"

    def before(self, starts_at: datetime, zone: str) -> timedelta | None:
        """How long before a start that is; the evening is the one before, on the clocks of the zone."""
        if self is Alarm.EVENING:
            eve = clock.local(starts_at, zone).date() - timedelta(days=1)
            return starts_at - clock.utc(eve, EVENING, zone)
        return {Alarm.HOUR: timedelta(hours=1), Alarm.HOURS: timedelta(hours=3)}.get(self)


@dataclass(frozen=True)
class OwnPlace:
    """One of a person's sign-ups on a date, withdrawn ones too."""

    position: str
    starts_at: datetime
    ends_at: datetime
    status: Place
    sequence: int
    changed_at: datetime
    who: str = ""
    """Whose it is, in a household's feed."""
    gone: bool = False
    """Do they live elsewhere now? Then it only counts in the sequence."""


@dataclass(frozen=True)
class Housemate:
    """Somebody who lives in a household, or once did."""

    person_id: int
    name: str
    here: bool


@dataclass(frozen=True)
class Home:
    """A household as its feed sees it. sequence and changed_at: how often and when who lives there last changed."""

    sequence: int
    changed_at: datetime | None
    people: tuple[Housemate, ...]


@dataclass(frozen=True)
class Fill:
    """How full a position is, for leaders. Names are such as the team's administrators allow in calendars."""

    position: str
    taken: int
    places: int
    waiting: int
    names: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A date as a feed shows it: to its members, to a person with their own places there, or to leaders."""

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
    people: tuple[str, ...] = ()
    fill: tuple[Fill, ...] = ()

    @property
    def status(self) -> Status:
        if self.state is OccurrenceState.CANCELLED:
            return Status.CANCELLED
        return Status.TENTATIVE if self.waiting else Status.CONFIRMED


def with_own_places(entry: Entry, own: Sequence[OwnPlace]) -> Entry | None:
    """The date as it is to the person, or the household, with these sign-ups; None when all of them are withdrawn.

    From the first to the last place held, or waited for where none is held. Withdrawn sign-ups still count in
    the sequence, and each further one adds one, so it never falls and rises with every step.
    """
    here = [place for place in own if not place.gone]
    held = [place for place in here if place.status is Place.CONFIRMED]
    shown = held or [place for place in here if place.status in STANDING]
    if not shown:
        return None
    return replace(
        entry,
        starts_at=min(place.starts_at for place in shown),
        ends_at=max(place.ends_at for place in shown),
        own=True,
        waiting=not held,
        positions=tuple(dict.fromkeys(place.position for place in shown if place.position)),
        people=tuple(dict.fromkeys(place.who for place in shown if place.who)),
        sequence=entry.sequence + sum(place.sequence + 1 for place in own) - 1,
        changed_at=max(entry.changed_at, *(place.changed_at for place in own)),
    )


def at_home(entry: Entry, home: Home) -> Entry:
    """The date in a household's feed, before its members' places: it has changed whenever the household has.

    Sign-ups of those who moved out go on counting in the sequence: nothing that was added is ever taken away.
    """
    return replace(
        entry,
        sequence=entry.sequence + home.sequence,
        changed_at=max(entry.changed_at, home.changed_at or entry.changed_at),
    )
