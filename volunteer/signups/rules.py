"""Decisions about places. Pure: values in, values out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import NamedTuple

from .. import clock
from ..actor import Actor
from ..errors import Refused
from ..words import AsDay, Sentence
from .states import STANDING, AgeBand, Ground, ReaderState, Status, Why

OFFERS_FROM = timedelta(hours=24)
"""So near the start a place that becomes free is offered instead of given: plans may have changed."""
FIRST_COME_FROM = timedelta(hours=2)
"""So near the start there is no time to ask: whoever comes first has the place."""
OFFER_LASTS = timedelta(hours=2)
QUIET_FROM, QUIET_UNTIL = time(22), time(7)
"""Nobody has to answer at night: the clock of an offer stops."""
CHECK_IN_OPENS = timedelta(minutes=30)
"""People check in, and attendance can be taken, from so long before the start."""
FREE_UNTIL = timedelta(hours=24)
"""Until then one withdraws freely; later it is leave, with a reason (mission rules of the service)."""


def promotion(starts_at: datetime, now: datetime) -> Status | None:
    """What somebody who waits gets of a free place: it, an offer of it, or nothing any more."""
    if is_near(starts_at, now):
        return None
    return Status.CONFIRMED if starts_at - now >= OFFERS_FROM else Status.OFFERED


def is_near(starts_at: datetime, now: datetime) -> bool:
    """Is it too near the start, or past it, to ask anybody and wait for the answer?"""
    return starts_at - now <= FIRST_COME_FROM


def is_first_come(starts_at: datetime, now: datetime) -> bool:
    """Is a free place whose comes first, also before those who wait?"""
    return now < starts_at and promotion(starts_at, now) is None


def may_take(mine: Status | None, places: int, free: int, starts_at: datetime, now: datetime) -> bool:
    """May somebody who waits for so many places take the free ones now, and need not wait any longer?"""
    return mine is Status.WAITING and places <= free and is_first_come(starts_at, now)


def offer_ends(starts_at: datetime, now: datetime, zone: str) -> datetime:
    """Until when an offer made now can be taken: two waking hours, and never within two hours of the start."""
    return min(awake_after(now, OFFER_LASTS, zone), starts_at - FIRST_COME_FROM)


def kept_until(starts_at: datetime, now: datetime, zone: str) -> datetime:
    """Until when a place is kept for who had it when its date moved: a day, or, if the new one is near, as an offer."""
    return now + clock.DAY if starts_at - now > 2 * clock.DAY else offer_ends(starts_at, now, zone)


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


def that_count(no_shows: Iterable[datetime], now: datetime) -> list[datetime]:
    """The no-shows (the starts of the dates missed) that count now, oldest first; each for twelve months."""
    return sorted(missed for missed in no_shows if missed <= now < missed + NO_SHOW_COUNTS_FOR)


def hold(no_shows: Iterable[datetime], now: datetime) -> Why | None:
    """Why the next sign-up of somebody with these no-shows is a request, and until when; None when it is none."""
    missed = that_count(no_shows, now)
    if len(missed) < NO_SHOWS:
        return None
    return Why(Ground.NO_SHOWS, len(missed), until=missed[-NO_SHOWS] + NO_SHOW_COUNTS_FOR)


def may_decide_for(actor: Actor, person_id: int | None, held: Why | None) -> bool:
    """May the actor say yes to this person? held: why a leader decides about the actor's own sign-ups, if one does."""
    return person_id != actor.person_id or not held


