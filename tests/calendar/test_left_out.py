"""A date that cannot be written is left out of calendars: it costs nobody the others, and somebody hears of it."""

import gzip
import sqlite3
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from tests.calendar.subscriber import addresses, fetch, read
from tests.calendar.test_feed_contents import uid_of
from tests.make import Someone, make_date, make_household, make_member, reserve, sign_up
from tests.moments import NOON, SetClock
from tests.pages import Open
from volunteer.accounts.models import Person
from volunteer.activities.models import Activity, Occurrence, Shift
from volunteer.calendar import left_out
from volunteer.calendar.models import FeedScope
from volunteer.signups.models import Signup
from volunteer.storage.database import db, write
from volunteer.storage.revisions import Revision
from volunteer.teams.models import Names, Team

pytestmark = pytest.mark.begins(NOON)

SCOPES = tuple(scope.value for scope in FeedScope)
EARLY = {"arrive_before": 2**31 - 1}
"""Minutes before the start that no calendar reaches back. Nobody can type this, and it can be stored."""
USUAL = {"arrive_before": 10, "zone": "Asia/Shanghai"}


@dataclass
class World:
    """Lea, who lives in a household, is signed up for two public dates. One of them will be odd."""

    lea: Someone
    odd: Occurrence
    other: Occurrence
    feeds: dict[str, str]


