"""When things are in tests: a week of November 2026 on the clock of a team."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

from volunteer import clock

SetClock = Callable[[datetime], None]
ZONE = "Asia/Shanghai"


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 on the team's clock."""
    return clock.utc(date(2026, 11, day), time(hour, minute), ZONE)


MONDAY = on(23, 8)
"""When the world of most tests begins."""
FRIDAY = date(2026, 11, 27)
NOON = datetime(2026, 9, 1, 4, tzinfo=UTC)
"""When calendars are looked at first: a Tuesday in September."""
