"""`python -m tests.bench [--large] [--only sqlite|postgresql]`: measure, print, and write docs/bench.md."""

import argparse
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from datetime import date
from itertools import repeat
from statistics import median
from urllib.request import urlopen

import psycopg
from flask import Flask
from flask_migrate import upgrade
from psycopg import sql

from tests.bench import checking_in, data, inside, outside, table
from tests.bench.empty import app as empty
from tests.cluster import find_postgresql, postgresql
from tests.server import serving
from volunteer import clock, create_app
from volunteer.calendar import files
from volunteer.config import Settings
from volunteer.signups import jobs

ROUNDS, SECONDS = 5, 0.7
SIGN_UPS = 3000
CARD, NAME, WAITING = b"data-state=", b'value="take_off"', b"data-waiting="
EMPTY_POST = "/me/notices/read"
"""A button that writes nothing but its key."""
Address = Callable[[str], str]
"""The address of a database with this name."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    asked = parser.parse_args()
    load, sections = os.getloadavg()[0], list[str]()
    large: list[str] = []
    for kind, servers in (("sqlite", sqlite), ("postgresql", cluster)):
        if asked.only in (None, kind):
            with servers() as address:
                sections.append(measured(kind, address))
                say(sections[-1])
                if asked.large:
                    large.append(grown(kind, address))
                    say(large[-1])
    if not asked.only:
        table.write(sections, large, _today(), load)
    return 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def sqlite() -> Iterator[Address]:
    """Databases in files of a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="volunteer-bench-") as folder:
        yield lambda name: f"sqlite:///{folder}/{name}.db"


@contextmanager
def cluster() -> Iterator[Address]:
    """Databases of a throw-away PostgreSQL that keeps what it promises."""
    binaries = find_postgresql()
    if binaries is None:
        sys.exit("PostgreSQL is not installed.")
    with postgresql(binaries, shared_buffers="1GB", max_wal_size="4GB") as server:

        def create(name: str) -> str:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            return server.replace("/postgres?", f"/{name}?")

        yield create


def scene(url: str, size: data.Size) -> tuple[Flask, data.Scene]:
    """An application on a database with a team of this size."""
    app = create_app(
        Settings(secret_key="a key to measure with", database_url=url, base_url="https://volunteers.example.org")
    )
    with app.app_context():
        upgrade()
        return app, data.fill(app, size)


def probes(app: Flask, place: data.Scene) -> dict[str, inside.Probe]:
    """Everything that is measured within the process."""
    tag = str(app.test_client().get(place.feed).headers["ETag"])
    buttons = ((f"/occurrences/{date_id}/signup", one) for one in place.volunteers for date_id in place.to_sign_up)
    events = (b"BEGIN:VEVENT", 300)
    pages = {
        "week, 30 cards": (inside.getting(app, place.week, place.reader), (CARD, 30)),
        "week, 30 cards, gzip": (inside.getting(app, place.week, place.reader, Accept_Encoding="gzip"), (b"", 0)),
        "week, 205 dates": (inside.getting(app, place.list_of_205, place.reader), (CARD, 205)),
        "date": (inside.getting(app, place.a_date, place.reader), (CARD, 1)),
        "my page": (inside.getting(app, "/me", place.reader), (CARD, 5)),
        "roster, 35 names": (inside.getting(app, place.roster, place.leader), (NAME, 35)),
        "today, 30 waiting": (inside.getting(app, "/today", place.busy), (WAITING, 30)),
        "feed of 300, kept": (inside.getting(app, place.feed), events),
    }
    return {name: inside.Probe(call, "200", shows) for name, (call, shows) in pages.items()} | {
        "feed of 300, cold": inside.Probe(inside.getting(app, place.feed), "200", events, _forget_feeds, most=5),
        "feed of 300, unchanged": inside.Probe(inside.getting(app, place.feed, If_None_Match=tag), "304"),
        "empty POST": inside.Probe(inside.posting(app, repeat((EMPTY_POST, place.reader))), "303", most=30),
        "sign-up": inside.Probe(inside.posting(app, buttons), "303", most=30),
    }


def _forget_feeds() -> None:
    files.write_date.cache_clear()
    files._shelf = files.Shelf(files.ROOM_FOR_FILES)


def measured(kind: str, address: Address) -> str:
    """Everything about a small team on this database, as a section of the page."""
    app, place = scene(address("small"), data.SMALL)
    every = probes(app, place)
    statements = {name: _statements(app, probe) for name, probe in every.items()}
    unit = {"": inside.Probe(inside.getting(empty, "/"), "200")}
    rounds = inside.measure(unit | every)
    ratios = {name: _ratio(rounds[name], rounds[""]) for name in every}
    with serving(app, "tests.bench.empty:app") as idle, serving(app) as port:
        rates = _rates(idle, port, place)
    rows = [
        (
            name,
            table.judged(table.INSIDE[kind], name, ratios[name]),
            table.judged(table.OUTSIDE, name, _ratio(rates[""], rates[name])) if name in rates else "",
            table.judged(table.A_SECOND, name, median(rates[name]), "{:.0f}".format) if name in rates else "",
            table.judged(table.STATEMENTS, name, statements[name], "{:.0f}".format),
        )
        for name in every
    ]
    return "\n".join(
        (
            f"## {kind}\n",
            f"An empty call: {median(rounds['']) * 1e6:.0f} µs; an empty route: {median(rates['']):.0f} a second.\n",
            table.table(("", "within the process", "over HTTP", "a second", "SQL statements"), rows),
            f"Sign-up: {_ratio(rounds['sign-up'], rounds['empty POST']):.1f} times a POST that writes only its key.\n",
            _crowd(kind, address),
        )
    )


