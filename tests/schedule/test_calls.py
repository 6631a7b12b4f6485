"""After a late change leaders see who knows, call the others, and every number they look at is in the trail."""

from datetime import time, timedelta

import pytest
from bs4 import Tag
from sqlalchemy import select

from tests.make import Someone, make_date, move_date, reserve, sign_up
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.schedule import cancellations
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState

MORNING = on(27, 8)


@pytest.fixture
def cleanup(leader: Someone, alice: Someone, bob: Someone) -> Occurrence:
    """FRIDAY from 15:00 to 16:00, with Alice, Bob, and two places reserved for guests."""
    date = make_date(leader, day=FRIDAY, start=time(15), end=time(16), capacity=9)
    for someone in (alice, bob):
        sign_up(someone, date)
    reserve(leader, date, "Guests", 2)
    return date


def move(leader: Someone, date: Occurrence, hour: int = 17, day_later: int = 0) -> None:
    date_id, day = date.id, FRIDAY + timedelta(days=day_later)
    write(lambda: move_date(leader.actor, date_id, day, time(hour), time(hour + 1), clock.now()))


@pytest.fixture
def moved(leader: Someone, cleanup: Occurrence, at: SetClock) -> Occurrence:
    """On the morning of the day it has moved to 17:00."""
    at(MORNING)
    move(leader, cleanup)
    return cleanup


def knows(page: Page) -> dict[int, str]:
    return {int(str(row["data-told"])): str(row["data-seen"]) for row in page.soup.select("[data-told]")}


def told(date: Occurrence, browser: Open, leader: Someone) -> Page:
    return browser(leader).get(f"/occurrences/{date.id}/told")


def views() -> list[tuple[int, str]]:
    db.session.rollback()
    seen = select(AuditEntry.actor_id, AuditEntry.object).where(AuditEntry.verb == "see phone").order_by(AuditEntry.id)
    return [tuple(row) for row in db.session.execute(seen)]


def numbers(page: Page) -> set[str]:
    return {str(link["href"]) for link in page.soup.select('a[href^="tel:"]')}


def row_of(page: Page, someone: Someone) -> Tag:
    found = page.soup.select_one(f'[data-told="{someone.id}"]')
    assert found
    return found


def test_the_list_shrinks_as_people_say_that_they_know_or_the_leader_has_told_them(
    moved: Occurrence, leader: Someone, alice: Someone, bob: Someone, browser: Open
) -> None:
    page = told(moved, browser, leader)
    assert knows(page) == {alice.id: "no", bob.id: "no"}
    assert "calendars may lag a day" in page.text
    browser(alice).post(f"/occurrences/{moved.id}/seen")
    assert knows(told(moved, browser, leader)) == {alice.id: "yes", bob.id: "no"}
    page = told(moved, browser, leader).submit(f"/told/{bob.id}")
    assert knows(page) == {alice.id: "yes", bob.id: "yes"}
    assert "has not seen it" not in page.text


def test_who_was_told_by_mistake_is_on_the_list_again_but_nobody_unsays_what_others_said(
    moved: Occurrence, leader: Someone, alice: Someone, bob: Someone, browser: Open
) -> None:
    browser(alice).post(f"/occurrences/{moved.id}/seen")
    told(moved, browser, leader).submit(f"/told/{bob.id}")
    for someone in (alice, bob):
        browser(leader).post(f"/occurrences/{moved.id}/told/{someone.id}", undo="yes")
    assert knows(told(moved, browser, leader)) == {alice.id: "yes", bob.id: "no"}


def test_a_date_cancelled_restored_and_cancelled_again_is_news_each_time(
    cleanup: Occurrence, leader: Someone, alice: Someone, at: SetClock, browser: Open
) -> None:
    date_id = cleanup.id
    for minute, change in enumerate(("cancel", "restore", "cancel")):
        at(MORNING + timedelta(minutes=20 * minute))
        if change == "cancel":
            write(lambda: cancellations.cancel_date(leader.actor, date_id, "Storm", clock.now()))
        else:
            write(lambda: cancellations.restore_date(leader.actor, date_id, clock.now()))
        page = told(cleanup, browser, leader)
        assert knows(page)[alice.id] == "no"
        shared = page.soup.select_one("[data-share]")
        assert shared and shared["data-share"] == {"cancel": "cancelled", "restore": "restored"}[change]
        at(MORNING + timedelta(minutes=20 * minute + 5))
        browser(leader).post(f"/occurrences/{cleanup.id}/told/{alice.id}")
        assert knows(told(cleanup, browser, leader))[alice.id] == "yes"


def test_who_has_left_the_team_is_not_called(
    moved: Occurrence, leader: Someone, alice: Someone, bob: Someone, browser: Open
) -> None:
    def leave() -> None:
        db.session.query(Membership).filter_by(person_id=bob.id).update({"state": MembershipState.LEFT})

    write(leave)
    page = told(moved, browser, leader)
    assert knows(page) == {alice.id: "no"}
    browser(leader).post(f"/occurrences/{moved.id}/phones", person=bob.id)
    assert views() == []
    assert f"/told/{bob.id}" not in str(browser(leader).get("/today").soup)


