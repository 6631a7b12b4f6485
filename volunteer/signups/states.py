"""The states of a sign-up, and what a date can be to its reader. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ..words import AsDay, AsFullDay, Chip, Sentence, Tone


class Status(StrEnum):
    """Where a sign-up stands; a cancelled date leaves it as it is.

    requested: waits for a leader's yes. offered: a place is kept until `offer_until`. lapsed: it was not taken.
    on_leave: gave the place up within 24 hours of the start. handed_over: somebody stands in. released: taken off the
    list by a leader, and told so.
    """

    REQUESTED = "requested"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    ON_LEAVE = "on_leave"
    HANDED_OVER = "handed_over"
    RELEASED = "released"


HELD = (Status.CONFIRMED, Status.OFFERED)
"""States that hold a place."""
STANDING = (Status.CONFIRMED, Status.OFFERED, Status.WAITING, Status.REQUESTED)
"""States that count, the best first: a waiting sign-up clashes too, so a promotion never does."""
ON_THE_LIST = (*STANDING, Status.ON_LEAVE)
"""States of those a leader reckons with, and who hear what becomes of the date."""


class Ground(StrEnum):
    """By which rule a sign-up stands as it does: full, offered near the start or anew, on request, by draw."""

    FULL = "full"
    NEAR = "near"
    MOVED = "moved"
    APPROVAL = "approval"
    NO_SHOWS = "no_shows"
    DRAW = "draw"


@dataclass(frozen=True)
class Why:
    """By which rule, and on which figures, as of that moment: it is stored, and everybody concerned reads the same."""

    ground: Ground
    n: int = 0
    of: int = 0
    until: datetime | None = None

    @property
    def words(self) -> Sentence:
        until = {"full_day": AsFullDay(self.until), "day": AsDay(self.until), "time": self.until} if self.until else {}
        match self.ground:
            case Ground.NO_SHOWS:
                return Sentence("%(n)d no-shows, until %(full_day)s: a leader decides first", n=self.n, **until)
            case Ground.APPROVAL:
                return Sentence("A leader answers every sign-up for this position")
            case Ground.MOVED:
                return Sentence("It has moved to another day: offered first to you, until %(day)s %(time)s", **until)
            case Ground.NEAR:
                return Sentence("Within %(n)d hours of the start: offered until %(day)s %(time)s", n=self.n, **until)
            case Ground.DRAW if self.n:
                return Sentence("Number %(n)d of %(of)d in the draw", n=self.n, of=self.of)
            case Ground.DRAW:
                return Sentence("Places go by draw once sign-up has closed")
        return Sentence("%(n)d of %(of)d places were free when you signed up", n=self.n, of=self.of)


IN_DRAW = Why(Ground.DRAW)
"""Of who waits for the draw; once it is made, it says as which of how many they were drawn."""


def why_of(ground: Ground | None, n: int | None, of: int | None, until: datetime | None) -> Why | None:
    """As its columns store it."""
    return Why(ground, n or 0, of or 0, until) if ground else None


class Source(StrEnum):
    """How the sign-up came about."""

    SELF = "self"
    LEADER = "leader"
    STAND_IN = "stand_in"
    WALK_IN = "walk_in"


class Leave(StrEnum):
    """Why somebody gives a place up late; no more is asked, and nothing about health."""

    WORK = "work"
    FAMILY = "family"
    OTHER = "other"


class AgeBand(StrEnum):
    """How old a companion is. Infants take no place; under 14 a guardian agrees."""

    INFANT = "infant"
    CHILD = "child"
    YOUTH = "youth"
    ADULT = "adult"


class Asked(StrEnum):
    """What became of asking somebody to stand in."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    UNDONE = "undone"


class ReaderState(StrEnum):
    """What a date is to the person who looks at it; the screens' chips and buttons follow from it."""

    OPEN = "open"
    FULL = "full"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    CLOSED = "closed"
    CHECK_IN = "checkin"
    CHECKED_IN = "checked_in"
    DONE = "done"
    ABSENT = "absent"
    CANCELLED = "cancelled"


class To(StrEnum):
    """Where a step leads, by plain names: the pages show the way."""

    DATE = "date"
    PARTY = "party"
    SIGN_UP = "sign_up"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"
    FILE = "file"
    RECORD = "record"
    SEEN = "seen"
    CHECK_IN = "check_in"


@dataclass(frozen=True)
class Step:
    """Something its reader can do about a date. is_deed: done by this tap. icon: before the words."""

    words: Sentence
    to: To
    quiet: bool = True
    shift_id: int | None = None
    icon: str = ""

    @property
    def is_deed(self) -> bool:
        return self.to in (To.SIGN_UP, To.ACCEPT, To.SEEN)


