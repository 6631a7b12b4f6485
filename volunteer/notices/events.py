"""What people hear of, and how: the one home of these sentences.

A row an event. To add one, write its row, and hand it over where its deed is closed (`deeds`). A sentence says what,
which and when, and nobody's name but a stand-in's, to whom they stand in for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

from babel.lists import format_list
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from ..web.formats import span as _span
from ..web.formats import when as _when
from .models import Topic

RECORD_IS_NEWS_FOR = timedelta(days=30)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class About:
    """All that words need to know of a date, or of a position on it, whose times these are then.

    zone: the team's. until: by when something can be taken or answered, or the last of several dates is over.
    was, was_place: when and where it was to be before. reason: or what the leader says. others: the further dates it
    goes for, each with when it was to be before, if it has moved. name: of a stand-in.
    """

    team_id: int
    zone: str
    occurrence_id: int | None
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    until: datetime | None = None
    was: Span | None = None
    was_place: str = ""
    reason: str = ""
    others: Sequence[tuple[Span, Span | None]] = ()
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
    choice: Any = ""
    """How it is called where people choose what they hear of; what has no such name is always told."""


_SIGNUP, _JUDGED = "sign-up {id}.{sequence}", "judged {id}"
_place = partial(Telling, Topic.PLACE, _SIGNUP)
_chance = partial(Telling, Topic.CHANCE)
_stand_in = partial(Telling, Topic.STAND_IN)
_date = partial(Telling, Topic.DATE, "date {id}.{sequence} {person_id}")
_record = partial(Telling, Topic.RECORD)
_lent = partial(Telling, Topic.MESSAGE, "{event} {id} {now} {person_id}")
_task = partial(Telling, Topic.TASK, "{event} {id}.{sequence} {person_id}")


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
        "free {id} {now}",
        _l("There is a free place in “%(title)s”, %(when)s. Whoever taps first has it."),
        _l("A place is free in the last two hours"),
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
    ANSWERED = _record(
        "answered {id}",
        _l("The leader has answered what you asked about “%(title)s”, %(when)s. The answer stands in your records."),
    )
    HOURS_CONFIRMED = _record(
        "confirmed {id}", _l("Your hours of “%(title)s”, %(when)s, are confirmed. They stand in your records.")
    )
    CORRECTED = _record("corrected {id}", _l("Your record of “%(title)s”, %(when)s, was changed: “%(reason)s”"))
    NEW_NUMBER = _record(
        "number {id} {now}",
        _l("You log in with the number %(title)s now. If it is not yours, tell the leader at once."),
    )
    MOVED = _date(_l("“%(title)s” has moved from %(was)s to %(span)s."))
    PLACE_CHANGED = _date(_l("“%(title)s”, %(when)s, is at another place: not “%(was_place)s” but “%(place)s”."))
    CANCELLED = _date(_l("“%(title)s”, %(when)s, is cancelled: “%(reason)s”."))
    NOT_HELD = _date(_l("“%(title)s”, %(when)s, did not take place: “%(reason)s”. It counts for and against nobody."))
    ENDED = _date(_l("“%(title)s” ended early, %(span)s: “%(reason)s”. The time until then stands."))
    RESTORED = _date(_l("“%(title)s” takes place after all: %(span)s, %(place)s."))
    REMINDER = Telling(
        Topic.REMINDER,
        "reminder {id} {person_id}",
        _l("See you soon: “%(title)s”, %(span)s, %(place)s. If you can't come, say so now."),
        _l("A reminder on the evening before"),
    )
    MESSAGE = Telling(
        Topic.MESSAGE,
        "message {id} {now} {person_id}",
        _l("The leader writes about “%(title)s”, %(when)s: “%(reason)s”"),
    )
    LIST_LENT = _lent(
        _l("You keep the list of “%(title)s”, %(when)s: it is open to you from a day before. Thank you for helping!")
    )
    LIST_BACK = _lent(_l("You need not keep the list of “%(title)s”, %(when)s, any more. Thank you for helping!"))
    CHECK_OUT = Telling(
        Topic.DATE,
        "check-out {id} {person_id}",
        _l("“%(title)s” ends soon, %(span)s. Scan the leader's code again as you go, so that all your time counts."),
        _l("Check out a quarter of an hour before the end"),
    )
    REQUESTED = _task(
        _l("Somebody asks for a place in “%(title)s”, %(when)s. Please say yes or no."), _l("Requests for a place")
    )
    LEAVE_ASKED = _task(
        _l("Somebody cannot come to “%(title)s”, %(when)s, after all. Please look at their leave."),
        _l("Leave to look at"),
    )
    ABSENT = _task(
        _l("Somebody was absent from “%(title)s”, %(when)s. Please say whether there was a reason."),
        _l("Absences to look into"),
    )
    APPEALED = _task(
        _l("Somebody asks you to look again at a no-show of “%(title)s”, %(when)s. Please answer."),
        _l("Questions about a no-show"),
    )
    CORRECTION_ASKED = _task(
        _l("Somebody asks for a change in their record of “%(title)s”, %(when)s. Please answer."),
        _l("Corrections and late entries"),
    )
    UNDERSTAFFED = _task(
        _l("“%(title)s”, %(when)s, still has fewer people than is safe. Please find some, or cancel it."),
        _l("Too few people two days before"),
    )
    LIST_NOT_TAKEN = _task(
        _l("Nobody has said yet who was at “%(title)s”, %(when)s. Please take the list."), _l("The list is not taken")
    )
    NEWCOMER = _task(
        _l("Somebody new was taken in at “%(title)s”, %(when)s. They stand among the members as not in yet."),
        _l("Newcomers taken in at the door"),
    )

    def key(self, part: Part, now: datetime) -> str:
        """Under what somebody hears of it once."""
        return self.value.key.format(**part._asdict(), event=self.called, now=now.isoformat())

    @property
    def called(self) -> str:
        """Its name outside of this table."""
        return self.name.lower()

    @classmethod
    def choices(cls, leads: bool) -> list["Event"]:
        """What somebody can choose not to hear of; what waits for leaders only who leads."""
        return [one for one in cls if one.value.choice and (leads or one.value.topic is not Topic.TASK)]

    @property
    def can_wait(self) -> bool:
        """Do quiet hours hold it back?"""
        return self.value.topic in (Topic.REMINDER, Topic.CHANCE)

    def until(self, about: About, now: datetime) -> datetime:
        """From when on it is no news: by the deadline; what is of no use later by the start, all else by the end.

        What is said of a date that is over is news as long as what is said of a record.
        """
        by_the_start = self.value.topic is Topic.CHANCE or self in (Event.REQUESTED, Event.UNDERSTAFFED, Event.REMINDER)
        of_the_past = self.value.topic is Topic.DATE and (about.until or about.ends_at) <= now
        if of_the_past or (self.value.topic in (Topic.RECORD, Topic.TASK) and not by_the_start):
            return now + RECORD_IS_NEWS_FOR
        return about.until or (about.starts_at if by_the_start else about.ends_at)

    def say(self, about: About) -> str:
        """What people hear, in the language and on the clock of whoever is spoken to."""
        words = {"title": about.title, "reason": about.reason, "name": about.name}
        words |= {"place": about.place, "was_place": about.was_place}
        words |= {"when": _when(about.starts_at), "until": _when(about.until or about.starts_at)}
        words |= {"span": _span(about.starts_at, about.ends_at), "was": _span(*about.was) if about.was else ""}
        said = str(self.value.sentence) % words
        if self is Event.MOVED and about.was_place:
            said = str(gettext("%(said)s It is at “%(place)s” then.", said=said, place=about.place))
        if self in (Event.MOVED, Event.PLACE_CHANGED) and about.reason:
            said = str(gettext("%(said)s Why: “%(reason)s”.", said=said, reason=about.reason))
        if not about.others:
            return said
        others = format_list([_other(*one) for one in about.others], locale=get_locale())
        return str(gettext("%(said)s The same goes for %(dates)s.", said=said, dates=others))


def _other(span: Span, was: Span | None) -> str:
    """周五 12月4日 9:00, or from when to when."""
    return f"{_span(*was)} → {_span(*span)}" if was else _when(span[0])
