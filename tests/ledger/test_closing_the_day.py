"""When a day closes: who forgot to check out, who was on leave, who did not come."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.ledger.missing import mark, minutes, roster
from tests.make import Someone, make_date, make_leader, sign_up, signup_of, told, withdraw
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.ledger import balances, book, jobs
from volunteer.ledger.book import NewLine
from volunteer.ledger.models import Entry
from volunteer.ledger.states import EntryKind, Evidence
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

CLOSES = on(27, 22, 30)
"""Twelve hours after the end."""


@pytest.fixture
def cleanup(leader: Someone, people: list[Someone]) -> Occurrence:
    """FRIDAY from nine to half past ten; Alice, Bob and Charlie have signed up."""
    occurrence = make_date(leader, day=FRIDAY)
    for someone in people:
        sign_up(someone, occurrence)
    return occurrence


def close(at: SetClock, moment: datetime) -> None:
    at(moment)
    write(lambda: jobs.tick_close_of_day(moment))
    assert jobs.check(moment) == []


def kinds(someone: Someone) -> list[EntryKind]:
    db.session.rollback()
    theirs = select(Entry.kind).where(Entry.signup_id == signup_of(someone).id).order_by(Entry.id)
    return list(db.session.scalars(theirs))


def scan(leader: Someone, someone: Someone, kind: EntryKind, moment: datetime) -> None:
    signup_id, line = signup_of(someone).id, NewLine(kind, at=moment, evidence=Evidence.SCAN)
    write(lambda: book.record(leader.actor, book.get_locked(leader.actor, signup_id), line, moment))


def test_twelve_hours_after_the_end_who_did_not_check_out_left_at_the_end_and_who_did_not_come_is_absent(
    leader: Someone, people: list[Someone], cleanup: Occurrence, at: SetClock
) -> None:
    alice, bob, charlie = people
    scan(leader, alice, EntryKind.CHECK_IN, on(27, 9, 10))
    scan(leader, bob, EntryKind.CHECK_IN, on(27, 9))
    scan(leader, bob, EntryKind.CHECK_OUT, on(27, 10))
    close(at, CLOSES - timedelta(seconds=1))
    assert kinds(alice) == [EntryKind.CHECK_IN]
    for _ in range(2):
        close(at, CLOSES)
        assert kinds(alice) == [EntryKind.CHECK_IN, EntryKind.ASSUMED]
        assert kinds(bob) == [EntryKind.CHECK_IN, EntryKind.CHECK_OUT]
        assert kinds(charlie) == [EntryKind.ABSENT]
    assert (minutes(alice), minutes(bob)) == ((0, 80), (0, 60))
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "close the day")).one()
    assert (noted.actor_id, noted.object) == (None, f"occurrence {cleanup.id}")
    assert noted.changes == {"assumed": 1, "absent": 1}


def test_leaders_are_asked_once_a_date_about_who_did_not_come_and_judge_it(
    team: Team, leader: Someone, people: list[Someone], cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    alice, bob, charlie = people
    ada = make_leader(team, "Ada")
    at(on(27, 9))
    mark(browser(leader), alice, cleanup, "present")
    close(at, CLOSES)
    for someone in (leader, ada):
        assert ["absent" in body for body in told(someone)] == [True]
    for someone, how in ((bob, "no_show"), (charlie, "present")):
        assert mark(browser(leader), someone, cleanup, how) == []
    close(at, CLOSES + timedelta(days=1))
    assert kinds(bob) == [EntryKind.ABSENT, EntryKind.NO_SHOW] and minutes(charlie) == (0, 90)


def test_where_nobody_was_seen_nobody_is_absent(people: list[Someone], cleanup: Occurrence, at: SetClock) -> None:
    close(at, CLOSES)
    assert [kinds(someone) for someone in people] == [[], [], []]


def test_a_list_taken_late_is_closed_twelve_hours_later_and_not_while_it_is_taken(
    leader: Someone, people: list[Someone], cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    alice, bob, charlie = people
    at(on(30, 9))
    mark(browser(leader), alice, cleanup, "present")
    mark(browser(leader), bob, cleanup, "present")
    mark(browser(leader), bob, cleanup, "undo")
    close(at, on(30, 20))
    assert kinds(charlie) == []
    close(at, on(30, 21))
    assert kinds(charlie) == [EntryKind.ABSENT]
    assert kinds(bob)[-1] is EntryKind.ABSENT, "of whom a tick was taken back nothing is known either"


def test_who_is_on_leave_stays_so_and_the_leader_still_judges_it(
    leader: Someone, people: list[Someone], cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    alice, bob, _ = people
    at(on(27, 8))
    withdraw(bob, cleanup)
    at(on(27, 9))
    mark(browser(leader), alice, cleanup, "present")
    close(at, CLOSES)
    assert kinds(bob) == [EntryKind.LEAVE]
    assert "Grant leave to Bob" in browser(leader).get(roster(cleanup)).response.text
    assert mark(browser(leader), bob, cleanup, "excused") == []
    close(at, CLOSES + timedelta(hours=1))
    assert kinds(bob) == [EntryKind.LEAVE, EntryKind.EXCUSED]


def test_who_came_back_after_a_judged_leave_and_did_not_come_is_absent(
    leader: Someone, people: list[Someone], cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    alice, bob, _ = people
    at(on(27, 7))
    withdraw(bob, cleanup)
    mark(browser(leader), bob, cleanup, "no_show")
    at(on(27, 8))
    sign_up(bob, cleanup)
    at(on(27, 9))
    mark(browser(leader), alice, cleanup, "present")
    close(at, CLOSES)
    assert balances.standing(signup_of(bob).id).kind is EntryKind.ABSENT
    assert signup_of(bob).no_show_at is None and clock.now() == CLOSES
