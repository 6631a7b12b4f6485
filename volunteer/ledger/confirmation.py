"""A leader confirms what the ledger says of a date: from then on it counts. And what the date brought.

Minutes stand as open from the moment they are written; nobody confirms their own. What is beyond a day's eight hours,
or was typed in, stays open until somebody else confirms it, too (`counting.confirmable`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import contains_eager

from .. import clock
from ..accounts.models import Person
from ..activities import dates
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused, short_line
from ..notices import deeds
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db, insert
from . import balances, book, counting, rules, verdicts
from .balances import Theirs
from .book import NewLine
from .models import Balance, Outcome
from .replay import NOTHING, Attendance
from .rules import Choice, Remark
from .service import refuse_late, refuse_unless_on
from .states import CAME, EntryKind, Evidence, Quality

MOST = 24 * 60
"""Minutes that can be set."""


@dataclass(frozen=True)
class Answer:
    """What a leader says of somebody: which of the choices, and how it was done where that differs from the others."""

    choice: Choice = Choice.PROPOSED
    minutes: int | None = None
    reason: str = ""
    quality: Quality | None = None
    word: str = ""


AS_PROPOSED = Answer()


@dataclass(frozen=True)
class Line:
    """Somebody on the sheet. minutes: what counts once the reader confirms it as proposed; rest: what then waits still.

    own: of the reader's. waits: would the reader's word change anything?
    """

    signup: Signup
    name: str
    said: Attendance
    minutes: int
    rest: int
    own: bool
    waits: bool
    remarks: tuple[Remark, ...]
    choices: Sequence[Choice]

    @property
    def id(self) -> int:
        return self.signup.id

    @property
    def asks(self) -> bool:
        """Is it to be looked at?"""
        is_absence = Remark.ABSENT in self.remarks or Remark.UNMARKED in self.remarks
        return bool(self.remarks) and not self.own and (self.waits or is_absence)


@dataclass(frozen=True)
class Sheet:
    """All that is shown of a date to be confirmed. brought: hundredths, by measure of its kind.

    last_day: by when it is due; left: working days until then, -1 when they are over.
    """

    date: Occurrence
    lines: Sequence[Line]
    brought: Mapping[str, int]
    last_day: date
    left: int
    is_over: bool
    people: Mapping[int, Theirs] = field(repr=False)

    @property
    def waiting(self) -> list[Line]:
        """Whom the reader confirms."""
        return [line for line in self.lines if line.waits]

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.waiting)

    @property
    def seen(self) -> str:
        """A word for exactly what is shown, by which a form says what its reader has seen."""
        shown = [(line.id, line.said, line.minutes) for line in sorted(self.lines, key=lambda line: line.id)]
        return sha256(repr((shown, sorted(self.brought.items()))).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Confirmed:
    """How many people, and minutes that count of theirs now."""

    people: int
    minutes: int


def look(actor: Actor, occurrence_id: int, now: datetime) -> Sheet:
    """What the actor has to confirm of a date of the team; Missing otherwise. Five statements."""
    date = get_occurrence_for(actor, occurrence_id)
    found = db.session.execute(_select(date.id)).all()
    return _sheet(actor, date, [(signup, name) for signup, name in found], now)


def confirm(
    actor: Actor,
    occurrence_id: int,
    answers: Mapping[int, Answer],
    seen: str | None,
    now: datetime,
    *,
    for_all: tuple[Quality, str] = (Quality.EXPECTED, ""),
    brought: Mapping[str, int | None] | None = None,
) -> Confirmed:
    """Let what the ledger says of a date count, as proposed where nothing is answered for a sign-up.

    seen: of the sheet that was shown; None: none was. for_all: how it was done, and a word. brought: new figures, in
    hundredths; None takes one back. Missing for other teams' dates. Refused before the date has ended, when it does not
    take place, when something has changed since it was shown, when nothing is left to do, for odd minutes, and for
    marks as `verdicts.judge` refuses them. Locks the people, then their sign-ups. They are told where minutes changed.
    """
    date = get_occurrence_for(actor, occurrence_id)
    refuse_unless_on(date)
    if now < date.ends_at:
        raise Refused("This date has not ended yet. Its hours can be confirmed from %(when)s on.", when=date.ends_at)
    found = _lock(date.id)
    sheet = _sheet(actor, date, found, now)
    if seen is not None and seen != sheet.seen:
        raise _changed_since(sheet)
    if _mark(actor, sheet, answers, now):
        sheet = _sheet(actor, date, found, now)
    lines = {line.signup: _lines(line, answers.get(line.id, AS_PROPOSED), for_all) for line in _decide(actor, sheet, answers, now)}
    raise NotImplementedError(lines)


def _changed_since(sheet: Sheet) -> Refused:
    if not sheet.waiting:
        return Refused("Somebody else has just confirmed these hours. This is how they stand now.")
    return Refused("Something has changed since this page was shown. Look at it again, then confirm.")
