"""Checking in and out by code, as people and their leader live through it."""

import random
import re
from datetime import datetime, time, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.ledger.missing import entries
from tests.make import Someone, make_date, make_leader, make_team, shifts_of, sign_up, signup_of
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Browser, Open, Page
from tests.soak.crowd import all_at_once
from volunteer import clock
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.activities.states import CheckIn
from volunteer.checkin import codes, scanning
from volunteer.checkin.models import Scan
from volunteer.checkin.rules import Result
from volunteer.ledger import balances, records
from volunteer.ledger.models import Entry
from volunteer.ledger.replay import Attendance
from volunteer.storage.database import db, write

SHIFTS = (PlannedShift("Morning", time(9), time(10), 9), PlannedShift("Noon", time(10, 30), time(12), 9))


NINE = on(27, 9)


@pytest.fixture
def cleanup(leader: Someone, alice: Someone) -> Occurrence:
    """FRIDAY from 9:00 to 10:30; Alice has signed up."""
    date = make_date(leader, day=FRIDAY, check_in=CheckIn.POSTER)
    sign_up(alice, date)
    return date


def code_of(leader: Someone, date: Occurrence, which: str = "code") -> str:
    """The address that a leader's screen shows now; which: or its poster."""
    return f"/q/{getattr(scanning.show(leader.actor, date.id, clock.now())[1], which)}"


def scan(phone: Browser, address: str) -> Page:
    """Hold the phone up, and confirm what it says."""
    return phone.get(address).submit(address)


def said_of(someone: Someone, date: Occurrence) -> Attendance:
    return balances.standing(signup_of(someone, date).id)


def results() -> list[Result]:
    return list(db.session.scalars(select(Scan.result).order_by(Scan.id)))


def test_alice_scans_as_she_comes_and_as_she_goes(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 8, 56))
    address, hers = code_of(leader, cleanup), browser(alice)
    asked = hers.get(address)
    assert entries() == 0 and "counted from 9:00 on" in asked.text
    assert len(asked.response.data) <= 4096
    page = asked.submit(address)
    assert page.path == "/checkin" and "Checked in at 8:56" in page.text
    assert "from 9:00 until 10:30" in page.text and "If you forget, 10:30 stands" in page.text
    at(on(27, 10, 5))
    page = scan(hers, code_of(leader, cleanup))
    assert "Checked out at 10:05" in page.text and "1.1 hours, which count once" in page.text
    at(on(27, 10, 20))
    scan(hers, code_of(leader, cleanup))
    assert said_of(alice, cleanup).stays == [(on(27, 9), on(27, 10, 20))]
    at(on(27, 11))
    assert records.sum_up(alice.actor, clock.now()).open == 80
    assert results() == [Result.IN, Result.OUT, Result.OUT]


def test_twice_is_once_and_the_button_does_what_it_says(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 8, 58) + timedelta(seconds=30))
    address = code_of(leader, cleanup)
    asked = browser(alice).get(address)
    for _ in range(2):
        assert "Checked in at 8:58" in asked.submit(address).text
    at(on(27, 8, 59) + timedelta(seconds=40))
    assert "That is done already" in browser(alice).get(code_of(leader, cleanup)).text, "nobody goes before the start"
    at(NINE + timedelta(seconds=20))
    assert "Checked in at 8:58" in asked.submit(address).text  # sent again from an old page: it was to come, not to go
    assert "That is done already" not in browser(alice).get(code_of(leader, cleanup)).text
    assert entries() == 1


def test_a_scan_before_the_window_says_from_when_and_spoils_nothing(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 8, 29))
    hers = browser(alice)
    assert hers.get(code_of(leader, cleanup)).errors == [
        "Too early. Check-in begins: Today, Fri 8:30. Nothing is used up, so scan again then."
    ]
    hers.post(code_of(leader, cleanup), status=422)
    hers.get(poster := code_of(leader, cleanup, "poster"))
    at(on(27, 8, 31))
    scan(hers, poster)
    assert results() == [Result.EARLY, Result.IN] and said_of(alice, cleanup).present


def test_a_slow_log_in_does_not_burn_the_code_and_the_scan_counts_from_when_it_was_made(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9, 10))
    address, hers = code_of(leader, cleanup), browser()
    asked = hers.get(address)
    assert "Friday cleanup" in asked.text and "your scan of 9:10 counts" in asked.text
    at(on(27, 9, 20))
    log_in = hers.get(str(asked.soup.select_one("a.wide-button")["href"]))
    back = log_in.submit("/login", phone=alice.phone, password=alice.password)
    assert back.path == address
    assert "Checked in at 9:10" in back.submit(address).text
    assert said_of(alice, cleanup).stays == [(on(27, 9, 10), on(27, 10, 30))]


