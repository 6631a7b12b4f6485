"""One's own record, and asking for another look at it; a leader confirms the hours of a date."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..web.access import leaders, members, the_actor
from ..web.answers import listed, words_asked
from ..web.formats import hours
from ..web.forms import Form
from ..web.refusals import translated
from ..web.transactions import writes
from . import confirmation, verdicts
from . import records as history
from . import service as ledger
from .forms import AppealForm, ConfirmForm, TypeInForm, answers_in, brought_in
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


@bp.route("/occurrences/<id:occurrence_id>/confirm", methods=["GET", "POST"])
@leaders
@writes
def confirm(occurrence_id: int) -> ResponseReturnValue:
    """What the ledger says of a date, to be confirmed: whom to look at first, everybody else in one tap."""
    form, sent = ConfirmForm(), request.form
    if form.validate_on_submit():
        with form.refusals():
            whose = the_actor(), occurrence_id, answers_in(sent), sent.get("seen", ""), clock.now()
            flash(_done(confirmation.confirm(*whose, for_all=form.for_all, brought=brought_in(sent))))
            return redirect(url_for("ledger.confirm", occurrence_id=occurrence_id), 303)
    return _page_of_date(occurrence_id, form, TypeInForm(), form)


def _done(done: confirmation.Confirmed) -> str:
    confirmed = ngettext("Confirmed: %(num)d person", "Confirmed: %(num)d people", done.people)
    if not done.people:
        return str(gettext("Saved."))
    return str(gettext("%(confirmed)s, %(hours)s hours in all.", confirmed=confirmed, hours=hours(done.minutes)))


@bp.post("/occurrences/<id:occurrence_id>/confirm/typed")
@leaders
@writes
def type_in(occurrence_id: int) -> ResponseReturnValue:
    """Time of somebody whom nobody ticked on the day."""
    form = TypeInForm()
    if form.validate_on_submit():
        with form.refusals():
            wall = form.came.data, form.gone.data
            said = form.signup.data, wall, form.minutes.data, form.source.data or ""
            ledger.type_in(the_actor(), occurrence_id, *said, clock.now())
            flash(gettext("Typed in. It counts once another leader or an administrator confirms it."))
            return redirect(url_for("ledger.confirm", occurrence_id=occurrence_id), 303)
    return _page_of_date(occurrence_id, ConfirmForm(), form, form)


def _page_of_date(occurrence_id: int, form: ConfirmForm, typing: TypeInForm, sent: Form) -> ResponseReturnValue:
    """sent: the form of the two that may be wrong."""
    actor, now = the_actor(), clock.now()
    sheet = confirmation.look(actor, occurrence_id, now)
    shut = ledger.objection_to_confirming(sheet.date, now)
    last_day, left = ledger.due(actor, sheet.date.ends_at, now)
    shown = {"sheet": sheet, "shut": shut and translated(shut), "last_day": last_day, "left": left}
    typed = request.form if sent is form else {}
    return sent.page("ledger/confirm.html", **shown, confirming=form, typing=typing, typed=typed)


@bp.get("/hours/typed")
@leaders
def list_typed() -> ResponseReturnValue:
    """Hours that were typed in, as a list of their own; or as a file."""
    return listed(ledger.list_typed(the_actor(), words_asked()), "ledger/typed.html")
