"""The sign-ups' share of the audit."""

from sqlalchemy import case, func, select

from ..activities.models import Shift
from ..database import db
from .models import Signup
from .states import HELD, Status


def audit() -> list[str]:
    """What is wrong with the places, a sentence each; nothing when all is well.

    taken is what is held; never more than there are; nobody waits beside a place that fits.
    """
    held = func.coalesce(func.sum(case((Signup.status.in_(HELD), Signup.places), else_=0)), 0)
    least = func.min(case((Signup.status == Status.WAITING, Signup.places), else_=None))
    tallies = (
        select(Shift.id, Shift.capacity + Shift.extra, Shift.taken, Shift.open, held, least)
        .outerjoin(Signup, Signup.shift_id == Shift.id)
        .group_by(Shift.id)
    )
    wrong: list[str] = []
    for shift_id, places, taken, is_open, sum_held, least_waiting in db.session.execute(tallies):
        if taken != sum_held:
            wrong.append(f"shift {shift_id}: {taken} places taken by its counter, {sum_held} held")
        if taken > places:
            wrong.append(f"shift {shift_id}: {taken} of {places} places taken")
        if is_open and least_waiting is not None and least_waiting <= places - taken:
            wrong.append(f"shift {shift_id}: somebody waits beside {places - taken} free places")
    return wrong
