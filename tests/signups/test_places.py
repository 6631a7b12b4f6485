"""Places and the queue, as people meet them."""

from datetime import datetime, time, timedelta

import pytest
from flask import Flask

from tests.make import (
    Someone,
    make_date,
    make_member,
    make_team,
    shifts_of,
    sign_up,
    withdraw,
)
from tests.moments import SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.errors import Missing, Refused
from volunteer.signups import jobs
from volunteer.signups import service as signups
from volunteer.signups.places import position_of
from volunteer.signups.states import Status
from volunteer.storage.database import write
from volunteer.teams.models import Team


def state_of(open_browser: Open, someone: Someone, occurrence: Occurrence) -> tuple[str, str | None]:
    card = open_browser(someone).get(f"/occurrences/{occurrence.id}").card(occurrence.id)
    return str(card["data-state"]), str(card["data-position"]) if card.has_attr("data-position") else None


def test_one_tap_on_the_week_page_signs_alice_up(team: Team, leader: Someone, browser: Open, at: SetClock) -> None:
    monday = clock.utc(datetime(2026, 11, 23).date(), time(8), team.zone)  # noqa: DTZ001
    at(monday)
    occurrence = make_date(leader, in_days=2, capacity=2)
    page = browser(make_member(team)).get("/").submit(f"/{occurrence.id}/signup")
    assert page.news == ["You are signed up. See you there!"]
    card = page.card(occurrence.id)
    assert (card["data-state"], card["data-taken"], card["data-capacity"]) == ("confirmed", "1", "2")


def test_a_second_tap_changes_nothing(leader: Someone, people: list[Someone], browser: Open) -> None:
    occurrence = make_date(leader, capacity=2)
    phone = browser(people[0])
    for _ in range(2):
        phone.post(f"/occurrences/{occurrence.id}/signup")
    assert [shift.taken for shift in shifts_of(occurrence)] == [1]
    assert state_of(browser, people[0], occurrence) == ("confirmed", None)


def test_who_comes_too_late_waits_in_order_and_moves_up(leader: Someone, people: list[Someone], browser: Open) -> None:
    alice, bob, charlie = people
    occurrence = make_date(leader, capacity=1)
    assert sign_up(alice, occurrence).status is Status.CONFIRMED
    assert position_of(sign_up(bob, occurrence)) == 1
    assert position_of(sign_up(charlie, occurrence)) == 2
    assert state_of(browser, charlie, occurrence) == ("waiting", "2")
    withdraw(alice, occurrence)
    assert state_of(browser, bob, occurrence) == ("confirmed", None)
    assert state_of(browser, charlie, occurrence) == ("waiting", "1")
    assert jobs.check(clock.now()) == []


def test_the_answer_to_a_sign_up_says_how_one_stands_also_at_a_second_tap(
    leader: Someone, people: list[Someone]
) -> None:
    occurrence_id = make_date(leader, capacity=1).id
    for is_new in (True, False):
        outcomes = [
            write(lambda who=someone: signups.sign_up(who.actor, occurrence_id, None, clock.now()))
            for someone in people
        ]
        assert [one.status for one in outcomes] == [Status.CONFIRMED, Status.WAITING, Status.WAITING]
        assert [one.position for one in outcomes] == [0, 1, 2]
        assert {one.is_new for one in outcomes} == {is_new}


def test_who_leaves_the_queue_lets_the_others_move_up(leader: Someone, people: list[Someone], browser: Open) -> None:
    alice, bob, charlie = people
    occurrence = make_date(leader, capacity=1)
    for someone in people:
        sign_up(someone, occurrence)
    withdraw(bob, occurrence)
    assert state_of(browser, charlie, occurrence) == ("waiting", "1")
    assert state_of(browser, alice, occurrence) == ("confirmed", None)


