"""The page that hands out calendars, and when one's own dates ring."""

from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest
from flask import Flask

from tests.calendar.subscriber import addresses, fetch, read, unfolded
from tests.calendar.test_feed_contents import cancel
from tests.make import make_date, make_household, make_leader, make_member, make_team, sign_up
from tests.moments import NOON, SetClock
from tests.pages import Open, Page
from volunteer.web.addresses import qr


def test_the_page_hands_out_the_same_addresses_as_the_settings(app: Flask, browser: Open) -> None:
    team = make_team()
    lea = make_leader(team)
    make_household(team, lea)
    handed_out = {
        str(card["data-feed"]): str(card.select("input[readonly]")[0]["value"])
        for card in browser(lea).get("/me/calendars").soup.select("[data-feed]")
    }
    assert list(handed_out) == ["person", "household", "team", "leader", "public"]
    assert handed_out == addresses(browser, lea)
    assert browser(lea).get("/me/settings").soup.select('a[href="/me/calendars"]')


def test_the_page_says_how_on_every_device_and_how_late_a_calendar_may_be(app: Flask, browser: Open) -> None:
    text = browser(make_member(make_team())).get("/me/calendars").text
    for word in ("iPhone", "Computer", "Outlook", "Android", "ICSx⁵", "Google Calendar", "up to a day"):
        assert word in text


def test_the_code_on_the_page_leads_to_the_page_and_never_to_a_calendar(app: Flask, browser: Open) -> None:
    alice = make_member(make_team())
    page = browser(alice).get("/me/calendars")
    assert str(qr("https://volunteers.example.org/me/calendars")) in page.response.text
    for address in addresses(browser, alice).values():
        assert str(qr(address)) not in page.response.text


def test_inside_wechat_the_page_says_how_to_get_out(app: Flask, browser: Open) -> None:
    alice = browser(make_member(make_team()))
    assert not alice.get("/me/calendars").soup.select("[data-wechat]")
    alice.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"
    notice = alice.get("/me/calendars").soup.select("[data-wechat]")[0]
    assert "Open in browser" in notice.get_text() and "···" in notice.get_text()


def test_a_copy_button_names_the_field_it_copies_and_is_not_there_without_scripts(app: Flask, browser: Open) -> None:
    page = browser(make_member(make_team())).get("/me/calendars")
    buttons = page.soup.select("button[data-copy]")
    assert len(buttons) == 3
    for button in buttons:
        assert button.has_attr("hidden") and button["data-copied"] == "Copied" and button["type"] == "button"
        (field,) = page.soup.select(f"#{button['data-copy']}")
        assert str(field["value"]).startswith("https://volunteers.example.org/cal/")


@pytest.mark.parametrize("path", ["/me/settings", "/me/calendars"])
def test_a_button_leads_back_to_the_page_it_was_on(app: Flask, browser: Open, path: str) -> None:
    page = browser(make_member(make_team())).get(path)
    for button in ("/team/rotate", "/team/revoke", "/feeds/alarm"):
        assert page.submit(button).path == path


# When one's own dates ring


def alarms(item: icalendar.Event) -> list[timedelta]:
    found = item.walk("VALARM")
    assert all(alarm["ACTION"] == "DISPLAY" and alarm["DESCRIPTION"] == item["SUMMARY"] for alarm in found)
    return [alarm["TRIGGER"].dt for alarm in found]


def ring(page: Page, **chosen: object) -> Page:
    return page.submit("/me/feeds/alarm", **chosen)


@pytest.mark.parametrize(
    ("chosen", "before"),
    [
        ({}, []),
        ({"first": 60}, [-timedelta(hours=1)]),
        ({"first": 1440, "second": "45"}, [-timedelta(minutes=45), -timedelta(days=1)]),
        ({"evening": "yes"}, [-timedelta(hours=13)]),
        ({"offer": 30}, []),
    ],
)
def test_alice_is_reminded_when_she_wants_to_be(
    app: Flask, browser: Open, chosen: dict[str, object], before: list[timedelta]
) -> None:
    team = make_team()
    alice = make_member(team)
    make_household(team, alice)
    sign_up(alice, make_date(make_leader(team)))
    mine = addresses(browser, alice)
    silent = {scope: fetch(app, address) for scope, address in mine.items()}
    page = browser(alice).get("/me/settings")
    assert [page.value(name) for name in ("first", "second", "offer")] == ["", "", ""]
    page = ring(page, **chosen)
    assert page.news
    for name in chosen.keys() - {"evening"}:
        assert page.value(name) == str(chosen[name])
    assert bool(page.soup.select("input[name=evening][checked]")) == ("evening" in chosen)
    for scope, address in mine.items():
        now = fetch(app, address)
        rings = scope == "person" and before != []
        assert (now.data != silent[scope].data, now.headers["ETag"] != silent[scope].headers["ETag"]) == (rings, rings)
        for item in read(now.data).values():
            assert alarms(item) == (before if scope == "person" else [])
            assert item["SEQUENCE"] == read(silent[scope].data)[str(item["UID"])]["SEQUENCE"]


def test_the_evening_before_is_one_on_the_clocks_of_the_place(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    alice, lea = make_member(team), make_leader(team)
    for day, start in ((date(2026, 9, 4), time(0, 30)), (date(2026, 9, 5), time(21))):
        sign_up(alice, make_date(lea, day=day, start=start, end=time(23, 30)))
    ring(browser(alice).get("/me/settings"), evening="yes")
    items = read(fetch(app, addresses(browser, alice)["person"]).data).values()
    rings = [item["DTSTART"].dt + alarms(item)[0] for item in items]
    assert rings == [datetime(2026, 9, day, 12, tzinfo=UTC) for day in (3, 4)]  # 20:00 in China


def test_nothing_rings_for_a_place_that_is_not_sure_or_a_date_that_is_off(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, alice, bob = make_leader(team), make_member(team), make_member(team, "Bob")
    full, off, sure = (make_date(lea, in_days=days, capacity=1) for days in (3, 4, 5))
    sign_up(bob, full)
    for one in (full, off, sure):
        sign_up(alice, one)
    cancel(lea, off)
    ring(browser(alice).get("/me/settings"), first=60)
    items = read(fetch(app, addresses(browser, alice)["person"]).data).values()
    assert [len(alarms(item)) for item in items] == [0, 0, 1]


def test_a_private_talk_rings_without_saying_what_it_is(app: Flask, browser: Open) -> None:
    team = make_team()
    alice = make_member(team)
    sign_up(alice, make_date(make_leader(team), kind="home_visit", title="秘密家访"))
    ring(browser(alice).get("/me/settings"), first=60)
    body = fetch(app, addresses(browser, alice)["person"]).data
    (item,) = read(body).values()
    assert len(alarms(item)) == 1 and "秘密" not in unfolded(body)


@pytest.mark.parametrize("typed", ["always", "-5", "1.5", "40321", "999999"])
def test_a_reminder_that_is_no_number_of_minutes_is_refused(app: Flask, browser: Open, typed: str) -> None:
    alice = browser(make_member(make_team()))
    ring(alice.get("/me/settings"), first=90)
    for name in ("first", "second", "offer"):
        assert "whole minutes" in alice.post("/me/feeds/alarm", **{name: typed}).errors[0]
    assert alice.get("/me/settings").value("first") == "90"
