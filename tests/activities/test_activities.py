"""Leaders plan, preview, publish and describe activities."""

import re
from datetime import date, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.make import (
    Someone,
    make_activity,
    make_administrator,
    make_date,
    make_draft,
    make_leader,
    make_member,
    make_team,
    shifts_of,
)
from tests.moments import SetClock
from tests.odd_values import TEXTS
from tests.pages import Open, Page
from tests.wire import send
from volunteer import clock
from volunteer.activities import dates, holidays, jobs
from volunteer.activities import service as activities
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.storage.database import db, write

FIVE_FIELDS = {
    "title": "每周五创卫",
    "kind": "friday_cleanup",
    "date": "2026-12-04",
    "start": "09:00",
    "end": "10:30",
    "place": "主街",
    "capacity": "15",
}
FRIDAYS_OF_2026 = FIVE_FIELDS | {
    "date": "2026-01-02",
    "repeat": "weekly",
    "until": "2026-12-31",
    "holidays": "skip",
}


@pytest.fixture
def form(leader: Someone, browser: Open) -> Page:
    return browser(leader).get("/activities/new")


def days(page: Page) -> tuple[list[str], list[str]]:
    """The dates that take place, and the struck ones with what stands beside them."""
    struck = {str(tag["datetime"]) for tag in page.soup.select("del time")}
    on = [str(tag["datetime"]) for tag in page.soup.select("time") if tag["datetime"] not in struck]
    return on, [" ".join(tag.get_text(" ").split()) for tag in page.soup.select("li:has(del)")]


def test_the_fridays_of_2026_are_46_and_national_day_is_struck_by_name(form: Page) -> None:
    preview = form.submit("/activities/new", action="preview", **FRIDAYS_OF_2026)
    on, struck = days(preview)
    assert len(on) == 46
    assert len(struck) == 6
    assert any("2 Oct 2026" in line and "国庆节" in line for line in struck)
    assert preview.value("title") == "每周五创卫"
    assert db.session.scalar(select(Activity.id)) is None


def test_publishing_makes_the_same_dates_as_the_preview(form: Page) -> None:
    page = form.submit("/activities/new", action="publish", **FRIDAYS_OF_2026)
    on, struck = days(page)
    assert (len(on), len(struck)) == (46, 6)
    assert page.news == ["Published. People can sign up now."]


def test_five_fields_are_enough_and_the_rest_has_defaults(form: Page, leader: Someone) -> None:
    form.submit("/activities/new", action="publish", **FIVE_FIELDS)
    activity = db.session.scalars(select(Activity)).one()
    assert (activity.arrive_before, activity.repeat) == (10, Repeat.NONE)
    (occurrence,) = db.session.scalars(select(Occurrence)).all()
    assert occurrence.starts_at == clock.utc(date(2026, 12, 4), time(9), "Asia/Shanghai")
    assert [shift.capacity for shift in shifts_of(occurrence)] == [15]


@pytest.mark.parametrize("kind", ["friday_cleanup", "每周五创卫", "创卫"])
def test_a_kind_is_known_by_code_name_or_alias(leader: Someone, browser: Open, kind: str) -> None:
    page = browser(leader).post("/activities/new", action="draft", **(FIVE_FIELDS | {"kind": kind}))
    assert page.news == ["The draft is saved."]


