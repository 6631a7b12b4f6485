"""The dates of a series, and what public holidays make of them."""

from datetime import date, timedelta
from itertools import pairwise

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.activities.recurrence import HolidayPolicy, Planned, Repeat, Rule, plan, rule_dates
from volunteer.clock import Override, WorkingDays
from volunteer.errors import Refused

DAYS = WorkingDays()
FRIDAYS = Rule(Repeat.WEEKLY, date(2026, 1, 2), until=date(2026, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


def held(planned: list[Planned]) -> list[date]:
    return [each.on for each in planned if each.on]


def test_fridays_of_2026_are_46_and_october_second_is_struck_as_national_day() -> None:
    planned = plan(FRIDAYS, HolidayPolicy.SKIP, DAYS)
    assert len(planned) == 52
    assert len(held(planned)) == 46
    assert {each.rule_date.isoformat(): each.holiday for each in planned if each.on is None} == {
        "2026-01-02": "元旦",
        "2026-02-20": "春节",
        "2026-05-01": "劳动节",
        "2026-06-19": "端午节",
        "2026-09-25": "中秋节",
        "2026-10-02": "国庆节",
    }
    assert not any(each.tentative for each in planned)
    assert held(planned) == [d for d in rule_dates(FRIDAYS) if chinese_calendar.is_workday(d)]


def test_a_friday_cleanup_moves_before_or_after_the_national_holiday_or_stays() -> None:
    week = Rule(Repeat.NONE, day("2026-10-02"))
    for policy, on in (
        (HolidayPolicy.SKIP, None),
        (HolidayPolicy.PREVIOUS, day("2026-09-30")),
        (HolidayPolicy.NEXT, day("2026-10-08")),
        (HolidayPolicy.KEEP, day("2026-10-02")),
    ):
        assert plan(week, policy, DAYS) == [Planned(day("2026-10-02"), on, "国庆节", False)]


@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.parametrize("repeat", [Repeat.MONTHLY_DATE, Repeat.QUARTERLY])
def test_theme_days_on_the_first_wait_for_the_next_working_day(repeat: Repeat, year: int) -> None:
    rule = Rule(repeat, date(year, 1, 1), until=date(year, 12, 31))
    assert len(rule_dates(rule)) == (12 if repeat is Repeat.MONTHLY_DATE else 4)
    for each in plan(rule, HolidayPolicy.NEXT, DAYS):
        expected = each.rule_date
        if each.holiday:
            while not chinese_calendar.is_workday(expected):
                expected += timedelta(days=1)
        assert each.on == expected


@pytest.mark.parametrize("year", [2025, 2026])
def test_quarterly_reading_days_skip_what_the_second_source_calls_a_holiday(year: int) -> None:
    rule = Rule(Repeat.QUARTERLY, date(year, 1, 2), until=date(year, 12, 31))
    expected = [
        d for d in rule_dates(rule) if chinese_calendar.is_workday(d) or not chinese_calendar.get_holiday_detail(d)[1]
    ]
    assert held(plan(rule, HolidayPolicy.SKIP, DAYS)) == expected


def test_a_saturday_series_is_struck_inside_a_festival_only() -> None:
    rule = Rule(Repeat.WEEKLY, day("2026-02-07"), until=day("2026-03-07"))
    planned = plan(rule, HolidayPolicy.NEXT, DAYS)
    assert {each.rule_date.isoformat(): (each.on, each.holiday) for each in planned} == {
        "2026-02-07": (day("2026-02-07"), None),
        "2026-02-14": (day("2026-02-14"), None),  # made up as a workday
        "2026-02-21": (day("2026-02-24"), "春节"),
        "2026-02-28": (day("2026-02-28"), None),
        "2026-03-07": (day("2026-03-07"), None),
    }


def test_two_dates_moved_onto_one_day_are_held_once_by_the_earlier() -> None:
    dates = (day("2026-10-08"), day("2026-10-02"), day("2026-10-01"), day("2026-10-09"))
    planned = plan(Rule(Repeat.BY_HAND, day("2026-10-01"), dates=dates), HolidayPolicy.NEXT, DAYS)
    assert [(each.rule_date.day, each.on and each.on.day, each.holiday) for each in planned] == [
        (1, 8, "国庆节"),
        (2, None, "国庆节"),
        (8, None, None),
        (9, 9, None),
    ]


def test_a_team_holiday_is_struck_by_its_own_name_and_an_early_notice_is_obeyed() -> None:
    fair = day("2026-07-24")
    days = WorkingDays({fair: Override(False, "那达慕"), day("2026-10-02"): Override(True, "值守")})
    struck = {each.rule_date: each.holiday for each in plan(FRIDAYS, HolidayPolicy.SKIP, days) if not each.on}
    assert struck[fair] == "那达慕"
    assert day("2026-10-02") not in struck


def test_dates_of_a_year_without_a_notice_are_tentative() -> None:
    rule = Rule(Repeat.WEEKLY, day("2026-12-25"), count=3)
    year_open = DAYS.has_notice(2027)
    assert [each.tentative for each in plan(rule, HolidayPolicy.SKIP, DAYS)] == [
        False,
        not year_open,
        not year_open,
    ]
    far = plan(Rule(Repeat.NONE, day("2060-03-05")), HolidayPolicy.SKIP, DAYS)
    assert far == [Planned(day("2060-03-05"), day("2060-03-05"), None, True)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(Repeat.NONE, day("2026-03-06"), every=99, until=day("2000-01-01")), "2026-03-06"),
        (Rule(Repeat.WEEKLY, day("2026-03-06"), 2, count=3), "2026-03-06 2026-03-20 2026-04-03"),
        (Rule(Repeat.WEEKLY, day("2026-03-06"), until=day("2026-03-13"), count=9), "2026-03-06 2026-03-13"),
        (Rule(Repeat.WEEKLY, day("2026-03-06"), until=day("2026-12-31"), count=1), "2026-03-06"),
        (
            Rule(Repeat.MONTHLY_DATE, day("2026-01-31"), count=4),
            "2026-01-31 2026-02-28 2026-03-31 2026-04-30",
        ),
        (Rule(Repeat.MONTHLY_DATE, day("2028-01-29"), count=3), "2028-01-29 2028-02-29 2028-03-29"),
        (Rule(Repeat.MONTHLY_DATE, day("2026-04-30"), count=2), "2026-04-30 2026-05-30"),
        (Rule(Repeat.MONTHLY_WEEKDAY, day("2026-03-13"), count=3), "2026-03-13 2026-04-10 2026-05-08"),
        (Rule(Repeat.MONTHLY_WEEKDAY, day("2026-01-30"), count=3), "2026-01-30 2026-02-27 2026-03-27"),
        (Rule(Repeat.MONTHLY_WEEKDAY, day("2026-02-27"), count=3), "2026-02-27 2026-03-27 2026-04-24"),
        (Rule(Repeat.MONTHLY_WEEKDAY, day("2026-01-23"), count=3), "2026-01-23 2026-02-27 2026-03-27"),
        (Rule(Repeat.QUARTERLY, day("2025-11-30"), count=3), "2025-11-30 2026-02-28 2026-05-30"),
        (Rule(Repeat.QUARTERLY, day("2026-01-15"), 2, count=3), "2026-01-15 2026-07-15 2027-01-15"),
        (
            Rule(
                Repeat.BY_HAND,
                day("2026-01-01"),
                dates=(day("2026-05-02"), day("2026-03-01"), day("2026-05-02")),
            ),
            "2026-03-01 2026-05-02",
        ),
    ],
)
def test_a_leader_gets_the_dates_the_words_promise(rule: Rule, expected: str) -> None:
    assert " ".join(each.isoformat() for each in rule_dates(rule)) == expected


