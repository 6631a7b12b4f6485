"""Feeds as calendars fetch them: who may, what is answered, what it costs."""

import gzip
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.calendar.subscriber import addresses, check_gone, fetch, read, statements
from tests.make import make_administrator, make_date, make_leader, make_member, make_team, sign_up
from tests.moments import NOON, SetClock
from tests.pages import Open
from volunteer.accounts.models import Person
from volunteer.calendar.models import Feed, FeedScope
from volunteer.calendar.subscriptions import PURPOSE
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState
from volunteer.web import tokens

"""Noon in the team's zone."""


def test_a_member_finds_three_addresses_without_a_tap_and_the_same_ones_next_time(app: Flask, browser: Open) -> None:
    alice = make_member(make_team())
    first = addresses(browser, alice)
    assert list(first) == ["person", "team", "public"]
    assert all(address.startswith("https://volunteers.example.org/cal/") for address in first.values())
    with statements() as asked:
        assert addresses(browser, alice) == first
    assert not [one for one in asked if one.startswith("INSERT INTO feed")]


def test_the_links_beside_an_address_open_calendar_apps(app: Flask, browser: Open) -> None:
    page = browser(make_member(make_team())).get("/me/settings")
    card = page.soup.select('[data-feed="person"]')[0]
    address = str(card.select("input")[0]["value"])
    links = [str(link["href"]) for link in card.select("a")]
    webcal = address.replace("https://", "webcal://")
    cid = webcal.replace(":", "%3A").replace("/", "%2F")
    assert links == [webcal, f"https://calendar.google.com/calendar/r?cid={cid}"]


def test_members_share_the_public_address_and_nothing_else(app: Flask, browser: Open) -> None:
    team = make_team()
    hers, his = (addresses(browser, make_member(team, name)) for name in ("Alice", "Bob"))
    assert hers["public"] == his["public"]
    assert len({hers["person"], his["person"], hers["team"], his["team"]}) == 4


