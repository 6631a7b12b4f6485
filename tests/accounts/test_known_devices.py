"""Wrong passwords from anywhere lock a number; a phone that was logged in before, or a leader's link, still gets in."""

from datetime import timedelta

import pytest

from tests.accounts.test_log_in import WAIT, fail, log_in
from tests.make import PASSWORD, Someone, make_leader, make_member, make_team
from tests.moments import SetClock
from tests.pages import BASE, Browser, Open
from tests.wire import send
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.storage.database import write
from volunteer.teams import links

pytestmark = pytest.mark.usefixtures("quick_hashing")

OWN = "Too many tries. Wait 15 minutes, or ask a leader for a log-in link."
NOTE = "Somebody has tried wrong passwords for your number. On this phone you get in all the same."


def was_in(open_browser: Open, someone: Someone) -> Browser:
    """A phone that was logged in, and is not any more."""
    phone = open_browser()
    log_in(phone, someone.phone)
    send(phone, "POST", "/logout")
    assert phone.get("/me").path == "/login"
    return phone


def known(phone: Browser) -> str:
    cookie = phone.client.get_cookie("known", BASE.partition("//")[2], "/login")
    return cookie.value if cookie else ""


def plant(phone: Browser, value: str) -> None:
    phone.client.set_cookie("known", value, domain=BASE.partition("//")[2], path="/login")


def test_a_locked_number_still_lets_in_the_phone_that_was_logged_in_before_and_says_so(browser: Open) -> None:
    alice = make_member(make_team())
    hers = was_in(browser, alice)
    assert fail(browser, alice.phone, 5).errors[0] == WAIT
    assert "where you were logged in before" in WAIT and "log-in link" in WAIT
    assert log_in(browser(), alice.phone, status=422).errors[0] == WAIT
    page = log_in(hers, alice.phone)
    assert (page.path, page.news) == ("/", [NOTE])
    assert log_in(browser(), alice.phone, status=422).errors[0] == WAIT  # it stays locked for all others


def test_it_says_nothing_when_nobody_has_tried(browser: Open) -> None:
    alice = make_member(make_team())
    assert log_in(was_in(browser, alice), alice.phone).news == []


def test_the_phone_of_before_has_five_tries_of_its_own_and_costs_others_none(browser: Open, at: SetClock) -> None:
    alice, now = make_member(make_team()), clock.now()
    at(now)
    hers = was_in(browser, alice)
    for _ in range(5):
        page = log_in(hers, alice.phone, "not my password", status=422)
    assert page.errors[0] == OWN
    assert log_in(hers, alice.phone, status=422).errors[0] == OWN
    assert log_in(browser(), alice.phone).path == "/"
    at(now + timedelta(minutes=15))
    assert log_in(hers, alice.phone).path == "/"


def test_it_opens_one_number_only_and_cannot_be_made_up(browser: Open) -> None:
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    bobs = was_in(browser, bob)
    fail(browser, alice.phone, 5)
    assert log_in(bobs, alice.phone, status=422).errors[0] == WAIT
    forged = browser()
    for value in (known(bobs), known(bobs)[:-1] + "a", "a" * 16 + "-" + "b" * 24, alice.phone, "x" * 3000, "é.\x7f"):
        plant(forged, value)
        assert log_in(forged, alice.phone, status=422).errors[0] == WAIT


def test_it_is_no_log_in(browser: Open) -> None:
    alice = make_member(make_team())
    hers = was_in(browser, alice)
    assert alice.phone not in known(hers)
    assert hers.get("/me").path == "/login"
    assert log_in(hers, alice.phone, "not my password", status=422).errors


def test_a_family_shares_a_phone_and_each_of_them_is_known_on_it(browser: Open) -> None:
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    shared = was_in(browser, alice)
    log_in(shared, bob.phone)
    send(shared, "POST", "/logout")
    for one in (alice, bob):
        fail(browser, one.phone, 5)
        assert log_in(shared, one.phone).path == "/"
        send(shared, "POST", "/logout")
    assert known(shared).count(".") == 1  # logging in once more adds nothing


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_from_all_other_pages(browser: Open) -> None:
    alice = make_member(make_team())
    answer = send(browser(), "POST", "/login", data={"phone": alice.phone, "password": PASSWORD})
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("known=")]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/login"))


def test_a_leaders_link_opens_a_locked_number_and_makes_the_phone_known(browser: Open) -> None:
    team = make_team()
    alice, leader = make_member(team), make_leader(team)
    fail(browser, alice.phone, 5)
    link = write(lambda: links.hand_link(leader.actor, alice.id, clock.now()))
    hers = browser()
    address = f"/in/{accounts.address_of(link)}"
    hers.get(address).submit(address, password="another good one")
    send(hers, "POST", "/logout")
    fail(browser, alice.phone, 5)
    assert log_in(hers, alice.phone, "another good one").path == "/"


def test_who_has_joined_here_is_known_here(browser: Open) -> None:
    leader, hers = make_leader(make_team()), browser()
    invite = write(lambda: links.renew_invite(leader.actor, clock.now()))
    address = f"/join/{accounts.address_of(invite)}"
    hers.get(address).submit(address, name="Nima", phone="13911110000", password=PASSWORD, consent="y")
    send(hers, "POST", "/logout")
    fail(browser, "13911110000", 5)
    assert log_in(hers, "13911110000").path == "/"
