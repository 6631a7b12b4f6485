"""A date from its publishing until nobody may read on, in every feed at once, each held to its promises."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select

from tests.calendar.subscriber import Subscriber, addresses, check_gone
from tests.calendar.test_feed_contents import FREE, cancel, describe, leave, uid_of
from tests.make import (
    make_activity,
    make_administrator,
    make_household,
    make_leader,
    make_member,
    make_team,
    move_date,
    move_following,
    sign_up,
    withdraw,
)
from tests.moments import NOON, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Activity, CalendarDay, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.calendar.models import FeedScope
from volunteer.schedule import cancellations, moves
from volunteer.storage.database import db, write
from volunteer.teams import households
from volunteer.teams.models import MembershipState

SCOPES = tuple(scope.value for scope in FeedScope)


@dataclass
class Watch:
    """Somebody's calendars, all of them, an hour later at each look."""

    feeds: dict[str, Subscriber]
    uid: str
    at: SetClock
    hours: Iterator[int] = field(default_factory=lambda: iter(range(1, 100)))

    def look(self) -> dict[str, str]:
        """The title of the date in each calendar that shows it, with its status where that is not "confirmed"."""
        found = {scope: feed.poll().get(self.uid) for scope, feed in self.feeds.items()}
        self.at(NOON + timedelta(hours=next(self.hours)))
        return {scope: _told(item) for scope, item in found.items() if item}

    def start(self) -> datetime:
        """When it begins, as all calendars agree."""
        starts = {feed.known[self.uid]["DTSTART"].dt for feed in self.feeds.values()}
        assert len(starts) == 1
        (begins,) = starts
        assert isinstance(begins, datetime)
        return clock.local(begins, "Asia/Shanghai")


def _told(item: icalendar.Event) -> str:
    status = str(item["STATUS"])
    return f"{item['SUMMARY']}{'' if status == 'CONFIRMED' else ' ' + status}"


def test_every_calendar_keeps_its_promises_through_all_that_can_happen_to_a_date(
    app: Flask, browser: Open, at: SetClock
) -> None:
    at(NOON)
    team = make_team()
    bob, alice, eve = make_leader(team, "Bob"), make_member(team), make_member(team, "Eve")
    make_household(team, alice, bob)
    mine = addresses(browser, bob)
    assert tuple(mine) == SCOPES
    fridays = make_activity(
        bob, title="Cleanup", place="Square", public=True, capacity=1, day=date(2026, 9, 4), repeat=Repeat.WEEKLY,
        until=date(2026, 9, 18),
    )  # fmt: skip
    _, second, third = db.session.scalars(
        select(Occurrence).where(Occurrence.activity_id == fridays.id).order_by(Occurrence.starts_at)
    )
    watch = Watch({scope: Subscriber(app, address) for scope, address in mine.items()}, uid_of(second), at)
    free = dict.fromkeys(("team", "leader", "public"), "Cleanup")
    assert watch.look() == free

    sign_up(eve, second)
    assert watch.look() == free
    sign_up(bob, second)
    waits = {"person": "[Waiting list] Cleanup TENTATIVE", "household": "[Waiting list] Cleanup (Bob) TENTATIVE"}
    assert watch.look() == free | waits
    withdraw(eve, second)
    assert watch.look() == free | {"person": "Cleanup", "household": "Cleanup (Bob)"}
    sign_up(alice, second)
    withdraw(bob, second)
    assert watch.look() == free | {"household": "Cleanup (Alice)"}
    sign_up(bob, second)
    withdraw(alice, second)
    everywhere = free | {"person": "Cleanup", "household": "Cleanup (Bob)"}
    assert watch.look() == everywhere

    describe(bob, second, replace(FREE, place="North gate"))
    assert watch.look() == everywhere
    assert {str(feed.known[watch.uid]["LOCATION"]) for feed in watch.feeds.values()} == {"North gate"}
    second_id, third_id = second.id, third.id
    moved = date(2026, 9, 12), time(15), time(16, 30)
    write(lambda: move_following(bob.actor, second_id, *moved, clock.now()))
    assert watch.look() == everywhere and (watch.start().day, watch.start().hour) == (12, 15)
    write(lambda: move_date(bob.actor, second_id, date(2026, 9, 13), *moved[1:], clock.now()))
    assert watch.look() == everywhere and watch.start().day == 13

    cancel(bob, second)
    off = {scope: f"[Cancelled] {title} CANCELLED" for scope, title in everywhere.items()}
    off["public"] = "【已取消】Cleanup CANCELLED"
    assert watch.look() == off
    write(lambda: cancellations.restore_date(bob.actor, second_id, clock.now()))
    assert watch.look() == everywhere

    watch.uid = uid_of(db.session.get_one(Occurrence, third_id))
    sign_up(bob, third)
    assert watch.look() == everywhere
    _make_holiday(team.id, watch.start().date())
    write(lambda: moves.keep_to_plan(bob.actor, _series_of(third_id), clock.now()))
    assert watch.look() == off

    for someone in (alice, bob):
        write(lambda who=someone: households.touch_homes_of(who.id, clock.now()))
        leave(someone, team)
        if someone is alice:
            assert watch.look() == off
    for scope in SCOPES:
        if scope != "public":
            check_gone(app, watch.feeds[scope].address)
    write(lambda: households.touch_homes_of(bob.id, clock.now()))
    leave(bob, team, MembershipState.ACTIVE)
    assert watch.look() == off

    ada = make_administrator(team)
    for scope, feed in watch.feeds.items():
        browser(ada if scope == "public" else bob).post(f"/me/feeds/{scope}/rotate")
        check_gone(app, feed.address)
    for scope, address in addresses(browser, bob).items():
        watch.feeds[scope].address = address
    assert watch.look() == off


def _series_of(occurrence_id: int) -> Activity:
    return db.session.get_one(Activity, db.session.get_one(Occurrence, occurrence_id).activity_id)


def _make_holiday(team_id: int, day: date) -> None:
    off = CalendarDay(team_id=team_id, day=day, working=False, name="Festival", source="notice")
    write(lambda: db.session.add(off))


@pytest.mark.parametrize("scope", SCOPES)
def test_a_cancelled_date_takes_up_nobodys_time(app: Flask, browser: Open, at: SetClock, scope: str) -> None:
    at(NOON)
    team = make_team()
    bob = make_leader(team, "Bob")
    make_household(team, bob)
    date_ = db.session.scalars(
        select(Occurrence).where(Occurrence.activity_id == make_activity(bob, public=True).id)
    ).one()
    sign_up(bob, date_)
    feed = Subscriber(app, addresses(browser, bob)[scope])
    busy = "OPAQUE" if scope in ("person", "household") else "TRANSPARENT"
    assert feed.poll()[uid_of(date_)]["TRANSP"] == busy
    at(NOON + timedelta(hours=1))
    cancel(bob, date_)
    assert feed.poll()[uid_of(date_)]["TRANSP"] == "TRANSPARENT"
