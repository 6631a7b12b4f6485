"""The activities' share of the periodic work."""

from datetime import datetime

from .. import revisions
from ..revisions import Scope
from . import service as activities


def tick(now: datetime) -> int:
    """Keep every series' dates made up to the horizon. Safe to repeat and to run twice at once."""
    made = 0
    for activity in activities.list_unfinished_series(now):
        new = activities.make_dates(activity, now)
        if new:
            revisions.touch([(Scope.TEAM, activity.team_id)])
        made += new
    return made
