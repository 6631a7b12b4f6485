"""A connection that died while nobody used it is found before somebody does."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine

from volunteer.storage import connections
from volunteer.storage.database import db, write


@pytest.fixture
def cut_off(app: Flask) -> Iterator[None]:
    """Every connection of the pool has been ended by the server."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no server to lose")
    own = db.session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    db.session.rollback()
    elsewhere = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    with elsewhere.connect() as other:
        assert other.exec_driver_sql(f"SELECT pg_terminate_backend({own})").scalar_one()
    yield
    elsewhere.dispose()
    db.session.rollback()
    db.engine.dispose()  # what else of the pool the server has ended is not for the next test


def one() -> int:
    return int(db.session.connection().exec_driver_sql("SELECT 1").scalar_one())


def test_after_a_rest_a_page_finds_it_out_and_is_shown(cut_off: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RESTED", 0.0)
    assert one() == 1


def test_within_a_second_a_write_finds_it_out_and_is_done_all_the_same(cut_off: None) -> None:
    assert write(one) == 1
