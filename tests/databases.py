"""Databases for tests: one for each test worker, and emptied between tests.

Which kind is asked for by the environment, so that every test runs on both:

VOLUNTEER_TEST_DATABASE   `sqlite` (default) or `postgresql`
VOLUNTEER_TEST_POSTGRES   address of a server where we may create databases; `tests/run` starts one
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, MetaData, make_url, text


def test_database_url(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a fresh, empty database of its own for this worker.

    worker_id: pytest-xdist's (`gw0`, or `master` without xdist); any other word gives a further database.
    Asking again with the same word on PostgreSQL drops the earlier database.
    """
    kind = os.environ.get("VOLUNTEER_TEST_DATABASE", "sqlite")
    if kind == "sqlite":
        folder: Path = tmp_path_factory.mktemp(f"database-{worker_id}")
        return f"sqlite:///{folder / 'test.db'}"
    if kind == "postgresql":
        return _fresh_postgresql(f"volunteer_test_{worker_id}")
    raise pytest.UsageError(f"VOLUNTEER_TEST_DATABASE is sqlite or postgresql, not {kind!r}")


test_database_url.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name says


def _fresh_postgresql(name: str) -> str:
    server = os.environ.get("VOLUNTEER_TEST_POSTGRES")
    if not server:
        raise pytest.UsageError("VOLUNTEER_TEST_POSTGRES is not set; `tests/run` starts a server and sets it")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
        )
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def leave_out_pure_tests(config: pytest.Config, items: list[pytest.Item], fixture: str) -> None:
    """On PostgreSQL keep only the tests that use `fixture`, directly or not: the others have run on SQLite.

    Called from pytest_collection_modifyitems.
    """
    if os.environ.get("VOLUNTEER_TEST_DATABASE", "sqlite") == "sqlite":
        return
    touching: list[pytest.Item] = []
    pure: list[pytest.Item] = []
    for item in items:
        (touching if fixture in getattr(item, "fixturenames", ()) else pure).append(item)
    items[:] = touching
    config.hook.pytest_deselected(items=pure)


A_WRITE = "UPDATE team SET name = name || '.'"


@contextmanager
def holding(database_url: str, locking: str) -> Iterator[Callable[[], None]]:
    """Somebody else's transaction, open during the body, in which they have written: on SQLite nobody else can then.

    locking: what they do on PostgreSQL, where others wait only for what they have touched. Calling what this yields
    lets a write get through: on SQLite theirs, and they hold the file again at once.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "", isolation_level=None, timeout=10)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield lambda: [other.execute(step) for step in (A_WRITE, "COMMIT", "BEGIN IMMEDIATE")] and None
    else:
        with psycopg.connect(database_url) as other_, psycopg.connect(database_url, autocommit=True) as third:
            other_.execute(locking)
            yield lambda: third.execute(A_WRITE) and None
            other_.rollback()


def keep(engine: Engine) -> Callable[[], None]:
    """What is in the SQLite file now is put back as often as what this returns is called."""
    kept = sqlite3.connect(":memory:")

    def copy(put_back: bool) -> None:
        connection = engine.raw_connection()
        try:
            file = cast(sqlite3.Connection, connection.driver_connection)
            kept.backup(file) if put_back else file.backup(kept)
        finally:
            connection.close()

    copy(put_back=False)
    return lambda: copy(put_back=True)


def empty(engine: Engine, metadata: MetaData) -> None:
    """Take every row out of every table of `metadata`, and let identities start again at 1.

    Fails rather than waits when a test left a transaction open that holds a table.
    """
    names = [table.name for table in metadata.tables.values()]
    if engine.dialect.name == "sqlite":
        _empty_sqlite(engine, names)
    else:
        _empty_postgresql(engine, names)


def _empty_sqlite(engine: Engine, names: list[str]) -> None:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # Off, not deferred: a RESTRICT is judged at once, and circles of tables have no right order.
        (enforced,) = cursor.execute("PRAGMA foreign_keys").fetchone()
        cursor.execute("PRAGMA foreign_keys = OFF")
        try:
            cursor.execute("BEGIN IMMEDIATE")
            for name in names:
                cursor.execute(f'DELETE FROM "{name}"')
            if cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
                cursor.execute("DELETE FROM sqlite_sequence")
            connection.commit()
        finally:
            connection.rollback()
            cursor.execute(f"PRAGMA foreign_keys = {enforced}")
    finally:
        connection.close()


def _empty_postgresql(engine: Engine, names: list[str]) -> None:
    # With a few rows a table, a DELETE takes 1 ms, a TRUNCATE 70. As a "replica" the server minds neither
    # foreign keys nor triggers (on a server of our own we may say so).
    deletes = "; ".join(f'DELETE FROM "{name}"' for name in names)
    restart = (
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) "
        "FROM pg_sequences WHERE last_value IS NOT NULL"
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = '10s'; SET LOCAL session_replication_role = replica; {deletes}"
        )
        connection.execute(text(restart))
