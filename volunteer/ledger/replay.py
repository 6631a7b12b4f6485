"""What the lines of a sign-up come to: who was there, from when to when, what of it is confirmed.

Pure, and a function of the lines and a moment: the same ones always give the same figures, in whatever order they came
and for any moment in the past too. Only what was recorded by then is looked at. `counting` says what of it counts.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from .. import clock
from .states import CAME, MARKS, MEASURED, STAYED_AWAY, EntryKind, Evidence, Quality

NEVER, EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
ADMINISTRATOR, UPGRADE = 0, -1
"""Stand among those who confirmed: that one of them administers; that it counted before there were confirmations."""


@dataclass(frozen=True)
class LedgerLine:
    """A line of the ledger as the rules see it. Their order is that of the deeds (`done_at`), then as they came."""

    id: int
    signup_id: int
    kind: EntryKind
    at: datetime
    until: datetime | None
    minutes: int | None
    claimed: int | None
    evidence: Evidence
    quality: Quality | None
    by_id: int | None
    corrects_id: int | None
    planned_start: datetime
    planned_end: datetime
    counts: bool
    done_at: datetime
    recorded_at: datetime


Span = tuple[int, int]
"""From when to when, in seconds of the epoch."""


@dataclass(frozen=True)
class Attendance:
    """What the ledger says of one sign-up, so much of it as lines alone decide.

    kind, line_id, evidence, said_by, said_at: of the line that says whether they were there; None: nothing yet. spans:
    the time given, within the plan. unmeasured_end: checked in, not out. typed_by: who typed the time in, if somebody
    did. confirmed: minutes that count, None before anybody confirmed any; signers: who did, with ADMINISTRATOR where
    one was among them. settled: nothing was written since that changes them. affirmed: the person says that it is
    right; corrected: other minutes are confirmed than before, as the lines came to something else.
    """

    kind: EntryKind | None = None
    line_id: int | None = None
    evidence: Evidence | None = None
    said_by: int | None = None
    said_at: datetime | None = None
    counts: bool = False
    planned_start: datetime = NEVER
    planned_end: datetime = NEVER
    spans: tuple[Span, ...] = ()
    unmeasured_end: bool = False
    typed_by: int | None = None
    confirmed: int | None = None
    settled: bool = False
    signers: tuple[int, ...] = ()
    quality: Quality | None = None
    affirmed: bool = False
    corrected: bool = False

    @property
    def present(self) -> bool | None:
        """Were they there? None: nobody has said."""
        return None if self.kind is None else self.kind in CAME

    @property
    def claimed(self) -> int:
        """Whole minutes of the time given, whoever else gave them."""
        return sum(end - begin for begin, end in self.spans) // 60

    @property
    def stays(self) -> list[tuple[datetime, datetime]]:
        """From when to when they were there."""
        return [(clock.moment(begin), clock.moment(end)) for begin, end in self.spans]

    @property
    def ends_at(self) -> datetime:
        """When the time given is over: at the latest as planned, however much was typed in."""
        return min(clock.moment(self.spans[-1][1]), self.planned_end) if self.spans else self.planned_end

    @property
    def open(self) -> bool:
        """May minutes wait to be confirmed, or for somebody to decide between two versions?"""
        return (not self.settled or self.claimed > (self.confirmed or 0)) and bool(self.spans or self.confirmed)

    @property
    def was_late(self) -> bool:
        return bool(self.spans) and self.spans[0][0] > _seconds(self.planned_start)

    def left_before(self, moment: datetime) -> bool:
        """Did they leave before it, and before they were to?"""
        return bool(self.spans) and self.spans[-1][1] < _seconds(min(moment, self.planned_end))


NOTHING = Attendance()


def without(spans: Iterable[Span], begin: int, end: int) -> Iterator[Span]:
    """What is left of some time when [begin, end) is taken out."""
    for a, b in spans:
        yield from ((x, y) for x, y in ((a, min(b, begin)), (max(a, end), b)) if x < y)


class Correctable(Protocol):
    """What it takes to know whether a line was taken back."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> EntryKind: ...
    @property
    def corrects_id(self) -> int | None: ...


L = TypeVar("L", bound=Correctable)


def not_taken_back(lines: Collection[L]) -> list[L]:
    """Those of some lines that stand, without those that take others back."""
    taken_back = {line.corrects_id for line in lines if line.kind is EntryKind.VOID}
    return [line for line in lines if line.kind is not EntryKind.VOID and line.id not in taken_back]


def attendance(lines: Iterable[LedgerLine], as_of: datetime = EVER) -> Attendance:
    """What the ledger of one sign-up says as of a moment, in whatever order its lines came.

    Of the marks not taken back the last decides whether they were there; what came before an absence is not looked at.
    """
    known = sorted((one for one in lines if one.recorded_at <= as_of), key=lambda one: (one.done_at, one.id))
    standing = not_taken_back(known)
    marks = [line for line in standing if line.kind in MARKS]
    said = _confirmation(known[-1], standing) if known else NOTHING
    if marks:
        said = replace(said, kind=(last := marks[-1]).kind, line_id=last.id, evidence=last.evidence)
        said = replace(said, said_by=last.by_id, said_at=last.recorded_at, counts=last.counts)
        said = replace(said, planned_start=last.planned_start, planned_end=last.planned_end)
    if said.present:
        away = max((n for n, line in enumerate(standing) if line.kind in STAYED_AWAY), default=-1)
        said = _with_time(said, standing[away + 1 :])
    return _settled(said, standing)


