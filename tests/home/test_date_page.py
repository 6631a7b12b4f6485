"""The page of a date: who else comes, whom to call, what to do now."""

from datetime import time, timedelta

import pytest
from sqlalchemy import update

from tests.make import (
    Someone,
    cancel,
    make_date,
    make_leader,
    make_member,
    make_team,
    reserve,
    shifts_of,
    sign_up,
    signup_of,
)
from tests.moments import FRIDAY, SetClock
from tests.pages import Open, Page
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState, Team


@pytest.fixture
def friday(leader: Someone) -> Occurrence:
    """FRIDAY from nine to half past ten, led by the leader, who is a member."""
    friday = make_date(leader, day=FRIDAY)
    lead(friday, leader)
    return friday


def lead(date: Occurrence, someone: Someone) -> None:
    its = update(Activity).where(Activity.id == date.activity_id)
    write(lambda: db.session.execute(its.values(responsible_id=someone.id, responsible=someone.actor.name)))


def page_of(browser: Open, someone: Someone, date: Occurrence) -> Page:
    return browser(someone).get(f"/occurrences/{date.id}")


def phones(page: Page) -> list[str]:
    return [str(link["href"]) for link in page.soup.select('a[href^="tel:"]')]


def test_members_read_who_else_comes_and_whoever_objects_is_a_number(
    friday: Occurrence, leader: Someone, alice: Someone, bob: Someone, charlie: Someone, browser: Open
) -> None:
    for someone in (alice, bob):
        sign_up(someone, friday)
    reserve(leader, friday, "Guests of the mayor", 2)
    seen = page_of(browser, charlie, friday)
    assert "4 people have signed up" in seen.text and "Alice" in seen.text and "Bob" in seen.text
    assert "mayor" not in seen.text
    settings = browser(bob).get("/me/settings").submit("/me/named")
    assert settings.news == ["Saved. Others only count you."]
    seen = page_of(browser, charlie, friday)
    assert "4 people have signed up" in seen.text and "Alice" in seen.text and "Bob" not in seen.text
    assert "3 of them without a name here" in seen.text
    assert "Bob" in browser(leader).get(f"/occurrences/{friday.id}/roster").text
    settings.submit("/me/named", write_key="another-key")
    assert "Bob" in page_of(browser, charlie, friday).text


def test_who_stands_beside_one_comes_first(leader: Someone, team: Team, alice: Someone, browser: Open) -> None:
    both = [PlannedShift(name, time(9), time(10, 30), 9) for name in ("East", "West")]
    friday = make_date(leader, day=FRIDAY, shifts=both)
    east, west = shifts_of(friday)
    for n in range(5):
        sign_up(make_member(team, f"Easterner {n}"), friday, east)
    for someone in (alice, make_member(team, "Westerner")):
        sign_up(someone, friday, west)
    seen = page_of(browser, alice, friday)
    (line,) = [row.get_text() for row in seen.soup.select(".tick") if "have signed up" in row.get_text()]
    assert "Westerner" in line and "Easterner" not in line and "Alice" not in line
    assert "Easterner 4" in seen.soup.select_one(".rows details").get_text()


def test_at_a_home_visit_nobody_reads_who_else_comes(
    leader: Someone, alice: Someone, bob: Someone, browser: Open
) -> None:
    visit = make_date(leader, kind="home_visit", day=FRIDAY)
    sign_up(alice, visit)
    assert "Alice" not in page_of(browser, bob, visit).text


def test_who_is_signed_up_can_call_the_leader_from_a_day_before_to_a_day_after(
    friday: Occurrence, leader: Someone, alice: Someone, bob: Someone, at: SetClock, browser: Open
) -> None:
    sign_up(alice, friday)
    begins, ends = friday.starts_at, friday.ends_at
    day, minute = timedelta(days=1), timedelta(minutes=1)
    for moment, may in (
        (begins - day - minute, False),
        (begins - day, True),
        (begins, True),
        (ends + day, True),
        (ends + day + minute, False),
    ):
        at(moment)
        assert phones(page_of(browser, alice, friday)) == ([f"tel:{leader.phone}"] if may else []), moment
        assert phones(page_of(browser, bob, friday)) == phones(page_of(browser, leader, friday)) == []
        assert "Lea" in page_of(browser, bob, friday).text


@pytest.mark.parametrize("how", ["waiting", "left", "free text"])
def test_nobody_else_is_shown_a_number(
    how: str, leader: Someone, team: Team, alice: Someone, bob: Someone, at: SetClock, browser: Open
) -> None:
    friday = make_date(leader, day=FRIDAY, capacity=1)
    if how != "free text":
        lead(friday, leader)
    for someone in (bob, alice) if how == "waiting" else (alice,):
        sign_up(someone, friday)
    if how == "left":
        gone = update(Membership).where(Membership.person_id == leader.id)
        write(lambda: db.session.execute(gone.values(state=MembershipState.LEFT)))
    at(friday.starts_at - timedelta(hours=1))
    seen = page_of(browser, alice, friday)
    assert phones(seen) == [] and "Lea" in seen.text