def test_several_shifts_have_their_own_times_and_places(form: Page) -> None:
    more = {
        "position": "East",
        "positions-0-name": "West",
        "positions-0-capacity": "3",
        "positions-0-start": "09:30",
        "positions-0-end": "10:00",
    }
    page = form.submit("/activities/new", action="publish", **(FIVE_FIELDS | more))
    assert "East 15 West 3" in page.text
    (occurrence,) = db.session.scalars(select(Occurrence)).all()
    east, west = shifts_of(occurrence)
    assert (east.name, east.capacity, west.name, west.capacity) == ("East", 15, "West", 3)
    assert west.starts_at - east.starts_at == timedelta(minutes=30)
    assert west.ends_at - west.starts_at == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"title": " "}, "Give it a title."),
        ({"title": "x" * 81}, "This is too long."),
        ({"place": ""}, "Say where it is."),
        ({"capacity": "0"}, "Give the number of places, from 1 to 5000."),
        ({"capacity": "-3"}, "Give the number of places, from 1 to 5000."),
        ({"capacity": "many"}, "Give the number of places, from 1 to 5000."),
        ({"capacity": "9" * 30}, "Give the number of places, from 1 to 5000."),
        ({"end": "08:00"}, "The end lies before the start. Choose a later one."),
        ({"end": "09:00"}, "The end lies before the start. Choose a later one."),
        ({"start": "25:00"}, "Give the time as hours and minutes, for example 9:00."),
        ({"date": "2026-02-30"}, "Choose a day, for example 2026-12-04."),
        ({"date": ""}, "Choose a day, for example 2026-12-04."),
        ({"repeat": "weekly", "until": "2026-01-01"}, "The last day lies before the first. Choose a later one."),
        ({"repeat": "weekly", "until": "2040-01-01"}, "A series lasts at most five years."),
        ({"repeat": "daily"}, "Choose one of those listed."),
        ({"kind": "smuggling"}, "Choose one of the kinds listed."),
        ({"date": "\u3000"}, "Choose a day, for example 2026-12-04."),
        ({"start": "  "}, "Give the time as hours and minutes, for example 9:00."),
        ({"title": "a\x00b"}, "This text contains a character that cannot be stored."),
        ({"positions-0-name": "West"}, "Every further position needs a name and its places."),
        (
            {"positions-0-name": "West", "positions-0-capacity": "2", "positions-0-end": "23:00"},
            "A position lies within the times of the activity. Check “West”.",
        ),
    ],
)
def test_a_slip_is_named_and_what_was_typed_stays(
    form: Page, leader: Someone, wrong: dict[str, str], complaint: str
) -> None:
    typed = FIVE_FIELDS | {"bring": "手套"} | wrong
    page = form.submit("/activities/new", action="publish", status=422, **typed)
    assert complaint in page.text
    assert page.errors
    assert page.value("bring") == "手套"
    assert db.session.scalar(select(Activity.id)) is None


EMPTY = ["", "  ", "\u3000"]
PLACES = "Give the number of places, from 1 to 5000."


@pytest.mark.parametrize("typed", [*EMPTY, "many", "0", "9" * 400])
def test_a_number_of_places_that_is_none_is_named_once_beside_its_field(
    leader: Someone, browser: Open, typed: str
) -> None:
    draft = make_draft(leader, title="Idea")
    for path in ("/activities/new", f"/activities/{draft.id}/edit"):
        page = browser(leader).get(path).submit(path, status=422, **(FIVE_FIELDS | {"capacity": typed}))
        assert [fault.get_text() for fault in page.soup.select("#capacity-error, #capacity-error2")] == [PLACES]
        assert page.value("place") == "主街"


@pytest.mark.parametrize("blank", EMPTY)
def test_what_may_be_left_empty_may_hold_blanks(form: Page, leader: Someone, blank: str) -> None:
    empty = ("until", "count", "every", "minimum", "arrive", "positions-0-capacity", "positions-0-start")
    page = form.submit("/activities/new", action="draft", **FIVE_FIELDS, **dict.fromkeys(empty, blank))
    assert page.news == ["The draft is saved."]
    (activity,) = db.session.scalars(select(Activity))
    assert (activity.until, activity.count, activity.every, activity.arrive_before) == (None, None, 1, 0)


@pytest.mark.parametrize("blank", EMPTY)
def test_a_notice_of_one_day_may_have_blanks_for_its_last(leader: Someone, browser: Open, blank: str) -> None:
    administrator = make_administrator(make_team())
    notice = {"first": "2027-05-03", "last": blank, "name": "Fair", "source": "Town hall"}
    browser(administrator).get("/holidays").submit("/holidays", **notice)
    assert [one.name for one in holidays.list_for(administrator.actor)] == ["Fair"]


