"""What has to be true of all places at every moment, beside the check; each answers with what is wrong."""

import itertools
from collections.abc import Iterable, Mapping

from sqlalchemy import func, select, text

from volunteer.activities.models import Shift
from volunteer.signups.models import Companion, Signup
from volunteer.signups.states import STANDING, AgeBand, Source, Status
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db


def doubles_in_queues() -> list[tuple[int, int]]:
    """Shifts where two wait under one number, so that a position is there twice and another is not."""
    waiting = select(Signup.shift_id, Signup.seq).where(Signup.status == Status.WAITING)
    twice = waiting.group_by(Signup.shift_id, Signup.seq).having(func.count() > 1)
    return [tuple(row) for row in db.session.execute(twice)]


def split_parties() -> list[int]:
    """Sign-ups that hold or wait for other than a place for each who comes and is no infant."""
    coming = (
        select(func.count())
        .where(Companion.signup_id == Signup.id, Companion.age_band != AgeBand.INFANT)
        .scalar_subquery()
    )
    own = select(Signup.id).where(Signup.status.in_(STANDING), Signup.source == Source.SELF)
    return list(db.session.scalars(own.where(Signup.places != 1 + coming)))


def overlaps(occurrence_ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """People with two sign-ups at one time on these dates, but for those a leader insisted on or saw walk in."""
    rows = (
        select(Signup.person_id, Shift.starts_at, Shift.ends_at, Signup.id)
        .join(Shift, Shift.id == Signup.shift_id)
        .where(Signup.status.in_(STANDING), Signup.source != Source.WALK_IN, Signup.person_id.is_not(None))
        .where(Shift.occurrence_id.in_(occurrence_ids))
        .order_by(Signup.person_id, Shift.starts_at)
    )
    verb = AuditEntry.verb == "sign up despite clash"
    insisted = {int(said.split()[1]) for said in db.session.scalars(select(AuditEntry.object).where(verb))}
    return [
        (one.person_id, one.id, two.id)
        for _, own in itertools.groupby(db.session.execute(rows), key=lambda row: row.person_id)
        for one, two in itertools.combinations(own, 2)
        if two.starts_at < one.ends_at and not {one.id, two.id} & insisted
    ]


def wrong_labels(labels: Mapping[str, bool]) -> list[tuple[str, int]]:
    """Reserved places whose form, sent twice under one key, was not done exactly once, or done though refused."""
    counted = dict(db.session.execute(select(Signup.label, func.count()).group_by(Signup.label)).all())
    return [(label, counted.get(label, 0)) for label, done in labels.items() if counted.get(label, 0) != int(done)]


def count_deadlocks(database_kind: str) -> int:
    if database_kind == "sqlite":
        return 0
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    return db.session.scalar(text(deadlocks)) or 0