def test_a_leader_is_chosen_among_the_members_and_nobody_else(leader: Someone, alice: Someone, browser: Open) -> None:
    form = browser(leader).get("/activities/new")
    assert form.value("responsible_id") == str(leader.id)
    typed = {"title": "Cleanup", "place": "Street", "date": "2026-11-27", "start": "09:00", "end": "10:00"}
    page = form.submit("/activities/new", **typed, action="publish", responsible_id=alice.id)
    (activity,) = db.session.query(Activity)
    assert (activity.responsible_id, activity.responsible) == (alice.id, "Alice")
    describe = browser(leader).get(f"{page.path}/edit")
    assert describe.value("responsible_id") == str(alice.id)
    stranger = make_leader_elsewhere()
    wrong = describe.submit("/edit", status=422, responsible_id=stranger.id, action="save")
    assert "Choose one of the members listed." in wrong.text
    describe.submit("/edit", responsible_id="", responsible="Village head Wang", action="save")
    assert (activity.responsible_id, activity.responsible) == (None, "Village head Wang")


def test_of_two_namesakes_the_leader_is_chosen_by_their_number(team: Team, leader: Someone, browser: Open) -> None:
    for phone in ("13911110001", "13911120002"):
        make_member(team, "Zhang Wei", phone=phone)
    choices = [one.get_text() for one in browser(leader).get("/activities/new").soup.select("#responsible_id option")]
    assert [one for one in choices if "Zhang" in one] == ["Zhang Wei 139****0001", "Zhang Wei 139****0002"]


def make_leader_elsewhere() -> Someone:
    return make_leader(make_team(), "Elsewhere")


def test_a_form_that_names_no_leader_names_none(leader: Someone, browser: Open) -> None:
    typed = {"title": "Cleanup", "place": "Street", "date": "2026-11-27", "start": "09:00", "end": "10:00"}
    browser(leader).post("/activities/new", kind="friday_cleanup", capacity=5, action="publish", **typed)
    (activity,) = db.session.query(Activity)
    assert (activity.responsible_id, activity.responsible) == (None, "")


def test_whoever_comes_before_midnight_reads_on_which_day(leader: Someone, alice: Someone, browser: Open) -> None:
    night = make_date(leader, day=FRIDAY, start=time(0), end=time(2))
    assert "Be there by Thu 26 Nov 23:50." in page_of(browser, alice, night).text
    morning = make_date(leader, day=FRIDAY)
    assert "Be there by 8:50." in page_of(browser, alice, morning).text


def test_the_place_can_be_seen_on_a_map(leader: Someone, alice: Someone, browser: Open) -> None:
    market = make_date(leader, place="文化广场 & more")
    (link,) = page_of(browser, alice, market).soup.select('a[href^="https://uri.amap.com/"]')
    assert str(link["href"]).endswith("?keyword=%E6%96%87%E5%8C%96%E5%B9%BF%E5%9C%BA%20%26%20more")
    assert link["rel"] == ["noreferrer"]


def test_the_main_deed_stays_in_sight_and_is_the_only_one_filled(
    friday: Occurrence, leader: Someone, alice: Someone, browser: Open
) -> None:
    seen = page_of(browser, alice, friday)
    (bar,) = seen.card(friday.id).select(".bar")
    assert [deed.get_text(strip=True) for deed in bar.select("button, a")] == ["Sign me up"]
    seen = seen.submit("/signup")
    (bar,) = seen.card(friday.id).select(".bar")
    assert [deed.get_text(strip=True) for deed in bar.select("button, a")] == ["Withdraw", "Add to calendar"]
    assert len(seen.soup.select("main .button:not(.quiet), main button:not(.quiet)")) == 1
    cancel(leader, friday)
    assert not page_of(browser, alice, friday).soup.select(".bar")


def test_one_of_several_positions_is_chosen_and_taken_with_one_button(
    leader: Someone, alice: Someone, bob: Someone, browser: Open
) -> None:
    both = [PlannedShift(name, time(9), time(10, 30), 1) for name in ("East", "West")]
    friday = make_date(leader, day=FRIDAY, shifts=both)
    sign_up(bob, friday, shifts_of(friday)[0])
    seen = page_of(browser, alice, friday)
    (button,) = seen.soup.select(".bar button")
    assert button["form"] == "positions" and button.get_text() == "Sign me up"
    assert "Full" in seen.soup.select(".pick label")[0].get_text()
    seen.submit("/signup")
    assert signup_of(alice, friday).shift_id == shifts_of(friday)[1].id