def test_who_comes_back_stands_at_the_end(leader: Someone, people: list[Someone]) -> None:
    _alice, bob, charlie = people
    occurrence = make_date(leader, capacity=1)
    for someone in people:
        sign_up(someone, occurrence)
    withdraw(bob, occurrence)
    assert position_of(sign_up(bob, occurrence)) == 2
    assert position_of(sign_up(charlie, occurrence)) == 1


def test_withdrawing_asks_once_and_then_says_thank_you(leader: Someone, people: list[Someone], browser: Open) -> None:
    occurrence = make_date(leader)
    sign_up(people[0], occurrence)
    asked = browser(people[0]).get(f"/occurrences/{occurrence.id}/withdraw")
    assert [shift.taken for shift in shifts_of(occurrence)] == [1]
    done = asked.submit("/withdraw")
    assert done.news == ["Your sign-up is withdrawn. Thank you for saying so."]
    assert [shift.taken for shift in shifts_of(occurrence)] == [0]


def test_withdrawing_without_a_sign_up_says_so(leader: Someone, people: list[Someone], browser: Open) -> None:
    occurrence = make_date(leader)
    page = browser(people[0]).post(f"/occurrences/{occurrence.id}/withdraw")
    assert page.news == ["You are not signed up for this date."]


def test_an_overlap_is_refused_with_name_and_time(leader: Someone, people: list[Someone], browser: Open) -> None:
    first = make_date(leader, title="Tree planting", start=time(9, 30), end=time(11))
    second = make_date(leader, start=time(10), end=time(12))
    sign_up(people[0], first)
    page = browser(people[0]).post(f"/occurrences/{second.id}/signup")
    assert page.errors == ["You are already signed up for “Tree planting” at this time (9:30–11:00)."]
    assert [shift.taken for shift in shifts_of(second)] == [0]


def test_waiting_somewhere_counts_as_an_overlap_too(leader: Someone, people: list[Someone]) -> None:
    alice, bob, _ = people
    full = make_date(leader, capacity=1)
    sign_up(alice, full)
    sign_up(bob, full)
    with pytest.raises(Refused, match="already signed up"):
        sign_up(bob, make_date(leader))


def test_back_to_back_is_no_overlap(leader: Someone, people: list[Someone]) -> None:
    sign_up(people[0], make_date(leader, start=time(9), end=time(10)))
    assert sign_up(people[0], make_date(leader, start=time(10), end=time(11))).status is Status.CONFIRMED


def test_after_the_start_nobody_signs_up_or_withdraws(
    leader: Someone, people: list[Someone], at: SetClock, browser: Open
) -> None:
    alice, bob, _ = people
    occurrence = make_date(leader)
    sign_up(alice, occurrence)
    at(occurrence.starts_at)
    told = "This has begun (Today, Thu, 9:00), so the list is closed. Call the leader if something has changed."
    for someone, deed in ((bob, "signup"), (alice, "withdraw")):
        page = browser(someone).post(f"/occurrences/{occurrence.id}/{deed}")
        assert page.errors == [told]
    assert [shift.taken for shift in shifts_of(occurrence)] == [1]


def test_a_minute_before_the_start_one_still_can(leader: Someone, people: list[Someone], at: SetClock) -> None:
    occurrence = make_date(leader)
    at(occurrence.starts_at - timedelta(minutes=1))
    assert sign_up(people[0], occurrence).status is Status.CONFIRMED


def test_with_several_shifts_one_is_chosen(leader: Someone, people: list[Someone], browser: Open) -> None:
    shifts = [PlannedShift("East", time(9), time(10, 30), 1), PlannedShift("West", time(9), time(10, 30), 2)]
    occurrence = make_date(leader, shifts=shifts)
    _east, west = shifts_of(occurrence)
    page = browser(people[0]).post(f"/occurrences/{occurrence.id}/signup")
    assert page.errors == ["This date has several positions. Choose one of them."]
    browser(people[0]).post(f"/occurrences/{occurrence.id}/signup", shift=west.id)
    assert [shift.taken for shift in shifts_of(occurrence)] == [0, 1]


