"""What browser tests stand on: a real Chromium before the service as it really runs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import inspect

from tests.browser.screens import SmallTeam, make_small_team
from tests.databases import keep
from tests.make import Someone
from tests.moments import SetClock
from tests.server import cookie_of, serving
from volunteer import clock
from volunteer.storage.database import Base, db

CHROMIUM = Path("/usr/bin/chromium")
PHONE = (390, 844)
PATIENCE = 10_000
"""Milliseconds until a missing button fails a test."""

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of a worker."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (on Debian: apt-get install chromium fonts-noto-cjk)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(chromium: Browser, migrated_app: Flask) -> Iterator[str]:
    """Where the service answers, on this worker's database; processes of its own, so they know no test's clock."""
    with serving(migrated_app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def phone(chromium: Browser, address: str, app: Flask) -> Iterator[Open]:
    """`phone()` is a page on a stranger's phone, `phone(alice)` one on Alice's, logged in; both read Chinese."""
    contexts: list[BrowserContext] = []

    def open_phone(someone: Someone | None = None, size: tuple[int, int] = PHONE, **how: Any) -> Page:
        width, height = size
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            is_mobile=width < 720,
            has_touch=width < 720,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **how,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if someone:
            name, value = cookie_of(app, someone).split("=", 1)
            context.add_cookies([{"name": name, "value": value, "url": address}])
        return context.new_page()

    yield open_phone
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def small_team() -> Callable[[SetClock], SmallTeam]:
    """Makes a small team, and within the same hour puts back all that was so, which takes a hundredth of the time."""
    made: dict[datetime, tuple[SmallTeam, datetime, Callable[[], None]]] = {}

    def come_in(at: SetClock) -> SmallTeam:
        hour = clock.now().replace(minute=0, second=0, microsecond=0)
        if hour not in made:
            made[hour] = make_small_team(at), clock.now(), keep(db.engine)
        team, moment, put_back = made[hour]
        at(moment)
        db.session.remove()
        put_back()
        rows = {name: inspect(row) for name, row in vars(team).items() if isinstance(row, Base)}
        return replace(team, **{name: db.session.get_one(row.class_, row.identity) for name, row in rows.items()})

    return come_in


@pytest.fixture
def team(app: Flask, at: SetClock, small_team: Callable[[SetClock], SmallTeam]) -> SmallTeam:
    """A small team with something to see on every page."""
    return small_team(at)
