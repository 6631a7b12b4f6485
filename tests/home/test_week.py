"""This week, as people open it in the morning."""

from datetime import date, time

import pytest
from flask import Flask
from sqlalchemy import event

from tests.make import Someone, cancel, make_activity, make_date, make_member, sign_up
from tests.moments import ZONE
from tests.pages import Open
from volunteer import clock
from volunteer.activities.recurrence import Repeat
from volunteer.home.rules import monday_of
from volunteer.storage.database import db
from volunteer.teams.models import Team

pytestmark = pytest.mark.begins(clock.utc(date(2026, 9, 28), time(8), ZONE))


def test_dates_stand_under_their_day_in_order_of_time(team: Team, leader: Someone, browser: Open) -> None:
    for title, day, hour in (("Third", 2, 9), ("Second", 1, 15), ("First", 1, 9), ("Elsewhen", 8, 9)):
        make_date(leader, title=title, in_days=day, start=time(hour), end=time(hour + 1))
    text = browser(make_member(team)).get("/").text
    assert text.index("Tomorrow, Tue") < text.index("First") < text.index("Second") < text.index("Third")
    assert "Elsewhen" not in text


def test_a_holiday_is_struck_and_named_in_the_week(team: Team, leader: Someone, browser: Open) -> None:
    make_activity(leader, repeat=Repeat.WEEKLY, day=date(2026, 9, 18), until=date(2026, 10, 30))
    page = browser(make_member(team)).get("/")
    assert "Not this time: 国庆节" in page.text
    assert page.soup.select_one('[data-state="cancelled"] del')


def test_the_next_own_date_stands_on_top_and_only_there(team: Team, leader: Someone, browser: Open) -> None:
    alice = make_member(team)
    make_date(leader, title="Somebody else's", in_days=1)
    mine = make_date(leader, title="Mine", in_days=3)
    sign_up(alice, mine)
    page = browser(alice).get("/")
    assert len(page.soup.select(f'[data-occurrence="{mine.id}"]')) == 1
    assert page.text.index("Mine") < page.text.index("Somebody else's")


def test_a_cancelled_date_leaves_the_green_card_on_top_to_the_next_one(
    team: Team, leader: Someone, browser: Open
) -> None:
    alice = make_member(team)
    off, on = (make_date(leader, title=title, in_days=n) for title, n in (("Called off", 1), ("Takes place", 3)))
    far = make_date(leader, title="Called off next week", in_days=8)
    for date_ in (off, on, far):
        sign_up(alice, date_)
    for date_ in (off, far):
        cancel(leader, date_)
    page = browser(alice).get("/")
    (green,) = page.soup.select(".next")
    assert "Takes place" in green.get_text()
    assert "Called off" in page.card(off.id).get_text() and page.card(off.id)["data-state"] == "cancelled"
    assert "next week" not in page.text
    cancel(leader, on)
    assert not browser(alice).get("/").soup.select(".next")


def test_dates_that_need_people_more_say_on_which_day_they_are(team: Team, leader: Someone, browser: Open) -> None:
    full, needy = make_date(leader, in_days=1, capacity=1), make_date(leader, title="Needy", in_days=3)
    sign_up(make_member(team), full)
    page = browser(make_member(team, "Bob")).get(f"/occurrences/{full.id}")
    assert "Thu 1 Oct" in page.card(needy.id).get_text()


def test_an_empty_week_points_to_the_next(team: Team, leader: Someone, browser: Open) -> None:
    make_date(leader, in_days=9)
    page = browser(make_member(team)).get("/")
    assert "Nothing this week yet. Next week there is 1 date." in page.text


@pytest.mark.parametrize("week", ["", "2026-13-45", "0001-01-01", "9999-12-31", "x", "2026-10-01", "２０２６-10-01"])
def test_any_week_can_be_asked_for(team: Team, browser: Open, week: str) -> None:
    browser(make_member(team)).get(f"/?week={week}")


def test_nonsense_means_this_week() -> None:
    today = date(2026, 9, 30)
    assert monday_of("nonsense", today) == monday_of("9999-12-31", today) == date(2026, 9, 28)
    assert monday_of("2026-10-08", today) == date(2026, 10, 5)


def test_a_stranger_is_asked_to_log_in_and_comes_back(team: Team, leader: Someone, browser: Open) -> None:
    occurrence = make_date(leader)
    alice = make_member(team)
    page = browser().get(f"/occurrences/{occurrence.id}")
    assert page.path == "/login"
    page = page.submit("/login", phone=alice.phone, password=alice.password)
    assert page.path == f"/occurrences/{occurrence.id}"


def test_the_week_takes_at_most_four_statements_however_full_it_is(
    team: Team, leader: Someone, browser: Open, app: Flask
) -> None:
    alice = make_member(team)
    for hour in range(7, 20):
        sign_up(alice, make_date(leader, in_days=2, start=time(hour), end=time(hour + 1)))
    phone, statements = browser(alice), []
    phone.get("/")

    def count(*execution: object) -> None:
        if not str(execution[2]).startswith(("BEGIN", "ROLLBACK", "COMMIT")):
            statements.append(execution[2])

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        phone.get("/")
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(statements) <= 4, statements


def test_everything_can_be_read_in_chinese(team: Team, leader: Someone, browser: Open) -> None:
    make_date(leader, in_days=1)
    page = browser(make_member(team, locale=None), locale="zh").get("/")
    assert "本周" in page.text and "我要报名" in page.text and "明天" in page.text
