"""How a date reads in a calendar, in the language of whoever subscribed, never of the request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from flask_babel import force_locale, gettext

from .. import clock, ics
from ..ics import Event, Head, Status
from .models import FeedScope
from .rules import Entry, without_contacts

DEFAULT_LOCALE = "zh_Hans_CN"

LinkTo = Callable[[int], str]
"""From the id of a date to the address of its page."""


@dataclass(frozen=True)
class Words:
    """Everything a feed says, in one language, with the places for values still open."""

    own_name: str
    own_about: str
    team_name: str
    team_about: str
    public_name: str
    public_about: str
    cancelled: str
    waiting: str
    private: str
    arrive: str
    meeting: str
    bring: str
    position: str
    tentative: str

    def head(self, scope: FeedScope, team: str, zone: str) -> Head:
        """What the calendar says of itself."""
        name, about = {
            FeedScope.PERSON: (self.own_name, self.own_about),
            FeedScope.TEAM: (self.team_name, self.team_about),
            FeedScope.PUBLIC: (self.public_name, self.public_about),
        }[scope]
        return Head(name % {"team": team}, about % {"team": team}, zone)

    def event(self, entry: Entry, host: str, link_to: LinkTo) -> Event:
        """A date, free of phones and e-mails; a private one says no more than that it is one."""
        url = link_to(entry.occurrence_id)
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
        )

    def _title(self, entry: Entry) -> str:
        title = self.private if entry.private else without_contacts(entry.title)
        marks = {Status.CANCELLED: self.cancelled, Status.TENTATIVE: self.waiting, Status.CONFIRMED: "%(title)s"}
        return marks[entry.status] % {"title": title}

    def _lines(self, entry: Entry) -> list[str]:
        lines: list[str] = []
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


@lru_cache(maxsize=16)
def words(locale: str | None) -> Words:
    """The words of a language; None: the one of those who never chose."""
    with force_locale(locale or DEFAULT_LOCALE):
        return Words(
            own_name=gettext("My volunteering"),
            own_about=gettext("What I am signed up for or waiting for. Your calendar may lag up to a day."),
            team_name=gettext("%(team)s: all dates"),
            team_about=gettext("All dates of %(team)s. Your calendar may lag up to a day."),
            public_name=gettext("%(team)s: public dates"),
            public_about=gettext("The public dates of %(team)s. Your calendar may lag up to a day."),
            cancelled=gettext("[Cancelled] %(title)s"),
            waiting=gettext("[Waiting list] %(title)s"),
            private=gettext("Personal appointment"),
            arrive=gettext("Be there by %(time)s."),
            meeting=gettext("Meeting point: %(text)s"),
            bring=gettext("Bring: %(text)s"),
            position=gettext("Position: %(text)s"),
            tentative=gettext("The official holidays of that year are not out yet; this date may still change."),
        )
