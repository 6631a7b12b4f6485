"""Whoever is on a date hears that it is moved, called off or takes place after all, with the old and the new."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, text

from tests.bench.inside import counted_statements
from tests.make import (
    Someone,
    make_activity,
    make_administrator,
    make_date,
    make_leader,
    make_member,
    move_date,
    move_following,
    shifts_of,
    sign_up,
    told,
    withdraw,
)
from tests.moments import ZONE, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities import holidays
from volunteer.activities.holidays import HolidayNotice
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import HolidayPolicy, Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.notices import service as notices
from volunteer.notices.models import Topic
from volunteer.schedule import cancellations, moves
from volunteer.signups import organiser, stand_ins
from volunteer.storage.database import db, write
from volunteer.teams import service as teams
from volunteer.teams.models import MembershipState, Team

FRIDAYS = [date(2026, 11, 27), date(2026, 12, 4), date(2026, 12, 11)]


@pytest.fixture
def bob(team: Team) -> Someone:
    return make_member(team, "Bob", locale=None)


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    """Friday the 27th from nine to half past ten, one place."""
    return make_date(leader, day=FRIDAYS[0], capacity=1)


@pytest.fixture
def series(leader: Someone) -> list[int]:
    """Three Fridays from nine to half past ten."""
    return ids_of(make_activity(leader, repeat=Repeat.WEEKLY, day=FRIDAYS[0], until=FRIDAYS[-1]))


def ids_of(activity: Activity) -> list[int]:
    its = select(Occurrence.id).where(Occurrence.activity_id == activity.id).order_by(Occurrence.rule_date)
    return list(db.session.scalars(its))


def on_dates(someone: Someone, *occurrence_ids: int) -> None:
    for one in occurrence_ids:
        sign_up(someone, db.session.get_one(Occurrence, one))


def move(leader: Someone, occurrence_id: int, day: date, hour: int = 9, *, following: bool = False) -> None:
    """To an hour of a day, for an hour and a half."""
    how, span = move_following if following else move_date, (time(hour), time(hour + 1, 30))
    write(lambda: how(leader.actor, occurrence_id, day, *span, clock.now()))


def cancel(leader: Someone, occurrence_id: int, reason: str = "Strong wind") -> None:
    write(lambda: cancellations.cancel_date(leader.actor, occurrence_id, reason, clock.now()))


def restore(leader: Someone, occurrence_id: int) -> None:
    write(lambda: cancellations.restore_date(leader.actor, occurrence_id, clock.now()))


def keep_to_plan(leader: Someone, occurrence_id: int) -> None:
    activity_id = db.session.get_one(Occurrence, occurrence_id).activity_id
    write(lambda: moves.keep_to_plan(leader.actor, db.session.get_one(Activity, activity_id), clock.now()))


def add_holiday(team: Team, day: date, *, working: bool = False) -> None:
    notice, admin = HolidayNotice(day, day, working, "Horse fair", "County notice 12"), make_administrator(team)
    write(lambda: holidays.add(admin.actor, notice, clock.now()))


def news(someone: Someone) -> list[str]:
    """What is still new to somebody, the oldest first."""
    db.session.rollback()
    db.session.expire_all()
    return [one.body for one in reversed(notices.list_for(someone.actor, clock.now())) if one.is_new(clock.now())]


CANCELLED = "“Friday cleanup”, Fri 27 Nov 9:00, is cancelled: “Strong wind”."
RESTORED = "“Friday cleanup” takes place after all: Fri 27 Nov 9:00–10:30, Main street."
TO_SATURDAY = "“Friday cleanup” has moved from Fri 27 Nov 9:00–10:30 to Sat 28 Nov 14:00–15:30."
SATURDAY = date(2026, 11, 28)


def test_everybody_on_a_cancelled_date_reads_why(
    team: Team, leader: Someone, alice: Someone, bob: Someone, at: SetClock, browser: Open
) -> None:
    asks, late, gone, outsider = (make_member(team, name) for name in ("Charlie", "Dora", "Eve", "Frank"))
    speakers = PlannedShift("Speakers", time(9), time(10), 3, 0, True)
    contest = make_date(
        leader, title="Contest", day=FRIDAYS[0], shifts=[PlannedShift("", time(9), time(10, 30), 2), speakers]
    )
    with_places, by_request = (shift.id for shift in shifts_of(contest))
    for someone, shift_id in ((late, with_places), (gone, with_places), (alice, with_places), (bob, with_places)):
        browser(someone).post(f"/occurrences/{contest.id}/signup", shift=shift_id)
    browser(asks).post(f"/occurrences/{contest.id}/signup", shift=by_request)
    withdraw(gone, contest)
    write(lambda: organiser.reserve(leader.actor, contest.id, by_request, "Guests", 1, clock.now()))
    at(on(27, 1))
    withdraw(late, contest)
    before = {one.id: len(told(one)) for one in (asks, late, alice, bob)}
    browser(leader).post(f"/occurrences/{contest.id}/cancel", reason="Strong wind")
    said = "“Contest”, Fri 27 Nov 9:00, is cancelled: “Strong wind”."
    assert [told(one)[before[one.id] :] for one in (asks, late, alice)] == [[said]] * 3
    sorry = "抱歉，「Contest」（周五 11月27日 9:00）取消了，这次不用来。原因：Strong wind"
    assert told(bob)[before[bob.id] :] == [sorry]
    assert (told(gone), told(outsider)) == ([], [])
    notice = notices.list_for(alice.actor, clock.now())[0]
    assert (notice.kind, notice.occurrence_id, notice.expires_at) == (Topic.DATE, contest.id, contest.ends_at)


def test_everybody_on_a_date_that_moves_reads_from_when_to_when(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    on_dates(alice, cleanup.id)
    on_dates(bob, cleanup.id)
    form = browser(leader).get(f"/occurrences/{cleanup.id}/move")
    to = {"date": "2026-11-28", "start": "14:00", "end": "15:30"}
    form.submit("/move", action="preview", **to)
    assert told(alice) == []
    form.submit("/move", action="save", **to)
    assert told(alice) == [TO_SATURDAY]
    assert told(bob) == ["「Friday cleanup」改期了：从周五 11月27日 9:00–10:30 改到周六 11月28日 14:00–15:30。"]
    (notice,) = notices.list_for(alice.actor, clock.now())
    assert notice.expires_at == on(28, 14) + (cleanup.ends_at - cleanup.starts_at)
    page = browser(alice).get("/me/notices")
    assert [link["href"] for link in page.soup.select(".told a")] == [f"/occurrences/{cleanup.id}"]


def test_a_date_that_only_ends_later_says_so_and_one_over_night_names_both_days(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    on_dates(alice, cleanup.id)
    for hour, ends in ((9, time(11)), (10, time(8))):
        at(on(24, hour))
        write(lambda to=ends: move_date(leader.actor, cleanup.id, FRIDAYS[0], time(9), to, clock.now()))
    assert told(alice) == [
        "“Friday cleanup” has moved from Fri 27 Nov 9:00–10:30 to Fri 27 Nov 9:00–11:00.",
        "“Friday cleanup” has moved from Fri 27 Nov 9:00–11:00 to Fri 27 Nov 9:00–Sat 28 Nov 8:00.",
    ]


def test_what_moves_nothing_tells_nobody(leader: Someone, alice: Someone, cleanup: Occurrence) -> None:
    on_dates(alice, cleanup.id)
    move(leader, cleanup.id, FRIDAYS[0])
    restore(leader, cleanup.id)
    assert told(alice) == []


def test_a_date_moved_twice_is_news_once(leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock) -> None:
    on_dates(alice, cleanup.id)
    for hour, to in ((9, 14), (10, 10)):
        at(on(24, hour))
        move(leader, cleanup.id, SATURDAY, to)
    last = "“Friday cleanup” has moved from Sat 28 Nov 14:00–15:30 to Sat 28 Nov 10:00–11:30."
    assert told(alice) == [TO_SATURDAY, last]
    assert news(alice) == [last]


def test_a_date_moved_five_times_in_a_minute_is_one_notice_of_what_was_before_and_what_is_now(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    on_dates(alice, cleanup.id)
    for n in range(6, 11):
        at(on(24, 9) + timedelta(seconds=10 * n))
        move(leader, cleanup.id, SATURDAY, n)
    last = "“Friday cleanup” has moved from Fri 27 Nov 9:00–10:30 to Sat 28 Nov 10:00–11:30."
    assert told(alice) == news(alice) == [last]


def test_a_date_moved_by_mistake_and_back_at_once_takes_place_as_it_was_to(
    leader: Someone, alice: Someone, cleanup: Occurrence
) -> None:
    on_dates(alice, cleanup.id)
    for day, hour in ((SATURDAY, 9), (SATURDAY - timedelta(days=1), 9)):
        move(leader, cleanup.id, day, hour)
    assert told(alice) == news(alice) == [RESTORED]


def test_a_cancelled_date_that_is_restored_is_news_only_as_restored(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    on_dates(alice, cleanup.id)
    on_dates(bob, cleanup.id)
    for _ in range(2):
        cancel(leader, cleanup.id)
    at(on(24, 9))
    restore(leader, cleanup.id)
    assert (told(alice), news(alice)) == ([CANCELLED, RESTORED], [RESTORED])
    assert news(bob) == ["「Friday cleanup」照常举行：周五 11月27日 9:00–10:30，Main street。"]


def test_a_date_cancelled_again_is_news_again(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    on_dates(alice, cleanup.id)
    for hour, deed in enumerate((cancel, restore, cancel)):
        at(on(24, hour))
        deed(leader, cleanup.id)
    assert (told(alice), news(alice)) == ([CANCELLED, RESTORED, CANCELLED], [CANCELLED])


def test_who_does_it_reads_it_on_the_page_and_is_not_told_but_what_they_heard_before_is_over(
    team: Team, leader: Someone, alice: Someone, cleanup: Occurrence
) -> None:
    other = make_leader(team, "Tsering")
    for someone in (leader, alice):
        on_dates(someone, cleanup.id)
    cancel(leader, cleanup.id)
    assert told(leader) == []
    restore(other, cleanup.id)
    assert news(leader) == [RESTORED]
    cancel(leader, cleanup.id)
    assert (news(leader), news(alice)) == ([], [CANCELLED])


def test_who_is_promoted_because_a_date_moves_hears_both(
    leader: Someone, alice: Someone, cleanup: Occurrence, team: Team, at: SetClock
) -> None:
    charlie = make_member(team, "Charlie")
    on_dates(alice, cleanup.id)
    on_dates(charlie, cleanup.id)
    at(on(27, 8))
    withdraw(alice, cleanup)
    move(leader, cleanup.id, SATURDAY, 14)
    promoted = "A place has become free and it is yours: “Friday cleanup”, Sat 28 Nov 14:00. See you there!"
    assert told(charlie)[-2:] == [TO_SATURDAY, promoted]
    assert told(alice) == [TO_SATURDAY]


def test_who_is_on_several_dates_that_move_hears_of_them_once(
    leader: Someone, alice: Someone, bob: Someone, team: Team, series: list[int]
) -> None:
    charlie, first = make_member(team, "Charlie"), series[0]
    on_dates(alice, *series)
    on_dates(bob, *series[:2])
    on_dates(charlie, series[2])
    for hour in (9, 14):
        move(leader, first, SATURDAY, hour, following=True)
    also = "Fri 4 Dec 9:00–10:30 → Sat 5 Dec 14:00–15:30 and Fri 11 Dec 9:00–10:30 → Sat 12 Dec 14:00–15:30."
    assert told(alice)[-1] == news(alice)[-1] == f"{TO_SATURDAY} The same goes for {also}"
    assert "12月4日 9:00–10:30 → 周六 12月5日 14:00–15:30" in news(bob)[-1]
    assert news(charlie) == ["“Friday cleanup” has moved from Fri 11 Dec 9:00–10:30 to Sat 12 Dec 14:00–15:30."]
    assert notices.list_for(charlie.actor, clock.now())[0].occurrence_id == series[2]
    assert notices.list_for(alice.actor, clock.now())[0].expires_at == clock.utc(date(2026, 12, 12), time(15, 30), ZONE)


def test_a_new_holiday_tells_everybody_on_the_date_it_calls_off_and_on_the_date_it_brings_back(
    team: Team, leader: Someone, alice: Someone, series: list[int]
) -> None:
    on_dates(alice, *series[1:])
    for day in FRIDAYS[1:]:
        add_holiday(team, day)
    keep_to_plan(leader, series[0])
    off = "“Friday cleanup”, Fri 4 Dec 9:00, is cancelled: “Horse fair”. The same goes for Fri 11 Dec 9:00."
    assert (told(alice), news(alice)) == ([off], [off])


def test_a_holiday_that_moves_one_date_and_calls_another_off_is_one_notice(
    team: Team, leader: Someone, alice: Someone, at: SetClock
) -> None:
    fridays = make_activity(
        leader, repeat=Repeat.WEEKLY, day=FRIDAYS[0], until=FRIDAYS[1], holidays=HolidayPolicy.PREVIOUS
    )
    series = ids_of(fridays)
    on_dates(alice, *series)
    at(on(26, 10))  # too late to move the first one to Thursday morning
    for day in FRIDAYS[:2]:
        add_holiday(team, day)
    keep_to_plan(leader, series[0])
    assert told(alice) == [
        "“Friday cleanup”, Fri 27 Nov 9:00, is cancelled: “Horse fair”. "
        "“Friday cleanup” has moved from Fri 4 Dec 9:00–10:30 to Thu 3 Dec 9:00–10:30."
    ]


def test_cancelling_asks_as_little_of_the_database_with_sixty_people_as_with_three(team: Team, leader: Someone) -> None:
    small, large = (make_date(leader, day=day, capacity=70) for day in FRIDAYS[:2])
    people = [make_member(team, f"Volunteer {n}", locale="en" if n % 2 else None) for n in range(60)]
    for occurrence, many in ((small, people[:3]), (large, people)):
        for someone in many:
            sign_up(someone, occurrence)
    counts = []
    for occurrence_id in (small.id, large.id):
        with counted_statements() as statements:
            cancel(leader, occurrence_id)
        counts.append(len(statements))
    assert counts[0] == counts[1], statements
    assert [len(told(someone)) for someone in people] == [2] * 3 + [1] * 57


def test_the_trail_is_written_before_people_hear_and_counters_come_last(
    leader: Someone, alice: Someone, cleanup: Occurrence
) -> None:
    on_dates(alice, cleanup.id)
    cleanup_id = cleanup.id
    with counted_statements() as statements:
        cancel(leader, cleanup_id)
    written = [words[2] for words in map(str.split, statements) if words[0] == "INSERT"]
    assert written == ["audit_entry", "notice", "revision"]
    assert statements[-1].startswith("INSERT INTO revision")


def test_what_she_heard_of_the_other_dates_stands_when_the_first_of_them_moves_again(
    leader: Someone, alice: Someone, series: list[int]
) -> None:
    on_dates(alice, *series)
    move(leader, series[0], SATURDAY, following=True)
    move(leader, series[0], SATURDAY, 14)
    of_all, of_the_first = news(alice)
    assert "to Sat 28 Nov 9:00–10:30. The same goes for Fri 4 Dec" in of_all
    assert of_the_first.endswith("to Sat 28 Nov 14:00–15:30.")


def test_who_is_asked_to_stand_in_hears_that_it_is_cancelled_and_is_asked_no_longer(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence
) -> None:
    on_dates(alice, cleanup.id)
    now = clock.now()
    question = write(lambda: stand_ins.ask(alice.actor, cleanup.id, now))
    assert question.asked_id == bob.id and len(news(bob)) == 1
    write(lambda: cancellations.cancel_date(leader.actor, cleanup.id, "Storm", now))
    assert news(bob) == ["抱歉，「Friday cleanup」（周五 11月27日 9:00）取消了，这次不用来。原因：Storm"]


def test_who_has_left_the_team_hears_of_its_dates_no_more(
    leader: Someone, alice: Someone, team: Team, cleanup: Occurrence
) -> None:
    on_dates(alice, cleanup.id)

    def leave() -> None:
        membership = teams.find_membership(team.id, alice.id)
        assert membership
        membership.state = MembershipState.LEFT

    write(leave)
    write(lambda: cancellations.cancel_date(leader.actor, cleanup.id, "Storm", clock.now()))
    assert told(alice) == []


def test_whoever_is_on_a_coming_date_hears_of_another_place_once_and_with_what_it_was(
    leader: Someone, alice: Someone, bob: Someone, series: list[int], browser: Open, at: SetClock
) -> None:
    on_dates(alice, *series)
    on_dates(bob, series[0])
    activity_id = db.session.get_one(Occurrence, series[0]).activity_id
    at(on(27, 12))  # the first is over
    form = browser(leader).get(f"/activities/{activity_id}/edit")
    form.submit("/edit", place="Library").submit("/edit", action="save")
    (said,) = news(alice)
    assert said == (
        "“Friday cleanup”, Fri 4 Dec 9:00, is at another place: not “Main street” but “Library”. "
        "The same goes for Fri 11 Dec 9:00."
    )
    assert news(bob) == []
    page = browser(alice).get(f"/occurrences/{series[1]}")
    assert [one.get_text() for one in page.soup.select("del")] == ["Main street"]
    assert "Now at “Library”" in page.text


def test_another_title_is_no_news(leader: Someone, alice: Someone, series: list[int], browser: Open) -> None:
    on_dates(alice, *series)
    activity_id = db.session.get_one(Occurrence, series[0]).activity_id
    browser(leader).get(f"/activities/{activity_id}/edit").submit("/edit", title="Cleanup", action="save")
    assert news(alice) == []


def test_who_moves_up_on_several_dates_at_once_hears_it_once(
    team: Team, leader: Someone, alice: Someone, bob: Someone, at: SetClock
) -> None:
    fridays = ids_of(make_activity(leader, repeat=Repeat.WEEKLY, day=FRIDAYS[0], until=FRIDAYS[1], capacity=1))
    on_dates(bob, *fridays)
    on_dates(alice, *fridays)
    places = "UPDATE shift SET capacity = 2"  # as if more had been planned: moving makes use of them
    write(lambda: db.session.execute(text(places)))
    move(leader, fridays[0], SATURDAY, following=True)
    promoted = [one for one in news(alice) if one.startswith("A place has become free")]
    assert promoted == [
        "A place has become free and it is yours: “Friday cleanup”, Sat 28 Nov 9:00. See you there! "
        "The same goes for Sat 5 Dec 9:00."
    ]
