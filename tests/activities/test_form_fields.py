"""What the form of an activity asks beyond its first fields, and what dates make of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.make import Someone, make_date, make_draft, sign_up, signup_of
from tests.moments import MONDAY, SetClock
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities import dates
from volunteer.activities import service as activities
from volunteer.activities.models import Activity, Occurrence
from volunteer.checkin import service as checkin
from volunteer.ledger import records
from volunteer.ledger.states import EntryKind
from volunteer.signups.states import Status
from volunteer.storage.database import db, write

TODAY = {"title": "Cleanup", "kind": "friday_cleanup", "place": "Square", "date": "2026-12-04", "capacity": 5}
TODAY |= {"start": "09:00", "end": "10:30", "repeat": "none", "until": "", "holidays": "skip"}
"""The fields that other programs send too."""


def post(open_browser: Open, leader: Someone, **fields: object) -> Page:
    status = int(str(fields.pop("status", 200)))
    return open_browser(leader).post("/activities/new", status=status, **{**TODAY, "action": "publish", **fields})


def the_date() -> Occurrence:
    return db.session.scalars(select(Occurrence)).one()


def the_activity() -> Activity:
    return db.session.scalars(select(Activity)).one()


def test_a_form_with_todays_fields_publishes_as_today_and_a_sign_up_is_one_tap(
    leader: Someone, alice: Someone, browser: Open
) -> None:
    assert post(browser, leader).news == ["Published. People can sign up now."]
    said = the_activity()
    assert (said.opens_before, said.deadline_before, said.min_age) == (None, 0, None)
    assert (said.requirements, said.insurance, said.voluntary, the_date().counts) == ("", "", True, True)
    assert browser(alice).get("/?week=2026-11-30").submit("/signup").news == ["You are signed up. See you there!"]


def test_all_of_it_is_kept_in_a_draft_and_comes_back_into_its_form(leader: Someone, browser: Open) -> None:
    asked = {"opens": "7", "deadline": "12", "requirements": "Can swim\r\nKnows the way", "min_age": "16"}
    asked |= {"insurance": "Group policy 7", "voluntary": "no"}
    post(browser, leader, action="draft", **asked)
    said = the_activity()
    assert (said.opens_before, said.deadline_before, said.min_age) == (7 * 24 * 60, 12 * 60, 16)
    assert (said.insurance, said.voluntary) == ("Group policy 7", False)
    page = browser(leader).get(f"/activities/{said.id}/edit")
    assert {name: page.value(name).strip() for name in asked} == asked | {"requirements": "Can swim\nKnows the way"}
    page.submit("/edit", action="publish")
    assert the_date().counts is False


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("min_age", "0", "Give an age from 1 to 99, or nothing."),
        ("min_age", "old", "Give an age from 1 to 99, or nothing."),
        ("opens", "-1", "Give 0 to 365 days, or nothing."),
        ("deadline", "721", "Give 0 to 720 hours."),
        ("requirements", "x" * 501, "This is too long."),
        ("insurance", "x" * 201, "This is too long."),
        ("voluntary", "perhaps", "Choose one of those listed."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    leader: Someone, browser: Open, field: str, typed: str, sentence: str
) -> None:
    page = post(browser, leader, status=422, **{field: typed})
    assert sentence in page.text
    assert db.session.scalars(select(Activity)).all() == []


def test_what_a_published_activity_asks_can_still_change_but_not_whether_it_counts(
    leader: Someone, browser: Open
) -> None:
    post(browser, leader, min_age="16")
    page = browser(leader).get(f"/activities/{the_activity().id}/edit")
    assert page.soup.select_one('[name="voluntary"]') is None
    page.submit("/edit", status=422, voluntary="no", action="save")
    page.submit("/edit", min_age="18", deadline="24", requirements="Boots", insurance="ok", action="save")
    said = the_activity()
    assert (said.min_age, said.deadline_before, said.requirements, said.voluntary) == (18, 24 * 60, "Boots", True)


@pytest.mark.parametrize(("voluntary", "minutes"), [("yes", 90), ("no", 0)])
def test_ordered_attendance_is_attended_and_never_counts_as_volunteering(
    leader: Someone, alice: Someone, browser: Open, at: SetClock, voluntary: str, minutes: int
) -> None:
    post(browser, leader, voluntary=voluntary)
    date = the_date()
    said = browser(alice).get(f"/occurrences/{date.id}").text
    assert ("attendance only" in said) is (voluntary == "no")
    sign_up(alice, date)
    signup_id, date_id, ends_at = signup_of(alice).id, date.id, date.ends_at
    at(ends_at)
    write(lambda: checkin.mark(leader.actor, date_id, signup_id, EntryKind.CHECK_IN, clock.now()))
    shown = records.list_records(alice.actor, clock.now())
    assert (shown.records[0].attendance.present, shown.hours.open) == (True, minutes)
    page = browser(alice).get("/me/records").text
    assert ("attended" in page) == (voluntary == "no")


def test_ordered_stays_ordered_on_dates_that_are_made_later(leader: Someone, browser: Open, at: SetClock) -> None:
    post(browser, leader, voluntary="no", repeat="weekly", until="2027-12-31")
    activity_id = the_activity().id
    at(MONDAY + timedelta(weeks=10))
    made = write(lambda: dates.make(db.session.get_one(Activity, activity_id), clock.now()))
    assert made >= 9
    assert not any(db.session.scalars(select(Occurrence.counts)))


def test_voluntary_does_not_make_a_reading_day_service(leader: Someone, browser: Open) -> None:
    post(browser, leader, kind="reading_day", voluntary="yes")
    assert the_date().counts is False


NOT_SAID = "no insurance stated"


def test_a_dangerous_kind_without_insurance_is_warned_about_and_published_all_the_same(
    leader: Someone, alice: Someone, browser: Open
) -> None:
    dangerous = {"kind": "tree_planting"}
    page = post(browser, leader, action="preview", **dangerous)
    assert "No insurance is stated" in page.soup.select_one("#preview").get_text()
    assert "No insurance is stated" not in post(browser, leader, action="preview").text
    insured = post(browser, leader, action="preview", insurance="Group policy 7", **dangerous)
    assert "No insurance is stated" not in insured.text
    post(browser, leader, **dangerous)
    assert f"Insurance {NOT_SAID}" in browser(alice).get(f"/occurrences/{the_date().id}").text


def test_what_is_said_of_the_insurance_stands_on_the_date(leader: Someone, alice: Someone, browser: Open) -> None:
    post(browser, leader, kind="tree_planting", insurance="Group policy 7")
    assert "Insurance Group policy 7" in browser(alice).get(f"/occurrences/{the_date().id}").text
    post(browser, leader, date="2026-12-05")
    plain = db.session.scalars(select(Occurrence.id).order_by(Occurrence.id.desc())).first()
    assert "Insurance" not in browser(alice).get(f"/occurrences/{plain}").text


def test_a_draft_from_before_is_voluntary(leader: Someone) -> None:
    assert make_draft(leader).voluntary is True
    assert activities.find_kind(leader.actor, "friday_cleanup") is not None
    assert sign_up(leader, make_date(leader)).status is Status.CONFIRMED