def _statements(app: Flask, probe: inside.Probe) -> float:
    with app.app_context(), inside.counted_statements() as found:
        Context().run(probe.call)
        return len(found)


def _ratio(times: list[float], units: list[float]) -> float:
    return median(one / unit for one, unit in zip(times, units, strict=True))


def _rates(idle: int, port: int, place: data.Scene) -> dict[str, list[float]]:
    """Answers a second over HTTP; pages take turns, and so do those who look at them."""
    with urlopen(f"http://127.0.0.1:{port}{place.feed}") as answer:
        tag = answer.headers["ETag"]
    asked = {
        "": (idle, outside.get("/"), "200"),
        "week, 30 cards": (port, outside.get(place.week, place.reader), "200"),
        "week, 30 cards, gzip": (port, outside.get(place.week, place.reader, Accept_Encoding="gzip"), "200"),
        "week, 205 dates": (port, outside.get(place.list_of_205, place.reader), "200"),
        "date": (port, outside.get(place.a_date, place.reader), "200"),
        "my page": (port, outside.get("/me", place.reader), "200"),
        "roster, 35 names": (port, outside.get(place.roster, place.leader), "200"),
        "today, 30 waiting": (port, outside.get("/today", place.busy), "200"),
        "feed of 300, kept": (port, outside.get(place.feed), "200"),
        "feed of 300, unchanged": (port, outside.get(place.feed, If_None_Match=tag), "304"),
    }
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (server, request, status) in asked.items():
            rates[name].append(outside.page_rate(server, request, status, SECONDS))
    return rates


def _crowd(kind: str, address: Address) -> str:
    """Sign-ups over HTTP from 16 clients for 200 shifts, and 1,000 people for one."""
    url = address("crowd")
    app, place = scene(url, data.CROWD)
    jobs_waiting = [(d, one) for d in place.to_sign_up for one in place.volunteers[: SIGN_UPS // 200]]
    random.Random(1).shuffle(jobs_waiting)
    with serving(app) as port:
        rates, raw = [], []
        for part in range(3):
            raw.append(_commit_rate(kind, url))
            some = [outside.post(f"/occurrences/{d}/signup", one) for d, one in jobs_waiting[part::3]]
            tally = outside.drive(port, some)
            assert set(tally.statuses) == {"303"}, tally.statuses
            rates.append(tally.rate)
        together = [outside.post(f"/occurrences/{place.hot}/signup", one) for one in place.volunteers[:1000]]
        rush = outside.drive(port, together)
        assert rush.statuses == {"303": 1000}, rush.statuses
        at_once = checking_in.measure(app, port)
    with app.app_context():
        wrong = jobs.check(clock.now())
    ratio = _ratio(rates, raw)
    return (
        f"One INSERT, one commit: {median(raw):.0f} a second. Sign-ups over HTTP, 16 clients, 200 shifts: "
        f"{table.judged(table.A_SECOND, 'sign-up', median(rates), '{:.0f}'.format)} a second, {ratio:.2f} of the raw "
        f"commits ({table.THROUGHPUT[kind].verdict(ratio)}). "
        f"1,000 people for one shift: {rush.seconds:.1f} s ({table.HOT_SHIFT.verdict(rush.seconds)}). "
        f"The check finds {len(wrong) or 'nothing'} wrong.\n\n"
        "60 check-ins through the QR code within 60 s beside 60 sign-ups, each with its page and its button: the "
        f"median is {at_once.median:.1f} ({table.CHECK_IN_MEDIAN.verdict(at_once.median)}) and the 95th percentile "
        f"{at_once.p95:.1f} ({table.CHECK_IN_P95.verdict(at_once.p95)}) times a sign-up's; "
        f"{at_once.errors} errors ({table.CHECK_IN_ERRORS.verdict(at_once.errors)}).\n"
    )


def _commit_rate(kind: str, url: str, seconds: float = 1.0) -> float:
    """How often a second one row is inserted and committed, on one connection, by the driver alone."""
    if kind == "sqlite":
        lite = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        lite.execute("PRAGMA synchronous=FULL")
        one = lite.execute
    else:
        postgres = psycopg.connect(url, autocommit=True)
        one = postgres.execute  # type: ignore[assignment]
    one("CREATE TABLE IF NOT EXISTS raw_commits (n INTEGER)")
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for step in ("BEGIN", "INSERT INTO raw_commits VALUES (1)", "COMMIT"):
            one(step)
        done += 1
    return done / seconds


def grown(kind: str, address: Address) -> str:
    """The same pages in a small and in a large database, side by side."""
    begin = time.perf_counter()
    large = probes(*scene(address("large"), data.LARGE))
    filled = time.perf_counter() - begin
    small = probes(*scene(address("beside"), data.SMALL))
    both = {f"small {name}": probe for name, probe in small.items()} | {f"large {n}": p for n, p in large.items()}
    rounds = inside.measure(both)
    rows = [
        (name, table.judged({name: table.GROWTH}, name, _ratio(rounds[f"large {name}"], rounds[f"small {name}"])))
        for name in small
    ]
    size = data.LARGE
    return (
        f"### {kind}\n\n{size.people:,} people, 2,000 of them active, {size.dates:,} past dates, {size.signups:,} "
        f"sign-ups, all of one team, filled in {filled:.0f} s; {_today()}. Each page beside the same page in the small "
        f"database.\n\n{table.table(('', 'large : small'), rows)}"
    )


def _today() -> date:
    return clock.today(clock.now(), "Asia/Shanghai")


if __name__ == "__main__":
    sys.exit(main())
