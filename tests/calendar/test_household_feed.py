"""A household's calendar: who of us goes where, for as long as one lives there."""

from datetime import time, timedelta

from flask import Flask
from sqlalchemy import delete, update

from tests.calendar.subscriber import Subscriber, addresses, check_gone, fetch, read, statements, unfolded
from tests.calendar.test_feed_contents import leave, uid_of
from tests.make import (
    Someone,
    make_date,
    make_household,
    make_leader,
    make_member,
    make_team,
    move_in,
    move_out,
    shifts_of,
    sign_up,
    withdraw,
)
from tests.moments import NOON, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.accounts.models import Person
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.storage.database import db, write
from volunteer.teams.models import HouseholdMember


def feed_of(app: Flask, browser: Open, someone: Someone) -> Subscriber:
    return Subscriber(app, addresses(browser, someone)["household"])


def title_in(feed: Subscriber, date: Occurrence) -> str | None:
    """What the date is called in a calendar that fetches now; None when it is not there."""
    item = feed.poll().get(uid_of(date))
    return str(item["SUMMARY"]) if item else None


def test_a_household_sees_its_members_dates_with_their_names(app: Flask, browser: Open) -> None:
    team = make_team()
    drolma = make_member(team, "卓玛", locale=None)
    tsering, neighbour = make_member(team, "才让"), make_member(team, "央金")
    make_household(team, drolma, tsering)
    make_household(team, neighbour, name="一号楼2户")
    lea = make_leader(team)
    ours, hers, theirs = (make_date(lea, title="每周五创卫", in_days=days) for days in (3, 4, 5))
    for someone in (drolma, tsering, neighbour):
        sign_up(someone, ours)
    sign_up(tsering, hers)
    sign_up(neighbour, theirs)
    items = feed_of(app, browser, drolma).poll()
    assert [str(item["SUMMARY"]) for item in items.values()] == ["每周五创卫（卓玛、才让）", "每周五创卫（才让）"]
    assert {str(item["TRANSP"]) for item in items.values()} == {"OPAQUE"}
    (english, _) = feed_of(app, browser, tsering).poll().values()
    assert english["SUMMARY"] == "每周五创卫 (卓玛, 才让)"


