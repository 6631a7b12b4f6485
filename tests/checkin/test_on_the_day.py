"""On the day: the leader ticks, people see hours."""

from datetime import date, time, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tests.ledger.missing import entries, minutes
from tests.ledger.missing import roster as roster_path
from tests.make import Someone, make_date, make_leader, make_member, make_team, shifts_of, sign_up, signup_of, withdraw
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence, Shift
from volunteer.activities.rules import PlannedShift
from volunteer.checkin import service as checkin
from volunteer.ledger import balances, book, records
from volunteer.ledger.states import EntryKind
from volunteer.signups import jobs
from volunteer.signups.models import Signup
from volunteer.signups.states import Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, Team


@pytest.fixture
def cleanup(leader: Someone, alice: Someone) -> Occurrence:
    """A cleanup of an hour and a half that Alice has signed up for."""
    occurrence = make_date(leader)
    sign_up(alice, occurrence)
    return occurrence


def test_a_tick_gives_alice_the_planned_hours_once_it_is_over(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at + timedelta(minutes=5))
    roster = browser(leader).get(roster_path(cleanup))
    (signup,) = (form for form in roster.soup.select("form.tick"))
    page = roster.submit(str(signup["action"]), mark="present")
    assert "1 / 1" in page.text
    for page in ("/", "/me", f"/occurrences/{cleanup.id}"):
        assert browser(alice).get(page).card(cleanup.id)["data-state"] == "checked_in", page
    at(cleanup.ends_at)
    assert minutes(alice) == (0, 90), "they count once somebody has confirmed them"
    assert browser(alice).get(f"/occurrences/{cleanup.id}").card(cleanup.id)["data-state"] == "done"


def test_it_is_too_early_to_tick_31_minutes_before(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(minutes=31))
    page = browser(leader).get(roster_path(cleanup))
    assert "Attendance can be taken from" in page.news[0]
    refused = browser(leader).post(f"{roster_path(cleanup)}/{first_signup(cleanup)}", mark="present")
    assert refused.errors == ["It is too early to take attendance; that begins at 8:30."]


def confirm_all(someone: Someone) -> None:
    """Let all that was said of somebody count."""

    def confirm() -> None:
        theirs = select(Signup).where(Signup.person_id == someone.id)
        for signup in db.session.scalars(theirs.options(joinedload(Signup.shift).joinedload(Shift.occurrence))):
            claimed = balances.standing(signup.id).claimed
            book.add(None, {signup: [book.NewLine(EntryKind.CONFIRM, minutes=claimed, claimed=claimed)]}, clock.now())

    write(confirm)


def first_signup(occurrence: Occurrence) -> int:
    (shift, *_) = shifts_of(occurrence)
    return db.session.scalars(select(Signup.id).where(Signup.shift_id == shift.id).order_by(Signup.id)).first() or 0


def mark(browser: Open, leader: Someone, occurrence: Occurrence, how: str, signup: int | None = None) -> None:
    browser(leader).post(f"{roster_path(occurrence)}/{signup or first_signup(occurrence)}", mark=how)


def test_ticking_twice_is_one_tick(leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock) -> None:
    at(cleanup.starts_at)
    mark(browser, leader, cleanup, "present")
    mark(browser, leader, cleanup, "present")
    assert entries() == 1


def test_a_wrong_tick_is_taken_back_and_the_ledger_keeps_both_lines(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.ends_at)
    mark(browser, leader, cleanup, "present")
    mark(browser, leader, cleanup, "undo")
    assert entries() == 2
    assert minutes(alice) == (0, 0)
    mark(browser, leader, cleanup, "undo")
    assert entries() == 2


def test_absent_replaces_present_and_undo_brings_present_back(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.ends_at)
    mark(browser, leader, cleanup, "present")
    mark(browser, leader, cleanup, "absent")
    assert "Marked absent" in browser(alice).get(f"/occurrences/{cleanup.id}").text
    mark(browser, leader, cleanup, "undo")
    assert minutes(alice) == (0, 90)


