"""The page of a series: its months, how full each date is, which holiday takes one, what came before and after."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from tests.bench.inside import counted_statements
from tests.make import (
    Someone,
    cancel,
    make_activity,
    make_draft,
    make_member,
    move_date,
    move_following,
    sign_up,
)
from tests.moments import SetClock
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.months import months_of
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.storage.database import db, write
from volunteer.teams.models import Team


@pytest.fixture
def series(leader: Someone) -> Activity:
    """Fridays until January, the first of which is New Year's Day."""
    places = [PlannedShift("", time(9), time(10, 30), 3, 2)]
    until = date(2027, 1, 15)
    return make_activity(leader, title="Fridays", in_days=4, repeat=Repeat.WEEKLY, until=until, shifts=places)


def dates_of(series: Activity) -> list[Occurrence]:
    found = select(Occurrence).where(Occurrence.activity_id == series.id).order_by(Occurrence.rule_date)
    return list(db.session.scalars(found))


def cells(page: Page) -> dict[str, str]:
    """What the sheets say, by day."""
    found = [cell for cell in page.soup.select("table.series td") if cell.select_one("time")]
    return {str(cell.select_one("time")["datetime"]): " ".join(cell.get_text(" ").split()) for cell in found}


def test_the_months_of_a_series_say_how_full_each_date_is_and_name_the_holiday(
    leader: Someone, series: Activity, browser: Open, team: Team
) -> None:
    first, second, third, *_ = dates_of(series)
    for name in ("Alice", "Bob", "Charlie"):
        sign_up(make_member(team, name), first)
    sign_up(leader, second)
    cancel(leader, third)
    page = browser(leader).get(f"/activities/{series.id}")
    assert "Every Friday 9:00–10:30" in page.text and "Skip dates on public holidays" in page.text
    assert cells(page) == {
        "2026-11-27": "27 full 3",
        "2026-12-04": "4 1 / 3",
        "2026-12-11": "11 cancelled",
        "2026-12-18": "18 0 / 3",
        "2026-12-25": "25 0 / 3",
        "2027-01-01": "1 元旦",
        "2027-01-08": "8 0 / 3",
        "2027-01-15": "15 0 / 3",
    }
    assert [tag["datetime"] for tag in page.soup.select("del time")] == ["2026-12-11", "2027-01-01"]
    assert [a["href"] for a in page.soup.select("table.series a")][:3] == [
        f"/occurrences/{one.id}" for one in (first, second, third)
    ]
    assert [heading.get_text() for heading in page.soup.select("h3")] == [
        "November 2026",
        "December 2026",
        "January 2027",
    ]
    assert [tag["datetime"] for tag in page.soup.select(".low time")] == ["2026-12-04"]  # the others have time


def test_a_date_moved_by_hand_stands_on_its_day_and_says_which_one_it_replaces(
    leader: Someone, series: Activity, browser: Open
) -> None:
    first, *_ = dates_of(series)
    write(lambda: move_date(leader.actor, first.id, date(2026, 11, 28), time(9), time(10), clock.now()))
    page = browser(leader).get(f"/activities/{series.id}")
    assert next(iter(cells(page))) == "2026-11-28"
    assert "Sat 28 Nov instead of Fri 27 Nov" in page.text


def test_a_split_series_says_what_it_continues_and_what_continues_it(
    leader: Someone, series: Activity, browser: Open, team: Team
) -> None:
    _, second, *_ = dates_of(series)
    write(lambda: move_following(leader.actor, second.id, date(2026, 12, 5), time(9), time(10), clock.now()))
    (new,) = db.session.scalars(select(Activity).where(Activity.predecessor_id == series.id))
    assert f"/activities/{new.id}" in links(browser(leader).get(f"/activities/{series.id}"), "It goes on as")
    alice = browser(make_member(team))
    assert f"/activities/{series.id}" in links(alice.get(f"/activities/{new.id}"), "It continues")


def links(page: Page, words: str) -> list[str]:
    return [str(a["href"]) for line in page.soup.select("main p") if words in line.text for a in line.select("a")]


def test_months_that_are_over_are_folded_unless_nothing_else_is_left(
    leader: Someone, series: Activity, browser: Open, at: SetClock
) -> None:
    at(dates_of(series)[3].ends_at)
    page = browser(leader).get(f"/activities/{series.id}")
    assert [tag["datetime"] for tag in page.soup.select("details time")] == ["2026-11-27"]
    assert "Dates to come: 3" in page.text
    assert not page.soup.select("details[open]")
    at(dates_of(series)[-1].ends_at + timedelta(days=60))
    assert len(browser(leader).get(f"/activities/{series.id}").soup.select("details[open] td time")) == 8


def test_a_volunteer_sees_a_series_and_no_deeds_and_neither_drafts_nor_what_is_private(
    leader: Someone, series: Activity, browser: Open, team: Team
) -> None:
    alice = browser(make_member(team))
    page = alice.get(f"/activities/{series.id}")
    assert "2027-01-15" in cells(page)
    assert not page.soup.select("main form, main a[href$='/edit'], main .text")
    way = alice.get(f"/occurrences/{dates_of(series)[0].id}").soup.select(f"a[href='/activities/{series.id}']")
    assert [a.get_text() for a in way] == ["All dates of this series"]
    for hidden in (
        make_draft(leader),
        make_activity(leader, kind="home_visit", repeat=Repeat.WEEKLY, until=date(2026, 12, 31)),
    ):
        alice.get(f"/activities/{hidden.id}", status=404)


def test_a_long_series_asks_the_database_no_more_than_a_short_one(leader: Someone, browser: Open) -> None:
    weekly = {"in_days": 4, "repeat": Repeat.WEEKLY}
    asked = []
    for until in (date(2026, 11, 27), date(2027, 6, 11)):
        path = f"/activities/{make_activity(leader, until=until, **weekly).id}"
        browser(leader).get(path)
        with counted_statements() as found:
            browser(leader).get(path)
        asked.append(len([one for one in found if one.startswith("SELECT")]))
    assert asked[0] == asked[1] <= 6


@pytest.mark.parametrize(
    ("days", "shapes"),
    [
        ([], []),
        ([date(2026, 12, 4)], [((2026, 12), 5, {4})]),
        ([date(2027, 2, 1), date(2027, 2, 27)], [((2027, 2), 4, {0, 5})]),
        ([date(2026, 3, 31), date(2026, 6, 30)], [((2026, 3), 6, {1}), ((2026, 6), 5, {1})]),
    ],
)
def test_a_month_is_whole_weeks_and_months_without_a_date_are_left_out(days, shapes) -> None:
    found = months_of([(day, [day]) for day in days])
    assert [((one.first.year, one.first.month), len(one.weeks), one.weekdays) for one in found] == shapes
    assert [thing for one in found for week in one.weeks for cell in week for thing in cell.dates] == days
