"""A team to measure with, poured into an empty database in bulk: by COPY, or by one INSERT prepared once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Column, Table, text

from tests.make import make_activity, make_leader, make_team
from volunteer import clock
from volunteer.accounts.models import Device, Person
from volunteer.activities import dates
from volunteer.activities.models import Activity, Occurrence, Shift, new_public_id
from volunteer.activities.recurrence import HolidayPolicy
from volunteer.activities.states import OccurrenceState
from volunteer.actor import Role
from volunteer.calendar.models import Feed, FeedScope
from volunteer.calendar.subscriptions import PURPOSE
from volunteer.home.rules import monday_of
from volunteer.signups.models import Signup
from volunteer.signups.states import Source, Status
from volunteer.storage.database import db
from volunteer.teams.models import Membership, MembershipState
from volunteer.web import tokens

TITLES = ("消费扶贫集市", "联点村家园美化", "职工书屋阅读主题日", "每周五创卫", "春季植树造林", "敬老院陪伴")
WHERE = ("文化广场", "德吉村", "职工书屋", "主街东口", "南山", "社区服务中心")
HALF_AN_HOUR = timedelta(minutes=30)
ACTIVE = 2000
"""Members at most; everybody else has left the team over the years."""
FIRST_ID = 1000
BUSY_IDS = 10_000_000
PLACES = 30
"""Of each date."""


@dataclass(frozen=True)
class Size:
    """How much lies in the database beside what is measured: dates of the past, and who came."""

    people: int
    dates: int
    signups: int


SMALL = Size(people=100, dates=100, signups=1_000)
CROWD = Size(people=1_100, dates=100, signups=1_000)
LARGE = Size(people=100_000, dates=10_000, signups=1_000_000)


@dataclass(frozen=True)
class Phone:
    """A logged-in browser: its cookie, and the token its forms carry."""

    cookie: str
    token: str


@dataclass(frozen=True)
class Scene:
    """Where to look, and who looks."""

    reader: Phone
    leader: Phone
    volunteers: list[Phone]
    week: str
    list_of_205: str
    a_date: str
    roster: str
    busy: Phone
    """Leads a team with 40 dates in a week, 30 of which wait for something."""
    feed: str
    to_sign_up: list[int]
    """200 dates that do not overlap."""
    hot: int


def pour(table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows as fast as the database takes them, with the columns' plain defaults."""
    rows = iter(rows)
    first = next(rows)
    dialect = db.engine.dialect
    columns = [column for column in table.columns if column.name in first or not column.primary_key]
    encoders = [(c.name, _default(c), c.type.dialect_impl(dialect).bind_processor(dialect)) for c in columns]

    def encoded() -> Iterator[tuple[Any, ...]]:
        for row in (first, *rows):
            yield tuple(
                encode(row.get(name, default)) if encode else row.get(name, default)
                for name, default, encode in encoders
            )

    names = ", ".join(f'"{column.name}"' for column in columns)
    raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if dialect.name == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
            places = ", ".join("?" * len(columns))
            cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', encoded())
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")  # our own rows need no checking
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for values in encoded():
                    copy.write_row(values)
        raw.commit()
    finally:
        raw.close()


def _default(column: Column[Any]) -> Any:
    return column.default.arg if column.default is not None and column.default.is_scalar else None


