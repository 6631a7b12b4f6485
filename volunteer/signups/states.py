"""The states of a sign-up. Pure."""

from enum import StrEnum


class Status(StrEnum):
    """Where a sign-up stands; a cancelled date leaves it as it is."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


HELD = (Status.CONFIRMED,)
"""States that hold a place."""
STANDING = (Status.CONFIRMED, Status.WAITING)
"""States that count: a waiting sign-up clashes too, so a promotion never does."""


class Source(StrEnum):
    """How the sign-up came about."""

    SELF = "self"
    LEADER = "leader"
    WALK_IN = "walk_in"


class ReaderState(StrEnum):
    """What a date is to the person who looks at it; the screens' chips and buttons follow from it."""

    OPEN = "open"
    FULL = "full"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    CLOSED = "closed"
    CHECKED_IN = "checked_in"
    DONE = "done"
    ABSENT = "absent"
    CANCELLED = "cancelled"
