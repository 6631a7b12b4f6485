"""When wall times are, and who lies within whom."""

from datetime import date, time, timedelta

import pytest

from volunteer.activities.rules import moments


@pytest.mark.parametrize(("start", "end"), [(time(2, 30), time(3)), (time(2), time(2, 30)), (time(22), time(2, 30))])
def test_a_date_ends_after_it_starts_in_the_night_that_loses_an_hour(start: time, end: time) -> None:
    day = date(2027, 3, 28) - timedelta(days=end < start)
    begins, ends = moments(day, start, start, end, "Europe/Berlin")
    assert timedelta(minutes=30) <= ends - begins <= timedelta(hours=4.5)
