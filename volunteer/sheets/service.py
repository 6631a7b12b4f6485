"""Rows of a printed list as they are typed back: what becomes of each is looked at by name, then saved.

A row says more than a tick only where somebody came late. What is not clear waits for an answer; what gets none is left
as it is and named.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..checkin import editions, rules
from ..checkin import service as checkin
from ..checkin.editions import NumberedRow
from ..checkin.models import Edition
from ..errors import Refused
from ..ledger import balances, book
from ..ledger.book import NewLine
from ..ledger.replay import NOTHING, Attendance
from ..ledger.service import refuse_late, refuse_unless_on
from ..ledger.states import CAME, MEASURED, STAYED_AWAY, EntryKind, Evidence
from ..papers.notation import Presence, RowMark, Typed, mark_of, name_in, read, time_in
from ..signups import places
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from ..words import AsDay, Sentence

MOST_LETTERS = 2000


@dataclass(frozen=True)
class RowAnswer:
    """What is said of a row beside what was typed. name, phone, shift_id: of who stands in an empty one. came: though
    they had given the place up."""

    presence: Presence | None = None
    at: str = ""
    name: str = ""
    phone: str = ""
    shift_id: int | None = None
    came: bool = False


NO_ANSWER = RowAnswer()


@dataclass(frozen=True)
class TypedRow:
    """A row and what was typed of it. said: what the ledger says. wrong: why it cannot be saved like this."""

    row: NumberedRow
    marks: tuple[RowMark, ...]
    said: Attendance = NOTHING
    wrong: Refused | None = None

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def mark(self) -> RowMark | None:
        """What was said of it; None where several things were."""
        return self.marks[0] if len(self.marks) == 1 else None

    @property
    def is_blank(self) -> bool:
        return not self.row.signup_id

    @property
    def holds_none(self) -> bool:
        """Is it somebody without a place?"""
        return not self.is_blank and self.row.status is not Status.CONFIRMED

    @property
    def wants_time(self) -> bool:
        """Is it to be said when they came?"""
        said = [mark for mark in self.marks if mark.presence is Presence.LATE]
        return bool(said) and (not self.mark or self.mark.at is None or bool(self.wrong))

    @property
    def asks(self) -> bool:
        """Is there something to be answered?"""
        return self.is_open or self.wants_time

    @property
    def is_open(self) -> bool:
        """Is it left as it is unless something is answered?"""
        return bool(self.wrong) or not self.mark or self.is_blank or self.holds_none

    @property
    def presence(self) -> Presence | None:
        return self.mark.presence if self.mark else None


@dataclass(frozen=True)
class ToSave:
    """What would become of the rows of an edition. notes: what to know of the paper."""

    date: Occurrence
    edition: Edition
    typed: Typed
    rows: Sequence[TypedRow]
    notes: Sequence[Sentence] = field(default=())

    @property
    def mark(self) -> str:
        return mark_of(self.edition.number)

    @property
    def seen(self) -> str:
        """A word for exactly what is shown."""
        shown = [(one.row, one.marks, one.said) for one in self.rows]
        return sha256(repr((self.edition.id, shown)).encode()).hexdigest()[:16]


def look(actor: Actor, occurrence_id: int, text: str, mark: str, now: datetime) -> ToSave:
    """What the rows typed of a sheet of a date would come to; mark: of its edition, unless the text names one.

    Missing for other teams' dates. Refused before attendance opens and too late, for a date that does not take place,
    for another date's sheet, and for nothing.
    """
    date = get_occurrence_for(actor, occurrence_id)
    refuse_unless_on(date)
    checkin.refuse_early(date, now)
    refuse_late(actor, date, now)
    if len(text) > MOST_LETTERS:
        raise Refused("That is more than a sheet has rows. Type one sheet at a time.")
    named = read(text, range(0)).edition
    edition = editions.get_edition(actor, date, named or mark.strip().upper(), now)
    known, last = editions.list_rows(date, edition), len(edition.rows)
    text, by_name = _split_names(text, known, last)
    typed = read(text, range(1, last + edition.blank + 1))
    if not (typed.marks or typed.asked or typed.wrong or by_name):
        raise Refused("Type the rows of the sheet, for example 1-7,9,12.")
    rows = _rows(actor, {row.number: row for row in known if row.number <= last}, typed, by_name)
    return ToSave(date, edition, typed, rows, list(_notes(date, edition, bool(named))))


def _split_names(text: str, known: Sequence[NumberedRow], last: int) -> tuple[str, dict[NumberedRow, RowMark]]:
    """The text without lines that are names of the list, as a phone copies who has no number yet; and what those say.

    last: the last number that is printed; who has one stays in the text with theirs.
    """
    names, rest, found = {row.name: row for row in known}, [], {}
    for line in text.splitlines():
        name, presence = name_in(line)
        if (row := names.get(name)) is None:
            rest.append(line)
        elif row.number <= last:
            rest.append(f"{row.number} {presence}")
        else:
            found[replace(row, number=0)] = RowMark(presence)
    return "\n".join(rest), found


def _rows(
    actor: Actor, printed: Mapping[int, NumberedRow], typed: Typed, by_name: Mapping[NumberedRow, RowMark]
) -> list[TypedRow]:
    marked = {**{n: (mark,) for n, mark in typed.marks.items()}, **typed.asked}
    found = [(printed.get(number) or NumberedRow(number), marks) for number, marks in sorted(marked.items())]
    found += [(row, (mark,)) for row, mark in by_name.items()]
    said = balances.attendance_of(row.signup_id for row, _ in found)
    rows = [TypedRow(row, marks, said.get(row.signup_id, NOTHING)) for row, marks in found]
    return [replace(one, wrong=_objection(actor, one)) for one in rows]


def _objection(actor: Actor, one: TypedRow) -> Refused | None:
    """What speaks against what was typed of a row, if anything does."""
    try:
        if one.mark and not (one.is_blank or one.holds_none):
            kind = EntryKind.ABSENT if one.mark.presence is Presence.ABSENT else EntryKind.CHECK_IN
            checkin.refuse_mark(actor, one.row.person_id, one.said, kind)
            _line(one, one.mark, actor.zone)
    except Refused as refused:
        return refused
    return None


def _notes(date: Occurrence, edition: Edition, is_named: bool) -> Iterator[Sentence]:
    mark, marks = mark_of(edition.number), [mark for mark, _ in editions.list_marks(date)]
    if mark != marks[0]:
        yield Sentence(
            "Sheet %(mark)s is an earlier print; the last one is %(last)s. Its own numbers are read.",
            mark=mark,
            last=marks[0],
        )
    elif len(marks) > 1 and not is_named:
        yield Sentence("Read as sheet %(mark)s. Does this stand in the box on your paper?", mark=mark)
    if edition.starts_at != date.starts_at:
        was, begins = edition.starts_at, date.starts_at
        yield Sentence(
            "This sheet was printed for %(day)s %(time)s. The date has moved to %(to_day)s %(to_time)s since.",
            day=AsDay(was),
            time=was,
            to_day=AsDay(begins),
            to_time=begins,
        )


def _line(one: TypedRow, mark: RowMark, zone: str) -> NewLine:
    """What is written of a row. Refused for a time at which nobody comes late."""
    if mark.presence is Presence.ABSENT:
        return NewLine(EntryKind.ABSENT, evidence=Evidence.SHEET)
    if mark.at is None:
        evidence = Evidence.UNTIMED if mark.presence is Presence.LATE else Evidence.SHEET
        return NewLine(EntryKind.CHECK_IN, evidence=evidence)
    at = rules.came_late_at(mark.at, (one.row.starts_at, one.row.ends_at), zone)
    return NewLine(EntryKind.CHECK_IN, at, evidence=Evidence.SHEET)


def _is_known(said: Attendance, line: NewLine) -> bool:
    """Is it written already, or something that says more? Measured times and judgements are not overruled by paper."""
    if line.kind is EntryKind.ABSENT:
        return said.kind in STAYED_AWAY
    if said.kind not in CAME or said.kind is EntryKind.TYPED or said.evidence in MEASURED:
        return said.kind in CAME
    if line.at:
        return said.spans[:1] != () and said.stays[0][0] == line.at
    is_late = said.was_late or said.evidence is Evidence.UNTIMED
    return is_late == (line.evidence is Evidence.UNTIMED)


@dataclass(frozen=True)
class Saved:
    """How many people are marked, and what was left as it is: rows, and pieces that could not be read."""

    people: int
    left: Sequence[str]


def save(actor: Actor, shown: ToSave, answers: Mapping[int, RowAnswer], now: datetime) -> Saved:
    """Write what was typed, and answered, of each row. The same sheet a second time changes nothing.

    Refused, with `row-<number>` as field, for an answer that cannot be. Locks as a walk-in does, then the sign-ups.
    """
    left, marked = [], 0
    for one in sorted(shown.rows, key=lambda one: (not (one.is_blank or one.holds_none), one.row.signup_id)):
        answer = answers.get(one.number, NO_ANSWER)
        with _at_row(one.number):
            mark = _decided(one, answer)
            take = _take_in if one.is_blank or one.holds_none else _mark
            done = mark is not None and take(actor, shown.date, one, mark, answer, now)
        marked += done
        left += [] if done else [(one.number, one.row.name)]
    return Saved(
        marked, [*(str(number or name) for number, name in sorted(left)), *(doubt.piece for doubt in shown.typed.wrong)]
    )


@contextmanager
def _at_row(number: int) -> Iterator[None]:
    """What refuses something within is said beside this row."""
    try:
        yield
    except Refused as refused:
        raise Refused(refused.sentence, field=f"row-{number}", **refused.values) from refused


def _decided(one: TypedRow, answer: RowAnswer) -> RowMark | None:
    """What is to be written of a row, if that is clear."""
    presence = answer.presence or one.presence
    if presence is None:
        return None
    at = time_in(answer.at) or (one.mark.at if one.mark else None)
    return RowMark(presence, None if presence is Presence.ABSENT else at)


def _take_in(actor: Actor, date: Occurrence, one: TypedRow, mark: RowMark, answer: RowAnswer, now: datetime) -> bool:
    """Who came without a place, if that is said. Absent, there is nothing to write of them."""
    person_id = one.row.person_id if answer.came else None
    if mark.presence is Presence.ABSENT:
        return False
    if one.is_blank and (answer.name.strip() or answer.phone.strip()):
        person_id = checkin.take_in(actor, date.id, answer.name, answer.phone, now)
    if person_id is None:
        return False
    line = _line(replace(one, row=replace(one.row, starts_at=date.starts_at, ends_at=date.ends_at)), mark, actor.zone)
    shift_id = answer.shift_id or one.row.shift_id
    its = Signup.person_id == person_id, Signup.shift_id == (shift_id or Signup.shift_id)
    theirs = places.select_on(date.id, *its, Signup.status == Status.CONFIRMED).with_only_columns(Signup.id)
    if not any(_is_known(said, line) for said in balances.attendance_of(db.session.scalars(theirs)).values()):
        checkin.walk_in(actor, date.id, person_id, shift_id, now, line)
    return True


def _mark(actor: Actor, date: Occurrence, one: TypedRow, mark: RowMark, answer: RowAnswer, now: datetime) -> bool:
    if one.wrong and (one.mark == mark):
        return False
    line = _line(one, mark, actor.zone)
    if not _is_known(one.said, line):
        signup = book.get_locked(actor, one.row.signup_id, Shift.occurrence_id == date.id)
        checkin.write_mark(actor, signup, line, now)
    return True
