"""Which row of a date's list is whose, as it is printed. Each print is an edition and has a mark.

A number means the same person on every edition that has it: who withdrew keeps the row, who joins comes after the last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, func, or_, select

from .. import clock
from ..accounts.models import Person
from ..accounts.rules import by_pinyin, told_apart
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused
from ..ledger.replay import NEVER
from ..notices import deeds
from ..papers.notation import MARKS, mark_of, number_of
from ..signups.board import ListedName
from ..signups.models import Signup
from ..signups.states import HELD, Status
from ..storage.database import db, write
from ..teams.models import Membership, Team
from ..words import AsDay
from .models import Edition

BLANK = 4
"""So many empty rows follow the last name."""


@dataclass(frozen=True)
class NumberedRow:
    """Somebody on a list, by the number of their row; an empty row has no sign-up. shift: the name of the position."""

    number: int
    signup_id: int = 0
    person_id: int | None = None
    name: str = ""
    phone: str = ""
    group: str = ""
    status: Status = Status.CONFIRMED
    shift_id: int | None = None
    shift: str = ""
    starts_at: datetime = NEVER
    ends_at: datetime = NEVER

    @property
    def is_gone(self) -> bool:
        """Have they given the place up since it was printed?"""
        return self.signup_id > 0 and self.status not in HELD


def find_last(date: Occurrence) -> Edition | None:
    """The last edition of a date's list."""
    its = select(Edition).where(Edition.occurrence_id == date.id)
    return db.session.scalar(its.order_by(Edition.id.desc()).limit(1))


def list_marks(date: Occurrence) -> list[tuple[str, datetime]]:
    """The mark of each edition of a date's list and when it was printed, the last first."""
    its = select(Edition.number, Edition.made_at).where(Edition.occurrence_id == date.id)
    return [(mark_of(number), at) for number, at in db.session.execute(its.order_by(Edition.id.desc()))]


def list_rows(date: Occurrence, edition: Edition | None) -> list[NumberedRow]:
    """Everybody on an edition, then who has a place and is not on it, by position and pinyin."""
    printed = edition.rows if edition else []
    has_place = and_(Signup.status.in_(HELD), Shift.starts_at < date.ends_at)
    which = Shift.occurrence_id == date.id, or_(has_place, Signup.id.in_(printed))
    people = told_apart([NumberedRow(0, *found) for found in db.session.execute(_ROWS.where(*which))])
    known = {row.signup_id: row for row in people}
    new = sorted((row for row in people if row.signup_id not in printed), key=_order)
    numbered = enumerate([*printed, *(row.signup_id for row in new)], 1)
    return [replace(known[n], number=number) for number, n in numbered if n in known]


def _order(row: NumberedRow) -> Any:
    return row.shift_id, by_pinyin(row.name), row.signup_id


_ROWS = (
    select(Signup.id, Signup.person_id, func.coalesce(Person.name, Signup.label), func.coalesce(Person.phone, ""))
    .add_columns(func.coalesce(Membership.group, ""), Signup.status, Shift.id, Shift.name)
    .add_columns(Shift.starts_at, Shift.ends_at)
    .join(Signup.shift)
    .outerjoin(Person, Person.id == Signup.person_id)
    .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Shift.team_id))
)


def print_list(actor: Actor, occurrence_id: int, now: datetime) -> tuple[Occurrence, Edition, list[NumberedRow]]:
    """A date of the actor's team, the edition that shows its list as it is now, and the rows of that.

    The edition is written where the list differs from the last one, in a transaction of its own.
    """
    date = get_occurrence_for(actor, occurrence_id)
    last = find_last(date)
    if last is None or last.digest != _digest(date, list_rows(date, last)):
        last = write(lambda: make(actor, occurrence_id, now))
        date = get_occurrence_for(actor, occurrence_id)
    return date, last, list_rows(date, last)


