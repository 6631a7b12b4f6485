"""The answers to what goes wrong: the three errors, and faults, as pages."""

import secrets
from contextlib import suppress
from io import BytesIO

from flask import Response, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import DBAPIError
from werkzeug import exceptions

from ..errors import Refused
from ..storage.database import db
from ..storage.troubles import Unwritable, is_passing, trouble_of
from . import formats
from .addresses import back, page_above


def translated(refused: Refused) -> str:
    """The refusal in the reader's language, its moments as times of day, its days as days."""
    return str(gettext(refused.sentence, **{name: formats.spoken(value) for name, value in refused.values.items()}))


def on_refused(refused: Refused) -> ResponseReturnValue:
    flash(translated(refused), "error")
    return redirect(back(), 303)


def error_page(error: exceptions.HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if 300 <= code < 400:
        return error.get_response()
    known = code if code in (400, 403, 404, 405, 413, 503) else 500 if code >= 500 else 400
    page = render_template("errors/error.html", code=known, back=back(), unwritable=isinstance(error, Unwritable))
    return page, code, error.get_headers()


HEARD_OUT = 32 * 1024 * 1024
"""Bytes of a body that are let in, though they are not read: who has not sent all of it hears no answer."""


def refuse_large_body() -> None:
    """Raise 413 for a body of unsaid length beyond the limit, which Werkzeug would cut off; others it judges."""
    limit = request.max_content_length
    if limit and request.content_length is None and "wsgi.input_terminated" in request.environ:
        try:
            body = request.environ["wsgi.input"].read(limit + 1)
        except OSError as gone:
            raise exceptions.ClientDisconnected from gone
        if len(body) > limit:
            raise exceptions.RequestEntityTooLarge
        request.environ["wsgi.input"] = BytesIO(body)


def hear_out(response: Response) -> Response:
    """Let in what of a body nobody has read: a server that hangs up before breaks the connection."""
    left = HEARD_OUT if "wsgi.input_terminated" in request.environ else 0
    with suppress(OSError):  # nobody is there any more
        while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, 65536))):
            left -= len(piece)
    return response


def on_wrong_method(error: exceptions.MethodNotAllowed) -> ResponseReturnValue:
    """Whoever reloads what only takes posts, or goes back to it, comes to the page it belongs to."""
    page = page_above() if request.method in ("GET", "HEAD") else ""
    return redirect(page, 303) if page else error_page(error)


def on_database_error(error: DBAPIError) -> ResponseReturnValue:
    """A page that cannot be read just now can be in a moment, or once the disk is well; any other failure is ours."""
    db.session.rollback()
    if trouble := trouble_of(error):
        return error_page(Unwritable(trouble))
    if not is_passing(error):
        raise error
    return error_page(exceptions.ServiceUnavailable(retry_after=10))


def on_crash(error: exceptions.InternalServerError) -> ResponseReturnValue:
    number = secrets.token_hex(4)
    current_app.logger.error("request failed, number %s", number)
    return render_template("errors/error.html", code=500, number=number, back="/"), 500
