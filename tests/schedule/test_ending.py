"""A date ends before its time, or never was: what becomes of who is there, who comes later, and who did not come."""

from datetime import datetime, time, timedelta

import pytest
from flask import Flask
from icalendar import Event
from sqlalchemy import select

from tests.calendar.subscriber import addresses, fetch, read
from tests.ledger.missing import mark, minutes, roster
from tests.make import Someone, make_date, make_leader, move_following, shifts_of, sign_up, signup_of, told
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities import holidays
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.activities.states import OccurrenceState
from volunteer.errors import Refused
from volunteer.ledger import balances, book, confirmation, jobs
from volunteer.ledger.models import Entry
from volunteer.ledger.states import EntryKind
from volunteer.schedule import moves
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

SHIFTS = PlannedShift("Morning", time(9), time(11), 5), PlannedShift("Noon", time(11), time(12), 5)
WIND = "strong wind"


@pytest.fixture
def market(leader: Someone, alice: Someone, bob: Someone) -> Occurrence:
    """FRIDAY from nine to noon; Alice has signed up for the morning, Bob for the hour from eleven."""
    occurrence = make_date(leader, day=FRIDAY, end=time(12), shifts=SHIFTS)
    for someone, shift in zip((alice, bob), shifts_of(occurrence), strict=True):
        sign_up(someone, occurrence, shift)
    return occurrence


def end(open_browser: Open, leader: Someone, occurrence: Occurrence, status: int = 200, **said: str) -> Page:
    page = open_browser(leader).get(f"/occurrences/{occurrence.id}/end")
    return page.submit("/end", status=status, **({"reason": WIND} | said))


def kinds(someone: Someone) -> list[EntryKind]:
    db.session.rollback()
    theirs = select(Entry.kind).where(Entry.signup_id == signup_of(someone).id).order_by(Entry.id)
    return list(db.session.scalars(theirs))


def test_who_is_there_leaves_when_the_date_ends_and_later_positions_close_and_make_nobody_absent(
    leader: Someone, alice: Someone, bob: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9, 5))
    mark(browser(leader), alice, market, "present")
    at(on(27, 10, 0) + timedelta(seconds=40))
    page = browser(leader).get(roster(market))
    assert f"/occurrences/{market.id}/end" in page.response.text, "the way there stands on the list while it runs"
    assert end(browser, leader, market).news == [
        "This date has ended. Everybody on it is told; the minutes until then stand."
    ]
    assert db.session.get_one(Occurrence, market.id).ends_at == on(27, 10)
    morning, noon = shifts_of(market)
    assert (morning.ends_at, morning.open, noon.open) == (on(27, 10), True, False)
    at(on(27, 12))
    assert minutes(alice) == (0, 60)
    assert [line.remarks for line in confirmation.look(leader.actor, market.id, clock.now()).lines] == [[]], (
        "only Alice"
    )
    ticks = browser(leader).get(roster(market)).soup.select("form.tick")
    assert ticks and not any("Bob" in one.get_text() for one in ticks)
    at(on(28, 12))
    write(lambda: jobs.tick_close_of_day(clock.now()))
    assert (kinds(alice), kinds(bob)) == ([EntryKind.CHECK_IN, EntryKind.CHECK_OUT], [])
    assert jobs.check(clock.now()) == []


def test_nobody_is_ticked_for_a_position_that_was_to_begin_later(
    leader: Someone, bob: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 10))
    end(browser, leader, market)
    never = ["The date ended before this position began, so there is no attendance to take."]
    assert mark(browser(leader), bob, market, "present") == never
    assert mark(browser(leader), bob, market, "no_show") == never
    page = browser(bob).get(f"/occurrences/{market.id}")
    assert page.card(market.id)["data-state"] == "closed" and "Attendance not taken" not in page.text


def test_who_left_earlier_left_earlier(
    leader: Someone, alice: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9))
    mark(browser(leader), alice, market, "present")
    signup_id = signup_of(alice).id
    gone = book.NewLine(EntryKind.CHECK_OUT, at=on(27, 9, 30))
    write(lambda: book.record(leader.actor, book.get_locked(leader.actor, signup_id), gone, on(27, 9, 30)))
    at(on(27, 10))
    end(browser, leader, market)
    assert minutes(alice) == (0, 30)
    assert kinds(alice) == [EntryKind.CHECK_IN, EntryKind.CHECK_OUT]


