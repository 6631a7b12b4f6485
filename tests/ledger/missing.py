"""People who did not come, and what leaders made of it."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from tests.make import Someone, make_date, sign_up
from volunteer import clock
from volunteer.activities.models import Occurrence, Shift
from volunteer.ledger import verdicts
from volunteer.ledger.states import EntryKind
from volunteer.signups.models import Signup
from volunteer.storage.database import db, write

SetClock = Callable[[datetime], None]
ZONE = "Asia/Shanghai"
NOVEMBER = clock.utc(date(2026, 11, 2), time(8), ZONE)


def signup_of(someone: Someone, occurrence: Occurrence) -> Signup:
    """Somebody's sign-up for a date as it is now."""
    occurrence_id = occurrence.id
    db.session.rollback()
    db.session.expire_all()
    theirs = select(Signup).join(Shift, Shift.id == Signup.shift_id).where(Shift.occurrence_id == occurrence_id)
    return db.session.scalars(theirs.where(Signup.person_id == someone.id)).one()


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
