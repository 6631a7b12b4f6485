"""One's own record, and asking for another look at it."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .. import clock
from ..web.access import members, the_actor
from ..web.transactions import writes
from . import records as history
from . import verdicts
from .forms import AppealForm
from .rules import may_appeal

bp = Blueprint("ledger", __name__)


@bp.get("/me/records")
@members
def records() -> ResponseReturnValue:
    """Every line of my record."""
    return _page_of_records(AppealForm(), None)


@bp.post("/me/records/<id:signup_id>/appeal")
@members
@writes
def appeal(signup_id: int) -> ResponseReturnValue:
    """Ask the leader to look at a no-show again."""
    form = AppealForm()
    if form.validate_on_submit():
        with form.refusals():
            verdicts.appeal(the_actor(), signup_id, form.text.data or "", clock.now())
            flash(gettext("Sent. The leader looks at it again; the answer will stand here."))
            return redirect(url_for("ledger.records"), 303)
    return _page_of_records(form, signup_id)


def _page_of_records(form: AppealForm, appealing: int | None) -> ResponseReturnValue:
    """appealing: the sign-up the form is about."""
    actor, now = the_actor(), clock.now()
    shown = history.list_records(actor, now)
    found = shown.records
    missed = {one.signup_id for one in found if may_appeal(one.attendance, now)}
    return form.page(
        "ledger/records.html",
        records=found,
        hours=shown.hours,
        asked=verdicts.list_requests([one.signup_id for one in found if not one.attendance.present]),
        open_to_appeal=missed - verdicts.find_settled(missed),
        appealing=appealing,
    )
