"""What every page and every sign-up asks is found by an index, however much lies in the tables.

Looked at in the database's own plans, on tables big enough for it to mind; no clock is involved.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from tests.bench import data, inside
from tests.make import Someone
from volunteer import clock
from volunteer.storage import connections, database, jobs
from volunteer.storage.database import db, write

BIG = "person|device|membership|occurrence|shift|signup|notice|feed|revision|write_key"
"""Tables that grow with the years."""
SIZE = data.Size(people=1000, dates=1500, signups=15_000)


@pytest.fixture
def asked(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """What the hot requests ask in a team of years, each with its values."""
    place = data.fill(app, SIZE)
    found: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "WITH")):
            found.append((statement, values))

    buttons = iter([(f"/occurrences/{date_id}/signup", place.reader) for date_id in (place.to_sign_up[0], place.hot)])
    press = inside.posting(app, buttons)
    event.listen(db.engine, "before_cursor_execute", note)
    for path, phone in ((place.week, place.reader), (place.a_date, place.reader), (place.feed, None)):
        assert inside.getting(app, path, phone)().status == "200"
    assert press().status == press().status == "303"
    event.remove(db.engine, "before_cursor_execute", note)
    yield found


@pytest.mark.parametrize("known", [True, False], ids=["analysed", "unknown"])
def test_no_hot_statement_reads_through_a_table(asked: list[tuple[str, Any]], known: bool) -> None:
    sqlite = db.engine.dialect.name == "sqlite"
    if not (known or sqlite):
        pytest.skip("PostgreSQL gets to know its tables by itself")
    if known:
        write(lambda: connections.look_at_tables(db.session.connection()))
    else:
        write(lambda: db.session.execute(text("DELETE FROM sqlite_stat1")))
    db.session.remove()
    db.engine.dispose()  # a connection of SQLite knows what it knew when it was made
    with db.engine.connect().execution_options(**database.writing(db.engine)) as connection:
        if not sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # which it prefers for a handful of rows
        explained = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        plans = [
            (statement, [str(row[-1]) for row in connection.exec_driver_sql(f"{explained} {statement}", values)])
            for statement, values in asked
        ]
    assert len(plans) > 8
    through = re.compile(rf"SCAN ({BIG})\b|Seq Scan on ({BIG})\b|\(team_id=\?\)$")
    slow = [(statement, line) for statement, plan in plans for line in plan if through.search(line)]
    assert not slow


def test_the_worker_lets_sqlite_look_at_its_tables_once_a_day(app: Flask) -> None:
    if db.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL gets to know its tables by itself")

    data.fill(app, SIZE)
    write(lambda: db.session.execute(text("ANALYZE")))

    def looked_at(now: datetime) -> bool:
        write(lambda: db.session.execute(text("DELETE FROM sqlite_stat1")))
        write(lambda: jobs.tick(now))
        return "signup" in known_tables()

    hours = [clock.now() + timedelta(hours=n) for n in (0, 1, 25)]
    assert [looked_at(hour) for hour in hours] == [True, False, True]


def known_tables() -> set[str]:
    return set(db.session.scalars(text("SELECT tbl FROM sqlite_stat1")))


def test_what_three_members_need_is_no_measure_for_thousands(app: Flask, people: Sequence[Someone]) -> None:
    if db.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL gets to know its tables by itself")
    write(lambda: connections.look_at_tables(db.session.connection()))
    assert known_tables() == set()
