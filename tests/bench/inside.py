"""Calls within this process, without a network: what the code itself costs."""

import gc
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from tests.bench.data import Phone
from volunteer.storage.database import db

ROUNDS = 9
SECONDS = 0.1
"""For each probe in each round."""

Call = Callable[[], "Answer"]
"""Makes one request."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: str
    body: bytes


@dataclass(frozen=True)
class Probe:
    """Something to measure. before: done before each call, at no cost to it."""

    call: Call
    status: str
    shows: tuple[bytes, int] = (b"", 0)
    """What must stand in every answer so many times; nothing, when it says nothing."""
    before: Callable[[], None] | None = None
    most: int = 1_000_000
    """Calls a round; for those that use something up."""


def getting(app: Flask, path: str, phone: Phone | None = None, **headers: str) -> Call:
    """A call that gets this page."""
    environ = EnvironBuilder(path=path, headers=Headers(_headers(phone, headers))).get_environ()
    return lambda: _answer(app, dict(environ))


def posting(app: Flask, jobs: Iterator[tuple[str, Phone]]) -> Call:
    """A call that presses the next of these buttons."""

    def press() -> Answer:
        path, phone = next(jobs)
        body = urlencode({"csrf_token": phone.token, "write_key": f"key-{time.monotonic_ns()}"}).encode()
        environ = EnvironBuilder(
            path=path,
            method="POST",
            headers=Headers(_headers(phone, {})),
            content_type="application/x-www-form-urlencoded",
            input_stream=io.BytesIO(body),
            content_length=len(body),
        ).get_environ()
        return _answer(app, environ)

    return press


def _headers(phone: Phone | None, more: dict[str, str]) -> dict[str, str]:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return headers | ({"Cookie": phone.cookie} if phone else {}) | {"Accept-Language": "zh-CN,zh;q=0.9"}


def _answer(app: Flask, environ: dict[str, object]) -> Answer:
    status = ""

    def start(line: str, *_: object) -> Callable[[bytes], object]:
        nonlocal status
        status = line[:3]
        return lambda chunk: None

    parts = app(environ, start)
    body = b"".join(parts)
    parts.close()  # type: ignore[attr-defined]
    return Answer(status, body)


def measure(probes: dict[str, Probe]) -> dict[str, list[float]]:
    """Seconds a call takes, for each probe and round the quarter that was fastest at most; rounds take turns."""
    for name, probe in probes.items():
        for _ in range(min(10, probe.most)):
            answer = probe.call()
            assert answer.status == probe.status, f"{name}: {answer.status}"
            what, times = probe.shows
            assert not what or answer.body.count(what) == times, f"{name}: {answer.body.count(what)} times {what!r}"
    rounds: dict[str, list[float]] = {name: [] for name in probes}
    for _ in range(ROUNDS):
        for name, probe in probes.items():
            gc.collect()
            rounds[name].append(_quartile_of_round(probe))
    return rounds


def _quartile_of_round(probe: Probe) -> float:
    # The median would count what other processes take away: more of it from long calls than from short ones.
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(times) < 3 or (time.perf_counter() < end and len(times) < probe.most):
        if probe.before:
            probe.before()
        begin = time.perf_counter()
        probe.call()
        times.append(time.perf_counter() - begin)
    return quantiles(times, n=4)[0]


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The statements executed meanwhile, without those that begin and end a transaction."""
    statements: list[str] = []

    def note(*execution: object) -> None:
        if not str(execution[2]).startswith(("BEGIN", "ROLLBACK", "COMMIT")):
            statements.append(str(execution[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
