"""What many sign-ups come to, as a table: dates, attended sign-ups, people, households, minutes, and never mixed."""

import pytest

from volunteer.ledger.counting import Attended, Tally, tally
from volunteer.ledger.replay import Attendance
from volunteer.ledger.states import EntryKind

IN, ABSENT, EXCUSED, NO_SHOW, LEAVE = (
    EntryKind.CHECK_IN,
    EntryKind.ABSENT,
    EntryKind.EXCUSED,
    EntryKind.NO_SHOW,
    EntryKind.LEAVE,
)


def one(
    date: int, person: int, home: int | None = None, kind: EntryKind | None = IN, minutes: int = 60, **said: object
) -> Attended:
    counts = bool(said.pop("counts", True))
    return Attended(date, person, home, Attendance(kind, counts=counts), minutes if kind is IN else 0, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signups", "found"),
    [
        ([], Tally()),
        ([one(1, 1, 7)], Tally(1, 1, 1, 1, 60)),
        ([one(1, 1, 7), one(1, 2, 7), one(2, 1, 7)], Tally(2, 3, 2, 1, 180)),
        ([one(1, 1), one(1, 2)], Tally(1, 2, 2, 0, 120)),
        ([one(1, 1, counts=False)], Tally(1, 1, 1, 0, 0)),
        ([one(1, 1, minutes=0)], Tally(1, 1, 1, 0, 0)),
        ([one(1, 1, children=2), one(1, 2, kind=NO_SHOW, children=1)], Tally(1, 1, 1, 0, 60, children=2, away=1)),
        ([one(1, 1, kind=None), one(1, 2, kind=ABSENT)], Tally(unknown=2)),
        ([one(1, 1), one(1, 2, kind=EXCUSED), one(1, 3, kind=LEAVE)], Tally(1, 1, 1, 0, 60, away=2)),
    ],
)
def test_dates_times_people_households_and_minutes_are_each_a_number_of_their_own(
    signups: list[Attended], found: Tally
) -> None:
    assert tally(signups) == found
