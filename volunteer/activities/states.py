"""The states of an activity and of its dates. Pure."""

from enum import StrEnum


class Visibility(StrEnum):
    """Who may see an activity: everyone on the public calendar, or members of the team."""

    PUBLIC = "public"
    TEAM = "team"


class CheckIn(StrEnum):
    """How people check in: by the code on a leader's phone, by that or a poster, or a leader ticks everybody."""

    ROLLING = "rolling"
    POSTER = "poster"
    LEADER = "leader"


class ActivityState(StrEnum):
    """A draft has no dates yet; publishing makes them. Archived: they are over and somebody put it away, or they
    have all gone to another series."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class OccurrenceState(StrEnum):
    """Stored states of a date; open, full, under way and finished are derived."""

    PUBLISHED = "published"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


TOLD = (OccurrenceState.PUBLISHED, OccurrenceState.CANCELLED)
"""Of the dates people were told of; of those left out for a holiday they never were."""
