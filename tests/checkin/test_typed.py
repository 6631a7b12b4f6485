"""What a leader has typed on the list stays there when it is refused, with what is wrong beside it."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask

from tests.ledger.missing import NOVEMBER, miss, signup_of
from tests.make import Someone, make_date, make_leader, make_member, make_team, shifts_of, sign_up
from tests.pages import Browser, Page
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.ledger import verdicts
from volunteer.ledger.states import RequestKind
from volunteer.storage.database import write
from volunteer.teams.models import Team

Open = Callable[..., Browser]
SetClock = Callable[[datetime], None]


@pytest.fixture
def team(app: Flask, at: SetClock) -> Team:
    at(NOVEMBER)
    return make_team()


@pytest.fixture
def leader(team: Team) -> Someone:
    return make_leader(team)


@pytest.fixture
def market(leader: Someone) -> Occurrence:
    """On Friday, with a stall and a kitchen."""
    stall, kitchen = (PlannedShift(name, time(9), time(10), 2) for name in ("Stall", "Kitchen"))
    return make_date(leader, day=date(2026, 11, 6), shifts=[stall, kitchen])


def open_fold(page: Page) -> list[str]:
    return [fold.summary.get_text() for fold in page.soup.select("details[open]")]


def test_who_keeps_too_many_places_finds_the_label_the_number_and_the_position_again(
    leader: Someone, market: Occurrence, browser: Open
) -> None:
    kitchen = shifts_of(market)[1].id
    roster = browser(leader).get(f"/occurrences/{market.id}/roster")
    page = roster.submit("/list/reserve", status=422, label="The choir", places=3, shift=kitchen)
    assert page.errors == ["Only 2 places are free."] and open_fold(page) == ["Keep places"]
    assert [page.value(name) for name in ("label", "places", "shift")] == ["The choir", "3", str(kitchen)]
    assert "The places are kept." in page.submit("/list/reserve", places=2).news


def test_a_number_that_is_none_stays_in_its_row_and_in_no_other(
    leader: Someone, market: Occurrence, browser: Open
) -> None:
    kitchen = shifts_of(market)[1].id
    page = browser(leader).post(f"/occurrences/{market.id}/list/places", status=422, shift=kitchen, capacity="many")
    assert page.errors == ["Give the number of places, from 1 to 5000."] and open_fold(page) == ["More or fewer places"]
    assert [str(field["value"]) for field in page.soup.select("[name=capacity]")] == ["2", "many"]


def test_an_answer_that_is_too_long_can_be_made_shorter(
    team: Team, leader: Someone, browser: Open, at: SetClock
) -> None:
    bob = make_member(team, "Bob")
    missed = miss(leader, bob, NOVEMBER + timedelta(days=1), at)
    signup = signup_of(bob, missed).id
    write(lambda: verdicts.ask(bob.actor, signup, RequestKind.APPEAL, "I was there.", None, clock.now()))
    page = browser(leader).get(f"/occurrences/{missed.id}/roster").submit("/answer", status=422, text="no " * 80)
    assert page.errors == ["Write a sentence of up to 200 characters."]
    assert page.value("text") == "no " * 80
    assert page.submit("/answer", text="No.").news == ["Answered. They read it beside the record."]


def test_once_it_has_begun_the_list_says_so_without_the_form(
    leader: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    at(market.starts_at)
    page = browser(leader).post(f"/occurrences/{market.id}/list/reserve", label="The choir", places=1)
    assert len(page.errors) == 1


def test_a_leader_under_review_is_not_asked_to_approve_themselves(
    team: Team, leader: Someone, browser: Open, at: SetClock
) -> None:
    other = make_leader(team, "Lara")
    for days in (1, 8, 15):
        miss(other, leader, NOVEMBER + timedelta(days=days), at)
    wanted = make_date(other, in_days=3)
    sign_up(leader, wanted)
    page = browser(leader).get(f"/occurrences/{wanted.id}/roster")
    assert "Nobody decides about their own sign-ups" in page.text and "Approve Lea" not in page.response.text
    assert "Approve Lea" in browser(other).get(f"/occurrences/{wanted.id}/roster").response.text
