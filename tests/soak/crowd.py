"""Many people with their phones in hand, all pressing buttons over HTTP."""

import http.client
import queue
import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from http.cookies import SimpleCookie
from itertools import count, pairwise
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface, session_json_serializer
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from tests.make import Someone
from volunteer.accounts import service as accounts
from volunteer.activities.models import Shift
from volunteer.actor import Actor, Role
from volunteer.clock import now
from volunteer.signups.models import Signup
from volunteer.signups.states import STANDING
from volunteer.storage.database import db, write
from volunteer.teams import service as teams
from volunteer.teams.models import MembershipState, Team

_phones = count(15000000001)


@dataclass(frozen=True)
class Guest:
    """Somebody with a page open: logged in, and with the token its buttons send."""

    id: int
    cookie: str
    token: str


@dataclass(frozen=True)
class Answer:
    """What came back, and when; status 0 when nothing did."""

    status: int
    sent: float
    came: float
    text: str = ""
    tag: str = ""
    retry_after: str = ""
    location: str = ""
    cookie: str = ""

    @property
    def seconds(self) -> float:
        return self.came - self.sent

    @property
    def told(self) -> list[str]:
        """The sentences the reader is told: those that wait in the cookie for the next page, or a form's faults."""
        if self.status == 303:
            morsel = SimpleCookie(self.cookie).get("session")
            carried = _reader.loads_unsafe(morsel.value)[1] if morsel else None
            return [sentence for _, sentence in (carried or {}).get("_flashes", ())]
        found = re.findall(r'<p class="(?:field-)?error"[^>]*>([^<]+)<', self.text)
        return [unescape(sentence) for sentence in found]


_reader = URLSafeTimedSerializer("not the key", serializer=session_json_serializer)
"""Reads cookies, whoever signed them."""


def make_crowd(app: Flask, team: Team, size: int) -> list[Guest]:
    """So many members, in one transaction."""

    def take_in() -> list[Guest]:
        people = []
        for n in range(size):
            person = accounts.create_person(f"Volunteer {n}", str(next(_phones)), None, now())
            person.locale = "en"
            teams.add_member(team.id, person.id, Role.VOLUNTEER, MembershipState.ACTIVE, now())
            people.append(_guest(app, person.id))
        return people

    return write(take_in)


def guest_of(app: Flask, someone: Someone) -> Guest:
    """The phone of somebody made by `make_member`."""
    return write(lambda: _guest(app, someone.id))


def _guest(app: Flask, person_id: int) -> Guest:
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer and app.secret_key
    raw = secrets.token_hex(20)
    secret = accounts.add_device(person_id, "test", now())
    cookie = signer.dumps({"_user_id": secret, "_fresh": True, "csrf_token": raw})
    return Guest(person_id, f"session={cookie}", URLSafeTimedSerializer(app.secret_key, "wtf-csrf-token").dumps(raw))


def actor_of(guest: Guest, team: Team) -> Actor:
    """The guest as services know them."""
    return Actor(0, guest.id, "", "en", team.id, team.name, team.zone, Role.VOLUNTEER)


def press(port: int, guest: Guest, path: str, **fields: str) -> Answer:
    """Send the form of a button."""
    return _send(port, guest, "POST", path, urlencode(fields | {"csrf_token": guest.token}))


def look(port: int, guest: Guest | None, path: str, **headers: str) -> Answer:
    """Open a page; without a guest, as a calendar does."""
    return _send(port, guest, "GET", path, None, **headers)


def _send(port: int, guest: Guest | None, method: str, path: str, body: str | None, **more: str) -> Answer:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    headers |= {"Cookie": guest.cookie} if guest else {}
    headers |= {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    sent = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    try:
        connection.request(method, path, body, headers)
        got = connection.getresponse()
        text = got.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return Answer(0, sent, time.monotonic())
    finally:
        connection.close()
    came = time.monotonic()
    named = [got.getheader(name) or "" for name in ("ETag", "Retry-After", "Location", "Set-Cookie")]
    return Answer(got.status, sent, came, text, *named)


def fields_of(page: str, *names: str) -> dict[str, str]:
    """The values of these inputs of a page; those it lacks are left out."""
    found = {name: re.search(rf'<input[^>]*\bname="{name}"[^>]*\bvalue="([^"]*)"', page) for name in names}
    return {name: match[1] for name, match in found.items() if match}


@contextmanager
def all_at_once(work: Callable[[], None], threads: int) -> Iterator[None]:
    """Run `work` in so many threads beside the body; afterwards whatever failed in one of them fails here."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised below
            failed.append(error)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        for thread in running:
            thread.join(120)
    if failed:
        raise failed[0]
    assert not any(thread.is_alive() for thread in running), "somebody has waited for two minutes"


class Rush:
    """Everybody signs up for every date, once; who gets no place in the list, or no answer, tries again later."""

    def __init__(self, port: int, crowd: Iterable[Guest], occurrence_ids: Iterable[int]) -> None:
        self._port = port
        self._left: queue.SimpleQueue[tuple[Guest, int]] = queue.SimpleQueue()
        dates = list(occurrence_ids)
        wishes = [(guest, occurrence_id) for guest in crowd for occurrence_id in dates]
        random.Random(1).shuffle(wishes)
        for wish in wishes:
            self._left.put(wish)
        self.acknowledged: dict[tuple[int, int], float] = {}
        self.others: list[Answer] = []
        self._over = threading.Event()

    @contextmanager
    def going_on(self, threads: int) -> Iterator[None]:
        """As long as the body runs."""
        with all_at_once(self._run, threads):
            try:
                yield
            finally:
                self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            guest, occurrence_id = self._left.get(timeout=1)
            key = f"{guest.id}-{occurrence_id}"
            answer = press(self._port, guest, f"/occurrences/{occurrence_id}/signup", write_key=key)
            if answer.status == 303 and "/login" not in answer.location:
                self.acknowledged[guest.id, occurrence_id] = answer.came
                continue
            self.others.append(answer)
            self._left.put((guest, occurrence_id))
            self._over.wait(0.5)

    @property
    def longest_gap(self) -> float:
        """Seconds between two acknowledged sign-ups, at the most."""
        return max(later - earlier for earlier, later in pairwise(sorted(self.acknowledged.values())))

    def first_after(self, moment: float) -> float:
        """Seconds from a moment to the next sign-up that is acknowledged."""
        return min(came for came in self.acknowledged.values() if came > moment) - moment

    @property
    def statuses(self) -> dict[int, int]:
        """How many answers were no acknowledgement, by status; 0: no answer came."""
        return dict(Counter(answer.status for answer in self.others))

    def lost(self) -> set[tuple[int, int]]:
        """Sign-ups that were acknowledged and are not there."""
        db.session.rollback()
        rows = select(Signup.person_id, Shift.occurrence_id).join(Shift, Shift.id == Signup.shift_id)
        there = {(person, date) for person, date in db.session.execute(rows.where(Signup.status.in_(STANDING)))}
        return self.acknowledged.keys() - there
