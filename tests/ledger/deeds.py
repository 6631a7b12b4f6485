"""All that can happen to a ledger, at random: a team whose leaders tick, correct, confirm, move and call off."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import bindparam, select, update

from tests.make import Someone, make_administrator, make_date, make_household, make_leader, make_member, make_team
from tests.moments import ZONE, SetClock
from volunteer import clock
from volunteer.activities.models import Kind, Occurrence, Shift
from volunteer.checkin import service as checkin
from volunteer.errors import Missing, Refused
from volunteer.ledger import balances, book, confirmation, records, verdicts
from volunteer.ledger.book import NewLine
from volunteer.ledger.models import Entry
from volunteer.ledger.states import VERDICTS, EntryKind, Evidence, Quality
from volunteer.schedule import cancellations, moves
from volunteer.signups import places
from volunteer.signups import service as signups
from volunteer.signups.hurdles import get_shift_for
from volunteer.signups.models import Signup
from volunteer.signups.states import Leave
from volunteer.storage.database import db, write
from volunteer.teams.models import HouseholdMember, Membership

KINDS = ("friday_cleanup", "friday_cleanup", "tree_planting", "reading_day")
GROUPS = ("办公室", "农业股", "")


class Life:
    """A team, its dates and the sign-ups for them; `day` begins one, `do` lets something happen."""

    def __init__(self, at: SetClock, seed: int, people: int = 6) -> None:
        self.at, self.random = at, Random(seed)
        self.team = make_team()
        self.leaders = [make_leader(self.team), make_leader(self.team, "Mia"), make_administrator(self.team)]
        self.people = [make_member(self.team, f"Volunteer {n}") for n in range(people)]
        self.homes = [make_household(self.team, *self.people[n::2], name=f"{n} 号楼") for n in range(2)]
        self.signups: list[tuple[int, int]] = []
        self.done = self.refused = 0

    def day(self, day: date) -> None:
        """A date of this day, with a place for everybody; it may overlap others of the day."""
        self.at(clock.utc(day, time(6), ZONE))
        start, length = self.random.randint(7, 15), self.random.choice((1, 2, 3, 9))
        span = {"start": time(start), "end": time((start + length) % 24, self.random.choice((0, 30)))}
        one = make_date(self.leaders[0], day=day, kind=self.random.choice(KINDS), **span)
        self.signups += [(one.id, signup_id) for signup_id in write(lambda: self._take_places(one))]

    def _take_places(self, occurrence: Occurrence) -> list[int]:
        shift_id = db.session.scalars(select(Shift.id).where(Shift.occurrence_id == occurrence.id)).one()
        found = []
        for someone in [*self.people, self.leaders[1]]:
            sought = get_shift_for(self.leaders[0].actor, occurrence.id, shift_id, someone.id)
            found.append(places.give_place(someone.id, sought, clock.now(), despite_clash=True).signup.id)
        return found

    def do(self, now: datetime) -> None:
        """Something happens at this moment, to one of the last dates mostly; what is refused changes nothing."""
        self.at(now)
        recent = self.signups[-40:] if self.random.random() < 0.8 else self.signups
        occurrence_id, signup_id = self.random.choice(recent)
        deed = self.random.choice(DEEDS)
        try:
            write(lambda: deed(self, occurrence_id, signup_id, now))
            self.done += 1
        except (Refused, Missing):
            self.refused += 1

    @property
    def leader(self) -> Someone:
        return self.random.choice(self.leaders)

    def moment_of(self, signup: Signup) -> datetime:
        """Some time around a date."""
        length = (signup.shift.ends_at - signup.shift.starts_at) // clock.MINUTE
        return signup.shift.starts_at + self.random.randint(-20, length + 20) * clock.MINUTE

    def write(self, signup_id: int, now: datetime, **said: object) -> None:
        actor = self.leader.actor
        signup = book.get_locked(actor, signup_id)
        moments = sorted(self.moment_of(signup) for _ in range(2))
        if said["kind"] in (EntryKind.CHECK_IN, EntryKind.CHECK_OUT, EntryKind.BREAK, EntryKind.TYPED):
            said |= {"at": moments[0], "until": moments[1]}
        book.add(actor, {signup: [NewLine(**said)]}, now)  # type: ignore[arg-type]


Deed = Callable[[Life, int, int, datetime], None]


def _mark(kind: EntryKind) -> Deed:
    return lambda life, date_id, n, now: checkin.mark(life.leader.actor, date_id, n, kind, now)


def _line(kind: EntryKind, **said: object) -> Deed:
    return lambda life, _, n, now: life.write(n, now, kind=kind, **said)


def _set(life: Life, _: int, n: int, now: datetime) -> None:
    life.write(n, now, kind=EntryKind.SET, minutes=life.random.choice((0, 30, 60, 600)), reason="paper")


def _undo(life: Life, date_id: int, n: int, now: datetime) -> None:
    checkin.take_back(life.leader.actor, date_id, n, now)


def _void(life: Life, _: int, n: int, now: datetime) -> None:
    if lines := db.session.scalars(select(Entry.id).where(Entry.signup_id == n)).all():
        life.write(n, now, kind=EntryKind.VOID, corrects_id=life.random.choice(lines), reason="by mistake")


def _judge(life: Life, date_id: int, n: int, now: datetime) -> None:
    verdicts.judge(life.leader.actor, date_id, n, life.random.choice(VERDICTS), now)


def _confirm(life: Life, date_id: int, _: int, now: datetime) -> None:
    confirmation.confirm(life.leader.actor, date_id, {}, None, now, for_all=(life.random.choice(list(Quality)), ""))


def _affirm(life: Life, _: int, n: int, now: datetime) -> None:
    life.write(n, now, kind=EntryKind.AFFIRM, evidence=Evidence.PERSON)


def _leave(life: Life, date_id: int, n: int, now: datetime) -> None:
    someone = life.random.choice(life.people)
    signups.withdraw(someone.actor, date_id, now, Leave.FAMILY)


def _cancel(life: Life, date_id: int, n: int, now: datetime) -> None:
    cancellations.cancel_date(life.leader.actor, date_id, "strong wind", now)


def _restore(life: Life, date_id: int, n: int, now: datetime) -> None:
    cancellations.restore_date(life.leader.actor, date_id, now)


def _end(life: Life, date_id: int, n: int, now: datetime) -> None:
    cancellations.end_date(life.leader.actor, date_id, now - timedelta(minutes=10), "thunder", now)


def _move(life: Life, date_id: int, n: int, now: datetime) -> None:
    day, start = clock.today(now, ZONE) + clock.DAY, life.random.randint(7, 20)
    to = (day, time(start), time(start + 2))
    moves.make(life.leader.actor, moves.preview_date(life.leader.actor, date_id, *to, now), now)


def _turn_kind(life: Life, date_id: int, n: int, now: datetime) -> None:
    kind = life.random.choice(db.session.scalars(select(Kind).where(Kind.code.in_(KINDS)).order_by(Kind.id)).all())
    kind.counts_as_service = not kind.counts_as_service


def _regroup(life: Life, date_id: int, n: int, now: datetime) -> None:
    whose = Membership.person_id == life.random.choice(life.people).id
    db.session.execute(update(Membership).where(whose).values(group=life.random.choice(GROUPS)))


def _move_home(life: Life, date_id: int, n: int, now: datetime) -> None:
    whose = HouseholdMember.person_id == life.random.choice(life.people).id
    db.session.execute(update(HouseholdMember).where(whose).values(household_id=life.random.choice(life.homes)))


DEEDS: list[Deed] = [
    *[_mark(EntryKind.CHECK_IN)] * 6,
    *[_confirm] * 4,
    *[_mark(EntryKind.ABSENT), _undo, _judge, _set, _affirm] * 2,
    *(_line(kind) for kind in (EntryKind.CHECK_OUT, EntryKind.BREAK, EntryKind.TYPED, EntryKind.EVALUATE)),
    *(_line(EntryKind.CHECK_IN, evidence=evidence) for evidence in (Evidence.SCAN, Evidence.CODE)),
    _line(EntryKind.ASSUMED, evidence=Evidence.ASSUMED),
    *[_void, _leave, _cancel, _restore, _end, _move, _turn_kind, _regroup, _move_home],
]


def figures(life: Life, moment: datetime) -> dict[str, object]:
    """Everybody's hours, and those of each group and household, as the lines recorded by then have them."""
    found: dict[str, object] = {}
    where = {row.signup_id: (row.group, row.household_id) for row in db.session.execute(_HOMES, {"moment": moment})}
    for someone in [*life.people, life.leaders[1]]:
        found[f"person {someone.id}"] = records.list_records_as_of(someone.actor, moment).hours
        for n, said in balances.as_of(someone.actor, moment).items():
            for place in where.get(n, ()):
                found[str(place)] = int(str(found.get(str(place), 0))) + (said.confirmed or 0)
    return found


_HOMES = (
    select(Entry.signup_id, Entry.group, Entry.household_id)
    .where(Entry.recorded_at <= bindparam("moment"))
    .order_by(Entry.done_at, Entry.id)
)
