"""Teams as they never are: dates, sign-ups and lines of the ledger at random, poured into the tables in bulk.

Some people are in every team. Everything odd that a ledger can hold is in it: lines taken back or written late, about
places given up and taken again, of people without a name; groups and households that change from line to line.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import select

from tests.bench.data import pour
from tests.make import Someone, make_leader, make_team
from tests.moments import on
from volunteer.accounts.models import Person
from volunteer.activities.models import Activity, Kind, Occurrence, Shift, ShiftPlan, new_public_id
from volunteer.activities.states import ActivityState, OccurrenceState
from volunteer.ledger import jobs
from volunteer.ledger.models import Entry, OutcomeFigure
from volunteer.ledger.states import EntryKind, Evidence
from volunteer.plans.models import Fact, FactKind, Level
from volunteer.signups.models import Companion, Signup
from volunteer.signups.states import AgeBand, Status
from volunteer.stars.models import Ladder
from volunteer.storage.database import Base, db, write
from volunteer.teams.models import Household

FIRST, DAYS = datetime(2024, 12, 25, tzinfo=UTC), 760
LAST = on(27, 12)
"""Nothing is written later."""
LINES = [
    *[EntryKind.CHECK_IN] * 8,
    *[EntryKind.CONFIRM] * 6,
    *[EntryKind.VOID] * 2,
    *(one for one in EntryKind if one not in (EntryKind.CHECK_IN, EntryKind.CONFIRM, EntryKind.VOID)),
]
STATUSES = [*[Status.CONFIRMED] * 8, Status.ON_LEAVE, Status.WITHDRAWN, Status.RELEASED, Status.WAITING]
STATES = [*[OccurrenceState.PUBLISHED] * 9, OccurrenceState.CANCELLED]
GROUPS = ("办公室", "农业股", "")
HOMES = (0, 1, 2, None)


class ByChance:
    """So many teams, each with so many dates; the same seed makes the same ones."""

    def __init__(self, teams: int, dates: int = 11, people: int = 7, seed: int = 18) -> None:
        self.random, self.ids = Random(seed), defaultdict[type[Base], Any](lambda: count(1000))
        self.rows: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
        self.leaders = [make_leader(make_team()) for _ in range(teams)]
        self.people = [self.add(Person, name=f"Volunteer {n}", created_at=FIRST) for n in range(people)]
        self.at = FIRST
        for leader in self.leaders:
            self._fill(leader, dates)
        for table, rows in self.rows.items():
            pour(table.__table__, rows)  # type: ignore[arg-type]
        write(jobs.rebuild)

    def add(self, table: type[Base], **values: Any) -> int:
        """A row to be poured; returns its id."""
        n: int = next(self.ids[table])
        self.rows[table].append({"id": n, **values})
        return n

    def moment(self, first: datetime = FIRST, days: float = DAYS) -> datetime:
        return first + timedelta(minutes=self.random.randrange(int(days * 1440)))

    def _fill(self, leader: Someone, dates: int) -> None:
        team, choice = {"team_id": leader.actor.team_id}, self.random.choice
        kinds: Sequence[Kind] = db.session.scalars(select(Kind).filter_by(**team).order_by(Kind.id)).all()
        homes = [self.add(Household, **team, name=f"{n} 号楼") for n in range(3)]
        self.add(Ladder, **team, effective_from=date(2026, 3, 1), steps=[1, 2, 5, 9])
        for kind in kinds:
            its = {"kind_id": kind.id, "state": ActivityState.PUBLISHED, "title": kind.name[0], "place": "Square"}
            hours = {"wall_start": time(9), "wall_end": time(10)}
            more = {"zone": leader.actor.zone, "first_day": FIRST.date(), "created_at": FIRST, "dates": None}
            activity_id = self.add(Activity, **team, **its, **hours, **more)
            plan_id = self.add(ShiftPlan, activity_id=activity_id, capacity=9, **hours)
            for n in range(-(-dates // len(kinds))):
                self._date(team, activity_id, plan_id, n, homes, choice(kind.measures or [""]))
        for _ in range(6):
            entered = {"by_id": leader.id, "entered_at": self.moment(), "removed_at": choice([None, self.moment()])}
            what = {"kind": choice(list(FactKind)), "level": choice(list(Level)), "n": self.random.randrange(4)}
            self.add(Fact, **team, **what, **entered, day=self.moment().date(), title="A fact")

    def _date(
        self, team: dict[str, Any], activity_id: int, plan_id: int, n: int, homes: list[int], measure: str
    ) -> None:
        choice = self.random.choice
        begin, is_odd = self.moment(), choice((True, True, False))
        span = {"starts_at": begin, "ends_at": begin + timedelta(minutes=choice((45, 90, 600)))}
        what = {"title": "A date", "place": "Square", "counts": choice((True, True, False)), "changed_at": FIRST}
        which = {"activity_id": activity_id, "rule_date": FIRST.date() + timedelta(days=n)}
        occurrence_id = self.add(
            Occurrence, **team, **which, **what, **span, state=choice(STATES), public_id=new_public_id()
        )
        where = {"occurrence_id": occurrence_id, "plan_id": plan_id, "name": "", "capacity": 9}
        shift_id = self.add(Shift, **team, **where, **span, open=choice((True, True, True, False)))
        if measure and choice((True, False)):
            figure = {"measure": measure, "quantity": self.random.randrange(9000)}
            self.add(OutcomeFigure, **team, occurrence_id=occurrence_id, **figure)
        for person_id in self.random.sample([*self.people, None], 5):
            changed = self.moment(begin - timedelta(days=9), 20)
            place = {"shift_id": shift_id, "person_id": person_id, "status": choice(STATUSES), "seq": 1}
            signup_id = self.add(Signup, **team, **place, changed_at=changed)
            if choice((True, False)):
                band = choice(list(AgeBand))
                self.add(Companion, signup_id=signup_id, first_name="Kim", age_band=band, text_version="1")
            whose = {"signup_id": signup_id, "person_id": person_id, "occurrence_id": occurrence_id}
            of_them = self.random.choices(LINES, k=self.random.randrange(6)) if is_odd else [EntryKind.CONFIRM]
            self._lines([EntryKind.CHECK_IN, *of_them], team | whose, span, what["counts"], homes)

    def _lines(
        self, kinds: list[EntryKind], whose: dict[str, Any], span: dict[str, datetime], counts: bool, homes: list[int]
    ) -> None:
        """Written one after the other, done in some other order now and then."""
        choice, ids, at = self.random.choice, list[int](), span["starts_at"]
        for kind in kinds:
            at = self.moment(at, choice((0.1, 2, 2, 40)))
            if at > LAST:
                return
            home = choice(HOMES)
            moments = {"at": span["starts_at"], "until": span["ends_at"], "recorded_at": at}
            moments |= {"done_at": at - timedelta(minutes=choice((0, 0, 3000)))}
            said = {
                "minutes": choice((0, 30, 90, 400)),
                "claimed": choice((45, 90)),
                "counts": choice((counts,) * 9 + (not counts,)),
            }
            about = {"group": choice(GROUPS), "household_id": None if home is None else homes[home]}
            more = {"key": f"{whose['signup_id']}:{len(ids)}", "corrects_id": choice(ids) if ids else None}
            planned = {"planned_start": span["starts_at"], "planned_end": span["ends_at"]}
            evidence = {"kind": kind, "evidence": choice(list(Evidence)), "quality": None, "by_id": choice(self.people)}
            ids.append(self.add(Entry, **whose, **moments, **said, **about, **more, **planned, **evidence))
