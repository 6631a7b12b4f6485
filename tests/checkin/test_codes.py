"""Codes: what is good when, what a scan comes to, and that nobody guesses one."""

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.moments import on
from volunteer.checkin import codes
from volunteer.checkin.codes import CodeKind
from volunteer.checkin.rules import Result, Seen, judge

SECRET = "a secret of one date"
NINE = on(27, 9)


@pytest.mark.parametrize(
    ("later", "is_good"), [(0, True), (29, True), (30, True), (119, True), (120, False), (180, False)]
)
def test_a_rolling_code_is_good_for_two_minutes_and_then_known_as_an_old_one(later: int, is_good: bool) -> None:
    code = codes.rolling(7, SECRET, CodeKind.IN, NINE)
    assert codes.kind_of(code, SECRET, NINE + timedelta(seconds=later)) == (CodeKind.IN, is_good)


def test_every_half_minute_there_is_another_code() -> None:
    shown = {codes.rolling(7, SECRET, CodeKind.IN, NINE + timedelta(seconds=n)) for n in range(300)}
    assert len(shown) == 10
    assert [codes.seconds_left(NINE + timedelta(seconds=n)) for n in (0, 1, 29)] == [30, 29, 1]


def test_poster_and_digits_stand_for_the_whole_date_and_no_other() -> None:
    assert codes.kind_of(codes.poster(7, SECRET), SECRET, NINE + timedelta(days=1)) == (CodeKind.POSTER, True)
    assert codes.kind_of(codes.poster(7, "another"), SECRET, NINE) == (None, False)
    assert len(codes.digits(SECRET)) == 6 and codes.digits(SECRET) != codes.digits("another")


@given(st.integers(1, 2**31 - 1))
def test_a_code_says_of_which_date_it_is(occurrence_id: int) -> None:
    assert codes.occurrence_in(codes.poster(occurrence_id, SECRET)) == occurrence_id


@given(st.one_of(st.text(max_size=30), st.from_regex("[a-z2-7]{2,7}-[a-z2-7]{10}", fullmatch=True)))
def test_nonsense_is_of_no_date_or_of_the_one_that_is_spelled_so(text: str) -> None:
    claimed = codes.occurrence_in(text)
    assert not claimed or codes.poster(claimed, SECRET).partition("-")[0] == text.partition("-")[0]


def test_nobody_guesses_a_code_in_ten_thousand_tries() -> None:
    chance = random.Random(16)
    for _ in range(10_000):
        guess = f"a4-{''.join(chance.choices('abcdefghijklmnopqrstuvwxyz234567', k=10))}"
        assert codes.kind_of(guess, SECRET, NINE) == (None, False)


NOT_YET = Seen()
IN = Seen(True, NINE, None, 1, NINE)
EARLY = Seen(True, on(27, 8, 40), None, 1, on(27, 8, 40))
TICKED = Seen(here=True)
OUT = Seen(True, NINE, on(27, 9, 40), 1, on(27, 9, 40))
THIRD = Seen(True, NINE, on(27, 10, 10), 3, on(27, 10, 10))
GO, COME = Result.OUT, Result.IN
ROLLS, AFTER = CodeKind.IN, CodeKind.OUT


@pytest.mark.parametrize(
    ("known", "code", "at", "wanted", "becomes"),
    [
        (NOT_YET, ROLLS, on(27, 8, 29), None, Result.EARLY),
        (NOT_YET, ROLLS, on(27, 8, 30), None, Result.IN),
        (NOT_YET, CodeKind.POSTER, on(27, 10, 29), None, Result.IN),
        (NOT_YET, ROLLS, on(27, 10, 30), None, Result.NOT_IN),
        (NOT_YET, AFTER, on(27, 10, 20), None, Result.NOT_IN),
        (NOT_YET, ROLLS, on(27, 9), GO, Result.NOT_IN),
        (NOT_YET, ROLLS, on(27, 11, 30), None, Result.OVER),
        (EARLY, ROLLS, on(27, 8, 59), None, Result.SAME),
        (EARLY, ROLLS, on(27, 9), None, Result.OUT),
        (IN, ROLLS, on(27, 9, 0), None, Result.SAME),
        (IN, ROLLS, on(27, 9, 1), None, Result.OUT),
        (IN, ROLLS, on(27, 9, 30), COME, Result.SAME),
        (IN, AFTER, on(27, 11, 29), None, Result.OUT),
        (IN, AFTER, on(27, 11, 30), None, Result.OVER),
        (TICKED, ROLLS, on(27, 10, 28), GO, Result.OUT),
        (TICKED, ROLLS, on(27, 9), COME, Result.SAME),
        (OUT, ROLLS, on(27, 10), None, Result.OUT),
        (OUT, ROLLS, on(27, 10), COME, Result.IN),
        (OUT, ROLLS, on(27, 10, 30), COME, Result.NOT_IN),
        (THIRD, ROLLS, on(27, 10, 20), COME, Result.OFTEN),
        (THIRD, ROLLS, on(27, 10, 20), None, Result.OUT),
    ],
)
def test_in_at_the_first_scan_out_at_the_last(
    known: Seen, code: CodeKind, at: datetime, wanted: Result | None, becomes: Result
) -> None:
    assert judge(known, code, (NINE, on(27, 10, 30)), at, wanted) is becomes
