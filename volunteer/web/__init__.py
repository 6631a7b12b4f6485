"""What every page shares, hooked into the application. Knows no feature."""

from flask import Flask
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix

from ..errors import Forbidden, Missing, Refused
from . import formats, pages
from .addresses import IdConverter, qr, qr_image
from .answers import compress, secure
from .forms import csrf, make_room
from .language import LOCALES, SPOKEN, babel, choose_language, choose_locale
from .refusals import (
    error_page,
    hear_out,
    on_crash,
    on_database_error,
    on_refused,
    on_wrong_method,
    refuse_large_body,
    translated,
)


def init_app(app: Flask) -> None:
    """Hook the shared behaviour into an app."""
    if trusted := app.config["SETTINGS"].proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=0)  # type: ignore[method-assign]
    app.before_request(make_room)
    app.before_request(refuse_large_body)
    csrf.init_app(app)
    babel.init_app(app, locale_selector=lambda: SPOKEN[choose_locale()])
    app.url_map.converters["id"] = IdConverter
    pages.init_app(app)
    app.jinja_env.filters.update({filter.__name__: filter for filter in formats.FILTERS})
    app.jinja_env.filters |= {"qr": qr, "qr_image": qr_image, "refused": translated}
    app.jinja_env.globals["locales"] = LOCALES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(hear_out)
    app.after_request(compress)
    app.after_request(secure)
    app.add_url_rule("/language", view_func=choose_language, methods=["POST"])
    app.register_error_handler(Refused, on_refused)
    app.register_error_handler(Missing, lambda _: error_page(404))
    app.register_error_handler(Forbidden, lambda _: error_page(403))
    app.register_error_handler(CSRFError, lambda _: error_page(400))
    app.register_error_handler(DBAPIError, on_database_error)
    app.register_error_handler(MethodNotAllowed, on_wrong_method)
    app.register_error_handler(HTTPException, lambda error: error_page(error.code or 500, error))
    app.register_error_handler(InternalServerError, on_crash)