def test_a_single_date_on_a_holiday_is_kept(form: Page) -> None:
    page = form.submit("/activities/new", action="publish", **(FIVE_FIELDS | {"date": "2026-10-01"}))
    assert days(page) == (["2026-10-01"], [])


def test_volunteers_do_not_see_a_draft_until_it_is_published(leader: Someone, browser: Open, app: Flask) -> None:
    draft = make_draft(leader, title="Secret", in_days=0)
    team = activities.get_activity_for(leader.actor, draft.id).team_id
    assert team == leader.actor.team_id
    assert "Secret" not in browser(leader).get("/").text
    page = browser(leader).get(f"/activities/{draft.id}").submit("/publish")
    assert page.news == ["Published. People can sign up now."]
    assert "Secret" in browser(leader).get("/").text


def test_a_draft_can_be_changed_as_a_whole(leader: Someone, browser: Open) -> None:
    draft = make_draft(leader)
    page = browser(leader).get(f"/activities/{draft.id}/edit")
    page.submit("/edit", action="draft", title="Better", capacity="7", date="2026-12-11")
    changed = activities.get_activity_for(leader.actor, draft.id)
    assert (changed.title, changed.first_day) == ("Better", date(2026, 12, 11))
    assert [plan.capacity for plan in dates.list_shift_plans(changed)] == [7]


def test_two_leaders_editing_at_once_do_not_overwrite_each_other(leader: Someone, browser: Open) -> None:
    activity = make_activity(leader, title="Old")
    first, second = (browser(leader).get(f"/activities/{activity.id}/edit") for _ in range(2))
    first.submit("/edit", title="From the first", action="save")
    page = second.submit("/edit", status=422, title="From the second")
    assert "Somebody else has just changed this activity." in page.errors[0]
    assert page.value("title") == "From the second"
    assert "From the first" in page.text
    page.submit("/edit", action="save")
    db.session.rollback()
    assert activities.get_activity_for(leader.actor, activity.id).title == "From the second"


def test_a_new_place_reaches_coming_dates_only_and_moves_their_sequence(
    leader: Someone, browser: Open, at: SetClock
) -> None:
    activity = make_activity(leader, repeat=Repeat.WEEKLY, day=date(2026, 11, 20), until=date(2026, 12, 4))
    at(clock.utc(date(2026, 11, 23), time(8), "Asia/Shanghai"))
    browser(leader).get(f"/activities/{activity.id}/edit").submit("/edit", place="South hill", action="save")
    activity = activities.get_activity_for(leader.actor, activity.id)
    told = [(one.place, one.sequence) for one in dates.list_for(activity)]
    assert told == [("Main street", 0), ("South hill", 1), ("South hill", 1)]


def test_saving_without_a_change_tells_no_calendar(leader: Someone, browser: Open) -> None:
    occurrence = make_date(leader)
    browser(leader).get(f"/activities/{occurrence.activity_id}/edit").submit("/edit", action="save")
    db.session.expire_all()
    assert db.session.get_one(Occurrence, occurrence.id).sequence == 0


def test_dates_reach_thirty_weeks_ahead_and_roll_on(leader: Someone, app: Flask) -> None:
    start = clock.now()
    first = clock.today(start, leader.actor.zone)
    activity = make_activity(leader, repeat=Repeat.WEEKLY, day=first, until=first + timedelta(weeks=60))
    assert len(dates.list_for(activity)) == 31
    assert write(lambda: jobs.tick(start)) == 0
    assert write(lambda: jobs.tick(start + timedelta(weeks=2))) == 2
    assert write(lambda: jobs.tick(start + timedelta(weeks=2))) == 0


def test_the_list_shows_drafts_first_and_then_what_comes_next(leader: Someone, browser: Open) -> None:
    make_activity(leader, title="Later", in_days=9)
    make_activity(leader, title="Sooner", in_days=2)
    make_draft(leader, title="Idea")
    text = browser(leader).get("/activities").text
    assert text.index("Idea") < text.index("Sooner") < text.index("Later")


