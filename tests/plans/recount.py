"""The figures of a report counted once more, in plain SQL, from the lines of the ledger alone.

Shares nothing with the service: no table, no rule, no name of it is imported. Reads through the database's own driver.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

CAME, AWAY = "('in', 'typed')", "('absent', 'leave', 'excused', 'no_show')"

KNOWN = """
CREATE TEMPORARY TABLE known AS
SELECT e.* FROM entry e WHERE e.team_id = {team} AND e.recorded_at <= {moment};

CREATE TEMPORARY TABLE standing AS
SELECT k.* FROM known k WHERE k.kind <> 'void' AND NOT EXISTS (
    SELECT 1 FROM known v WHERE v.kind = 'void' AND v.signup_id = k.signup_id AND v.corrects_id = k.id);

CREATE TEMPORARY TABLE said AS
WITH mark AS (
    SELECT s.*, row_number() OVER (PARTITION BY signup_id ORDER BY done_at DESC, id DESC) AS nth
    FROM standing s WHERE kind IN ('in', 'typed', 'absent', 'leave', 'excused', 'no_show')),
yes AS (
    SELECT s.*, row_number() OVER (PARTITION BY signup_id ORDER BY done_at DESC, id DESC) AS nth
    FROM standing s WHERE kind = 'confirm'),
last_one AS (
    SELECT k.*, row_number() OVER (PARTITION BY signup_id ORDER BY done_at DESC, id DESC) AS nth FROM known k),
home AS (
    SELECT e.*, row_number() OVER (PARTITION BY signup_id ORDER BY id) AS nth FROM entry e WHERE e.team_id = {team}),
confirmed AS (
    SELECT signup_id, min(recorded_at) AS first_at FROM known WHERE kind = 'confirm' GROUP BY signup_id)
SELECT l.signup_id, l.occurrence_id, l.person_id, h."group" AS team_group, h.household_id,
    a.kind_id, a.title,
    CASE WHEN {holds} THEN m.kind END AS kind,
    coalesce(m.counts, y.counts, l.counts) AS counts, coalesce(m.planned_start, l.planned_start) AS starts_at,
    coalesce(m.planned_end, l.planned_end) AS ends_at, coalesce(y.minutes, 0) AS minutes, c.first_at,
    (SELECT count(*) FROM companion b WHERE b.signup_id = l.signup_id AND b.age_band IN ('infant', 'child')) AS children
FROM last_one l
JOIN signup s ON s.id = l.signup_id
JOIN home h ON h.signup_id = l.signup_id AND h.nth = 1
JOIN occurrence o ON o.id = l.occurrence_id JOIN activity a ON a.id = o.activity_id
LEFT JOIN mark m ON m.signup_id = l.signup_id AND m.nth = 1
LEFT JOIN yes y ON y.signup_id = l.signup_id AND y.nth = 1
LEFT JOIN confirmed c ON c.signup_id = l.signup_id
WHERE l.nth = 1
"""
HOLDS_TODAY = """(m.kind IN ('in', 'typed') OR y.minutes IS NOT NULL OR (m.recorded_at >= s.changed_at AND
    (s.status = 'on_leave' OR m.kind NOT IN ('excused', 'no_show') OR m.recorded_at >= m.planned_start)))"""
"""Whoever gave a place up and took it again is not judged for the first time."""

SUMS = """
    count(DISTINCT CASE WHEN kind IN ('in', 'typed') THEN occurrence_id END) AS dates,
    count(CASE WHEN kind IN ('in', 'typed') THEN 1 END) AS times,
    count(DISTINCT CASE WHEN kind IN ('in', 'typed') THEN person_id END) AS people,
    count(DISTINCT CASE WHEN kind IN ('in', 'typed') THEN household_id END) AS households,
    coalesce(sum(CASE WHEN counts THEN minutes END), 0) AS minutes,
    coalesce(sum(CASE WHEN NOT counts THEN minutes END), 0) AS training,
    coalesce(sum(CASE WHEN kind IN ('in', 'typed') THEN children END), 0) AS children,
    count(CASE WHEN kind = 'no_show' THEN 1 END) AS no_shows,
    count(CASE WHEN kind IN ('excused', 'leave') THEN 1 END) AS excused,
    count(CASE WHEN kind = 'absent' THEN 1 END) AS absent
"""
NAMES = ["dates", "times", "people", "households", "minutes", "training", "children", "no_shows", "excused", "absent"]
PARTS = {"kind": "kind_id", "title": "title", "group": "team_group", "household": "coalesce(household_id, 0)"}
UNMARKED = """
SELECT count(*) FROM signup s JOIN shift t ON t.id = s.shift_id JOIN occurrence o ON o.id = t.occurrence_id
WHERE s.team_id = {team} AND s.status = 'confirmed' AND s.person_id IS NOT NULL AND t.open AND o.state = 'published'
    AND t.starts_at >= {begin} AND t.starts_at < {end} AND t.ends_at <= {moment}
    AND NOT EXISTS (SELECT 1 FROM said WHERE said.signup_id = s.id AND said.kind IS NOT NULL)
