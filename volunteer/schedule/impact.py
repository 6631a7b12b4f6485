"""What editing an activity means for its dates and for the people on them. Pure: values in, values out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from ..activities.recurrence import Planned
from ..activities.rules import Wanted, moved_span
from ..activities.states import OccurrenceState
from .changes import Change, Existing, Span, What, digest


class Reach(StrEnum):
    """Which dates an edit is for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


WORDS = ("title", "place", "meeting", "bring")
"""What a date says for itself."""
TIMES = ("first_day", "wall_start", "wall_end")
RULE = ("repeat", "every", "until", "count", "dates", "holidays")
FROZEN = ("kind_id", "voluntary", "by_draw")
"""What stays as it was published."""


@dataclass(frozen=True)
class Wish:
    """What a leader wants an activity to be, and for which of its dates.

    plan_ids: of each position wanted which one it was, None for a new one. cancel: dates that shall not be held.
    release: sign-ups that end. version: of what was shown, see `dates.version_of`.
    """

    reach: Reach
    occurrence_id: int | None
    wanted: Wanted
    plan_ids: tuple[int | None, ...]
    version: int
    reason: str = ""
    cancel: Collection[int] = ()
    release: Collection[int] = ()


def changed(shown: Wanted, wanted: Wanted) -> dict[str, Any]:
    """What is wanted otherwise than it was shown, named as in the table of activities."""
    was = _flat(shown)
    return {name: value for name, value in _flat(wanted).items() if not _alike(value, was[name])}


def _flat(wanted: Wanted) -> dict[str, Any]:
    return vars(wanted) | vars(wanted.details) | {"holidays": wanted.policy, "details": None}


def _alike(one: Any, other: Any) -> bool:
    return one.split() == other.split() if isinstance(one, str) and isinstance(other, str) else bool(one == other)


def pair(left: Sequence[date], new: Sequence[date], *, shifted: bool) -> dict[date, date]:
    """Which of a rule's new days takes the place of each it had; one without a new day falls out.

    shifted: all move by as much, each keeps its turn. Else only a day that is in both stays.
    """
    return dict(zip(left, new, strict=False)) if shifted else {day: day for day in left if day in set(new)}


def stay(one: Existing) -> Change:
    """A date that stays as it is."""
    stands = one.span if one.state is OccurrenceState.PUBLISHED else None
    return Change(one, one.rule_date, stands, "", one.tentative, one.fixed)


def call_off(one: Existing, reason: str) -> Change:
    """A date that is not held any more."""
    return Change(one, one.rule_date, None, reason, one.tentative, one.fixed)


def bring_back(existing: Iterable[Existing], planned: Mapping[date, tuple[Planned, Span]]) -> list[Change]:
    """Dates that fell out of the rule before and are in it again."""
    off = (one for one in existing if one.state is not OccurrenceState.PUBLISHED and one.rule_date in planned)
    return [
        Change(one, one.rule_date, when, "", day.tentative, one.fixed)
        for one in off
        for day, when in [planned[one.rule_date]]
        if day.on
    ]


class OnDate(NamedTuple):
    """Somebody who holds or waits for a place on a date, and when."""

    signup_id: int
    occurrence_id: int
    person_id: int
    name: str
    span: Span


class Engaged(NamedTuple):
    """What somebody has signed up for elsewhere."""

    person_id: int
    title: str
    span: Span


class Clash(NamedTuple):
    """Somebody who would be elsewhere at the time a date moves to; they keep their place unless it is ended."""

    who: OnDate
    elsewhere: Engaged
    span: Span


def find_clashes(changes: Iterable[Change], people: Iterable[OnDate], engaged: Iterable[Engaged]) -> list[Clash]:
    """Who would be in two places at once; each sign-up once."""
    moved = {one.existing.id: one for one in changes if one.what is What.MOVED}
    theirs = defaultdict[int, list[Engaged]](list)
    for one in engaged:
        theirs[one.person_id].append(one)
    found: dict[int, Clash] = {}
    for who in people:
        change = moved.get(who.occurrence_id)
        to = moved_span(who.span, change.existing.span, change.span) if change and change.span else None
        for one in theirs[who.person_id] if to else ():
            if to and one.span[0] < to[1] and to[0] < one.span[1]:
                found.setdefault(who.signup_id, Clash(who, one, to))
    return list(found.values())


@dataclass(frozen=True)
class Impact:
    """What an edit comes to. fields: what changes, by its name, as it was and is to be. told: how many people.

    people: everybody on the dates it is for. added: days that come in new. over: how many positions get fewer places
    than are taken.
    """

    changes: Sequence[Change]
    people: Sequence[OnDate]
    fields: Mapping[str, Any] = field(default_factory=dict)
    added: Sequence[date] = ()
    clashes: Sequence[Clash] = ()
    told: int = 0
    over: int = 0
    holidays: Sequence[str] = ()
    """Those that dates are sent to all the same."""

    def which(self, what: What) -> list[Change]:
        return [one for one in self.changes if one.what is what]

    @property
    def moved(self) -> list[Change]:
        return self.which(What.MOVED)

    @property
    def removed(self) -> list[Change]:
        return self.which(What.CALLED_OFF)

    @property
    def comes(self) -> int:
        """How many dates come in, new or again."""
        return len(self.added) + len(self.which(What.RESTORED))

    @property
    def kept(self) -> dict[int, list[OnDate]]:
        """Who stays as they are, by date."""
        off = {one.existing.id for one in self.removed}
        clashing = {clash.who.signup_id for clash in self.clashes}
        found = defaultdict[int, list[OnDate]](list)
        for who in self.people:
            if who.occurrence_id not in off and who.signup_id not in clashing:
                found[who.occurrence_id].append(who)
        return found

    @property
    def n_kept(self) -> int:
        return sum(map(len, self.kept.values()))

    @property
    def hurts(self) -> bool:
        """Does somebody lose a date they are on?"""
        off = {one.existing.id for one in self.removed}
        return any(who.occurrence_id in off for who in self.people)

    @property
    def is_nothing(self) -> bool:
        return not (self.fields or self.added or any(one.matters for one in self.changes))

    @property
    def touches(self) -> bool:
        """Does it change anything for somebody? Then it is looked at before it is done."""
        return bool(self.told or self.clashes or (self.people and any(one.matters for one in self.changes)))

    @property
    def seen(self) -> str:
        """A word for exactly this, and for exactly these people."""
        fields, people = sorted(map(repr, self.fields.items())), sorted(who[:3] for who in self.people)
        return sha256(repr([digest(self.changes), fields, list(self.added), people]).encode()).hexdigest()[:16]
