"""The ledger's one rule, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from volunteer.ledger.counting import count
from volunteer.ledger.rules import Attendance, LedgerLine, attendance
from volunteer.ledger.states import EntryKind

NINE = datetime(2026, 11, 27, 9, tzinfo=UTC)
END = NINE + timedelta(minutes=90)
LATER = END + timedelta(days=1)


def line(
    n: int, kind: EntryKind, corrects: int | None = None, at: datetime = NINE, recorded: datetime = NINE
) -> LedgerLine:
    return LedgerLine(n, 1, kind, at, corrects, NINE, END, True, recorded)


IN, ABSENT, VOID = EntryKind.CHECK_IN, EntryKind.ABSENT, EntryKind.VOID


@pytest.mark.parametrize(
    ("lines", "present", "minutes"),
    [
        ([], None, 0),
        ([line(1, IN)], True, 90),
        ([line(1, ABSENT)], False, 0),
        ([line(1, IN), line(2, VOID, 1)], None, 0),
        ([line(1, IN), line(2, VOID, 1), line(3, IN)], True, 90),
        ([line(1, IN), line(2, ABSENT)], False, 0),
        ([line(1, IN), line(2, ABSENT), line(3, VOID, 2)], True, 90),
        ([line(1, IN), line(2, IN)], True, 90),
        ([line(1, IN, at=NINE + timedelta(minutes=30))], True, 60),
        ([line(1, IN, at=NINE - timedelta(minutes=30))], True, 90),
        ([line(1, IN, at=END + timedelta(minutes=1))], True, 0),
        ([line(1, IN, at=NINE + timedelta(seconds=30))], True, 89),
    ],
)
def test_the_last_line_not_taken_back_decides(lines: list[LedgerLine], present: bool | None, minutes: int) -> None:
    said = attendance(lines, LATER)
    assert (said.present, minutes_of(said)) == (present, minutes)


def minutes_of(said: Attendance) -> int:
    """What counts where nothing else was given that day."""
    return count({1: said}, "Asia/Shanghai")[1].credit.minutes


def test_minutes_count_once_the_planned_end_has_come() -> None:
    lines = [line(1, IN)]
    assert minutes_of(attendance(lines, END - timedelta(seconds=1))) == 0
    assert minutes_of(attendance(lines, END)) == 90


def test_a_past_day_is_told_as_it_was_known_then() -> None:
    lines = [line(1, IN), line(2, VOID, 1, recorded=LATER)]
    assert minutes_of(attendance(lines, END)) == 90
    assert attendance(lines, LATER).present is None
