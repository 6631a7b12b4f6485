"""What many sign-ups come to, as a table: dates, attended sign-ups, people, households, minutes, and never mixed."""

import pytest

from volunteer.ledger.counting import Attended, Measure, tally
from volunteer.ledger.states import EntryKind

IN, ABSENT, EXCUSED, NO_SHOW, LEAVE = (
    EntryKind.CHECK_IN,
    EntryKind.ABSENT,
    EntryKind.EXCUSED,
    EntryKind.NO_SHOW,
    EntryKind.LEAVE,
)


def one(
    date: int, person: int | None, home: int | None = None, kind: EntryKind | None = IN, minutes: int = 60, **said: int
) -> Attended:
    counts = bool(said.pop("counts", True))
    return Attended(date, person, home, kind, counts, minutes if kind is IN else 0, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signups", "found"),
    [
        ([], {}),
        ([one(1, 1, 7)], {"dates": 1, "times": 1, "people": 1, "households": 1, "minutes": 60}),
        (
            [one(1, 1, 7), one(1, 2, 7), one(2, 1, 7)],
            {"dates": 2, "times": 3, "people": 2, "households": 1, "minutes": 180},
        ),
        ([one(1, 1), one(1, 2)], {"dates": 1, "times": 2, "people": 2, "minutes": 120}),
        ([one(1, 1, counts=False)], {"dates": 1, "times": 1, "people": 1, "training": 60}),
        ([one(1, 1, minutes=0)], {"dates": 1, "times": 1, "people": 1}),
        (
            [one(1, 1, children=2), one(1, 2, kind=NO_SHOW, children=1)],
            {"dates": 1, "times": 1, "people": 1, "minutes": 60, "children": 2, "no_shows": 1},
        ),
        ([one(1, 1, kind=None), one(1, 2, kind=ABSENT)], {"unmarked": 1, "absent": 1}),
        (
            [one(1, 1), one(1, 2, kind=EXCUSED), one(1, 3, kind=LEAVE)],
            {"dates": 1, "times": 1, "people": 1, "minutes": 60, "excused": 2},
        ),
        ([one(1, 1)._replace(kind=EntryKind.VOID)], {"minutes": 60}),
        ([one(1, None)], {"dates": 1, "times": 1, "minutes": 60}),
    ],
)
def test_dates_times_people_households_and_minutes_are_each_a_number_of_their_own(
    signups: list[Attended], found: dict[str, int]
) -> None:
    assert {measure: n for measure in Measure if (n := tally(measure, signups))} == found
