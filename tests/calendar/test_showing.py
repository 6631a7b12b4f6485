"""How a date reads in a calendar: what is not sure, what is private, kinds, days off; and files one saves."""

from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial
from itertools import pairwise

import icalendar
import pytest
from flask import Flask
from sqlalchemy import update

from tests.calendar.judge import Judge, events
from tests.calendar.subscriber import Subscriber, addresses, fetch, read, unfolded
from tests.calendar.test_feed_contents import FREE, describe, uid_of
from tests.databases import holding
from tests.make import (
    Someone,
    make_activity,
    make_date,
    make_member,
    sign_up,
    withdraw,
)
from tests.moments import NOON, SetClock
from tests.pages import Open
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.calendar import files, memory
from volunteer.signups.models import Signup
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

pytestmark = pytest.mark.begins(NOON)


def mine(app: Flask, browser: Open, someone: Someone) -> list[icalendar.Event]:
    return list(read(fetch(app, addresses(browser, someone)["person"]).data).values())


@pytest.fixture
def drolma(team: Team) -> Someone:
    return make_member(team, "卓玛", locale=None)


def test_who_waits_for_a_leaders_yes_reads_so(app: Flask, browser: Open, leader: Someone, drolma: Someone) -> None:
    sign_up(drolma, make_date(leader, shifts=[PlannedShift("", time(9), time(10), 5, needs_approval=True)]))
    (item,) = mine(app, browser, drolma)
    assert (item["SUMMARY"], item["STATUS"]) == ("【待同意】Friday cleanup", "TENTATIVE")
    assert item["X-MICROSOFT-CDO-BUSYSTATUS"] == "TENTATIVE"


def test_who_is_offered_a_place_reads_until_when(
    app: Flask, browser: Open, at: SetClock, leader: Someone, drolma: Someone, bob: Someone
) -> None:
    date_ = make_date(leader, day=date(2026, 9, 3), start=time(7, 38), end=time(9), capacity=1)
    for someone in (bob, drolma):
        sign_up(someone, date_)
    at(date_.starts_at - timedelta(hours=9))
    withdraw(bob, date_)
    (item,) = mine(app, browser, drolma)
    assert (item["SUMMARY"], item["STATUS"]) == ("【待确认】Friday cleanup", "TENTATIVE")
    assert "名额留到 5:38，请确认" in item["DESCRIPTION"].split("\n")[0]
    browser(drolma).get("/me/settings").submit("/me/feeds/alarm", first=60, offer=30)
    (item,) = mine(app, browser, drolma)
    (alarm,) = item.walk("VALARM")
    assert alarm["TRIGGER"].dt == -timedelta(hours=2, minutes=30)


def test_a_private_talk_is_private_and_has_no_colour_and_others_have_their_kinds(
    app: Flask, browser: Open, leader: Someone, alice: Someone
) -> None:
    for kind, days in (("home_visit", 3), ("tree_planting", 4)):
        sign_up(alice, make_date(leader, kind=kind, in_days=days))
    talk, trees = mine(app, browser, alice)
    assert talk["CLASS"] == "PRIVATE" and "COLOR" not in talk
    assert trees["COLOR"] == "forestgreen" and "CLASS" not in trees


def test_a_day_off_is_noted_for_whoever_chose_that(app: Flask, browser: Open, leader: Someone, drolma: Someone) -> None:
    fridays = {"day": date(2026, 9, 18), "repeat": Repeat.WEEKLY, "until": date(2026, 10, 9)}
    make_activity(leader, title="每周五创卫", public=True, **fridays)
    address = addresses(browser, drolma)["team"]
    assert len(read(fetch(app, address).data)) == 2
    browser(drolma).get("/me/settings").submit("/me/feeds/team/skipped", skipped="yes")
    body = fetch(app, address).data
    notes = [item for item in read(body).values() if item["SUMMARY"] == "本周五放假，无活动"]
    assert [item["DTSTART"].dt for item in notes] == [date(2026, 9, 25), date(2026, 10, 2)]
    assert all(item["DTEND"].dt == item["DTSTART"].dt + timedelta(days=1) for item in notes)
    assert {(str(item["TRANSP"]), str(item["X-MICROSOFT-CDO-BUSYSTATUS"])) for item in notes} == {
        ("TRANSPARENT", "FREE")
    }
    assert "每周五创卫" in notes[0]["DESCRIPTION"] and "LOCATION" not in notes[0]
    assert len(read(fetch(app, addresses(browser, drolma)["public"]).data)) == 2
    assert browser(drolma).post("/me/feeds/public/skipped", skipped="yes", status=403)