@pytest.mark.parametrize(
    ("said", "words", "field"),
    [
        ({}, "needs an end", "until"),
        ({"until": day("2026-01-01")}, "lies before the first", "until"),
        ({"until": day("2031-01-03")}, "at most five years", "until"),
        ({"count": 300}, "at most five years", "until"),
        ({"every": 0, "count": 1}, "step from 1 to 52", "every"),
        ({"every": 53, "count": 1}, "step from 1 to 52", "every"),
        ({"count": 0}, "1 to 600 dates", "count"),
        ({"count": 601}, "1 to 600 dates", "count"),
        ({"repeat": Repeat.BY_HAND}, "at least one day", "dates"),
        (
            {
                "repeat": Repeat.BY_HAND,
                "dates": tuple(day("2026-01-01") + timedelta(days=n) for n in range(601)),
            },
            "at most 600 days",
            "dates",
        ),
        ({"repeat": Repeat.BY_HAND, "dates": (day("2026-01-01"), day("2206-01-01"))}, "at most five years", "until"),
    ],
)
def test_a_leader_is_told_what_is_wrong_with_a_rule(said: dict[str, object], words: str, field: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        Rule(**{"repeat": Repeat.WEEKLY, "first": day("2026-01-02"), **said})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_five_years_to_the_day_and_the_end_of_time_are_allowed() -> None:
    assert len(rule_dates(Rule(Repeat.WEEKLY, day("2026-01-02"), until=day("2031-01-02")))) == 261
    last = Rule(Repeat.WEEKLY, day("9999-12-24"), count=2)
    assert held(plan(last, HolidayPolicy.SKIP, DAYS)) == [day("9999-12-24"), day("9999-12-31")]


REPEATING = [Repeat.WEEKLY, Repeat.MONTHLY_DATE, Repeat.MONTHLY_WEEKDAY, Repeat.QUARTERLY]
FIRSTS = st.dates(date(2020, 1, 1), date(2026, 12, 31))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    first = draw(FIRSTS)
    repeat = draw(st.sampled_from([*REPEATING, Repeat.BY_HAND, Repeat.NONE]))
    if repeat is Repeat.BY_HAND:
        steps = draw(st.lists(st.integers(0, 400), min_size=1, max_size=30))
        return Rule(repeat, first, dates=tuple(first + timedelta(days=n) for n in steps))
    until = first + timedelta(days=draw(st.integers(0, 700)))
    count = draw(st.none() | st.integers(1, 600))
    return Rule(repeat, first, draw(st.integers(1, 52)) if draw(st.booleans()) else 1, until, count)


@given(rules())
def test_dates_ascend_and_keep_within_their_bounds(rule: Rule) -> None:
    dates = rule_dates(rule)
    assert all(earlier < later for earlier, later in pairwise(dates))
    if rule.repeat in REPEATING:
        assert dates[0] == rule.first
        assert rule.until is not None
        assert dates[-1] <= rule.until
        assert len(dates) <= (rule.count or 600)
    if rule.repeat in (Repeat.WEEKLY, Repeat.MONTHLY_WEEKDAY):
        assert {each.weekday() for each in dates} == {rule.first.weekday()}


@given(rules(), st.sampled_from(HolidayPolicy))
def test_nobody_is_called_on_a_holiday_unless_the_team_keeps_it(rule: Rule, policy: HolidayPolicy) -> None:
    planned = plan(rule, policy, DAYS)
    assert [each.rule_date for each in planned] == rule_dates(rule)
    on = held(planned)
    assert all(earlier < later for earlier, later in pairwise(on))
    for each in planned:
        assert each.holiday == DAYS.holiday(each.rule_date)
        if each.on and each.on != each.rule_date:
            assert each.holiday
            assert DAYS.is_working(each.on)
        if each.holiday is None:
            assert each.rule_date in on
        if policy is not HolidayPolicy.KEEP:
            assert each.on is None or DAYS.holiday(each.on) is None
