"""What leaders and the service write into the ledger about somebody, for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time

from sqlalchemy import select

from tests.make import Someone, make_date, sign_up, signup_of
from tests.moments import SetClock
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.ledger import balances, book, records
from volunteer.ledger.book import NewLine
from volunteer.ledger.models import Entry
from volunteer.ledger.replay import Attendance
from volunteer.ledger.states import EntryKind, Evidence
from volunteer.storage.database import db, write

CAME = NewLine(EntryKind.CHECK_IN)


def add(by: Someone | None, someone: Someone, occurrence: Occurrence, *lines: NewLine) -> None:
    """Write these lines about somebody now."""
    signup_id = signup_of(someone, occurrence).id
    actor = by and by.actor

    def write_them() -> None:
        (signup,) = book.list_locked(book.Signup.id == signup_id)
        book.add(actor, {signup: lines}, clock.now())

    write(write_them)


def confirm(by: Someone | None, someone: Someone, occurrence: Occurrence, minutes: int | None = None) -> None:
    """Confirm what the lines come to, or so many minutes of it; by nobody: as the upgrade did."""
    claimed = said_of(someone, occurrence).claimed
    line = NewLine(EntryKind.CONFIRM, minutes=claimed if minutes is None else minutes, claimed=claimed)
    add(by, someone, occurrence, line if by else replace(line, evidence=Evidence.UPGRADE))


def serve(
    leader: Someone, someone: Someone, at: SetClock, day: date, hour: int = 9, minutes: int = 90, **wishes: object
) -> Occurrence:
    """Somebody was at a date of this day, as a leader ticked at its end."""
    at(clock.utc(day - clock.DAY, time(8), leader.actor.zone))
    end = time(hour + minutes // 60, minutes % 60)
    occurrence = make_date(leader, day=day, start=time(hour), end=end, **wishes)
    sign_up(someone, occurrence)
    at(occurrence.ends_at)
    add(leader, someone, occurrence, CAME)
    return occurrence


def said_of(someone: Someone, occurrence: Occurrence) -> Attendance:
    signup_id = signup_of(someone, occurrence).id
    return balances.attendance_of([signup_id])[signup_id]


def lines_of(someone: Someone, occurrence: Occurrence) -> Sequence[Entry]:
    signup_id = signup_of(someone, occurrence).id
    return db.session.scalars(select(Entry).where(Entry.signup_id == signup_id).order_by(Entry.id)).all()


def hours_of(someone: Someone) -> tuple[int, int]:
    """Minutes of theirs that count now, and those yet to be confirmed."""
    hours = records.sum_up(someone.actor, clock.now())
    return hours.total, hours.open
