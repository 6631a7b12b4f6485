"""Everything that can happen to 200 dates and 500 people, all at once, for half a minute."""

import itertools
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import date, timedelta
from datetime import time as wall
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.make import Someone, make_administrator, make_date, make_leader, make_team
from tests.server import serving
from tests.soak.crowd import Answer, Guest, all_at_once, fields_of, guest_of, look, make_crowd, press
from tests.soak.dates import audit, ids_of, make_series
from volunteer import clock
from volunteer.activities.models import Occurrence, Shift
from volunteer.database import db
from volunteer.signups.models import Signup
from volunteer.signups.states import STANDING

pytestmark = pytest.mark.soak

PEOPLE, SECONDS, AT_ONCE = 500, 40, 16
SPANS = [(wall(9), wall(11)), (wall(10), wall(12)), (wall(14), wall(16)), (wall(15), wall(17))]
EXPECTED = {200, 303, 304, 422}
"""Pages, buttons, unchanged feeds, forms that were refused."""


class Life:
    """A team with quiet dates, dates its leaders keep moving, and dates that are about to begin."""

    def __init__(self, app: Flask) -> None:
        team = make_team()
        leader = make_leader(team)
        restless = [make_series(leader, 16, *span, capacity=4, title="Restless") for span in SPANS * 2]
        self.series = [series.id for series in restless]
        self.restless = ids_of(restless)
        self.quiet = ids_of([make_series(leader, 16, *span, capacity=4, title="Quiet") for span in SPANS])
        self.soon = [_make_date_soon(leader, minutes).id for minutes in range(12, 28, 2)]
        self.crowd = make_crowd(app, team, PEOPLE)
        self.leaders = [guest_of(app, who) for who in (leader, make_leader(team), make_administrator(team))]
        self.places: deque[tuple[Guest, int]] = deque(maxlen=400)
        self.feeds: dict[int, list[str]] = {}
        self.tags: dict[str, str] = {}
        self.port = 0
        self.over = threading.Event()
        self.seen: Counter[tuple[str, int]] = Counter()
        self.slowest = Answer(0, 0, 0)

    def go_on(self) -> None:
        """One person after the other does something, until it is over."""
        deeds = [(deed, weight) for deed, weight in DEEDS.items() for _ in range(weight)]
        rng = random.Random()
        while not self.over.is_set():
            deed, _ = rng.choice(deeds)
            answer = deed(self, rng)
            self.seen[deed.__name__, answer.status] += 1
            self.slowest = max(self.slowest, answer, key=lambda one: one.seconds)
            assert answer.status in EXPECTED, f"{deed.__name__}: {answer.status} {answer.text[-500:]}"

    def press(self, guest: Guest, path: str, **fields: str) -> Answer:
        return press(self.port, guest, path, **fields)

    def sign_up(self, rng: random.Random) -> Answer:
        guest, occurrence_id = rng.choice(self.crowd), self.any_date(rng)
        self.places.append((guest, occurrence_id))
        return self.press(guest, f"/occurrences/{occurrence_id}/signup")

    def sign_up_in_two_places(self, rng: random.Random) -> Answer:
        """One person with two phones wants two dates at the same time."""
        guest, first = rng.choice(self.crowd), 2 * rng.randrange(len(self.quiet) // 2)

        def other() -> None:
            self.press(guest, f"/occurrences/{self.quiet[first]}/signup")

        with all_at_once(other, threads=1):
            return self.press(guest, f"/occurrences/{self.quiet[first + 1]}/signup")

    def sign_up_for_following(self, rng: random.Random) -> Answer:
        following = str(rng.randint(1, 6))
        return self.press(rng.choice(self.crowd), f"/occurrences/{self.any_date(rng)}/signup", following=following)

    def withdraw(self, rng: random.Random) -> Answer:
        try:
            guest, occurrence_id = self.places.popleft()
        except IndexError:
            return self.sign_up(rng)
        return self.press(guest, f"/occurrences/{occurrence_id}/withdraw")

    def any_date(self, rng: random.Random) -> int:
        """Some dates are wanted by many, so that people wait."""
        dates = rng.choice((self.quiet, self.restless, self.soon))
        return dates[min(rng.randrange(len(dates)), rng.randrange(len(dates)))]

    def walk_in(self, rng: random.Random) -> Answer:
        person = rng.choice(self.crowd)
        path = f"/occurrences/{rng.choice(self.soon)}/roster/walk-in"
        return self.press(rng.choice(self.leaders), path, person=str(person.id))

    def tick(self, rng: random.Random) -> Answer:
        leader, path = rng.choice(self.leaders), f"/occurrences/{rng.choice(self.soon)}/roster"
        page = look(self.port, leader, path)
        names = re.findall(rf'action="{path}/(\d+)"', page.text)
        if not names:
            return page
        return self.press(leader, f"{path}/{rng.choice(names)}", mark=rng.choice(("present", "absent", "undo")))

    def tick_everyone(self, rng: random.Random) -> Answer:
        return self.press(rng.choice(self.leaders), f"/occurrences/{rng.choice(self.soon)}/roster/everyone")

    def cancel(self, rng: random.Random) -> Answer:
        path = f"/occurrences/{rng.choice(self.restless)}/cancel"
        return self.press(rng.choice(self.leaders), path, reason="Heavy rain")

    def restore(self, rng: random.Random) -> Answer:
        return self.press(rng.choice(self.leaders), f"/occurrences/{rng.choice(self.restless)}/restore")

    def move(self, rng: random.Random) -> Answer:
        return self._move(rng, "this")

    def move_following(self, rng: random.Random) -> Answer:
        return self._move(rng, "following")

    def _move(self, rng: random.Random, scope: str) -> Answer:
        leader, path = rng.choice(self.leaders), f"/occurrences/{rng.choice(self.restless)}/move"
        values = fields_of(look(self.port, leader, path).text, "date")
        if not values:
            return self.press(leader, path)
        day = date.fromisoformat(values["date"]) + timedelta(days=rng.choice((-1, 0, 1)))
        start = rng.randrange(6, 20)
        fields = {"date": day.isoformat(), "start": f"{start:02}:00", "end": f"{start + 2:02}:00", "scope": scope}
        return self.press(leader, path, **fields)

    def describe(self, rng: random.Random) -> Answer:
        leader, path = rng.choice(self.leaders), f"/activities/{rng.choice(self.series)}/edit"
        version = fields_of(look(self.port, leader, path).text, "version")
        return self.press(leader, path, **version, title=f"Restless {rng.randrange(100)}", place="Main street")

    def rotate_a_feed(self, rng: random.Random) -> Answer:
        guest = rng.choice(self.crowd[:50])
        if guest.id not in self.feeds:
            return self.hand_out_feeds(rng)
        self.feeds.pop(guest.id, None)
        return self.press(guest, f"/me/feeds/{rng.choice(('person', 'team'))}/rotate")

    def hand_out_feeds(self, rng: random.Random) -> Answer:
        guest = rng.choice([*self.crowd[:50], *self.leaders])
        page = look(self.port, guest, "/me/calendars")
        self.feeds[guest.id] = [urlsplit(url).path for url in re.findall(r'value="(http[^"]+\.ics)"', page.text)]
        return page

    def fetch_a_feed(self, rng: random.Random) -> Answer:
        addresses = [address for feeds in list(self.feeds.values()) for address in feeds]
        if not addresses:
            return self.hand_out_feeds(rng)
        address = rng.choice(addresses)
        answer = look(self.port, None, address, If_None_Match=self.tags.get(address, '"none"'))
        if answer.status == 404:  # rotated while it was under way
            return Answer(304, answer.sent, answer.came)
        self.tags[address] = answer.tag
        return answer

    def look_around(self, rng: random.Random) -> Answer:
        path = rng.choice(("/", "/me", f"/occurrences/{self.any_date(rng)}"))
        return look(self.port, rng.choice(self.crowd), path)


DEEDS: dict[Callable[[Life, random.Random], Answer], int] = {
    Life.sign_up: 30,
    Life.sign_up_in_two_places: 4,
    Life.withdraw: 22,
    Life.sign_up_for_following: 5,
    Life.walk_in: 4,
    Life.tick: 4,
    Life.tick_everyone: 1,
    Life.cancel: 2,
    Life.restore: 2,
    Life.move: 3,
    Life.move_following: 1,
    Life.describe: 2,
    Life.rotate_a_feed: 2,
    Life.hand_out_feeds: 2,
    Life.fetch_a_feed: 8,
    Life.look_around: 8,
}
"""What people do, and how often."""


def _make_date_soon(leader: Someone, minutes: int) -> Occurrence:
    """It begins in so many minutes: sign-up is still open, and attendance already."""
    begins = clock.local(clock.now(), leader.actor.zone) + timedelta(minutes=minutes)
    ends = begins + timedelta(hours=2)
    start, end = begins.time().replace(microsecond=0), ends.time().replace(microsecond=0)
    return make_date(leader, day=begins.date(), start=start, end=end, capacity=20, title="Soon")


def test_200_dates_and_500_people_who_change_their_minds(
    app: Flask, say: Callable[[str], None], database_kind: str
) -> None:
    life = Life(app)
    audits = 0
    with serving(app) as life.port, all_at_once(life.go_on, AT_ONCE):
        try:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                assert audit() == []
                audits += 1
                time.sleep(2)
        finally:
            life.over.set()
    assert audit() == []
    assert _overlaps_of(life.quiet) == []
    done = Counter[str]()
    for (deed, status), n in life.seen.items():
        done[deed] += n if status != 422 else 0
    assert done.keys() == {deed.__name__ for deed in DEEDS}
    say(
        f"{done.total() / SECONDS:.0f} deeds a second for {SECONDS} s, the slowest {life.slowest.seconds:.2f} s, "
        f"{audits + 1} audits clean, {_count_deadlocks(database_kind)} deadlocks; {dict(done)}"
    )


def _overlaps_of(occurrence_ids: list[int]) -> list[tuple[int, int, int]]:
    """People with two sign-ups at one time, on dates that nobody ever moved or cancelled."""
    rows = (
        select(Signup.person_id, Shift.starts_at, Shift.ends_at, Shift.id)
        .join(Shift, Shift.id == Signup.shift_id)
        .where(Signup.status.in_(STANDING), Shift.occurrence_id.in_(occurrence_ids))
        .order_by(Signup.person_id, Shift.starts_at)
    )
    found = list(db.session.execute(rows))
    assert len(found) > 100
    return [
        (one.person_id, one.id, two.id)
        for one, two in itertools.pairwise(found)
        if one.person_id == two.person_id and two.starts_at < one.ends_at
    ]


def _count_deadlocks(database_kind: str) -> int:
    if database_kind == "sqlite":
        return 0
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    return db.session.scalar(text(deadlocks)) or 0