def test_a_team_change_that_is_not_alices_is_no_news_for_her_calendar(
    app: Flask, browser: Open, leader: Someone, alice: Someone
) -> None:
    hers, other = make_date(leader), make_date(leader, in_days=4)
    sign_up(alice, hers)
    address = addresses(browser, alice)["person"]
    tag = fetch(app, address).headers["ETag"]
    describe(leader, other, replace(FREE, place="North gate"))
    for _ in range(2):
        assert fetch(app, address, If_None_Match=tag).status_code == 304
    describe(leader, hers, replace(FREE, place="North gate"))
    assert fetch(app, address, If_None_Match=tag).status_code == 200


def test_a_date_that_is_over_keeps_the_meeting_point_it_had(
    app: Flask, browser: Open, at: SetClock, leader: Someone, alice: Someone
) -> None:
    date_ = make_date(leader, meeting="East gate", bring="Gloves")
    sign_up(alice, date_)
    feed = Judge(app, addresses(browser, alice)["person"])
    before = feed.poll()
    at(date_.ends_at + timedelta(hours=1))
    describe(leader, date_, replace(FREE, meeting="West gate", bring="Boots"))
    assert feed.poll() == before
    assert "East gate" in browser(alice).get(f"/occurrences/{date_.id}").text


def test_a_saved_date_never_falls_back(
    app: Flask, browser: Open, at: SetClock, leader: Someone, alice: Someone, bob: Someone
) -> None:
    date_, seen = make_date(leader, capacity=1), []
    steps = [lambda: None]
    steps += [partial(what, who, date_) for what, who in ((sign_up, bob), (sign_up, alice), (withdraw, bob))]
    steps += [partial(what, alice, date_) for what in (withdraw, sign_up, withdraw)]
    for hour, step in enumerate(steps, 1):
        at(NOON + timedelta(hours=hour))
        step()
        (one,) = events(browser(alice).get(f"/occurrences/{date_.id}.ics").response.data).values()
        seen.append(one)
    for before, after in pairwise(seen):
        assert after.sequence >= before.sequence and after.modified >= before.modified
        if after.look != before.look:
            assert after.sequence > before.sequence and after.modified > before.modified


def test_the_file_is_not_said_to_be_older_when_a_date_leaves_it(
    app: Flask, browser: Open, at: SetClock, leader: Someone, alice: Someone
) -> None:
    dates = [make_date(leader, in_days=days) for days in (3, 4)]
    feed = Judge(app, addresses(browser, alice)["person"])
    for hour, step in enumerate((sign_up, sign_up, withdraw, withdraw)):
        at(NOON + timedelta(hours=hour))
        step(alice, dates[hour % 2])
        feed.poll()
    assert feed.since == NOON + timedelta(hours=3)


def test_of_two_processes_that_write_a_feed_out_at_once_one_is_remembered(
    app: Flask, browser: Open, leader: Someone, alice: Someone
) -> None:
    date_ = make_date(leader)
    sign_up(alice, date_)
    feed = Subscriber(app, addresses(browser, alice)["team"])
    feed.poll()
    feed_id = feed.address.rpartition("/")[2].partition("-")[0]
    before = memory.read(feed_id)
    describe(leader, date_, replace(FREE, place="North gate"))
    feed.poll()
    assert not memory.write(feed_id, before, before)
    assert memory.read(feed_id).revision == before.revision + 1


def test_a_calendar_of_before_goes_on_as_itself(app: Flask, browser: Open, leader: Someone, alice: Someone) -> None:
    """Nothing of what it said is remembered: all is new, and no version is lower than what it may have said."""
    date_ = make_date(leader)
    sign_up(alice, date_)
    write(lambda: db.session.execute(update(Signup).values(sequence=7)))
    address = addresses(browser, alice)["person"]
    (item,) = events(fetch(app, address).data).values()
    assert item.sequence > 7 and item.modified > NOON
    assert uid_of(date_) in unfolded(fetch(app, address).data)


def test_what_cannot_be_remembered_is_not_said_until_it_can(
    app: Flask, browser: Open, leader: Someone, alice: Someone
) -> None:
    date_ = make_date(leader)
    address = addresses(browser, alice)["team"]
    before = fetch(app, address)
    describe(leader, date_, replace(FREE, place="North gate"))
    db.session.rollback()
    with holding(app.config["SETTINGS"].database_url, "LOCK TABLE feed IN EXCLUSIVE MODE"):
        assert fetch(app, address, If_None_Match=before.headers["ETag"]).status_code == 304
        assert fetch(app, address).data == before.data
        files._shelf = files.Shelf(files.ROOM_FOR_FILES)
        answer = fetch(app, address)
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "60"
    assert "North gate" in unfolded(fetch(app, address, If_None_Match=before.headers["ETag"]).data)
