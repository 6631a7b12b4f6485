"""A date ends before its time, or never was: what stands then, who hears of it, what calendars say."""

from datetime import date, datetime, time, timedelta

import pytest
from icalendar import Calendar

from tests.ledger.missing import roster
from tests.ledger.written import CAME, add, hours_of, lines_of, said_of
from tests.make import Someone, make_date, make_member, shifts_of, sign_up, signup_of, told
from tests.moments import FRIDAY, ZONE, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.checkin import service as checkin
from volunteer.ledger import balances, confirmation, jobs
from volunteer.ledger.book import NewLine
from volunteer.ledger.states import EntryKind, Evidence
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

IN, OUT = EntryKind.CHECK_IN, EntryKind.CHECK_OUT


def that_day(hour: int, minute: int = 0) -> datetime:
    return clock.utc(FRIDAY, time(hour, minute), ZONE)


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    """Friday from nine to twelve; loading is from half past ten on."""
    halves = PlannedShift("Sweeping", time(9), time(12), 5), PlannedShift("Loading", time(10, 30), time(12), 5)
    return make_date(leader, day=FRIDAY, start=time(9), end=time(12), shifts=halves)


def end(browser: Open, leader: Someone, occurrence: Occurrence, status: int = 200, **said: str) -> list[str]:
    """End it through its page; what the page complains about."""
    return browser(leader).post(f"/occurrences/{occurrence.id}/end", status=status, **{"reason": "Hail"} | said).errors


def test_whoever_is_there_leaves_when_it_ends_who_left_earlier_did_and_later_positions_never_were(
    team: Team, leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sweeping, loading = shifts_of(cleanup)
    carol, dora = make_member(team, "Carol"), make_member(team, "Dora")
    for someone in (alice, bob, carol):
        sign_up(someone, cleanup, sweeping)
    sign_up(dora, cleanup, loading)
    at(that_day(9, 5))
    add(leader, alice, cleanup, CAME)
    add(leader, bob, cleanup, NewLine(IN, that_day(9, 10), evidence=Evidence.SCAN), NewLine(OUT, that_day(9, 30)))
    add(leader, carol, cleanup, NewLine(IN, that_day(9, 20), evidence=Evidence.SCAN))
    at(that_day(10, 2))
    assert end(browser, leader, cleanup, at="10:00") == []
    assert [said_of(one, cleanup).claimed for one in (alice, bob, carol)] == [60, 20, 40]
    assert hours_of(alice) == (0, 60)
    assert [line.kind for line in lines_of(bob, cleanup)] == [IN, OUT]
    assert "“Friday cleanup” ended early" in told(dora)[0] and len(told(alice)) == 1
    page = browser(leader).get(roster(cleanup))
    assert "Dora" not in page.text
    assert end(browser, leader, cleanup, at="10:00") == [] and len(told(alice)) == 1, "twice is once"
    at(that_day(23, 30))
    moment = clock.now()
    write(lambda: jobs.tick_close_of_day(moment))
    assert [line.kind for line in lines_of(alice, cleanup)] == [IN, OUT]
    assert lines_of(dora, cleanup) == [], "nobody can be absent from what never began"
    assert jobs.check(clock.now()) == []


def test_calendars_say_when_it_ended(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(alice, cleanup, shifts_of(cleanup)[0])
    path = f"/occurrences/{cleanup.id}.ics"

    def event() -> tuple[datetime, int]:
        (one,) = Calendar.from_ical(browser(alice).get(path).response.data).events
        return one.end, int(one["SEQUENCE"])

    ends_at, before = event()
    assert ends_at == that_day(12)
    at(that_day(10))
    end(browser, leader, cleanup)
    ends_at, after = event()
    assert ends_at == that_day(10) and after > before


@pytest.mark.parametrize(
    ("now", "said"),
    [((8, 50), {}), ((10, 0), {"at": "10:30"}), ((10, 0), {"at": "08:00"}), ((10, 0), {"at": "soon"})],
)
def test_it_ends_at_a_time_that_has_come_after_the_start_and_what_was_typed_stays(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock, now: tuple[int, int], said: dict[str, str]
) -> None:
    at(that_day(*now))
    page = browser(leader).post(f"/occurrences/{cleanup.id}/end", status=422, reason="Hail", **said)
    assert len(page.errors) == 1
    assert 'value="Hail"' in page.response.text


def test_it_needs_a_reason_and_no_hours_that_are_confirmed(
    team: Team, leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(alice, cleanup, shifts_of(cleanup)[0])
    at(that_day(12))
    assert end(browser, leader, cleanup, 422, at="10:00", reason=" ") != []
    add(leader, alice, cleanup, CAME)
    write(lambda: confirmation.confirm(leader.actor, cleanup.id, {}, None, clock.now()))
    assert end(browser, leader, cleanup, 422, at="10:00") == [
        "Hours of this date are confirmed already. Correct them there."
    ]


# It never was


def test_a_date_on_which_nobody_was_seen_did_not_take_place_and_nobody_was_absent(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    for someone in (alice, bob):
        sign_up(someone, cleanup, shifts_of(cleanup)[0])
    at(that_day(12, 30))
    date_id = cleanup.id
    moment = clock.now()
    signup_id = signup_of(bob, cleanup).id
    write(lambda: checkin.mark(leader.actor, date_id, signup_id, EntryKind.ABSENT, moment))
    assert "Friday cleanup" in browser(leader).get("/today").text
    page = browser(leader).post(f"/occurrences/{date_id}/cancel", reason="Road closed")
    assert page.errors == []
    assert balances.attendance_of([signup_id]) == {}
    assert "did not take place: “Road closed”" in told(alice)[0]
    assert "Take the list" not in browser(leader).get("/today").text
    at(that_day(23, 59) + timedelta(days=1))
    later = clock.now()
    write(lambda: jobs.tick_close_of_day(later))
    assert balances.attendance_of([signup_id]) == {}
    assert "did not take place" in browser(alice).get("/me/notices").text
    assert jobs.check(later) == []


# The close of the day


def test_who_did_not_check_out_is_assumed_to_have_stayed_and_who_did_not_come_is_absent_written_down_once(
    team: Team, leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    sweeping, _ = shifts_of(cleanup)
    for someone in (alice, bob):
        sign_up(someone, cleanup, sweeping)
    at(that_day(9))
    add(None, alice, cleanup, NewLine(IN, that_day(9, 10), evidence=Evidence.SCAN))
    for hour, lines in ((23, [IN]), (24, [IN, EntryKind.ASSUMED]), (25, [IN, EntryKind.ASSUMED])):
        at(that_day(12) + timedelta(hours=hour - 12))
        moment = clock.now()
        write(lambda moment=moment: jobs.tick_close_of_day(moment))
        db.session.rollback()
        assert [line.kind for line in lines_of(alice, cleanup)] == lines
    assert [line.kind for line in lines_of(bob, cleanup)] == [EntryKind.ABSENT]
    assert hours_of(alice) == (0, 170)
    assert [words for words in told(leader) if "absent" in words] != []


def test_a_list_on_which_nobody_was_seen_is_not_closed(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    sign_up(alice, cleanup, shifts_of(cleanup)[0])
    at(clock.utc(date(2026, 11, 29), time(12), ZONE))
    moment = clock.now()
    write(lambda: jobs.tick_close_of_day(moment))
    assert lines_of(alice, cleanup) == []
