"""What every page shares: headers, the answers to wrong requests, and addresses that are only ever our own."""

from dataclasses import replace
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import insert

from tests.make import PASSWORD, make_administrator, make_date, make_leader, make_member, make_team, shifts_of, sign_up
from tests.pages import BASE, Browser, check
from tests.wire import send
from volunteer import create_app
from volunteer.accounts.models import Person
from volunteer.clock import now
from volunteer.config import Settings
from volunteer.storage.database import db
from volunteer.web.addresses import local_path
from volunteer.web.answers import CONTENT_SECURITY_POLICY
from volunteer.web.throttle import Attempt

PAGES = (
    "/",
    "/login",
    "/me",
    "/me/settings",
    "/me/password",
    "/members",
    "/members/invite",
    "/activities/new",
    "/nowhere",
)


def lines_of(answer) -> str:
    page = BeautifulSoup(answer.text, "html.parser")
    check(page)
    return " ".join(page.main.get_text(" ").split())


@pytest.mark.parametrize("path", [*PAGES, "/static/style.css", "/healthz"])
def test_every_answer_carries_the_headers_that_protect_it(browser, path):
    answer = send(browser(make_administrator(make_team())), "GET", path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Cache-Control"] in ("private, no-cache", "no-cache")


def test_a_file_named_with_its_content_may_be_kept_for_ever(browser):
    page = browser().get("/login")
    sheet = page.soup.select_one('link[rel="stylesheet"]')["href"]
    answer = send(browser(), "GET", sheet)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_without_tls_nothing_is_promised_about_it(app):
    plain = create_app(
        Settings(
            secret_key="a key for tests only",
            database_url=app.config["SETTINGS"].database_url,
            base_url="http://192.168.1.5:8000",
            testing=True,
        )
    )
    answer = plain.test_client().get("/login")
    assert "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/login", "/logout", "/me/password", "/members/invite", "/language"])
@pytest.mark.parametrize("data", [{}, {"csrf_token": "wrong"}, {"csrf_token": "é\x00"}], ids=["none", "wrong", "odd"])
def test_a_form_without_a_right_token_is_answered_in_one_clear_sentence(browser, path, data):
    leader = make_leader(make_team())
    answer = send(browser(leader), "POST", path, token=False, data=data)
    assert answer.status_code == 400
    assert "The page was open for too long. Please tap once more." in lines_of(answer)


def test_a_token_of_one_browser_is_worth_nothing_in_another(browser):
    alice = make_member(make_team())
    data = {"phone": alice.phone, "password": PASSWORD, "csrf_token": browser()._token()}
    assert send(browser(), "POST", "/login", token=False, data=data).status_code == 400


def test_a_form_sent_from_another_site_is_refused_even_with_a_right_token(browser):
    hers = browser(make_member(make_team()))
    for elsewhere in ("https://evil.example/", "https://[", f"{BASE}:port/"):
        assert send(hers, "POST", "/logout", headers={"Referer": elsewhere}).status_code == 400
    assert hers.get("/me").path == "/me"


@pytest.mark.parametrize(
    "number",
    [
        *("9" * 30, "9" * 300, "0", "-1", "1.5", "x", "%00", "2147483647", "2147483648", "9" * 18),
    ],
)
def test_a_number_nobody_has_is_simply_not_found(browser, number):
    theirs = browser(make_administrator(make_team()))
    gets = ("/occurrences/{}", "/occurrences/{}/roster", "/occurrences/{}/cancel", "/occurrences/{}.ics")
    for path in (*gets, "/activities/{}", "/activities/{}/edit", "/members/{}"):
        answer = send(theirs, "GET", path.format(number))
        assert answer.status_code == 404, path
        assert "This page does not exist, or it is not for you." in lines_of(answer)
    token = theirs._token()
    posts = ("/occurrences/{}/signup", "/occurrences/1/roster/{}", "/activities/{}/publish", "/members/{}/link")
    for path in (*posts, "/me/devices/{}/log-out"):
        how = {"token": False, "data": {"csrf_token": token, "mark": "present"}}
        assert send(theirs, "POST", path.format(number), **how).status_code == 404, path


BIG = b"x" * (2 * 1024 * 1024)
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n%b\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/x-www-form-urlencoded", b"title=" + BIG), ("multipart/form-data; boundary=b", PART % BIG)],
    ids=["text", "file"],
)
def test_a_body_over_two_megabytes_is_too_large(browser, kind, body):
    leader = browser(make_leader(make_team()))
    answer = send(leader, "POST", "/activities/new", token=False, data=body, content_type=kind)
    assert answer.status_code == 413
    assert "That is too large to be sent." in lines_of(answer)


ACTIVITY = {"title": "Cleanup", "place": "Square", "date": "2027-12-03", "start": "09:00", "end": "10:30"}


@pytest.mark.parametrize(
    ("path", "field", "sentence"),
    [
        ("/login", "phone", "A mobile number has 11 digits."),
        ("/activities/new", "title", "Give it a title."),
        ("/activities/new", "start", "Give the time as hours and minutes, for example 9:00."),
        ("/activities/{activity}/edit", "title", "Give it a title."),
        ("/occurrences/{occurrence}/cancel", "reason", "Say why in up to 200 characters; everyone signed up reads it."),
    ],
)
def test_a_file_sent_for_a_text_is_no_text_and_the_rest_of_the_form_stays(
    browser, path: str, field: str, sentence: str
):
    date = make_date(leader := make_leader(make_team()))
    path = path.format(activity=date.activity_id, occurrence=date.id)
    typed = ACTIVITY | {"phone": "13900000000", field: (BytesIO(b"a,b"), "a.csv")}
    answer = send(browser() if path == "/login" else browser(leader), "POST", path, data=typed)
    assert answer.status_code == 422
    assert sentence in lines_of(answer)
    others = [name for name in ACTIVITY if name != field and f' name="{name}"' in answer.text]
    assert [name for name in others if f'value="{ACTIVITY[name]}"' not in answer.text] == []


