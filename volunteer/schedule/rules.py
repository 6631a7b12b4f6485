"""What is late about a change, and how long people's whole numbers may be seen. Pure."""

from datetime import datetime, timedelta

from ..actor import Actor

LATE = timedelta(hours=24)
"""So near the start calendars may learn of a change too late: a feed lags up to a day."""
CALLS_LAST = timedelta(hours=48)
"""So long after a late change whoever has not seen it is on the call list."""
PHONES_AROUND = timedelta(hours=24)
"""Whole numbers are there from so long before a date begins to so long after it ends."""
PHONES_STAND = timedelta(minutes=30)
"""So long they stand for the leader who asked, and whose view is logged."""


def may_see_at_once(actor: Actor, people: int) -> bool:
    """May the actor see so many numbers at a time? 0: everybody's."""
    return actor.leads or people == 1


def comes_late(now: datetime, *starts: datetime | None) -> bool:
    """Does a change made now come late for a date that is, or was, to start then?"""
    return any(start - now < LATE for start in starts if start)


def is_to_be_called(news_at: datetime, starts_at: datetime, was_starts_at: datetime | None, now: datetime) -> bool:
    """Has a date changed so late, and so short a time ago, that people are called?"""
    return comes_late(news_at, starts_at, was_starts_at) and now < news_at + CALLS_LAST


def may_see_phones(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """So near a date, may its leaders see the numbers of those on it, and they its leader's?"""
    return starts_at - PHONES_AROUND <= now <= ends_at + PHONES_AROUND