def test_another_teams_activity_is_not_found(leader: Someone, browser: Open) -> None:
    activity = make_activity(leader)
    stranger = browser(make_leader(make_team()))
    for path in (f"/activities/{activity.id}", f"/activities/{activity.id}/edit"):
        stranger.get(path, status=404)
    stranger.post(f"/activities/{activity.id}/publish", status=404)


def test_a_volunteer_plans_nothing(leader: Someone, browser: Open) -> None:
    team_id = leader.actor.team_id
    assert team_id
    volunteer = make_member(make_team())
    browser(volunteer).get("/activities/new", status=403)


@pytest.mark.parametrize(
    ("series", "first_three"),
    [
        ({"repeat": "weekly", "every": "2"}, ["2026-12-04", "2026-12-18", "2027-01-08"]),
        ({"repeat": "monthly_date", "date": "2026-11-30"}, ["2026-11-30", "2026-12-30", "2027-01-30"]),
        ({"repeat": "monthly_weekday", "date": "2026-11-27"}, ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ({"repeat": "quarterly", "date": "2026-09-30"}, ["2026-09-30", "2026-12-30", "2027-03-30"]),
        (
            {"repeat": "by_hand", "dates": "2026-12-09、2026-12-05 2026-12-31"},
            ["2026-12-05", "2026-12-09", "2026-12-31"],
        ),
    ],
)
def test_series_of_every_shape_can_be_previewed(form: Page, series: dict[str, str], first_three: list[str]) -> None:
    until = {} if series["repeat"] == "by_hand" else {"until": "2027-12-31"}
    on, struck = days(form.submit("/activities/new", action="preview", **(FIVE_FIELDS | until | series)))
    assert on[:3] == first_three or (series.get("every") and "元旦" in "".join(struck))


def test_a_series_can_end_after_so_many_dates(form: Page) -> None:
    page = form.submit("/activities/new", action="publish", **(FIVE_FIELDS | {"repeat": "weekly", "count": "3"}))
    assert days(page) == (["2026-12-04", "2026-12-11", "2026-12-18"], [])


@pytest.mark.parametrize(
    ("policy", "day"), [("previous", "2026-09-30"), ("next", "2026-10-08"), ("keep", "2026-10-02")]
)
def test_a_friday_on_national_day_moves_as_the_series_says(form: Page, policy: str, day: str) -> None:
    series = {"date": "2026-09-18", "repeat": "weekly", "until": "2026-10-02", "holidays": policy}
    assert days(form.submit("/activities/new", action="publish", **(FIVE_FIELDS | series)))[0][-1] == day


def test_an_activity_may_last_over_midnight(form: Page) -> None:
    night = {"start": "22:00", "end": "02:00", "overnight": "y", "position": "Early"}
    late = {"positions-0-name": "Late", "positions-0-capacity": "2", "positions-0-start": "00:30"}
    form.submit("/activities/new", action="publish", **(FIVE_FIELDS | night | late))
    (occurrence,) = db.session.scalars(select(Occurrence)).all()
    assert occurrence.ends_at - occurrence.starts_at == timedelta(hours=4)
    early, late_shift = shifts_of(occurrence)
    assert early.ends_at == late_shift.ends_at == occurrence.ends_at
    assert late_shift.starts_at - occurrence.starts_at == timedelta(hours=2, minutes=30)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"repeat": "by_hand"}, "Give at least one day, for example 2026-12-04."),
        ({"repeat": "by_hand", "dates": "2026-12-04, morgen"}, "“morgen” is no day. Write 2026-12-04."),
        ({"repeat": "by_hand", "dates": "2026-02-30"}, "“2026-02-30” is no day. Write 2026-12-04."),
        ({"repeat": "weekly", "count": "601"}, "A series has 1 to 600 dates."),
        ({"repeat": "weekly", "count": "3", "every": "53"}, "Choose a step from 1 to 52."),
        ({"overnight": "y"}, "A date lasts 24 hours at most. Choose an earlier end."),
        ({"repeat": "by_hand", "dates": "2026-10-01 2026-10-02"}, "Every date of it falls on a public holiday."),
    ],
)
def test_a_series_without_sense_is_explained(form: Page, wrong: dict[str, str], complaint: str) -> None:
    page = form.submit("/activities/new", action="publish", status=422, **(FIVE_FIELDS | wrong))
    assert complaint in page.text
    assert db.session.scalar(select(Activity.id)) is None


