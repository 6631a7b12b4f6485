"""The page of a date tells everybody what is true for them now, and what they can do."""

from datetime import time

from tests.make import Someone, make_date, make_member, shifts_of, sign_up, signup_of, withdraw
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.notices import service as notices
from volunteer.signups import organiser, stand_ins
from volunteer.storage.database import write
from volunteer.teams.models import Team


def page_for(browser: Open, someone: Someone, occurrence: Occurrence) -> str:
    return browser(someone).get(f"/occurrences/{occurrence.id}").text


def test_alice_reads_that_she_is_on_leave_and_bob_until_when_her_place_is_his(
    alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    for someone in (alice, bob):
        sign_up(someone, cleanup)
    assert "You are told under “Me” when a place becomes free" in page_for(browser, bob, cleanup)
    at(on(27, 8))
    withdraw(alice, cleanup)
    assert "You have asked for leave" in page_for(browser, alice, cleanup)
    assert "The place is yours if you take it by Today, Fri 10:00" in page_for(browser, bob, cleanup)
    assert "Take the place" in browser(bob).get("/me").text


def test_who_was_taken_off_or_declined_reads_so(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, cleanup)
    signup, now = signup_of(alice).id, clock.now()
    write(lambda: organiser.take_off(leader.actor, cleanup.id, signup, now))
    assert "The leader has taken you off the list." in page_for(browser, alice, cleanup)
    asked_for = make_date(leader, day=FRIDAY, shifts=[PlannedShift("", time(9), time(10), 1, 0, True)])
    sign_up(bob, asked_for)
    assert "once the leader says yes" in page_for(browser, bob, asked_for)
    request = signup_of(bob).id
    write(lambda: organiser.answer_request(leader.actor, asked_for.id, request, False, now))
    assert "could not say yes to your request" in page_for(browser, bob, asked_for)


def test_what_was_told_about_standing_in_is_news_no_more_once_it_is_answered_or_undone(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, cleanup)
    question = write(lambda: stand_ins.ask(alice.actor, cleanup.id, clock.now())).id
    assert 'href="/me"' in str(browser(leader).get("/me/notices").soup.find("main"))
    browser(leader).post(f"/stand-ins/{question}", answer="yes")
    assert news(leader) == []
    assert "Somebody stands in for you" in page_for(browser, alice, cleanup)
    assert len(news(alice)) == 1
    browser(alice).post(f"/stand-ins/{question}/undo")
    assert news(alice) == []


def news(someone: Someone) -> list[str]:
    return [one.body for one in notices.list_for(someone.actor, clock.now()) if one.is_new(clock.now())]


def test_a_chance_that_was_taken_is_news_no_more(
    alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    for someone in (alice, bob):
        sign_up(someone, cleanup)
    at(on(27, 8))
    withdraw(alice, cleanup)
    assert len(news(bob)) == 1
    browser(bob).post(f"/occurrences/{cleanup.id}/accept")
    assert news(bob) == []
    sign_up(alice, cleanup)
    at(on(27, 14))
    withdraw(bob, cleanup)
    assert len(news(alice)) == 1
    sign_up(alice, cleanup)
    assert news(alice) == []


def test_a_queue_for_another_shift_does_not_stand_in_the_way(
    leader: Someone, alice: Someone, bob: Someone, team: Team, browser: Open
) -> None:
    indoors, outdoors, later = (
        PlannedShift(name, time(start), time(start + 1), 1, 0, False)
        for name, start in (("Indoors", 9), ("Outdoors", 9), ("Later", 11))
    )
    village = make_date(leader, day=FRIDAY, end=time(12), shifts=[indoors, outdoors, later])
    first, second, third = shifts_of(village)
    sign_up(alice, village, first)
    for someone in (bob, make_member(team, "Charlie")):
        sign_up(someone, village, second)
    page = browser(alice).get(f"/occurrences/{village.id}")
    offered = {str(field["value"]) for field in page.soup.select("#positions [name=shift]")}
    assert offered == {str(third.id)}
    assert "asked to stand in" in browser(alice).get(f"/occurrences/{village.id}/withdraw").submit("/stand-in").text


def test_who_has_nothing_to_withdraw_is_told_so(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    path = f"/occurrences/{cleanup.id}/withdraw"
    page = browser(bob).get(path)
    assert "You are not signed up for this date." in page.text and not page.soup.select("main form")
    at(on(27, 13, 1))
    assert "stand in" not in browser(alice).get(path).text
    at(cleanup.starts_at)
    assert "This has begun" in browser(alice).get(path).text
