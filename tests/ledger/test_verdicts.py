"""What becomes of an absence or a leave: a leader judges, the person may ask for another look."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.ledger.missing import NOVEMBER, judge, mark, minutes, miss, roster
from tests.make import Someone, make_date, make_leader, make_member, make_team, sign_up, signup_of, told, withdraw
from tests.moments import SetClock
from tests.pages import Open
from tests.server import Phone, cookie_of, serving
from tests.signups.test_race import press_together
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.errors import Refused
from volunteer.ledger import balances, jobs
from volunteer.ledger.models import Entry, Request
from volunteer.ledger.states import EntryKind, RequestState
from volunteer.signups.models import Signup
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

pytestmark = pytest.mark.begins(NOVEMBER)

EXCUSED, NO_SHOW = EntryKind.EXCUSED, EntryKind.NO_SHOW
NOT_ONESELF = ["Nobody decides about their own attendance. Please ask another leader or an administrator."]


@pytest.fixture
def cleanup(leader: Someone, bob: Someone) -> Occurrence:
    """A cleanup of an hour and a half that Bob has signed up for."""
    occurrence = make_date(leader, in_days=1)
    sign_up(bob, occurrence)
    return occurrence


@pytest.fixture
def missed(leader: Someone, bob: Someone, at: SetClock) -> Occurrence:
    """A cleanup Bob missed; a leader has judged it a no-show."""
    return miss(leader, bob, NOVEMBER, at)


def count(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(table.id))) or 0


def judgements() -> list[object]:
    db.session.rollback()
    said = select(AuditEntry.changes).where(AuditEntry.verb == "judge").order_by(AuditEntry.id)
    return [changes["says"] for changes in db.session.scalars(said)]


# A leave


def test_the_leader_grants_bob_his_leave(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(hours=3))
    browser(bob).post(f"/occurrences/{cleanup.id}/withdraw", reason="family")
    page = browser(leader).get(roster(cleanup))
    assert "Bob Family" in page.text
    assert mark(browser(leader), bob, cleanup, "excused") == []
    assert "Leave granted" in browser(leader).get(roster(cleanup)).text
    at(cleanup.ends_at)
    text = browser(bob).get("/me/records").text
    assert "on leave" in text and minutes(bob) == (0, 0)
    assert "no-show" not in browser(bob).get("/me").text
    assert judgements() == ["excused"]


def test_bob_is_told_what_was_judged_and_no_more_once_it_is_taken_back(
    leader: Someone, bob: Someone, missed: Occurrence, browser: Open
) -> None:
    (body,) = told(bob)
    assert "counts as a no-show" in body
    page = browser(bob).get("/me")
    assert page.soup.select_one(".told a[href='/me/records']").text == body
    mark(browser(leader), bob, missed, "excused")
    assert "It does not count against you." in told(bob)[-1]
    assert "counts as a no-show" not in browser(bob).get("/me").text
    mark(browser(leader), bob, missed, "undo")
    assert "New for you" in browser(bob).get("/me").text, "the no-show counts again, and is told anew"


def test_a_leave_is_refused_and_is_a_no_show_once_the_date_has_begun(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(hours=3))
    withdraw(bob, cleanup)
    mark(browser(leader), bob, cleanup, "no_show")
    assert "no-show in twelve months" not in browser(bob).get("/me").text
    at(cleanup.starts_at)
    text = browser(bob).get("/me").text
    assert "1 no-show in twelve months From 3 on a leader decides about your sign-ups first." in text
    assert "The oldest is forgotten on Wed 3 Nov 2027." in text
    assert jobs.check(clock.now()) == []


def test_bob_whose_leave_was_refused_comes_after_all_and_has_his_hours(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(hours=3))
    withdraw(bob, cleanup)
    mark(browser(leader), bob, cleanup, "no_show")
    at(cleanup.ends_at)
    browser(bob).get("/me/records").submit("/appeal", text="I was there!")
    browser(leader).post(f"{roster(cleanup)}/walk-in", person=bob.id)
    assert minutes(bob) == (0, 90) and "no-show" not in browser(bob).get("/me").text
    assert db.session.scalars(select(Request.state)).one() is RequestState.ANSWERED
    assert jobs.check(clock.now()) == []


def test_a_tick_undone_before_the_leave_gives_no_hours_when_the_leave_is_judged(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(minutes=20))
    for how in ("present", "undo"):
        mark(browser(leader), bob, cleanup, how)
    withdraw(bob, cleanup)
    for how in ("excused", "undo"):
        mark(browser(leader), bob, cleanup, how)
        at(cleanup.ends_at)
        assert minutes(bob) == (0, 0)


# An absence


def test_an_absence_is_looked_into_and_then_judged(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at)
    for how, on_roster, in_record in (
        ("absent", "Absent, to be looked into", "Absent, to be looked into"),
        ("excused", "Absent, with a reason", "Absent, with a reason"),
        ("undo", "Absent, to be looked into", "Absent, to be looked into"),
        ("no_show", "No-show", "No-show"),
    ):
        assert mark(browser(leader), bob, cleanup, how) == []
        assert on_roster in browser(leader).get(roster(cleanup)).text
        assert in_record in browser(bob).get("/me/records").text
    assert judgements() == ["excused", "absent", "no_show"]


def test_nobody_is_judged_before_the_date_begins_nor_unmarked_before_it_ends(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    early = ["It is too early to judge that. Mark the person absent once it has begun."]
    at(cleanup.starts_at - timedelta(minutes=10))
    mark(browser(leader), bob, cleanup, "absent")
    assert mark(browser(leader), bob, cleanup, "no_show") == early
    mark(browser(leader), bob, cleanup, "undo")
    at(cleanup.ends_at - timedelta(seconds=1))
    assert mark(browser(leader), bob, cleanup, "no_show") == early
    at(cleanup.ends_at)
    assert mark(browser(leader), bob, cleanup, "no_show") == []


def test_who_was_there_is_not_judged(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.ends_at)
    mark(browser(leader), bob, cleanup, "present")
    assert mark(browser(leader), bob, cleanup, "no_show") == ["This person was ticked as there. Undo the tick first."]


def test_who_took_the_name_off_in_time_is_not_judged(leader: Someone, bob: Someone, cleanup: Occurrence) -> None:
    withdraw(bob, cleanup)
    with pytest.raises(Refused, match="not on the list any more"):
        judge(leader, bob, cleanup, NO_SHOW)


def test_a_cancelled_date_has_nothing_to_judge(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(hours=3))
    withdraw(bob, cleanup)
    browser(leader).post(f"/occurrences/{cleanup.id}/cancel", reason="storm")
    with pytest.raises(Refused, match="does not take place"):
        judge(leader, bob, cleanup, NO_SHOW)


def test_judging_twice_the_same_changes_nothing(leader: Someone, bob: Someone, missed: Occurrence) -> None:
    judge(leader, bob, missed, NO_SHOW)
    assert (count(Entry), judgements()) == (1, ["no_show"])


def test_a_no_show_ticked_as_there_counts_no_more_until_the_tick_is_undone(
    leader: Someone, bob: Someone, missed: Occurrence, browser: Open
) -> None:
    mark(browser(leader), bob, missed, "present")
    assert signup_of(bob, missed).no_show_at is None
    assert minutes(bob) == (0, 90)
    mark(browser(leader), bob, missed, "undo")
    assert signup_of(bob, missed).no_show_at == missed.starts_at
    assert judgements() == ["no_show", "in", "no_show"]
    assert jobs.check(clock.now()) == []


def test_a_leader_judges_everyone_but_herself(
    leader: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    other = make_leader(team, "Lara")
    sign_up(leader, cleanup)
    at(cleanup.ends_at)
    assert mark(browser(leader), leader, cleanup, "excused") == NOT_ONESELF
    mark(browser(other), leader, cleanup, "no_show")
    for how in ("excused", "undo", "present", "absent"):
        assert mark(browser(leader), leader, cleanup, how) == NOT_ONESELF
    browser(leader).get("/me/records").submit("/appeal", text="I had told Lara.")
    path = f"{roster(cleanup)}/{signup_of(leader, cleanup).id}/answer"
    assert browser(leader).post(path, text="Oh well.").errors == NOT_ONESELF
    assert mark(browser(other), leader, cleanup, "undo") == []


def test_a_leader_whose_leave_was_refused_does_not_walk_in_by_herself(
    leader: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(leader, cleanup)
    at(cleanup.starts_at - timedelta(hours=3))
    withdraw(leader, cleanup)
    judge(make_leader(team, "Lara"), leader, cleanup, NO_SHOW)
    at(cleanup.ends_at)
    page = browser(leader).post(f"{roster(cleanup)}/walk-in", person=leader.id)
    assert page.errors == NOT_ONESELF


def test_who_comes_back_at_the_very_moment_the_leave_is_refused_starts_anew(
    leader: Someone, bob: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(hours=3))
    withdraw(bob, cleanup)
    judge(leader, bob, cleanup, NO_SHOW)
    sign_up(bob, cleanup)
    assert jobs.check(clock.now()) == []
    assert balances.attendance_of([signup_of(bob, cleanup).id]) == {}


def test_two_leaders_judging_at_the_same_moment_agree(
    app: Flask, leader: Someone, team: Team, bob: Someone, at: SetClock
) -> None:
    at(datetime.now(UTC) - timedelta(days=3))  # the server knows no other clock
    cleanup = make_date(leader, in_days=1)
    sign_up(bob, cleanup)
    leaders = [leader, make_leader(team, "Lara")]
    path = f"{roster(cleanup)}/{signup_of(bob, cleanup).id}"
    cookies = [cookie_of(app, one) for one in leaders]
    with serving(app) as port:
        for how, lines in (("no_show", 1), ("excused", 2), ("undo", 4)):
            phones = [Phone(port, cookie) for cookie in cookies for _ in range(4)]
            assert {phone.get(roster(cleanup))[0] for phone in phones} == {200}
            assert set(press_together(phones, path, mark=how)) == {303}
            assert count(Entry) == lines
    assert signup_of(bob, cleanup).no_show_at is None


def test_the_check_finds_a_sign_up_that_disagrees_with_the_ledger(bob: Someone, missed: Occurrence) -> None:
    assert jobs.check(clock.now()) == []
    signup_id = signup_of(bob, missed).id
    write(lambda: db.session.execute(update(Signup).values(no_show_at=None)))
    assert jobs.check(clock.now()) == [f"sign-up {signup_id}: the ledger and the sign-up disagree about a no-show"]


# Please look again


def test_bob_asks_for_another_look_and_the_no_show_is_taken_away(
    leader: Someone, bob: Someone, missed: Occurrence, browser: Open
) -> None:
    page = browser(bob).get("/me/records").submit("/appeal", text="  The bus broke\ndown, I called Lea.  ")
    assert page.news[0] == "Sent. The leader looks at it again; the answer will stand here."
    assert "You asked: “The bus broke down, I called Lea.”" in page.text
    assert "Ask the leader to look again" not in page.text
    page = browser(leader).get(roster(missed))
    assert "Bob asks you to look again: “The bus broke down, I called Lea.”" in page.text
    mark(browser(leader), bob, missed, "excused")
    assert "asks you to look again" not in browser(leader).get(roster(missed)).text
    assert "Absent, with a reason" in browser(bob).get("/me/records").text
    assert "no-show" not in browser(bob).get("/me").text
    assert jobs.check(clock.now()) == []


def test_the_leader_lets_it_stand_and_bob_reads_why(
    leader: Someone, bob: Someone, missed: Occurrence, browser: Open
) -> None:
    browser(bob).get("/me/records").submit("/appeal", text="I forgot.")
    page = browser(leader).get(roster(missed)).submit("/answer", text="Please tell us next time.")
    assert page.news == ["Answered. They read it beside the record."]
    text = browser(bob).get("/me/records").text
    assert "You asked: “I forgot.” The leader answers: “Please tell us next time.”" in text
    assert signup_of(bob, missed).no_show_at == missed.starts_at
    path = f"{roster(missed)}/{signup_of(bob, missed).id}/answer"
    assert browser(leader).post(path, text="Again.").errors == [
        "Nothing is asked here any more. Somebody else may have answered."
    ]


@pytest.mark.parametrize("text", ["", "   ", "长" * 201])
def test_a_text_that_is_empty_or_too_long_is_kept_in_the_form_with_a_sentence(
    bob: Someone, missed: Occurrence, browser: Open, text: str
) -> None:
    page = browser(bob).get("/me/records").submit("/appeal", status=422, text=text)
    assert "Write a sentence of up to 200 characters." in page.text
    assert page.value("text") == text.strip()
    assert count(Request) == 0


def test_an_answer_needs_a_word(leader: Someone, bob: Someone, missed: Occurrence, browser: Open) -> None:
    browser(bob).get("/me/records").submit("/appeal", text="长" * 200)
    page = browser(leader).get(roster(missed)).submit("/answer", status=422, text=" ")
    assert page.errors == ["Write a sentence of up to 200 characters."]
    assert "asks you to look again" in page.text


def test_a_letter_that_cannot_be_stored_is_left_out_of_an_answer(
    leader: Someone, bob: Someone, missed: Occurrence, browser: Open
) -> None:
    browser(bob).get("/me/records").submit("/appeal", text="I forgot.")
    browser(leader).get(roster(missed)).submit("/answer", text="Next \x00time.")
    assert "The leader answers: “Next time.”" in browser(bob).get("/me/records").text


def test_one_question_is_open_at_a_time(bob: Someone, missed: Occurrence, browser: Open) -> None:
    path = f"/me/records/{signup_of(bob, missed).id}/appeal"
    browser(bob).post(path, text="Please!")
    page = browser(bob).post(path, status=422, text="Please, please!")
    assert page.errors == ["You have asked already. The leader's answer will stand here."]
    assert count(Request) == 1


def test_a_no_show_is_appealed_against_while_it_counts(
    bob: Someone, missed: Occurrence, browser: Open, at: SetClock
) -> None:
    path = f"/me/records/{signup_of(bob, missed).id}/appeal"
    at(missed.starts_at + timedelta(days=365))
    page = browser(bob).get("/me/records")
    assert "No-show" in page.text and "Ask the leader to look again" not in page.text
    assert browser(bob).post(path, status=422, text="Now?").errors == [
        "There is no no-show here any more, so there is nothing to look at again."
    ]
    at(missed.starts_at + timedelta(days=365, seconds=-1))
    browser(bob).get("/me/records").submit("/appeal", text="Just in time.")


def test_what_is_no_no_show_is_not_appealed_against(
    leader: Someone, bob: Someone, missed: Occurrence, browser: Open
) -> None:
    mark(browser(leader), bob, missed, "excused")
    assert "/appeal" not in browser(bob).get("/me/records").response.text


def test_nobody_sees_or_appeals_against_what_others_missed(
    team: Team, bob: Someone, missed: Occurrence, browser: Open
) -> None:
    alice, stranger = make_member(team, "Alice"), make_leader(make_team(), "Olga")
    path = f"{roster(missed)}/{signup_of(bob, missed).id}"
    for someone in (alice, stranger):
        browser(someone).post(f"/me/records/{signup_of(bob, missed).id}/appeal", status=404, text="Me too.")
    browser(stranger).post(path, status=404, mark="excused")
    browser(stranger).post(f"{path}/answer", status=404, text="No.")
    for address in ("/", "/me", "/me/records", f"/occurrences/{missed.id}"):
        assert "no-show" not in browser(alice).get(address).text.lower()


def test_to_a_no_bob_can_answer_once(leader: Someone, bob: Someone, missed: Occurrence, browser: Open) -> None:
    signup_id, phone = signup_of(bob, missed).id, browser(bob)
    for asked, answered in (("I was ill.", "Nobody knew."), ("I had called.", "Whom?")):
        phone.get("/me/records").submit("/appeal", text=asked)
        browser(leader).post(f"{roster(missed)}/{signup_id}/answer", text=answered)
        page = phone.get("/me/records")
        assert f"“{asked}” The leader answers: “{answered}”" in page.text
    assert not page.soup.select('form[action$="/appeal"]')
    page = phone.post(f"/me/records/{signup_id}/appeal", status=422, text="You.")
    assert "The leader has answered twice." in page.text


def test_other_leaders_hear_once_that_several_people_of_a_date_were_absent(
    team: Team, leader: Someone, bob: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    ada, carol = make_leader(team, "Ada"), make_member(team, "Carol")
    sign_up(carol, cleanup)
    at(cleanup.ends_at)
    for someone in (bob, carol):
        mark(browser(leader), someone, cleanup, "absent")
    assert len(told(ada)) == 1 and "absent" in told(ada)[0]