def test_a_date_that_has_not_changed_has_nobody_to_tell(cleanup: Occurrence, leader: Someone, browser: Open) -> None:
    page = told(cleanup, browser, leader)
    assert "has not changed" in page.text and not knows(page)
    browser(leader).post(f"/occurrences/{cleanup.id}/told/999999")
    db.session.rollback()
    assert db.session.query(AuditEntry).filter_by(verb="tell").count() == 0


def test_whole_numbers_stand_for_half_an_hour_for_the_leader_who_asked_and_each_view_is_logged(
    moved: Occurrence, leader: Someone, ada: Someone, alice: Someone, bob: Someone, at: SetClock, browser: Open
) -> None:
    page = told(moved, browser, leader)
    assert numbers(page) == set() and alice.phone not in str(page.soup)
    page = browser(leader).post(f"/occurrences/{moved.id}/phones", referrer=f"/occurrences/{moved.id}/told")
    assert page.path == f"/occurrences/{moved.id}/told"
    assert numbers(page) == {f"tel:{alice.phone}", f"tel:{bob.phone}"}
    logged = [(leader.id, f"person {one.id} on occurrence {moved.id}") for one in (alice, bob)]
    assert views() == logged
    assert numbers(told(moved, browser, ada)) == set()
    browser(leader).post(f"/occurrences/{moved.id}/phones")
    assert views() == logged  # they stand: nothing is seen anew
    at(MORNING + timedelta(minutes=29))
    assert len(numbers(told(moved, browser, leader))) == 2
    at(MORNING + timedelta(minutes=30))
    assert numbers(told(moved, browser, leader)) == set()


@pytest.mark.parametrize(
    ("moment", "are_shown"),
    [
        (on(26, 14, 59), False),
        (on(26, 15), True),
        (on(28, 16), True),
        (on(28, 16, 1), False),
    ],
)
def test_numbers_are_there_from_a_day_before_to_a_day_after_a_date(
    cleanup: Occurrence, leader: Someone, at: SetClock, browser: Open, moment: object, are_shown: bool
) -> None:
    at(moment)  # type: ignore[arg-type]
    page = browser(leader).post(f"/occurrences/{cleanup.id}/phones", referrer=f"/occurrences/{cleanup.id}/roster")
    assert page.path == f"/occurrences/{cleanup.id}/roster"
    assert bool(views()) is are_shown
    assert len(numbers(page)) == (2 if are_shown else 0)
    assert ("are shown from a day before" in page.text) is not are_shown


def test_after_a_late_change_who_has_not_seen_it_can_be_called_for_two_days_whatever_the_new_start(
    cleanup: Occurrence, leader: Someone, alice: Someone, bob: Someone, at: SetClock, browser: Open
) -> None:
    at(MORNING)
    move(leader, cleanup, day_later=10)
    browser(alice).post(f"/occurrences/{cleanup.id}/seen")
    at(MORNING + timedelta(hours=47, minutes=59))
    browser(leader).post(f"/occurrences/{cleanup.id}/phones")
    assert views() == [(leader.id, f"person {bob.id} on occurrence {cleanup.id}")]
    at(MORNING + timedelta(hours=48, minutes=30))
    page = browser(leader).post(f"/occurrences/{cleanup.id}/phones")
    assert len(views()) == 1 and "from a day before" in page.text


def test_an_early_change_makes_no_calls(cleanup: Occurrence, leader: Someone, at: SetClock, browser: Open) -> None:
    at(on(24, 8))
    move(leader, cleanup)
    page = told(cleanup, browser, leader)
    assert set(knows(page).values()) == {"no"} and "calendars may lag" not in page.text
    assert "/phones" not in str(page.soup)
    assert not browser(leader).get("/today").soup.select('[data-waiting="change"]')


def test_whoever_moves_or_cancels_a_date_late_reads_that_calendars_may_lag(
    cleanup: Occurrence, leader: Someone, at: SetClock, browser: Open
) -> None:
    warning = "less than a day"
    for page in ("move", "cancel"):
        assert warning not in browser(leader).get(f"/occurrences/{cleanup.id}/{page}").text
    at(MORNING)
    for page in ("move", "cancel"):
        assert warning in browser(leader).get(f"/occurrences/{cleanup.id}/{page}").text
    page = browser(leader).get(f"/occurrences/{cleanup.id}/cancel").submit("/cancel", reason="Storm")
    assert page.path == f"/occurrences/{cleanup.id}/told"


def test_the_call_list_leaves_nobody_waiting_whose_own_deed_the_change_was(
    cleanup: Occurrence, leader: Someone, at: SetClock, browser: Open
) -> None:
    sign_up(leader, cleanup)
    at(MORNING)
    move(leader, cleanup)
    assert knows(told(cleanup, browser, leader))[leader.id] == "yes"
