"""How a date reads in a calendar, in the language of whoever subscribed, never of the request."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache

from flask_babel import force_locale, gettext

from .. import clock, ics
from ..ics import Event, Head, Status
from .models import FeedScope
from .rules import Entry, Fill, without_contacts

DEFAULT_LOCALE = "zh_Hans_CN"
_PUNCTUATION = {"zh_Hans_CN": ("（", "、", "）")}


@dataclass(frozen=True)
class Words:
    """Everything a feed says, in one language, with the places for values still open."""

    names: dict[FeedScope, str]
    about: dict[FeedScope, str]
    cancelled: str
    waiting: str
    private: str
    punctuation: tuple[str, str, str]
    """What opens, parts and closes a list of names."""
    arrive: str
    meeting: str
    bring: str
    position: str
    queue: str
    taking_part: str
    in_line: str
    tentative: str

    @cached_property
    def digest(self) -> str:
        """Another one when anything is worded differently."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def head(self, scope: FeedScope, team: str, zone: str) -> Head:
        """What the calendar says of itself."""
        return Head(self.names[scope] % {"team": team}, self.about[scope] % {"team": team}, zone)

    def event(self, entry: Entry, host: str, url: str, alarm: timedelta | None = None) -> Event:
        """A date, free of phones and e-mails; a private one says no more than that it is one.

        It rings only where the reader's place is sure.
        """
        return Event(
            uid=ics.uid(entry.public_id, host),
            sequence=entry.sequence,
            changed_at=entry.changed_at,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
            title=self._title(entry),
            status=entry.status,
            busy=entry.own,
            place="" if entry.private else without_contacts(entry.place),
            description="\n".join([*self._lines(entry), url]),
            category="" if entry.private else entry.kind,
            url=url,
            alarm=alarm if entry.status is Status.CONFIRMED else None,
        )

    def _title(self, entry: Entry) -> str:
        title = self.private if entry.private else without_contacts(entry.title)
        if entry.people:
            opens, _, closes = self.punctuation
            title += opens + self._list(entry.people) + closes
        marks = {Status.CANCELLED: self.cancelled, Status.TENTATIVE: self.waiting, Status.CONFIRMED: "%(title)s"}
        return marks[entry.status] % {"title": title}

    def _list(self, names: tuple[str, ...]) -> str:
        return self.punctuation[1].join(without_contacts(name) for name in names)

    def _lines(self, entry: Entry) -> list[str]:
        lines = [] if entry.status is Status.CANCELLED else self._fill_lines(entry.fill)
        if entry.arrive_before:
            by = clock.local(entry.starts_at - timedelta(minutes=entry.arrive_before), entry.zone)
            lines.append(self.arrive % {"time": f"{by.hour}:{by.minute:02}"})
        if not entry.private:
            positions = " / ".join(entry.positions)
            for sentence, text in (
                (self.position, positions),
                (self.meeting, entry.meeting),
                (self.bring, entry.bring),
            ):
                if text:
                    lines.append(sentence % {"text": without_contacts(text)})
        if entry.tentative:
            lines.append(self.tentative)
        return lines

    def _fill_lines(self, fill: tuple[Fill, ...]) -> list[str]:
        """ "12/20, waiting 2" for the date, then the same for each of several positions; names below."""
        lines = []
        if len(fill) > 1:
            lines.append(
                self._tally(
                    sum(one.taken for one in fill), sum(one.places for one in fill), sum(one.waiting for one in fill)
                )
            )
        for one in fill:
            tally = self._tally(one.taken, one.places, one.waiting)
            lines.append(f"{without_contacts(one.position)} {tally}".strip())
            for sentence, names in ((self.taking_part, one.names), (self.in_line, one.queue)):
                if names:
                    lines.append(sentence % {"names": self._list(names)})
        return lines

    def _tally(self, taken: int, places: int, waiting: int) -> str:
        tally = f"{taken}/{places}"
        return self.queue % {"tally": tally, "waiting": waiting} if waiting else tally


@lru_cache(maxsize=16)
def words(locale: str | None) -> Words:
    """The words of a language; None: the one of those who never chose."""
    with force_locale(locale or DEFAULT_LOCALE):
        return Words(
            names={
                FeedScope.PERSON: gettext("My volunteering"),
                FeedScope.HOUSEHOLD: gettext("Our household's volunteering"),
                FeedScope.TEAM: gettext("%(team)s: all dates"),
                FeedScope.LEADER: gettext("%(team)s: for leaders"),
                FeedScope.PUBLIC: gettext("%(team)s: public dates"),
            },
            about={
                FeedScope.PERSON: gettext("What I am signed up for or waiting for. Your calendar may lag up to a day."),
                FeedScope.HOUSEHOLD: gettext(
                    "What those who live with me are signed up for or waiting for. Your calendar may lag up to a day."
                ),
                FeedScope.TEAM: gettext("All dates of %(team)s. Your calendar may lag up to a day."),
                FeedScope.LEADER: gettext(
                    "All dates of %(team)s and how full they are. Your calendar may lag up to a day."
                ),
                FeedScope.PUBLIC: gettext("The public dates of %(team)s. Your calendar may lag up to a day."),
            },
            cancelled=gettext("[Cancelled] %(title)s"),
            waiting=gettext("[Waiting list] %(title)s"),
            private=gettext("Personal appointment"),
            punctuation=_PUNCTUATION.get(locale or DEFAULT_LOCALE, (" (", ", ", ")")),
            arrive=gettext("Be there by %(time)s."),
            meeting=gettext("Meeting point: %(text)s"),
            bring=gettext("Bring: %(text)s"),
            position=gettext("Position: %(text)s"),
            queue=gettext("%(tally)s, waiting %(waiting)s"),
            taking_part=gettext("Taking part: %(names)s"),
            in_line=gettext("Waiting: %(names)s"),
            tentative=gettext("The official holidays of that year are not out yet; this date may still change."),
        )
