"""Buttons of a date: sign up, withdraw, cancel."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .. import clock
from ..access import leaders, members, the_actor
from ..activities import service as activities
from ..database import writes
from ..errors import Refused
from ..web import back
from . import board
from . import service as signups
from .forms import CancelForm
from .states import ReaderState, Status

bp = Blueprint("signups", __name__)


@bp.post("/occurrences/<id:occurrence_id>/signup")
@members
@writes
def create(occurrence_id: int) -> ResponseReturnValue:
    """One tap: a place, or one in the queue."""
    outcome = signups.sign_up(the_actor(), occurrence_id, _shift_asked_for(), clock.now())
    if outcome.status is Status.CONFIRMED:
        flash(gettext("You are signed up. See you there!"))
    else:
        flash(gettext("It is full. You are number %(n)d in the queue and move up by yourself.", n=outcome.position))
    return redirect(back(), 303)


def _shift_asked_for() -> int | None:
    shift = request.form.get("shift", "")
    if shift and not (shift.isascii() and shift.isdecimal() and len(shift) < 19):
        raise Refused("This position does not exist. Choose one of those shown.")
    return int(shift) if shift else None


@bp.route("/occurrences/<id:occurrence_id>/withdraw", methods=["GET", "POST"])
@members
@writes
def withdraw(occurrence_id: int) -> ResponseReturnValue:
    """The first tap asks, the second gives the place up."""
    if request.method == "GET":
        occurrence = activities.get_occurrence_for(the_actor(), occurrence_id)
        card = board.find_card(the_actor(), occurrence_id, clock.now())
        waiting = card is not None and card.state is ReaderState.WAITING
        return render_template("signups/withdraw.html", occurrence=occurrence, waiting=waiting)
    if signups.withdraw(the_actor(), occurrence_id, clock.now()):
        flash(gettext("Your sign-up is withdrawn. Thank you for saying so."))
    else:
        flash(gettext("You are not signed up for this date."))
    return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)


@bp.route("/occurrences/<id:occurrence_id>/cancel", methods=["GET", "POST"])
@leaders
@writes
def cancel(occurrence_id: int) -> ResponseReturnValue:
    """Cancel a date, with a reason that everyone signed up reads."""
    form = CancelForm()
    occurrence = activities.get_occurrence_for(the_actor(), occurrence_id)
    if form.validate_on_submit():
        try:
            signups.cancel_date(the_actor(), occurrence_id, form.reason.data or "", clock.now())
        except Refused as refused:
            form.refuse(refused)
        else:
            flash(gettext("This date is cancelled. Calendars may lag a day; please tell people too."))
            return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)
    return render_template("signups/cancel.html", form=form, occurrence=occurrence), 422 if form.errors else 200
