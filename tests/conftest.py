"""What tests stand on: a real database, emptied between tests, and a client that reads pages as a person does."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings

from tests.databases import empty, leave_out_pure_tests, test_database_url
from tests.make import Someone
from tests.pages import Browser
from volunteer import clock, create_app
from volunteer.config import Settings
from volunteer.storage.database import Base, db

# A machine with other work stops a process for longer than the 200 ms that an example may take by default.
settings.register_profile("shared machine", deadline=2000)
settings.load_profile("shared machine")


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


@pytest.fixture
def browser(app: Flask) -> Callable[..., Browser]:
    """`browser()` is a stranger's, `browser(alice)` is Alice's phone, logged in."""

    def open_browser(someone: Someone | None = None, locale: str = "en") -> Browser:
        return Browser(app, someone, locale)

    return open_browser


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`at(moment)` makes it that moment for everyone."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_clock
