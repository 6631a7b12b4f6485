"""The same form sent twice is done once, whatever the network does."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from tests.make import Someone, make_date, make_leader, make_member, make_team, shifts_of
from tests.pages import Browser, Open, Page
from tests.server import Phone, cookie_of, serving
from tests.signups.test_race import press_together
from tests.wire import send
from volunteer import create_app
from volunteer.activities.models import Activity
from volunteer.clock import now
from volunteer.errors import Refused
from volunteer.storage.database import db, write
from volunteer.web.access import log_out_here
from volunteer.web.transactions import KEPT, WriteKey, sweep, writes

pytestmark = pytest.mark.begins(None)  # the server runs beside the test, by a clock of its own

KEY = "a-key-of-its-own"
FIVE_FIELDS = {
    "title": "Cleanup",
    "kind": "friday_cleanup",
    "date": "2027-12-03",
    "start": "09:00",
    "end": "10:30",
    "place": "Square",
    "action": "draft",
    "write_key": KEY,
}


def count() -> int:
    return db.session.scalar(select(func.count(Activity.id))) or 0


def test_a_form_sent_again_leads_to_the_same_place_and_does_nothing(leader: Someone, browser: Open) -> None:
    first = browser(leader).post("/activities/new", **FIVE_FIELDS)
    again = browser(leader).post("/activities/new", **FIVE_FIELDS)
    assert again.path == first.path
    assert again.news == ["You have done this already; nothing was done twice."]
    assert count() == 1


def test_the_same_key_with_other_content_asks_and_keeps_what_was_typed(leader: Someone, browser: Open) -> None:
    browser(leader).post("/activities/new", **FIVE_FIELDS)
    page = browser(leader).post("/activities/new", status=409, **(FIVE_FIELDS | {"title": "Another"}))
    assert "what you have typed now is not" in page.errors[0]
    assert count() == 1
    page = page.submit("/activities/new")
    assert "Another" in page.text and count() == 2


def test_every_form_on_a_page_has_a_key_of_its_own(leader: Someone, browser: Open) -> None:
    make_date(leader, in_days=0)
    keys = [str(tag["value"]) for tag in browser(leader).get("/me/settings").soup.select('[name="write_key"]')]
    assert len(keys) == len(set(keys)) > 2


def test_a_preview_does_not_use_the_key_up(leader: Someone, browser: Open) -> None:
    browser(leader).post("/activities/new", **(FIVE_FIELDS | {"action": "preview"}))
    browser(leader).post("/activities/new", **FIVE_FIELDS)
    assert count() == 1


def test_a_refused_form_does_not_use_the_key_up(leader: Someone, browser: Open) -> None:
    browser(leader).post("/activities/new", status=422, **(FIVE_FIELDS | {"title": ""}))
    browser(leader).post("/activities/new", **FIVE_FIELDS)
    assert count() == 1


def test_somebody_elses_key_is_not_mine(leader: Someone, browser: Open) -> None:
    browser(leader).post("/activities/new", **FIVE_FIELDS)
    browser(make_leader(make_team())).post("/activities/new", **FIVE_FIELDS)
    assert count() == 2


@pytest.mark.parametrize("key", ["", "short", "x" * 41, "a\x00bcdefgh", "钥匙钥匙钥匙钥匙"])
def test_a_key_that_is_none_is_like_no_key(leader: Someone, browser: Open, key: str) -> None:
    for _ in range(2):
        browser(leader).post("/activities/new", **(FIVE_FIELDS | {"write_key": key}))
    assert count() == 2


def test_old_keys_are_forgotten(leader: Someone, browser: Open) -> None:
    browser(leader).post("/activities/new", **FIVE_FIELDS)
    write(lambda: sweep(now()))
    assert db.session.scalar(select(func.count()).select_from(WriteKey)) == 1
    write(lambda: sweep(now() + KEPT))
    assert db.session.scalar(select(func.count()).select_from(WriteKey)) == 0


def test_one_form_sent_ten_times_at_once_makes_one_activity(app: Flask, leader: Someone) -> None:
    make_date(leader)
    cookie = cookie_of(app, leader)
    with serving(app) as port:
        phones = [Phone(port, cookie) for _ in range(10)]
        for phone in phones:
            phone.get("/activities/new")
        assert set(press_together(phones, "/activities/new", **FIVE_FIELDS)) == {303}
    db.session.rollback()
    assert count() == 2


def test_places_kept_by_ten_taps_at_once_are_kept_without_a_complaint(app: Flask, leader: Someone) -> None:
    occurrence = make_date(leader, capacity=1)
    cookie, path = cookie_of(app, leader), f"/occurrences/{occurrence.id}"
    with serving(app) as port:
        phones = [Phone(port, cookie) for _ in range(10)]
        for phone in phones:
            phone.get(path)
        kept = press_together(phones, f"{path}/list/reserve", label="Guests", places="1", write_key=KEY)
        assert set(kept) == {303}
        news = [re.findall(r'role="(?:status|alert)">([^<]+)<', phone.get(path)[1]) for phone in phones]
    said, again = "The places are kept.", "You have done this already; nothing was done twice."
    assert sorted(news, reverse=True) == [[again]] * 9 + [[said]]


def test_a_tap_on_an_old_page_says_that_it_was_done(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, occurrence = make_member(team), make_date(make_leader(team))
    old = browser(alice).get(f"/occurrences/{occurrence.id}")
    old.submit("/signup")
    browser(alice).post(f"/occurrences/{occurrence.id}/withdraw")
    page = old.submit("/signup")
    assert page.news == ["You have done this already; nothing was done twice."]
    assert [shift.taken for shift in shifts_of(occurrence)] == [0]
    assert page.card(occurrence.id)["data-state"] == "open"


# What a deed says goes with the deed


@pytest.fixture
def doing(app: Flask) -> Open:
    """`doing(deed)`: Alice's phone, and a service that does this when /deed is posted. /said only says something."""

    def open_browser(deed: Callable[[], ResponseReturnValue]) -> Browser:
        service = create_app(app.config["SETTINGS"])
        service.config |= {"TESTING": False, "PROPAGATE_EXCEPTIONS": False}
        service.add_url_rule("/deed", "deed", writes(deed), methods=["POST"])
        service.add_url_rule("/said", "said", writes(lambda: say("Said before.")), methods=["POST"])
        return Browser(service, make_member(make_team()), "en")

    return open_browser