def test_a_form_sent_as_json_is_an_empty_form(browser):
    hers = browser()
    how = {"json": {"phone": {"a": 1}, "password": ["x"]}, "token": False}
    headers = {"X-CSRFToken": hers._token(), "Referer": BASE + "/", "Accept-Language": "en"}
    answer = send(hers, "POST", "/login", headers=headers, **how)
    assert answer.status_code == 422
    assert "A mobile number has 11 digits." in lines_of(answer)


def test_what_is_asked_for_in_a_wrong_way_is_refused_with_a_page(browser):
    answer = send(browser(), "POST", "/healthz")
    assert answer.status_code == 405
    lines_of(answer)


EVIL = {"base_url": "https://evil.example", "headers": {"X-Forwarded-Host": "evil.example"}}


def test_the_host_a_request_claims_never_ends_up_in_a_page_or_a_redirect(browser):
    team = make_team()
    leader = make_leader(team)
    date = make_date(leader)
    sign_up(leader, date, shifts_of(date)[0])
    theirs = browser(leader)
    theirs.post("/members/invite")
    cookie = theirs.client.get_cookie("session", "volunteers.example.org")
    theirs.client.set_cookie("session", cookie.value, domain="evil.example")
    paths = ("/", "/me/settings", "/members/invite", "/activities", f"/occurrences/{date.id}")
    for path in (*paths, f"/occurrences/{date.id}.ics", "/nowhere"):
        answer = send(theirs, "GET", path, **EVIL)
        assert answer.status_code in (200, 404)
        assert "evil.example" not in answer.text, path
    assert "evil.example" not in send(browser(), "GET", "/me", **EVIL).headers["Location"]
    assert BASE in send(theirs, "GET", "/members/invite", **EVIL).text


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/me/records?a=b&c=d", "/me/records?a=b&c=d"),
        ("/活动", "/活动"),
        *((target, "") for target in (None, "", "me", "//evil", "///evil", "/\\evil", "https://evil", "\\/evil")),
        *((target, "") for target in ("/\n/evil", "/a\\b", "/\x00", "javascript:alert(1)")),
    ],
)
def test_only_a_path_of_ours_is_a_place_to_go_back_to(target, path):
    assert local_path(target) == path


def test_a_refused_tap_leads_back_to_the_page_it_came_from_and_never_elsewhere(browser):
    hers = browser(make_member(make_team()))
    data = {"locale": "tlh"}
    answer = send(hers, "POST", "/me/language", data=data, headers={"Referer": BASE + "/me/settings?x=1"})
    assert (answer.status_code, answer.location) == (303, "/me/settings?x=1")
    answer = send(hers, "POST", "/me/language", data=data, headers={"Referer": BASE + "//evil.example/"})
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("referrer", ["http://[", "http://[::1", "//[", "\\x"])
def test_a_page_that_is_not_there_says_so_wherever_the_reader_claims_to_come_from(browser, referrer):
    answer = send(browser(), "GET", "/nowhere", headers={"Referer": referrer, "Accept-Language": "en"})
    assert answer.status_code == 404
    assert "This page does not exist" in lines_of(answer)


def test_a_crash_says_that_nothing_was_saved_and_gives_a_number(app, browser, monkeypatch, caplog):
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("volunteer.teams.service.matching", lambda *_: 1 / 0)
    answer = send(browser(make_leader(make_team())), "GET", "/members")
    assert answer.status_code == 500
    sentence = lines_of(answer)
    assert "What you did is not saved; please try again (number " in sentence
    number = sentence.split("(number ")[1].split(")")[0]
    assert number in caplog.text


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")])
def test_failures_count_against_the_address_the_trusted_proxies_saw_never_one_a_stranger_claims(app, proxies, seen):
    behind = create_app(replace(app.config["SETTINGS"], proxies=proxies))
    headers = {"X-Forwarded-For": "192.0.2.66, 203.0.113.9, 198.51.100.7", "Referer": BASE}
    data = {"phone": "13900000000", "password": "not my password"}
    assert send(Browser(behind, None, "en"), "POST", "/login", data=data, headers=headers).status_code == 422
    assert db.session.query(Attempt.key).filter_by(kind="address").scalar() == seen
    with behind.app_context():
        db.engine.dispose()


def test_an_error_of_the_database_tells_the_log_no_name_and_no_number(app, browser, monkeypatch, caplog):
    team = make_team()
    alice, leader = make_member(team, "王海燕"), make_leader(team)
    again = insert(Person).values(name="王\n\n海燕", phone=alice.phone, created_at=now())
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("volunteer.teams.service.matching", lambda *_: db.session.execute(again))
    caplog.handler.addFilter(app.logger.filters[0])
    assert send(browser(leader), "GET", "/members").status_code == 500
    assert "IntegrityError" in caplog.text
    assert "海燕" not in caplog.text
    assert alice.phone not in caplog.text


def test_a_supervisor_learns_whether_the_service_lives_and_has_its_tables(browser):
    assert send(browser(), "GET", "/healthz").json == {"status": "ok"}
    ready = send(browser(), "GET", "/readyz").json
    assert ready["status"] == "ok"
    assert ready["schema"]
