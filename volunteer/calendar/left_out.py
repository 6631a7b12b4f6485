"""Dates that cannot be written are left out: they cost a calendar none of its others, and they are counted.

Each process knows of those it came upon.
"""

import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from ..activities.models import Occurrence
from . import entries
from .entries import Manner, Stored
from .models import FeedScope
from .rules import BACK, OWN_BACK

T = TypeVar("T")
Make = Callable[[Stored, Manner], T | None]

LOG = logging.getLogger("volunteer")
"""The application's own, which keeps tokens out."""
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What it can raise to make text of whatever is stored. The database's own faults are none of these: they surface."""

_found: dict[int, tuple[Make[object], Manner]] = {}
"""By their ids, with how to try them again: what was to be made of them, and in which manner."""


def make_each(make: Make[T], found: Iterable[Stored], manner: Manner) -> tuple[list[T], list[int]]:
    """What `make` makes of each date, and the ids of those of which it can make nothing; it may make None of others."""
    made, lacking = [], []
    for stored in found:
        try:
            one = make(stored, manner)
        except FAULTS as fault:
            occurrence_id = stored[0][0]
            lacking.append(occurrence_id)
            if occurrence_id not in _found:
                _found[occurrence_id] = make, manner
                _log(occurrence_id, fault)
        else:
            if one is not None:
                made.append(one)
    return made, lacking


def _log(occurrence_id: int, fault: Exception) -> None:
    """Once until it can be written. Where it failed, but not the words of the fault: they may quote what is stored."""
    where = "".join(traceback.format_tb(fault.__traceback__))
    LOG.error(
        "Occurrence %d is left out of calendars, it cannot be written: %s\nTraceback (most recent call last):\n%s",
        occurrence_id,
        type(fault).__name__,
        where,
    )


def count(now: datetime) -> int:
    """How many dates calendars lack. Tries them again, so it is 0 as soon as all can be written or are long over."""
    again = defaultdict(list)
    for occurrence_id, how in list(_found.items()):
        again[how].append(occurrence_id)
    for (make, manner), ids in again.items():
        since = now - (OWN_BACK if manner.scope is FeedScope.PERSON else BACK)
        there = entries.list_for(manner, Occurrence.id.in_(ids), Occurrence.ends_at >= since)
        _, lacking = make_each(make, there, manner)
        for occurrence_id in set(ids).difference(lacking):
            _found.pop(occurrence_id, None)
    return len(_found)
