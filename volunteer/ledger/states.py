"""What a line of the ledger, and a question about one, can be. Pure."""

from enum import StrEnum


class EntryKind(StrEnum):
    """in: was there from `at` on. absent: did not come, to be looked into. void: takes back the entry it corrects.

    excused and no_show: what a leader judged of an absence or a leave.
    """

    CHECK_IN = "in"
    ABSENT = "absent"
    EXCUSED = "excused"
    NO_SHOW = "no_show"
    VOID = "void"


VERDICTS = (EntryKind.EXCUSED, EntryKind.NO_SHOW)
"""What a leader judges."""


class Evidence(StrEnum):
    """How we know."""

    LEADER = "leader"


class RequestKind(StrEnum):
    """appeal: please look again at a no-show."""

    APPEAL = "appeal"


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ANSWERED = "answered"
