"""A person's days, counted: an hour counts once, whoever was ticked first, and the audit counts otherwise."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests.bench.inside import counted_statements
from tests.make import Someone, make_date, make_leader, make_member, make_team, signup_of
from tests.moments import ZONE, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.actor import Role
from volunteer.checkin import service as checkin
from volunteer.ledger import confirmation, jobs, records
from volunteer.ledger.counting import Credit, odd_days
from volunteer.ledger.models import Balance
from volunteer.ledger.replay import Attendance
from volunteer.ledger.states import EntryKind
from volunteer.storage.database import db, write
from volunteer.teams import service as teams
from volunteer.teams.models import MembershipState, Team

pytestmark = pytest.mark.begins(on(2, 5))

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)


@pytest.fixture
def came(leader: Someone, bob: Someone, at: SetClock) -> Callable[..., list[Occurrence]]:
    """`came((9, 12), (10, 12))`: Bob was at dates of these hours, ticked in this order on the evening of that day."""

    def live(*hours: tuple[int, int], day: date = TUESDAY, **wishes: object) -> list[Occurrence]:
        at(clock.utc(MONDAY, time(6), ZONE))
        dates = [
            make_date(leader, title=f"From {start}", day=day, start=time(start), end=time(end % 24), **wishes)
            for start, end in hours
        ]
        at(max(clock.utc(day, time(23), ZONE), *(one.ends_at for one in dates)))
        for one in dates:
            walk_in(leader, bob, one)
        return dates

    return live


def walk_in(leader: Someone, someone: Someone, date: Occurrence) -> None:
    date_id, now = date.id, clock.now()
    write(lambda: checkin.walk_in(leader.actor, date_id, someone.id, None, now))


def confirm(leader: Someone, *dates: Occurrence) -> None:
    for one in dates:
        date_id, now = one.id, clock.now()
        write(lambda: confirmation.confirm(leader.actor, date_id, {}, None, now))  # noqa: B023 - done at once


def hours(someone: Someone) -> tuple[int, int]:
    """Minutes that count, and those to be confirmed."""
    found = records.sum_up(someone.actor, clock.now())
    return found.total, found.open


def shown(someone: Someone, *dates: Occurrence) -> list[int]:
    """The minutes that stand on these dates, the same on each page."""
    its = {one.id: records.find_card(someone.actor, one.id, clock.now()) for one in dates}
    cards = {one.id: one for one in records.list_cards(someone.actor, on(1, 0), on(9, 0), clock.now())}
    minutes = [card.came.minutes for card in its.values() if card and card.came]
    assert minutes == [card.came.minutes for one in dates if (card := cards[one.id]).came]
    return minutes


@pytest.mark.parametrize("spans", [[(9, 12), (10, 12)], [(10, 12), (9, 12)]])
def test_from_nine_and_from_ten_until_twelve_are_three_hours_whoever_was_ticked_and_confirmed_first(
    leader: Someone, bob: Someone, came: Callable[..., list[Occurrence]], spans: list[tuple[int, int]]
) -> None:
    dates = came(*spans)
    assert hours(bob) == (0, 180)
    assert shown(bob, *sorted(dates, key=lambda one: one.starts_at)) == [180, 0]
    confirm(leader, dates[0])
    assert sum(hours(bob)) == 180
    confirm(leader, dates[1])
    assert hours(bob) == (180, 0) and sum(shown(bob, *dates)) == 180
    assert jobs.check(clock.now()) == []


def test_of_ten_hours_eight_count_and_two_wait_for_a_second_person(
    leader: Someone, team: Team, bob: Someone, came: Callable[..., list[Occurrence]]
) -> None:
    dates = came((8, 14), (15, 19))
    confirm(leader, *dates)
    assert hours(bob) == (480, 120) and shown(bob, *dates) == [360, 240]
    confirm(make_leader(team, "Mia"), dates[1])
    assert hours(bob) == (600, 0)


def test_a_night_and_the_morning_in_it_are_counted_once_in_each_week(
    leader: Someone, bob: Someone, at: SetClock
) -> None:
    sunday = MONDAY - timedelta(days=1)
    at(clock.utc(sunday, time(6), ZONE))
    night = make_date(leader, title="Night", day=sunday, start=time(18), end=time(2))
    morning = make_date(leader, title="Morning", day=MONDAY, start=time(1), end=time(9))
    at(morning.ends_at)
    for one in (morning, night):
        walk_in(leader, bob, one)
    assert hours(bob) == (0, 15 * 60) and shown(bob, night, morning) == [480, 420]
    confirm(leader, night, morning)
    assert hours(bob) == (480 + 360, 60) and jobs.check(clock.now()) == []


def test_a_week_of_attended_dates_takes_at_most_four_statements(
    bob: Someone, came: Callable[..., list[Occurrence]], browser: Open
) -> None:
    came(*((hour, hour + 1) for hour in range(7, 20)))
    phone = browser(bob)
    with counted_statements() as statements:
        page = phone.get("/")
    assert "Done, 1.0 hours" in page.text
    assert len(statements) <= 4, statements


# What the operator is told


def test_the_audit_names_a_day_with_marks_for_more_hours_than_it_has(
    leader: Someone, bob: Someone, came: Callable[..., list[Occurrence]], app: Flask
) -> None:
    _, second = came((0, 24), (0, 24))
    wrong = f"person {bob.id}: marks for 2880 minutes of 2026-11-03, which has 1440"
    assert jobs.check(clock.now()) == [wrong]
    said = app.test_cli_runner().invoke(args=["check"])
    assert (said.output.splitlines(), said.exit_code) == ([wrong, "1 wrong"], 1)
    signup_id, second_id = signup_of(bob, second).id, second.id
    write(lambda: checkin.take_back(leader.actor, second_id, signup_id, clock.now()))
    assert jobs.check(clock.now()) == []


def test_the_audit_says_nothing_of_a_day_that_is_counted_right(
    came: Callable[..., list[Occurrence]], leader: Someone
) -> None:
    came((9, 12), (10, 12), (11, 15), (18, 26))
    came((8, 16), kind="reading_day")
    assert jobs.check(clock.now()) == []


def test_the_audit_asks_as_few_questions_however_many_people_came(
    leader: Someone, team: Team, came: Callable[..., list[Occurrence]]
) -> None:
    (cleanup, _) = came((9, 12), (10, 12))
    with counted_statements() as few:
        jobs.check(clock.now())
    for n in range(8):
        walk_in(leader, make_member(team, f"Volunteer {n}"), cleanup)
    with counted_statements() as many:
        assert jobs.check(clock.now()) == []
    assert len(many) == len(few)


def test_who_tampers_with_what_is_kept_is_found_out_and_one_command_mends_it(
    leader: Someone, bob: Someone, came: Callable[..., list[Occurrence]], app: Flask
) -> None:
    (cleanup, other) = came((9, 12), (14, 15))
    confirm(leader, cleanup)
    signup_id, other_id, console = signup_of(bob, cleanup).id, signup_of(bob, other).id, app.test_cli_runner()
    write(lambda: db.session.execute(update(Balance).where(Balance.signup_id == signup_id).values(confirmed=6000)))
    write(lambda: db.session.query(Balance).filter_by(signup_id=other_id).delete())
    said = console.invoke(args=["check"])
    assert said.output.splitlines()[:2] == [
        f"sign-up {n}: what is kept of it is not what its lines say (flask rebuild)" for n in (signup_id, other_id)
    ]
    assert said.exit_code == 1
    assert console.invoke(args=["rebuild"]).output == "2 sign-ups\n"
    assert console.invoke(args=["check"]).output == "0 wrong\n"
    assert hours(bob) == (180, 60)


def given(start: float, end: float, counts: bool = True) -> Attendance:
    """Somebody was there from so many hours after midnight on Tuesday until so many, and that is confirmed."""
    midnight, _ = clock.day_bounds(TUESDAY, ZONE)
    begin, until = midnight + timedelta(hours=start), midnight + timedelta(hours=end)
    seconds, minutes = (int(begin.timestamp()), int(until.timestamp())), (until - begin) // clock.MINUTE
    there = {"planned_start": begin, "planned_end": until, "spans": (seconds,), "counts": counts}
    return Attendance(EntryKind.CHECK_IN, confirmed=minutes, settled=True, **there)


DAY, NEXT = "the dates of 2026-11-03", "the dates of 2026-11-04"


@pytest.mark.parametrize(
    ("counted", "wrong"),
    [
        ([(given(9, 12), 180), (given(10, 12), 0)], []),
        ([(given(9, 12), 180), (given(10, 12), 120)], [f"300 minutes count of {DAY}, 180 were given"]),
        ([(given(9, 12), 181)], [f"181 minutes count of {DAY}, 180 were given"]),
        ([(given(22, 26), 240), (given(24, 26), 120)], [f"360 minutes count of {NEXT}, 240 were given"]),
        ([(given(9, 12, counts=False), 180), (given(10, 12), 120)], []),
        ([(given(0, 24, counts=False), 0)] * 2, ["marks for 2880 minutes of 2026-11-03, which has 1440"]),
    ],
)
def test_time_that_counts_twice_is_found_by_whoever_counts_otherwise(
    counted: list[tuple[Attendance, int]], wrong: list[str]
) -> None:
    said = {n: one for n, (one, _) in enumerate(counted)}
    credits = {n: Credit(minutes) for n, (_, minutes) in enumerate(counted)}
    assert list(odd_days(said, credits, ZONE)) == wrong


def test_a_day_with_more_hours_than_it_has_is_named_whichever_teams_they_are_in(
    leader: Someone, bob: Someone, at: SetClock
) -> None:
    other = make_leader(make_team())
    write(lambda: teams.add_member(other.actor.team_id, bob.id, Role.VOLUNTEER, MembershipState.ACTIVE, clock.now()))
    for theirs in (leader, other):
        cleanup = make_date(theirs, day=TUESDAY, start=time(6), end=time(20))
        at(cleanup.ends_at)
        date_id, now = cleanup.id, clock.now()
        write(lambda: checkin.walk_in(theirs.actor, date_id, bob.id, None, now))  # noqa: B023 - done at once
        at(cleanup.starts_at - timedelta(days=1))
    at(cleanup.ends_at)
    said = jobs.check(clock.now())
    assert said == [f"person {bob.id}: marks for 1680 minutes of 2026-11-03, which has 1440"]
