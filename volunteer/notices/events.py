"""What people hear of, and how: the one home of these sentences.

A row an event. To add one, write its row, and hand it over where its deed is closed (`deeds`). A sentence says what,
which and when, and nobody's name but a stand-in's, to whom they stand in for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..web.formats import span as _span
from ..web.formats import when as _when
from .models import Topic

RECORD_IS_NEWS_FOR = timedelta(days=30)


@dataclass(frozen=True)
class About:
    """All that words need to know of a date, or of a position on it, whose times these are then.

    zone: the team's. until: by when something can be taken or answered, or the last of several dates is over.
    was: when it was to be before. further: how many more dates it goes for. name: of a stand-in.
    """

    team_id: int
    zone: str
    occurrence_id: int | None
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    until: datetime | None = None
    was: tuple[datetime, datetime] | None = None
    reason: str = ""
    further: int = 0
    name: str = ""


class Part(NamedTuple):
    """Somebody's part in an event: whose it is, which one, and how often it has changed."""

    person_id: int | None
    id: int | str
    sequence: int = 0


@dataclass(frozen=True, eq=False)
class Telling:
    """How people hear of an event. key: what is told once, of a `Part` and `now`."""

    topic: Topic
    key: str
    sentence: Any


_SIGNUP, _JUDGED = "sign-up {id}.{sequence}", "judged {id}"
_place = partial(Telling, Topic.PLACE, _SIGNUP)
_chance = partial(Telling, Topic.CHANCE)
_stand_in = partial(Telling, Topic.STAND_IN)
_date = partial(Telling, Topic.DATE, "date {id}.{sequence} {person_id}")
_record = partial(Telling, Topic.RECORD)


class Event(Enum):
    """What people hear of, each with how they do."""

    PROMOTED = _place(_l("A place has become free and it is yours: “%(title)s”, %(when)s. See you there!"))
    OFFERED = _chance(
        _SIGNUP, _l("A place in “%(title)s”, %(when)s, is kept for you until %(until)s. Take it if you can come.")
    )
    LAPSED = _place(
        _l("The place kept for you in “%(title)s”, %(when)s, has gone on to others. You can still sign up again.")
    )
    FREE_PLACE = _chance(
        "free {id} {now}", _l("There is a free place in “%(title)s”, %(when)s. Whoever taps first has it.")
    )
    STAND_IN_ASKED = _stand_in(
        "stand-in {id}",
        _l("Somebody can't come to “%(title)s”, %(when)s. Can you stand in? Please answer under “Me” by %(until)s."),
    )
    STOOD_IN = _stand_in(_SIGNUP, _l("%(name)s stands in for you at “%(title)s”, %(when)s. You need not come."))
    PLACE_BACK = _stand_in(
        _SIGNUP, _l("Nobody stands in for you any more at “%(title)s”, %(when)s. The place is yours again.")
    )
    NOT_NEEDED = _stand_in(
        _SIGNUP, _l("You need not stand in any more at “%(title)s”, %(when)s. Thank you all the same!")
    )
    RELEASED = _place(
        _l("The leader has taken you off the list of “%(title)s”, %(when)s. Call them if you have a question.")
    )
    APPROVED = _place(_l("The leader has said yes: you have a place in “%(title)s”, %(when)s. See you there!"))
    APPROVED_QUEUE = _place(
        _l("The leader has said yes to “%(title)s”, %(when)s. It is full; you wait and move up by yourself.")
    )
    DECLINED = _place(_l("The leader could not give you a place in “%(title)s”, %(when)s. Thank you for asking."))
    SIGNED_UP = _place(_l("The leader has signed you up for “%(title)s”, %(when)s. If you can't come, just withdraw."))
    QUEUED = _place(_l("The leader has put you in the queue for “%(title)s”, %(when)s. You move up by yourself."))
    LEAVE_GRANTED = _record(_JUDGED, _l("The leader has granted your leave from “%(title)s”, %(when)s."))
    EXCUSED = _record(
        _JUDGED, _l("The leader knows that you could not come to “%(title)s”, %(when)s. It does not count against you.")
    )
    NO_SHOW = _record(
        _JUDGED,
        _l("“%(title)s”, %(when)s, counts as a no-show. If that is not right, ask for another look in your records."),
    )
    NO_SHOW_STAYS = _record(
        "again {id} {now}",
        _l("The leader has looked at “%(title)s”, %(when)s, again. The answer stands in your records."),
    )
    NEW_NUMBER = _record(
        "number {id} {now}",
        _l("You log in with the number %(title)s now. If it is not yours, tell the leader at once."),
    )
    MOVED = _date(_l("“%(title)s” has moved from %(was)s to %(span)s."))
    CANCELLED = _date(_l("“%(title)s”, %(when)s, is cancelled: “%(reason)s”."))
    RESTORED = _date(_l("“%(title)s” takes place after all: %(span)s."))

    def key(self, part: Part, now: datetime) -> str:
        """Under what somebody hears of it once."""
        return self.value.key.format(**part._asdict(), now=now.isoformat())

    def until(self, about: About, now: datetime) -> datetime:
        """From when on it is no news: by the deadline; a chance without one by the start, all else by the end."""
        if self.value.topic is Topic.RECORD:
            return now + RECORD_IS_NEWS_FOR
        return about.until or (about.starts_at if self.value.topic is Topic.CHANCE else about.ends_at)

    def say(self, about: About) -> str:
        """What people hear, in the language and on the clock of whoever is spoken to."""
        words = {"title": about.title, "reason": about.reason, "name": about.name}
        words |= {"when": _when(about.starts_at), "until": _when(about.until or about.starts_at)}
        words |= {"span": _span(about.starts_at, about.ends_at), "was": _span(*about.was) if about.was else ""}
        said = str(self.value.sentence) % words
        return _and_further(said, about.further) if about.further else said


def _and_further(said: str, n: int) -> str:
    same = ngettext("The same goes for %(num)d more date.", "The same goes for %(num)d more dates.", n)
    return f"{said} {same}"