def test_everybody_on_it_is_told_once_and_twice_is_once(
    leader: Someone, alice: Someone, bob: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 10))
    end(browser, leader, market)
    at(on(27, 10) + timedelta(minutes=3))
    assert end(browser, leader, market).errors == []
    for someone in (alice, bob):
        (body,) = told(someone)
        assert body == (
            "“Friday cleanup” ended early, Fri 27 Nov 9:00–10:00: “strong wind”. The time until then stands."
        )
    assert db.session.get_one(Occurrence, market.id).sequence == 1


def entry_in(app: Flask, address: str) -> Event:
    """The one date in somebody's calendar."""
    (entry,) = read(fetch(app, address).data).values()
    return entry


def test_calendars_see_the_end_and_that_a_later_position_is_off(
    app: Flask, leader: Someone, alice: Someone, bob: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    hers, his = (addresses(browser, someone)["person"] for someone in (alice, bob))
    before = entry_in(app, hers), entry_in(app, his)
    at(on(27, 10))
    end(browser, leader, market)
    after = entry_in(app, hers), entry_in(app, his)
    assert [one["DTEND"].dt for one in after] == [on(27, 10), on(27, 12)]
    assert [str(one["STATUS"]) for one in after] == ["CONFIRMED", "CANCELLED"]
    for was, now in zip(before, after, strict=True):
        assert int(now["SEQUENCE"]) > int(was["SEQUENCE"])


@pytest.mark.parametrize(
    ("now", "typed"),
    [
        (on(27, 8, 50), ""),
        (on(27, 10), "10:30"),
        (on(27, 10), "08:30"),
        (on(27, 13), "12:30"),
        (on(27, 9), ""),
    ],
)
def test_a_date_ends_at_a_moment_that_has_come_within_its_time(
    leader: Someone, market: Occurrence, browser: Open, at: SetClock, now: datetime, typed: str
) -> None:
    at(now)
    page = end(browser, leader, market, status=422, at=typed)
    assert "Give a time after the start that has come, and before its planned end." in page.text
    assert (page.value("reason"), page.value("at")) == (WIND, typed)


def test_an_end_without_a_reason_is_refused_and_its_time_stays(
    leader: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 10))
    page = end(browser, leader, market, status=422, at="09:30", reason=" ")
    assert "Say why in up to 200 characters; everyone signed up reads it." in page.text
    assert page.value("at") == "09:30"


def test_what_is_confirmed_or_called_off_ends_no_earlier(
    leader: Someone, alice: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 10))
    mark(browser(leader), alice, market, "present")
    signup_id = signup_of(alice).id
    counted = book.NewLine(EntryKind.CONFIRM, minutes=60, claimed=60)
    write(lambda: book.record(leader.actor, book.get_locked(leader.actor, signup_id), counted, on(27, 10)))
    refused = ["Hours of this date are confirmed already. Correct them there."]
    assert end(browser, leader, market, status=422).errors == refused
    mark(browser(leader), alice, market, "undo")
    assert browser(leader).post(f"/occurrences/{market.id}/cancel", status=422, reason=WIND).errors == refused
    other = make_date(leader, day=FRIDAY, start=time(14), end=time(15))
    browser(leader).post(f"/occurrences/{other.id}/cancel", reason=WIND)
    at(on(27, 14, 30))
    assert "does not take place" in end(browser, leader, other, status=422).errors[0]


def test_the_plan_does_not_bring_the_old_end_back(
    leader: Someone, series: Activity, browser: Open, at: SetClock
) -> None:
    (first, *_) = db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at)).all()
    at(on(27, 10))
    end(browser, leader, first)
    activity_id, first_id = series.id, first.id
    write(lambda: moves.keep_to_plan(leader.actor, db.session.get_one(Activity, activity_id), clock.now()))
    db.session.expire_all()
    assert db.session.get_one(Occurrence, first_id).ends_at == on(27, 10)


# It never was


