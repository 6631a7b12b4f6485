"""A date as one person sees it. Pure values."""

from dataclasses import dataclass
from datetime import datetime

from .states import STANDING, ReaderState, Status


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
    takeable: bool = False
    """May the reader, who waits, take a free place now?"""

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.taken)


@dataclass(frozen=True, eq=False)
class Card:
    """A date as one person sees it. Made by `board`, the same one for the same values."""

    id: int
    title: str
    kind: str
    place: str
    reason: str
    tentative: bool
    starts_at: datetime
    ends_at: datetime
    state: ReaderState
    skipped: bool
    over: bool
    places: tuple[Place, ...]
    minutes: int = 0
    """Service minutes the reader has from it."""

    @property
    def capacity(self) -> int:
        return sum(place.capacity for place in self.places)

    @property
    def taken(self) -> int:
        return sum(place.taken for place in self.places)

    @property
    def free(self) -> int:
        return sum(place.free for place in self.places)

    @property
    def waiting(self) -> int:
        return sum(place.waiting for place in self.places)

    @property
    def position(self) -> int:
        """Where the reader waits, 0 when nowhere."""
        return max((place.position for place in self.places), default=0)

    @property
    def takeable(self) -> Place | None:
        """The position where the reader, who waits, may take a free place now."""
        return next((place for place in self.places if place.takeable), None)

    @property
    def is_own(self) -> bool:
        """Does the reader hold or wait for a place on it?"""
        return any(place.mine in STANDING for place in self.places)

    @property
    def signup_ids(self) -> list[int]:
        """The reader's own confirmed sign-ups for this date."""
        return [p.signup_id for p in self.places if p.signup_id and p.mine is Status.CONFIRMED]