def make(actor: Actor, occurrence_id: int, now: datetime) -> Edition:
    """Write down the list of a date as it is printed now, unless the last edition shows the same. Locks the team."""
    db.session.execute(select(Team.id).where(Team.id == actor.team_id).with_for_update(key_share=True))
    date = get_occurrence_for(actor, occurrence_id)
    last = find_last(date)
    rows = list_rows(date, last)
    digest = _digest(date, rows)
    if last and last.digest == digest:
        return last
    before = db.session.scalar(select(func.max(Edition.number)).where(Edition.team_id == actor.team_id))
    edition = Edition(
        team_id=actor.team_id,
        occurrence_id=date.id,
        number=(before or 0) + 1,
        rows=_with_gaps(rows, last),
        blank=BLANK,
        digest=digest,
        starts_at=date.starts_at,
        made_at=now,
    )
    db.session.add(edition)
    deeds.close(actor, "print list", f"occurrence {date.id}", now, edition=mark_of(edition.number), rows=len(rows))
    return edition


def _with_gaps(rows: Sequence[NumberedRow], last: Edition | None) -> list[int]:
    """Their sign-ups by number, also those of which there is nothing any more."""
    printed = last.rows if last else []
    return [*printed, *(row.signup_id for row in rows if row.number > len(printed))]


def _digest(date: Occurrence, rows: Sequence[NumberedRow]) -> str:
    """A word for all that a print shows of the list."""
    head = date.title, date.starts_at, date.ends_at, date.place, date.meeting, date.activity.responsible
    shown = [(row.number, row.signup_id, row.name, row.group, row.shift, row.is_gone) for row in rows]
    return sha256(repr((head, shown)).encode()).hexdigest()[:16]


def keep_numbers(actor: Actor, occurrence_id: int, now: datetime) -> None:
    """Let a list that may be carried along without network have an edition of the day, so that its numbers stay."""
    printed = select(func.max(Edition.made_at)).where(Edition.occurrence_id == Occurrence.id).scalar_subquery()
    its = Occurrence.id == occurrence_id, Occurrence.team_id == actor.team_id
    found = select(Occurrence.starts_at, printed).where(*its, Occurrence.state == OccurrenceState.PUBLISHED)
    for starts_at, last_at in db.session.execute(found).all():
        is_kept = last_at and last_at > starts_at - clock.DAY
        if not is_kept and abs(starts_at - now) < clock.DAY and _list_now(actor, occurrence_id):
            write(lambda: make(actor, occurrence_id, now))


def _list_now(actor: Actor, occurrence_id: int) -> list[NumberedRow]:
    date = get_occurrence_for(actor, occurrence_id)
    return list_rows(date, find_last(date))


@dataclass(frozen=True)
class Numbers:
    """The mark of the last edition, and the row of everybody on it, by sign-up; who joined since has none yet.

    Before the first one there is no mark, and the rows are as they would be printed now.
    """

    mark: str
    rows: Mapping[int, int]

    def in_order(self, lines: Iterable[ListedName]) -> list[ListedName]:
        """Names on the leader's list as they stand on the sheet."""
        last = len(self.rows) + 1
        return sorted(lines, key=lambda line: (self.rows.get(line.signup_id, last), by_pinyin(line.name)))


def number(date: Occurrence) -> Numbers:
    """The numbers of a date's list."""
    if last := find_last(date):
        return Numbers(mark_of(last.number), {signup_id: n for n, signup_id in enumerate(last.rows, 1)})
    return Numbers("", {row.signup_id: row.number for row in list_rows(date, None)})


def get_edition(actor: Actor, date: Occurrence, mark: str, now: datetime) -> Edition:
    """The edition of a date's list that has this mark; without one the last, which is made where there is none.

    Refused for a mark that nobody printed, and for another date's sheet.
    """
    if not mark:
        return find_last(date) or make(actor, date.id, now)
    number = number_of(mark)
    theirs = select(Edition).where(Edition.team_id == actor.team_id, (Edition.number - number) % MARKS == 0)
    theirs = theirs.order_by(Edition.occurrence_id != date.id, Edition.number.desc()).limit(1)
    found = db.session.scalar(theirs) if number else None
    if found is None:
        raise Refused("No sheet has the mark %(mark)s. It stands in the box at the top of the paper.", mark=mark)
    if found.occurrence_id != date.id:
        other = get_occurrence_for(actor, found.occurrence_id)
        raise Refused(
            "Sheet %(mark)s is that of another date: %(title)s, %(day)s. Type it in there.",
            mark=mark,
            title=other.title,
            day=AsDay(other.starts_at),
        )
    return found