"""
OUTCOMES = """
SELECT a.kind_id, f.measure, sum(f.quantity) FROM outcome f
JOIN occurrence o ON o.id = f.occurrence_id JOIN activity a ON a.id = o.activity_id
WHERE f.team_id = {team} AND o.state = 'published' AND o.starts_at >= {begin} AND o.starts_at < {end}
GROUP BY a.kind_id, f.measure
"""
FACTS = """
SELECT kind, level, sum(n) FROM fact WHERE team_id = {team} AND day >= {first} AND day <= {last}
    AND entered_at <= {moment} AND (removed_at IS NULL OR removed_at > {moment}) GROUP BY kind, level
"""
CONFIRMED = """
SELECT max(ends_at), max(first_at), count(*) - count(first_at) FROM said
WHERE kind IN ('in', 'typed') AND starts_at >= {begin} AND starts_at < {end} GROUP BY occurrence_id
"""


class Recount:
    """Everything a report says of a team's days, both included, by a name for each number.

    as_of: the end of that past day; None: now.
    """

    def __init__(self, raw: Any, team: int, first: date, last: date, now: datetime, as_of: datetime | None = None):
        self.cursor, self.zone, self.moment = raw.cursor(), ZoneInfo("Asia/Shanghai"), as_of or now
        self.is_sqlite = type(raw.driver_connection).__module__.startswith("sqlite3")
        begin, end = (
            datetime.combine(day, time(), self.zone).astimezone(UTC) for day in (first, last + timedelta(days=1))
        )
        self.values = {
            "team": str(team),
            "moment": self.quoted(self.moment),
            "begin": self.quoted(begin),
            "end": self.quoted(min(end, self.moment)),
            "first": f"'{first}'",
            "last": f"'{last}'",
            "holds": "TRUE" if as_of else HOLDS_TODAY,
        }
        for table in ("said", "standing", "known"):
            self.cursor.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in KNOWN.format(**self.values).split(";\n"):
            self.cursor.execute(statement)
            name = statement.split()[3]
            self.cursor.execute(f"CREATE INDEX ix_{name} ON {name} (signup_id)")
        self.figures = dict(self._count())

    def quoted(self, moment: datetime) -> str:
        if self.is_sqlite:
            return f"'{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'microseconds')}'"
        return f"'{moment.isoformat()}'"

    def ask(self, statement: str) -> Sequence[Any]:
        rows: Sequence[Any] = self.cursor.execute(statement.format(**self.values)).fetchall()
        return rows

    def moment_of(self, value: Any) -> datetime:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _count(self) -> Iterator[tuple[str, int]]:
        month = (
            "strftime('%Y-%m', starts_at, '+8 hours')"
            if self.is_sqlite
            else "to_char(starts_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
        )
        day = month.replace("%Y-%m", "%Y-%m-%d").replace("YYYY-MM", "YYYY-MM-DD")
        for part, column in {"": "''", "month": month, "day": day, **PARTS}.items():
            within = "FROM said WHERE starts_at >= {begin} AND starts_at < {end}"
            for value, *sums in self.ask(f"SELECT {column}, {SUMS} {within} GROUP BY 1"):
                for name, n in zip(NAMES, sums, strict=True):
                    yield f"{name} {part} {value}".rstrip() if part else name, int(n)
        yield "unmarked", self.ask(UNMARKED)[0][0]
        for kind_id, measure, n in self.ask(OUTCOMES):
            yield f"outcome kind {kind_id} {measure}", int(n)
        for kind, level, n in self.ask(FACTS):
            yield f"facts {kind} {level}".rstrip(), int(n)
        yield from self._punctuality()
        yield from self._stars()

    def _punctuality(self) -> Iterator[tuple[str, int]]:
        found = dict.fromkeys(("on_time", "late", "overdue", "pending"), 0)
        for ended, confirmed, missing in self.ask(CONFIRMED):
            day = self.moment_of(ended).astimezone(self.zone).date()
            for _ in range(10):
                day += timedelta(days=1)
                while not chinese_calendar.is_workday(day):
                    day += timedelta(days=1)
            done = self.moment if missing else self.moment_of(confirmed)
            late = done.astimezone(self.zone).date() > day
            found[("overdue" if late else "pending") if missing else ("late" if late else "on_time")] += 1
        yield from found.items()

    def _stars(self) -> Iterator[tuple[str, int]]:
        last = (
            self.values["last"]
            if self.values["last"] < (today := f"'{self.moment.astimezone(self.zone):%Y-%m-%d}'")
            else today
        )
        ladders = f"SELECT steps FROM ladder WHERE team_id = {{team}} AND effective_from <= {last}"
        (steps,) = self.ask(f"{ladders} ORDER BY effective_from DESC LIMIT 1")[0]
        given = "SELECT person_id, sum(minutes) FROM said WHERE counts AND starts_at < {end} GROUP BY person_id"
        hours = [minutes / 60 for person, minutes in self.ask(given) if person]
        steps = sorted(map(int, str(steps).strip("[]").split(",")))
        for n, step in enumerate(steps, 1):
            beyond = steps[n] if n < len(steps) else float("inf")
            if people := sum(step <= one < beyond for one in hours):
                yield f"stars {n}", people
