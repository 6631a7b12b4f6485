"""Pages of activities: the list, a series month by month; for leaders drafts with a preview of every date."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from .. import clock
from ..errors import Refused
from ..papers.downloads import LONGEST, listed, words_asked
from ..teams import service as teams
from ..web.access import administrators, leaders, members, the_actor
from ..web.addresses import landmark
from ..web.forms import posted_id
from ..web.transactions import writes
from ..words import one_line
from . import catalogue, dates, holidays
from . import service as activities
from .catalogue import Search
from .forms import ActivityForm, NoticeForm, holidays_in_words, rule_in_words
from .models import Activity
from .months import parted
from .rules import Wanted
from .states import ActivityState

bp = Blueprint("activities", __name__)


@bp.get("/activities")
@members
def list_activities() -> ResponseReturnValue:
    """Everything the team does, by group, or what is looked for; or as a file. Leaders see drafts, too."""
    actor, asked = the_actor(), request.args
    kind, month = one_line(asked.get("kind", ""))[:LONGEST], clock.month_named(asked.get("month", ""))
    search = Search(words_asked(), kind, month, bool(asked.get("archived")))
    shown = {"kinds": activities.list_kinds_for(actor), "months": catalogue.list_months(actor)}
    return listed(catalogue.list_for(actor, search, clock.now()), "activities/list.html", search=search, **shown)


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
            wanted = form.wanted(kind_in(form))
            if request.form.get("action") != "preview":
                return _save(activity, wanted, made)
            preview = activities.planned_dates(the_actor(), wanted)
            uninsured = activities.is_uninsured(wanted)
    return form.page("activities/edit.html", activity=activity, preview=preview, uninsured=uninsured)


def kind_in(form: ActivityForm) -> int:
    """The kind that was chosen; Refused when the team has no such kind."""
    kind = activities.find_kind(the_actor(), form.kind.data or "")
    if kind is None:
        raise Refused("Choose one of the kinds listed.", field="kind")
    return kind.id


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
@members
def show(activity_id: int) -> ResponseReturnValue:
    """An activity with its dates month by month; a draft shows the dates it would get."""
    actor, now = the_actor(), clock.now()
    activity = activities.get_activity_for(actor, activity_id)
    made = dates.list_filled(activity)
    coming = [one for one in made if one.takes_place and one.ends_at > now]
    past, months = parted(clock.by_day(made, activity.zone), next(iter(coming), None))
    return render_template(
        "activities/show.html",
        activity=activity,
        shifts=dates.list_shift_plans(activity),
        planned=dates.planned_for(activity) if activity.state is ActivityState.DRAFT else [],
        **{"coming": coming, "past": past, "months": months, "is_over": dates.is_over(activity, made, now)},
        neighbours=activities.list_neighbours(activity),
        rule=rule_in_words(activity.repeat, activity.first_day, activity.every),
        holidays=holidays_in_words(activity),
    )


@bp.post("/activities/<id:activity_id>/archive")
@leaders
@writes
def archive(activity_id: int) -> ResponseReturnValue:
    """Put what is over into the archive; with `undo`, take it out."""
    if request.form.get("undo"):
        activities.take_out_of_archive(the_actor(), activity_id, clock.now())
        flash(gettext("Taken out of the archive."))
    else:
        activities.archive(the_actor(), activity_id, clock.now())
        flash(gettext("Put into the archive. Its dates and hours stay as they are."))
    return redirect(url_for("activities.show", activity_id=activity_id), 303)


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
