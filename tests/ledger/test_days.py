"""A person's day as they read it: an hour counts once, and what is beyond eight waits for a second person."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from flask import Flask
from volunteer.ledger.days import odd_days

from tests.bench.inside import counted_statements
from tests.make import Someone, make_date, make_leader, make_member, make_team, move_date, sign_up, signup_of
from tests.moments import ZONE, SetClock, on
from tests.pages import Browser, Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.actor import Role
from volunteer.checkin import service as checkin
from volunteer.ledger import jobs
from volunteer.ledger.rules import Attendance, Credit, Interval
from volunteer.storage.database import write
from volunteer.teams import service as teams
from volunteer.teams.models import MembershipState, Team

pytestmark = pytest.mark.begins(on(2, 5))

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)


@pytest.fixture
def came(leader: Someone, bob: Someone, browser: Open, at: SetClock) -> Callable[..., list[Occurrence]]:
    """`came((9, 12), (10, 12))`: Bob was at dates of these hours, ticked in this order on the evening of that day."""

    def live(*hours: tuple[int, int], day: date = TUESDAY, **wishes: object) -> list[Occurrence]:
        at(clock.utc(MONDAY, time(6), ZONE))
        dates = [
            make_date(leader, title=f"From {start}", day=day, start=time(start), end=time(end % 24), **wishes)
            for start, end in hours
        ]
        at(max(clock.utc(day, time(23), ZONE), *(one.ends_at for one in dates)))
        for one in dates:
            page = browser(leader).post(f"/occurrences/{one.id}/roster/walk-in", person=bob.id)
            assert page.news == ["Added and ticked."]
        return dates

    return live


def rows(phone: Browser) -> list[str]:
    """What stands in the records, without their dates."""
    page = phone.get("/me/records")
    found = [" ".join(row.get_text(" ").split()) for row in page.soup.select("section.card .tick")]
    return [text.replace("Tue 3 Nov ", "").replace(" ticked by the leader", "") for text in found]


def shown(phone: Browser, path: str, occurrence: Occurrence) -> str:
    """What a page says of a date."""
    chip = phone.get(path).card(occurrence.id).select_one(".chip")
    assert chip
    return chip.get_text(strip=True)


OVERLAPPING = ["From 10 10:00–12:00 2.0 h at the same time as another date 0.0 h", "From 9 9:00–12:00 3.0 h"]


@pytest.mark.parametrize("hours", [[(9, 12), (10, 12)], [(10, 12), (9, 12)]])
def test_from_nine_and_from_ten_until_twelve_are_three_hours_whoever_was_ticked_first(
    bob: Someone, came: Callable[..., list[Occurrence]], browser: Open, hours: list[tuple[int, int]]
) -> None:
    dates = sorted(came(*hours), key=lambda one: one.starts_at)
    phone = browser(bob)
    assert rows(phone) == OVERLAPPING
    assert "3.0 hours this month 3.0 hours this year 3.0 hours in all" in phone.get("/me/records").text
    me = phone.get("/me").text
    assert "3.0 hours in all 2 times there" in me and "97.0 hours to 1 star" in me
    for path in ("/", "/occurrences/{}"):
        assert shown(phone, path.format(dates[0].id), dates[0]) == "Done, 3.0 hours"
        assert shown(phone, path.format(dates[1].id), dates[1]) == "Done"


def test_of_ten_hours_eight_count_and_two_wait_for_a_second_person(
    bob: Someone, came: Callable[..., list[Occurrence]], browser: Open
) -> None:
    early, late = came((8, 14), (15, 19))
    phone = browser(bob)
    assert rows(phone) == ["From 15 15:00–19:00 2.0 h wait for a second person 2.0 h", "From 8 8:00–14:00 6.0 h"]
    assert "8.0 hours this month 8.0 hours this year 8.0 hours in all" in phone.get("/me/records").text
    for one, said in ((early, "Done, 6.0 hours"), (late, "Done, 2.0 hours")):
        assert shown(phone, "/", one) == shown(phone, f"/occurrences/{one.id}", one) == said


def test_two_dates_that_last_a_whole_day_make_eight_hours_not_forty_eight(
    bob: Someone, came: Callable[..., list[Occurrence]], browser: Open
) -> None:
    came((0, 24), (0, 24))
    phone = browser(bob)
    assert "8.0 hours in all 2 times there" in phone.get("/me").text
    assert sum("16.0 h wait for a second person 8.0 h" in row for row in rows(phone)) == 1
    assert sum("24.0 h at the same time as another date 0.0 h" in row for row in rows(phone)) == 1


def test_a_reading_day_uses_up_no_hours_and_stands_in_nobodys_way(
    bob: Someone, came: Callable[..., list[Occurrence]], browser: Open
) -> None:
    came((8, 18), kind="reading_day")
    came((9, 17))
    assert rows(browser(bob)) == ["From 9 9:00–17:00 8.0 h", "From 8 8:00–18:00 attended"]


def test_a_night_is_split_at_midnight_and_the_next_week_knows_of_it(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    sunday = MONDAY - timedelta(days=1)
    at(clock.utc(sunday, time(6), ZONE))
    night = make_date(leader, title="Night", day=sunday, start=time(18), end=time(2))
    morning = make_date(leader, title="Morning", day=MONDAY, start=time(1), end=time(9))
    at(morning.ends_at)
    for one in (morning, night):
        browser(leader).post(f"/occurrences/{one.id}/roster/walk-in", person=bob.id)
    phone = browser(bob)
    assert shown(phone, f"/?week={sunday}", night) == shown(phone, f"/occurrences/{night.id}", night)
    assert shown(phone, f"/occurrences/{night.id}", night) == "Done, 8.0 hours"
    assert shown(phone, "/", morning) == shown(phone, f"/occurrences/{morning.id}", morning) == "Done, 6.0 hours"
    (first, _) = rows(phone)
    assert "1.0 h wait for a second person" in first and "1.0 h at the same time as another date" in first
    assert "14.0 hours in all" in phone.get("/me").text


def test_what_is_not_over_yet_takes_nothing_from_what_is(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    long, short = (
        make_date(leader, day=TUESDAY, start=time(start), end=time(end)) for start, end in ((9, 12), (10, 11))
    )
    at(short.starts_at)
    for one in (long, short):
        browser(leader).post(f"/occurrences/{one.id}/roster/walk-in", person=bob.id)
    for moment, said in ((short.ends_at, "1.0 hours in all"), (long.ends_at, "3.0 hours in all")):
        at(moment)
        assert said in browser(bob).get("/me").text


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
    leader: Someone, bob: Someone, came: Callable[..., list[Occurrence]], browser: Open, app: Flask
) -> None:
    _, second = came((0, 24), (0, 24))
    wrong = f"person {bob.id}: marks for 2880 minutes of 2026-11-03, which has 1440"
    assert jobs.check(clock.now()) == [wrong]
    said = app.test_cli_runner().invoke(args=["check"])
    assert (said.output.splitlines(), said.exit_code) == ([wrong, "1 wrong"], 1)
    browser(leader).post(f"/occurrences/{second.id}/roster/{signup_of(bob, second).id}", mark="undo")
    assert jobs.check(clock.now()) == []


def test_the_audit_says_nothing_of_a_day_that_is_counted_right(
    came: Callable[..., list[Occurrence]], leader: Someone
) -> None:
    came((9, 12), (10, 12), (11, 15), (18, 26))
    came((8, 16), kind="reading_day")
    assert jobs.check(clock.now()) == []


def test_the_audit_asks_as_few_questions_however_many_people_came(
    leader: Someone, team: Team, came: Callable[..., list[Occurrence]], browser: Open
) -> None:
    (cleanup, _) = came((9, 12), (10, 12))
    with counted_statements() as few:
        jobs.check(clock.now())
    for n in range(8):
        browser(leader).post(f"/occurrences/{cleanup.id}/roster/walk-in", person=make_member(team, f"Volunteer {n}").id)
    with counted_statements() as many:
        assert jobs.check(clock.now()) == []
    assert len(many) == len(few)


def given(signup_id: int, start: float, end: float, minutes: int, waiting: int = 0, counts: bool = True) -> Attendance:
    """Somebody was there from so many hours after midnight on Tuesday, and so much is made of it."""
    midnight, _ = clock.day_bounds(TUESDAY, ZONE)
    time_given = Interval(midnight + timedelta(hours=start), signup_id, midnight + timedelta(hours=end))
    return Attendance(True, counts, time_given, None, Credit(minutes, waiting))


@pytest.mark.parametrize(
    ("counted", "wrong"),
    [
        ([given(1, 9, 12, 180), given(2, 10, 12, 0)], []),
        (
            [given(1, 9, 12, 180), given(2, 10, 12, 120)],
            ["300 minutes count of the dates of 2026-11-03, 180 were given"],
        ),
        (
            [given(1, 9, 12, 180), given(2, 10, 12, 0, 1)],
            ["181 minutes count of the dates of 2026-11-03, 180 were given"],
        ),
        ([given(1, 9, 12, 181)], ["181 minutes count of the dates of 2026-11-03, 180 were given"]),
        (
            [given(1, 22, 26, 240), given(2, 24, 26, 120)],
            ["360 minutes count of the dates of 2026-11-04, 240 were given"],
        ),
        ([given(1, 9, 12, 0, counts=False), given(2, 10, 12, 120)], []),
        ([given(1, 9, 12, 60, counts=False)], ["60 minutes count of the dates of 2026-11-03, 0 were given"]),
        ([given(n, 0, 24, 0, counts=False) for n in (1, 2)], ["marks for 2880 minutes of 2026-11-03, which has 1440"]),
    ],
)
def test_time_that_counts_twice_is_found_by_whoever_counts_otherwise(
    counted: list[Attendance], wrong: list[str]
) -> None:
    assert list(odd_days(counted, ZONE)) == wrong


def test_a_tick_lapses_when_the_date_is_made_shorter_or_longer_after_it(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    cleanup = make_date(leader, day=TUESDAY, start=time(9), end=time(17))
    sign_up(bob, cleanup)
    at(cleanup.starts_at - timedelta(minutes=20))
    browser(leader).post(f"/occurrences/{cleanup.id}/roster/{signup_of(bob, cleanup).id}", mark="present")
    now = clock.now()
    write(lambda: move_date(leader.actor, cleanup.id, TUESDAY, time(9), time(10), now))
    at(cleanup.starts_at + timedelta(hours=9))
    assert "0.0 hours in all" in browser(bob).get("/me").text
    browser(leader).post(f"/occurrences/{cleanup.id}/roster/{signup_of(bob, cleanup).id}", mark="present")
    assert "1.0 hours in all" in browser(bob).get("/me").text


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
    assert said[0] == f"person {bob.id}: marks for 1680 minutes of 2026-11-03, which has 1440" and len(said) == 2
