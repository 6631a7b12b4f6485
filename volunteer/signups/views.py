"""Buttons of a date: sign up, withdraw, cancel."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..access import leaders, members, the_actor
from ..activities import service as activities
from ..errors import Refused
from ..posting import writes
from ..web import back, posted_id, translated
from . import board, calling_off, rescheduling
from . import service as signups
from .changes import Change
from .forms import CancelForm, MoveForm
from .states import ReaderState, Status

bp = Blueprint("signups", __name__)


@bp.post("/occurrences/<id:occurrence_id>/signup")
@members
@writes
def create(occurrence_id: int) -> ResponseReturnValue:
    """One tap: a place, or one in the queue."""
    following = posted_id("following")
    if following:
        return _sign_up_following(occurrence_id, following)
    outcome = signups.sign_up(the_actor(), occurrence_id, posted_id("shift"), clock.now())
    if outcome.status is Status.CONFIRMED:
        flash(gettext("You are signed up. See you there!"))
    else:
        flash(gettext("It is full. You are number %(n)d in the queue and move up by yourself.", n=outcome.position))
    return redirect(back(), 303)


def _sign_up_following(occurrence_id: int, following: int) -> ResponseReturnValue:
    """This date and the next ones of its series, each for itself."""
    became = signups.sign_up_following(the_actor(), occurrence_id, posted_id("shift"), following, clock.now())
    outcomes = [one for one in became if isinstance(one, signups.Outcome)]
    confirmed = sum(one.status is Status.CONFIRMED for one in outcomes)
    flash(ngettext("You are signed up for %(num)d date.", "You are signed up for %(num)d dates.", confirmed))
    if len(outcomes) > confirmed:
        waiting = len(outcomes) - confirmed
        flash(ngettext("You wait for %(num)d full date.", "You wait for %(num)d full dates.", waiting))
    for refused in (one for one in became if isinstance(one, Refused)):
        flash(translated(refused), "error")
    return redirect(back(), 303)


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
            calling_off.cancel_date(the_actor(), occurrence_id, form.reason.data or "", clock.now())
        except Refused as refused:
            form.refuse(refused)
        else:
            flash(gettext("This date is cancelled. Calendars may lag a day; please tell people too."))
            return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)
    return render_template("signups/cancel.html", form=form, occurrence=occurrence), 422 if form.errors else 200


@bp.post("/occurrences/<id:occurrence_id>/restore")
@leaders
@writes
def restore(occurrence_id: int) -> ResponseReturnValue:
    """Let a cancelled or skipped date take place after all."""
    calling_off.restore_date(the_actor(), occurrence_id, clock.now())
    flash(gettext("This date takes place again. Calendars may lag a day; please tell people too."))
    return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)


@bp.route("/occurrences/<id:occurrence_id>/move", methods=["GET", "POST"])
@leaders
@writes
def move(occurrence_id: int) -> ResponseReturnValue:
    """Move one date, or it and all that follow; the latter only after a look at what becomes of each."""
    occurrence = activities.get_occurrence_for(the_actor(), occurrence_id)
    form = MoveForm(data=MoveForm.values_of(occurrence, the_actor().zone))
    changes = None
    if form.validate_on_submit():
        try:
            if request.form.get("action") == "preview":
                changes = _changes(occurrence_id, form)
            else:
                return _moved(occurrence_id, form)
        except Refused as refused:
            form.refuse(refused)
    page = render_template("signups/move.html", form=form, occurrence=occurrence, changes=changes)
    return page, 422 if form.errors else 200


def _changes(occurrence_id: int, form: MoveForm) -> list[Change]:
    look = rescheduling.preview_following if form.following else rescheduling.preview_date
    return look(the_actor(), occurrence_id, *form.wanted(), clock.now())


def _moved(occurrence_id: int, form: MoveForm) -> ResponseReturnValue:
    move = rescheduling.move_following if form.following else rescheduling.move_date
    move(the_actor(), occurrence_id, *form.wanted(), clock.now())
    flash(gettext("Moved. Everyone keeps their place; calendars may lag a day, so please tell people too."))
    return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)


@bp.get("/activities/out-of-plan")
@leaders
def list_out_of_plan() -> ResponseReturnValue:
    """Series that no longer agree with the holidays, each with what keeping to the plan would change."""
    series = rescheduling.list_out_of_plan(the_actor(), clock.now())
    return render_template("signups/out_of_plan.html", series=series)


@bp.post("/activities/<id:activity_id>/keep-to-plan")
@leaders
@writes
def keep_to_plan(activity_id: int) -> ResponseReturnValue:
    """Make the changes that page has shown."""
    activity = activities.get_activity_for(the_actor(), activity_id)
    n = rescheduling.keep_to_plan(the_actor(), activity, clock.now())
    flash(
        ngettext("%(num)d date changed. Calendars may lag a day.", "%(num)d dates changed. Calendars may lag a day.", n)
    )
    return redirect(url_for("activities.show", activity_id=activity_id), 303)
