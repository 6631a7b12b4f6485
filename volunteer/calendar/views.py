"""The feeds calendars fetch, single dates to download, and new addresses for feeds."""

from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import ServiceUnavailable

from .. import clock
from ..access import members, the_actor
from ..config import Settings
from ..database import writes
from ..web import public_url
from . import service as calendar
from .models import FeedScope

bp = Blueprint("calendar", __name__)

_FORBIDDEN_IN_FILE_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|%', "-"))


@bp.get("/cal/<token>.ics")
def feed(token: str) -> ResponseReturnValue:
    """A subscribed calendar. No log-in, no cookie: the address is the key."""
    now, settings = clock.now(), _settings()
    subscription = calendar.find_subscription(token)
    if subscription is None:
        return _plain(Response("Not found\n", 404, mimetype="text/plain"))
    tag = calendar.tag_of(subscription, now, settings.base_url)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        body = calendar.write_out(subscription, now, settings.host, _link_to)
        response = Response(body.content, content_type="text/calendar; charset=utf-8")
        response.last_modified = body.changed_at
    response.set_etag(tag, weak=True)  # one tag for the file, compressed on its way or not
    try:
        calendar.note_use(subscription, now)
    except ServiceUnavailable:
        current_app.logger.warning("could not note that a feed was used")  # reading goes on while writing cannot
    return _plain(response)


def _plain(response: Response) -> Response:
    """What holds of every answer about feeds, so that one says no more than another."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.vary.add("Accept-Encoding")
    return response


@bp.get("/occurrences/<id:occurrence_id>.ics")
@members
def download(occurrence_id: int) -> ResponseReturnValue:
    """One date as a file, for calendars that cannot subscribe."""
    file = calendar.download_for(the_actor(), occurrence_id, _settings().host, _link_to)
    response = Response(file.content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = _attachment(file.title, file.day)
    return _plain(response)


def _attachment(title: str, day: date) -> str:
    """Save as a file: a name of plain letters for old programs, the real one for all others."""
    name = f"{title.translate(_FORBIDDEN_IN_FILE_NAMES)[:60].strip(' .')} {day}.ics"
    return f"attachment; filename=\"activity-{day}.ics\"; filename*=UTF-8''{quote(name, safe='')}"


@bp.post("/me/feeds/<any(person, team, public):scope>/rotate")
@members
@writes
def rotate(scope: str) -> ResponseReturnValue:
    """A new address for a feed; whoever has the old one sees nothing any more."""
    calendar.rotate(the_actor(), FeedScope(scope), clock.now())
    flash(gettext("This calendar has a new address. Subscribe to it anew; the old one has stopped working."))
    return redirect(url_for("home.settings"), 303)


def _settings() -> Settings:
    settings = current_app.config["SETTINGS"]
    assert isinstance(settings, Settings)  # noqa: S101 - tells the type
    return settings


def _link_to(occurrence_id: int) -> str:
    return public_url("home.show_occurrence", occurrence_id=occurrence_id)
