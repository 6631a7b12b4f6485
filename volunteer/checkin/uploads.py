"""Ticks that a phone kept while it had no network: each is taken in once, in whatever order they come.

Of two deeds about one person the later one holds, by the moments they were done at; whom that hits reads whose it is.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import aliased

from .. import clock
from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Forbidden, Refused
from ..ledger import balances, book
from ..ledger.book import NewLine
from ..ledger.models import Balance, Entry
from ..ledger.replay import NEVER, Attendance, attendance
from ..ledger.rules import moment_of_deed, opens_at
from ..ledger.service import refuse_late
from ..ledger.states import EntryKind
from ..signups import tickets
from ..storage.database import db
from ..words import AsDay, Sentence
from . import lending
from . import service as checkin


@dataclass(frozen=True)
class Whom:
    """Whom a tick is about: a sign-up, or somebody who comes along on it; or who came without one, to a shift."""

    signup_id: int | None
    person_id: int | None = None
    name: str = ""
    phone: str = ""
    shift_id: int | None = None
    companion_id: int | None = None


@dataclass(frozen=True)
class Tick:
    """A mark as a phone has kept it; VOID takes one back. key: the phone's own name for it.

    tapped, sent: when, by the phone's clock. undoes: the key or id of what is taken back; "": what stood then.
    """

    key: str
    whom: Whom
    kind: EntryKind
    tapped: datetime
    sent: datetime
    undoes: str = ""


def take_in(actor: Actor, occurrence_id: int, tick: Tick, now: datetime) -> tuple[int, Attendance]:
    """Write a tick, once; returns the sign-up it is about, and what the ledger says of it now.

    Missing and Refused as for a mark on the list, and for one made before its date moved to another day. Forbidden to
    whom the list was not lent when it was made, even if it was told of later. Locks the actor, so that the same tick
    sent twice at once is one, and what a mark locks.
    """
    done_at = moment_of_deed(tick.tapped, tick.sent, NEVER, now)
    if not (actor.leads or lending.keeps_list(actor, occurrence_id, done_at)):
        raise Forbidden
    occurrence = get_occurrence_for(actor, occurrence_id)
    tickets.lock_person(actor.person_id)
    known = select(Entry.signup_id).where(Entry.key == tick.key, Entry.team_id == actor.team_id)
    signup_id = db.session.scalar(known) or _write(actor, occurrence, tick, done_at, now)
    return signup_id, balances.standing(signup_id)


def _write(actor: Actor, date: Occurrence, tick: Tick, done_at: datetime, now: datetime) -> int:
    _refuse_moved(actor, date, done_at)
    done_at = max(done_at, opens_at(date.starts_at))
    line, whom = NewLine(tick.kind, key=tick.key, done_at=done_at), tick.whom
    if whom.signup_id and whom.companion_id:
        came, of = tick.kind is EntryKind.CHECK_IN, (whom.signup_id, whom.companion_id)
        checkin.tick_companion(actor, date.id, of, came, now, done_at)
        return whom.signup_id
    if whom.signup_id is None:
        person_id = whom.person_id or checkin.take_in(actor, date.id, whom.name, whom.phone, now)
        return checkin.walk_in(actor, date.id, person_id, whom.shift_id, now, line).id
    signup = book.get_locked(actor, whom.signup_id, Shift.occurrence_id == date.id)
    refuse_late(actor, date, now)
    if tick.kind is not EntryKind.VOID:
        checkin.write_mark(actor, signup, line, now)
    elif undone := _find_undone(signup.id, tick.undoes, done_at, now):
        checkin.refuse_mark(actor, signup.person_id, balances.standing(signup.id), tick.kind)
        checkin.write_void(actor, signup, replace(line, corrects_id=undone), now)
    return signup.id


def _refuse_moved(actor: Actor, date: Occurrence, done_at: datetime) -> None:
    """Refused for what was done before the date moved to another day."""
    day, was = (clock.today(moment, actor.zone) for moment in (date.starts_at, date.was_starts_at or date.starts_at))
    if date.news_at and done_at < date.news_at and was != day:
        raise Refused("The date has moved to %(day)s since. Tick again on that day.", day=AsDay(date.starts_at))


def _find_undone(signup_id: int, undoes: str, done_at: datetime, now: datetime) -> int | None:
    """The line that is taken back: the one that is named, else what stood at that moment."""
    which = Entry.id == int(undoes) if re.fullmatch("[0-9]{1,9}", undoes) else Entry.key == undoes
    if undoes:
        return db.session.scalar(select(Entry.id).where(Entry.signup_id == signup_id, which))
    lines = balances.lines_of(Entry.signup_id == signup_id).get(signup_id, [])
    return attendance([line for line in lines if line.done_at <= done_at], now).line_id


def list_overruled(actor: Actor, occurrence_id: int) -> dict[int, Sentence]:
    """Where another's later deed holds and not the actor's mark: whose, and when it was done; by sign-up."""
    mine, after = aliased(Entry), aliased(Entry)
    newer = tuple_(after.done_at, after.id) > tuple_(mine.done_at, mine.id)
    again = after.signup_id == mine.signup_id, after.by_id == mine.by_id, after.kind.in_((*_SAID, EntryKind.VOID))
    other = mine.signup_id == Entry.signup_id, mine.kind.in_(_SAID), mine.kind != Entry.kind
    said = select(mine.id).where(*other, mine.by_id == actor.person_id, ~select(after.id).where(*again, newer).exists())
    holds = and_(Balance.line_id == Entry.id, Entry.kind.in_(_SAID), said.exists())
    took = Entry.kind == EntryKind.VOID, said.where(mine.id == Entry.corrects_id).exists()
    found = select(Entry.signup_id, Entry.kind, Entry.done_at, Person.name).join(Person, Person.id == Entry.by_id)
    found = found.join(Balance, Balance.signup_id == Entry.signup_id).where(Balance.occurrence_id == occurrence_id)
    theirs = found.where(Entry.by_id != actor.person_id, or_(holds, and_(Balance.line_id.is_(None), *took)))
    rows = db.session.execute(theirs.order_by(Entry.done_at))
    return {signup_id: _said(kind, name, at) for signup_id, kind, at, name in rows}


_SAID = (EntryKind.CHECK_IN, EntryKind.ABSENT)


def _said(kind: EntryKind, name: str, at: datetime) -> Sentence:
    if kind is EntryKind.VOID:
        return Sentence("%(name)s took your mark back at %(time)s.", name=name, time=at)
    if kind is EntryKind.ABSENT:
        return Sentence("%(name)s noted an absence at %(time)s.", name=name, time=at)
    return Sentence("%(name)s noted that they are here at %(time)s.", name=name, time=at)
