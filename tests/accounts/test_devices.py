"""One's own account: log out, other devices, a new password, the language."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from tests.make import PASSWORD, make_member, make_team
from tests.pages import Browser, Page
from tests.wire import send
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.accounts.models import Device, Person
from volunteer.accounts.rules import device_label
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db

pytestmark = pytest.mark.usefixtures("quick_hashing")

NEW = "another good one"


def devices(page: Page) -> list[str]:
    return [str(form["action"]) for form in page.soup.select('form[action$="/log-out"]')]


def change(hers: Browser, current: str, new: str, *, status: int = 200) -> Page:
    return hers.get("/me/password").submit("/me/password", current=current, password=new, status=status)


def test_alice_logs_out_and_the_phone_knows_her_no_more(browser):
    alice = make_member(make_team())
    hers = browser(alice)
    assert hers.get("/me/settings").submit("/logout").path == "/login"
    assert hers.get("/me").path == "/login"
    assert db.session.query(Device).count() == 0


def test_a_copied_cookie_is_worth_nothing_after_log_out(browser):
    alice = make_member(make_team())
    hers, thief = browser(alice), browser()
    cookie = hers.client.get_cookie("session", "volunteers.example.org")
    thief.client.set_cookie("session", cookie.value, domain="volunteers.example.org")
    assert thief.get("/me").path == "/me"
    hers.get("/me/settings").submit("/logout")
    assert thief.get("/me").path == "/login"


def test_alice_logs_out_the_phone_she_lost(browser):
    alice = make_member(make_team())
    lost, here = browser(alice), browser(alice)
    [other] = devices(here.get("/me/settings"))
    page = here.get("/me/settings").submit(other)
    assert page.news == ["That device is logged out."]
    assert devices(page) == []
    assert lost.get("/me").path == "/login"
    assert here.get("/me").path == "/me"


def test_nobody_logs_out_somebody_elses_device(browser):
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    bobs = browser(bob)
    device = db.session.query(Device).filter_by(person_id=bob.id).one()
    answer = send(browser(alice), "POST", f"/me/devices/{device.id}/log-out")
    assert answer.status_code == 404
    assert bobs.get("/me").path == "/me"


def test_devices_are_told_apart_by_what_they_call_themselves():
    wechat = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit Safari MicroMessenger/8.0"
    assert device_label(wechat) == "iPhone · WeChat"
    assert device_label("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537 Edg/120") == "Windows · Edge"
    assert device_label("") == "?"
    assert len(device_label("x" * 100_000)) <= 60


def test_a_new_password_logs_out_every_other_device_and_works_from_then_on(browser):
    alice = make_member(make_team())
    tablet, phone = browser(alice), browser(alice)
    page = change(phone, PASSWORD, NEW)
    assert page.news == ["Your password is changed. Other devices are logged out."]
    assert tablet.get("/me").path == "/login"
    assert phone.get("/me").path == "/me"
    stranger = browser()
    stranger.get("/login").submit("/login", phone=alice.phone, password=PASSWORD, status=422)
    assert stranger.get("/login").submit("/login", phone=alice.phone, password=NEW).path == "/"
    assert db.session.query(AuditEntry).filter_by(verb="change password", actor_id=alice.id).count() == 1


def test_without_the_old_password_nothing_changes(browser):
    alice = make_member(make_team())
    tablet, phone = browser(alice), browser(alice)
    page = change(phone, "not my password", NEW, status=422)
    assert "The current password is not right." in page.text
    assert tablet.get("/me").path == "/me"
    assert "The current password is not right." in phone.post("/me/password", password=NEW, status=422).text


def test_who_found_alices_phone_unlocked_cannot_guess_her_password_for_long(browser, at):
    alice, now = make_member(make_team()), clock.now()
    at(now)
    phone = browser(alice)
    for _ in range(5):
        assert "The current password is not right." in change(phone, "not my password", NEW, status=422).text
    assert "Too many tries. Wait 15 minutes" in change(phone, PASSWORD, NEW, status=422).text
    at(now + timedelta(minutes=15))
    assert change(phone, PASSWORD, NEW).news


def test_while_the_old_password_is_compared_nobody_waits_for_the_database(browser, monkeypatch):
    writing = []

    def watched(stored: str, password: str) -> bool:
        writing.append("writing" in db.session.info)
        return True

    monkeypatch.setattr(accounts, "check_password_hash", watched)
    change(browser(make_member(make_team())), PASSWORD, NEW)
    assert writing == [False]


def test_a_weak_new_password_is_refused(browser):
    alice = make_member(make_team())
    page = change(browser(alice), PASSWORD, "1234567", status=422)
    assert "Choose a password of at least 8 characters." in page.text
    page = change(browser(alice), PASSWORD, "12345678\x00", status=422)
    assert "a character that cannot be stored" in page.text


def test_passwords_are_stored_as_slow_hashes_and_cookies_as_digests(browser):
    alice = make_member(make_team())
    browser(alice)
    assert db.session.get(Person, alice.id).password_hash.startswith("scrypt:32768:8:1$")
    assert len(db.session.query(Device).one().token_hash) == 64


def test_alice_chooses_chinese_and_keeps_it_on_every_device(browser):
    alice = make_member(make_team())
    page = browser(alice).get("/me/settings").submit("/me/language", locale="zh_Hans_CN")
    assert page.soup.html["lang"] == "zh-CN"
    assert browser(alice, locale="en").get("/me").soup.html["lang"] == "zh-CN"


def test_a_language_nobody_offers_is_refused(browser):
    alice = make_member(make_team())
    page = browser(alice).post("/me/language", locale="tlh")
    assert page.errors == ["Choose one of the languages listed."]
    assert db.session.get(Person, alice.id).locale == "en"


def test_a_stranger_chooses_a_language_for_this_browser_and_keeps_it_when_logging_in(browser):
    alice = make_member(make_team(), locale=None)
    hers = browser(locale="zh-CN")
    page = hers.get("/login")
    assert page.soup.html["lang"] == "zh-CN"
    page = page.submit("/language", locale="en")
    assert page.path == "/login"
    assert page.soup.html["lang"] == "en"
    assert page.submit("/login", phone=alice.phone, password=PASSWORD).soup.html["lang"] == "en"


def test_a_browser_that_asks_for_neither_language_gets_chinese(browser):
    for asked in ("bo", "fr-FR,fr;q=0.9", "", "zh-TW", "*"):
        answer = send(browser(locale=asked), "GET", "/login")
        assert BeautifulSoup(answer.text, "html.parser").html["lang"] == "zh-CN", asked
