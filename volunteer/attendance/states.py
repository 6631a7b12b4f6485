"""What a line of the ledger can be. Pure."""

from enum import StrEnum


class EntryKind(StrEnum):
    """in: was there from `at` on. absent: did not come. void: takes back the entry it corrects."""

    CHECK_IN = "in"
    ABSENT = "absent"
    VOID = "void"


class Evidence(StrEnum):
    """How we know."""

    LEADER = "leader"
