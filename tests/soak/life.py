"""A team whose dates lie in every regime of `signups/rules.py`, its people, and what all their phones show."""

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as wall
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from tests.make import Someone, make_administrator, make_date, make_leader, make_team
from tests.soak.crowd import Answer, Guest, guest_of, make_crowd, press
from tests.soak.dates import ids_of, make_series
from volunteer import clock
from volunteer.activities.models import Shift
from volunteer.activities.rules import PlannedShift
from volunteer.signups.models import Signup, StandIn
from volunteer.signups.rules import FIRST_COME_FROM
from volunteer.signups.states import STANDING, Asked, Status
from volunteer.storage.database import db

SPANS = [(wall(9), wall(11)), (wall(10), wall(12)), (wall(14), wall(16)), (wall(15), wall(17))]
STAGE = [
    PlannedShift("Speakers", wall(18), wall(20), 2, 0, needs_approval=True),
    PlannedShift("Audience", wall(18), wall(20), 4),
    PlannedShift("Tidying up", wall(18), wall(19), 3),
]
NEAR = ("tonight", "turning", "wandering")
"""Where places are offered, or no more: most is to be seen there."""
SIGNED_UP = ("You are signed up", "It is full.", "Your request is with the leader.")
CLOSED = ("This has begun", "This date has been cancelled.")
CLASH = "You are already signed up for"


@dataclass(frozen=True)
class Place:
    """A sign-up as somebody's phone shows it; nobody's, where places are reserved."""

    signup_id: int
    person_id: int
    occurrence_id: int


@dataclass(frozen=True)
class Question:
    """Can you stand in? Asked for `giver_id`'s place."""

    id: int
    giver_id: int
    asked_id: int
    occurrence_id: int
    shift_id: int


