"""What I was told: the page of notices."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .. import clock
from ..errors import Refused
from ..web.access import members, the_actor
from ..web.addresses import landmark
from ..web.forms import posted_choice, posted_id
from ..web.transactions import writes
from . import service as notices
from . import shares

bp = Blueprint("notices", __name__)
bp.add_app_template_global(shares.text, "text_for_group")
bp.add_app_template_global(shares.text_of_week, "text_of_week")


@bp.get("/me/notices")
@members
def show() -> ResponseReturnValue:
    """Newest first. Opening it marks nothing read: who only passes by still finds them new."""
    return render_template("notices/show.html", notices=notices.list_for(the_actor(), clock.now()))


@bp.post("/me/preferences")
@members
@writes
def prefer() -> ResponseReturnValue:
    """`event` is what I want to hear of, of what one can choose; `quiet_from`, `quiet_until`: hours of the night."""
    hours = [str(hour) for hour in range(24)]
    odd = Refused("Choose the hours from the list.")
    quiet = [int(posted_choice(name, hours, odd)) for name in ("quiet_from", "quiet_until")]
    notices.prefer(the_actor(), request.form.getlist("event"), *quiet)
    flash(gettext("Saved."))
    return redirect(url_for(landmark("settings")), 303)


@bp.post("/me/notices/read")
@members
@writes
def mark_read() -> ResponseReturnValue:
    """Everything up to the newest on the page that was read."""
    notices.mark_read(the_actor(), posted_id("up_to") or 0, clock.now())
    return redirect(url_for("notices.show"), 303)