def test_a_date_of_which_nobody_was_seen_did_not_take_place_and_leaves_nobody_absent(
    app: Flask, team: Team, leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    lara = make_leader(team, "Lara")
    sign_up(alice, cleanup)
    feed = addresses(browser, alice)["person"]
    at(cleanup.ends_at)
    for how in ("absent", "no_show"):
        mark(browser(leader), alice, cleanup, how)
    mark(browser(lara), alice, cleanup, "undo")
    mark(browser(lara), alice, cleanup, "no_show")
    browser(alice).get("/me/records").submit("/appeal", text="Nobody was there.")
    at(cleanup.ends_at + timedelta(days=2))
    page = browser(leader).get(roster(cleanup))
    assert "It did not take place" in page.text and "/end" not in page.response.text
    page = browser(leader).get(f"/occurrences/{cleanup.id}/cancel")
    assert "It did not take place" in page.text and "Cancel this date" not in page.text
    page = page.submit("/cancel", reason="storm")
    assert page.news[0] == "It did not take place: nobody has hours of it, and nobody was absent. All are told."
    assert page.path == f"/occurrences/{cleanup.id}"
    said = balances.attendance_of([signup_of(alice).id])
    assert all(one.kind is None for one in said.values())
    assert signup_of(alice).no_show_at is None and minutes(alice) == (0, 0)
    assert told(alice)[-1] == (
        "“Friday cleanup”, Fri 27 Nov 15:00, did not take place: “storm”. It counts for and against nobody."
    )
    assert str(entry_in(app, feed)["STATUS"]) == "CANCELLED"
    assert "Friday cleanup" not in browser(leader).get("/today").text
    assert jobs.check(clock.now()) == []


def test_from_the_lists_to_be_taken_a_leader_says_that_a_date_was_not_held(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    at(cleanup.ends_at)
    path = f"/occurrences/{cleanup.id}/cancel"
    assert browser(leader).get("/today").soup.select_one(f'a[href="{path}"]')
    browser(leader).get(path).submit("/cancel", reason="storm")
    assert not browser(leader).get("/today").soup.select(f'a[href="{path}"]')
    write(lambda: jobs.tick_close_of_day(clock.now() + timedelta(days=1)))
    assert kinds(alice) == []


def test_after_ten_working_days_only_an_administrator_says_so(
    leader: Someone, ada: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    at(cleanup.ends_at + timedelta(days=30))
    path = f"/occurrences/{cleanup.id}/cancel"
    assert "10 working days" in browser(leader).post(path, status=422, reason="storm").errors[0]
    assert browser(ada).post(path, reason="storm").errors == []


def test_where_somebody_is_checked_in_nothing_offers_to_say_that_it_was_not_held(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    at(cleanup.starts_at)
    for page in (f"/occurrences/{cleanup.id}", roster(cleanup)):
        assert "It did not take place" in browser(leader).get(page).text
    mark(browser(leader), alice, cleanup, "present")
    for page in (f"/occurrences/{cleanup.id}", roster(cleanup)):
        text = browser(leader).get(page).text
        assert "It did not take place" not in text and "End it now" in text


# Moves


def test_a_series_with_one_date_checked_in_is_not_moved_as_a_whole(
    leader: Someone, alice: Someone, browser: Open, at: SetClock, series: Activity
) -> None:
    (first, second, *_) = db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at)).all()
    first_id, before = first.id, [first.starts_at, second.starts_at]
    sign_up(alice, first)
    at(on(27, 8, 40))
    mark(browser(leader), alice, first, "present")
    with pytest.raises(Refused, match="undo the ticks on the list first"):
        write(lambda: move_following(leader.actor, first_id, FRIDAY, time(14), time(15), clock.now()))
    db.session.expire_all()
    assert list(db.session.scalars(select(Occurrence.starts_at).order_by(Occurrence.starts_at).limit(2))) == before


def test_a_new_holiday_calls_no_date_off_on_which_somebody_is_checked_in(
    leader: Someone, ada: Someone, alice: Someone, browser: Open, at: SetClock, series: Activity
) -> None:
    (first, *_) = db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at)).all()
    activity_id, first_id = series.id, first.id
    sign_up(alice, first)
    at(on(27, 8, 40))
    mark(browser(leader), alice, first, "present")
    fair = holidays.HolidayNotice(FRIDAY, FRIDAY, False, "Fair", "town hall")
    write(lambda: holidays.add(ada.actor, fair, clock.now()))
    refused = browser(leader).post(f"/activities/{activity_id}/keep-to-plan").errors
    assert refused == ["Somebody is checked in already. End the date early, or undo the ticks on the list first."]
    assert db.session.get_one(Occurrence, first_id).state is OccurrenceState.PUBLISHED
    mark(browser(leader), alice, first, "undo")
    assert browser(leader).post(f"/activities/{activity_id}/keep-to-plan").errors == []
    assert db.session.get_one(Occurrence, first_id).state is OccurrenceState.CANCELLED
