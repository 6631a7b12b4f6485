"""Pages of activities, for leaders: list, draft with a preview of every date, publish, describe anew."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from .. import clock
from ..errors import Refused
from ..papers.downloads import listed, words_asked
from ..teams import service as teams
from ..web.access import administrators, leaders, the_actor
from ..web.addresses import landmark
from ..web.forms import posted_id
from ..web.transactions import writes
from . import dates, holidays
from . import service as activities
from .forms import ActivityForm, DetailsForm, NoticeForm
from .models import Activity
from .rules import Wanted
from .states import ActivityState

bp = Blueprint("activities", __name__)


@bp.get("/activities")
@leaders
def list_activities() -> ResponseReturnValue:
    """Everything the team does, drafts first; or as a file."""
    return listed(activities.list_for(the_actor(), words_asked(), clock.now()), "activities/list.html")


@bp.route("/activities/new", methods=["GET", "POST"])
@leaders
@writes
def new() -> ResponseReturnValue:
    """A new activity: preview its dates, save a draft, or publish at once."""
    return drafting(None)


Made = Callable[[Activity], None]
"""What else is done with an activity that is new."""


def drafting(
    activity: Activity | None, proposed: Mapping[str, Any] = MappingProxyType({}), made: Made | None = None
) -> ResponseReturnValue:
    """A draft, or a new one. proposed: what stands in the form of a new one at first, by field."""
    values = ActivityForm.values_of(activity, dates.list_shift_plans(activity)) if activity else proposed
    form, preview, uninsured = ActivityForm(**values), None, False
    form.offer(teams.list_members_for(the_actor()))
    form.kind.choices = [SelectChoice(kind.code, kind.name) for kind in activities.list_kinds_for(the_actor())]
    if not form.is_submitted():
        first_day = form.date.data or clock.today(clock.now(), the_actor().zone)
        form.propose(first_day, None if activity else the_actor().person_id)
    if form.validate_on_submit():
        with form.refusals():
            wanted = _wanted(form)
            if request.form.get("action") != "preview":
                return _save(activity, wanted, made)
            preview = activities.planned_dates(the_actor(), wanted)
            uninsured = activities.is_uninsured(wanted)
    return form.page("activities/edit.html", activity=activity, preview=preview, uninsured=uninsured)


def describing(activity: Activity, told: activities.Told) -> ResponseReturnValue:
    """What a published activity says of itself; told: see `activities.service.describe_anew`."""
    form = DetailsForm(obj=activity, **DetailsForm.times_of(activity))
    form.offer(teams.list_members_for(the_actor()))
    if form.validate_on_submit():
        with form.refusals():
            version = posted_id("version") or 0
            activities.describe_anew(the_actor(), activity.id, version, form.details(), clock.now(), told)
            flash(gettext("Saved. Calendars may lag a day."))
            return redirect(url_for("activities.show", activity_id=activity.id), 303)
    return form.page("activities/describe.html", activity=activity)


def _wanted(form: ActivityForm) -> Wanted:
    kind = activities.find_kind(the_actor(), form.kind.data or "")
    if kind is None:
        raise Refused("Choose one of the kinds listed.", field="kind")
    return form.wanted(kind.id)


def _save(activity: Activity | None, wanted: Wanted, made: Made | None) -> ResponseReturnValue:
    actor, now = the_actor(), clock.now()
    if activity:
        saved = activities.revise_draft(actor, activity.id, posted_id("version") or 0, wanted, now)
    else:
        saved = activities.draft(actor, wanted, now)
        if made:
            made(saved)
    if request.form.get("action") == "publish":
        activities.publish(actor, saved.id, now)
        flash(gettext("Published. People can sign up now."))
    else:
        flash(gettext("The draft is saved."))
    return redirect(url_for("activities.show", activity_id=saved.id), 303)


@bp.get("/activities/<id:activity_id>")
@leaders
def show(activity_id: int) -> ResponseReturnValue:
    """An activity with all its dates; a draft shows the dates it would get."""
    activity = activities.get_activity_for(the_actor(), activity_id)
    return render_template(
        "activities/show.html",
        activity=activity,
        shifts=dates.list_shift_plans(activity),
        dates=dates.list_for(activity),
        planned=dates.planned_for(activity) if activity.state is ActivityState.DRAFT else [],
        next_date=dates.find_next(activity, clock.now()),
    )


@bp.post("/activities/<id:activity_id>/publish")
@leaders
@writes
def publish(activity_id: int) -> ResponseReturnValue:
    activities.publish(the_actor(), activity_id, clock.now())
    flash(gettext("Published. People can sign up now."))
    return redirect(url_for("activities.show", activity_id=activity_id), 303)


@bp.route("/holidays", methods=["GET", "POST"])
@administrators
@writes
def list_holidays() -> ResponseReturnValue:
    """The days the team knows better than the national calendar."""
    form = NoticeForm()
    if form.validate_on_submit():
        with form.refusals():
            holidays.add(the_actor(), form.notice(), clock.now())
            flash(gettext("Written down. Now look at what it means for the series."))
            return redirect(url_for(landmark("out_of_plan")), 303)
    return form.page("activities/holidays.html", days=holidays.list_for(the_actor()))


@bp.post("/holidays/<id:day_id>/take-out")
@administrators
@writes
def take_out_holiday(day_id: int) -> ResponseReturnValue:
    holidays.take_out(the_actor(), day_id, clock.now())
    flash(gettext("Taken out. Now look at what it means for the series."))
    return redirect(url_for(landmark("out_of_plan")), 303)
