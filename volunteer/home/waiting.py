"""Sign-ups that wait for a leader, and the dates of the next days, as they stand in the tables. Reads only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, bindparam, case, cast, func, or_, select, text, union
from sqlalchemy.orm import aliased

from .. import clock
from ..accounts.models import Person
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..ledger import balances
from ..ledger.models import Balance, Request
from ..ledger.replay import Attendance
from ..ledger.states import EntryKind, RequestKind, RequestState
from ..schedule.calls import is_shown
from ..schedule.changes import PHONES_STAND
from ..signups.models import FOR_LEADERS, Signup, StandIn
from ..signups.rules import UNDO_FOR
from ..signups.states import Asked, Leave, Status
from ..storage.audit import AuditEntry
from ..storage.database import UtcDateTime, db
from ..storage.hot import Hot

WEEK = timedelta(days=7)
LONGEST = timedelta(days=31)
"""The working days in which leaders still mark who was there are never spread over more, whatever the holidays."""


class Waiting(NamedTuple):
    """A sign-up that waits for a leader, or was answered just now.

    is_shown: does its person's whole number stand for the reader? asks: what they ask about their record, in
    their words, and for how many minutes. stand_in: who is asked, until when. answered: has the reader just done so?
    """

    signup_id: int
    occurrence_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    person_id: int | None
    name: str
    phone: str | None
    is_shown: bool
    status: Status
    leave_reason: Leave | None
    offer_until: datetime | None
    asks: RequestKind | None
    words: str | None
    minutes: int | None
    stand_in: str | None
    stand_in_until: datetime | None
    answered: bool


class Position(NamedTuple):
    """A position of a date, and the date."""

    id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    private: bool
    taken: int
    capacity: int
    minimum: int


def list_waiting(actor: Actor, now: datetime) -> list[Waiting]:
    """What may wait for the actor's answer, or had it just now, in order of time; the ledger has a say in it, too."""
    stands = {"asked": now - PHONES_STAND, "since": now - LONGEST, "answered": now - UNDO_FOR}
    return list(_WAITING.rows(team=actor.team_id, me=actor.person_id, now=now, **stands))


class Kept(NamedTuple):
    """What the ledger says of a sign-up, with its date and person. holds: is it said of the place as it is held now?"""

    signup_id: int
    said: Attendance
    occurrence_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    person_id: int
    name: str
    holds: bool


def list_kept(actor: Actor, signup_ids: Sequence[int], now: datetime) -> list[Kept]:
    """What is kept of these sign-ups; of all whose minutes wait to be confirmed; and what may bear upon those."""
    values = {"signups": list(signup_ids), "team": actor.team_id, "now": now}
    rows = db.session.connection().execute(_KEPT, values).all()
    said = balances.attendances(row[:-7] for row in rows)
    return [Kept._make((row[0], said[row[0]], *row[-7:])) for row in rows]


def list_positions(actor: Actor, begin: datetime, now: datetime) -> list[Position]:
    """Those of the dates that are not over, from the day before `begin` on to a week from now."""
    return list(_DATES.rows(team=actor.team_id, begin=begin - clock.DAY, now=now, end=now + WEEK))


_OURS = Shift.team_id == bindparam("team")
_DATES = Hot(
    Position,
    select(Occurrence.id, Occurrence.title, Occurrence.place, Occurrence.starts_at, Occurrence.ends_at)
    .add_columns(Kind.private, Shift.taken, Shift.capacity + Shift.extra, Shift.minimum)
    .join(Shift, Shift.occurrence_id == Occurrence.id)
    .join(Occurrence.activity)
    .join(Activity.kind)
    .where(Occurrence.team_id == bindparam("team"), Occurrence.state == OccurrenceState.PUBLISHED)
    .where(Occurrence.starts_at >= bindparam("begin"), Occurrence.starts_at < bindparam("end"))
    .where(Occurrence.ends_at > bindparam("now"))
    .order_by(Occurrence.starts_at, Occurrence.id, Shift.id),
)
_NOW, _SINCE = bindparam("now", type_=UtcDateTime), bindparam("since", type_=UtcDateTime)
_SAYS = select(Balance.signup_id).where(Balance.signup_id == Signup.id, Balance.kind.is_not(None), balances.HOLDS)
_IS_MARKED = _SAYS.correlate(Signup, Shift).exists()
"""Only keeps people of whom nothing waits from being read; what the ledger says is asked of it."""


def _ids(*which: Any) -> Select[int]:
    return select(Signup.id).join(Signup.shift).where(_OURS, Shift.open, *which)


