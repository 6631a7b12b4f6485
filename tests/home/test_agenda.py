"""My agenda: a month of my own dates."""

from datetime import date, timedelta

import pytest
from flask import Flask

from tests.make import make_date, make_leader, make_member, make_team, sign_up, signup_of
from tests.moments import MONDAY, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.calendar.agenda import month_before, month_of, weeks_of
from volunteer.clock import next_month


@pytest.fixture(autouse=True)
def monday(app: Flask, at: SetClock) -> None:
    at(MONDAY)


def test_my_dates_stand_in_the_month_and_nobody_elses(browser: Open) -> None:
    team = make_team()
    leader, alice = make_leader(team), make_member(team)
    make_date(leader, title="Not mine", in_days=2)
    sign_up(alice, make_date(leader, title="Reading", in_days=3))
    sign_up(alice, make_date(leader, title="In December", in_days=10))
    page = browser(alice).get("/me/agenda")
    assert "Reading" in page.text and "Signed up" in page.text
    assert "Not mine" not in page.text and "In December" not in page.text
    assert "In December" in browser(alice).get("/me/agenda?month=2026-12").text


def test_a_private_appointment_is_neutral_on_paper_too(browser: Open) -> None:
    team = make_team()
    alice = make_member(team)
    sign_up(alice, make_date(make_leader(team), kind="home_visit", title="Visit to the Wangs", place="Wang's house"))
    page = browser(alice).get("/me/agenda")
    assert "Personal appointment" in page.text
    assert "Wang" not in page.text


def test_dates_of_all_my_teams_stand_together(browser: Open) -> None:
    from volunteer.actor import Role
    from volunteer.storage.database import write
    from volunteer.teams import service as teams
    from volunteer.teams.models import MembershipState

    first, second = make_team(), make_team()
    alice, leader = make_member(first), make_leader(second)
    write(lambda: teams.add_member(second.id, alice.id, Role.VOLUNTEER, MembershipState.ACTIVE, clock.now()))
    there = browser(alice)
    there.post("/me/team", team=second.id)
    sign_up_there = make_date(leader, title="Elsewhere")
    there.post(f"/occurrences/{sign_up_there.id}/signup")
    assert "Elsewhere" in browser(alice).get("/me/agenda").text


def test_past_dates_are_called_by_what_they_became(browser: Open, at: SetClock) -> None:
    team = make_team()
    leader, alice = make_leader(team), make_member(team)
    dates = {name: make_date(leader, title=name, in_days=n) for n, name in enumerate(("Came", "Missed", "Unknown"), 1)}
    full = make_date(leader, title="Full", in_days=4, capacity=1)
    sign_up(leader, full)
    for date_ in (*dates.values(), full):
        sign_up(alice, date_)
    at(clock.now() + timedelta(days=5))
    for name, mark in (("Came", "present"), ("Missed", "absent")):
        signup = signup_of(alice, dates[name])
        browser(leader).post(f"/occurrences/{dates[name].id}/roster/{signup.id}", mark=mark)
    page = browser(alice).get("/me/agenda")
    rows = {row.select_one("a").get_text(): row.select_one(".chip").get_text() for row in page.soup.select(".tick")}
    assert rows == {
        "Came": "Done, 1.5 hours",
        "Missed": "Marked absent",
        "Unknown": "Attendance not taken yet",
        "Full": "Over, you had no place",
    }


@pytest.mark.parametrize("month", ["", "2026-13", "0001-01", "9999-12", "x", "2026-11-01"])
def test_any_month_can_be_asked_for(browser: Open, month: str) -> None:
    browser(make_member(make_team())).get(f"/me/agenda?month={month}")


def test_a_month_is_whole_weeks_from_monday() -> None:
    first = month_of("2026-11", date(2026, 1, 1))
    weeks = weeks_of(first, [], "Asia/Shanghai")
    assert [len(week) for week in weeks] == [7] * 6
    assert sum(day.of_month for week in weeks for day in week) == 30
    assert weeks[0][0].day == date(2026, 10, 26)
    assert (month_before(first), next_month(first)) == (date(2026, 10, 1), date(2026, 12, 1))