def say(sentence: str) -> ResponseReturnValue:
    flash(sentence)
    return redirect("/me/password", 303)


def look_at_a_page() -> None:
    """As a view does that shows its form again."""
    render_template("errors/error.html", code=400, back="/")


def press_one_after_the_other(phone: Browser, *paths: str) -> TestResponse:
    """Without a look at any page between; returns the last answer."""
    form = {"csrf_token": phone._token()}
    return [send(phone, "POST", path, token=False, data=form) for path in paths][-1]


def test_a_deed_that_breaks_says_nothing_and_what_was_said_before_is_still_said(doing: Open) -> None:
    def deed() -> ResponseReturnValue:
        say("Done.")
        raise ZeroDivisionError

    phone = doing(deed)
    assert Page(phone, press_one_after_the_other(phone, "/said", "/deed")).news == ["Said before."]
    assert phone.get("/me/password").news == []


def test_a_deed_that_is_refused_says_only_why(doing: Open) -> None:
    def deed() -> ResponseReturnValue:
        say("Done.")
        raise Refused("There is nothing to do.")

    page = doing(deed).post("/deed", referrer="/me/password")
    assert (page.news, page.errors) == ([], ["There is nothing to do."])


def test_a_deed_whose_answer_is_an_error_says_nothing_later(doing: Open) -> None:
    def deed() -> ResponseReturnValue:
        page = render_template("errors/error.html", code=400, back="/")
        say("Done.")
        return page, 422

    phone = doing(deed)
    assert Page(phone, press_one_after_the_other(phone, "/said", "/deed")).news == ["Said before."]
    assert phone.get("/me/password").news == []


def test_a_deed_that_ran_twice_says_it_once(doing: Open) -> None:
    runs: list[str] = []

    def deed() -> ResponseReturnValue:
        answer = say("Done.")
        runs.append("once more")
        if len(runs) == 1:
            look_at_a_page()
            raise OperationalError("COMMIT", {}, Exception(), connection_invalidated=True)
        return answer

    phone = doing(deed)
    press_one_after_the_other(phone, "/said", "/deed")
    assert phone.get("/me/password").news == ["Said before.", "Done."]
    assert len(runs) == 2


def test_what_was_said_before_is_not_lost_in_a_run_that_came_to_nothing(doing: Open) -> None:
    def deed() -> ResponseReturnValue:
        look_at_a_page()
        raise Refused("There is nothing to do.")

    phone = doing(deed)
    press_one_after_the_other(phone, "/said", "/deed")
    page = phone.get("/me/password")
    assert (page.news, page.errors) == (["Said before."], ["There is nothing to do."])


def test_who_could_not_be_logged_out_is_logged_in_still(doing: Open) -> None:
    def deed() -> ResponseReturnValue:
        log_out_here()
        raise ZeroDivisionError

    phone = doing(deed)
    phone.post("/deed", status=500)
    assert phone.get("/me").path == "/me"