# What no form of ours sends


@pytest.mark.parametrize("field", ["name", "start"])
def test_a_character_that_cannot_be_stored_is_refused_in_a_further_shift_too(form: Page, field: str) -> None:
    further = {"positions-0-name": "East", "positions-0-capacity": "2", f"positions-0-{field}": "Ea\x00st"}
    page = form.submit("/activities/new", action="draft", status=422, **FIVE_FIELDS, **further)
    assert page.errors
    assert db.session.scalar(select(Activity.id)) is None


def test_an_activity_that_says_odd_things_is_read_on_every_page_and_in_every_calendar(
    leader: Someone, browser: Open
) -> None:
    theirs, tomorrow = browser(leader), clock.now() + timedelta(days=1)
    common = FIVE_FIELDS | {"date": tomorrow.date().isoformat(), "public": "y", "csrf_token": theirs._token()}
    for text in TEXTS.values():
        said = dict.fromkeys(("title", "place", "position", "bring"), text)
        send(theirs, "POST", "/activities/new", token=False, data=common | said | {"action": "publish"})
    made = list(db.session.scalars(select(Occurrence)))
    assert len(made) > 25
    pages = [f"/occurrences/{one.id}{page}" for one in made for page in ("", ".ics", "/roster")]
    feeds = re.findall(r"/cal/[a-z2-7-]+\.ics", theirs.get("/me/settings").response.text)
    for path in ("/", "/activities", "/me/agenda", *feeds, *pages):
        assert send(theirs, "GET", path).status_code == 200, path


@pytest.mark.parametrize("row", ["²", "٣", "9" * 5000, "-1", "", "x"])
def test_a_shift_under_a_number_that_is_none_is_left_aside(leader: Someone, browser: Open, row: str) -> None:
    odd = {f"positions-{row}-name": "East", f"positions-{row}-capacity": "2"}
    browser(leader).post("/activities/new", action="publish", **FIVE_FIELDS, **odd)
    (occurrence,) = db.session.scalars(select(Occurrence)).all()
    assert [shift.name for shift in shifts_of(occurrence)] == [""]


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2101-01-01", "9999-12-31"])
def test_a_day_of_another_age_is_refused_in_one_sentence(form: Page, day: str) -> None:
    for fields in ({"date": day, "start": "00:00"}, {"repeat": "by_hand", "dates": day}):
        page = form.submit("/activities/new", action="preview", status=422, **(FIVE_FIELDS | fields))
        assert "Choose a day from 2000 to 2100." in page.text
    assert form.submit("/activities/new", action="preview", **(FIVE_FIELDS | {"date": "2100-12-31"})).text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_date_is_not_moved_into_another_age(leader: Someone, browser: Open, day: str) -> None:
    path = f"/occurrences/{make_date(leader).id}/move"
    moved = {"date": day, "start": "23:00", "end": "01:00", "overnight": "y"}
    page = browser(leader).get(path).submit(path, status=422, **moved)
    assert "Choose a day from 2000 to 2100." in page.text


def test_a_series_that_began_this_year_is_published_with_its_past_dates_but_none_from_years_ago(
    form: Page, at: SetClock
) -> None:
    at(clock.utc(date(2026, 12, 1), time(8), "Asia/Shanghai"))
    page = form.submit("/activities/new", action="publish", status=422, **(FRIDAYS_OF_2026 | {"date": "2025-10-10"}))
    assert "Its first date is more than 400 days ago. Choose a later one." in page.text
    assert page.submit("/activities/new", action="publish", date="2026-01-02").news
