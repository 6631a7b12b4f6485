"""How a date reads in a calendar. Every sentence is in the language that is spoken: see `web.pages.speaking`."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flask import current_app
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from .. import clock
from ..activities.kinds import COLOURS
from ..config import Settings
from ..papers import ics
from ..papers.ics import DateEvent, EventStatus, Head
from ..signups.states import ReaderState
from ..web.addresses import landmark, public_url
from ..web.formats import arrival, wall, weekday_name
from .models import FeedScope
from .rules import DateEntry, Fill, Reminders, without_contacts

_NAMES = {
    FeedScope.PERSON: _l("My volunteering"),
    FeedScope.HOUSEHOLD: _l("Our household's volunteering"),
    FeedScope.TEAM: _l("%(team)s: all dates"),
    FeedScope.LEADER: _l("%(team)s: for leaders"),
    FeedScope.PUBLIC: _l("%(team)s: public dates"),
}
_ABOUT = {
    FeedScope.PERSON: _l("What I am signed up for or waiting for. Your calendar may lag up to a day."),
    FeedScope.HOUSEHOLD: _l(
        "What those who live with me are signed up for or waiting for. Your calendar may lag up to a day."
    ),
    FeedScope.TEAM: _l("All dates of %(team)s. Your calendar may lag up to a day."),
    FeedScope.LEADER: _l("All dates of %(team)s and how full they are. Your calendar may lag up to a day."),
    FeedScope.PUBLIC: _l("The public dates of %(team)s. Your calendar may lag up to a day."),
}


@cache
def edition() -> str:
    """Another one whenever dates may be written differently: made of what writes them, and of the translations."""
    room = Path(__file__).parent
    files = (*sorted(room.glob("*.py")), Path(ics.__file__), *sorted(room.parent.glob("translations/*/*/*.mo")))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def head(scope: FeedScope, team: str, zone: str) -> Head:
    """What a calendar says of itself."""
    return Head(str(_NAMES[scope]) % {"team": team}, str(_ABOUT[scope]) % {"team": team}, zone)


def event(entry: DateEntry, reminders: Reminders, *, public: bool = False) -> DateEvent:
    """A date, free of phones and e-mails; a private one says no more than that it is one."""
    settings: Settings = current_app.config["SETTINGS"]
    url = public_url(landmark("date"), occurrence_id=entry.occurrence_id)
    if public:
        url = public_url(landmark("public_date"), public_id=entry.public_id)
    return DateEvent(
        uid=ics.uid(entry.public_id, settings.host),
        sequence=entry.sequence,
        changed_at=entry.changed_at,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        title=_title(entry),
        day=clock.local(entry.starts_at, entry.zone).date() if entry.skipped else None,
        status=entry.status,
        busy=entry.standing is not None,
        place="" if entry.private or entry.skipped else without_contacts(entry.place),
        description="\n".join([*_lines(entry), url]),
        category="" if entry.private else entry.kind,
        colour="" if entry.private else COLOURS.get(entry.kind_code, ""),
        private=entry.private,
        url=url,
        alarms=reminders.before(entry),
    )


_UNSURE = {
    ReaderState.WAITING: _l("[Waiting list] %(title)s"),
    ReaderState.REQUESTED: _l("[Awaiting approval] %(title)s"),
    ReaderState.OFFERED: _l("[Please confirm] %(title)s"),
}


def _title(entry: DateEntry) -> str:
    if entry.skipped:
        day = weekday_name(clock.local(entry.starts_at, entry.zone).date())
        return str(gettext("No activity this %(weekday)s: a day off", weekday=day))
    title = str(gettext("Personal appointment")) if entry.private else without_contacts(entry.title)
    if entry.people:
        opens, closes = (" (", ")") if _in_english() else ("（", "）")
        title += opens + _listed(entry.people) + closes
    if entry.status is EventStatus.CANCELLED:
        return str(gettext("[Cancelled] %(title)s", title=title))
    if entry.in_draw and entry.standing is ReaderState.WAITING:
        return str(gettext("[Waiting for the draw] %(title)s", title=title))
    return str(_UNSURE[entry.standing]) % {"title": title} if entry.standing in _UNSURE else title


def _in_english() -> bool:
    return str(get_locale()) == "en"


def _listed(names: tuple[str, ...]) -> str:
    return (", " if _in_english() else "、").join(map(without_contacts, names))


def _lines(entry: DateEntry) -> list[str]:
    if entry.skipped:
        return [line for line in map(without_contacts, (entry.title, entry.reason)) if line]
    lines = [] if entry.status is EventStatus.CANCELLED else _fill_lines(entry.fill)
    if entry.open_until:
        until = wall(clock.local(entry.open_until, entry.zone).time())
        lines.append(gettext("The place is kept until %(time)s, please confirm.", time=until))
    if entry.arrive_before:
        by = arrival(entry.starts_at, entry.arrive_before, entry.zone)
        lines.append(gettext("Be there by %(time)s.", time=by))
    if not entry.private:
        if entry.shifts:
            lines.append(gettext("Position: %(text)s", text=without_contacts(" / ".join(entry.shifts))))
        if entry.meeting:
            lines.append(gettext("Meeting point: %(text)s", text=without_contacts(entry.meeting)))
        if entry.bring:
            lines.append(gettext("Bring: %(text)s", text=without_contacts(entry.bring)))
    if entry.tentative:
        lines.append(gettext("The official holidays of that year are not out yet; this date may still change."))
    return lines


def _fill_lines(fill: tuple[Fill, ...]) -> list[str]:
    """ "12/20, waiting 2" for the date, then the same for each of several shifts; names below."""
    lines = [_tally(fill)] if len(fill) > 1 else []
    for one in fill:
        lines.append(f"{without_contacts(one.shift)} {_tally([one])}".strip())
        if one.names:
            lines.append(gettext("Taking part: %(names)s", names=_listed(one.names)))
        if one.queue:
            lines.append(gettext("Waiting: %(names)s", names=_listed(one.queue)))
    return lines


def _tally(fill: Sequence[Fill]) -> str:
    tally = f"{sum(one.taken for one in fill)}/{sum(one.places for one in fill)}"
    waiting = sum(one.waiting for one in fill)
    return str(gettext("%(tally)s, waiting %(waiting)s", tally=tally, waiting=waiting)) if waiting else tally