@pytest.fixture
def world(app: Flask, browser: Open, team: Team, leader: Someone, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(left_out, "_found", {})
    make_household(team, leader, make_member(team))
    odd, other = make_date(leader, title="Visit to 王家", public=True), make_date(leader, in_days=5, public=True)
    for date in (odd, other):
        sign_up(leader, date)
    return World(leader, odd, other, addresses(browser, leader))


def store(date: Occurrence, **values: int | str) -> None:
    """Write past every rule into the activity of a date; no counter tells of it."""
    its = Activity.id == date.activity_id
    write(lambda: db.session.execute(update(Activity).where(its).values(values)))


def count(app: Flask) -> int:
    """How many dates are left out, as a supervisor reads it."""
    ready = fetch(app, "/readyz").json
    assert ready and ready["status"] == "ok"
    return int(ready["dates_left_out"])


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("values", [EARLY, {"zone": "Mars/Base"}, {"zone": "/"}])
def test_a_date_that_cannot_be_written_costs_nobody_the_others(
    app: Flask, world: World, scope: str, values: dict[str, int | str]
) -> None:
    address = world.feeds[scope]
    assert count(app) == 0
    store(world.odd, **values)
    lacking = fetch(app, address)
    assert set(read(lacking.data)) == {uid_of(world.other)}
    assert count(app) == 1
    store(world.odd, **USUAL)
    whole = fetch(app, address, If_None_Match=lacking.headers["ETag"])
    assert whole.status_code == 200 and set(read(whole.data)) == {uid_of(world.odd), uid_of(world.other)}
    assert whole.headers["ETag"] != lacking.headers["ETag"]
    assert fetch(app, address, If_None_Match=whole.headers["ETag"]).status_code == 304
    assert count(app) == 0


def test_nothing_is_kept_of_a_calendar_that_lacks_a_date(app: Flask, world: World) -> None:
    address = world.feeds["team"]
    store(world.odd, **EARLY)
    lacking = [fetch(app, address, Accept_Encoding=how) for how in ("gzip", "identity", "gzip")]
    bodies = [gzip.decompress(lacking[0].data), lacking[1].data, gzip.decompress(lacking[2].data)]
    assert [set(read(body)) for body in bodies] == [{uid_of(world.other)}] * 3
    assert len({response.headers["ETag"] for response in lacking}) == 1
    store(world.odd, **USUAL)
    assert len(read(gzip.decompress(fetch(app, address, Accept_Encoding="gzip").data))) == 2


def test_which_dates_are_lacking_is_seen_in_the_tag(app: Flask, world: World) -> None:
    tags = set()
    for odd, other in ((EARLY, USUAL), (USUAL, EARLY), (EARLY, EARLY), (USUAL, USUAL)):
        store(world.odd, **odd)
        store(world.other, **other)
        tags.add(fetch(app, world.feeds["team"]).headers["ETag"])
    assert len(tags) == 4


def test_a_date_counts_as_left_out_once_and_until_it_can_be_written(app: Flask, world: World) -> None:
    for date in (world.odd, world.other):
        store(date, **EARLY)
    for address in world.feeds.values():
        fetch(app, address)
    assert count(app) == count(app) == 2
    store(world.odd, **USUAL)
    assert count(app) == 1, "without anybody fetching it"
    store(world.other, **USUAL)
    assert count(app) == 0


@pytest.mark.parametrize(("scope", "days"), [("team", 31), ("person", 366)])
def test_a_date_that_no_calendar_shows_any_more_is_not_left_out(
    app: Flask, world: World, at: SetClock, scope: str, days: int
) -> None:
    store(world.odd, **EARLY)
    fetch(app, world.feeds[scope])
    at(world.odd.ends_at + timedelta(days=days))
    assert count(app) == 1
    at(world.odd.ends_at + timedelta(days=days + 1))
    assert count(app) == 0


def test_it_is_written_down_once_which_date_it_was_and_where_it_failed_but_nothing_of_it(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(app.logger.filters[0])
    store(world.odd, zone="张伟 13812345678")
    for address in world.feeds.values():
        fetch(app, address)
    (line,) = caplog.messages
    for told in (f"Occurrence {world.odd.id} ", "ZoneInfoNotFoundError", "Traceback", "sentences.py"):
        assert told in line
    signatures = [address.partition("-")[2].removesuffix(".ics") for address in world.feeds.values()]
    for kept in ("张伟", "13812345678", "王家", "Lea", *signatures):
        assert kept not in caplog.text
    store(world.odd, **USUAL)
    assert count(app) == 0
    store(world.odd, **EARLY)
    fetch(app, world.feeds["team"])
    assert len(caplog.records) == 2


def test_a_date_that_cannot_be_saved_as_a_file_says_so(app: Flask, browser: Open, world: World) -> None:
    store(world.odd, zone="Mars/Base")
    assert "cannot be saved as a file" in browser(world.lea).get(f"/occurrences/{world.odd.id}.ics").text
    assert count(app) == 1
    assert browser(world.lea).get(f"/occurrences/{world.other.id}.ics").response.mimetype == "text/calendar"
    store(world.odd, **USUAL)
    assert count(app) == 0
    assert browser(world.lea).get(f"/occurrences/{world.odd.id}.ics").response.mimetype == "text/calendar"


def test_the_agenda_shows_what_it_can(app: Flask, browser: Open, world: World) -> None:
    store(world.odd, **EARLY)
    assert "Visit to 王家" in browser(world.lea).get("/me/agenda").text
    if db.engine.dialect.name == "postgresql":
        pytest.skip("in PostgreSQL a column of numbers holds numbers")
    its = "shift_id IN (SELECT id FROM shift WHERE occurrence_id = :id)"
    write(lambda: db.session.execute(text(f"UPDATE signup SET sequence = 'x' WHERE {its}"), {"id": world.odd.id}))
    page = browser(world.lea).get("/me/agenda").text
    assert "Visit to 王家" not in page and "Friday cleanup" in page
    assert count(app) == 1
    write(lambda: db.session.execute(update(Signup).values(sequence=0)))
    assert count(app) == 0


def test_a_fault_of_the_database_still_surfaces() -> None:
    for fault in (DBAPIError, psycopg.Error, sqlite3.Error):
        assert not issubclass(fault, left_out.FAULTS)


def test_whatever_is_stored_every_calendar_shows_every_date(app: Flask, world: World) -> None:
    reserved = reserve(world.lea, world.odd, "张伟家").id
    everything = {uid_of(world.odd), uid_of(world.other)}
    write(lambda: db.session.execute(update(Team).values(names_in_feeds=Names.FULL)))
    nul = "\x00" if db.engine.dialect.name == "postgresql" else ""
    odd = st.sampled_from(
        ["", " ", "\x1b[31m", "\u200b", "\ufeff", "\u202e", "创" * 40, "👨‍👩‍👧" * 8, "%s %(text)s {}", "D:\\N;,"]
    )
    words = odd | st.text(st.characters(codec="utf-8", exclude_characters=nul), max_size=40)

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(words, min_size=7, max_size=7), st.integers(-(2**31), 2**31 - 1))
    def check(texts: list[str], sequence: int) -> None:
        title, place, meeting, bring, position, name, label = texts
        changes = [
            update(Occurrence).where(Occurrence.id == world.odd.id).values(title=title, place=place, sequence=sequence),
            update(Activity).where(Activity.id == world.odd.activity_id).values(meeting=meeting, bring=bring),
            update(Shift).where(Shift.occurrence_id == world.odd.id).values(name=position),
            update(Person).where(Person.id == world.lea.id).values(name=name),
            update(Signup).where(Signup.id == reserved).values(label=label),
            update(Revision).values(value=Revision.value + 1),
        ]
        write(lambda: [db.session.execute(change) for change in changes])
        for address in world.feeds.values():
            assert set(read(fetch(app, address).data)) == everything

    check()
    assert count(app) == 0
