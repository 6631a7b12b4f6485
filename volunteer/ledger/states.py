"""What a line of the ledger, and a question about one, can be. Pure."""

from enum import StrEnum
from typing import NamedTuple


class EntryKind(StrEnum):
    """in, out: there from `at` on, away from `at` on. assumed: nobody checked out; away at the planned end.

    break: away from `at` to `until`. typed: there from `at` to `until`, by a paper or for a reason. set: so many
    minutes, whatever the others say. void: takes back the line it corrects. leave: gave the place up late. absent: did
    not come, to be looked into; excused and no_show: what a leader judged of that. confirm: so many minutes count.
    evaluate: how it was done. affirm: the person says that it is right.
    """

    CHECK_IN = "in"
    CHECK_OUT = "out"
    ASSUMED = "assumed"
    BREAK = "break"
    TYPED = "typed"
    SET = "set"
    VOID = "void"
    CONFIRM = "confirm"
    EVALUATE = "evaluate"
    AFFIRM = "affirm"
    LEAVE = "leave"
    ABSENT = "absent"
    EXCUSED = "excused"
    NO_SHOW = "no_show"


VERDICTS = (EntryKind.EXCUSED, EntryKind.NO_SHOW)
"""What a leader judges."""
CAME = (EntryKind.CHECK_IN, EntryKind.TYPED)
STAYED_AWAY = (EntryKind.ABSENT, EntryKind.LEAVE, *VERDICTS)
MARKS = (*CAME, *STAYED_AWAY)
"""Of these the last one says whether somebody was there."""


class Evidence(StrEnum):
    """How we know. code: spoken digits. upgrade: counted when confirmations came to be. person: says so themselves.

    untimed: a sheet says that they were late, and nobody when they came.
    """

    SCAN = "scan"
    CODE = "code"
    POSTER = "poster"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    SHEET = "sheet"
    UNTIMED = "untimed"
    ASSUMED = "assumed"
    TYPED = "typed"
    PERSON = "person"
    UPGRADE = "upgrade"


MEASURED = (Evidence.SCAN, Evidence.CODE, Evidence.POSTER)
"""Times that were taken as they were, not planned ones."""


class Quality(StrEnum):
    """How a service was done, as a leader evaluates it."""

    GOOD = "good"
    EXPECTED = "expected"
    POOR = "poor"


class RequestKind(StrEnum):
    """appeal: please look again at a no-show. correction: other minutes. late_entry: I was there, nobody ticked me."""

    APPEAL = "appeal"
    CORRECTION = "correction"
    LATE_ENTRY = "late_entry"


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ANSWERED = "answered"


class Question(NamedTuple):
    """What somebody asked about their record, and the answer: no words when it was granted."""

    kind: RequestKind
    text: str
    minutes: int | None
    state: RequestState
    answer: str

    @property
    def is_open(self) -> bool:
        return self.state is RequestState.OPEN
