"""A leader who tapped no by mistake takes it back within a minute."""

from datetime import time, timedelta

import pytest

from tests.make import Someone, make_date, sign_up, signup_of, status, told
from tests.moments import MONDAY, SetClock
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.notices import service as notices
from volunteer.signups.states import Status


@pytest.fixture
def contest(leader: Someone, alice: Someone) -> Occurrence:
    """Alice has asked for one of its two places."""
    asks = PlannedShift("Speakers", time(9), time(10, 30), 2, 0, True)
    contest = make_date(leader, title="Contest", shifts=[asks])
    sign_up(alice, contest)
    return contest


@pytest.fixture
def declined(leader: Someone, alice: Someone, contest: Occurrence, browser: Open) -> Page:
    page = browser(leader).get(f"/occurrences/{contest.id}/roster")
    (ask,) = page.soup.select("form.tick")
    page = page.submit(str(ask["action"]), decision="decline")
    assert status(alice) is Status.DECLINED
    return page


def buttons(page: Page) -> set[str]:
    return {button["aria-label"] for button in page.soup.select("form.tick button[aria-label]")}


def test_a_no_can_be_taken_back_for_a_minute_and_is_a_request_again(
    declined: Page, alice: Someone, at: SetClock
) -> None:
    assert buttons(declined) == {"Undo for Alice"}
    at(MONDAY + timedelta(seconds=59))
    (row,) = declined.soup.select("form.tick")
    page = declined.submit(str(row["action"]), decision="undo", write_key="a-key-of-its-own")
    assert status(alice) is Status.REQUESTED
    assert buttons(page) == {"Decline Alice", "Approve Alice"}


def test_what_alice_heard_of_the_no_is_news_no_more(declined: Page, alice: Someone) -> None:
    assert len(told(alice)) == 1 and notices.list_for(alice.actor, clock.now())[0].read_at is None
    (row,) = declined.soup.select("form.tick")
    declined.submit(str(row["action"]), decision="undo", write_key="a-key-of-its-own")
    assert notices.list_for(alice.actor, clock.now())[0].read_at == MONDAY


def test_a_second_no_is_heard_anew(declined: Page, alice: Someone, at: SetClock) -> None:
    (row,) = declined.soup.select("form.tick")
    for n, decision in enumerate(("undo", "decline")):
        declined.submit(str(row["action"]), decision=decision, write_key=f"a key of its own {n}".replace(" ", "-"))
    assert status(alice) is Status.DECLINED and len(told(alice)) == 2


def test_after_a_minute_the_no_stands(
    declined: Page, leader: Someone, alice: Someone, contest: Occurrence, at: SetClock, browser: Open
) -> None:
    at(MONDAY + timedelta(minutes=1))
    assert not browser(leader).get(f"/occurrences/{contest.id}/roster").soup.select("form.tick")
    (row,) = declined.soup.select("form.tick")
    page = declined.submit(str(row["action"]), decision="undo", write_key="a-key-of-its-own")
    assert page.errors == ["That is more than a minute ago. Sign them up yourself if they should come."]
    assert status(alice) is Status.DECLINED


def test_only_a_no_is_taken_back_so(contest: Occurrence, leader: Someone, alice: Someone, browser: Open) -> None:
    page = browser(leader).get(f"/occurrences/{contest.id}/roster")
    (ask,) = page.soup.select("form.tick")
    page.submit(str(ask["action"]), decision="undo")
    assert status(alice) is Status.REQUESTED


def test_who_has_gone_elsewhere_meanwhile_is_not_called_back(
    declined: Page, leader: Someone, alice: Someone, contest: Occurrence
) -> None:
    sign_up(alice, make_date(leader, title="Elsewhere"))
    (row,) = declined.soup.select("form.tick")
    page = declined.submit(str(row["action"]), decision="undo", write_key="a-key-of-its-own")
    assert page.errors == ["They have signed up for something else at that time meanwhile."]
    assert signup_of(alice, contest).status is Status.DECLINED
