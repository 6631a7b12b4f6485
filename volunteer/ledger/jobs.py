"""The ledger's share of the periodic work and of the check."""

from datetime import datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

from sqlalchemy import select

from .. import clock
from ..activities.models import Occurrence, Shift
from ..activities.states import OccurrenceState
from ..notices import deeds
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..signups import hurdles
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from ..teams import service as teams
from ..teams.models import Team
from . import book
from .days import odd_days
from .models import Entry
from .states import EntryKind

ASK_AT = (time(20), time(8))
"""On the evening of the day, and on the morning after it."""


def tick(now: datetime) -> None:
    """Tell leaders, in the evening and once more next morning, where nobody has said yet who was there."""
    marked = select(Entry.id).join(Signup, Signup.id == Entry.signup_id).join(Signup.shift).correlate(Occurrence)
    marked = marked.where(Shift.occurrence_id == Occurrence.id, Entry.planned_start == Shift.starts_at)
    held = select(Signup.id).join(Signup.shift).where(Shift.occurrence_id == Occurrence.id).correlate(Occurrence)
    held = held.where(Signup.status == Status.CONFIRMED, Signup.person_id.is_not(None))
    open_lists = select(Occurrence, Team.zone).join(Team, Team.id == Occurrence.team_id)
    open_lists = open_lists.where(Occurrence.ends_at <= now, Occurrence.ends_at > now - ASKED_FOR)
    open_lists = open_lists.where(Occurrence.state == OccurrenceState.PUBLISHED, held.exists(), ~marked.exists())
    found = db.session.execute(open_lists.order_by(Occurrence.id)).all()
    told = [_list_not_taken(date, zone, n) for date, zone in found if (n := _times_due(date, zone, now))]
    over = deeds.no_longer(Event.LIST_NOT_TAKEN, [date.id for date, _ in found])
    deeds.settle(Effects(told, [over]), now)


ASKED_FOR = timedelta(days=2)


def _times_due(date: Occurrence, zone: str, now: datetime) -> int:
    """How often the leaders are to have heard of it by now."""
    evening, morning = ASK_AT
    day = clock.today(date.ends_at, zone)
    if now >= clock.utc(day + clock.DAY, morning, zone):
        return 2
    return int(now >= clock.utc(day, evening, zone))


def _list_not_taken(date: Occurrence, zone: str, nth: int) -> News:
    about = About(date.team_id, zone, date.id, date.title, date.place, date.starts_at, date.ends_at)
    parts = [Part(leader, date.id, nth) for leader in teams.list_leaders(date.team_id)]
    return News(Event.LIST_NOT_TAKEN, about, parts)


def check(now: datetime) -> list[str]:
    """What cannot be true of the ledger, a sentence each; nothing when all is well.

    It and the sign-ups agree about no-shows; nobody was there for more hours than a day has, nor has time twice.
    """
    wrong = [f"sign-up {n}: the ledger and the sign-up disagree about a no-show" for n in _odd_no_shows(now)]
    for person_id, theirs in groupby(book.attendance_of_everybody(now), key=itemgetter(0)):
        found = [(zone, said) for _, _, zone, said in theirs]  # of each team; a day is the person's
        odd = odd_days((one for _, said in found for one in said.values()), found[0][0])
        wrong += [f"person {person_id}: {sentence}" for sentence in odd]
    return wrong


def _odd_no_shows(now: datetime) -> list[int]:
    kept = set(db.session.scalars(hurdles.select_no_shows()))
    judged = db.session.scalars(select(Entry.signup_id).where(Entry.kind == EntryKind.NO_SHOW))
    said = book.attendance_of(kept | set(judged), now)
    missed = {signup_id for signup_id, one in said.items() if one.kind is EntryKind.NO_SHOW}
    return sorted(missed ^ kept)
