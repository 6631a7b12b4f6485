"""Which language a page speaks, and how pages are kept ready: sentences, addresses, fragments, made once each.

A page repeats itself: thirty cards say "Sign me up" and name a time. Language and zone are found out once a page,
and what was made for one reader serves every other one with the same.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import count, repeat
from pathlib import Path
from typing import Any

from babel import Locale
from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.templating import Environment
from flask.typing import ResponseReturnValue
from flask_babel import Babel, force_locale, get_locale, get_translations
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from .. import clock
from .addresses import back, landmark, public_url

LOCALES = {"zh_Hans_CN": "中文", "en": "English"}
SPOKEN = {code: Locale.parse(code) for code in LOCALES}
babel = Babel()
DEFAULT_ZONE = "Asia/Shanghai"
ROOM = 16384
"""How much is kept, of each kind."""


def choose_locale() -> str:
    """The person's language, else this browser's choice, else what it asks for, else Chinese."""
    chosen = getattr(current_user, "locale", None) or session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    best = request.accept_languages.best_match(["zh", "en"], default="zh")
    return "en" if best == "en" else "zh_Hans_CN"


def choose_language() -> ResponseReturnValue:
    """Keep this browser's language (members choose theirs in the settings)."""
    if request.form.get("locale") in LOCALES:
        session["locale"] = request.form["locale"]
    return redirect(back(), 303)


@dataclass(frozen=True, eq=False)
class Reader:
    """Whoever a page is for: their language, the zone they see times in, and what our addresses begin with.

    All who are alike in that are one Reader: it is what everything made is looked up by.
    """

    locale: Locale
    zone: str
    root: str


_reader = lru_cache(1024)(Reader)


def _find_reader() -> Reader:
    # The zone a page is about, or the team's; somebody who is not logged in has no team.
    zone = g.get("zone") or getattr(current_user, "zone", DEFAULT_ZONE)
    return _reader(get_locale(), zone, request.script_root if request else "")


def _meet_reader() -> dict[str, Any]:
    """At the beginning of every page, as the language may have been forced for this one."""
    g.reader = _find_reader()
    return {}


def reader() -> Reader:
    """Whoever reads this page."""
    met: Reader | None = g.get("reader")
    return met or _find_reader()


@contextmanager
def speaking(locale: str | None, zone: str = DEFAULT_ZONE) -> Iterator[None]:
    """Let what follows be said in somebody's language and zone; locale None: they never chose one."""
    met = g.get("reader")
    with force_locale(locale or "zh_Hans_CN"):
        g.reader = _reader(get_locale(), zone, "")
        try:
            yield
        finally:
            g.reader = met


class _Names(Context):
    """What a template knows. Nothing it calls but macros wants to know that in turn, so a call costs less."""

    def call(self, what: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        values.pop("_loop_vars", None)
        values.pop("_block_vars", None)
        return what(self.eval_ctx, *args, **values) if type(what) is Macro else what(*args, **values)


class Pages(Environment):
    """Templates as Flask keeps them, in whose lists of names one finds a name at once: each page asks for hundreds.

    What is set as a global after the first page has been made is not seen.
    """

    context_class = _Names

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def init_app(app: Flask) -> None:
    """Teach an app's pages to speak. After Flask-Babel, whose functions of the same names are slower."""
    app.context_processor(_meet_reader)
    app.jinja_env.globals.update(
        _=gettext,
        gettext=gettext,
        ngettext=ngettext,
        url_for=address,
        landmark=landmark,
        public_url=public_url,
        asset=asset,
        form_fields=lambda: Markup(form_fields()),  # noqa: S704 - letters, digits, dashes
        once=once,
        each=each,
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
    return Markup(_with_fields(_made(reader(), macro, *values)))  # noqa: S704 - a macro has escaped it


def each(macro: Callable[..., str], things: Iterable[Any]) -> Markup:
    """`once` for each of these things, one after the other."""
    who = reader()
    return Markup("".join(_with_fields(_made(who, macro, thing)) for thing in things))  # noqa: S704 - as above


def _with_fields(pieces: list[str]) -> str:
    html, *more = pieces
    for piece in more:
        html += form_fields() + piece
    return html


@lru_cache(ROOM)
def _made(reader: Reader, macro: Callable[..., str], *values: Any) -> list[str]:
    """Cut where a form's fields belong."""
    page, g.form_fields = g.get("form_fields"), repeat(_FIELDS)
    try:
        return str(macro(*values)).split(_FIELDS)
    finally:
        g.form_fields = page


_FIELDS = secrets.token_hex()
"""Stands for what a form carries, until it is on a page. Nobody can know it."""


def form_fields() -> str:
    """What every form carries: the page's token, and a key of its own, so that sending it twice does it once."""
    fields: Iterator[str] | None = g.get("form_fields")
    if fields is None:
        fields = g.form_fields = _fields_of_page()
    return next(fields)


def _fields_of_page() -> Iterator[str]:
    token, key = generate_csrf(), secrets.token_urlsafe(9)
    fields = '<input type="hidden" name="csrf_token" value="%s"><input type="hidden" name="write_key" value="%s-%d">'
    return (fields % (token, key, n) for n in count())


def asset(name: str) -> str:
    """Address of a static file that changes with its content, so it may be kept for ever."""
    return _asset(reader().root, name)


@lru_cache(256)
def _asset(root: str, name: str) -> str:
    version = hashlib.sha256(Path(f"{current_app.static_folder}/{name}").read_bytes()).hexdigest()[:10]
    return url_for("static", filename=name, v=version, _external=False)