@dataclass(frozen=True)
class Terms:
    """On what terms people sign up for a date. opens_at None: from publishing on. min_age 0: any."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    min_age: int = 0
    requirements: str = ""

    @property
    def claim(self) -> Sentence | None:
        """What those who sign up say of themselves, with a tick; None when nothing is asked."""
        n, what = self.min_age, self.requirements
        if n and what:
            return Sentence("I am %(n)d or older and meet the requirements: %(what)s", n=n, what=what)
        if what:
            return Sentence("I meet the requirements: %(what)s", what=what)
        return Sentence("I am %(n)d or older.", n=n) if n else None

    def shut(self, now: datetime) -> Sentence | None:
        """Why nobody can sign up now, if so."""
        if self.opens_at and now < self.opens_at:
            return Sentence("Sign-up opens on %(day)s at %(time)s.", day=AsDay(self.opens_at), time=self.opens_at)
        if self.closes_at and now >= self.closes_at:
            return Sentence(
                "Sign-up closed on %(day)s at %(time)s. Call the leader if you can still come.",
                day=AsDay(self.closes_at),
                time=self.closes_at,
            )
        return None

    def refuse_without(self, tick: bool) -> None:
        """Refused when something is asked, and the person has not ticked that they meet it."""
        if self.claim and not tick:
            raise Refused(
                "Nothing has been done yet. Please tick that this is true, then sign up again: “%(claim)s”",
                claim=self.claim,
            )


AT_ANY_TIME = Terms()


def terms(
    starts_at: datetime, opens_before: int | None, deadline_before: int, min_age: int | None, requirements: str
) -> Terms:
    """The terms of a date that starts then, as its activity states them; before: minutes."""
    opens_at = None if opens_before is None else starts_at - timedelta(minutes=opens_before)
    closes_at = starts_at - timedelta(minutes=deadline_before) if deadline_before else None
    return Terms(opens_at, closes_at, min_age or 0, requirements)


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


_OLDEST = {AgeBand.INFANT: 2, AgeBand.CHILD: 13, AgeBand.YOUTH: 17}
"""The years somebody in such a band can be old at most."""


def objection(guests: Sequence[Guest], guardian_agrees: bool, dangerous: bool, min_age: int = 0) -> Refused | None:
    """What speaks against taking these companions along, if anything."""
    young = next((guest.first_name for guest in guests if _OLDEST.get(guest.age_band, min_age) < min_age), None)
    if young:
        return Refused(
            "Only people of %(n)d and older come to this, so %(name)s cannot come along.",
            field="companions",
            n=min_age,
            name=young,
        )
    if len(guests) > MOST_COMPANIONS:
        return Refused("At most %(most)d people come along on one sign-up.", field="companions", most=MOST_COMPANIONS)
    if dangerous and any(guest.age_band in UNDER_18 for guest in guests):
        return Refused("This activity is for adults: nobody under 18 can come along.", field="companions")
    if not guardian_agrees and any(guest.age_band in UNDER_14 for guest in guests):
        return Refused("For children under 14 a guardian has to agree. Tick the box.", field="guardian")
    return None


def stands_as(mine: Collection[Status]) -> ReaderState | None:
    """How somebody with sign-ups for a date in these states stands: by the best of them; None when all are over."""
    return next((ReaderState(status) for status in STANDING if status in mine), None)


class Lot(NamedTuple):
    """A sign-up as it was drawn, by its number: how many places it was for, and whether it got them."""

    number: int
    places: int
    won: bool


def draw(seed: str, parties: Mapping[int, int], free: int) -> list[Lot]:
    """Draw so many free places among sign-ups, given with their places by their numbers; they come in the order drawn.

    That is by the SHA-256 of the seed, a bar and the number. A party that does not fit is passed over, and waits.
    """
    lots = []
    for number in sorted(parties, key=lambda number: _sha256(f"{seed}|{number}")):
        won = parties[number] <= free
        free -= parties[number] if won else 0
        lots.append(Lot(number, parties[number], won))
    return lots


@dataclass(frozen=True)
class Draw:
    """A draw of a position's places, as anybody may know it. seal: of the seed, which is "" before it is drawn."""

    name: str
    seal: str
    seed: str = ""
    lots: Sequence[Lot] = ()


def draw_of(name: str, seed: str, drawn: Sequence[Sequence[int]] | None) -> Draw:
    """The draw of a position with this seed, as far as it may be known. drawn: the lots, once there are any."""
    if drawn is None:
        return Draw(name, _sha256(seed))
    return Draw(name, _sha256(seed), seed, [Lot(number, places, bool(won)) for number, places, won in drawn])


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()
