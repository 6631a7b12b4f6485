"""Days a team knows better than the national calendar: local holidays, early notices, days worked instead."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from ..actor import Actor
from ..errors import Refused, or_missing
from ..notices import deeds
from ..storage.database import db, insert
from .models import CalendarDay

LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class HolidayNotice:
    """One or several days in a row, off or worked, and where that is said."""

    first: date
    last: date
    working: bool
    name: str
    source: str


def list_for(actor: Actor) -> list[CalendarDay]:
    """The team's own days, the latest first."""
    days = select(CalendarDay).where(CalendarDay.team_id == actor.team_id).order_by(CalendarDay.day.desc())
    return list(db.session.scalars(days))


def add(actor: Actor, notice: HolidayNotice, now: datetime) -> None:
    """Write down what a notice says. Refused when a day of it is written down already, or it is out of order.

    Existing dates do not move by themselves: see `schedule.moves.preview_plan`.
    """
    if not timedelta(0) <= notice.last - notice.first <= LONGEST:
        raise Refused("The last day lies before the first, or more than a month after it.", field="last")
    known = [one for one in list_for(actor) if notice.first <= one.day <= notice.last]
    if known:
        raise Refused(
            "%(day)s is written down already as “%(name)s”. Take that out first.",
            field="first",
            day=known[-1].day.isoformat(),
            name=known[-1].name,
        )
    said: dict[str, Any] = {"working": notice.working, "name": notice.name, "source": notice.source}
    days = (notice.first + timedelta(days=n) for n in range((notice.last - notice.first).days + 1))
    rows = [said | {"team_id": actor.team_id, "day": day} for day in days]
    new = insert(CalendarDay).values(rows).on_conflict_do_nothing().returning(CalendarDay.id)
    if len(db.session.scalars(new).all()) < len(rows):
        raise Refused("Somebody else has just written down one of these days. Look at the list again.", field="first")
    deeds.close(actor, "add holiday", f"{notice.first} to {notice.last}", now, **said)


def take_out(actor: Actor, day_id: int, now: datetime) -> None:
    """Forget one of the team's own days. Missing when it is another team's."""
    gone = delete(CalendarDay).where(CalendarDay.id == day_id, CalendarDay.team_id == actor.team_id)
    row = db.session.execute(gone.returning(CalendarDay.day, CalendarDay.name, CalendarDay.source)).first()
    day, name, source = or_missing(row)
    deeds.close(actor, "take out holiday", str(day), now, name=name, source=source)
