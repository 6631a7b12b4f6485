"""An evening on which somebody holds what everybody needs: twenty people press a button, others only look."""

import hashlib
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from flask import Flask

from tests.databases import holding
from tests.make import make_date, make_leader, make_team, shifts_of
from tests.server import serving
from tests.soak import dates
from tests.soak.crowd import Answer, Guest, all_at_once, look, make_crowd, press
from volunteer.calendar.models import Feed, FeedScope
from volunteer.calendar.subscriptions import PURPOSE
from volunteer.clock import now
from volunteer.storage.database import db, write
from volunteer.storage.gate import LOOK_EVERY, STANDSTILL
from volunteer.web import tokens

POSTS = 20
THREADS = 2 * 8
"""Of two processes."""
SOME_WORK = bytes(2**22)


@dataclass
class Evening:
    """What came of it."""

    began: float
    seconds: float
    work: float = 0.0
    """Seconds of work that were done beside it."""
    work_took: float = 0.0
    """Seconds until it was done."""
    posts: list[Answer] = field(default_factory=list)
    looks: list[tuple[str, Answer]] = field(default_factory=list)

    def slowest_look(self, since: float = 0.0) -> tuple[float, str]:
        """Of those that began so many seconds after the first: how long it took, and at what."""
        return max((answer.seconds, path) for path, answer in self.looks if answer.sent >= self.began + since)

    @property
    def slowness(self) -> float:
        """How many times as long as on a machine of one's own anything took meanwhile."""
        return max(1.0, self.work_took / self.work)

    @property
    def patience(self) -> float:
        """Seconds after which everybody has an answer: what comes after a standstill is work. Less than the evening."""
        return min(STANDSTILL + LOOK_EVERY + 0.75 * self.slowness, self.seconds - 1)

    def ended(self, status: int) -> list[Answer]:
        """The posts that were answered so."""
        return [answer for answer in self.posts if answer.status == status]


def spend(app: Flask, seconds: float, commits_every: float | None = None) -> Evening:
    """Somebody holds all they can for so long: on SQLite the file, on PostgreSQL the row of the shift.

    commits_every: meanwhile others get through; on SQLite the one who holds the file does, and takes it again.
    """
    team = make_team()
    date = make_date(make_leader(team))
    (shift,) = shifts_of(date)
    button, locking = f"/occurrences/{date.id}/signup", f"SELECT FROM shift WHERE id = {shift.id} FOR UPDATE"
    crowd = make_crowd(app, team, POSTS + int(seconds * 10))
    people, calendars = iter(crowd), _make_feeds(team.id, crowd)
    feeds = iter(calendars)
    db.session.rollback()
    over = threading.Event()
    with serving(app) as port, ExitStack() as until_answered:
        looking = iter(((crowd[0], "/"), (None, "/healthz"), (None, "")))
        evening = Evening(time.monotonic(), seconds)

        def post() -> None:
            evening.posts.append(press(port, next(people), button))

        def look_on() -> None:
            guest, path = next(looking)
            while not over.wait(0.1):
                evening.looks.append((path or "feed", look(port, guest, path or next(feeds))))

        def work() -> None:
            while not over.wait(0.1):
                began, done = time.monotonic(), time.thread_time()
                hashlib.sha256(SOME_WORK).digest()
                evening.work += time.thread_time() - done
                evening.work_took += time.monotonic() - began

        warm = iter(crowd[:THREADS])
        with all_at_once(lambda: look(port, next(warm), "/"), THREADS):
            pass  # a process reads its templates when it is asked first
        assert {look(port, None, path).status for path in calendars} == {200}
        with holding(app.config["SETTINGS"].database_url, locking) as pass_on:
            evening.began = time.monotonic()
            until_answered.enter_context(all_at_once(post, POSTS))
            until_answered.enter_context(all_at_once(look_on, 3))
            until_answered.enter_context(all_at_once(work, 1))
            until_answered.callback(over.set)
            while (left := evening.began + seconds - time.monotonic()) > 0:
                over.wait(min(left, commits_every or left))
                if commits_every:
                    pass_on()
    return evening


def _make_feeds(team_id: int, crowd: list[Guest]) -> list[str]:
    """Their calendars' addresses."""
    of = {tokens.new_id(): guest.id for guest in crowd}

    def make() -> None:
        for id, person_id in of.items():
            db.session.add(Feed(id=id, team_id=team_id, person_id=person_id, scope=FeedScope.PERSON, created_at=now()))

    write(make)
    return [f"/cal/{tokens.seal(PURPOSE, id)}.ics" for id in of]


def check(evening: Evening) -> None:
    """What must be true of every evening on which nobody gets through."""
    assert {answer.status for _, answer in evening.looks} == {200}
    assert evening.slowest_look() <= (evening.patience, "")
    assert evening.slowest_look(since=evening.patience) <= (evening.slowness, "")
    done, refused = evening.ended(303), evening.ended(503)
    assert len(done) + len(refused) == POSTS
    assert THREADS // 4 <= len(done) <= THREADS // 2
    for answer in refused:
        assert answer.retry_after and "Nothing was saved; please try again." in answer.text
        assert answer.came - evening.began <= evening.patience
    assert dates.check() == []
