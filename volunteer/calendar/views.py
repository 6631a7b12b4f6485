"""The feeds calendars fetch, the page that hands out their addresses, single dates to download."""

import re
from datetime import datetime

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .. import clock
from ..errors import Refused
from ..papers.downloads import attachment
from ..teams.models import Names
from ..web.access import administrators, members, the_actor
from ..web.addresses import back, public_url
from ..web.forms import posted_choice
from ..web.transactions import writes
from . import files, subscriptions
from . import service as calendar
from .models import FeedScope
from .rules import MOST_MINUTES, Reminders
from .subscriptions import Subscription

bp = Blueprint("calendar", __name__)

_SCOPE = "/me/feeds/<any(person, household, team, leader, public):scope>"


@bp.get("/cal/<token>.ics")
def feed(token: str) -> ResponseReturnValue:
    """A subscribed calendar. No log-in, no cookie: the address is the key."""
    now = clock.now()
    subscription = subscriptions.find(token, now, current_app.config["SETTINGS"].base_url)
    if subscription is None:
        return _plain(Response("Not found\n", 404, mimetype="text/plain"))
    tag = files.tag_of(subscription, now)
    known = tag and request.if_none_match.contains_weak(tag)
    response = _tagged(Response(status=304), tag) if known else _file(subscription, tag, now)
    subscriptions.mark_used(subscription, now)
    return _plain(response)


def _file(subscription: Subscription, tag: str, now: datetime) -> Response:
    zipped = request.accept_encodings.quality("gzip") > 0
    file = files.file_of(subscription, tag, now, zipped=zipped)
    if file is None:
        return Response("Busy, try again later\n", 503, {"Retry-After": "60"}, mimetype="text/plain")
    response = Response(file.content, content_type="text/calendar; charset=utf-8")
    response.last_modified = max(file.changed_at, subscription.changed_at(now))
    if zipped:
        response.content_encoding = "gzip"
    return _tagged(response, file.tag)


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)  # one tag for the file, compressed on its way or not
    return response


def _plain(response: Response) -> Response:
    """What holds of every answer about feeds, so that one says no more than another."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Vary"] = "Accept-Encoding"
    return response


@bp.get("/occurrences/<id:occurrence_id>.ics")
@members
def download(occurrence_id: int) -> ResponseReturnValue:
    """One date as a file, for calendars that cannot subscribe."""
    content, title, day = calendar.download_for(the_actor(), occurrence_id)
    name = f"{title[:60].strip(' .')} {day}"
    return _plain(attachment(content, "text/calendar; charset=utf-8", name, f"activity-{day}", "ics"))


@bp.get("/me/calendars")
@members
def hand_out() -> ResponseReturnValue:
    """Every feed one may subscribe to, and how to."""
    return render_template(
        "calendar/hand_out.html",
        feeds=calendar.list_addresses_for(the_actor()),
        page=public_url("calendar.hand_out"),
        in_wechat="MicroMessenger" in request.user_agent.string,
    )


@bp.post(f"{_SCOPE}/rotate")
@members
@writes
def rotate(scope: str) -> ResponseReturnValue:
    """A new address for a feed; whoever has the old one sees nothing any more."""
    calendar.end_address(the_actor(), FeedScope(scope), clock.now(), renew=True)
    flash(gettext("This calendar has a new address. Subscribe to it anew; the old one has stopped working."))
    return redirect(back(), 303)


@bp.post(f"{_SCOPE}/revoke")
@members
@writes
def revoke(scope: str) -> ResponseReturnValue:
    """No address at all for a feed, until somebody makes a new one."""
    calendar.end_address(the_actor(), FeedScope(scope), clock.now(), renew=False)
    flash(gettext("The address has stopped working. You can make a new one whenever you like."))
    return redirect(back(), 303)


@bp.post("/me/feeds/alarm")
@members
@writes
def remind() -> ResponseReturnValue:
    """When one's own dates ring."""
    first, second, offer = (_minutes(name) for name in ("first", "second", "offer"))
    calendar.remind(the_actor(), Reminders(first, second, "evening" in request.form, offer))
    return _saved()


def _minutes(name: str) -> int | None:
    """A number of minutes somebody typed, None for nothing. Refused for anything else."""
    typed = request.form.get(name, "").strip()
    if not re.fullmatch(r"\d{0,5}", typed) or int(typed or 0) > MOST_MINUTES:
        raise Refused("Say in whole minutes how long before, up to four weeks (40320). Leave it empty for no reminder.")
    return int(typed) if typed else None


@bp.post(f"{_SCOPE}/skipped")
@members
@writes
def show_skipped(scope: str) -> ResponseReturnValue:
    """Whether a feed has a note on days on which nothing takes place because they are days off."""
    calendar.show_skipped(the_actor(), FeedScope(scope), clock.now(), shows="skipped" in request.form)
    return _saved()


def _saved() -> ResponseReturnValue:
    flash(gettext("Saved. Your calendar takes it over the next time it updates."))
    return redirect(back(), 303)


@bp.post("/me/feeds/names")
@administrators
@writes
def choose_names() -> ResponseReturnValue:
    chosen = posted_choice("names", Names, Refused("Choose one of the ways offered."))
    calendar.choose_names(the_actor(), chosen, clock.now())
    flash(gettext("Saved. Leaders' calendars take it over the next time they update."))
    return redirect(back(), 303)