def _confirmation(any_line: LedgerLine, standing: Sequence[LedgerLine]) -> Attendance:
    """What is confirmed, by whom, and how it was done."""
    said = Attendance(planned_start=any_line.planned_start, planned_end=any_line.planned_end, counts=any_line.counts)
    claimed = None
    for line in standing:
        if line.kind is EntryKind.CONFIRM:
            signers = {*said.signers, UPGRADE if line.by_id is None else line.by_id}
            signers |= {ADMINISTRATOR} if line.evidence is Evidence.ADMINISTRATOR else set()
            changed = said.confirmed is not None and line.minutes != said.confirmed
            said = replace(said, confirmed=line.minutes, counts=line.counts, signers=tuple(sorted(signers)))
            said = replace(said, affirmed=said.affirmed and not changed)
            said = replace(said, corrected=said.corrected or (changed and line.claimed != claimed))
            claimed = line.claimed
        elif line.kind is EntryKind.AFFIRM:
            said = replace(said, affirmed=True)
        elif line.kind is EntryKind.EVALUATE:
            said = replace(said, quality=line.quality)
    return said


def _with_time(said: Attendance, lines: Sequence[LedgerLine]) -> Attendance:
    """The time they gave: measured before ticked, breaks left out; minutes that were set replace it."""
    ins = [line for line in lines if line.kind is EntryKind.CHECK_IN]
    measured = [line for line in ins if line.evidence in MEASURED]
    spans, is_open = _stays(said, measured or ins[-1:], lines)
    typed = [line for line in lines if line.kind is EntryKind.TYPED]
    for line in typed[-1:]:
        begin, end = _seconds(line.at), _seconds(line.until or line.at)
        spans = [(begin, end)] if begin < end else []
    for line in lines:
        if line.kind is EntryKind.BREAK and line.until and line.at < line.until:
            spans = list(without(spans, _seconds(line.at), _seconds(line.until)))
    typed_by = typed[-1].by_id if typed else None
    for line in [line for line in lines if line.kind is EntryKind.SET][-1:]:
        begin, length = spans[0][0] if spans else _seconds(said.planned_start), 60 * (line.minutes or 0)
        spans, is_open = [(begin, begin + length)] if length > 0 else [], False
        if length > _seconds(said.planned_end) - _seconds(said.planned_start):
            typed_by = line.by_id  # more than planned is typed in, too
    return replace(said, spans=tuple(spans), unmeasured_end=is_open and bool(measured), typed_by=typed_by)


def _stays(said: Attendance, ins: Sequence[LedgerLine], lines: Sequence[LedgerLine]) -> tuple[list[Span], bool]:
    """From each arrival to the next departure, within the plan; the last one of several in a row counts.

    And whether nobody knows when they left: then it is the planned end.
    """
    outs = [line for line in lines if line.kind is EntryKind.CHECK_OUT]
    events = sorted([(line.at, 0) for line in ins] + [(line.at, 1) for line in outs])
    pairs: list[list[datetime | None]] = []
    for at, leaves in events:
        if not leaves and (not pairs or pairs[-1][1]):
            pairs.append([at, None])
        elif leaves and pairs:
            pairs[-1][1] = at
    stays = [(max(a, said.planned_start), min(b or said.planned_end, said.planned_end)) for a, b in pairs if a]
    return [(_seconds(a), _seconds(b)) for a, b in stays if a < b], bool(pairs) and pairs[-1][1] is None


def _settled(said: Attendance, standing: Sequence[LedgerLine]) -> Attendance:
    """Settled once what was confirmed is what the lines come to now."""
    confirms = [line for line in standing if line.kind is EntryKind.CONFIRM]
    return replace(said, settled=bool(confirms) and confirms[-1].claimed == said.claimed)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@dataclass(frozen=True)
class Seen:
    """What is known of a person on a date. came, went: when they were seen first, and last as they left, if they were.

    times: how often they came by a code; last: when a code of theirs was taken.
    """

    here: bool = False
    came: datetime | None = None
    went: datetime | None = None
    times: int = 0
    last: datetime | None = None


NOT_SEEN = Seen()


def seen(said: Iterable[Attendance], lines: Iterable[LedgerLine]) -> Seen:
    """Of all sign-ups of one person for a date: what the ledger says, and its lines."""
    measured = [line for line in not_taken_back(list(lines)) if line.evidence in MEASURED]
    scans = sorted({(one.at, one.kind) for one in measured if one.kind in (EntryKind.CHECK_IN, EntryKind.CHECK_OUT)})
    ins = [at for at, kind in scans if kind is EntryKind.CHECK_IN]
    last, how = scans[-1] if scans else (None, None)
    here = any(one.present for one in said)
    return Seen(here, min(ins, default=None), last if how is EntryKind.CHECK_OUT else None, len(ins), last)
