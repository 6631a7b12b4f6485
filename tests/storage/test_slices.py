"""Many writes, one after the other: whoever waits meanwhile has their turn between two of them."""

import threading

import pytest
from flask import Flask
from sqlalchemy import text

from tests.databases import A_WRITE
from volunteer.storage.database import db, write, write_each
from volunteer.teams.models import Team


def test_whoever_waits_writes_between_two_slices(app: Flask, cranes: Team) -> None:
    order: list[str] = []
    comes = threading.Event()

    def press() -> None:
        with app.app_context():
            comes.set()
            write(lambda: db.session.execute(text(A_WRITE)))
            order.append("other")
            db.session.remove()

    somebody = threading.Thread(target=press)

    def first() -> None:
        db.session.execute(text(A_WRITE))
        somebody.start()
        assert comes.wait(10)
        order.append("first")

    def second() -> None:
        somebody.join(10 if db.engine.dialect.name == "postgresql" else 0)  # there nobody waits for other rows
        order.append("second")

    assert list(write_each([first, second])) == [None, None]
    somebody.join(10)
    assert order == ["first", "other", "second"]
    assert db.session.scalar(text("SELECT name FROM team")) == "Cranes.."


def test_what_is_done_stays_done_when_the_next_fails(cranes: Team) -> None:
    works = write_each([lambda: db.session.execute(text(A_WRITE)), lambda: 1 / 0])
    next(works)
    with pytest.raises(ZeroDivisionError):
        next(works)
    assert db.session.scalar(text("SELECT name FROM team")) == "Cranes."
