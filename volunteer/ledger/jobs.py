"""The ledger's share of the check."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import select

from ..clock import DAY, MINUTE, split_at_midnight
from ..signups import no_shows
from ..storage.database import db
from . import book
from .models import Entry
from .rules import Attendance, Interval
from .states import EntryKind


def check(now: datetime) -> list[str]:
    """What cannot be true of the ledger, a sentence each; nothing when all is well.

    It and the sign-ups agree about no-shows; nobody was there for more hours than a day has, nor has time twice.
    """
    wrong = [f"sign-up {n}: the ledger and the sign-up disagree about a no-show" for n in _odd_no_shows(now)]
    for team_id, person_id, zone, said in book.attendance_of_everybody(now):
        wrong += [f"person {person_id} in team {team_id}: {odd}" for odd in odd_days(said.values(), zone)]
    return wrong


def _odd_no_shows(now: datetime) -> list[int]:
    kept = set(db.session.scalars(no_shows.select_standing()))
    judged = db.session.scalars(select(Entry.signup_id).where(Entry.kind == EntryKind.NO_SHOW))
    said = book.attendance_of(kept | set(judged), now)
    missed = {signup_id for signup_id, one in said.items() if one.kind is EntryKind.NO_SHOW}
    return sorted(missed ^ kept)


def odd_days(counted: Iterable[Attendance], zone: str) -> Iterator[str]:
    """What cannot be true of one person's days. It counts minute by minute, unlike `hours`, to find that out."""
    marked: dict[date, timedelta] = defaultdict(timedelta)
    of_day: dict[date, list[Attendance]] = defaultdict(list)
    for one in counted:
        for day, length in split_at_midnight(one.given.starts_at, one.given.ends_at, zone) if one.given else ():
            marked[day] += length
            of_day[day].append(one)
    for day, its in sorted(of_day.items()):
        if marked[day] > DAY:
            yield f"marks for {marked[day] // MINUTE} minutes of {day}, which has {DAY // MINUTE}"
        given = {minute for one in its if one.counts and one.given for minute in _minutes_of(one.given)}
        count = sum(one.credit.minutes + one.credit.waiting for one in its)
        if count > len(given):
            yield f"{count} minutes count of the dates of {day}, {len(given)} were given"


def _minutes_of(one: Interval) -> range:
    return range(int(one.starts_at.timestamp()) // 60, -(-int(one.ends_at.timestamp()) // 60))
