"""What every page shares: the choice of language, headers, the form base, and the answers to a refusal.

Home of the translation from the three errors to pages. Knows no feature.
"""

import gzip
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import segno
from babel import Locale
from flask import Flask, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, gettext
from flask_login import current_user
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import CombinedMultiDict, LanguageAccept, MultiDict
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import parse_accept_header
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from wtforms import Field, FieldList, FormField

from . import reading
from .database import db
from .errors import Forbidden, Missing, Refused
from .troubles import Unwritable, is_passing, trouble_of

LOCALES = {"zh_Hans_CN": "中文", "en": "English"}
_SPOKEN = {code: Locale.parse(code) for code in LOCALES}
GREATEST_ID = 2**31 - 1
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""Of every answer that does not say otherwise."""
_HEADERS_BEHIND_TLS = _HEADERS | {"Strict-Transport-Security": "max-age=31536000"}
_COMPRESSED = {"text/html", "text/css", "text/javascript", "image/svg+xml"}


class _Protection(CSRFProtect):  # type: ignore[misc]
    """As Flask-WTF's, and what comes from an address that is none comes from elsewhere."""

    def protect(self, apply_exemptions: bool = False) -> None:
        try:
            super().protect(apply_exemptions)
        except ValueError as odd:
            raise CSRFError("The referrer is no address.") from odd


csrf = _Protection()
babel = Babel()


class IdConverter(IntegerConverter):
    """An id in an address; anything that no row can have is simply not found."""

    regex = r"[0-9]{1,10}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=GREATEST_ID)


def posted_id(name: str) -> int | None:
    """The id a button or list sends under this name; None for nothing, 0 for nonsense."""
    text = request.form.get(name, "")
    if not text:
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= GREATEST_ID else 0


def plain(text: str) -> str:
    """What was typed outside a `Form`, on one line and without NUL: PostgreSQL raises on it, SQLite stores it."""
    return " ".join(text.replace("\x00", "").split())


class Form(FlaskForm):  # type: ignore[misc]
    """Base of every form: no NUL in any text, and a rule's refusal stands beside the field it is about."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: FlaskForm, _formdata: object) -> CombinedMultiDict[str, str] | None:
            """The text that was sent, never JSON; a field a file was sent for is empty."""
            if not form.is_submitted():
                return None
            return CombinedMultiDict([request.form, MultiDict(dict.fromkeys(request.files, ""))])

    def validate(self, extra_validators: Any = None) -> bool:
        """As WTForms, and refuses NUL: PostgreSQL raises on it, SQLite stores it."""
        valid = bool(super().validate(extra_validators))
        sentence = gettext("This text contains a character that cannot be stored.")
        for field in _fields_in(self):
            if isinstance(field.data, str) and "\x00" in field.data:
                field.errors = [*field.errors, sentence]
                if field.name not in self:  # one of a list
                    self.form_errors = [sentence]
                valid = False
        return valid

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """A deed within: what refuses it stands in this form afterwards, instead of leaving the view."""
        try:
            yield
        except Refused as refused:
            self.refuse(refused)

    def refuse(self, refused: Refused) -> None:
        """Show a rule's refusal in this form, beside its field if it names one."""
        sentence = translated(refused)
        if refused.field in self:
            self[refused.field].errors = [*self[refused.field].errors, sentence]
        else:
            self.form_errors.append(sentence)


def _fields_in(fields: Iterable[Field]) -> Iterator[Field]:
    """Every field somebody types into, those of lists and of forms within forms too."""
    for field in fields:
        if isinstance(field, FieldList | FormField):
            yield from _fields_in(field)
        else:
            yield field


def translated(refused: Refused) -> str:
    """The refusal in the reader's language, its moments as times of day, its days as days."""
    return str(gettext(refused.sentence, **{name: _told(value) for name, value in refused.values.items()}))


def _told(value: object) -> object:
    if isinstance(value, datetime):
        return reading.at(value)
    return reading.full_day(value) if isinstance(value, date) else value


def choose_locale() -> str:
    """The person's language, else this browser's choice, else what it asks for, else Chinese."""
    chosen = getattr(current_user, "locale", None) or session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    return _asked_for(request.headers.get("Accept-Language", ""))


@lru_cache(1024)
def _asked_for(languages: str) -> str:
    best = parse_accept_header(languages, LanguageAccept).best_match(["zh", "en"], default="zh")
    return "en" if best == "en" else "zh_Hans_CN"


