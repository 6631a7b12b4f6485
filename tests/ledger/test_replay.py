"""What lines come to, as a table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.ledger.counting import credit
from volunteer.ledger.replay import Attendance, LedgerLine, attendance
from volunteer.ledger.states import EntryKind, Evidence, Quality

NINE = datetime(2026, 11, 27, 9, tzinfo=UTC)
END = NINE + timedelta(minutes=90)
LATER = END + timedelta(days=1)
LEA, ADA = 1, 2
ids = count(100)


def line(n: int, kind: EntryKind, corrects: int | None = None, at: float = 0, **said: Any) -> LedgerLine:
    """The n-th line of Alice's sign-up. at: minutes after nine, as are until and recorded."""
    until, recorded = said.pop("until", None), NINE + timedelta(minutes=said.pop("recorded", n))
    usual = {"evidence": Evidence.LEADER, "by_id": LEA, "minutes": None, "claimed": None, "quality": None}
    return LedgerLine(
        **usual | said,
        **{"id": n, "signup_id": 1, "kind": kind, "corrects_id": corrects, "at": NINE + timedelta(minutes=at)},
        until=None if until is None else NINE + timedelta(minutes=until),
        **{"planned_start": NINE, "planned_end": END, "counts": True, "done_at": recorded, "recorded_at": recorded},
    )


IN, OUT, ABSENT, VOID = EntryKind.CHECK_IN, EntryKind.CHECK_OUT, EntryKind.ABSENT, EntryKind.VOID
SET, BREAK, TYPED, ASSUMED = EntryKind.SET, EntryKind.BREAK, EntryKind.TYPED, EntryKind.ASSUMED
CONFIRM, AFFIRM, LEAVE = EntryKind.CONFIRM, EntryKind.AFFIRM, EntryKind.LEAVE
SCAN = {"evidence": Evidence.SCAN}


@pytest.mark.parametrize(
    ("lines", "present", "minutes"),
    [
        ([], None, 0),
        ([line(1, IN)], True, 90),
        ([line(1, ABSENT)], False, 0),
        ([line(1, LEAVE)], False, 0),
        ([line(1, IN), line(2, VOID, 1)], None, 0),
        ([line(1, IN), line(2, VOID, 1), line(3, IN)], True, 90),
        ([line(1, IN), line(2, ABSENT)], False, 0),
        ([line(1, IN), line(2, ABSENT), line(3, VOID, 2)], True, 90),
        ([line(1, IN), line(2, IN)], True, 90),
        ([line(1, IN, at=30)], True, 60),
        ([line(1, IN, at=-30)], True, 90),
        ([line(1, IN, at=91)], True, 0),
        ([line(1, IN, at=0.5)], True, 89),
        ([line(1, IN), line(2, OUT, at=60)], True, 60),
        ([line(1, IN), line(2, OUT, at=120)], True, 90),
        ([line(1, IN), line(2, OUT, at=-10)], True, 90),
        ([line(1, IN, at=-20), line(2, OUT, at=-10)], True, 0),
        ([line(1, IN), line(2, OUT, at=60), line(3, OUT, at=70)], True, 70),
        ([line(1, IN), line(2, OUT, at=20), line(3, IN, at=40, **SCAN)], True, 50),
        ([line(1, IN, **SCAN), line(2, OUT, at=20), line(3, IN, at=40, **SCAN), line(4, OUT, at=60)], True, 40),
        ([line(1, IN, at=24, **SCAN), line(2, IN)], True, 66),
        ([line(1, IN, at=24, **SCAN), line(2, ASSUMED, at=90)], True, 66),
        ([line(1, IN), line(2, BREAK, at=30, until=45)], True, 75),
        ([line(1, IN), line(2, BREAK, at=-30, until=200)], True, 0),
        ([line(1, IN), line(2, BREAK, at=60, until=40)], True, 90),
        ([line(1, TYPED, at=0, until=120)], True, 120),
        ([line(1, TYPED, at=60, until=0)], True, 0),
        ([line(1, IN), line(2, SET, minutes=45)], True, 45),
        ([line(1, IN), line(2, SET, minutes=0)], True, 0),
        ([line(1, IN), line(2, SET, minutes=-5)], True, 0),
        ([line(1, IN), line(2, SET, minutes=45), line(3, SET, minutes=50)], True, 50),
        ([line(1, IN), line(2, SET, minutes=45), line(3, SET, minutes=50), line(4, VOID, 3)], True, 45),
        ([line(1, IN), line(2, VOID, 1), line(3, VOID, 2)], None, 0),
        ([line(1, IN), line(2, SET, minutes=45), line(3, VOID, 2)], True, 90),
        ([line(1, IN), line(2, SET, minutes=45), line(3, ABSENT), line(4, IN)], True, 90),
    ],
)
def test_the_last_mark_decides_and_their_time_is_what_was_given_within_the_plan(
    lines: list[LedgerLine], present: bool | None, minutes: int
) -> None:
    for order in (lines, lines[::-1]):
        said = attendance(order, LATER)
        assert (said.present, said.claimed) == (present, minutes)


def counted(said: Attendance, as_of: datetime = LATER) -> tuple[int, int]:
    """What counts, and what is open, where nothing else was given that day."""
    one = credit({1: said}, as_of).get(1)
    return (one.minutes, one.open) if one else (0, 0)


