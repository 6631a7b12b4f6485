"""Moments, wall clocks and the Chinese working calendar, checked against a second source."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfoNotFoundError

import chinese_calendar
import pytest

from volunteer import clock
from volunteer.clock import Override, WorkingDays

XINING = "Asia/Shanghai"
YEARS = range(2020, 2027)
SECOND_SOURCE = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}


def every_day() -> list[date]:
    first, last = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_now_knows_its_zone() -> None:
    assert clock.now().tzinfo is UTC


def test_nine_in_the_morning_in_xining_is_one_in_utc_and_back() -> None:
    moment = clock.utc(date(2026, 3, 6), time(9), XINING)
    assert moment == datetime(2026, 3, 6, 1, tzinfo=UTC)
    assert moment.tzinfo is UTC
    assert clock.local(moment, XINING).replace(tzinfo=None) == datetime(2026, 3, 6, 9)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "wall", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # shown as 03:30
        (date(2026, 3, 29), time(2, 30, fold=1), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30, fold=1), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_the_clocks_skip_moves_forward_and_one_shown_twice_is_the_first(
    day: date, wall: time, expected: datetime
) -> None:
    assert clock.utc(day, wall, "Europe/Berlin") == expected


def test_a_moment_without_a_zone_and_a_wall_time_with_one_are_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        clock.local(datetime(2026, 3, 6), XINING)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        clock.utc(date(2026, 3, 6), time(9, tzinfo=UTC), XINING)
    with pytest.raises(ZoneInfoNotFoundError):
        clock.today(clock.now(), "Asia/Nowhere")


def test_it_is_already_tomorrow_in_xining_at_four_in_the_afternoon_utc() -> None:
    assert clock.today(datetime(2026, 3, 6, 15, 59, tzinfo=UTC), XINING) == date(2026, 3, 6)
    assert clock.today(datetime(2026, 3, 6, 16, tzinfo=UTC), XINING) == date(2026, 3, 7)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 6), XINING, 24),
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
    ],
)
def test_a_day_ends_where_the_next_begins(day: date, zone: str, hours: int) -> None:
    start, end = clock.day_bounds(day, zone)
    assert end - start == timedelta(hours=hours)
    assert clock.today(start, zone) == day == clock.today(end - timedelta(microseconds=1), zone)
    assert end == clock.day_bounds(day + timedelta(days=1), zone)[0]


def test_every_day_from_2020_to_2026_is_work_or_rest_as_the_second_source_says() -> None:
    days = WorkingDays()
    assert [day for day in every_day() if days.is_working(day) != chinese_calendar.is_workday(day)] == []


def test_every_day_off_from_2020_to_2026_bears_the_festival_the_second_source_gives_it() -> None:
    days = WorkingDays()
    differing = {}
    for day in every_day():
        off, label = chinese_calendar.get_holiday_detail(day)
        theirs = SECOND_SOURCE[label] if off and label else None
        ours = days.holiday(day)
        if theirs != ours and theirs not in (ours or "").split("、"):
            differing[day] = (ours, theirs)
    # The notice of 2024 says "6月10日放假，与周末连休", the only one of these not to list the weekend.
    # In 2020 two festivals fell on October 1, and the package gives a day in lieu to the second.
    assert differing == {
        date(2020, 10, 6): ("中秋节", "国庆节"),
        date(2024, 6, 8): ("端午节", None),
        date(2024, 6, 9): ("端午节", None),
    }


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 10, 2), "国庆节"),
        (date(2026, 1, 2), "元旦"),
        (date(2026, 2, 16), "春节"),
        (date(2026, 2, 20), "春节"),
        (date(2026, 2, 21), "春节"),
        (date(2026, 5, 5), "劳动节"),
        (date(2026, 4, 6), "清明节"),
        (date(2018, 12, 31), "元旦"),
        (date(2020, 1, 31), "春节"),
        (date(2020, 10, 1), "中秋节、国庆节"),
        (date(2020, 10, 8), "国庆节"),
        (date(2025, 10, 7), "国庆节"),
        (date(2026, 3, 7), None),
        (date(2026, 3, 6), None),
        (date(2026, 10, 10), None),
    ],
)
def test_a_day_off_is_explained_by_its_festival(day: date, name: str | None) -> None:
    assert WorkingDays().holiday(day) == name


def test_years_asked_for_in_any_order_answer_alike() -> None:
    days = WorkingDays()
    for year in (2026, 2021, 2025, 2020, 2026):
        assert days.holiday(date(year, 10, 2)) == "国庆节"
        assert not days.is_working(date(year, 10, 2))


def test_next_year_has_no_notice_until_the_package_carries_one() -> None:
    days = WorkingDays()
    assert all(days.has_notice(year) for year in YEARS)
    assert not days.has_notice(2060)


def test_a_team_strikes_its_fair_and_works_on_a_saturday_of_its_own() -> None:
    fair, saturday, national_day = date(2026, 7, 24), date(2026, 7, 25), date(2026, 10, 2)
    days = WorkingDays(
        {
            fair: Override(working=False, name="那达慕"),
            saturday: Override(working=True, name="补班"),
            national_day: Override(working=True, name="值守"),
        }
    )
    assert (days.is_working(fair), days.holiday(fair)) == (False, "那达慕")
    assert (days.is_working(saturday), days.holiday(saturday)) == (True, None)
    assert (days.is_working(national_day), days.holiday(national_day)) == (True, None)
    assert days.holiday(date(2026, 10, 3)) == "国庆节"
    assert WorkingDays().is_working(fair)


def test_the_working_days_beside_the_national_holiday_are_found() -> None:
    days = WorkingDays()
    assert days.next_working(date(2026, 9, 30)) == date(2026, 10, 8)
    assert days.previous_working(date(2026, 10, 8)) == date(2026, 9, 30)