class Life:
    """Everything there is. What is known of places is renewed by `look_at_all_phones`, and old as on a phone."""

    def __init__(self, app: Flask, port: int, people: int, seconds: float) -> None:
        self.port = port
        team, other_team = make_team(), make_team()
        leader, stranger = make_leader(team), make_leader(other_team)
        self.zone = team.zone
        self.crowd = make_crowd(app, team, people)
        self.leaders = [guest_of(app, who) for who in (leader, make_leader(team), make_administrator(team))]
        self.guests = {guest.id: guest for guest in (*self.crowd, *self.leaders)}
        self.stranger = guest_of(app, stranger)
        self.strange_date = make_date(stranger).id
        restless = [make_series(leader, 14, *span, capacity=4, title="Restless") for span in SPANS * 2]
        self.series = [series.id for series in restless]
        self.dangerous = make_date(leader, kind="tree_planting", title="Trees").id
        self.dates = {
            "restless": ids_of(restless),
            "quiet": ids_of([make_series(leader, 14, *span, capacity=4, title="Quiet") for span in SPANS]),
            "stage": ids_of([make_series(leader, 12, wall(18), wall(20), kind="contest", shifts=STAGE)]),
            **_dates_soon(leader, seconds),
        }
        self.shifts = defaultdict[int, list[int]](list)
        for shift_id, occurrence_id in db.session.execute(select(Shift.id, Shift.occurrence_id).order_by(Shift.id)):
            self.shifts[occurrence_id].append(shift_id)
        self._group_of = {one: group for group, dates in self.dates.items() for one in dates}
        self._places: dict[Status, dict[str, list[Place]]] = {}
        self._questions: dict[Asked, list[Question]] = {}
        self.labels: dict[str, bool] = {}
        self.feeds: dict[int, list[str]] = {}
        self.tags: dict[str, str] = {}
        self.over = threading.Event()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.slowest = Answer(0, 0, 0)

    def press(self, guest: Guest, path: str, **fields: str) -> Answer:
        return press(self.port, guest, path, **fields)

    def press_of(self, guest: Guest, occurrence_id: int, button: str, **fields: str) -> Answer:
        """A button of a date."""
        return self.press(guest, f"/occurrences/{occurrence_id}/{button}", **fields)

    def any_date(self, rng: random.Random, *groups: str) -> int:
        """Some dates are wanted by many, so that people wait."""
        dates = self.dates[rng.choice(groups or (*self.dates, *NEAR))]
        return dates[min(rng.randrange(len(dates)), rng.randrange(len(dates)))]

    def any_shift(self, rng: random.Random, occurrence_id: int) -> str:
        return str(rng.choice(self.shifts[occurrence_id]))

    def find_place(self, rng: random.Random, *statuses: Status, among: tuple[str, ...] = ()) -> Place | None:
        """A sign-up in one of these states, from any group of dates; each is handed out once."""
        groups = list(among or self.dates)
        rng.shuffle(groups)
        for group in groups:
            for status in rng.sample(statuses, len(statuses)):
                try:
                    return self._places[status][group].pop()
                except (KeyError, IndexError):
                    continue
        return None

    def find_question(self, state: Asked) -> Question | None:
        """Somebody who is asked, or said yes; each is handed out once."""
        try:
            return self._questions[state].pop()
        except (KeyError, IndexError):
            return None

    def look_at_all_phones(self) -> None:
        """Renew what is known; called by one thread alone."""
        db.session.rollback()
        found = select(Signup.id, Signup.person_id, Shift.occurrence_id, Signup.status)
        rows = found.join(Shift, Shift.id == Signup.shift_id).where(Signup.status.in_((*STANDING, Status.LAPSED)))
        places: dict[Status, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
        for signup_id, person_id, occurrence_id, status in db.session.execute(rows):
            group = self._group_of.get(occurrence_id, "restless") if person_id else "reserved"
            places[status][group].append(Place(signup_id, person_id, occurrence_id))
        for groups in places.values():
            for some in groups.values():
                random.shuffle(some)
        questions = defaultdict(list)
        asked = select(StandIn.id, Signup.person_id, StandIn.asked_id, Shift.occurrence_id, Shift.id, StandIn.state)
        asked = asked.join(Signup, Signup.id == StandIn.signup_id).join(Shift, Shift.id == Signup.shift_id)
        for *question, state in db.session.execute(asked):
            questions[state].append(Question(*question))
        self._places, self._questions = places, questions
        db.session.rollback()


def _dates_soon(leader: Someone, seconds: float) -> dict[str, list[int]]:
    """Dates of today and tomorrow by what becomes of free places: first come, offered, and soon no more offered.

    soon: attendance is open; the last one begins while all this lasts. turning: the two-hour mark passes meanwhile,
    and so ends every offer; wide: the same with places for all, so that people are asked to stand in.
    """

    def make(begin: timedelta, capacity: int, title: str) -> int:
        begins = clock.local(clock.now(), leader.actor.zone) + begin
        start, end = (at.time().replace(microsecond=0) for at in (begins, begins + timedelta(minutes=90)))
        return make_date(leader, day=begins.date(), start=start, end=end, capacity=capacity, title=title).id

    meanwhile = [timedelta(seconds=seconds * part) for part in (0.4, 0.55, 0.7, 0.85, 1)]
    later = [timedelta(seconds=seconds * part) for part in (1.3, 1.6, 1.9, 2.2, 2.5)]  # should it take that long
    return {
        "wandering": [make(timedelta(hours=hours), 2, "Wandering") for hours in (1, 3, 5)],
        "tonight": [make(timedelta(hours=hours), 2, "Tonight") for hours in (4, 6, 8, 10)],
        "soon": [make(timedelta(minutes=n), 8, "Soon") for n in range(14, 28, 2)] + [make(meanwhile[2], 8, "Now")],
        "turning": [make(FIRST_COME_FROM + moment, 2, "Turning") for moment in (*meanwhile, *later)],
        "wide": [make(FIRST_COME_FROM + moment, 60, "Wide") for moment in meanwhile[:3]],
    }


@dataclass(frozen=True)
class Deed:
    """Something people do. It returns the answer, or None when just now there is nothing to do it to.

    often: how often, beside the others. done: what one is told when it is done, one of these; with none, the status
    says it. refused: what a rule may say instead. status: the answer's, when it is done.
    """

    do: Callable[[Life, random.Random], Answer | None]
    often: int
    done: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    status: tuple[int, ...] = (303,)

    @property
    def name(self) -> str:
        return self.do.__name__

    def judge(self, answer: Answer) -> bool:
        """Was it done? AssertionError for an answer that is not allowed."""
        told = answer.told
        said = f"{self.name}: {answer.status} {told} {answer.text[-500:] if answer.status >= 500 else ''}"
        assert answer.status in (*self.status, *((303, 422) if self.refused else ())), said
        known = (*self.done, *self.refused, "Please look again at what is marked below.")
        assert all(any(sentence in one for sentence in known) for one in told), said
        if not self.done:
            return answer.status in self.status and not told
        return any(sentence in one for one in told for sentence in self.done)


def go_on(life: Life, deeds: tuple[Deed, ...]) -> None:
    """One person after the other does something, until it is over."""
    rng = random.Random()
    often = [deed.often for deed in deeds]
    while not life.over.is_set():
        (deed,) = rng.choices(deeds, often)
        try:
            answer = deed.do(life, rng)
            if answer is None:
                life.over.wait(0.01)
                continue
            (life.done if deed.judge(answer) else life.refused)[deed.name] += 1
        except BaseException:
            life.over.set()  # everybody stops, and the test says what was wrong
            raise
        life.slowest = max(life.slowest, answer, key=lambda one: one.seconds)
