"""What tests stand on: a real database, emptied between tests, and a client that reads pages as a person does.

And one world, made as far as a test asks for it. A file whose world differs overrides what is different.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings

from tests import hashing
from tests.databases import empty, leave_out_pure_tests, test_database_url
from tests.make import (
    Someone,
    make_activity,
    make_administrator,
    make_date,
    make_leader,
    make_member,
    make_team,
    sign_up,
)
from tests.moments import FRIDAY, MONDAY, SetClock
from tests.pages import Browser, Open
from volunteer import clock, create_app
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.config import Settings
from volunteer.storage.database import Base, db
from volunteer.teams.models import Team

# A machine with other work stops a process for longer than the 200 ms that an example may take by default.
settings.register_profile("shared machine", deadline=2000)
settings.load_profile("shared machine")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "begins(moment): when the team is made, if not on MONDAY; None: the clock runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_pure_tests(config, items, "app")


@pytest.fixture(scope="session")
def migrated_app(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a database of its own, made by the migrations as everywhere else."""
    settings = Settings(
        secret_key="a key for tests only",
        database_url=test_database_url(worker_id, tmp_path_factory),
        base_url="https://volunteers.example.org",
        testing=True,
    )
    app = create_app(settings)
    with app.app_context():
        upgrade()
    return app


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The application within its context, its tables empty at the end."""
    with migrated_app.app_context():
        yield migrated_app
        db.session.remove()
        empty(db.engine, Base.metadata)


@pytest.fixture(scope="module")
def quick_hashing() -> Iterator[None]:
    """No password of this file costs the time a password should."""
    with hashing.quick():
        yield


@pytest.fixture
def browser(app: Flask) -> Open:
    """`browser()` is a stranger's, `browser(alice)` is Alice's phone, logged in."""

    def open_browser(someone: Someone | None = None, locale: str = "en") -> Browser:
        return Browser(app, someone, locale)

    return open_browser


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """`at(moment)` makes it that moment for everyone."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_clock


@pytest.fixture
def team(app: Flask, at: SetClock, request: pytest.FixtureRequest) -> Team:
    """A team made at eight on MONDAY, where the clock stands still; or when the mark `begins` says."""
    mark = request.node.get_closest_marker("begins")
    if moment := mark.args[0] if mark else MONDAY:
        at(moment)
    return make_team()


@pytest.fixture
def leader(team: Team) -> Someone:
    return make_leader(team)


@pytest.fixture
def ada(team: Team) -> Someone:
    return make_administrator(team)


@pytest.fixture
def alice(team: Team) -> Someone:
    return make_member(team, "Alice")


@pytest.fixture
def bob(team: Team) -> Someone:
    return make_member(team, "Bob")


@pytest.fixture
def charlie(team: Team) -> Someone:
    return make_member(team, "Charlie")


@pytest.fixture
def people(alice: Someone, bob: Someone, charlie: Someone) -> list[Someone]:
    return [alice, bob, charlie]


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    """FRIDAY from 15:00 to 16:00, one place."""
    return make_date(leader, day=FRIDAY, start=time(15), end=time(16), capacity=1)


@pytest.fixture
def queue(cleanup: Occurrence, people: list[Someone]) -> list[Someone]:
    """Alice has the place, Bob and Charlie wait."""
    for someone in people:
        sign_up(someone, cleanup)
    return people


@pytest.fixture
def series(leader: Someone) -> Activity:
    """Four Fridays from nine to half past ten, beginning with FRIDAY."""
    return make_activity(leader, repeat=Repeat.WEEKLY, day=FRIDAY, until=FRIDAY + timedelta(weeks=3))


@pytest.fixture
def cranes(app: Flask) -> Team:
    """Another team, by the clock that runs."""
    return make_team("cranes", "Cranes")


@pytest.fixture
def lea(cranes: Team) -> Someone:
    return make_leader(cranes)