GOT_IT = Step(Sentence("Got it"), To.SEEN, quiet=False)
TO_RECORD = Step(Sentence("See the record"), To.RECORD)
TO_FILE = Step(Sentence("Add to calendar"), To.FILE)
OUT_OF_QUEUE = Step(Sentence("Leave the queue"), To.WITHDRAW)
WITHDRAW = Step(Sentence("Withdraw"), To.WITHDRAW)
FEWER = Step(Sentence("Come with fewer people"), To.PARTY)
CHECK_IN = Step(Sentence("Go to check-in"), To.CHECK_IN, quiet=False, icon="qr-code")
CHECK_OUT = Step(Sentence("Check out"), To.CHECK_IN, icon="log-out")


@dataclass(frozen=True)
class Standing:
    """What a date is to its reader, and what they can do.

    told: what its page says of it. next: the one step on a card. leave: how to give up what one has. on_page: the steps
    below what its page says.
    """

    state: ReaderState
    chip: Chip
    told: tuple[Sentence, ...] = ()
    next: Step | None = None
    leave: Step | None = None
    on_page: tuple[Step, ...] = ()

    def after_a_change(self) -> "Standing":
        """The same, while the reader has not said that they know what the date is now; an offer comes first."""
        if self.state is ReaderState.OFFERED:
            return self
        if self.state is ReaderState.CANCELLED:
            return replace(self, next=GOT_IT, on_page=(GOT_IT,))
        steps = (self.leave, GOT_IT) if self.leave else (GOT_IT,)
        return replace(self, chip=Chip(Sentence("Changed"), Tone.FEW), next=GOT_IT, on_page=steps)

    @property
    def among_own(self) -> Step | None:
        """The one step where all dates are the reader's own: what cannot wait, else how to give it up."""
        now = self.next and (self.next.is_deed or self.next.to is To.CHECK_IN)
        return self.next if now else self.leave


@dataclass(frozen=True)
class Place:
    """A position of a date with its places, and the reader's own standing in it (position 0: not waiting)."""

    shift_id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    waiting: int
    signup_id: int | None
    mine: Status | None
    party: int
    """How many places the reader's sign-up is for."""
    position: int
    offer_until: datetime | None = None
    why: Why | None = None
    """Of the reader's sign-up."""
    takeable: bool = False
    """May the reader, who waits, take a free place now?"""
    undrawn: bool = False
    """Are its places still to be drawn?"""

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.taken)

    @property
    def words(self) -> Sentence:
        """What it is to the reader, beside the other positions of its date."""
        if self.mine is Status.CONFIRMED:
            return Sentence("Signed up")
        if self.mine is Status.WAITING:
            waits = Sentence("Number %(n)d in the queue", n=self.position)
            return Sentence("Waiting for the draw") if self.undrawn else waits
        if self.undrawn:
            return by_draw(self.free, self.waiting)
        return Sentence("%(n)d more needed", n=self.free) if self.free else full(self.waiting)


def full(waiting: int) -> Sentence:
    """That no place is free, and how many wait for one."""
    return Sentence("Full, %(n)d waiting", n=waiting) if waiting else Sentence("Full")


def by_draw(free: int, waiting: int) -> Sentence:
    """That places are to be drawn, and how many have signed up."""
    return Sentence("By draw: %(n)d places, %(waiting)d signed up", n=free, waiting=waiting)


@dataclass(frozen=True)
class Came:
    """What the ledger says of the reader's places on a date. minutes: of service they have from it.

    since, left: when they checked in and, if they did, out by a code.
    """

    present: bool
    minutes: int = 0
    since: datetime | None = None
    left: datetime | None = None


GIVEN_UP = {
    Status.ON_LEAVE: Sentence(
        "You have asked for leave, and your place has gone on to others. The leader looks at it; the answer will stand "
        "in your records."
    ),
    Status.HANDED_OVER: Sentence("Somebody stands in for you, so you need not come."),
    Status.RELEASED: Sentence("The leader has taken you off the list. Call them if you have a question."),
    Status.DECLINED: Sentence(
        "The leader could not say yes to your request this time. Call them if you have a question."
    ),
    Status.LAPSED: Sentence(
        "The place kept for you has gone on to others. While places are free you can still sign up."
    ),
}
"""What is said of a place one has no more; of several the first."""


def fewer(mine: Place) -> tuple[Step, ...]:
    """What a party can do about its number."""
    return (FEWER,) if mine.party > 1 else ()
