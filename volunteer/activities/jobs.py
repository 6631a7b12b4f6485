"""The activities' share of the periodic work."""

from datetime import datetime

from ..notices import deeds
from . import dates


def tick(now: datetime) -> int:
    """Keep every series' dates made up to the horizon. Safe to repeat and to run twice at once."""
    made = {activity: dates.make(activity, now) for activity in dates.list_series_in_need(now)}
    deeds.settle(deeds.Effects(teams=[activity.team_id for activity, new in made.items() if new]), now)
    return sum(made.values())
