"""A statement that is compiled once and run on the driver says what the library would say."""

import sys
from collections.abc import Callable, Iterator
from datetime import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, literal, select, table
from sqlalchemy.exc import DBAPIError

from tests.bench.inside import counted_statements
from tests.calendar.subscriber import addresses, fetch
from tests.make import make_date, make_leader, make_member, make_team, sign_up
from tests.moments import MONDAY, SetClock
from tests.pages import Browser
from volunteer import clock
from volunteer.accounts.models import Person
from volunteer.activities.rules import PlannedShift
from volunteer.schedule import cancellations
from volunteer.storage.database import db, is_passing, write
from volunteer.storage.hot import Hot

TONIGHT = {"in_days": 0, "start": time(19), "end": time(20)}
ASKS = PlannedShift("", time(9), time(10, 30), 5, needs_approval=True)
NAMES = Hot(str, select(Person.name).where(Person.name == bindparam("name")))


def test_every_hot_statement_answers_as_the_library_does(
    app: Flask, browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch, at: SetClock
) -> None:
    at(MONDAY)
    team = make_team()
    leader, alice, bob = make_leader(team), make_member(team, "Alice"), make_member(team, "Bob")
    dates = [make_date(leader, in_days=days, capacity=1) for days in (1, 2)]
    sign_up(alice, dates[0])
    late, asks = make_date(leader, **TONIGHT), make_date(leader, in_days=3, shifts=[ASKS])
    for date in (late, asks):
        sign_up(alice, date)
    cancel = late.id, "Storm", clock.now()
    write(lambda: cancellations.cancel_date(leader.actor, *cancel))
    rows, asked = Hot.rows, dict[Hot[Any], list[Any]]()

    def compare(hot: Hot[Any], **values: Any) -> Iterator[Any]:
        if not hot.statement.is_select:
            return rows(hot, **values)
        known = [hot.make(*row) for row in db.session.connection().execute(hot.statement, values)]
        answers = list(rows(hot, **values))
        assert repr(answers) == repr(known)
        asked.setdefault(hot, []).extend(answers)
        return iter(answers)

    monkeypatch.setattr(Hot, "rows", compare)
    for date in dates:
        browser(bob).get(f"/occurrences/{date.id}").submit("/signup")
    for path in ("/", "/me"):
        browser(bob).get(path)
    for path in ("/today", f"/occurrences/{cancel[0]}/told"):
        browser(leader).get(path)
    for address in addresses(browser, bob).values():
        fetch(app, address)
    rooms = [vars(room).values() for name, room in sys.modules.items() if name.startswith("volunteer.")]
    ours = [one for room in rooms for one in room if isinstance(one, Hot) and one.statement.is_select]
    ours = [one for one in ours if one.statement._for_update_arg is None]
    assert [str(one.statement)[:300] for one in ours if not asked.get(one)] == []


def test_its_errors_are_the_librarys_and_name_no_values(app: Flask) -> None:
    nowhere = Hot(int, select(literal(1)).select_from(table("nowhere")).where(literal(1) == bindparam("phone")))
    with pytest.raises(DBAPIError, match="parameters hidden") as caught:
        nowhere.first(phone=13800000001)
    assert not is_passing(caught.value)
    assert "13800000001" not in str(caught.value)
    db.session.rollback()
    assert NAMES.first(name="Alice") is None


def test_a_connection_lost_in_it_is_known_to_be_lost_and_the_next_is_a_new_one(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no server to lose")
    own = db.session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with db.engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({own})")
    with pytest.raises(DBAPIError) as caught:
        NAMES.first(name="Alice")
    assert caught.value.connection_invalidated and is_passing(caught.value)
    db.session.rollback()
    assert NAMES.first(name="Alice") is None


def test_it_is_counted_among_the_statements_of_a_page(app: Flask) -> None:
    with counted_statements() as found:
        NAMES.first(name="Alice")
    assert [statement.partition(" ")[0] for statement in found] == ["SELECT"]


def test_a_list_of_values_is_refused(app: Flask) -> None:
    those = Hot(str, select(Person.name).where(Person.name.in_(bindparam("names", expanding=True))))
    with pytest.raises(TypeError):
        those.first(names=["Alice"])
