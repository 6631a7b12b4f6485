"""What the lines of the ledger come to, as it is kept beside them and as it is read again. `book` writes the lines.

Pages of today read what is kept, a row a sign-up; a question about the past reads the lines again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, and_, bindparam, false, or_, select

from .. import clock
from ..actor import Actor
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db, insert
from .models import Balance, Entry
from .replay import NOTHING, Attendance, LedgerLine, attendance
from .states import CAME, VERDICTS

Theirs = dict[int, Attendance]
"""What the ledger says of one person's sign-ups."""


def keep(balances: Mapping[Signup, Attendance]) -> None:
    """Write down what the lines of these sign-ups come to."""
    if not balances:
        return
    rows = [
        asdict(said)
        | {"signup_id": one.id, "team_id": one.team_id, "person_id": one.person_id, "open": said.open}
        | {"occurrence_id": one.shift.occurrence_id}
        for one, said in balances.items()
    ]
    db.session.connection().execute(_keeping(), rows)


@cache
def _keeping() -> Executable:
    """The statement for that; to build it takes longer than to execute it."""
    new = insert(Balance)
    changed = {column.name: new.excluded[column.name] for column in Balance.__table__.columns}
    keeping: Executable = new.on_conflict_do_update(index_elements=[Balance.signup_id], set_=changed)
    return keeping


def lines_of(*which: ColumnElement[bool]) -> dict[int, list[LedgerLine]]:
    """All lines for which this holds, by sign-up."""
    found: dict[int, list[LedgerLine]] = defaultdict(list)
    for row in db.session.execute(_LINES.where(*which)):
        found[row.signup_id].append(LedgerLine(*row))
    return found


def standing(signup_id: int) -> Attendance:
    """What the ledger says of a locked sign-up, also by what others recorded while we waited for the lock."""
    return attendance_of([signup_id]).get(signup_id, NOTHING)


def attendance_of(signup_ids: Iterable[int]) -> dict[int, Attendance]:
    """What the ledger says of these sign-ups; those of which it says nothing are left out.

    Who came back after a leave starts anew, even at the moment it was judged: what was said of an absence before holds
    no more.
    """
    ids = list(signup_ids)
    return read(_OF_SIGNUPS, signups=ids) if ids else {}


def attendance_of_person(actor: Actor, begin: datetime, end: datetime) -> Theirs:
    """The same of all that the actor has in this team about these days."""
    since, until = _about(begin, end)
    return read(_OF_PERSON, person=actor.person_id, team=actor.team_id, since=since, until=until)


def _about(begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    """What touches these days lies within: what counts of a day depends on all of it."""
    return begin - 2 * clock.DAY, end + 2 * clock.DAY


def attendance_about_open(actor: Actor) -> Theirs:
    """The same of those of which minutes are open, and of all about their days: what counts of them depends on it."""
    mine = Balance.person_id == actor.person_id, Balance.team_id == actor.team_id
    times = (
        select(Balance.planned_start, Balance.planned_end).where(*mine, Balance.open).order_by(Balance.planned_start)
    )
    near: list[tuple[datetime, datetime]] = []
    for begin, end in db.session.execute(times):
        since, until = _about(begin, end)
        if near and (since <= near[-1][1] or len(near) == SPELLS):
            since, until = near[-1][0], max(until, near.pop()[1])
        near.append((since, until))
    within = (and_(Balance.planned_start < until, Balance.planned_end > since) for since, until in near)
    return read(select_balances(*mine, or_(false(), *within)))


SPELLS = 20
"""Days of an open record are asked for apart from others, so many times at most."""


def attendance_of_people(team_id: int, people: Collection[int], begin: datetime, end: datetime) -> dict[int, Theirs]:
    """What the ledger says of all that these people have in the team about these days, by person."""
    since, until = _about(begin, end)
    near = select_balances(Balance.team_id == team_id, Balance.person_id.in_(people)).add_columns(Balance.person_id)
    near = near.where(Balance.planned_start < until, Balance.planned_end > since)
    theirs: dict[int, Theirs] = defaultdict(dict)
    for signup_id, *said, person_id in db.session.execute(near):
        theirs[person_id][signup_id] = _attendance(said)
    return theirs


def as_of(actor: Actor, moment: datetime) -> Theirs:
    """What the ledger said of the actor's sign-ups in this team at a moment: its lines, read again."""
    mine = lines_of(Entry.person_id == actor.person_id, Entry.team_id == actor.team_id)
    return {signup_id: attendance(lines, moment) for signup_id, lines in mine.items()}


def select_balances(*which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """What is kept of the sign-ups for which this holds, to be read by `read`."""
    return _BALANCES.where(*which)


def read(balances: Select[*tuple[Any, ...]], **values: Any) -> Theirs:
    """What the ledger says, by sign-up, in the order asked for."""
    return attendances(db.session.connection().execute(balances, values))


def attendances(rows: Iterable[Sequence[Any]]) -> Theirs:
    """What is kept of sign-ups, as `select_balances` finds it."""
    return {signup_id: _attendance(said) for signup_id, *said in rows}


def _attendance(said: Sequence[Any]) -> Attendance:
    one = Attendance(*said)
    return replace(one, spans=tuple((begin, end) for begin, end in one.spans), signers=tuple(one.signers))


LINE = [field.name for field in fields(LedgerLine)]
_LINES = select(*(getattr(Entry, name) for name in LINE)).order_by(Entry.signup_id, Entry.id)
_BALANCES = select(Balance.signup_id, *(getattr(Balance, field.name) for field in fields(Attendance)))
_IS_ABOUT_IT = or_(
    Signup.status == Status.ON_LEAVE, Balance.kind.not_in(VERDICTS), Balance.said_at >= Balance.planned_start
)
"""A place is judged from its start on; a verdict of before was about a leave."""
HOLDS = or_(
    Balance.kind.in_(CAME),
    Balance.confirmed.is_not(None),
    and_(Balance.said_at >= Signup.changed_at, _IS_ABOUT_IT),
)
"""Is what is kept of a sign-up said of the place as it is held now?"""
_OF_SIGNUPS = (
    _BALANCES.join(Signup, Signup.id == Balance.signup_id)
    .where(Balance.signup_id.in_(bindparam("signups", expanding=True)))
    .where(HOLDS)
)
_OF_PERSON = _BALANCES.where(
    Balance.person_id == bindparam("person"),
    Balance.team_id == bindparam("team"),
    Balance.planned_start < bindparam("until"),
    Balance.planned_end > bindparam("since"),
)
