"""What the team does as a list: to look at, to search, to take away."""

from datetime import date

import pytest

from tests.make import Someone, make_activity, make_draft, make_leader, make_team
from tests.pages import Open
from tests.wire import read_rows, send
from volunteer.activities.recurrence import Repeat


@pytest.fixture
def planned(leader: Someone) -> None:
    make_activity(leader, title="=Cleanup", place="Main\x07street", in_days=2)
    make_activity(leader, title="Talk", place="Town hall", in_days=4, repeat=Repeat.WEEKLY, until=date(2026, 12, 18))
    make_draft(leader, title="Idea", place="South hill")


@pytest.mark.parametrize(
    ("words", "found"),
    [("", ["Idea", "=Cleanup", "Talk"]), ("hall", ["Talk"]), ("idea", ["Idea"]), ("%25", []), ("创卫 talk", ["Talk"])],
)
def test_a_leader_finds_activities_by_title_place_and_kind(
    planned, leader: Someone, browser: Open, words, found
) -> None:
    page = browser(leader).get(f"/activities?q={words}")
    assert [a.get_text() for a in page.soup.select(".list a")] == found


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_list_taken_away_says_the_same_as_the_page(planned, leader: Someone, browser: Open, form: str) -> None:
    _, *rows = read_rows(send(browser(leader), "GET", f"/activities?format={form}").data)
    assert [row[:3] + row[4:] for row in rows] == [
        ["Idea", "Draft", "only leaders see it", "South hill"],
        ["'=Cleanup", "Single", "2026-11-25", "Mainstreet"],
        ["Talk", "Series", "2026-11-27", "Town hall"],
    ]
    page = browser(leader).get("/activities")
    assert [time["datetime"] for time in page.soup.select(".list time")] == ["2026-11-25", "2026-11-27"]


def test_another_teams_activities_are_on_no_list(planned, browser: Open) -> None:
    theirs = browser(make_leader(make_team()))
    assert "Talk" not in theirs.get("/activities?q=talk").soup.select("main")[0].get_text()
    assert b"Talk" not in send(theirs, "GET", "/activities?format=csv").data