def test_a_feed_is_answered_with_the_headers_calendars_need(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    make_date(make_leader(team))
    address = addresses(browser, make_member(team))["team"]
    for method in ("GET", "HEAD"):
        response = fetch(app, address, method, Cookie="session=nonsense", Accept_Language="en")
        headers = response.headers
        assert response.status_code == 200
        assert headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert headers["Cache-Control"] == "private, no-cache"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"
        assert "Accept-Encoding" in headers["Vary"]
        assert headers["Last-Modified"] == "Tue, 01 Sep 2026 04:00:00 GMT"
        assert "Content-Disposition" not in headers and "Set-Cookie" not in headers
        assert int(headers["Content-Length"]) == len(fetch(app, address).data)
        assert bool(response.data) == (method == "GET")


@pytest.mark.parametrize("condition", ["{tag}", "{strong}", '"other", {tag}', '{strong} , W/"x"', "*"])
def test_a_calendar_that_has_it_already_is_told_so_without_any_date_being_read(
    app: Flask, browser: Open, condition: str
) -> None:
    team = make_team()
    lea, alice = make_leader(team), make_member(team)
    sign_up(alice, make_date(lea, public=True))
    for address in addresses(browser, alice).values():
        tag = fetch(app, address).headers["ETag"]
        wanted = condition.format(tag=tag, strong=tag.removeprefix("W/"))
        with statements() as asked:
            response = fetch(app, address, If_None_Match=wanted)
        assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", tag)
        assert len(asked) == 1
        assert not [one for one in asked if "occurrence" in one or "signup" in one or "activity" in one]


@pytest.mark.parametrize("condition", ['"other"', 'W/"other", "more"', "nonsense", ""])
def test_a_calendar_that_has_something_else_gets_the_feed(app: Flask, browser: Open, condition: str) -> None:
    address = addresses(browser, make_member(make_team()))["person"]
    assert fetch(app, address, If_None_Match=condition).status_code == 200


def test_a_new_feed_reads_its_dates_in_one_statement(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, alice = make_leader(team), make_member(team)
    for in_days in (3, 4, 5):
        sign_up(alice, make_date(lea, in_days=in_days))
    address = addresses(browser, alice)["person"]
    fetch(app, address)
    sign_up(alice, make_date(lea, in_days=6))
    with statements() as asked:
        assert len(read(fetch(app, address).data)) == 4
    assert len([one for one in asked if "FROM occurrence" in one]) == 1
    others = [one for one in asked if not one.startswith(("SET LOCAL", "SELECT EXISTS"))]
    assert len(others) == 4, "whose it is, what it said, its dates, and what it says"
    with statements() as asked:
        assert len(read(fetch(app, address).data)) == 4
    assert len(asked) == 1, "what was written out once is kept"


@pytest.mark.parametrize(
    "spoilt",
    [
        "{id}-{other}",
        "{other_id}-{signature}",
        "{id}-{signature}x",
        "{id}-{signature_short}",
        "{id_upper}-{signature_upper}",
        "{id}{signature}",
        "{id}",
        "-",
        "{invite}",
        "%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00-{signature}",
        "{id}-%E5%8D%A1%E5%8D%A1%E5%8D%A1%E5%8D%A1%E5%8D%A1%E5%8D%A1aaaaaaaaaaaaaaaaaa",
        "%F0%28%8C%BC",
        "' OR 1=1 --",
        "{huge}",
    ],
)
def test_every_wrong_address_is_answered_alike(app: Flask, browser: Open, spoilt: str) -> None:
    team = make_team()
    address = addresses(browser, make_member(team))["person"]
    feed_id, signature = address.rpartition("/")[2].removesuffix(".ics").split("-")
    wrong = spoilt.format(
        id=feed_id,
        id_upper=feed_id.upper(),
        other_id=tokens.new_id(),
        signature=signature,
        signature_upper=signature.upper(),
        signature_short=signature[:-1],
        other=tokens.seal(PURPOSE, feed_id, 2).partition("-")[2],
        invite=tokens.seal("invite", feed_id),
        huge="a" * 10_240,
    )
    check_gone(app, f"/cal/{wrong}.ics")


def test_nobody_reads_on_after_leaving_the_team_but_the_public_feed_stays(app: Flask, browser: Open) -> None:
    team = make_team()
    alice = make_member(team)
    mine = addresses(browser, alice)
    leave = update(Membership).where(Membership.person_id == alice.id).values(state=MembershipState.LEFT)
    write(lambda: db.session.execute(leave))
    check_gone(app, mine["person"])
    check_gone(app, mine["team"])
    assert fetch(app, mine["public"]).status_code == 200


def test_a_closed_account_closes_its_feeds(app: Flask, browser: Open) -> None:
    alice = make_member(make_team())
    mine = addresses(browser, alice)
    write(lambda: db.session.execute(update(Person).where(Person.id == alice.id).values(closed_at=NOON)))
    check_gone(app, mine["person"])
    check_gone(app, mine["team"])


def test_alice_revokes_a_feed_and_makes_a_new_address_when_she_wants_one(app: Flask, browser: Open) -> None:
    alice = make_member(make_team())
    before = addresses(browser, alice)
    page = browser(alice).get("/me/settings").submit("/me/feeds/person/revoke")
    assert page.path == "/me/settings" and page.news
    check_gone(app, before["person"])
    assert addresses(browser, alice) == {scope: before[scope] for scope in ("team", "public")}
    card = page.soup.select('[data-feed="person"]')[0]
    assert not card.select("input[readonly], a, form[action$=revoke]")
    page.submit("/me/feeds/person/rotate")
    after = addresses(browser, alice)
    assert after["team"] == before["team"] and after["person"] != before["person"]
    assert fetch(app, after["person"]).status_code == 200
    check_gone(app, before["person"])


def test_a_revoked_public_feed_is_not_handed_out_to_anybody(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, ada = make_member(team), make_administrator(team)
    before = addresses(browser, alice)
    browser(alice).post("/me/feeds/public/revoke", status=403)
    browser(ada).get("/me/settings").submit("/me/feeds/public/revoke")
    check_gone(app, before["public"])
    assert not browser(alice).get("/me/settings").soup.select('[data-feed="public"]')
    browser(ada).get("/me/settings").submit("/me/feeds/public/rotate")
    assert fetch(app, addresses(browser, alice)["public"]).status_code == 200


def test_alice_makes_a_new_address_and_the_old_one_is_dead(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    before, bobs = addresses(browser, alice), addresses(browser, bob)
    page = browser(alice).get("/me/settings").submit("/me/feeds/team/rotate")
    assert page.path == "/me/settings" and page.news
    after = addresses(browser, alice)
    assert {scope for scope in after if after[scope] != before[scope]} == {"team"}
    check_gone(app, before["team"])
    assert fetch(app, after["team"]).status_code == 200
    assert fetch(app, bobs["team"]).status_code == 200


def test_only_administrators_make_a_new_public_address(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, ada = make_member(team), make_administrator(team)
    before = addresses(browser, alice)
    assert not browser(alice).get("/me/settings").soup.select('form[action$="/public/rotate"]')
    browser(alice).post("/me/feeds/public/rotate", status=403)
    assert fetch(app, before["public"]).status_code == 200
    browser(ada).get("/me/settings").submit("/me/feeds/public/rotate")
    check_gone(app, before["public"])
    assert fetch(app, addresses(browser, alice)["public"]).status_code == 200


def test_there_is_no_feed_of_another_kind_to_rotate(app: Flask, browser: Open) -> None:
    alice = browser(make_member(make_team()))
    for scope in ("leader", "household", "everything"):
        alice.post(f"/me/feeds/{scope}/rotate", status=404)
        alice.post(f"/me/feeds/{scope}/revoke", status=404)


def test_the_last_use_is_noted_once_a_day(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    alice = make_member(make_team())
    address = addresses(browser, alice)["person"]
    last_day = select(Feed.last_day).where(Feed.person_id == alice.id, Feed.scope == FeedScope.PERSON)
    assert db.session.scalar(last_day) is None
    for days, marks in ((0, 1), (0, 0), (1, 1), (1, 0)):
        at(NOON + timedelta(days=days))
        with statements() as asked:
            fetch(app, address)
        assert len([one for one in asked if one.startswith("UPDATE feed SET last_day")]) == marks
        db.session.rollback()
        assert db.session.scalar(last_day) == (NOON + timedelta(days=days)).date()


def test_a_feed_is_the_same_whoever_asks_in_whatever_language(app: Flask, browser: Open) -> None:
    team = make_team()
    alice = make_member(team)
    sign_up(alice, make_date(make_leader(team)))
    address = addresses(browser, alice)["person"]
    answers = {
        (answer.data, answer.headers["ETag"])
        for answer in (
            fetch(app, address),
            fetch(app, address, Accept_Language="zh"),
            fetch(app, address, Accept_Language="en", Accept_Encoding="br, gzip;q=0"),
            fetch(app, address, Host="evil.example.com"),
        )
    }
    assert len(answers) == 1


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "GZIP;q=0.5", "*"])
def test_a_feed_comes_compressed_to_whoever_takes_that(app: Flask, browser: Open, accepted: str) -> None:
    team = make_team()
    alice = make_member(team)
    sign_up(alice, make_date(make_leader(team)))
    address = addresses(browser, alice)["person"]
    plain = fetch(app, address)
    small, again = (fetch(app, address, Accept_Encoding=accepted) for _ in range(2))
    assert gzip.decompress(small.data) == plain.data and small.data == again.data
    assert small.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data)
    for name in ("ETag", "Vary", "Last-Modified", "Content-Type"):
        assert small.headers[name] == plain.headers[name]
    assert fetch(app, address, Accept_Encoding=accepted, If_None_Match=plain.headers["ETag"]).status_code == 304
