"""What is written out once is kept, within bounds, and never served when it is out of date."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import Flask

from tests.calendar.subscriber import addresses, fetch, read
from tests.calendar.test_feed_contents import FREE, describe
from tests.make import make_activity, make_date, make_leader, make_member, make_team, sign_up
from tests.moments import NOON
from tests.pages import Open
from volunteer.activities.recurrence import Repeat
from volunteer.calendar.files import Shelf, Written, write_date


def written_by(fetched: Callable[[], object]) -> int:
    """How many dates had to be written anew."""
    before = write_date.cache_info().misses
    fetched()
    return write_date.cache_info().misses - before


def test_one_change_among_many_dates_writes_one_date(app: Flask, browser: Open, at: Callable[..., None]) -> None:
    at(NOON)
    team = make_team()
    lea = make_leader(team)
    make_activity(lea, day=date(2026, 9, 4), repeat=Repeat.WEEKLY, until=date(2027, 1, 29))
    one = make_date(lea, in_days=5)
    address = addresses(browser, lea)["team"]
    dates = len(read(fetch(app, address).data))
    assert dates > 15
    describe(lea, one, FREE)
    assert written_by(lambda: fetch(app, address)) == 1
    assert written_by(lambda: fetch(app, address)) == 0


def test_members_with_the_same_language_share_what_is_written(app: Flask, browser: Open) -> None:
    team = make_team()
    make_date(make_leader(team), public=True)
    alice, bob, drolma = make_member(team), make_member(team, "Bob"), make_member(team, "卓玛", locale=None)
    feeds = {someone.id: addresses(browser, someone) for someone in (alice, bob, drolma)}
    assert written_by(lambda: fetch(app, feeds[alice.id]["team"])) == 1
    assert written_by(lambda: fetch(app, feeds[bob.id]["team"])) == 0
    assert written_by(lambda: fetch(app, feeds[drolma.id]["team"])) == 1
    assert written_by(lambda: fetch(app, feeds[bob.id]["public"])) == 1  # it leads to pages of its own


def test_a_sign_up_writes_one_date_of_the_leaders_calendar(app: Flask, browser: Open) -> None:
    team = make_team()
    lea = make_leader(team)
    dates = [make_date(lea, in_days=days) for days in range(3, 13)]
    address = addresses(browser, lea)["leader"]
    fetch(app, address)
    sign_up(make_member(team), dates[4])
    assert written_by(lambda: fetch(app, address)) == 1


def test_files_are_kept_up_to_a_number_of_bytes_and_the_longest_unasked_for_goes_first() -> None:
    shelf = Shelf(room=100)
    small = Written(b"x" * 40, NOON)
    shelf.put("one", small)
    shelf.put("two", small)
    assert shelf.find("one") is small
    shelf.put("three", small)
    assert [shelf.find(key) for key in ("one", "two", "three")] == [small, None, small]
    shelf.put("three", Written(b"", NOON + timedelta(days=1)))
    assert shelf.find("three") is small
    shelf.put("too large", Written(b"x" * 101, NOON))
    assert [shelf.find(key) for key in ("one", "three", "too large")] == [None, None, None]
    shelf.put("one", small)
    shelf.put("two", small)
    assert [shelf.find(key) for key in ("one", "two")] == [small, small]
