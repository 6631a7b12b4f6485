"""Ten thousand things that happen to a ledger: what is kept of it is what its lines say, all the way."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest

from tests.ledger.deeds import Life
from tests.moments import ZONE, SetClock, on
from volunteer import clock
from volunteer.ledger import jobs, records

pytestmark = pytest.mark.soak

DEEDS, A_DAY = 10_000, 60


def test_what_is_kept_of_the_ledger_is_what_its_lines_say_after_ten_thousand_deeds(
    app: object, at: SetClock, say: Callable[[str], None]
) -> None:
    at(on(1, 8))
    life, day, evening = Life(at, seed=10_000, people=12), date(2026, 11, 2), on(1, 8)
    while life.done < DEEDS:
        life.day(day)
        for minute in range(A_DAY):
            life.do(clock.utc(day, time(7), ZONE) + timedelta(minutes=15 * minute))
        evening = clock.utc(day, time(23), ZONE)
        assert [one for one in jobs.check(evening) if "kept" in one or "count of" in one] == []
        day += timedelta(days=1)
    for someone in life.people:
        assert records.sum_up(someone.actor, evening) == records.list_records_as_of(someone.actor, evening).hours
    say(f"{life.done} deeds, {life.refused} refused, {len(life.signups)} sign-ups")
