"""Sixty people check in through the leader's QR code within a minute, while sixty others sign up elsewhere."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from statistics import median, quantiles

from flask import Flask

from tests.make import Someone, make_date, make_leader, make_member, make_team, sign_up
from tests.server import Phone, cookie_of
from volunteer import clock
from volunteer.checkin import codes, scanning
from volunteer.checkin.codes import CodeKind

PEOPLE, SECONDS = 60, 60.0


@dataclass(frozen=True)
class Waits:
    """Seconds that people waited, for a page and then for its button."""

    check_ins: Sequence[float]
    sign_ups: Sequence[float]
    errors: int

    @property
    def median(self) -> float:
        return median(self.check_ins) / median(self.sign_ups)

    @property
    def p95(self) -> float:
        return quantiles(self.check_ins, n=20)[-1] / quantiles(self.sign_ups, n=20)[-1]


def prepare() -> tuple[int, int, str, list[Someone], list[Someone]]:
    """A date that begins in ten minutes, one sixty others may sign up for, the first one's secret, and these people."""
    team = make_team()
    leader, soon = make_leader(team), clock.local(clock.now() + timedelta(minutes=10), team.zone)
    times = {"start": soon.time().replace(second=0, microsecond=0)}
    times["end"] = (soon + timedelta(hours=1)).time().replace(second=0, microsecond=0)
    here = make_date(leader, day=soon.date(), capacity=PEOPLE, **times)
    later = make_date(leader, in_days=9, capacity=PEOPLE)
    on_it, others = ([make_member(team) for _ in range(PEOPLE)] for _ in range(2))
    for someone in on_it:
        sign_up(someone, here)
    here, _ = scanning.show(leader.actor, here.id, clock.now())
    return here.id, later.id, here.check_secret or "", on_it, others


def measure(app: Flask, port: int) -> Waits:
    """How long everybody waits; they come when they like within the minute."""
    with app.app_context():
        here, later, secret, on_it, others = prepare()
        cookies = [cookie_of(app, someone) for someone in (*on_it, *others)]
    phones = [Phone(port, cookie) for cookie in cookies]

    def check_in(phone: Phone) -> tuple[float, bool]:
        address = f"/q/{codes.rolling(here, secret, CodeKind.IN, clock.now())}"
        begin = time.perf_counter()
        fine = phone.get(address)[0] == 200 and phone.post(address, deed="in") == 303
        return time.perf_counter() - begin, fine

    def press(phone: Phone) -> tuple[float, bool]:
        begin = time.perf_counter()
        fine = phone.get(f"/occurrences/{later}")[0] == 200 and phone.post(f"/occurrences/{later}/signup") == 303
        return time.perf_counter() - begin, fine

    chance = random.Random(1)
    comes = [chance.uniform(0, SECONDS) for _ in phones]
    deeds: list[Callable[[Phone], tuple[float, bool]]] = [check_in] * PEOPLE + [press] * PEOPLE
    start = time.perf_counter()

    def live(moment: float, deed: Callable[[Phone], tuple[float, bool]], phone: Phone) -> tuple[float, bool]:
        time.sleep(max(0.0, start + moment - time.perf_counter()))
        return deed(phone)

    with ThreadPoolExecutor(2 * PEOPLE) as crowd:
        found = list(crowd.map(live, comes, deeds, phones))
    waits, fine = zip(*found, strict=True)
    return Waits(waits[:PEOPLE], waits[PEOPLE:], fine.count(False))
