"""Logging in with phone and password: what people are told, how often they may try, where they land."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.make import PASSWORD, make_member, make_team
from tests.pages import BASE, Browser, Page
from tests.wire import send
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState
from volunteer.web import throttle
from volunteer.web.throttle import Attempt

pytestmark = pytest.mark.usefixtures("quick_hashing")

WAIT = "Too many tries. Wait 15 minutes, log in where you were logged in before, or ask a leader for a log-in link."


def log_in(phone_in_hand: Browser, phone: str, password: str = PASSWORD, *, status: int = 200, path="/login") -> Page:
    return phone_in_hand.get(path).submit("/login", phone=phone, password=password, status=status)


def fail(browser, phone: str, times: int) -> Page:
    """A stranger tries wrong passwords."""
    for _ in range(times):
        page = log_in(browser(), phone, "not my password", status=422)
    return page


def test_alice_logs_in_and_sees_this_week(browser):
    alice = make_member(make_team(name="Cranes"))
    page = log_in(browser(), alice.phone)
    assert page.path == "/"
    assert "Cranes" in page.soup.title.text


def test_alice_types_her_number_as_her_address_book_shows_it(browser):
    alice = make_member(make_team(), phone="13900001234")
    assert log_in(browser(), "+86 139-0000-1234").path == "/"
    assert log_in(browser(), "１３９００００１２３４").path == "/"
    assert alice.id


def test_a_wrong_password_says_how_many_tries_are_left(browser):
    alice = make_member(make_team())
    hers = browser()
    sentence = "The phone number or the password is not right. You can try"
    for left in ("4 more times.", "3 more times.", "2 more times.", "once more."):
        page = log_in(hers, alice.phone, "not my password", status=422)
        assert page.errors[0] == f"{sentence} {left}"
        assert page.value("phone") == alice.phone
        assert page.value("password") == ""
    assert log_in(hers, alice.phone, "not my password", status=422).errors[0] == WAIT
    assert log_in(hers, alice.phone, status=422).errors[0] == WAIT


def test_fifteen_minutes_later_alice_may_try_again(browser, at):
    alice, now = make_member(make_team()), clock.now()
    at(now)
    fail(browser, alice.phone, 5)
    at(now + timedelta(minutes=14, seconds=59))
    log_in(browser(), alice.phone, status=422)
    at(now + timedelta(minutes=15))
    assert log_in(browser(), alice.phone).path == "/"


def test_trying_while_one_should_wait_does_not_make_the_wait_longer(browser, at):
    alice, now = make_member(make_team()), clock.now()
    at(now)
    fail(browser, alice.phone, 5)
    at(now + timedelta(minutes=10))
    fail(browser, alice.phone, 5)
    at(now + timedelta(minutes=15))
    assert log_in(browser(), alice.phone).path == "/"


def test_who_goes_on_failing_waits_twice_as_long_each_time(browser, at):
    alice, now = make_member(make_team()), clock.now()
    for minutes in (15, 30, 60):
        at(now)
        page = fail(browser, alice.phone, 5)
        assert page.errors[0] == WAIT.replace("15", str(minutes))
        at(now + timedelta(minutes=minutes, seconds=-1))
        assert log_in(browser(), alice.phone, status=422).errors[0] == WAIT.replace("15", "5")
        now += timedelta(minutes=minutes)
    at(now)
    assert log_in(browser(), alice.phone).path == "/"
    assert fail(browser, alice.phone, 5).errors[0] == WAIT


def test_sixteen_tries_at_one_moment_are_no_more_than_five(app):
    alice = make_member(make_team())
    db.session.rollback()

    def try_once(n: int) -> int:
        with app.app_context():
            return write(lambda: throttle.count_try(accounts.limits(alice.phone, f"192.0.2.{n}"), clock.now())).left

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(try_once, range(16))) == [0] * 11 + [1, 2, 3, 4, 5]


def test_bob_is_not_kept_out_by_what_happens_to_alices_number(browser):
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    fail(browser, alice.phone, 6)
    assert log_in(browser(), bob.phone).path == "/"


def test_a_right_password_clears_the_slate(browser):
    alice = make_member(make_team())
    fail(browser, alice.phone, 4)
    assert log_in(browser(), alice.phone).path == "/"
    page = fail(browser, alice.phone, 1)
    assert page.errors[0].endswith("4 more times.")


def test_an_unknown_number_gets_the_same_answers_as_a_known_one(browser):
    alice = make_member(make_team())
    for _ in range(6):
        known = log_in(browser(), alice.phone, "not my password", status=422)
        unknown = log_in(browser(), "13911112222", "not my password", status=422)
        assert known.errors == unknown.errors


def test_an_unknown_number_costs_as_much_work_as_a_known_one(app, monkeypatch):
    alice = make_member(make_team())
    compared = []

    def watched(stored: str, password: str) -> bool:
        compared.append(stored.split("$")[0])
        return False

    monkeypatch.setattr(accounts, "check_password_hash", watched)
    for phone in (alice.phone, "13911112222"):
        assert accounts.find_by_password(phone, "not my password") is None
    assert len(compared) == 2
    assert compared[0] == compared[1]


def test_somebody_on_the_roster_who_has_no_password_yet_cannot_log_in(browser):
    alice = make_member(make_team(), state=MembershipState.INVITED)
    for guess in ("", "None", PASSWORD):
        log_in(browser(), alice.phone, guess, status=422)


@pytest.mark.parametrize("typed", ["", "1381234123", "0971-8123456", "Alice", "1" * 5000])
def test_what_is_no_mobile_number_is_said_at_once_and_is_no_failed_try(browser, typed):
    for _ in range(7):
        page = log_in(browser(), typed, status=422)
    assert "A mobile number has 11 digits." in page.text
    assert db.session.query(Attempt).count() == 0


def test_a_form_that_arrives_without_its_fields_is_a_wrong_form_not_a_crash(browser):
    assert "A mobile number has 11 digits." in browser().post("/login", status=422).text
    alice = make_member(make_team())
    browser().post("/login", phone=alice.phone, status=422)


def test_a_nul_byte_is_refused_in_both_fields(browser):
    alice = make_member(make_team())
    log_in(browser(), alice.phone, PASSWORD + "\x00", status=422)
    log_in(browser(), alice.phone + "\x00", status=422)


def test_a_hundred_and_twenty_people_of_one_village_log_in_from_one_address(browser, at):
    alice, now = make_member(make_team()), clock.now()
    at(now)
    limits = accounts.limits(alice.phone, "192.0.2.1")
    for second in range(120):
        then = now + timedelta(seconds=second / 2)
        assert write(lambda then=then: throttle.count_try(limits, then)).left == 5
        write(lambda then=then: accounts.log_in(alice.id, alice.phone, "192.0.2.1", "phone", then))
    assert db.session.query(Attempt).count() == 0


def test_an_address_that_tries_a_hundred_numbers_has_to_wait(app):
    now = clock.now()
    alice = make_member(make_team())

    def try_many() -> None:
        for n in range(accounts.TRIES_BY_ADDRESS):
            throttle.count_try(accounts.limits(str(13600000000 + n), "192.0.2.1"), now)

    write(try_many)
    assert write(lambda: throttle.count_try(accounts.limits(alice.phone, "192.0.2.1"), now)).left == 0
    assert write(lambda: throttle.count_try(accounts.limits(alice.phone, "192.0.2.2"), now)).left == 5


def test_failures_that_no_longer_count_are_swept_away(browser, at):
    alice, now = make_member(make_team()), clock.now()
    at(now)
    fail(browser, alice.phone, 2)
    write(lambda: throttle.sweep(now + timedelta(hours=23)))
    assert db.session.query(Attempt).count() == 4
    write(lambda: throttle.sweep(now + timedelta(hours=24)))
    assert db.session.query(Attempt).count() == 0


def test_alice_lands_on_the_page_she_wanted(browser):
    alice = make_member(make_team())
    page = browser().get("/me/records?from=chat")
    assert page.path == "/login"
    page = page.submit("/login", phone=alice.phone, password=PASSWORD)
    assert page.path == "/me/records"
    assert page.response.request.query_string == b"from=chat"


def test_a_wrong_password_does_not_forget_the_page_she_wanted(browser):
    alice = make_member(make_team())
    page = browser().get("/me/records").submit("/login", phone=alice.phone, password="wrong one", status=422)
    assert page.submit("/login", phone=alice.phone, password=PASSWORD).path == "/me/records"


ELSEWHERE = (
    *("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example"),
    *("http:evil.example", "javascript:alert(1)", " //evil.example", "/\t/evil.example", "evil.example"),
)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_to_another_site_after_log_in(browser, target):
    alice = make_member(make_team())
    hers = browser()
    answer = send(hers, "POST", "/login", data={"phone": alice.phone, "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.location) == (303, "/")
    again = send(hers, "GET", "/login", query_string={"next": target})
    assert (again.status_code, again.location) == (303, "/")


def test_the_cookie_lasts_180_days_and_is_kept_from_scripts_and_other_sites(browser, at):
    now = clock.now().replace(microsecond=0)
    at(now)
    alice = make_member(make_team())
    hers = browser()
    answer = send(hers, "POST", "/login", data={"phone": alice.phone, "password": PASSWORD})
    assert all(word in answer.headers["Set-Cookie"] for word in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"))
    cookie = hers.client.get_cookie("session", "volunteers.example.org")
    assert timedelta(days=179, hours=23) < cookie.expires - now < timedelta(days=180, hours=1)


def test_the_cookie_of_one_installation_opens_nothing_in_another(browser):
    stranger = browser()
    stranger.client.set_cookie("session", "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb", domain="volunteers.example.org")
    assert stranger.get("/me").path == "/login"


def test_logging_in_starts_a_new_session_so_that_nobody_can_plant_one(browser):
    alice = make_member(make_team())
    hers = browser()
    hers.get("/login")
    with hers.client.session_transaction(base_url=BASE) as session:
        session["planted"] = "by somebody else"
        token = session["csrf_token"]
    log_in(hers, alice.phone)
    with hers.client.session_transaction(base_url=BASE) as session:
        assert "planted" not in session
        assert session.get("csrf_token") != token


def test_somebody_whose_only_team_let_them_go_is_told_so_instead_of_going_in_circles(browser):
    alice = make_member(make_team())

    def leave() -> None:
        membership = db.session.query(Membership).filter_by(person_id=alice.id).one()
        membership.state = MembershipState.LEFT

    write(leave)
    page = log_in(browser(), alice.phone)
    assert page.path == "/login"
    assert page.news == ["You are not in any team at the moment. Ask a leader for an invite."]
