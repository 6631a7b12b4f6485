"""What people ask about their own record, and what leaders answer: a correction, to be entered late."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.ledger.missing import judge, mark, roster
from tests.ledger.written import CAME, add, confirm, lines_of, said_of, serve
from tests.make import Someone, make_date, make_leader, make_team, sign_up, signup_of, told, withdraw
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Browser, Open, Page
from volunteer.activities.models import Occurrence
from volunteer.ledger import jobs
from volunteer.ledger.models import Request
from volunteer.ledger.states import EntryKind, Evidence
from volunteer.storage.database import db
from volunteer.teams.models import Team

SATURDAY = on(28, 8)


@pytest.fixture
def served(leader: Someone, bob: Someone, at: SetClock) -> Occurrence:
    """On FRIDAY from 9 to 10:30 Bob was there, as Lea ticked; it is SATURDAY."""
    occurrence = serve(leader, bob, at, FRIDAY)
    at(SATURDAY)
    return occurrence


@pytest.fixture
def unmarked(leader: Someone, bob: Someone, at: SetClock) -> Occurrence:
    """On FRIDAY from 9 to 10:30 Bob had a place, and nobody took the list."""
    occurrence = make_date(leader, day=FRIDAY)
    sign_up(bob, occurrence)
    at(occurrence.ends_at)
    return occurrence


def ask(browser: Browser, kind: str, minutes: object = 60, text: str = "I left at ten.", status: int = 200) -> Page:
    return browser.get("/me/records").submit(f"/{kind}", status=status, minutes=minutes, text=text)


def grant(browser: Browser, someone: Someone, occurrence: Occurrence) -> Page:
    path = f"{roster(occurrence)}/{signup_of(someone, occurrence).id}/answer"
    return browser.post(path, referrer="/today", answer="grant")


def questions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Request.id))) or 0


# A correction


def test_bob_asks_for_a_correction_and_gets_it_with_who_why_and_what_it_corrects(
    leader: Someone, bob: Someone, served: Occurrence, browser: Open
) -> None:
    confirm(leader, bob, served)
    page = ask(browser(bob), "correction")
    assert page.news[0] == "Sent. The leader looks at it again; the answer will stand here."
    assert "Asked for: 1.0 h. You asked: “I left at ten.”" in page.text and "Put it right" not in page.text
    assert "asks for a change in their record" in told(leader)[-1]
    assert "Bob asks for 1.0 h instead: “I left at ten.”" in browser(leader).get(roster(served)).text
    page = grant(browser(leader), bob, served)
    assert page.path == "/today" and not page.soup.select('[data-waiting="correction"]')
    set_line, confirmed = lines_of(bob, served)[-2:]
    assert (set_line.kind, set_line.minutes, set_line.by_id) == (EntryKind.SET, 60, leader.id)
    assert (set_line.reason, set_line.corrects_id) == ("I left at ten.", lines_of(bob, served)[0].id)
    assert (confirmed.kind, confirmed.minutes, confirmed.by_id) == (EntryKind.CONFIRM, 60, leader.id)
    assert "was changed: “I left at ten.”" in told(bob)[-1]
    text = browser(bob).get("/me/records").text
    assert "Lea put it right to 1.0 h: “I left at ten.”" in text
    assert "You asked: “I left at ten.” The leader has said yes." in text
    assert jobs.check(SATURDAY) == []


def test_a_correction_is_corrected_and_names_the_first_one(
    leader: Someone, bob: Someone, served: Occurrence, browser: Open
) -> None:
    for minutes in (60, 75):
        ask(browser(bob), "correction", minutes)
        grant(browser(leader), bob, served)
    first, second = [one for one in lines_of(bob, served) if one.kind is EntryKind.SET]
    assert second.corrects_id == first.id
    assert (said_of(bob, served).confirmed, said_of(bob, served).corrected) == (75, True)


def test_more_than_planned_counts_on_a_second_persons_word_only(
    team: Team, leader: Someone, bob: Someone, served: Occurrence, browser: Open
) -> None:
    confirm(leader, bob, served)
    ask(browser(bob), "correction", 120, "We stayed until eleven.")
    grant(browser(leader), bob, served)
    said = said_of(bob, served)
    assert (said.claimed, said.confirmed, said.open) == (120, 90, True)
    assert "0.5 h to be confirmed" in browser(bob).get("/me/records").text


def test_a_no_needs_a_word_and_all_that_was_said_stands_with_the_record(
    leader: Someone, bob: Someone, served: Occurrence, browser: Open
) -> None:
    for words, answer in (("I left at ten.", "At eleven, I think."), ("At ten, really.", "I have asked Carol.")):
        ask(browser(bob), "correction", 60, words)
        page = browser(leader).get(roster(served))
        assert page.submit("/answer", status=422, text="").errors == ["Write a sentence of up to 200 characters."]
        page.submit("/answer", text=answer)
    text = browser(bob).get("/me/records").text
    for sentence in (
        "“I left at ten.” The leader answers: “At eleven, I think.”",
        "“At ten, really.” The leader answers: “I have asked Carol.”",
    ):
        assert sentence in text
    assert "Put it right" not in text
    page = browser(bob).post(f"/me/records/{signup_of(bob).id}/correction", status=422, minutes=60, text="Once more.")
    assert page.errors == ["The leader has answered twice. If that is still not right, please talk to them."]
    assert said_of(bob, served).claimed == 90
    assert "has answered what you asked about" in told(bob)[-1]


# To be entered late


@pytest.mark.parametrize("absent", [False, True])
def test_bob_whom_nobody_ticked_is_entered_late_and_waits_for_a_second_person(
    leader: Someone, ada: Someone, bob: Someone, unmarked: Occurrence, browser: Open, absent: bool
) -> None:
    if absent:
        mark(browser(leader), bob, unmarked, "absent")
    ask(browser(bob), "late_entry", 80, "I came straight from work.")
    row = browser(leader).get("/today").soup.select_one('[data-waiting="late_entry"]')
    assert row and "1.3 h" in row.get_text() and "I came straight from work." in row.get_text()
    grant(browser(leader), bob, unmarked)
    line = lines_of(bob, unmarked)[-1]
    assert (line.kind, line.evidence, line.reason) == (EntryKind.TYPED, Evidence.PERSON, "I came straight from work.")
    said = said_of(bob, unmarked)
    assert (said.present, said.claimed, said.confirmed, said.typed_by) == (True, 80, None, leader.id)
    text = browser(bob).get("/me/records").text
    assert "entered late, as they wrote: “I came straight from work.”" in text and "1.3 h to be confirmed" in text
    confirm(ada, bob, unmarked)
    assert "typed in 1.3 h 1:20" in browser(bob).get("/me/records").text


def test_who_was_ticked_meanwhile_is_entered_once(
    leader: Someone, bob: Someone, unmarked: Occurrence, browser: Open
) -> None:
    ask(browser(bob), "late_entry")
    add(leader, bob, unmarked, CAME)
    grant(browser(leader), bob, unmarked)
    assert [one.kind for one in lines_of(bob, unmarked)] == [EntryKind.CHECK_IN]
    assert "The leader has said yes." in browser(bob).get("/me/records").text


# What is not for asking, or answering


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"minutes": "", "text": "Why?"}, "Say how many minutes it should be, at most 1380."),
        ({"minutes": "1441", "text": "Why?"}, "Say how many minutes it should be, at most 1440."),
        ({"minutes": "1381", "text": "Until now?"}, "Say how many minutes it should be, at most 1380."),
        ({"minutes": "-5", "text": "Why?"}, "Say how many minutes it should be, at most 1440."),
        ({"minutes": "ten", "text": "Why?"}, "Say how many minutes it should be, at most 1440."),
        ({"minutes": "10", "text": " "}, "Write a sentence of up to 200 characters."),
        ({"minutes": "10", "text": "长" * 201}, "Write a sentence of up to 200 characters."),
    ],
)
def test_what_is_wrong_with_a_question_stands_beside_it(
    bob: Someone, served: Occurrence, browser: Open, fields: dict[str, str], sentence: str
) -> None:
    page = ask(browser(bob), "correction", status=422, **fields)
    assert sentence in page.text and page.value("minutes") == fields["minutes"]
    assert len(page.soup.select("details[open]")) == 1 and questions() == 0


def test_what_is_not_over_is_neither_corrected_nor_entered_late_nor_what_nobody_held_a_place_on(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(bob, cleanup)
    path = f"/me/records/{signup_of(bob, cleanup).id}"
    for moment in (on(23, 9), cleanup.ends_at - timedelta(seconds=1)):
        at(moment)
        for kind in ("correction", "late_entry"):
            browser(bob).post(f"{path}/{kind}", status=422, minutes=60, text="I shall come.")
    browser(alice).post(f"{path}/late_entry", status=404, minutes=60, text="Me too.")
    at(cleanup.starts_at + timedelta(days=365))
    assert "/late_entry" not in browser(bob).get("/me/records").response.text
    assert browser(bob).post(f"{path}/late_entry", status=422, minutes=60, text="I was there.").errors == [
        "You can be entered late for a place you had on a date of the last twelve months."
    ]
    at(on(27, 11))
    withdraw(bob, cleanup)
    at(cleanup.ends_at)
    browser(bob).post(f"{path}/late_entry", status=422, minutes=60, text="I was there after all.")
    assert questions() == 0


def test_nobody_answers_their_own_nor_those_of_others_nor_what_is_asked_no_more(
    team: Team, leader: Someone, bob: Someone, served: Occurrence, browser: Open, at: SetClock
) -> None:
    ada, olga = make_leader(team, "Lara"), make_leader(make_team(), "Olga")
    own = serve(ada, leader, at, FRIDAY, hour=14)
    ask(browser(leader), "correction")
    ask(browser(bob), "correction")
    assert grant(browser(leader), leader, own).errors == [
        "Nobody decides about their own attendance. Please ask another leader or an administrator."
    ]
    assert not browser(leader).get(roster(own)).soup.select('form[action$="/answer"]')
    path = f"{roster(served)}/{signup_of(bob, served).id}/answer"
    for fields in ({"answer": "grant"}, {"text": "No."}):
        browser(olga).post(path, status=404, **fields)
        browser(bob).post(path, status=403, **fields)
    grant(browser(leader), bob, served)
    for fields in ({"answer": "grant"}, {"text": "No."}):
        assert browser(leader).post(path, **fields).errors == [
            "Nothing is asked here any more. Somebody else may have answered."
        ]


def test_minutes_of_somebody_who_is_ticked_no_more_are_not_set(
    leader: Someone, bob: Someone, served: Occurrence, browser: Open
) -> None:
    ask(browser(bob), "correction")
    mark(browser(leader), bob, served, "absent")
    path = f"{roster(served)}/{signup_of(bob, served).id}/answer"
    assert browser(leader).post(path, status=422, answer="grant").errors == [
        "This person is not ticked as there any more. Tick them first, or answer with a word."
    ]


def test_an_appeal_is_granted_in_the_same_place_and_a_judgement_answers_nothing_else(
    leader: Someone, bob: Someone, unmarked: Occurrence, browser: Open
) -> None:
    ask(browser(bob), "late_entry")
    for verdict in (EntryKind.EXCUSED, EntryKind.NO_SHOW):
        judge(leader, bob, unmarked, verdict)
    assert "The leader looks at it again" in browser(bob).get("/me/records").text
    browser(leader).get(roster(unmarked)).submit("/answer", text="You were not there.")
    ask(browser(bob), "appeal", text="Ask Carol.")
    grant(browser(leader), bob, unmarked)
    assert said_of(bob, unmarked).kind is EntryKind.EXCUSED
    text = browser(bob).get("/me/records").text
    assert "You were not there." in text and "“Ask Carol.” The leader has said yes." in text
