"""How a person's time is counted and confirmed, as tables and for any intervals at all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.moments import ZONE
from volunteer import clock
from volunteer.ledger.counting import Credit, credit, odd_days, word
from volunteer.ledger.replay import ADMINISTRATOR, Attendance
from volunteer.ledger.states import EntryKind

ZONES = [ZONE, "Europe/Berlin"]
MIDNIGHT, _ = clock.day_bounds(date(2026, 11, 27), ZONE)
MINUTE = timedelta(minutes=1)
LATER = MIDNIGHT + timedelta(days=30)
LEA, MIA, ADA = 1, 2, 3


def stay(begin: float, end: float, confirmed: int | None = None, **said: object) -> Attendance:
    """There from so many hours after midnight on 27 November until so many, and so many minutes confirmed of it."""
    return between(*(MIDNIGHT + timedelta(hours=hours) for hours in (begin, end)), confirmed, **said)


def between(begin: datetime, end: datetime, confirmed: int | None = None, **said: object) -> Attendance:
    seconds = int(begin.timestamp()), int(end.timestamp())
    usual = {"counts": True, "settled": confirmed is not None, "signers": () if confirmed is None else (LEA,)}
    there = Attendance(EntryKind.CHECK_IN, planned_start=begin, planned_end=end, spans=(seconds,), confirmed=confirmed)
    return replace(there, **usual | said)


@pytest.mark.parametrize(
    ("stays", "credits"),
    [
        ([], []),
        ([(9, 12)], [(0, 180)]),
        ([(9, 12, 180)], [(180, 0)]),
        ([(9, 12, 150)], [(150, 30)]),
        ([(9, 12, 0)], [(0, 180)]),
        ([(9, 12, 240)], [(240, 0)]),
        ([(9, 12), (10, 12)], [(0, 180), (0, 0)]),
        ([(10, 12), (9, 12)], [(0, 0), (0, 180)]),
        ([(10, 12, 120), (9, 12)], [(120, 0), (0, 60)]),
        ([(9, 12, 180), (10, 12)], [(180, 0), (0, 0)]),
        ([(9, 12, 180), (10, 12, 0)], [(180, 0), (0, 0)]),
        ([(9, 12, 60), (10, 12, 120)], [(60, 0), (120, 0)]),
        ([(9, 11), (10, 12), (10.5, 13)], [(0, 120), (0, 60), (0, 60)]),
        ([(9, 13), (10, 11, 60), (12, 14)], [(0, 180), (60, 0), (0, 60)]),
        ([(9, 10), (10, 11)], [(0, 60), (0, 60)]),
        ([(8, 18, 480)], [(480, 120)]),
        ([(0, 24, 480), (0, 24, 0)], [(480, 960), (0, 0)]),
        ([(-1, 49)], [(0, 3000)]),
        ([(9 + 1 / 120, 10)], [(0, 59)]),
    ],
)
def test_the_same_hour_counts_once_and_what_is_confirmed_counts_first(
    stays: list[tuple[float, ...]], credits: list[tuple[int, int]]
) -> None:
    said = {n: stay(*one) for n, one in enumerate(stays, 1)}
    assert credit(said, LATER) == {n: Credit(*one) for n, one in enumerate(credits, 1)}


def test_a_reading_day_uses_up_no_hours_and_stands_in_nobodys_way() -> None:
    said = {1: stay(8, 18, counts=False), 2: stay(9, 17)}
    assert credit(said, LATER) == {1: Credit(0, 600), 2: Credit(0, 480)}
    said[1] = replace(said[1], confirmed=600)
    assert word(2, said, LEA, False, LATER, ZONE).minutes == 480


def test_what_is_not_over_yet_takes_nothing_from_what_is() -> None:
    said = {1: stay(9, 12), 2: stay(10, 11)}
    assert credit(said, MIDNIGHT + timedelta(hours=11)) == {2: Credit(0, 60)}
    assert credit(said, MIDNIGHT + timedelta(hours=12)) == {1: Credit(0, 180), 2: Credit(0, 0)}


LONG = 9, 23


@pytest.mark.parametrize(
    ("one", "others", "by", "minutes"),
    [
        (stay(9, 12), [], LEA, 180),
        (stay(8, 18), [], LEA, 480),
        (stay(8, 18, 480), [], LEA, 480),
        (stay(8, 18, 480), [], MIA, 600),
        (stay(8, 18), [], ADA, 480),
        (stay(*LONG), [], LEA, 480),
        (stay(*LONG, 480), [], MIA, 720),
        (stay(*LONG, 480), [], ADA, 840),
        (stay(*LONG, 480, signers=(ADMINISTRATOR, ADA)), [], LEA, 840),
        (stay(*LONG, 720, signers=(LEA, MIA)), [], ADA, 840),
        (stay(8, 18, 480, settled=False), [], MIA, 480),
        (stay(22, 34), [], LEA, 120 + 480),
        (stay(-12, 36), [], LEA, 3 * 480),
        (stay(15, 19), [stay(8, 14, 360)], LEA, 120),
        (stay(15, 19), [stay(8, 14)], LEA, 240),
        (stay(15, 19), [stay(8, 14, 360, counts=False)], LEA, 240),
        (stay(10, 12), [stay(9, 12, 180)], LEA, 0),
        (stay(10, 12), [stay(9, 12)], LEA, 120),
        (stay(24, 32), [stay(18, 26, 480)], LEA, 360),
        (stay(9, 12, typed_by=LEA), [], LEA, 0),
        (stay(9, 12, typed_by=LEA), [], MIA, 180),
        (stay(8, 18, typed_by=LEA), [], MIA, 600),
        (stay(9, 12, 180), [], MIA, 180),
    ],
)
def test_so_many_minutes_count_once_this_person_confirms_them_too(
    one: Attendance, others: list[Attendance], by: int, minutes: int
) -> None:
    said = dict(enumerate([*others, one]))
    assert word(len(others), said, by, by == ADA, LATER, ZONE).minutes == minutes


@st.composite
def lives(draw: st.DrawFn) -> dict[int, Attendance]:
    """Up to seven stays of a few days about the change of clocks, some of them more than a day long."""
    lengths = st.one_of(st.integers(1, 300), st.integers(1, 1800))
    spans = draw(st.lists(st.tuples(st.integers(0, 4 * 1440), lengths), max_size=7))
    first = datetime(2026, 10, 23, 20, tzinfo=UTC)
    begins = [(first + begin * MINUTE, first + (begin + length) * MINUTE) for begin, length in spans]
    return {n: between(*one) for n, one in enumerate(begins)}


WORDS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([LEA, MIA, ADA])), max_size=14)
"""Which of the dates is confirmed by whom, one after the other."""


def confirmed(
    said: dict[int, Attendance], words: Iterable[tuple[int, int]], zone: str
) -> Iterator[dict[int, Attendance]]:
    """What the ledger says after each of these people has confirmed a date."""
    for n, by in words:
        if n in said:
            signers = {*said[n].signers, by, *([ADMINISTRATOR] if by == ADA else [])}
            minutes = word(n, said, by, by == ADA, LATER, zone).minutes
            said = said | {n: replace(said[n], confirmed=minutes, settled=True, signers=tuple(sorted(signers)))}
            yield said


def minutes_of(one: Attendance) -> set[datetime]:
    return {begin + n * MINUTE for begin, end in one.stays for n in range((end - begin) // MINUTE)}


def union(said: dict[int, Attendance]) -> set[datetime]:
    return set().union(*map(minutes_of, said.values()))


@given(lives(), WORDS, st.sampled_from(ZONES))
def test_whoever_confirms_in_whatever_order_all_that_was_given_counts_once_or_is_open(
    said: dict[int, Attendance], words: list[tuple[int, int]], zone: str
) -> None:
    given_minutes = len(union(said))
    for after in [said, *confirmed(said, words, zone)]:
        credits = credit(after, LATER)
        assert sum(one.minutes + one.open for one in credits.values()) == given_minutes
        for n, one in credits.items():
            assert min(one.minutes, one.open) >= 0
            assert one.minutes + one.open <= len(minutes_of(after[n]))
        assert not [words for words in odd_days(after, credits, zone) if "count of" in words]


@given(lives(), WORDS, st.sampled_from(ZONES))
def test_a_word_takes_nothing_away_and_only_moves_open_minutes(
    said: dict[int, Attendance], words: list[tuple[int, int]], zone: str
) -> None:
    before = said
    for (n, _), after in zip([one for one in words if one[0] in said], confirmed(said, words, zone), strict=True):
        was, becomes = before[n].confirmed or 0, after[n].confirmed or 0
        mine = word(n, before, LEA, False, LATER, zone)
        assert was <= becomes <= mine.minutes + mine.rest
        before = after


@given(lives(), WORDS, st.sampled_from(ZONES))
def test_of_a_day_no_more_counts_than_eight_hours_on_one_word_and_twelve_on_two(
    said: dict[int, Attendance], words: list[tuple[int, int]], zone: str
) -> None:
    within = {
        n: one
        for n, one in said.items()
        if clock.today(one.stays[0][0], zone) == clock.today(one.ends_at - MINUTE, zone)
    }
    for who, most in (([LEA], 480), ([LEA, MIA], 720)):
        *_, after = [within, *confirmed(within, [(n, who[by % len(who)]) for n, by in words], zone)]
        by_day = Counter[date]()
        for one in after.values():
            by_day[clock.today(one.stays[0][0], zone)] += one.confirmed or 0
        assert all(minutes <= most for minutes in by_day.values())


@given(lives(), st.sampled_from(ZONES))
def test_two_leaders_and_an_administrator_confirm_all_that_was_given(said: dict[int, Attendance], zone: str) -> None:
    words = [(n, by) for by in (LEA, MIA, ADA) for n in said]
    *_, after = [said, *confirmed(said, words, zone)]
    assert sum(one.confirmed or 0 for one in after.values()) == len(union(said))


@given(lives().flatmap(lambda them: st.tuples(st.just(them), st.permutations(list(them)))), WORDS)
def test_it_is_the_same_in_whatever_order_the_dates_are_told(
    told: tuple[dict[int, Attendance], list[int]], words: list[tuple[int, int]]
) -> None:
    said, order = told
    *_, after = [said, *confirmed(said, words, ZONE)]
    assert credit({n: after[n] for n in order}, LATER) == credit(after, LATER)


@given(lives(), WORDS, st.integers(0, 4 * 1440))
def test_a_day_is_counted_alike_whether_or_not_other_days_are_known(
    said: dict[int, Attendance], words: list[tuple[int, int]], moment: int
) -> None:
    *_, said = [said, *confirmed(said, words, ZONE)]
    near = connected(said, datetime(2026, 10, 23, 20, tzinfo=UTC) + moment * MINUTE)
    everything, nearby = credit(said, LATER), credit(near, LATER)
    assert nearby == {n: everything[n] for n in near}
    for n in near:
        assert word(n, near, MIA, False, LATER, ZONE).minutes == word(n, said, MIA, False, LATER, ZONE).minutes


def connected(said: dict[int, Attendance], moment: datetime) -> dict[int, Attendance]:
    """Those of the day of this moment, those of the days that these touch, and so on."""
    days = {clock.today(moment, ZONE)}
    touched: dict[int, set[date]] = defaultdict(set)
    for n, one in said.items():
        for begin, end in one.stays:
            touched[n] |= {day for day, _ in clock.split_at_midnight(begin, end, ZONE)}
    near: dict[int, Attendance] = {}
    while more := {n: said[n] for n in said if n not in near and touched[n] & days}:
        near |= more
        days |= set().union(*(touched[n] for n in more))
    return near
