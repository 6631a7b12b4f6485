"""A month of a team: what was noted each evening is what its ledger says of that evening ever after."""

from datetime import date, time, timedelta

import pytest

from tests.ledger.deeds import Life, figures
from tests.moments import ZONE, SetClock, on
from volunteer import clock
from volunteer.ledger import jobs, records
from volunteer.storage.database import write

FIRST = date(2026, 11, 2)


@pytest.fixture
def life(app: object, at: SetClock) -> Life:
    at(on(1, 8))
    return Life(at, seed=15)


def test_figures_noted_on_thirty_evenings_are_those_recomputed_for_these_days_afterwards(life: Life) -> None:
    noted = {}
    for day in (FIRST + timedelta(days=n) for n in range(30)):
        life.day(day)
        for hour in range(7, 23, 2):
            life.do(clock.utc(day, time(hour, life.random.randint(0, 59)), ZONE))
        evening = clock.utc(day, time(23), ZONE)
        noted[evening] = figures(life, evening)
        for someone in life.people:
            assert records.sum_up(someone.actor, evening) == records.list_records_as_of(someone.actor, evening).hours
    assert {evening: figures(life, evening) for evening in noted} == noted
    assert all(noted[evening][one] for one in ("办公室", str(life.homes[0]))), "nothing was confirmed"
    assert len({str(figures) for figures in noted.values()}) > 20 and life.done > life.refused
    assert [one for one in jobs.check(evening) if "kept" in one or "count of" in one] == []
    kept = write(jobs.rebuild)
    assert kept > 50 and figures(life, evening) == noted[evening]
