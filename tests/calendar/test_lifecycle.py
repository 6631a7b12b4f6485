"""A date's whole life, as every kind of calendar sees it; and any life at all, made up step by step."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from itertools import count

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from tests.calendar.readers import by_calcurse, by_home_assistant, by_icalendar, by_icaljs, by_vobject
from tests.calendar.subscriber import Subscriber, addresses, check_gone
from tests.calendar.test_feed_contents import uid_of
from tests.databases import empty
from tests.make import (
    Someone,
    describe,
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
from volunteer.activities import holidays
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import Details
from volunteer.activities.states import OccurrenceState
from volunteer.errors import Refused
from volunteer.schedule import cancellations, moves
from volunteer.signups import jobs
from volunteer.storage.database import Base, db, write
from volunteer.teams.models import Membership, MembershipState

FRIDAYS = [date(2026, 9, 4), date(2026, 9, 11), date(2026, 9, 18)]


class Life:
    """A team with a public Friday series, its people, and five calendars that watch."""

    def __init__(self, app: Flask, browser: Open, at: SetClock) -> None:
        self.browser, self.at, self.hours = browser, at, count(1)
        at(NOON)
        self.team = make_team()
        self.lea, self.ada = make_leader(self.team), make_administrator(self.team)
        self.alice, self.bob = make_member(self.team, "Alice"), make_member(self.team, "Bob")
        make_household(self.team, self.bob, make_member(self.team, "Carol"))
        found = addresses(browser, self.bob) | {"leader": addresses(browser, self.lea)["leader"]}
        self.feeds = {scope: Subscriber(app, address) for scope, address in found.items()}
        self.files: list[bytes] = []

    def publish(self) -> Activity:
        return make_activity(
            self.lea,
            title="Cleanup",
            place="Square",
            public=True,
            capacity=1,
            repeat=Repeat.WEEKLY,
            day=FRIDAYS[0],
            until=FRIDAYS[-1],
        )

    def look(self) -> dict[str, dict[str, str]]:
        """Every calendar fetches; then an hour passes. Returns status by UID, for each scope."""
        seen = {}
        for scope, feed in self.feeds.items():
            items = feed.poll()
            seen[scope] = {uid: str(item["STATUS"]) for uid, item in items.items()}
            self.files.append(feed.body)
        self.at(clock.now() + timedelta(hours=1))
        return seen

    def dates(self) -> list[Occurrence]:
        db.session.rollback()
        db.session.expire_all()
        return list(db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at, Occurrence.id)))

    def rename(self, activity_id: int, place: str) -> None:
        def do() -> None:
            activity = db.session.get_one(Activity, activity_id)
            said = Details(activity.title, "", place, "", "", "", "", "")
            describe(self.lea.actor, activity_id, said, clock.now())

        write(do)

    def leave(self, someone: Someone) -> None:
        gone = update(Membership).where(Membership.person_id == someone.id).values(state=MembershipState.LEFT)
        write(lambda: db.session.execute(gone))


def _skip_without(reader: str) -> None:
    program = {"ical.js": "node", "calcurse": "calcurse"}.get(reader)
    if program and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed, so {reader} reads nothing")
    if reader == "ical":
        pytest.importorskip("ical", reason="ical, Home Assistant's reader, is not installed")


SCOPES = {"person", "household", "team", "public", "leader"}
EVERYONES = {"team", "public", "leader"}


def scopes_with(seen: dict[str, dict[str, str]], uid: str, status: str) -> set[str]:
    return {scope for scope, dates in seen.items() if dates.get(uid) == status}


@pytest.mark.parametrize("reader", ["vobject", "ical.js", "ical", "calcurse"])
def test_every_reader_agrees_with_icalendar_on_every_calendar_after_every_step_of_a_dates_life(
    app: Flask, browser: Open, at: SetClock, reader: str
) -> None:
    _skip_without(reader)
    life = Life(app, browser, at)
    assert set(life.feeds) == SCOPES
    life.look()
    activity = life.publish()
    first, second, third = life.dates()
    uids = [uid_of(one) for one in (first, second, third)]
    lea, ids = life.lea.actor, [one.id for one in (first, second, third)]
    assert scopes_with(life.look(), uids[1], "CONFIRMED") == EVERYONES

    sign_up(life.alice, second)
    assert scopes_with(life.look(), uids[1], "CONFIRMED") == EVERYONES
    sign_up(life.bob, second)
    assert scopes_with(life.look(), uids[1], "TENTATIVE") == {"person", "household"}
    withdraw(life.alice, second)
    assert scopes_with(life.look(), uids[1], "CONFIRMED") == SCOPES

    life.rename(activity.id, "North gate")
    assert scopes_with(life.look(), uids[1], "CONFIRMED") == SCOPES
    write(lambda: move_date(lea, ids[1], date(2026, 9, 12), time(9), time(10), clock.now()))
    life.look()
    write(lambda: move_following(lea, ids[1], date(2026, 9, 13), time(14), time(16), clock.now()))
    seen = life.look()
    assert all(scopes_with(seen, uid, "CONFIRMED") >= EVERYONES for uid in uids)
    assert [uid_of(one) for one in life.dates()] == uids

    write(lambda: cancellations.cancel_date(lea, ids[1], "wind", clock.now()))
    assert scopes_with(life.look(), uids[1], "CANCELLED") == SCOPES
    write(lambda: cancellations.restore_date(lea, ids[1], clock.now()))
    assert scopes_with(life.look(), uids[1], "CONFIRMED") == SCOPES

    day = clock.local(life.dates()[2].starts_at, "Asia/Shanghai").date()
    write(lambda: holidays.add(life.ada.actor, holidays.HolidayNotice(day, day, False, "Fair", "notice"), clock.now()))
    life.look()
    series_id = life.dates()[2].activity_id
    write(lambda: moves.keep_to_plan(lea, db.session.get_one(Activity, series_id), clock.now()))
    assert scopes_with(life.look(), uids[2], "CANCELLED") == EVERYONES

    for scope, feed in life.feeds.items():
        owner = {"public": life.ada, "leader": life.lea}.get(scope, life.bob)
        life.browser(owner).post(f"/me/feeds/{scope}/rotate")
        check_gone(app, feed.address)
        feed.address = addresses(browser, owner)[scope]
    assert scopes_with(life.look(), uids[1], "CONFIRMED") == SCOPES
    life.leave(life.bob)
    for scope in ("person", "household", "team"):
        check_gone(app, life.feeds.pop(scope).address)
    life.look()

    expected = by_icalendar(life.files)
    assert len(expected) > 60 and sum(map(len, expected)) > 100
    if reader == "calcurse":
        titles = [sorted((one["title"], one["starts_at"], one["ends_at"]) for one in file) for file in expected]
        assert [by_calcurse(file) for file in life.files[::5]] == titles[::5]
    else:
        assert READERS[reader](life.files) == expected


READERS = {"vobject": by_vobject, "ical.js": by_icaljs, "ical": by_home_assistant}


class AnyLife(RuleBasedStateMachine):
    """Any sequence of edits. Subscribers check after each: UIDs stay, SEQUENCE never falls, tags tell the truth."""

    make: Callable[[], Life]
    clean: Callable[[], None]

    @initialize()
    def begin(self) -> None:
        self.life = self.make()
        self.life.publish()
        self.uids = {uid_of(one) for one in self.life.dates()}

    def _one(self, n: int) -> Occurrence:
        dates = self.life.dates()
        return dates[n % len(dates)]

    def _try(self, deed: Callable[[], object]) -> None:
        try:
            write(deed)
        except Refused:
            db.session.rollback()

    @rule(n=st.integers(0, 2), who=st.booleans())
    def somebody_signs_up(self, n: int, who: bool) -> None:
        someone, one = (self.life.alice if who else self.life.bob), self._one(n)
        try:
            sign_up(someone, one)
        except Refused:
            db.session.rollback()

    @rule(n=st.integers(0, 2), who=st.booleans())
    def somebody_withdraws(self, n: int, who: bool) -> None:
        try:
            withdraw(self.life.alice if who else self.life.bob, self._one(n))
        except Refused:
            db.session.rollback()

    @rule(n=st.integers(0, 2), by=st.integers(-2, 9), hour=st.integers(6, 20), following=st.booleans())
    def a_leader_moves(self, n: int, by: int, hour: int, following: bool) -> None:
        one, move = self._one(n), move_following if following else move_date
        day = clock.local(one.starts_at, "Asia/Shanghai").date() + timedelta(days=by)
        lea, occurrence_id = self.life.lea.actor, one.id
        self._try(lambda: move(lea, occurrence_id, day, time(hour), time(hour + 1), clock.now()))

    @rule(n=st.integers(0, 2))
    def a_leader_cancels(self, n: int) -> None:
        occurrence_id = self._one(n).id
        self._try(lambda: cancellations.cancel_date(self.life.lea.actor, occurrence_id, "wind", clock.now()))

    @rule(n=st.integers(0, 2))
    def a_leader_restores(self, n: int) -> None:
        occurrence_id = self._one(n).id
        self._try(lambda: cancellations.restore_date(self.life.lea.actor, occurrence_id, clock.now()))

    @rule(n=st.integers(0, 2), place=st.sampled_from(["Square", "North gate", "桥头；,\\n"]))
    def a_leader_renames_the_place(self, n: int, place: str) -> None:
        self.life.rename(self._one(n).activity_id, place)

    @rule(day=st.dates(date(2026, 9, 2), date(2026, 9, 20)))
    def a_holiday_is_announced_and_kept_to(self, day: date) -> None:
        ada = self.life.ada.actor
        self._try(lambda: holidays.add(ada, holidays.HolidayNotice(day, day, False, "Fair", "notice"), clock.now()))
        for activity_id in {one.activity_id for one in self.life.dates()}:
            self._try(lambda a=activity_id: moves.keep_to_plan(ada, db.session.get_one(Activity, a), clock.now()))

    @precondition(lambda self: hasattr(self, "life"))
    @invariant()
    def every_calendar_is_true(self) -> None:
        seen = self.life.look()
        dates = self.life.dates()
        assert {uid_of(one) for one in dates} == self.uids
        on = {uid_of(one) for one in dates if one.state is OccurrenceState.PUBLISHED}
        assert {uid for uid, status in seen["team"].items() if status == "CONFIRMED"} == on
        assert jobs.check(clock.now()) == []

    def teardown(self) -> None:
        self.clean()


@pytest.fixture
def any_life(app: Flask, browser: Open, at: SetClock) -> Iterator[type[AnyLife]]:
    def clean() -> None:
        db.session.remove()
        empty(db.engine, Base.metadata)

    yield type("AnyLifeHere", (AnyLife,), {"make": lambda self: Life(app, browser, at), "clean": lambda self: clean()})


def test_whatever_is_done_to_dates_every_calendar_stays_true(any_life: type[AnyLife]) -> None:
    few = settings(max_examples=6, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(any_life, settings=few)
