"""The activities' share of the periodic work."""

from datetime import datetime

from ..storage import revisions
from ..storage.revisions import Scope
from . import dates


def tick(now: datetime) -> int:
    """Keep every series' dates made up to the horizon. Safe to repeat and to run twice at once."""
    made = {activity: dates.make(activity, now) for activity in dates.list_series_in_need(now)}
    revisions.touch([(Scope.TEAM, activity.team_id) for activity, new in made.items() if new])
    return sum(made.values())