def qr(address: str) -> Markup:
    """A QR code as inline SVG, sized by the style sheet."""
    svg = segno.make(address, error="m").svg_inline(omitsize=True, border=4, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - segno draws it from modules, no text of the address is in it


def public_url(endpoint: str, **values: Any) -> str:
    """A full address under the configured base, never under whatever host the request claimed."""
    return str(current_app.config["SETTINGS"].base_url) + url_for(endpoint, **values)


def local_path(target: str | None) -> str:
    """`target` if it is a path on this site, else "" (no open redirect)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return ""
    return "" if any(ord(letter) < 32 or letter == "\\" for letter in target) else target


def back() -> str:
    """The page the reader came from, if it is ours; else the first page."""
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:  # no address at all
        return "/"
    own = came_from.netloc in (request.host, urlsplit(current_app.config["SETTINGS"].base_url).netloc)
    path = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    return (local_path(path) if own else "") or "/"


def init_app(app: Flask) -> None:
    """Hook the shared behaviour into an app."""
    if trusted := app.config["SETTINGS"].proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=0)  # type: ignore[method-assign]
    csrf.init_app(app)
    babel.init_app(app, locale_selector=lambda: _SPOKEN[choose_locale()])
    app.url_map.converters["id"] = IdConverter
    reading.init_app(app)
    app.jinja_env.filters["qr"] = qr
    app.jinja_env.globals["locales"] = LOCALES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_compress)
    app.after_request(_secure)
    app.add_url_rule("/language", view_func=choose_language, methods=["POST"])
    app.register_error_handler(Refused, _on_refused)
    app.register_error_handler(Missing, lambda _: _error_page(404))
    app.register_error_handler(Forbidden, lambda _: _error_page(403))
    app.register_error_handler(CSRFError, lambda _: _error_page(400))
    app.register_error_handler(DBAPIError, _on_database_error)
    app.register_error_handler(HTTPException, lambda error: _error_page(error.code or 500, error))
    app.register_error_handler(InternalServerError, _on_crash)


def choose_language() -> ResponseReturnValue:
    """Keep this browser's language (members choose theirs in the settings)."""
    if request.form.get("locale") in LOCALES:
        session["locale"] = request.form["locale"]
    return redirect(back(), 303)


def _secure(response: Response) -> Response:
    headers = response.headers
    if request.endpoint == "static" and "v" in request.args:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    wanted = _HEADERS_BEHIND_TLS if current_app.config["SETTINGS"].behind_tls else _HEADERS
    there = {name.lower() for name, _ in headers}
    headers.extend((name, value) for name, value in wanted.items() if name.lower() not in there)
    return response


def _compress(response: Response) -> Response:
    """Send pages, styles and icons gzipped: in the villages every kilobyte is waited for."""
    worth_it = (
        response.mimetype in _COMPRESSED and response.status_code == 200 and "Content-Encoding" not in response.headers
    )
    if not worth_it:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        response.direct_passthrough = False
        response.set_data(gzip.compress(response.get_data(), compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)
    return response


def _on_refused(refused: Refused) -> ResponseReturnValue:
    flash(translated(refused), "error")
    return redirect(back(), 303)


def _error_page(code: int, error: HTTPException | None = None) -> ResponseReturnValue:
    if 300 <= code < 400 and error is not None:
        return error.get_response()
    known = code if code in (400, 403, 404, 405, 413, 503) else 500 if code >= 500 else 400
    unwritable = isinstance(error, Unwritable)
    headers = {"Retry-After": "60" if unwritable else "10"} if code == 503 else {}
    return render_template("errors/error.html", code=known, back=back(), unwritable=unwritable), code, headers


def _on_database_error(error: DBAPIError) -> ResponseReturnValue:
    """A page that cannot be read just now can be in a moment, or once the disk is well; any other failure is ours."""
    db.session.rollback()
    if trouble := trouble_of(error):
        return _error_page(503, Unwritable(trouble))
    if not is_passing(error):
        raise error
    return _error_page(503)


def _on_crash(error: InternalServerError) -> ResponseReturnValue:
    number = secrets.token_hex(4)
    current_app.logger.error("request failed, number %s", number)
    return render_template("errors/error.html", code=500, number=number, back="/"), 500