def test_on_a_borrowed_phone_bob_logs_in_instead_and_goes_on_with_his_scan(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(bob, cleanup)
    at(NINE)
    address = code_of(leader, cleanup)
    page = browser(alice).get(address).submit("/logout").submit("/login", phone=bob.phone, password=bob.password)
    assert page.path == address and "You are Bob" in page.text
    page.submit(address)
    assert said_of(bob, cleanup).present and not said_of(alice, cleanup).present


def test_a_photograph_of_the_code_is_too_old_three_minutes_later_and_that_is_kept(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9))
    sent = code_of(leader, cleanup)
    at(on(27, 9, 3))
    page = browser(alice).post(sent, status=422)
    assert page.errors == ["This check-in code has expired. Scan the new one on the leader's phone."]
    assert results() == [Result.OLD] and entries() == 0


def test_who_is_not_signed_up_reads_so_and_finds_the_leader(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9))
    page = browser(bob).get(code_of(leader, cleanup))
    assert page.errors == ["You are not signed up for this date. Lea can put you on the list with one tap."]
    assert page.soup.select_one(f'main a[href="/occurrences/{cleanup.id}"]')


def test_another_teams_code_and_nonsense_say_what_they_are(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    stranger = browser(make_leader(make_team()))
    at(on(27, 9))
    page = stranger.get(code_of(leader, cleanup))
    assert "another team's" in page.errors[0] and cleanup.title not in page.text
    for code in ("a", "ae-aaaaaaaaaa", "%E7%AD%BE", "AE-AAAAAAAAAA", "a" * 300):
        assert "no check-in code" in stranger.get(f"/q/{code}").errors[0]
        assert "no check-in code" in browser().get(f"/q/{code}").errors[0]


def test_one_scan_lies_over_all_positions_of_the_day(
    leader: Someone, alice: Someone, browser: Open, at: SetClock
) -> None:
    date = make_date(leader, day=FRIDAY, end=time(12), shifts=SHIFTS)
    for shift in shifts_of(date):
        sign_up(alice, date, shift)
    at(on(27, 8, 50))
    scan(browser(alice), code_of(leader, date))
    at(on(27, 11))
    page = scan(browser(alice), code_of(leader, date))
    assert "1.5 hours" in page.text
    assert {line.at for line in db.session.scalars(select(Entry))} == {on(27, 8, 50), on(27, 11)}


def test_who_comes_back_says_so_and_the_time_between_does_not_count(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    hers = browser(alice)
    for minute, deed in ((0, "in"), (20, "out"), (40, "in")):
        at(on(27, 9, minute))
        hers.post(code_of(leader, cleanup), deed=deed)
    assert said_of(alice, cleanup).stays == [(on(27, 9), on(27, 9, 20)), (on(27, 9, 40), on(27, 10, 30))]


@pytest.mark.parametrize("which", ["poster", "digits"])
def test_poster_digits_and_two_people_on_one_phone_are_marked_for_the_leader(
    which: str, leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(bob, cleanup)
    at(on(27, 9))
    hers, screen = browser(alice), browser(leader).get(f"/occurrences/{cleanup.id}/code")
    assert not screen.soup.select("[data-digits]")
    screen = screen.submit("/code", digits="open")
    if which == "poster":
        scan(hers, code_of(leader, cleanup, "poster"))
    else:
        digits = str(screen.soup.select("[data-digits]")[0]["data-digits"])
        hers.get("/checkin").submit("/checkin", code=f"{digits[:3]} {digits[3:]}")
    assert said_of(alice, cleanup).present
    assert scanning.list_flags(cleanup.id) == {alice.id: {which}}
    hers.get("/me/settings").submit("/logout").submit("/login", phone=bob.phone, password=bob.password)
    scan(hers, code_of(leader, cleanup))
    assert scanning.list_flags(cleanup.id) == {alice.id: {which, "same_phone"}, bob.id: {"same_phone"}}
    at(on(27, 10, 30))
    for someone in (alice, bob):
        browser(someone).post(code_of(leader, cleanup))
    page = browser(leader).get(f"/occurrences/{cleanup.id}/confirm").text
    assert "Please look at these 2 people" in page and page.count("used the same phone") == 2
    assert ("which can be photographed" in page) is (which == "poster") is not ("six digits" in page)
    words = {"poster": "checked in by the poster at 9:00", "digits": "checked in by code at 9:00"}
    assert words[which] in browser(alice).get("/me/records").text


@pytest.mark.parametrize("times", [60, pytest.param(10_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("what", ["digits", "code"])
def test_guessed_codes_let_nobody_in_and_the_guesser_alone_has_to_wait(
    what: str, times: int, leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    sign_up(bob, cleanup)
    at(NINE)
    write(lambda: scanning.open_digits(leader.actor, cleanup.id, True, NINE))
    _, shown = scanning.show(leader.actor, cleanup.id, NINE)
    right = getattr(shown, what)
    chance = random.Random(16)

    def guess(text: str, who: Someone, moment: datetime = NINE) -> Result:
        confirm = scanning.confirm_digits if what == "digits" else partial(scanning.confirm, at=moment)
        return confirm(who.actor, text, device="a" * 16, now=moment).result

    def wrong(n: int) -> str:
        if what == "digits":
            return f"{(int(right) + n) % 10**6:06}"
        return right[:3] + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=10))

    found = write(lambda: [guess(wrong(n), bob) for n in range(1, times + 1)])
    assert found == [Result.UNKNOWN] * 5 + [Result.PAUSED] * (times - 5) and entries() == 0
    assert write(lambda: guess(right, alice)) is Result.IN
    if what == "digits":
        assert write(lambda: guess(right, bob)) is Result.PAUSED
    assert write(lambda: guess(right, bob, on(27, 9, 16))) is (Result.IN if what == "digits" else Result.OLD)


def test_a_code_that_is_known_buys_no_more_guesses(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(NINE)
    write(lambda: scanning.open_digits(leader.actor, cleanup.id, True, NINE))
    right = scanning.show(leader.actor, cleanup.id, NINE)[1].digits
    wrong = f"{(int(right) + 1) % 10**6:06}"
    found = []
    for n, text in enumerate([right, wrong, wrong, right, wrong, right, wrong, wrong, right]):
        how = (alice.actor, text, "a" * 16, NINE + timedelta(seconds=n))
        found.append(write(partial(scanning.confirm_digits, *how)).result)
    known, unknown = Result.SAME, Result.UNKNOWN
    assert found == [Result.IN, unknown, unknown, known, unknown, known, unknown, unknown, Result.PAUSED]


def test_no_page_of_checking_in_is_larger_than_four_kilobytes(
    app: Flask, leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(on(27, 8, 56))
    address = code_of(leader, cleanup)
    for locale in ("en", "zh-CN"):
        phones = {who: Browser(app, someone, locale) for who, someone in (("stranger", None), ("alice", alice))}
        pages = [(phones["stranger"], f"{address}{door}") for door in ("", "/listed", "/new")]
        for phone, page in (*pages, (phones["alice"], address), (phones["alice"], "/checkin")):
            assert len(phone.get(page).response.data) <= 4096, (page, locale)
    for locale in ("en", "zh-CN"):
        page = Browser(app, alice, locale).post(address)  # twice is once
        assert page.path == "/checkin" and len(page.response.data) <= 4096


def test_digits_that_are_not_open_hold_no_door_and_what_is_no_six_digits_is_said_so(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9))
    write(lambda: scanning.open_digits(leader.actor, cleanup.id, True, clock.now()))  # no secret yet, so no digits
    page = browser(alice).get("/checkin")
    assert page.submit("/checkin", status=422, code=codes.digits("")).errors
    write(lambda: scanning.open_digits(leader.actor, cleanup.id, False, clock.now()))
    code_of(leader, cleanup)
    for typed in ("", "12345", "x", "１２３４５６７"):
        assert "six digits" in page.submit("/checkin", status=422, code=typed).text
    assert page.submit("/checkin", status=422, code="１２３ ４５６").errors == [
        "This is no check-in code that holds now. Look at the one on the leader's phone again."
    ]


def test_check_in_is_in_the_menu_from_half_an_hour_before_until_the_end(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    def tabs(someone: Someone, moment: datetime) -> list[str]:
        at(moment)
        return [tab.get_text(strip=True) for tab in browser(someone).get("/me").soup.select("nav.tabs a")]

    without = ["This week", "Me"]
    assert tabs(alice, on(27, 8, 29)) == tabs(bob, on(27, 9)) == without
    assert tabs(alice, on(27, 8, 30)) == tabs(alice, on(27, 10, 29)) == ["This week", "Check in", "Me"]
    assert tabs(alice, on(27, 10, 30)) == without
    at(on(27, 9))
    assert browser(alice).get("/checkin").soup.select_one("nav.tabs [aria-current]").get_text(strip=True) == "Check in"


def test_the_screen_counts_who_is_in_and_brings_the_next_code_without_scripts(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9) + timedelta(seconds=18))
    scan(browser(alice), code_of(leader, cleanup))
    screen = browser(leader).get(f"/occurrences/{cleanup.id}/code")
    assert "Checked in 1 / 1" in screen.text
    assert screen.soup.select_one("noscript meta[http-equiv=refresh]")["content"] == "12"
    link = screen.soup.select_one("#live a[href^='/q/']")
    assert link.get_text() == f"https://volunteers.example.org{link['href']}"
    assert re.match("data:image/png;base64,", str(screen.soup.select_one("img")["src"]))


def test_four_taps_at_once_are_one_check_in(
    app: Flask, leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(NINE)
    code = code_of(leader, cleanup).removeprefix("/q/")
    found: list[Result] = []

    def tap() -> None:
        with app.app_context():
            found.append(write(lambda: scanning.confirm(alice.actor, code, NINE, "a" * 16, NINE)).result)

    db.session.rollback()
    with all_at_once(tap, threads=4):
        pass
    assert sorted(found) == [Result.IN, Result.SAME, Result.SAME, Result.SAME] and entries() == 1


def test_the_card_and_the_page_lead_to_checking_in_and_then_out(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    def told(page: Page) -> tuple[str, str, list[str]]:
        card = page.card(cleanup.id)
        links = [link.get_text(strip=True) for link in card.select("a[href='/checkin']")]
        return card["data-state"], card.select_one(".chip").get_text(strip=True), links

    hers, page = browser(alice), f"/occurrences/{cleanup.id}"
    at(on(27, 8, 29))
    assert told(hers.get("/"))[0] == told(hers.get(page))[0] == "confirmed"
    at(on(27, 8, 56))
    assert told(hers.get("/")) == told(hers.get(page)) == ("checkin", "Check-in is open", ["Go to check-in"])
    assert told(hers.get("/me")) == told(hers.get("/"))
    scan(hers, code_of(leader, cleanup))
    assert told(hers.get("/")) == told(hers.get(page)) == ("checked_in", "Checked in 8:56", [])
    at(NINE)
    assert told(hers.get("/")) == told(hers.get(page)) == ("checked_in", "Checked in 8:56", ["Check out"])
    at(on(27, 10))
    scan(hers, code_of(leader, cleanup))
    assert told(hers.get("/")) == told(hers.get(page)) == ("checked_in", "Checked out 10:00", [])


def test_who_is_expected_elsewhere_within_the_hour_is_led_there(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    other = make_date(leader, day=FRIDAY, start=time(10), end=time(11), title="Library")
    sign_up(bob, other)
    at(on(27, 8, 59))
    assert "Library" not in browser(bob).get(code_of(leader, cleanup)).text
    at(NINE)
    page = browser(bob).get(code_of(leader, cleanup))
    assert "You are expected here: Library" in page.text
    assert page.soup.select_one(f'main a[href="/occurrences/{other.id}"]')


def test_people_check_in_as_the_activity_says(leader: Someone, alice: Someone, browser: Open, at: SetClock) -> None:
    date = make_date(leader, day=FRIDAY)
    sign_up(alice, date)
    at(NINE)
    poster = "/q/" + codes.poster(date.id, scanning.show(leader.actor, date.id, NINE)[0].check_secret or "")
    hers, screen, edit = browser(alice), f"/occurrences/{date.id}/code", f"/activities/{date.activity_id}/edit"
    assert browser(leader).get(screen).text.count("https://") == 1
    assert hers.post(poster, status=422).errors == [
        "This date has no poster to check in by. Scan the code on the leader's phone."
    ]
    rolling = code_of(leader, date)
    browser(leader).get(edit).submit(edit, check_in="leader", action="preview").submit(edit, action="save")
    assert "/q/" not in browser(leader).get(screen).response.text
    for code in (poster, rolling):
        assert hers.post(code, status=422).errors == browser().get(code).errors != []
    assert hers.get("/").card(date.id)["data-state"] == "confirmed"
    assert "Tell them that you are here." in (page := hers.get("/checkin").text) and "Scan" not in page
    browser(leader).post(f"/occurrences/{date.id}/roster/{signup_of(alice, date).id}", mark="present")
    assert "If you go before 10:30, tell the leader." in (page := hers.get("/checkin").text) and "Scan" not in page
    browser(leader).post(f"/occurrences/{date.id}/roster/{signup_of(alice, date).id}", mark="undo")
    browser(leader).get(edit).submit(edit, title="New", action="preview").submit(edit, action="save")
    assert db.session.get_one(Activity, date.activity_id).check_in is CheckIn.LEADER
    browser(leader).get(edit).submit(edit, check_in="poster", action="preview").submit(edit, action="save")
    scan(hers, poster)
    assert results() == [Result.NO_POSTER, Result.BY_LEADER, Result.BY_LEADER, Result.IN]