@pytest.mark.parametrize(
    ("lines", "minutes", "is_settled"),
    [
        ([line(1, IN)], (0, 90), False),
        ([line(1, IN), line(2, CONFIRM, minutes=90, claimed=90)], (90, 0), True),
        ([line(1, IN), line(2, CONFIRM, minutes=90, claimed=90), line(3, VOID, 1)], (90, 0), False),
        ([line(1, IN), line(2, CONFIRM, minutes=90, claimed=90), line(3, ABSENT)], (90, 0), False),
        ([line(1, IN, at=60), line(2, CONFIRM, minutes=30, claimed=30), line(3, IN)], (30, 60), False),
        ([line(1, IN), line(2, CONFIRM, minutes=90, claimed=90), line(3, SET, minutes=60)], (90, 0), False),
        ([line(1, IN), line(2, CONFIRM, minutes=90, claimed=90), line(3, VOID, 2)], (0, 90), False),
    ],
)
def test_what_is_confirmed_counts_on_until_somebody_decides(
    lines: list[LedgerLine], minutes: tuple[int, int], is_settled: bool
) -> None:
    for order in (lines, lines[::-1]):
        said = attendance(order, LATER)
        assert (counted(said), said.settled) == (minutes, is_settled)


def test_minutes_are_open_once_the_planned_end_has_come() -> None:
    lines = [line(1, IN)]
    assert counted(attendance(lines, END), END - timedelta(seconds=1)) == (0, 0)
    assert counted(attendance(lines, END), END) == (0, 90)


def test_a_past_day_is_told_as_it_was_known_then() -> None:
    lines = [line(1, IN), line(2, VOID, 1, recorded=1500)]
    assert attendance(lines, END).claimed == 90
    assert attendance(lines, LATER + timedelta(days=1)).present is None


def test_what_was_affirmed_and_then_changed_is_not_affirmed_any_more() -> None:
    lines = [line(1, IN), line(2, CONFIRM, minutes=90, claimed=90), line(3, AFFIRM, by_id=3)]
    assert attendance(lines, LATER).affirmed
    said = attendance([*lines, line(4, SET, minutes=0), line(5, CONFIRM, minutes=0, claimed=0)], LATER)
    assert (said.affirmed, said.corrected, counted(said)) == (False, True, (0, 0))


def test_a_second_persons_word_corrects_nothing() -> None:
    lines = [line(1, IN), line(2, CONFIRM, minutes=60, claimed=90), line(3, CONFIRM, minutes=90, claimed=90, by_id=ADA)]
    said = attendance(lines, LATER)
    assert (said.confirmed, said.signers, said.corrected) == (90, (LEA, ADA), False)


STAYS = st.integers(-30, 120)


@st.composite
def any_lines(draw: st.DrawFn) -> list[LedgerLine]:
    """Lines of all kinds about Alice's sign-up as they were done, one a minute; any of them may correct another."""
    lines = []
    for n in range(1, draw(st.integers(1, 12)) + 1):
        kind = draw(st.sampled_from(EntryKind))
        said = {"at": draw(STAYS), "until": draw(STAYS), "minutes": draw(st.integers(0, 200))}
        said |= {"claimed": draw(st.integers(0, 200)), "evidence": draw(st.sampled_from(Evidence))}
        said |= {"quality": draw(st.sampled_from(Quality)), "by_id": draw(st.sampled_from([LEA, ADA, None]))}
        lines.append(line(n, kind, draw(st.integers(1, 12)) if kind is VOID else None, **said))
    return lines


def arrived(lines: list[LedgerLine], order: list[int]) -> list[LedgerLine]:
    """The same lines as they were done, recorded in another order, an hour after the last of them was done."""
    ids = {n: place for place, n in enumerate(order, 1)}
    return [
        replace(
            one,
            id=ids[one.id],
            corrects_id=ids.get(one.corrects_id or 0),
            recorded_at=LATER + timedelta(minutes=ids[one.id]),
        )
        for one in lines
    ]


@given(any_lines().flatmap(lambda them: st.tuples(st.just(them), st.permutations([one.id for one in them]))))
def test_the_same_lines_come_to_the_same_in_whatever_order_they_arrive(
    told: tuple[list[LedgerLine], list[int]],
) -> None:
    lines, order = told
    later = LATER + timedelta(days=1)
    one, other = attendance(lines, later), attendance(arrived(lines, order), later)
    assert other.line_id == (order.index(one.line_id) + 1 if one.line_id else None)
    assert replace(other, line_id=one.line_id, said_at=one.said_at) == one
    assert counted(one, later) == counted(other, later)


@given(any_lines(), any_lines(), st.integers(0, 14))
def test_what_comes_later_changes_nothing_of_what_was_known_before(
    lines: list[LedgerLine], later: list[LedgerLine], n: int
) -> None:
    moment = NINE + timedelta(minutes=n)
    afterwards = [
        replace(one, id=100 + one.id, recorded_at=moment + timedelta(minutes=one.id), planned_end=LATER)
        for one in later
    ]
    assert attendance([*afterwards, *lines], moment) == attendance(lines, moment)


@given(any_lines())
def test_time_is_never_less_than_nothing_nor_given_twice(lines: list[LedgerLine]) -> None:
    said = attendance(lines, LATER)
    assert all(begin < end for begin, end in said.spans)
    assert all(one[1] <= next_one[0] for one, next_one in pairwise(said.spans))
    assert min(said.claimed, *counted(said)) >= 0
