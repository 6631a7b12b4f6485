"""What a page says to its reader: sentences, days, times, addresses, each made once for the same values.

A page repeats itself: thirty cards say "Sign me up" and name a time. Language and zone are found out once a page,
and what was made for one reader serves every other one with the same.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from flask import Flask, current_app, g, request, url_for
from flask_babel import get_locale, get_translations
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from . import clock

DEFAULT_ZONE = "Asia/Shanghai"
ROOM = 16384
"""How much is kept, of each kind."""


@dataclass(frozen=True)
class Reader:
    """Whoever a page is for: their language, the zone they see times in, and what our addresses begin with."""

    locale: Locale
    zone: str
    root: str


def _find_reader() -> Reader:
    # The team's zone; somebody who is not logged in has no team.
    return Reader(get_locale(), getattr(current_user, "zone", DEFAULT_ZONE), request.script_root if request else "")


def _meet_reader() -> dict[str, Any]:
    """At the beginning of every page, as the language may have been forced for this one."""
    g.reader = _find_reader()
    return {}


def reader() -> Reader:
    """Whoever reads this page."""
    met: Reader | None = g.get("reader")
    return met or _find_reader()


def init_app(app: Flask) -> None:
    """Teach an app's pages to speak. After Flask-Babel, whose functions of the same names are slower."""
    app.context_processor(_meet_reader)
    filters = (day, near_day, local_day, full_day, at, month_name, weekday, wall, hours)
    app.jinja_env.filters.update({filter.__name__: filter for filter in filters})
    app.jinja_env.globals.update(
        _=gettext,
        gettext=gettext,
        ngettext=ngettext,
        url_for=address,
        asset=asset,
        form_fields=form_fields,
        once=once,
        locale=get_locale,
        now=_now,
    )


def _now() -> datetime:
    return clock.now()  # whichever clock is set then


def gettext(text: str, /, **values: Any) -> Markup:
    """In the reader's language, with these values."""
    return _said(reader().locale, (text,), 1, tuple(values), *values.values())


def ngettext(one: str, many: str, number: int, /, **values: Any) -> Markup:
    """In the reader's language, for so many, which `num` stands for."""
    values.setdefault("num", number)
    return _said(reader().locale, (one, many), number, tuple(values), *values.values())


@lru_cache(ROOM, typed=True)  # a Markup and a str may be equal, but only one of them is escaped
def _said(locale: Locale, texts: tuple[str, ...], number: int, names: tuple[str, ...], *values: Any) -> Markup:
    known = get_translations()
    text = known.ungettext(*texts, number) if texts[1:] else known.ugettext(*texts)
    return Markup(text) % dict(zip(names, values, strict=True))  # noqa: S704 - ours; the values are escaped


def address(endpoint: str, /, **values: Any) -> str:
    """Of a page of ours, from the root of this site."""
    return _address(reader().root, endpoint, tuple(values), *values.values())


@lru_cache(ROOM, typed=True)
def _address(root: str, endpoint: str, names: tuple[str, ...], *values: Any) -> str:
    return url_for(endpoint, **dict(zip(names, values, strict=True)), _external=False)


def once(macro: Callable[..., str], *values: Any) -> Markup:
    """What a macro makes of these values, made once for all readers alike. It must depend on nothing else.

    What its forms carry is put in anew each time.
    """
    html = _made(reader(), macro, *values)
    while _FIELDS in html:
        html = html.replace(_FIELDS, form_fields(), 1)
    return Markup(html)  # noqa: S704 - a macro has escaped it


@lru_cache(ROOM)
def _made(reader: Reader, macro: Callable[..., str], *values: Any) -> str:
    g.apart = True
    try:
        return str(macro(*values))
    finally:
        g.apart = False


_FIELDS = Markup(secrets.token_hex())  # noqa: S704 - hexadecimal
"""Stands for what a form carries, until it is on a page. Nobody can know it."""


_TWO_FIELDS = '<input type="hidden" name="csrf_token" value="%s"><input type="hidden" name="write_key" value="%s-%d">'


def form_fields() -> Markup:
    """What every form carries: the page's token, and a key of its own, so that sending it twice does it once."""
    if g.get("apart"):
        return _FIELDS
    if "form_fields" not in g:
        token, key = generate_csrf(), secrets.token_urlsafe(9)
        g.form_fields = (_TWO_FIELDS % (token, key, n) for n in count())
    return Markup(next(g.form_fields))  # noqa: S704 - letters, digits, dashes


def asset(name: str) -> str:
    """Address of a static file that changes with its content, so it may be kept for ever."""
    return address("static", filename=name, v=_asset_version(f"{current_app.static_folder}/{name}"))


@lru_cache(64)
def _asset_version(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:10]


def day(moment: datetime | date) -> str:
    """周五 11月27日."""
    return _day(local_day(moment), "EEE d MMM", "EEE M月d日", reader().locale)


def near_day(moment: datetime | date) -> str:
    """今天 周五, 明天 周六, 周日 11月29日: how people say it."""
    local = local_day(moment)
    today = clock.today(clock.now(), reader().zone)
    if local == today:
        return gettext("Today, %(weekday)s", weekday=_skeleton(local, "EEE", reader().locale))
    if local == today + timedelta(days=1):
        return gettext("Tomorrow, %(weekday)s", weekday=_skeleton(local, "EEE", reader().locale))
    return day(local)


def local_day(moment: datetime | date) -> date:
    """The day a moment is on in the team's zone."""
    return clock.local(moment, reader().zone).date() if isinstance(moment, datetime) else moment


def full_day(moment: datetime | date) -> str:
    """2026年11月27日 周五."""
    return _day(local_day(moment), "EEE d MMM y", "y年M月d日 EEE", reader().locale)


def month_name(day: date) -> str:
    """2026年11月."""
    return _skeleton(day, "yMMMM", reader().locale)


def weekday(day: date) -> str:
    """周五, as the head of a column."""
    return _day(day, "EEE", "EEEEE", reader().locale)


@lru_cache(ROOM)
def _day(day: date, english: str, chinese: str, locale: Locale) -> str:
    return format_date(day, english if locale.language == "en" else chinese, locale=locale)


@lru_cache(ROOM)
def _skeleton(day: date, skeleton: str, locale: Locale) -> str:
    return format_skeleton(skeleton, day, locale=locale)


def at(moment: datetime) -> str:
    """9:05 in the team's zone."""
    return _at(moment, reader().zone)


@lru_cache(ROOM)
def _at(moment: datetime, zone: str) -> str:
    return wall(clock.local(moment, zone).time())


def wall(clock_time: time) -> str:
    """9:05, as a clock on the wall shows it."""
    return f"{clock_time.hour}:{clock_time.minute:02}"


def hours(minutes: int) -> str:
    """Hours with one decimal from whole minutes, halves up, in whole-number arithmetic (令67)."""
    tenths = (minutes * 10 + 30) // 60
    return f"{tenths // 10}.{tenths % 10}"