@pytest.mark.parametrize("shift", ["0", "-1", "9" * 30, "1e3", "east", "１"])
def test_a_forged_shift_is_refused(leader: Someone, people: list[Someone], browser: Open, shift: str) -> None:
    occurrence = make_date(leader)
    browser(people[0]).post(f"/occurrences/{occurrence.id}/signup", shift=shift, status=404)
    assert [one.taken for one in shifts_of(occurrence)] == [0]


def test_a_shift_of_another_date_is_not_found(leader: Someone, people: list[Someone], browser: Open) -> None:
    occurrence, other = make_date(leader), make_date(leader, in_days=5)
    (foreign,) = shifts_of(other)
    browser(people[0]).post(f"/occurrences/{occurrence.id}/signup", shift=foreign.id, status=404)


def test_another_teams_date_is_not_found(leader: Someone, app: Flask) -> None:
    occurrence = make_date(leader)
    outsider = make_member(make_team(), "Olga")
    with pytest.raises(Missing):
        sign_up(outsider, occurrence)


def test_a_cancelled_date_is_struck_and_takes_nobody(leader: Someone, people: list[Someone], browser: Open) -> None:
    alice, bob, _ = people
    occurrence = make_date(leader)
    sign_up(alice, occurrence)
    page = browser(leader).get(f"/occurrences/{occurrence.id}/cancel").submit("/cancel", reason="strong  wind ")
    assert page.news == ["This date is cancelled. Calendars may lag a day; please tell people too."]
    assert "Cancelled: strong wind" in browser(alice).get(f"/occurrences/{occurrence.id}").text
    assert state_of(browser, alice, occurrence)[0] == "cancelled"
    refused = browser(bob).post(f"/occurrences/{occurrence.id}/signup")
    assert refused.errors == ["This date has been cancelled. There is nothing left to do for you."]


def test_a_cancelled_date_no_longer_stands_in_the_way(leader: Someone, people: list[Someone], browser: Open) -> None:
    occurrence = make_date(leader)
    sign_up(people[0], occurrence)
    browser(leader).post(f"/occurrences/{occurrence.id}/cancel", reason="rain")
    assert sign_up(people[0], make_date(leader)).status is Status.CONFIRMED


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_date_is_not_cancelled_without_a_reason(leader: Someone, browser: Open, reason: str) -> None:
    occurrence = make_date(leader)
    page = browser(leader).post(f"/occurrences/{occurrence.id}/cancel", reason=reason, status=422)
    assert "Say why in up to 200 characters; everyone signed up reads it." in page.text
    assert page.value("reason") == reason.strip()
    assert state_of(browser, leader, occurrence)[0] == "open"


def test_cancelling_twice_keeps_the_first_reason(leader: Someone, browser: Open) -> None:
    occurrence = make_date(leader)
    for reason in ("rain", "snow"):
        browser(leader).post(f"/occurrences/{occurrence.id}/cancel", reason=reason)
    assert "Cancelled: rain" in browser(leader).get(f"/occurrences/{occurrence.id}").text


def test_the_check_names_a_counter_that_is_wrong_and_a_stranded_person(
    leader: Someone, people: list[Someone], app: Flask
) -> None:
    from volunteer.activities.models import Shift
    from volunteer.storage.database import db, write

    occurrence = make_date(leader, capacity=1)
    for someone in people:
        sign_up(someone, occurrence)
    (shift,) = shifts_of(occurrence)
    write(lambda: setattr(db.session.get_one(Shift, shift.id), "taken", 0))
    assert jobs.check(clock.now()) == [
        f"shift {shift.id}: 0 places taken by its counter, 1 held",
        f"shift {shift.id}: somebody waits beside 1 free places",
    ]
    result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 1 and result.output.endswith("2 wrong\n")
