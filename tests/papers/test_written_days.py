"""Which day people mean when they write one into a table. Today is Friday 2026-11-27."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.errors import Refused
from volunteer.papers.tables.written_days import read_day

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-12-05",
            "2026/12/5",
            "2026.12.5",
            "2026年12月5日",
            "2026年12月5日（周六）",
            "２０２６年１２月５日 星期六",
        ),
        *("20261205", "46361", "2026\u200b-12-05", "2026年12月5号"),
    ],
)
def test_a_whole_day_is_understood_however_it_is_written(text):
    assert read_day(text, TODAY) == (date(2026, 12, 5), None)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12.5", date(2026, 12, 5)),
        ("12.11", date(2026, 12, 11)),
        ("12/13", date(2026, 12, 13)),
        ("12月18日（周五）", date(2026, 12, 18)),
        ("１月１５日", date(2027, 1, 15)),
        ("1.8", date(2027, 1, 8)),
        ("11月27日", date(2026, 11, 27)),
        ("11月26日", date(2027, 11, 26)),
        ("2月29日", date(2028, 2, 29)),
    ],
)
def test_a_missing_year_makes_it_the_next_such_day_and_is_said(text, day):
    read, note = read_day(text, TODAY)
    assert read == day
    assert str(day) in str(note)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12.1", "1 or 10"),
        ("12月25日（周四）", "weekday"),
        ("2月30日", "no such day"),
        ("2026-13-01", "no such day"),
        *((text, "not a day") for text in ("12月下旬", "12月7-11日", "1月每周五", "", "5", "99999", "2026/12-5")),
    ],
)
def test_what_may_be_another_day_or_none_is_not_guessed_at(text, words):
    with pytest.raises(Refused, match=words):
        read_day(text, TODAY)


@given(st.text(max_size=20) | st.from_regex(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,2})?", fullmatch=True))
def test_any_text_is_a_day_or_a_refusal(text):
    try:
        read_day(text, TODAY)
    except Refused as refused:
        assert str(refused)
