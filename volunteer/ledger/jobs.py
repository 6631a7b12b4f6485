"""The ledger's share of the periodic work and of the check."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select
from sqlalchemy.orm import joinedload

from .. import clock
from ..activities.models import Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import By
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects, News
from ..notices.events import About, Event, Part
from ..signups import hurdles
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from ..teams import service as teams
from ..teams.models import Team
from . import balances, book, counting
from .balances import Theirs
from .book import NewLine
from .models import Balance, Entry
from .replay import NOTHING, Attendance, attendance
from .rules import CLOSES_AFTER
from .states import CAME, EntryKind, Evidence

ASK_AT = (time(20), time(8))
"""On the evening of the day, and on the morning after it."""


def tick_lists(now: datetime) -> None:
    """Tell leaders, in the evening and once more next morning, where nobody has said yet who was there."""
    held = select(Signup.id).join(Signup.shift).where(Shift.occurrence_id == Occurrence.id).correlate(Occurrence)
    held = held.where(Signup.status == Status.CONFIRMED, Signup.person_id.is_not(None))
    open_lists = select(Occurrence, Team.zone).join(Team, Team.id == Occurrence.team_id)
    open_lists = open_lists.where(Occurrence.ends_at <= now, Occurrence.ends_at > now - ASKED_FOR)
    open_lists = open_lists.where(Occurrence.state == OccurrenceState.PUBLISHED, held.exists(), ~_is_marked())
    found = db.session.execute(open_lists.order_by(Occurrence.id)).all()
    told = [_list_not_taken(date, zone, n) for date, zone in found if (n := _times_due(date, zone, now))]
    over = deeds.no_longer(Event.LIST_NOT_TAKEN, [date.id for date, _ in found])
    deeds.settle(Effects(told, [over]), now)


def _is_marked(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    marked = select(Balance.signup_id).where(Balance.occurrence_id == Occurrence.id, Balance.kind.is_not(None), *which)
    return marked.correlate(Occurrence).exists()


CHECK_OUT_SOON = timedelta(minutes=15)
"""So long before the end of their last position people are asked to check out."""


def tick_check_outs(now: datetime) -> None:
    """Ask whoever checked in by a code to check out as they go, once a date. Safe to repeat.

    Not those whom a leader ticked: their time is the planned one, and nothing is missing when they just go.
    """
    there = select(Shift.occurrence_id, Signup.person_id, func.max(Shift.ends_at).label("ends_at"))
    there = there.select_from(Signup).join(Signup.shift).join(Balance, Balance.signup_id == Signup.id)
    there = there.where(Balance.unmeasured_end, Shift.ends_at > now, Shift.ends_at <= now + clock.DAY)
    its = there.group_by(Shift.occurrence_id, Signup.person_id).subquery()
    dates = select(Occurrence, Team.zone, its.c.person_id, its.c.ends_at).join(
        its, its.c.occurrence_id == Occurrence.id
    )
    dates = dates.join(Team, Team.id == Occurrence.team_id).where(Occurrence.state == OccurrenceState.PUBLISHED)
    soon = dates.where(its.c.ends_at <= now + CHECK_OUT_SOON).order_by(Occurrence.id, its.c.person_id)
    told = [
        News(Event.CHECK_OUT, replace(_about(date, zone), ends_at=ends), [Part(who, f"{date.id} {ends:%Y%m%d%H%M}")])
        for date, zone, who, ends in db.session.execute(soon)
    ]
    deeds.settle(Effects(told), now)


def tick_close_of_day(now: datetime) -> None:
    """Write down of the days past who did not check out, who was on leave, who did not come; twice is once.

    A date of which nobody was seen is left as it is: it was perhaps never held. Leaders are asked once a date about who
    did not come. Locks the sign-ups.
    """
    found = book.list_locked(Signup.id.in_(_select_unclosed(now)))
    unclosed = sorted(found, key=lambda signup: signup.shift.occurrence_id)
    said = balances.attendance_of(signup.id for signup in unclosed)
    lines = {signup: [_last_line(signup, said.get(signup.id, NOTHING))] for signup in unclosed}
    added = book.add(None, lines, now) if lines else {}
    for occurrence_id, its in groupby(lines, key=lambda signup: signup.shift.occurrence_id):
        people = list(its)
        kinds = Counter(str(lines[one][0].kind) for one in people)
        absent = next((one for one in people if lines[one][0].kind is EntryKind.ABSENT), None)
        asked = book.ask_about_absence(absent, added[absent.id].key) if absent else NO_EFFECTS
        deeds.close(By(people[0].team_id), "close the day", f"occurrence {occurrence_id}", now, asked, **kinds)


def _last_line(signup: Signup, said: Attendance) -> NewLine:
    if said.unmeasured_end:
        return NewLine(EntryKind.ASSUMED, at=said.planned_end, evidence=Evidence.ASSUMED)
    kind = EntryKind.LEAVE if signup.status is Status.ON_LEAVE else EntryKind.ABSENT
    return NewLine(kind, evidence=Evidence.ASSUMED)


def _select_unclosed(now: datetime) -> Select[int]:
    """Sign-ups for dates of the days past on which somebody was there, of which something is yet to be said."""
    assumed = select(Entry.id).where(Entry.signup_id == Signup.id, Entry.kind == EntryKind.ASSUMED).exists()
    came_back = and_(Balance.kind.not_in(CAME), Balance.said_at < Signup.changed_at)
    return (
        select(Signup.id)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .outerjoin(Balance, Balance.signup_id == Signup.id)
        .where(Shift.open, Shift.ends_at <= now - CLOSES_AFTER, Shift.ends_at > now - CLOSED_FOR)
        .where(Signup.status.in_((Status.CONFIRMED, Status.ON_LEAVE)), Signup.person_id.is_not(None))
        .where(_is_marked(Balance.kind.in_(CAME), Balance.said_at <= now - CLOSES_AFTER))
        .where(or_(Balance.kind.is_(None), and_(Balance.unmeasured_end, ~assumed), came_back))
    )


CLOSED_FOR = timedelta(days=90)
"""So long after it a list that is taken late is closed all the same."""
ASKED_FOR = timedelta(days=2)


def _times_due(date: Occurrence, zone: str, now: datetime) -> int:
    """How often the leaders are to have heard of it by now."""
    evening, morning = ASK_AT
    day = clock.today(date.ends_at, zone)
    if now >= clock.utc(day + clock.DAY, morning, zone):
        return 2
    return int(now >= clock.utc(day, evening, zone))


def _list_not_taken(date: Occurrence, zone: str, nth: int) -> News:
    parts = [Part(leader, date.id, nth) for leader in teams.list_leaders(date.team_id)]
    return News(Event.LIST_NOT_TAKEN, _about(date, zone), parts)


def _about(date: Occurrence, zone: str) -> About:
    return About(date.team_id, zone, date.id, date.title, date.place, date.starts_at, date.ends_at)


def check(now: datetime) -> list[str]:
    """What cannot be true of the ledger, a sentence each; nothing when all is well.

    It and the sign-ups agree about no-shows; what is kept of each sign-up is what its lines say; nobody was there for
    more hours than a day has, nor has time twice.
    """
    wrong = [f"sign-up {n}: the ledger and the sign-up disagree about a no-show" for n in _odd_no_shows()]
    kept, theirs = balances.read(balances.select_balances()), defaultdict[tuple[int, str], Theirs](dict)
    of = select(Balance.signup_id, Balance.person_id, Team.zone).join(Team, Team.id == Balance.team_id)
    whose = {n: (person_id, zone) for n, person_id, zone in db.session.execute(of) if person_id}
    for signup_id, lines in balances.lines_of().items():
        said = attendance(lines)
        if said != kept.pop(signup_id, None):
            wrong.append(f"sign-up {signup_id}: what is kept of it is not what its lines say (flask rebuild)")
        if signup_id in whose:
            theirs[whose[signup_id]][signup_id] = said
    wrong += [f"sign-up {n}: something is kept of it that no line says (flask rebuild)" for n in kept]
    for (person_id, zone), all_said in theirs.items():
        odd = counting.odd_days(all_said, counting.credit(all_said, now), zone)
        wrong += [f"person {person_id}: {sentence}" for sentence in odd]
    return wrong


def rebuild() -> int:
    """Make anew what is kept of the sign-ups, from their lines. Returns how many there are."""
    lines = balances.lines_of()
    signups = select(Signup).options(joinedload(Signup.shift)).where(Signup.id.in_(select(Entry.signup_id)))
    found = {signup: attendance(lines[signup.id]) for signup in db.session.scalars(signups)}
    db.session.execute(delete(Balance))
    balances.keep(found)
    return len(found)


def _odd_no_shows() -> list[int]:
    kept = set(db.session.scalars(hurdles.select_no_shows()))
    judged = db.session.scalars(select(Entry.signup_id).where(Entry.kind == EntryKind.NO_SHOW))
    said = balances.attendance_of(kept | set(judged))
    missed = {signup_id for signup_id, one in said.items() if one.kind is EntryKind.NO_SHOW}
    return sorted(missed ^ kept)