def test_a_household_is_away_from_its_first_to_its_last_shift(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    make_household(team, alice, bob)
    shifts = [PlannedShift("Dig", time(9), time(10), 5), PlannedShift("Water", time(13), time(15), 1)]
    date = make_date(make_leader(team), shifts=shifts, start=time(9), end=time(15))
    dig, water = shifts_of(date)
    feed = feed_of(app, browser, alice)
    sign_up(alice, date, dig)
    (item,) = feed.poll().values()
    assert item["DTEND"].dt - item["DTSTART"].dt == timedelta(hours=1)
    at(NOON + timedelta(hours=1))
    sign_up(bob, date, water)
    (item,) = feed.poll().values()
    assert item["DTEND"].dt - item["DTSTART"].dt == timedelta(hours=6)
    assert item["SUMMARY"] == "Friday cleanup (Alice, Bob)"
    assert "Dig / Water" in item["DESCRIPTION"]


def test_who_only_waits_is_not_named_beside_who_has_a_place(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    make_household(team, alice, bob)
    date = make_date(make_leader(team), capacity=1)
    feed = feed_of(app, browser, bob)
    sign_up(alice, date)
    sign_up(bob, date)
    assert title_in(feed, date) == "Friday cleanup (Alice)"
    at(NOON + timedelta(hours=1))
    withdraw(alice, date)
    assert title_in(feed, date) == "Friday cleanup (Bob)"


def test_a_private_talk_stays_out_of_the_household_even_ones_own(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    make_household(team, alice, bob)
    lea = make_leader(team)
    talk, cleanup = make_date(lea, kind="home_visit", title="秘密家访", place="王家"), make_date(lea, in_days=5)
    for date in (talk, cleanup):
        sign_up(alice, date)
    for someone in (alice, bob):
        address = addresses(browser, someone)["household"]
        body = fetch(app, address).data
        assert set(read(body)) == {uid_of(cleanup)}
        assert "秘密" not in unfolded(body) and "王家" not in unfolded(body)


def test_who_moves_in_brings_their_dates_and_who_moves_out_takes_them(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    home, other = make_household(team, alice), make_household(team, name="一号楼2户")
    both, his = make_date(make_leader(team)), make_date(make_leader(team), in_days=4)
    sign_up(alice, both)
    sign_up(bob, both)
    sign_up(bob, his)
    feed, hours = feed_of(app, browser, alice), iter(range(1, 99))

    def an_hour_later() -> None:
        at(NOON + timedelta(hours=next(hours)))

    assert (title_in(feed, both), title_in(feed, his)) == ("Friday cleanup (Alice)", None)
    an_hour_later()
    move_in(bob, home)
    assert (title_in(feed, both), title_in(feed, his)) == ("Friday cleanup (Alice, Bob)", "Friday cleanup (Bob)")
    theirs = feed_of(app, browser, bob)
    an_hour_later()
    move_out(bob)
    assert (title_in(feed, both), title_in(feed, his)) == ("Friday cleanup (Alice)", None)
    check_gone(app, theirs.address)
    an_hour_later()
    withdraw(bob, both)
    assert title_in(feed, both) == "Friday cleanup (Alice)"
    an_hour_later()
    move_in(bob, other)
    assert title_in(feed_of(app, browser, bob), his) == "Friday cleanup (Bob)"
    check_gone(app, theirs.address)
    an_hour_later()
    move_out(bob)
    move_in(bob, home)
    assert title_in(feed, his) == "Friday cleanup (Bob)"
    assert title_in(theirs, his) == "Friday cleanup (Bob)", "back home, the old address is good again"


def test_who_leaves_the_team_takes_their_dates_along(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    make_household(team, alice, bob)
    date = make_date(make_leader(team))
    sign_up(bob, date)
    feeds = {someone.id: feed_of(app, browser, someone) for someone in (alice, bob)}
    assert title_in(feeds[alice.id], date) == "Friday cleanup (Bob)"
    leave(bob, team)
    assert title_in(feeds[alice.id], date) is None
    check_gone(app, feeds[bob.id].address)


def test_a_closed_account_takes_its_dates_along(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, bob = make_member(team), make_member(team, "Bob")
    make_household(team, alice, bob)
    date = make_date(make_leader(team))
    sign_up(bob, date)
    feed = feed_of(app, browser, alice)
    assert title_in(feed, date)
    write(lambda: db.session.execute(update(Person).where(Person.id == bob.id).values(closed_at=clock.now())))
    assert title_in(feed, date) is None


def test_who_lives_in_no_household_has_no_feed_for_one(app: Flask, browser: Open) -> None:
    assert list(addresses(browser, make_member(make_team()))) == ["person", "team", "public"]


def test_a_household_hears_of_every_members_steps_without_any_date_being_read(app: Flask, browser: Open) -> None:
    team = make_team()
    alice, bob, eve = make_member(team), make_member(team, "Bob"), make_member(team, "Eve")
    make_household(team, alice, bob)
    date = make_date(make_leader(team))
    address = addresses(browser, alice)["household"]

    def unchanged(tag: str) -> bool:
        with statements() as asked:
            status = fetch(app, address, If_None_Match=tag).status_code
        if status == 304:
            assert len(asked) == 2
            assert not [one for one in asked if "FROM occurrence" in one or "FROM signup" in one]
        return status == 304

    tag = fetch(app, address).headers["ETag"]
    sign_up(eve, date)
    assert unchanged(tag)
    sign_up(bob, date)
    assert not unchanged(tag)
    tag = fetch(app, address).headers["ETag"]
    assert unchanged(tag)
    withdraw(bob, date)
    assert not unchanged(tag)


def test_a_household_of_which_no_record_is_left_has_no_calendar(app: Flask, browser: Open) -> None:
    team = make_team()
    alice = make_member(team)
    make_household(team, alice)
    address = addresses(browser, alice)["household"]
    write(lambda: db.session.execute(delete(HouseholdMember)))
    check_gone(app, address)
