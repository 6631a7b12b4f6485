"""Two leaders tick sixty people each without network, and upload over a link that loses and repeats."""

import random
from collections.abc import Callable
from functools import partial
from threading import Thread
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.make import make_date, make_leader, make_member, make_team, sign_up, signup_of
from tests.server import Phone, cookie_of, serving
from volunteer import clock
from volunteer.activities.models import Occurrence, Shift
from volunteer.ledger import jobs
from volunteer.ledger.models import Balance, Entry
from volunteer.storage.database import db, write

pytestmark = pytest.mark.soak

Sent = dict[str, str]


def ticks_of(rng: random.Random, signups: list[int], begun: int) -> list[Sent]:
    marks = [rng.choice(("present", "absent")) for _ in signups]
    moments = range(begun, begun + 2000 * len(signups), 2000)
    return [
        {"key": str(uuid4()), "signup": str(signup), "mark": mark, "done_at": str(at)}
        for signup, mark, at in zip(rng.sample(signups, len(signups)), marks, moments, strict=True)
    ]


def upload(phone: Phone, path: str, ticks: list[Sent], rng: random.Random) -> None:
    """One after another until it is answered; half the answers are lost, a tenth of the requests comes twice."""
    for tick in ticks:
        answered = False
        while not answered:
            for _ in range(2 if rng.random() < 0.1 else 1):
                now = str(int(clock.now().timestamp() * 1000))
                assert phone.post(f"{path}/sync", **tick, phone_now=now) == 200
            answered = rng.random() < 0.5


@pytest.mark.parametrize("order", ["hers first", "his first", "both at once"])
def test_sixty_ticks_each_are_all_there_once_and_say_the_same_in_every_order(
    app: Flask, order: str, say: Callable[[str], None]
) -> None:
    team, rng, now = make_team(), random.Random(3), clock.now()
    hers, his = make_leader(team), make_leader(team, "Lara")
    date = make_date(hers, in_days=1, capacity=100)
    people = [make_member(team, f"Member {n}") for n in range(60)]
    for someone in people:
        sign_up(someone, date)
    signups = [signup_of(someone).id for someone in people]
    begun = int(now.timestamp() * 1000) - 600_000
    new = {"starts_at": now - clock.MINUTE * 20, "ends_at": now + clock.MINUTE * 60}
    for what, whose in ((Occurrence, Occurrence.id), (Shift, Shift.occurrence_id)):
        write(partial(db.session.execute, update(what).where(whose == date.id).values(new)))
    both = [ticks_of(rng, signups, begun + odd) for odd in (0, 1000)]
    path = f"/occurrences/{date.id}/roster"
    with serving(app) as port:
        phones = [Phone(port, cookie_of(app, one)) for one in (hers, his)]
        for phone in phones:
            assert phone.get(path)[0] == 200
        works = [
            Thread(target=upload, args=(phone, path, ticks, random.Random(n)))
            for n, (phone, ticks) in enumerate(zip(phones, both, strict=True))
        ]
        for work in works[::-1] if order == "his first" else works:
            work.start()
            if order != "both at once":
                work.join()
        for work in works:
            work.join()
    db.session.rollback()
    sent = sorted((tick for ticks in both for tick in ticks), key=lambda tick: int(tick["done_at"]))
    found = db.session.scalars(select(Entry.key).order_by(Entry.done_at)).all()
    assert found == [tick["key"] for tick in sent]
    last = {int(tick["signup"]): {"present": "in", "absent": "absent"}[tick["mark"]] for tick in sent}
    assert dict(db.session.execute(select(Balance.signup_id, Balance.kind)).all()) == last
    assert jobs.check(clock.now()) == []
    say(f"{len(found)} ticks, {order}")
