"""Decisions about places. Pure: values in, values out."""

from datetime import datetime

from ..activities.states import OccurrenceState
from .states import ReaderState, Status


def decide(free: int, places: int) -> Status:
    """A place now, or a place in the queue. Full is not an error."""
    return Status.CONFIRMED if places <= free else Status.WAITING


def reader_state(
    state: OccurrenceState, starts_at: datetime, now: datetime, free: int, mine: set[Status]
) -> ReaderState:
    """What a date with `free` places is to a person with sign-ups in the states `mine`."""
    if state is not OccurrenceState.PUBLISHED:
        return ReaderState.CANCELLED
    if Status.CONFIRMED in mine:
        return ReaderState.CONFIRMED
    if starts_at <= now:
        return ReaderState.CLOSED
    if Status.WAITING in mine:
        return ReaderState.WAITING
    return ReaderState.OPEN if free > 0 else ReaderState.FULL