_ANSWERED = select(cast(func.substr(AuditEntry.object, len("sign-up ") + 1), Integer)).where(
    AuditEntry.team_id == bindparam("team"),
    AuditEntry.actor_id == bindparam("me"),
    AuditEntry.at > bindparam("answered", type_=UtcDateTime),
    AuditEntry.verb.in_(("approve", "decline", "judge")),
)
_CONFIRMED, _BEGUN = Signup.status == Status.CONFIRMED, and_(Shift.starts_at <= _NOW, Shift.starts_at > _SINCE)
_THESE = union(
    select(Signup.id)
    .join(Signup.shift)
    .where(text(f"signup.{FOR_LEADERS}"), Signup.team_id == bindparam("team"), Shift.open)
    .where(or_(Shift.starts_at > _NOW, and_(Signup.status == Status.ON_LEAVE, Shift.starts_at > _SINCE))),
    _ids(_CONFIRMED, _BEGUN, or_(Shift.ends_at > _NOW, ~_IS_MARKED), Signup.person_id.is_not(None)),
    _ids(_CONFIRMED, _BEGUN, _SAYS.where(Balance.kind == EntryKind.ABSENT).correlate(Signup, Shift).exists()),
    select(Request.signup_id).where(Request.team_id == bindparam("team"), Request.state == RequestState.OPEN),
    select(StandIn.signup_id).where(StandIn.team_id == bindparam("team"), StandIn.state == Asked.ASKED),
    _ANSWERED,
).subquery()
_IS_SHOWN = case((_CONFIRMED & _BEGUN, is_shown(Person.id, Occurrence.id)), else_=False)
"""Only who is missing is called from here."""
_ASKED = aliased(Person)
_OPEN, _HALF, _NEAR = aliased(Balance), aliased(Balance), aliased(Balance)
_IN_PART = _HALF.team_id == bindparam("team"), _HALF.open, _HALF.settled
"""Confirmed so far, and waiting for somebody else, or for nobody as another date covers it."""
_SINCE_THEN = select(func.min(_HALF.planned_start)).where(*_IN_PART).scalar_subquery()
_KEPT = (
    balances.select_balances()
    .add_columns(Occurrence.id, Occurrence.title, Occurrence.starts_at, Occurrence.ends_at, Person.id, Person.name)
    .add_columns(balances.HOLDS)
    .join(Signup, Signup.id == Balance.signup_id)
    .join(Occurrence, Occurrence.id == Balance.occurrence_id)
    .join(Person, Person.id == Balance.person_id)
    .where(
        Balance.signup_id.in_(
            union(
                select(_NEAR.signup_id).where(_NEAR.signup_id.in_(bindparam("signups", expanding=True))),
                select(_OPEN.signup_id)
                .where(_OPEN.team_id == bindparam("team"), _OPEN.open, _OPEN.planned_end <= _NOW)
                .where(_OPEN.person_id.is_not(None)),
                select(_NEAR.signup_id)
                .where(_NEAR.team_id == bindparam("team"), _NEAR.planned_end > _SINCE_THEN)
                .where(_NEAR.person_id.in_(select(_HALF.person_id).where(*_IN_PART))),
            )
        )
    )
    .order_by(Occurrence.ends_at, Occurrence.id, Balance.signup_id)
)
_WAITING = Hot(
    Waiting,
    select(Signup.id, Occurrence.id, Occurrence.title, Shift.starts_at, Shift.ends_at, Signup.person_id)
    .add_columns(func.coalesce(Person.name, Signup.label), Person.phone, _IS_SHOWN)
    .add_columns(Signup.status, Signup.leave_reason, Signup.offer_until)
    .add_columns(Request.kind, Request.text, Request.minutes, _ASKED.name, StandIn.until)
    .add_columns(Signup.id.in_(_ANSWERED))
    .select_from(_THESE)
    .join(Signup, Signup.id == _THESE.c[0])
    .join(Signup.shift)
    .join(Shift.occurrence)
    .outerjoin(Person, Person.id == Signup.person_id)
    .outerjoin(Request, and_(Request.signup_id == Signup.id, Request.state == RequestState.OPEN))
    .outerjoin(StandIn, and_(StandIn.signup_id == Signup.id, StandIn.state == Asked.ASKED))
    .outerjoin(_ASKED, _ASKED.id == StandIn.asked_id)
    .where(Signup.team_id == bindparam("team"))
    .order_by(Shift.starts_at, Occurrence.id, Signup.seq, Signup.id),
)
