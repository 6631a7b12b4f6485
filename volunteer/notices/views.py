"""What I was told: the page of notices."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from .. import clock
from ..web.access import members, the_actor
from ..web.forms import posted_id
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
    return render_template("notices/show.html", notices=notices.list_for(the_actor()))


@bp.post("/me/notices/read")
@members
@writes
def mark_read() -> ResponseReturnValue:
    """Everything up to the newest on the page that was read."""
    notices.mark_read(the_actor(), posted_id("up_to") or 0, clock.now())
    return redirect(url_for("notices.show"), 303)
