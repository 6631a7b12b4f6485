"""The ledger's share of the periodic work and of the check."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select
from sqlalchemy.orm import contains_eager, joinedload

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
from .book import NewLine
from .models import Balance, Entry
from .replay import NOTHING, Attendance, attendance
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


def tick_close_of_day(now: datetime) -> None:
    """Write down of the days past who did not check out, who was on leave, who did not come; twice is once.

    A date of which nobody was seen is left as it is: it was perhaps never held. Leaders are asked once a date about who
    did not come. Locks the sign-ups.
    """
    unclosed = db.session.scalars(_select_unclosed(now)).all()
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


def _select_unclosed(now: datetime) -> Select[Signup]:
    """Sign-ups for dates of the days past on which somebody was there, of which something is yet to be said."""
    assumed = select(Entry.id).where(Entry.signup_id == Signup.id, Entry.kind == EntryKind.ASSUMED).exists()
    came_back = and_(Balance.kind.not_in(CAME), Balance.said_at < Signup.changed_at)
    return (
        select(Signup)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .outerjoin(Balance, Balance.signup_id == Signup.id)
        .options(contains_eager(Signup.shift).contains_eager(Shift.occurrence))
        .where(Shift.open, Shift.ends_at <= now - CLOSES_AFTER, Shift.ends_at > now - CLOSED_FOR)
        .where(Signup.status.in_((Status.CONFIRMED, Status.ON_LEAVE)), Signup.person_id.is_not(None))
        .where(_is_marked(Balance.kind.in_(CAME), Balance.said_at <= now - CLOSES_AFTER))
        .where(or_(Balance.kind.is_(None), and_(Balance.unmeasured_end, ~assumed), came_back))
        .order_by(Shift.occurrence_id, Signup.id)
        .with_for_update(key_share=True, of=Signup)
    )


CLOSES_AFTER = timedelta(hours=12)
"""After the end of a shift, and after somebody was seen there: whoever forgot to check out has gone home."""
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
    about = About(date.team_id, zone, date.id, date.title, date.place, date.starts_at, date.ends_at)
    parts = [Part(leader, date.id, nth) for leader in teams.list_leaders(date.team_id)]
    return News(Event.LIST_NOT_TAKEN, about, parts)


def check(now: datetime) -> list[str]:
    """What cannot be true of the ledger, a sentence each; nothing when all is well.

    It and the sign-ups agree about no-shows; what is kept of each sign-up is what its lines say; nobody was there for
    more hours than a day has, nor has time twice.
    """
    wrong = [f"sign-up {n}: the ledger and the sign-up disagree about a no-show" for n in _odd_no_shows()]
    kept, zones = balances.read(balances.select_balances()), dict(db.session.execute(select(Team.id, Team.zone)).all())
    theirs: dict[int, dict[int, Attendance]] = defaultdict(dict)
    whose = dict(db.session.execute(select(Balance.signup_id, Balance.person_id)).all())
    for signup_id, lines in balances.lines_of().items():
        said = attendance(lines, _EVER)
        if said != kept.pop(signup_id, None):
            wrong.append(f"sign-up {signup_id}: what is kept of it is not what its lines say (flask rebuild)")
        if person_id := whose.get(signup_id):
            theirs[person_id][signup_id] = said
    wrong += [f"sign-up {n}: something is kept of it that no line says (flask rebuild)" for n in kept]
    zone = next(iter(zones.values()), "UTC")
    for person_id, all_said in theirs.items():
        odd = odd_days(all_said, counting.credit(all_said, now), zone)
        wrong += [f"person {person_id}: {sentence}" for sentence in odd]
    return wrong


def rebuild() -> int:
    """Make anew what is kept of the sign-ups, from their lines. Returns how many there are."""
    lines = balances.lines_of()
    signups = select(Signup).options(joinedload(Signup.shift)).where(Signup.id.in_(select(Entry.signup_id)))
    found = {signup: attendance(lines[signup.id], _EVER) for signup in db.session.scalars(signups)}
    db.session.execute(delete(Balance))
    balances.keep(found)
    return len(found)


_EVER = datetime.max.replace(tzinfo=UTC)


def _odd_no_shows() -> list[int]:
    kept = set(db.session.scalars(hurdles.select_no_shows()))
    judged = db.session.scalars(select(Entry.signup_id).where(Entry.kind == EntryKind.NO_SHOW))
    said = balances.attendance_of(kept | set(judged))
    missed = {signup_id for signup_id, one in said.items() if one.kind is EntryKind.NO_SHOW}
    return sorted(missed ^ kept)


def odd_days(said: Mapping[int, Attendance], credits: Mapping[int, counting.Credit], zone: str) -> Iterator[str]:
    """What cannot be true of one person's days, counted in another way than `counting` does: minute by minute."""
    marked: dict[date, timedelta] = defaultdict(timedelta)
    of_day: dict[date, set[int]] = defaultdict(set)
    for n, one in said.items():
        for begin, end in one.stays:
            for day, length in clock.split_at_midnight(begin, end, zone):
                marked[day] += length
                of_day[day].add(n)
    for day, its in sorted(of_day.items()):
        if marked[day] > clock.DAY:
            yield f"marks for {marked[day] // clock.MINUTE} minutes of {day}, which has {clock.DAY // clock.MINUTE}"
        serves = [n for n in its if said[n].counts and said[n].settled]
        given = {minute for n in serves for a, b in said[n].spans for minute in range(a // 60, -(-b // 60))}
        count = sum(credits[n].minutes for n in serves if n in credits)
        if count > len(given):
            yield f"{count} minutes count of the dates of {day}, {len(given)} were given"
