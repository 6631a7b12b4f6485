"""A page asks the database a few things at once, never one thing for each line."""

from datetime import time

import pytest

from tests.bench.inside import counted_statements
from tests.make import make_date, make_leader, make_member, make_team, sign_up
from tests.pages import Browser, Open
from volunteer.storage.database import db

AT_MOST = {
    "/": 2,
    "/occurrences/{date}": 5,
    "/me": 7,
    "/me/records": 4,
    "/me/notices": 2,
    "/me/settings": 9,
    "/members": 2,
    "/occurrences/{date}/roster": 12,
    "/occurrences/{date}/confirm": 7,
    "/activities": 4,
    "/activities?month=2026-11&kind=friday_cleanup&q=clean": 4,
    "/activities/{activity}": 5,
    "/today": 5,
    "/occurrences/{date}/told": 3,
}
"""One of them finds out who asks."""


def statements(browser: Browser, path: str) -> list[str]:
    browser.get(path)  # the first time writes the addresses of one's calendars
    with counted_statements() as found:
        browser.get(path)
    return found


@pytest.mark.parametrize("path", AT_MOST)
def test_a_page_takes_as_many_statements_however_much_stands_on_it(app, browser: Open, path) -> None:
    team = make_team()
    leader = make_leader(team)
    dates = [make_date(leader, in_days=1, start=time(hour), end=time(hour + 1)) for hour in (8, 9)]
    sign_up(leader, dates[0])
    few = statements(browser(leader), path.format(date=dates[0].id, activity=dates[0].activity_id))
    for hour in range(10, 20):
        dates.append(make_date(leader, in_days=1, start=time(hour), end=time(hour + 1)))
    for n in range(10):
        sign_up(make_member(team, f"Volunteer {n}"), dates[0])
        sign_up(leader, dates[n + 1])
    many = statements(browser(leader), path.format(date=dates[0].id, activity=dates[0].activity_id))
    assert len(many) == len(few) <= AT_MOST[path], many


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_sign_up_takes_seven_statements_and_on_postgresql_a_lock_whether_there_is_a_place_or_a_queue(
    app, browser: Open, capacity: int
) -> None:
    team = make_team()
    date = make_date(make_leader(team), capacity=capacity)
    sign_up(make_member(team, "Alice"), date)
    page = browser(make_member(team, "Bob")).get(f"/occurrences/{date.id}")
    with counted_statements() as found:
        page.submit("/signup")
    last = next(n for n, statement in enumerate(found, 1) if statement.startswith("INSERT INTO write_key"))
    assert last == (7 if db.engine.dialect.name == "sqlite" else 8), found[:last]
