"""How a person's time is counted, as a table and for any intervals at all."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.moments import ZONE
from volunteer import clock
from volunteer.ledger.counting import Credit, credit
from volunteer.ledger.rules import Interval

ZONES = [ZONE, "Europe/Berlin"]
MIDNIGHT, _ = clock.day_bounds(date(2026, 11, 27), ZONE)
MINUTE = timedelta(minutes=1)


def interval(signup_id: int, begin: float, end: float) -> Interval:
    """Of one sign-up, in hours from midnight on 27 November."""
    return Interval(MIDNIGHT + timedelta(hours=begin), signup_id, MIDNIGHT + timedelta(hours=end))


@pytest.mark.parametrize(
    ("hours", "credits"),
    [
        ([], []),
        ([(9, 12)], [(180, 0)]),
        ([(9, 12), (10, 12)], [(180, 0), (0, 0)]),
        ([(10, 12), (9, 12)], [(0, 0), (180, 0)]),
        ([(9, 12), (9, 12)], [(180, 0), (0, 0)]),
        ([(9, 10), (9, 12)], [(60, 0), (120, 0)]),
        ([(9, 11), (10, 12), (10.5, 13)], [(120, 0), (60, 0), (60, 0)]),
        ([(9, 13), (10, 11), (12, 14)], [(240, 0), (0, 0), (60, 0)]),
        ([(9, 10), (10, 11)], [(60, 0), (60, 0)]),
        ([(8, 16)], [(480, 0)]),
        ([(8, 16.5)], [(480, 30)]),
        ([(8, 14), (15, 19)], [(360, 0), (120, 120)]),
        ([(8, 16), (12, 18), (20, 21)], [(480, 0), (0, 120), (0, 60)]),
        ([(9, 16), (22, 27)], [(420, 0), (240, 60)]),
        ([(18, 26), (25, 33)], [(480, 0), (360, 60)]),
        ([(0, 24), (0, 24)], [(480, 960), (0, 0)]),
        ([(-1, 49)], [(60 + 480 + 480 + 60, 2 * 960)]),
        ([(9 + 1 / 120, 10)], [(59, 0)]),
    ],
)
def test_the_same_hour_counts_once_and_of_each_day_eight_hours_the_earlier_ones_first(
    hours: list[tuple[float, float]], credits: list[tuple[int, int]]
) -> None:
    intervals = [interval(n, *span) for n, span in enumerate(hours)]
    assert credit(intervals, ZONE) == {n: Credit(*one) for n, one in enumerate(credits)}


@st.composite
def lives(draw: st.DrawFn) -> list[Interval]:
    """Up to seven intervals of a few days about the change of clocks, some of them more than a day long."""
    lengths = st.one_of(st.integers(1, 300), st.integers(1, 1800))
    spans = draw(st.lists(st.tuples(st.integers(0, 4 * 1440), lengths), max_size=7))
    first = datetime(2026, 10, 23, 20, tzinfo=UTC)
    return [
        Interval(first + begin * MINUTE, n, first + (begin + length) * MINUTE)
        for n, (begin, length) in enumerate(spans)
    ]


def minutes_of(one: Interval) -> set[datetime]:
    return {one.starts_at + n * MINUTE for n in range((one.ends_at - one.starts_at) // MINUTE)}


@given(lives().flatmap(lambda them: st.tuples(st.just(them), st.permutations(them))), st.sampled_from(ZONES))
def test_no_more_counts_than_was_given_nor_more_than_eight_hours_of_a_day_in_whatever_order_it_is_told(
    told: tuple[list[Interval], list[Interval]], zone: str
) -> None:
    intervals, shuffled = told
    counted = credit(intervals, zone)
    union = set().union(*map(minutes_of, intervals))
    by_day = Counter(clock.today(minute, zone) for minute in union)
    assert sum(one.minutes + one.waiting for one in counted.values()) == len(union)
    assert sum(one.minutes for one in counted.values()) == sum(min(480, n) for n in by_day.values())
    for one in intervals:
        mine = counted[one.signup_id]
        assert min(mine.minutes, mine.waiting) >= 0
        assert mine.minutes + mine.waiting <= len(minutes_of(one))
    assert credit(shuffled, zone) == counted


@given(lives(), st.integers(0, 6))
def test_of_any_of_them_no_more_counts_than_they_cover_together(intervals: list[Interval], some: int) -> None:
    these = intervals[:some]
    counted = credit(intervals, ZONE)
    together = sum(counted[one.signup_id].minutes + counted[one.signup_id].waiting for one in these)
    assert together <= len(set().union(*map(minutes_of, these)))


@given(lives(), st.integers(0, 4 * 1440))
def test_a_day_is_counted_alike_whether_or_not_other_days_are_known(intervals: list[Interval], moment: int) -> None:
    day = clock.today(datetime(2026, 10, 23, 20, tzinfo=UTC) + moment * MINUTE, ZONE)
    first, last = clock.day_bounds(day, ZONE)
    near = [one for one in intervals if one.starts_at < last and one.ends_at > first]
    within = [one.signup_id for one in near if one.starts_at >= first and one.ends_at <= last]
    everything, nearby = credit(intervals, ZONE), credit(near, ZONE)
    assert {n: nearby[n] for n in within} == {n: everything[n] for n in within}
