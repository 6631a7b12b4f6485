"""What of a date may stand in a calendar. Pure: values in, values out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from .. import clock
from ..actor import Role, at_least
from ..papers.ics import EventStatus
from ..signups.rules import stands_as
from ..signups.states import STANDING, ReaderState, Status

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


def window(today: date, zone: str) -> tuple[datetime, datetime]:
    """From the beginning of the first day of a feed to the end of its last."""
    return clock.day_bounds(today - BACK, zone)[0], clock.day_bounds(today + AHEAD - clock.DAY, zone)[1]


def without_contacts(text: str) -> str:
    """The text with phone numbers and e-mail addresses made unreadable: subscribed calendars are passed on."""
    return _CONTACT.sub(_HIDDEN, text)


def masked(name: str) -> str:
    """The first letter of a name: in Chinese the surname, 张*."""
    return name[:1] + "*"


def may_read_who_comes(role: Role) -> bool:
    """May a member with this role subscribe to how full the dates are, and who comes?"""
    return at_least(role, Role.LEADER)


def may_choose_names(role: Role) -> bool:
    """May a member with this role choose how names stand in the calendars of the leaders?"""
    return at_least(role, Role.ADMINISTRATOR)


def may_end_address(role: Role, *, is_public: bool) -> bool:
    """May a member with this role let the address of a feed they have be dead? The public one is everybody's."""
    return not is_public or at_least(role, Role.ADMINISTRATOR)


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
    """A sign-up on a date, withdrawn ones too, in the feed of whose it is or of their household."""

    shift: str
    starts_at: datetime
    ends_at: datetime
    person_id: int
    status: Status
    sequence: int
    changed_at: datetime


@dataclass(frozen=True)
class Home:
    """A household as its feed sees it. sequence and changed_at: how often and when who lives there last changed."""

    sequence: int
    changed_at: datetime | None
    here: tuple[tuple[int, str], ...]
    """Id and name of everyone who lives there."""
    gone: tuple[int, ...]
    """Those who once did."""


@dataclass(frozen=True)
class Fill:
    """How full a shift is, for leaders. Names are such as the team's administrators allow in calendars."""

    shift: str
    taken: int
    places: int
    waiting: int
    names: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()


@dataclass(frozen=True)
class DateEntry:
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
    cancelled: bool
    tentative: bool
    sequence: int
    changed_at: datetime
    standing: ReaderState | None = None
    """How those whose feed it is stand there; None in the feeds of a team."""
    shifts: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    fill: tuple[Fill, ...] = ()

    @property
    def waiting(self) -> bool:
        """Is it one's own, but not sure?"""
        return self.standing not in (None, ReaderState.CONFIRMED)

    @property
    def status(self) -> EventStatus:
        if self.cancelled:
            return EventStatus.CANCELLED
        return EventStatus.TENTATIVE if self.waiting else EventStatus.CONFIRMED


def with_own_places(entry: DateEntry, own: Sequence[OwnPlace], home: Home | None = None) -> DateEntry | None:
    """The date as it is to the person, or the household, with these sign-ups; None when all of them are withdrawn.

    From the first to the last place held, or waited for where none is held. Withdrawn sign-ups still count in
    the sequence, and each further one adds one, so it never falls and rises with every step. In a household's
    feed so do those of who moved out, and every date has changed whenever the household has.
    """
    names = dict(home.here) if home else {}
    here = [place for place in own if home is None or place.person_id in names]
    standing = stands_as({place.status for place in here})
    if standing is None:
        return None
    sure = (Status.CONFIRMED,) if standing is ReaderState.CONFIRMED else STANDING
    shown = [place for place in here if place.status in sure]
    moved_at = [home.changed_at] if home and home.changed_at else []
    return replace(
        entry,
        starts_at=min(place.starts_at for place in shown),
        ends_at=max(place.ends_at for place in shown),
        standing=standing,
        shifts=tuple(dict.fromkeys(place.shift for place in shown if place.shift)),
        people=tuple(dict.fromkeys(names[place.person_id] for place in shown)) if home else (),
        sequence=entry.sequence + sum(place.sequence + 1 for place in own) - 1 + (home.sequence if home else 0),
        changed_at=max(entry.changed_at, *moved_at, *(place.changed_at for place in own)),
    )
