"""Who comes to a date without being logged in: the leader reads it and answers with one tap."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.checkin.test_lending import lend
from tests.ledger.missing import entries
from tests.make import Someone, make_date, make_member, sign_up, signup_of
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Browser, Open, Page
from volunteer import clock
from volunteer.accounts.models import Consent, Person
from volunteer.activities.models import Occurrence
from volunteer.activities.states import CheckIn
from volunteer.checkin import door, jobs, scanning
from volunteer.checkin.models import Caller, Scan
from volunteer.checkin.rules import Result
from volunteer.errors import Refused
from volunteer.ledger import balances
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState, Team

NINE = on(27, 9)


@pytest.fixture
def cleanup(leader: Someone, alice: Someone) -> Occurrence:
    """FRIDAY from 9:00 to 10:30; Alice has signed up."""
    date = make_date(leader, day=FRIDAY, check_in=CheckIn.POSTER)
    sign_up(alice, date)
    return date


def poster_of(leader: Someone, date: Occurrence) -> str:
    return f"/q/{scanning.show(leader.actor, date.id, clock.now())[1].poster}"


def callers() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Caller.id))) or 0


def say(browser: Browser, address: str, who: str = "listed", /, **fields: str) -> Page:
    """Scan the code, choose who one is, and send the form."""
    asked = browser.get(address)
    link = asked.soup.select_one(f"main a[href='{address}/{who}']")
    return browser.get(str(link["href"])).submit(f"{address}/{who}", **fields)


def answer(leader: Browser, date: Occurrence, how: str) -> Page:
    """Tap the first answer at the door."""
    return leader.get(f"/occurrences/{date.id}/roster").submit(f"/occurrences/{date.id}/callers", answer=how)


def test_alice_without_her_password_says_she_is_on_the_list_and_the_leader_ticks_her_with_one_tap(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(NINE)
    address = poster_of(leader, cleanup)
    for _ in range(2):
        page = say(browser(), address, name="  Alice ")
        assert "The leader reads it now." in page.news[0] and entries() == 0
    assert callers() == 1
    hers = browser(leader)
    assert "1 person at the door" in hers.get(f"/occurrences/{cleanup.id}/code").text
    assert "says they are on the list" in hers.get(f"/occurrences/{cleanup.id}/roster").text
    answer(hers, cleanup, "let_in")
    assert balances.standing(signup_of(alice, cleanup).id).present and callers() == 0


def test_somebody_who_is_no_member_is_taken_in_with_one_form_and_one_tap(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(NINE)
    address = poster_of(leader, cleanup)
    form = browser().get(f"{address}/new")
    assert "deleted" in form.text
    form.submit(f"{address}/new", status=422, name="Zhou", phone="13700000009")
    assert callers() == 0
    say(browser(), address, "new", name="Zhou", phone="137 0000 0009", consent="y")
    page = browser(leader).get(f"/occurrences/{cleanup.id}/roster")
    assert "137****0009" in page.text and "13700000009" not in page.response.text
    at(on(27, 9, 5))
    answer(browser(leader), cleanup, "let_in")
    zhou = db.session.scalars(select(Person).where(Person.phone == "13700000009")).one()
    member = db.session.scalars(select(Membership).where(Membership.person_id == zhou.id)).one()
    assert member.state is MembershipState.INVITED and callers() == 0
    assert db.session.scalars(select(Consent.given_at).where(Consent.person_id == zhou.id)).all() == [NINE]
    assert "Zhou" in browser(leader).get(f"/occurrences/{cleanup.id}/roster").text and entries() == 1


def test_whoever_keeps_the_list_answers_the_door_too(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(bob, cleanup)
    at(NINE)
    lend(leader, cleanup, alice)
    address = poster_of(leader, cleanup)
    say(browser(), address, name="Bob")
    say(browser(), address, "new", name="新来", phone="13700001111", consent="yes")
    for _ in range(2):
        answer(browser(alice), cleanup, "let_in")
    assert balances.standing(signup_of(bob, cleanup).id).present and callers() == 0 and entries() == 2


def test_who_is_on_no_list_or_twice_is_looked_for_by_hand(
    team: Team, leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(make_member(team, "Alice"), cleanup)
    at(NINE)
    address = poster_of(leader, cleanup)
    for name in ("Alice", "Nobody"):
        say(browser(), address, name=name)
    page = browser(leader).get(f"/occurrences/{cleanup.id}/roster")
    assert not page.soup.select("[value=let_in]") and len(page.soup.select("a[href*='add?q=']")) == 2
    (first, *_) = db.session.scalars(select(Caller.id).order_by(Caller.id)).all()
    with pytest.raises(Refused, match="not on the list, or twice"):
        write(lambda: door.let_in(leader.actor, cleanup.id, first, NINE))
    answer(browser(leader), cleanup, "turn_away")
    assert callers() == 1 and entries() == 0


def test_a_crowd_of_made_up_people_lets_nobody_in_and_is_gone_with_one_tap(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(NINE)

    def ring(n: int, address: str) -> bool:
        try:
            write(lambda: door.ring(cleanup, (f"X{n}", str(13700000000 + n)), address, NINE))
        except Refused:
            return False
        return True

    taken = [ring(n, f"192.0.2.{n % 200}") for n in range(150)]
    assert sum(taken) == callers() == door.MOST_CALLERS and entries() == 0
    page = browser(leader).get(f"/occurrences/{cleanup.id}/roster")
    assert len(page.response.data) <= 80_000
    browser(alice).post(poster_of(leader, cleanup))
    assert balances.standing(signup_of(alice, cleanup).id).present  # whoever logs in passes meanwhile
    answer(browser(leader), cleanup, "turn_all_away")
    assert callers() == 0
    taken = [ring(n, "192.0.2.1") for n in range(50)]
    assert sum(taken) <= door.MOST_CALLERS


def test_one_address_waits_after_forty_and_others_do_not(leader: Someone, cleanup: Occurrence, at: SetClock) -> None:
    at(NINE)

    def ring(address: str) -> None:
        write(lambda: door.ring(cleanup, ("X", ""), address, NINE))

    for _ in range(door.RINGS_BY_ADDRESS):
        ring("192.0.2.1")
    with pytest.raises(Refused, match="Too many people"):
        ring("192.0.2.1")
    ring("192.0.2.2")


@pytest.mark.parametrize("moment", [on(27, 8, 29), on(27, 10, 31)])
def test_nobody_rings_before_the_window_or_after_the_end(
    moment: datetime, leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(moment)
    page = browser().get(f"{poster_of(leader, cleanup)}/new", status=422)
    assert page.errors and not page.soup.select("form [name=phone]")


def test_what_nobody_answered_is_forgotten_the_day_after_and_scans_after_half_a_year(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(NINE)
    say(browser(), poster_of(leader, cleanup), name="Nobody")
    at(on(27, 8, 29))
    browser(alice).post(poster_of(leader, cleanup), status=422)
    assert db.session.scalars(select(Scan.result)).all() == [Result.EARLY]
    for days, left in ((1, (1, 1)), (2, (0, 1)), (182, (0, 1)), (184, (0, 0))):
        write(lambda moment=NINE + timedelta(days=days): jobs.tick(moment))
        assert (callers(), db.session.scalar(select(func.count(Scan.id)))) == left, days
