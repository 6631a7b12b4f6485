"""People who did not come, and what leaders made of it."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from tests.make import Someone, make_date, sign_up, signup_of
from tests.moments import SetClock, on
from tests.pages import Browser
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.ledger import records, verdicts
from volunteer.ledger.models import Entry
from volunteer.ledger.states import EntryKind
from volunteer.storage.database import db, write

NOVEMBER = on(2, 8)


def roster(occurrence: Occurrence) -> str:
    return f"/occurrences/{occurrence.id}/roster"


def mark(browser: Browser, someone: Someone, occurrence: Occurrence, how: str) -> list[str]:
    """Tick somebody on the roster; what the page complains about."""
    return browser.post(f"{roster(occurrence)}/{signup_of(someone, occurrence).id}", mark=how).errors


def entries() -> int:
    """How much stands in the ledger."""
    db.session.rollback()
    return db.session.scalar(select(func.count(Entry.id))) or 0


def minutes(someone: Someone) -> tuple[int, int]:
    """Of somebody's service: those that count, and those to be confirmed."""
    db.session.rollback()
    hours = records.sum_up(someone.actor, clock.now())
    return hours.total, hours.open


def judge(leader: Someone, someone: Someone, occurrence: Occurrence, verdict: EntryKind) -> None:
    """Judge through the service, now."""
    signup_id, occurrence_id = signup_of(someone, occurrence).id, occurrence.id
    write(lambda: verdicts.judge(leader.actor, occurrence_id, signup_id, verdict, clock.now()))


def miss(leader: Someone, someone: Someone, moment: datetime, at: SetClock) -> Occurrence:
    """On this day somebody signs up for the next and does not come; a leader judges it a no-show."""
    at(moment)
    occurrence = make_date(leader, in_days=1)
    sign_up(someone, occurrence)
    at(occurrence.ends_at)
    judge(leader, someone, occurrence, EntryKind.NO_SHOW)
    return occurrence


def missed_three(leader: Someone, someone: Someone, at: SetClock) -> list[Occurrence]:
    """Three in three weeks; a few days later it is now."""
    missed = [miss(leader, someone, NOVEMBER + timedelta(weeks=n), at) for n in range(3)]
    at(missed[-1].ends_at + timedelta(days=2))
    return missed