def fill(app: Flask, size: Size) -> Scene:
    """Make the team. Within the app's context."""
    now = clock.now()
    team = make_team()
    leader = make_leader(team)
    dates = _Dates(make_activity(leader, in_days=60, holidays=HolidayPolicy.KEEP), now)
    people = range(FIRST_ID, FIRST_ID + size.people)
    pour(Person.__table__, _people(people, now))
    pour(Membership.__table__, _members(people, team.id, now))
    reader, subscriber, others = people[0], people[1], people[2:ACTIVE]

    past = dates.add(size.dates, now - timedelta(days=500), -5 * HALF_AN_HOUR)
    week = dates.add(30, now + HALF_AN_HOUR / 30, _rest_of_week(now, team.zone) / 31)
    monday = monday_of("", clock.today(now, team.zone)) + timedelta(days=7)
    next_week = dates.add(205, clock.utc(monday, time(0), team.zone), HALF_AN_HOUR)
    to_sign_up = dates.add(200, now + timedelta(days=15), HALF_AN_HOUR)
    roster, hot = dates.add(2, now + timedelta(days=30), HALF_AN_HOUR)
    dates.sign_up(past, people, size.signups // size.dates)
    dates.sign_up(week[1::7], [reader], 1)
    dates.sign_up([*week, *next_week], others, 9)
    dates.sign_up(week[3:4], others, PLACES + 3)
    dates.sign_up([*week, *next_week, *to_sign_up][:300], [subscriber], 1)
    dates.sign_up([roster], others, PLACES + 5)
    dates.write()
    feed = tokens.new_id()
    row = {"id": feed, "team_id": team.id, "person_id": subscriber, "scope": FeedScope.PERSON, "created_at": now}
    pour(Feed.__table__, [row])
    _settle()
    return Scene(
        reader=log_in(app, [reader], now)[0],
        leader=log_in(app, [leader.id], now)[0],
        volunteers=log_in(app, others, now),
        week="/",
        list_of_205=f"/?week={monday}",
        a_date=f"/occurrences/{week[1]}",
        roster=f"/occurrences/{roster}/roster",
        busy=log_in(app, [_make_busy_team(others, now)], now)[0],
        feed=f"/cal/{tokens.seal(PURPOSE, feed)}.ics",
        to_sign_up=to_sign_up,
        hot=hot,
    )


def _make_busy_team(people: Sequence[int], now: datetime) -> int:
    """A team whose coming week has 40 dates: 10 are short of people, for 20 somebody asks. Returns its leader's id."""
    leader = make_leader(make_team())
    busy = _Dates(make_activity(leader, in_days=60, holidays=HolidayPolicy.KEEP), now, BUSY_IDS)
    week = busy.add(40, now + HALF_AN_HOUR, timedelta(hours=4))
    busy.asking = set(week[20:])
    for some, each in ((week[:10], PLACES - 3), (week[10:20], PLACES), (week[20:], PLACES + 1)):
        busy.sign_up(some, people, each)
    busy.write()
    return leader.id


def _rest_of_week(now: datetime, zone: str) -> timedelta:
    today = clock.today(now, zone)
    return clock.day_bounds(monday_of("", today) + timedelta(days=7), zone)[0] - now


def _people(ids: Sequence[int], now: datetime) -> Iterator[dict[str, Any]]:
    for n in ids:
        yield {"id": n, "name": f"志愿者{n}", "phone": str(15000000000 + n), "created_at": now}


def _members(ids: Sequence[int], team_id: int, now: datetime) -> Iterator[dict[str, Any]]:
    for n, person in enumerate(ids):
        state = MembershipState.ACTIVE if n < ACTIVE else MembershipState.LEFT
        row = {"team_id": team_id, "person_id": person, "role": Role.VOLUNTEER, "state": state, "joined_at": now}
        yield {"id": person, **row}


class _Dates:
    """Dates of one activity with one shift each, and who is signed up for them."""

    def __init__(self, activity: Activity, now: datetime, first_id: int = FIRST_ID) -> None:
        (plan,) = dates.list_shift_plans(activity)
        self._activity, self._plan_id, self._now, self._first_id = activity, plan.id, now, first_id
        self.asking: set[int] = set()
        """Dates on which whoever finds no place asks for one, instead of waiting."""
        self._begin: dict[int, datetime] = {}
        self._who: defaultdict[int, dict[int, None]] = defaultdict(dict)

    def add(self, number: int, first: datetime, step: timedelta) -> list[int]:
        """So many dates of half an hour, each a step after the other; returns their ids."""
        start = self._first_id + len(self._begin)
        self._begin |= {start + n: first + n * step for n in range(number)}
        return list(range(start, start + number))

    def sign_up(self, dates: Sequence[int], people: Sequence[int], each: int) -> None:
        """Sign so many people up for each date: the first for the first date, the next for the next, and again."""
        for n, date_id in enumerate(dates):
            self._who[date_id] |= {people[(n * each + k) % len(people)]: None for k in range(each)}

    def write(self) -> None:
        pour(Occurrence.__table__, map(self._occurrence, self._begin))
        pour(Shift.__table__, map(self._shift, self._begin))
        pour(Signup.__table__, self._signups())

    def _occurrence(self, date_id: int) -> dict[str, Any]:
        return {
            **self._common(date_id),
            "activity_id": self._activity.id,
            "rule_date": date(1950, 1, 1) + timedelta(days=date_id % BUSY_IDS),
            "public_id": new_public_id(),
            "title": TITLES[date_id % 6],
            "place": WHERE[date_id * 5 % 6],
            "state": OccurrenceState.PUBLISHED,
            "counts": True,
            "changed_at": self._now,
        }

    def _shift(self, date_id: int) -> dict[str, Any]:
        many = len(self._who[date_id])
        row = {"occurrence_id": date_id, "plan_id": self._plan_id, "name": "", "capacity": PLACES}
        return {**self._common(date_id), **row, "taken": min(many, PLACES), "seq": many, "version": many}

    def _common(self, date_id: int) -> dict[str, Any]:
        begin = self._begin[date_id]
        team_id = self._activity.team_id
        return {"id": date_id, "team_id": team_id, "starts_at": begin, "ends_at": begin + HALF_AN_HOUR}

    def _signups(self) -> Iterator[dict[str, Any]]:
        ids = count(self._first_id)
        for date_id, people in self._who.items():
            for n, person in enumerate(people):
                beyond = Status.REQUESTED if date_id in self.asking else Status.WAITING
                yield {
                    "id": next(ids),
                    "team_id": self._activity.team_id,
                    "shift_id": date_id,
                    "person_id": person,
                    "status": Status.CONFIRMED if n < PLACES else beyond,
                    "seq": n + 1,
                    "source": Source.SELF,
                    "changed_at": self._now,
                }


def log_in(app: Flask, people: Sequence[int], now: datetime) -> list[Phone]:
    """A device for each of these people."""
    secrets = [f"device of {person}" for person in people]
    pour(
        Device.__table__,
        (
            {"person_id": person, "token_hash": tokens.digest(secret), "label": "bench", "created_at": now}
            for person, secret in zip(people, secrets, strict=True)
        ),
    )
    sign = SecureCookieSessionInterface().get_signing_serializer(app)
    assert sign
    raw = "0" * 40
    token = str(URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw))
    said = {"_permanent": True, "_fresh": True, "csrf_token": raw}
    return [Phone(f"session={sign.dumps(said | {'_user_id': secret})}", token) for secret in secrets]


def _settle() -> None:
    """Let the database know what it holds, as it would by itself after a while."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if db.engine.dialect.name == "sqlite":
            return
        for name in ("person", "membership", "occurrence", "shift", "signup"):
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"))
        connection.execute(text("VACUUM ANALYZE"))
