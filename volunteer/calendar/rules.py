"""What of a date may stand in a calendar. Pure: values in, values out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from .. import clock
from ..actor import Role, at_least
from ..papers.ics import EventStatus
from ..signups.rules import stands_as
from ..signups.states import STANDING, ReaderState, Status

BACK = timedelta(days=31)
"""How long a date stays after its end, a cancelled one too."""
OWN_BACK = timedelta(days=366)
"""How long one's own dates stay that took place; ahead they have no bound, a person's dates are few."""
AHEAD = timedelta(weeks=26)
EVENING = time(20)
"""When people are reminded of tomorrow."""

_HIDDEN = "***"
_GAP = r"[\s./~_\u00b7\u30fb\u2010-\u2015\u2212\uff0d\uff0e\uff3f-]{0,3}"
"""What people put between the digits of a number."""
_MOBILE = rf"(?<!\d)(?:(?:\+|00)?86{_GAP})?[1\uff11][3-9\uff13-\uff19](?:{_GAP}\d){{9}}(?!\d)"
_LANDLINE = rf"(?<!\d)[(\uff08]?[0\uff10]\d{{2,3}}[)\uff09]?{_GAP}\d{{7,8}}(?!\d)"
_IDENTITY = rf"(?<!\d)\d{{6}}{_GAP}\d{{8}}{_GAP}\d{{3}}[\dXx\uff38\uff58](?![\dA-Za-z])"
_MAIL = r"[\w.+\uff0e\uff0b-]+[@\uff20][\w\uff0d-]+(?:[.\uff0e\u3002\uff61][\w\uff0d-]+)+"
_CONTACT = re.compile("|".join((_IDENTITY, _MOBILE, _LANDLINE, _MAIL)))


def window(today: date, zone: str) -> tuple[datetime, datetime]:
    """From the beginning of the first day of a feed to the end of its last."""
    return clock.day_bounds(today - BACK, zone)[0], clock.day_bounds(today + AHEAD - clock.DAY, zone)[1]


def without_contacts(text: str) -> str:
    """The text with phones, e-mail addresses and identity numbers made unreadable: calendars are passed on."""
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


MOST_MINUTES = 4 * 7 * 24 * 60


class Reminders(NamedTuple):
    """When the owner's own dates ring: so many minutes before the start, at most twice, and the evening before; and
    so many minutes before an offered place is gone.
    """

    first: int | None = None
    second: int | None = None
    evening: bool = False
    offer: int | None = None

    @classmethod
    def of(cls, feed: Any) -> "Reminders":
        """As a row of a feed stores them."""
        return cls(*(getattr(feed, f"remind_{name}") for name in cls._fields))

    def before(self, entry: "DateEntry") -> tuple[timedelta, ...]:
        """How long before the start of a date that is; what is not sure does not ring."""
        if entry.status is EventStatus.CONFIRMED:
            lengths = {clock.MINUTE * minutes for minutes in (self.first, self.second) if minutes is not None}
            return tuple(sorted(lengths | ({_since_the_eve(entry)} if self.evening else set())))
        if entry.open_until is None or self.offer is None:
            return ()
        return (entry.starts_at - entry.open_until + clock.MINUTE * self.offer,)


def _since_the_eve(entry: "DateEntry") -> timedelta:
    """How long it is from the evening before, on the clocks of the place."""
    eve = clock.local(entry.starts_at, entry.zone).date() - clock.DAY
    return entry.starts_at - clock.utc(eve, EVENING, entry.zone)


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
    offer_until: datetime | None = None
    in_draw: bool | None = False


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
    offer_until: datetime | None = None
    """Until when the place offered first is kept."""
    in_draw: bool = False
    """Is it still to be drawn who of those waiting has a place?"""
    skipped: bool = False
    """It was never announced: it falls on a day off."""
    reason: str = ""
    """Why it is off."""
    kind_code: str = ""

    @property
    def waiting(self) -> bool:
        """Is it one's own, but not sure?"""
        return self.standing not in (None, ReaderState.CONFIRMED)

    @property
    def open_until(self) -> datetime | None:
        """Until when somebody has to say yes."""
        return None if self.cancelled or self.standing is not ReaderState.OFFERED else self.offer_until

    @property
    def status(self) -> EventStatus:
        if self.cancelled:
            return EventStatus.CANCELLED
        return EventStatus.TENTATIVE if self.waiting else EventStatus.CONFIRMED


def with_own_places(entry: DateEntry, own: Sequence[OwnPlace], home: Home | None = None) -> DateEntry | None:
    """The date as it is to the person, or the household, with these sign-ups; None when all of them are withdrawn.

    From the first to the last place held, or waited for where none is held; those that were to begin after its end are
    off. See `counting` for its stamp.
    """
    names = dict(home.here) if home else {}
    here = [place for place in own if home is None or place.person_id in names]
    standing = stands_as({place.status for place in here})
    if standing is None:
        return None
    sure = (Status.CONFIRMED,) if standing is ReaderState.CONFIRMED else STANDING
    held = [place for place in here if place.status in sure]
    shown = [place for place in held if place.starts_at < entry.ends_at]
    off, shown = not shown, shown or held
    return replace(
        counting(entry, own, home),
        cancelled=entry.cancelled or off,
        starts_at=min(place.starts_at for place in shown),
        ends_at=max(place.ends_at for place in shown),
        standing=standing,
        shifts=tuple(dict.fromkeys(place.shift for place in shown if place.shift)),
        people=tuple(dict.fromkeys(names[place.person_id] for place in shown)) if home else (),
        in_draw=any(place.in_draw for place in shown),
        offer_until=min((place.offer_until for place in shown if place.offer_until), default=None),
    )


def counting(entry: DateEntry, own: Sequence[OwnPlace], home: Home | None = None) -> DateEntry:
    """The date with a stored stamp that no step of these sign-ups ever lowers, and every step raises.

    Withdrawn sign-ups count, too, and so do those of who moved out of a household, and whoever moves in or out.
    """
    steps = sum(place.sequence + 1 for place in own)
    moved_at = [home.changed_at] if home and home.changed_at else []
    return replace(
        entry,
        sequence=entry.sequence + steps + (home.sequence if home else 0),
        changed_at=max([entry.changed_at, *moved_at, *(place.changed_at for place in own)]),
    )
