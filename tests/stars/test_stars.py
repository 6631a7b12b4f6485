"""The star ladder."""

from datetime import date

import pytest
from flask import Flask

from tests.make import make_team
from volunteer.stars.models import Ladder
from volunteer.stars.rules import DEFAULT_STEPS, stars
from volunteer.stars.service import steps_on
from volunteer.storage.database import db, write


@pytest.mark.parametrize(
    ("hours", "level", "missing"),
    [(0, 0, 100), (99, 0, 1), (100, 1, 200), (138, 1, 162), (300, 2, 300), (999, 3, 1), (1500, 5, 0), (9000, 5, 0)],
)
def test_hours_make_stars_and_the_next_one_is_so_far_away(hours: int, level: int, missing: int) -> None:
    standing = stars(hours * 60, DEFAULT_STEPS)
    assert (standing.level, standing.missing) == (level, missing * 60)


def test_one_minute_short_is_not_there_yet() -> None:
    assert stars(100 * 60 - 1, DEFAULT_STEPS).level == 0


def test_a_new_ladder_holds_from_its_day_on_and_the_past_keeps_the_old_one(app: Flask) -> None:
    team = make_team()
    new = Ladder(team_id=team.id, effective_from=date(2026, 7, 1), steps=[50, 150])
    write(lambda: db.session.add(new))
    assert steps_on(team.id, date(2026, 6, 30)) == list(DEFAULT_STEPS)
    assert steps_on(team.id, date(2026, 7, 1)) == [50, 150]