def test_one_button_ticks_everyone_who_has_no_mark_yet(
    leader: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    for name in ("Bob", "Charlie"):
        sign_up(make_member(team, name), cleanup)
    at(cleanup.starts_at)
    mark(browser, leader, cleanup, "absent")
    page = browser(leader).get(roster_path(cleanup)).submit("/everyone")
    assert page.news == ["2 people ticked."]
    assert "2 / 3" in page.text
    assert "/everyone" not in page.response.text


def test_a_walk_in_is_ticked_and_takes_no_place_away(leader: Someone, team: Team, browser: Open, at: SetClock) -> None:
    occurrence = make_date(leader, capacity=1)
    sign_up(make_member(team, "Bob"), occurrence)
    dora = make_member(team, "Dora")
    at(occurrence.ends_at)
    for _ in range(2):
        page = browser(leader).post(f"{roster_path(occurrence)}/walk-in", person=dora.id)
        assert page.news == ["Added and ticked."]
    assert [shift.taken for shift in shifts_of(occurrence)] == [1]
    assert "Dora" in page.text and "walk-in" in page.text
    assert minutes(dora) == (0, 90)
    assert entries() == 1
    assert jobs.check(clock.now()) == []


def test_a_leader_finds_dora_by_a_part_of_her_name_or_her_group(
    leader: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    dora, eve, _ = make_member(team, "Dora 100%"), make_member(team, "Eve"), make_leader(team, "Lara")
    write(lambda: db.session.query(Membership).filter_by(person_id=eve.id).update({"group": "North"}))
    at(cleanup.starts_at)

    def found(words: str) -> list[str]:
        page = browser(leader).get(f"{roster_path(cleanup)}/add?q={quote(words)}")
        return [button["value"] for button in page.soup.select("button[name=person]")]

    assert found("ora") == found("100%") == [str(dora.id)]
    assert found("north") == [str(eve.id)]
    assert found("nobody") == [] == found("_")
    assert {str(dora.id), str(eve.id)} < set(found(""))
    page = browser(leader).get(f"{roster_path(cleanup)}/add").submit("/walk-in", person=dora.id)
    assert "Dora 100%" in page.text
    assert found("ora") == [], "who is on the list is not offered again"


def test_somebody_waiting_can_come_as_a_walk_in(leader: Someone, team: Team, browser: Open, at: SetClock) -> None:
    occurrence = make_date(leader, capacity=1)
    bob, dora = make_member(team, "Bob"), make_member(team, "Dora")
    sign_up(bob, occurrence)
    sign_up(dora, occurrence)
    at(occurrence.starts_at)
    browser(leader).post(f"{roster_path(occurrence)}/walk-in", person=dora.id)
    assert browser(dora).get(f"/occurrences/{occurrence.id}").card(occurrence.id)["data-state"] == "checked_in"
    assert jobs.check(clock.now()) == []


@pytest.mark.parametrize("person", ["", "x", "9" * 30, "-1"])
def test_a_walk_in_is_chosen_from_the_list(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock, person: str
) -> None:
    at(cleanup.starts_at)
    page = browser(leader).post(f"{roster_path(cleanup)}/walk-in", person=person)
    assert page.errors == ["Choose a member from the list."]


def test_a_walk_in_of_another_team_is_not_found(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    stranger = make_member(make_team(), "Olga")
    at(cleanup.starts_at)
    browser(leader).post(f"{roster_path(cleanup)}/walk-in", status=404, person=stranger.id)


def test_another_teams_leader_ticks_nobody(cleanup: Occurrence, browser: Open, at: SetClock) -> None:
    at(cleanup.starts_at)
    other = browser(make_leader(make_team()))
    other.get(roster_path(cleanup), status=404)
    other.post(f"{roster_path(cleanup)}/{first_signup(cleanup)}", status=404, mark="present")
    other.post(f"{roster_path(cleanup)}/everyone", status=404)
    assert entries() == 0


def test_a_sign_up_of_another_date_is_not_ticked_here(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    other = make_date(leader, in_days=3, start=time(12), end=time(13))
    at(cleanup.starts_at)
    browser(leader).post(f"{roster_path(other)}/{first_signup(cleanup)}", status=404, mark="present")
    assert entries() == 0


def test_a_nonsense_mark_is_refused(leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock) -> None:
    at(cleanup.starts_at)
    page = browser(leader).post(f"{roster_path(cleanup)}/{first_signup(cleanup)}", mark="late")
    assert page.errors == ["Choose present, absent or undo."]


def test_a_cancelled_date_takes_no_attendance(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    browser(leader).post(f"/occurrences/{cleanup.id}/cancel", reason="rain")
    at(cleanup.starts_at)
    page = browser(leader).post(f"{roster_path(cleanup)}/{first_signup(cleanup)}", mark="present")
    assert page.errors == ["This date does not take place, so there is no attendance to take."]
    assert entries() == 0


def test_a_reading_day_is_attended_but_gives_no_service_hours(
    leader: Someone, alice: Someone, browser: Open, at: SetClock
) -> None:
    occurrence = make_date(leader, kind="reading_day", title="Reading day")
    sign_up(alice, occurrence)
    at(occurrence.ends_at)
    mark(browser, leader, occurrence, "present")
    text = browser(alice).get("/me").text
    assert "0.0 hours in all 1 times there" in text
    assert "attended" in text


def test_hours_of_this_month_and_year_follow_the_teams_calendar(
    leader: Someone, alice: Someone, browser: Open, at: SetClock
) -> None:
    at(clock.utc(date(2025, 12, 20), time(8), "Asia/Shanghai"))
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 1)):
        occurrence = make_date(leader, day=day, start=time(0, 30), end=time(2))
        sign_up(alice, occurrence)
        at(occurrence.ends_at)
        mark(browser, leader, occurrence, "present")
        at(clock.utc(date(2025, 12, 20), time(8), "Asia/Shanghai"))
    at(clock.utc(date(2026, 2, 1), time(12), "Asia/Shanghai"))
    confirm_all(alice)
    hours = records.sum_up(alice.actor, clock.now())
    assert (hours.month, hours.year, hours.total) == (90, 180, 270)


def test_who_is_ticked_before_the_start_gives_no_place_up_until_the_tick_is_undone(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(minutes=20))
    mark(browser, leader, cleanup, "present")
    page = browser(alice).get(f"/occurrences/{cleanup.id}")
    assert "Checked in" in page.text and "Withdraw" not in page.text
    there = "You are checked in already. The leader can undo that on the list."
    assert browser(alice).post(f"/occurrences/{cleanup.id}/withdraw").errors == [there]
    path = f"/occurrences/{cleanup.id}/list/{first_signup(cleanup)}"
    refused = browser(leader).post(path, decision="take_off").errors
    assert refused == ["They are checked in already. Undo that on the list first."]
    mark(browser, leader, cleanup, "undo")
    assert browser(alice).post(f"/occurrences/{cleanup.id}/withdraw").errors == []
    at(cleanup.ends_at)
    assert minutes(alice) == (0, 0)


THERE = ["Somebody is checked in already. End the date early, or undo the ticks on the list first."]


def test_with_somebody_checked_in_a_date_is_neither_cancelled_nor_moved_until_the_tick_is_undone(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(minutes=20))
    mark(browser, leader, cleanup, "present")
    page = browser(leader).post(f"/occurrences/{cleanup.id}/cancel", reason="storm", status=422)
    assert page.errors == THERE and page.value("reason") == "storm"
    day = clock.local(cleanup.starts_at, "Asia/Shanghai").date() + timedelta(days=2)
    to = {"date": day, "start": "09:00", "end": "12:00", "scope": "this", "action": "save"}
    assert browser(leader).post(f"/occurrences/{cleanup.id}/move", status=422, **to).errors == THERE
    mark(browser, leader, cleanup, "undo")
    assert browser(leader).post(f"/occurrences/{cleanup.id}/move", **to).errors == []
    at(clock.utc(day, time(12), "Asia/Shanghai"))
    mark(browser, leader, cleanup, "present")
    assert minutes(alice) == (0, 180)


def test_what_bob_was_offered_goes_on_to_charlie_when_the_leader_takes_bob_in_at_the_door(
    leader: Someone, people: list[Someone], at: SetClock
) -> None:
    halves = PlannedShift("Morning", time(8), time(12), 5), PlannedShift("Afternoon", time(13), time(14), 1)
    cleanup = make_date(leader, day=FRIDAY, start=time(8), end=time(14), shifts=halves)
    _, afternoon = shifts_of(cleanup)
    for someone in people:
        sign_up(someone, cleanup, afternoon)
    alice, bob, charlie = people
    at(on(27, 7, 50))
    withdraw(alice, cleanup)
    assert signup_of(bob).status is Status.OFFERED
    moment = clock.now()
    write(lambda: checkin.walk_in(leader.actor, cleanup.id, bob.id, afternoon.id, moment))
    assert (signup_of(bob).status, signup_of(charlie).status) == (Status.CONFIRMED, Status.OFFERED)
    assert jobs.check(moment) == []
