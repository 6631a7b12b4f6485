"""Decisions about places. Pure: values in, values out."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from .. import clock
from ..actor import Actor
from ..errors import Refused
from .states import AgeBand, ReaderState, Status


def decide(free: int, places: int) -> Status:
    """A place now, or a place in the queue. Full is not an error."""
    return Status.CONFIRMED if places <= free else Status.WAITING


OFFERS_FROM = timedelta(hours=24)
"""So near the start a place that becomes free is offered instead of given: plans may have changed."""
FIRST_COME_FROM = timedelta(hours=2)
"""So near the start there is no time to ask: whoever comes first has the place."""
OFFER_LASTS = timedelta(hours=2)
QUIET_FROM, QUIET_UNTIL = time(22), time(7)
"""Nobody has to answer at night: the clock of an offer stops."""
FREE_UNTIL = timedelta(hours=24)
"""Until then one withdraws freely; later it is leave, with a reason (mission rules of the service)."""


def promotion(starts_at: datetime, now: datetime) -> Status | None:
    """What somebody who waits gets of a free place: it, an offer of it, or nothing any more."""
    left = starts_at - now
    if left <= FIRST_COME_FROM:
        return None
    return Status.CONFIRMED if left >= OFFERS_FROM else Status.OFFERED


def is_first_come(starts_at: datetime, now: datetime) -> bool:
    """Is a free place whose comes first, also before those who wait?"""
    return now < starts_at and promotion(starts_at, now) is None


def may_take(mine: Status | None, places: int, free: int, starts_at: datetime, now: datetime) -> bool:
    """May somebody who waits for so many places take the free ones now, and need not wait any longer?"""
    return mine is Status.WAITING and places <= free and is_first_come(starts_at, now)


def offer_ends(starts_at: datetime, now: datetime, zone: str) -> datetime:
    """Until when an offer made now can be taken: two waking hours, and never within two hours of the start."""
    return min(awake_after(now, OFFER_LASTS, zone), starts_at - FIRST_COME_FROM)


def awake_after(now: datetime, length: timedelta, zone: str) -> datetime:
    """The moment when so much time outside the quiet hours has passed."""
    local = clock.local(now, zone)
    if local.time() >= QUIET_FROM:
        return awake_after(clock.utc(local.date() + timedelta(days=1), QUIET_UNTIL, zone), length, zone)
    if local.time() < QUIET_UNTIL:
        return awake_after(clock.utc(local.date(), QUIET_UNTIL, zone), length, zone)
    night = clock.utc(local.date(), QUIET_FROM, zone)
    if now + length <= night:
        return now + length
    return awake_after(night, length - (night - now), zone)


def is_late(starts_at: datetime, now: datetime) -> bool:
    """Is giving a place up now leave, with a reason, rather than withdrawing freely?"""
    return starts_at - now < FREE_UNTIL


UNDO_FOR = timedelta(minutes=1)
"""So long a leader can take back a no: a thumb slips."""

NO_SHOWS = 3
NO_SHOW_COUNTS_FOR = timedelta(days=365)
"""Three dates missed without excuse in twelve months, and a leader decides about the next sign-ups (rule 8)."""


def counting(no_shows: Iterable[datetime], now: datetime) -> list[datetime]:
    """The no-shows (the starts of the dates missed) that count now, oldest first; each for twelve months."""
    return sorted(missed for missed in no_shows if missed <= now < missed + NO_SHOW_COUNTS_FOR)


def leader_decides(no_shows: Iterable[datetime], now: datetime) -> bool:
    """Is the next sign-up of somebody with these no-shows a request?"""
    return len(counting(no_shows, now)) >= NO_SHOWS


def may_decide_for(actor: Actor, person_id: int | None, no_shows: Callable[[], int]) -> bool:
    """May the actor say yes to a sign-up of this person? Not to their own while a leader decides about those.

    no_shows: counts those that put a leader before the actor's next sign-up.
    """
    return person_id != actor.person_id or not no_shows()


MOST_COMPANIONS = 5
GUARDIAN_TEXT = "2026-11"
"""Version of the sentence a guardian ticks."""
UNDER_14 = (AgeBand.INFANT, AgeBand.CHILD)
UNDER_18 = (*UNDER_14, AgeBand.YOUTH)


@dataclass(frozen=True)
class Guest:
    """Somebody who comes along: a first name and an age band."""

    first_name: str
    age_band: AgeBand


def places_for(guests: Sequence[Guest]) -> int:
    """Places of a sign-up with these companions: one's own, and one for each who is no infant."""
    return 1 + sum(guest.age_band is not AgeBand.INFANT for guest in guests)


def objection(guests: Sequence[Guest], guardian_agrees: bool, dangerous: bool) -> Refused | None:
    """What speaks against taking these companions along, if anything."""
    if len(guests) > MOST_COMPANIONS:
        return Refused("At most %(most)d people come along on one sign-up.", field="companions", most=MOST_COMPANIONS)
    if dangerous and any(guest.age_band in UNDER_18 for guest in guests):
        return Refused("This activity is for adults: nobody under 18 can come along.", field="companions")
    if not guardian_agrees and any(guest.age_band in UNDER_14 for guest in guests):
        return Refused("For children under 14 a guardian has to agree. Tick the box.", field="guardian")
    return None


_STANDING_AS = (
    (Status.CONFIRMED, ReaderState.CONFIRMED),
    (Status.OFFERED, ReaderState.OFFERED),
    (Status.WAITING, ReaderState.WAITING),
    (Status.REQUESTED, ReaderState.REQUESTED),
)


def stands_as(mine: Collection[Status]) -> ReaderState | None:
    """How somebody with sign-ups for a date in these states stands: by the best of them; None when all are over."""
    return next((shown for status, shown in _STANDING_AS if status in mine), None)
