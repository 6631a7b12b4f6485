"""Ready texts for a group chat, short and as a person would write them: the one home of these sentences.

They are copied by hand, and go to people of all kinds: no names, no numbers to call. In the reader's language.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from babel.lists import format_list
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from ..web.formats import day, hours, span, when


class Share(StrEnum):
    """What a group is told."""

    NEW = "new"
    UNDERSTAFFED = "understaffed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    THANKS = "thanks"
    WEEK = "week"


class Dated(Protocol):
    """A date, as every room knows it."""

    @property
    def title(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True)
class Said:
    """What a text says beside the date. free: places, by_draw: or so many to be drawn; was: when it was to be.

    meeting, bring: as its page has them. people, minutes: who came, and the service they gave together. brought: what
    the date brought, as figures.
    """

    free: int = 0
    by_draw: bool = False
    meeting: str = ""
    bring: str = ""
    reason: str = ""
    was: datetime | None = None
    was_place: str = ""
    people: int = 0
    minutes: int = 0
    brought: Sequence[str] = ()


_SIGN_UP = _l("Sign up: %(link)s")
_FIRST_AND_LAST = {
    Share.NEW: (_l("[%(team)s] %(title)s: come along!"), _SIGN_UP),
    Share.UNDERSTAFFED: (_l("[%(team)s] %(title)s: helpers needed, %(free)d more"), _SIGN_UP),
    Share.MOVED: (
        _l("[%(team)s] %(title)s has moved"),
        _l("You keep your place. If you can't come then, say so here: %(link)s"),
    ),
    Share.CANCELLED: (
        _l("[%(team)s] %(title)s is cancelled"),
        _l("Nobody needs to come; please pass it on. %(link)s"),
    ),
    Share.RESTORED: (_l("[%(team)s] %(title)s takes place after all"), _l("Everybody keeps their place: %(link)s")),
    Share.THANKS: (_l("[%(team)s] %(title)s: thank you all!"), _l("Your hours stand here: %(link)s")),
    Share.WEEK: (_l("[%(team)s] This week"), _SIGN_UP),
}


def text(what: str, team: str, date: Dated, link: str, **said: Any) -> str:
    """What to tell a group of a date; what: a `Share`, said: see `Said`."""
    share, more = Share(what), Said(**said)
    about = {"team": team, "title": date.title, "free": more.free, "link": link}
    first, last = (str(sentence) % about for sentence in _FIRST_AND_LAST[share])
    return "\n".join([first, *filter(None, _lines(share, date, more)), last])


def text_of_week(team: str, dates: Sequence[tuple[Dated, int, bool]], link: str) -> str:
    """The dates of a week with their free places, and whether they go by draw, a line each."""
    first, last = (str(sentence) % {"team": team, "link": link} for sentence in _FIRST_AND_LAST[Share.WEEK])
    return "\n".join([first, *(_line(*date) for date in dates), last])


def _lines(what: Share, date: Dated, said: Said) -> Iterator[str]:
    if what is Share.CANCELLED:
        yield gettext("It was to be on %(when)s, %(place)s", when=when(date.starts_at), place=date.place)
        yield gettext("Reason: %(reason)s", reason=said.reason) if said.reason else ""
        return
    if what is Share.THANKS:
        yield gettext("%(day)s at %(place)s", day=day(date.starts_at), place=date.place)
        came = _l("Came: %(people)d, together %(hours)s hours") if said.minutes else _l("Came: %(people)d")
        yield str(came) % {"people": said.people, "hours": hours(said.minutes)}
        done = format_list(list(said.brought), locale=get_locale())
        yield gettext("Done: %(brought)s", brought=done) if said.brought else ""
        return
    yield span(date.starts_at, date.ends_at)
    yield gettext("(instead of %(when)s)", when=when(said.was)) if said.was else ""
    yield date.place
    yield gettext("(not at %(place)s any more)", place=said.was_place) if said.was_place else ""
    yield gettext("We meet at: %(meeting)s", meeting=said.meeting) if said.meeting else ""
    yield gettext("Please bring: %(bring)s", bring=said.bring) if said.bring else ""
    drawn = _l("Places by draw: %(free)d. Whoever signs up in time takes part; it does not matter who comes first.")
    places = drawn if said.by_draw else _l("Places free: %(free)d")
    yield str(places) % {"free": said.free} if what is Share.NEW and said.free else ""


def _line(date: Dated, free: int, by_draw: bool) -> str:
    about = {"when": when(date.starts_at), "title": date.title, "place": date.place, "free": free}
    left = _l("%(when)s %(title)s, %(place)s, %(free)d free") if free else _l("%(when)s %(title)s, %(place)s, full")
    sentence = _l("%(when)s %(title)s, %(place)s, %(free)d by draw") if by_draw else left
    return str(sentence) % about
