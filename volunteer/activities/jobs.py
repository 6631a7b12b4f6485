"""The activities' share of the periodic work."""

from datetime import datetime

from .. import revisions
from ..revisions import Scope
from . import dates


def tick(now: datetime) -> int:
    """Keep every series' dates made up to the horizon. Safe to repeat and to run twice at once."""
    made = 0
    for activity in dates.list_series_in_need(now):
        new = dates.make(activity, now)
        if new:
            revisions.touch([(Scope.TEAM, activity.team_id)])
        made += new
    return made
