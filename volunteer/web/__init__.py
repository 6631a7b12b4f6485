"""What every page shares, hooked into the application. Knows no feature."""

from flask import Flask
from sqlalchemy.exc import DBAPIError
from werkzeug import exceptions
from werkzeug.middleware.proxy_fix import ProxyFix

from ..errors import Forbidden, Missing, Refused
from . import formats, pages, refusals
from .addresses import IdConverter, qr, qr_image
from .answers import compress, secure
from .forms import csrf, make_room


def init_app(app: Flask) -> None:
    """Hook the shared behaviour into an app."""
    if trusted := app.config["SETTINGS"].proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=0)  # type: ignore[method-assign]
    app.before_request(make_room)
    app.before_request(refusals.refuse_large_body)
    csrf.init_app(app)
    pages.babel.init_app(app, locale_selector=lambda: pages.SPOKEN[pages.choose_locale()])
    app.url_map.converters["id"] = IdConverter
    pages.init_app(app)
    app.jinja_env.filters.update({filter.__name__: filter for filter in formats.FILTERS})
    app.jinja_env.filters |= {"qr": qr, "qr_image": qr_image, "refused": refusals.translated}
    app.jinja_env.globals["locales"] = pages.LOCALES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(refusals.hear_out)
    app.after_request(compress)
    app.after_request(secure)
    app.add_url_rule("/language", view_func=pages.choose_language, methods=["POST"])
    app.register_error_handler(Refused, refusals.on_refused)
    app.register_error_handler(Missing, lambda _: refusals.error_page(exceptions.NotFound()))
    app.register_error_handler(Forbidden, lambda _: refusals.error_page(exceptions.Forbidden()))
    app.register_error_handler(DBAPIError, refusals.on_database_error)
    app.register_error_handler(exceptions.MethodNotAllowed, refusals.on_wrong_method)
    app.register_error_handler(exceptions.HTTPException, refusals.error_page)
    app.register_error_handler(exceptions.InternalServerError, refusals.on_crash)
