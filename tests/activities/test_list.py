"""What the team does as a list: to look at, to search, to take away."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.make import (
    Someone,
    cancel,
    make_activity,
    make_date,
    make_draft,
    make_leader,
    make_member,
    make_team,
    move_following,
    sign_up,
)
from tests.moments import SetClock
from tests.pages import Open, Page
from tests.wire import read_rows, send
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Team


@pytest.fixture
def planned(leader: Someone) -> None:
    make_activity(leader, title="=Cleanup", place="Main\x07street", in_days=2)
    make_activity(leader, title="Talk", place="Town hall", in_days=4, repeat=Repeat.WEEKLY, until=date(2026, 12, 18))
    make_draft(leader, title="Idea", place="South hill")


@pytest.mark.parametrize(
    ("words", "found"),
    [("", ["=Cleanup", "Talk", "Idea"]), ("hall", ["Talk"]), ("idea", ["Idea"]), ("%25", []), ("创卫 talk", ["Talk"])],
)
def test_a_leader_finds_activities_by_title_place_and_kind(
    planned, leader: Someone, browser: Open, words, found
) -> None:
    page = browser(leader).get(f"/activities?q={words}")
    assert [a.get_text() for a in page.soup.select(".list a")] == found


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_list_taken_away_says_the_same_as_the_page(planned, leader: Someone, browser: Open, form: str) -> None:
    _, *rows = read_rows(send(browser(leader), "GET", f"/activities?format={form}").data)
    assert [row[:4] + row[5:] for row in rows] == [
        ["'=Cleanup", "0 of 15", "2026-11-25", "Single", "Mainstreet", "Under way"],
        ["Talk", "0 of 15", "2026-11-27", "Every Friday", "Town hall", "Under way"],
        ["Idea", "0 of 15", "2026-11-26", "Single", "South hill", "Drafts"],
    ]
    page = browser(leader).get("/activities")
    assert [time["datetime"] for time in page.soup.select(".list time")] == ["2026-11-25", "2026-11-27", "2026-11-26"]


def test_another_teams_activities_are_on_no_list(planned, browser: Open) -> None:
    theirs = browser(make_leader(make_team()))
    assert "Talk" not in theirs.get("/activities?q=talk").soup.select("main")[0].get_text()
    assert b"Talk" not in send(theirs, "GET", "/activities?format=csv").data


def groups(page: Page) -> dict[str, list[str]]:
    """What stands under which heading."""
    return {
        next(heading.stripped_strings): [a.get_text() for a in heading.find_next("table").select("a")]
        for heading in page.soup.select("h2:has(+ .card .list)")
    }


def test_what_is_under_way_stands_above_the_drafts_and_what_is_over_below(
    leader: Someone, browser: Open, at: SetClock
) -> None:
    make_draft(leader, title="Idea")
    make_activity(leader, title="Over", in_days=1)
    make_activity(leader, title="Over since yesterday", in_days=2)
    called_off = make_date(leader, title="Called off", in_days=5)
    cancel(leader, called_off)
    make_activity(leader, title="Later", in_days=9)
    make_activity(leader, title="Next year", day=date(2027, 10, 1))
    now_on = make_date(leader, title="Now", in_days=3)
    at(now_on.starts_at + timedelta(minutes=5))
    page = browser(leader).get("/activities")
    assert [heading.get_text() for heading in page.soup.select("h2")] == ["Under way 3", "Drafts 1", "Past 3"]
    assert groups(page) == {
        "Under way": ["Now", "Later", "Next year"],
        "Drafts": ["Idea"],
        "Past": ["Over since yesterday", "Over", "Called off"],
    }


def test_each_line_says_how_full_the_next_date_is_or_the_last_one_was(
    leader: Someone, browser: Open, at: SetClock
) -> None:
    over = make_date(leader, title="Over", in_days=1, capacity=3)
    sign_up(leader, over)
    series = make_activity(
        leader, title="Series", in_days=1, repeat=Repeat.WEEKLY, until=date(2026, 12, 18), capacity=9
    )
    next_one = db.session.scalars(select(Occurrence).where(Occurrence.activity_id == series.id)).all()[1]
    sign_up(leader, next_one)
    two = [PlannedShift(name, over.starts_at.time(), over.ends_at.time(), 4, 2) for name in ("East", "West")]
    make_draft(leader, title="Idea", shifts=two, start=over.starts_at.time(), end=over.ends_at.time())
    at(over.ends_at + timedelta(days=1))
    lines = browser(leader).get("/activities").soup.select(".list tbody tr")
    said = {line.select_one("a").get_text(): line.select_one(".chip").get_text() for line in lines}
    assert said == {"Series": "1 of 9", "Idea": "0 of 8", "Over": "1 of 3"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("kind=training", ["Talk"]),
        ("month=2026-12", ["Talk", "Winter"]),
        ("month=2026-11", ["Cleanup", "Talk"]),
        ("kind=training&month=2027-01", []),
        ("kind=friday_cleanup&month=2026-12&q=wint", ["Winter"]),
        ("kind=nonsense", []),
        ("month=2026-13", ["Cleanup", "Talk", "Winter"]),
        ("month=9999-12", ["Cleanup", "Talk", "Winter"]),
    ],
)
def test_a_leader_looks_for_a_kind_or_a_month_by_an_address_to_keep(
    leader: Someone, browser: Open, asked: str, found: list[str]
) -> None:
    make_activity(leader, title="Cleanup", in_days=1)
    make_activity(leader, title="Talk", kind="training", in_days=2, repeat=Repeat.WEEKLY, until=date(2026, 12, 18))
    make_draft(leader, title="Winter", day=date(2026, 12, 31))
    page = browser(leader).get(f"/activities?{asked}")
    assert [a.get_text() for a in page.soup.select(".list a")] == found
    for name, value in (
        part.split("=") for part in asked.split("&") if found and "13" not in asked and "99" not in asked
    ):
        assert page.value(name) == value
        assert f"{name}={value}" in str(page.soup.select_one("a[href*='format=csv']"))


def test_the_pages_of_a_long_list_keep_what_was_asked_for(leader: Someone, browser: Open) -> None:
    for n in range(51):
        make_draft(leader, title=f"Idea {n}")
    make_activity(leader, title="Talk", kind="training")
    page = browser(leader).get("/activities?kind=friday_cleanup")
    assert "1–50 of 51" in page.text
    page = browser(leader).get(page.soup.select_one(".pages a")["href"])
    assert (groups(page), page.value("kind")) == ({"Drafts": ["Idea 0"]}, "friday_cleanup")


def test_a_leader_puts_away_what_is_over_and_takes_it_out_again(leader: Someone, browser: Open, at: SetClock) -> None:
    over = make_date(leader, title="Over", in_days=1)
    make_activity(leader, title="Later", in_days=9)
    at(over.ends_at)
    hers, path = browser(leader), f"/activities/{over.activity_id}"
    page = hers.get(path).submit("/archive")
    assert (page.path, page.news) == (path, ["Put into the archive. Its dates and hours stay as they are."])
    assert groups(hers.get("/activities")) == {"Under way": ["Later"]}
    assert groups(hers.get("/activities?archived=1")) == {"Archive": ["Over"]}
    hers.post(f"{path}/archive")
    assert hers.get(path).submit("/archive").news == ["Taken out of the archive."]
    assert groups(hers.get("/activities")) == {"Under way": ["Later"], "Past": ["Over"]}
    trail = select(AuditEntry.verb).where(AuditEntry.object == f"activity {over.activity_id}").order_by(AuditEntry.id)
    assert db.session.scalars(trail).all()[-2:] == ["archive", "take out of the archive"]


@pytest.mark.parametrize("what", ["to come", "called off", "draft", "beyond what is made"])
def test_what_is_not_over_cannot_be_put_away(leader: Someone, browser: Open, at: SetClock, what: str) -> None:
    far = {"repeat": Repeat.WEEKLY, "until": date(2027, 12, 31)} if what.startswith("beyond") else {}
    activity = (make_draft if what == "draft" else make_activity)(leader, in_days=1, **far)
    for one in db.session.scalars(select(Occurrence).where(Occurrence.activity_id == activity.id)).all():
        if what == "called off":
            cancel(leader, one)
        elif far:
            at(one.ends_at)  # the worker has not made the dates after it
    page = browser(leader).get(f"/activities/{activity.id}")
    assert not page.soup.select("form[action$='/archive']")
    answer = browser(leader).post(f"/activities/{activity.id}/archive", referrer=f"/activities/{activity.id}")
    assert answer.errors == ["Dates of it are still to come. Once they are over it can go into the archive."]


def test_a_series_whose_dates_all_went_to_another_does_not_come_back(leader: Someone, browser: Open) -> None:
    series = make_activity(leader, in_days=1, repeat=Repeat.WEEKLY, until=date(2026, 12, 18))
    first = db.session.scalars(select(Occurrence).where(Occurrence.activity_id == series.id)).first()
    day = first.starts_at.date() + clock.DAY
    hours = series.wall_start, series.wall_end
    write(lambda: move_following(leader.actor, first.id, day, *hours, clock.now()))
    hers = browser(leader)
    assert groups(hers.get("/activities?archived=1")) == {}
    answer = hers.post(f"/activities/{series.id}/archive", undo="1", referrer=f"/activities/{series.id}")
    assert answer.errors == ["All its dates have gone on in another series. Look there."]


def test_a_volunteer_finds_what_people_may_come_to_and_plans_nothing(leader: Someone, browser: Open) -> None:
    make_draft(leader, title="Idea")
    make_activity(leader, title="Visit", kind="home_visit")
    make_activity(leader, title="Talk")
    alice = browser(make_member(db.session.get_one(Team, leader.actor.team_id)))
    page = alice.get("/activities")
    assert groups(page) == {"Under way": ["Talk"]}
    assert not page.soup.select(
        "main a[href$='/new'], main a[href$='out-of-plan'], main a[href*='archived'], main a[href*='format']"
    )
