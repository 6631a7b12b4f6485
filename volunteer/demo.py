"""The demo team 清风志愿: a year around today, with attendance in the past and room in the future.

Made-up people only. Coming sign-ups belong to 13800000003–07; everyone else is free on every coming date.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from . import clock
from .accounts import service as accounts
from .accounts.models import Person
from .activities import service as activities
from .activities.kinds import install_kinds
from .activities.models import Occurrence, Shift
from .activities.recurrence import HolidayPolicy, Repeat
from .activities.rules import Details, PlannedShift, Wanted
from .activities.states import OccurrenceState, Visibility
from .actor import Actor, Role
from .checkin import service as checkin
from .ledger import book, confirmation, verdicts
from .ledger.book import NewLine
from .ledger.states import EntryKind, RequestKind
from .papers.tables import handed_in
from .plans import facts
from .plans import rules as plan_rules
from .plans import service as plans
from .plans.models import FactKind, Level
from .signups import places
from .signups import service as signups
from .signups.hurdles import find_clash, get_shift_for
from .signups.models import Signup
from .signups.states import Leave
from .stars.service import install_ladder
from .storage.database import db
from .teams import service as teams
from .teams.models import Household, HouseholdMember, MembershipState, Team

SLUG = "qingfeng"
PASSWORD = "qingfeng-demo"  # noqa: S105 - printed by `make run`, for a team of made-up people
FIRST_PHONE = 13800000001
BUSY = 5
"""The first volunteers, who hold the coming sign-ups."""
UNCONFIRMED = 3
"""Of the past dates so many wait to be confirmed."""

_DATA = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def log_ins(base_url: str) -> str:
    """What `make run` prints."""
    return (
        f"\n  {base_url}\n\n"
        f"  administrator  {FIRST_PHONE}\n"
        f"  leader         {FIRST_PHONE + 1}\n"
        f"  volunteers     {FIRST_PHONE + 2} …\n"
        f"  password       {PASSWORD}\n"
    )


def fill(people: int, now: datetime) -> bool:
    """Make the demo team with so many volunteers, if the database holds nobody. Returns whether it did."""
    if db.session.scalar(select(func.count(Person.id))):
        return False
    team = teams.create_team(SLUG, "清风志愿", now)
    team.recording_unit = "清风青年志愿者服务队"
    install_kinds(team.id)
    install_ladder(team.id, date(2000, 1, 1))
    members = _people(team, people, now)
    leader = _actor(members[1], team, Role.LEADER)
    today = clock.today(now, team.zone)
    for told in _DATA["activities"]:
        for first in _first_days(told, today):
            draft = activities.draft(leader, _wanted(leader, told, first), now)
            activities.publish(leader, draft.id, now)
    _plan_the_year(_actor(members[0], team, Role.ADMINISTRATOR), today, now)
    _live_the_past(team, members, now)
    _leave_something_to_answer(team, members, now)
    _sign_up_for_the_future(team, members, now)
    return True


def _plan_the_year(administrator: Actor, today: date, now: datetime) -> None:
    """The plan of this year, published; and what was in the news, or won."""
    rows = (handed_in.Row(n, tuple(cells)) for n, cells in enumerate(_DATA["plan"], 1))
    plan = plan_rules.read_plan(handed_in.Sheet(tuple(rows)), today.year, *plans.reading_of(administrator.team_id))
    plans.take_in(administrator, today.year, plan.lines, now)
    plans.publish(administrator, today.year, now)
    for kind, level, title, days_ago in _DATA["facts"]:
        day = today - timedelta(days=days_ago)
        facts.enter(administrator, facts.FactSaid(FactKind(kind), Level(level), title, day), now)


def _people(team: Team, count: int, now: datetime) -> list[Person]:
    password_hash = accounts.hashed(PASSWORD)
    households = [Household(team_id=team.id, name=f"{n}号楼{m}户") for n in "一二三四五" for m in range(1, 5)]
    db.session.add_all(households)
    db.session.flush()
    roles = (Role.ADMINISTRATOR, Role.LEADER)
    members = []
    for n in range(count + 2):
        person = accounts.create_person(_name(n), str(FIRST_PHONE + n), password_hash, now)
        role = roles[n] if n < len(roles) else Role.VOLUNTEER
        membership = teams.add_member(team.id, person.id, role, MembershipState.ACTIVE, now)
        membership.group = _DATA["groups"][n % len(_DATA["groups"])]
        accounts.give_consent(person.id, now)
        home = households[n * 7 % len(households)]
        db.session.add(
            HouseholdMember(team_id=team.id, household_id=home.id, person_id=person.id, since=date(2024, 1, 1))
        )
        members.append(person)
    return members


def _name(n: int) -> str:
    families, given, tibetan = _DATA["families"], _DATA["given"], _DATA["tibetan"]
    if n % 5 == 2:
        return str(tibetan[n // 5 % len(tibetan)])
    return str(families[n * 5 % len(families)] + given[(n * 7 + n // 12) % len(given)])


def _actor(person: Person, team: Team, role: Role) -> Actor:
    return Actor(0, person.id, person.name, None, team.id, team.name, team.zone, role)


def _first_days(told: dict[str, Any], today: date) -> list[date]:
    """The day an activity begins: its next weekday and so many weeks from then, or the last 18th of its month."""
    if "month" in told:
        return [date(today.year - (today.month <= told["month"]), told["month"], 18)]
    coming = today + timedelta(days=(told["weekday"] - today.weekday()) % 7)
    return [coming + timedelta(weeks=weeks) for weeks in told["weeks"]]


def _wanted(leader: Actor, told: dict[str, Any], first: date) -> Wanted:
    kind = activities.find_kind(leader, told["kind"])
    start, end = time.fromisoformat(told["start"]), time.fromisoformat(told["end"])
    told_of = ("title", "content", "place", "meeting", "bring", "risk", "protection", "insurance")
    said = {name: told.get(name, "") for name in told_of}
    return Wanted(
        kind_id=kind.id if kind else 0,
        details=Details(**said | {"responsible": leader.name}),
        visibility=Visibility.PUBLIC,
        first_day=first,
        wall_start=start,
        wall_end=end,
        arrive_before=10,
        repeat=Repeat.WEEKLY if told.get("weekly") else Repeat.NONE,
        until=first + timedelta(weeks=52) if told.get("weekly") else None,
        holidays=HolidayPolicy.SKIP,
        shifts=tuple(PlannedShift(name, start, end, n, told.get("minimum", 0)) for name, n in told["shifts"].items()),
    )


def _dates(team: Team, *when: ColumnElement[bool]) -> Sequence[Row[Occurrence, Shift]]:
    rows = (
        select(Occurrence, Shift)
        .join(Shift, Shift.occurrence_id == Occurrence.id)
        .where(Occurrence.team_id == team.id, Occurrence.state == OccurrenceState.PUBLISHED, *when)
        .order_by(Occurrence.starts_at, Shift.id)
    )
    return db.session.execute(rows).all()


def _live_the_past(team: Team, members: list[Person], now: datetime) -> None:
    """Past dates, as if signed up, ticked and confirmed on the day: most came, a few did not; the last are open."""
    leader, crews = _actor(members[1], team, Role.LEADER), dict[int, list[Person]]()
    past = _dates(team, Occurrence.ends_at <= now)
    for n, (occurrence, shift) in enumerate(past):
        crew = crews.setdefault(occurrence.id, _crew(members[2:], n))
        lines: dict[Signup, list[NewLine]] = {}
        for place in range(min(shift.capacity - n % 3, len(crew))):
            person_id = crew.pop(0).id
            sought = get_shift_for(leader, occurrence.id, shift.id, person_id)
            two_days_before = shift.starts_at - timedelta(days=2)
            signup = places.give_place(person_id, sought, two_days_before, despite_clash=True).signup
            kind = EntryKind.ABSENT if (n + place) % 17 == 16 else EntryKind.CHECK_IN
            lines[signup] = [NewLine(kind)]
        book.add(leader, lines, shift.ends_at)
    dates = {occurrence.id: occurrence for occurrence, _ in past}
    for occurrence in list(dates.values())[:-UNCONFIRMED]:
        confirmation.confirm(leader, occurrence.id, {}, None, occurrence.ends_at)


def _leave_something_to_answer(team: Team, members: list[Person], now: datetime) -> None:
    """Of the last date one is absent, one asks for another look at a no-show, one had asked for leave."""
    leader = _actor(members[1], team, Role.LEADER)
    occurrence, shift = _dates(team, Occurrence.ends_at <= now)[-1]
    came = db.session.scalars(places.select_on(occurrence.id, Signup.shift_id == shift.id).order_by(Signup.seq.desc()))
    absent, appeals, on_leave = came.all()[:3]
    for one in (absent, appeals, on_leave):
        checkin.take_back(leader, occurrence.id, one.id, shift.ends_at)
    checkin.mark(leader, occurrence.id, absent.id, EntryKind.ABSENT, shift.ends_at)
    verdicts.judge(leader, occurrence.id, appeals.id, EntryKind.NO_SHOW, shift.ends_at)
    of = {person.id: _actor(person, team, Role.VOLUNTEER) for person in members}
    verdicts.ask(of[appeals.person_id or 0], appeals.id, RequestKind.APPEAL, _DATA["appeal"], None, now)
    three_hours_before = shift.starts_at - timedelta(hours=3)
    signups.withdraw(of[on_leave.person_id or 0], occurrence.id, three_hours_before, Leave.FAMILY)


def _crew(volunteers: list[Person], n: int) -> list[Person]:
    """Who comes to the n-th date: the busy ones first, then the others in turn."""
    busy, others = volunteers[:BUSY], volunteers[BUSY:]
    turn = n * 11 % max(1, len(others))
    return busy + others[turn:] + others[:turn]


def _sign_up_for_the_future(team: Team, members: list[Person], now: datetime) -> None:
    """The first volunteers sign up for what comes next, each for what does not clash."""
    soon = _dates(team, Occurrence.starts_at > now, Occurrence.starts_at < now + timedelta(days=16))
    for n, (occurrence, shift) in enumerate(soon):
        for person in members[2 : 2 + BUSY]:
            wants = shift.capacity <= 4 or (person.id + n) % 2 == 0
            if wants and not find_clash(person.id, shift):
                signups.sign_up(_actor(person, team, Role.VOLUNTEER), occurrence.id, shift.id, now)
