"""What becomes of dates that have people: cancel, restore, move, keep to the plan."""

from datetime import date as Day

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..activities import dates
from ..activities import service as activities
from ..activities.models import Activity, Occurrence
from ..activities.states import ActivityState
from ..activities.views import drafting, kind_in
from ..errors import Refused
from ..teams import service as teams
from ..web.access import day_leaders, leaders, members, the_actor
from ..web.addresses import back, landmark
from ..web.formats import named
from ..web.forms import id_sent, posted_id, posted_ids
from ..web.transactions import writes
from . import calls, cancellations, courses, edits, hearers, moves, news, undoing, weather
from .changes import comes_late, digest
from .courses import Draft
from .forms import CancelForm, EditForm, EndForm, MessageForm, MoveForm, WeatherForm
from .models import Edit

bp = Blueprint("schedule", __name__)


@bp.route("/occurrences/<id:occurrence_id>/cancel", methods=["GET", "POST"])
@leaders
@writes
def cancel(occurrence_id: int) -> ResponseReturnValue:
    """Cancel a date, with a reason that everyone signed up reads."""
    form = CancelForm()
    occurrence = activities.get_occurrence_for(the_actor(), occurrence_id)
    if form.validate_on_submit():
        with form.refusals():
            cancellations.cancel_date(the_actor(), occurrence_id, form.reason.data or "", clock.now())
            cancelled = gettext("This date is cancelled. Calendars may lag a day; please tell people too.")
            not_held = gettext("It did not take place: nobody has hours of it, and nobody was absent. All are told.")
            flash(not_held if occurrence.ends_at <= clock.now() else cancelled)
            return _to_changed(occurrence)
    return form.page("schedule/cancel.html", occurrence=occurrence, late=comes_late(clock.now(), occurrence.starts_at))


def _to_changed(occurrence: Occurrence) -> ResponseReturnValue:
    """To the date; when the change came late, to who knows of it: somebody must call the others."""
    told = calls.came_late(occurrence) and occurrence.ends_at > clock.now()
    page = "schedule.told" if told else landmark("date")
    return redirect(url_for(page, occurrence_id=occurrence.id), 303)


@bp.route("/occurrences/<id:occurrence_id>/end", methods=["GET", "POST"])
@leaders
@writes
def end(occurrence_id: int) -> ResponseReturnValue:
    """End a date before its time; the minutes given until then stand."""
    actor, now, form = the_actor(), clock.now(), EndForm()
    occurrence = activities.get_occurrence_for(actor, occurrence_id)
    if form.validate_on_submit():
        with form.refusals():
            at = form.moment(occurrence, actor.zone, now)
            cancellations.end_date(actor, occurrence_id, at, form.reason.data or "", now)
            flash(gettext("This date has ended. Everybody on it is told; the minutes until then stand."))
            return redirect(url_for(landmark("date"), occurrence_id=occurrence_id), 303)
    return form.page("schedule/end.html", occurrence=occurrence)


@bp.post("/occurrences/<id:occurrence_id>/restore")
@leaders
@writes
def restore(occurrence_id: int) -> ResponseReturnValue:
    """Let a cancelled or skipped date take place after all."""
    occurrence = cancellations.restore_date(the_actor(), occurrence_id, clock.now())
    flash(gettext("This date takes place again. Calendars may lag a day; please tell people too."))
    return _to_changed(occurrence)


@bp.route("/occurrences/<id:occurrence_id>/move", methods=["GET", "POST"])
@leaders
@writes
def move(occurrence_id: int) -> ResponseReturnValue:
    """Move one date, or it and all that follow; only after a look when there are several, or people are elsewhere."""
    actor, now = the_actor(), clock.now()
    occurrence = activities.get_occurrence_for(actor, occurrence_id)
    form, changes, clashes = MoveForm(data=MoveForm.values_of(occurrence, actor.zone)), None, dict[int, int]()
    if form.validate_on_submit():
        with form.refusals():
            preview = moves.preview_following if form.following else moves.preview_date
            move = preview(actor, occurrence_id, *form.wanted(), now)
            changes, clashes = move.changes, hearers.count_clashes(move.changes)
            if request.form.get("action") != "preview":
                return _moved(occurrence, move, must_be_seen=form.following or bool(clashes))
    late, seen = comes_late(now, occurrence.starts_at), digest(changes or [])
    shown = {"changes": changes, "clashes": clashes, "seen": seen, "late": late}
    return form.page("schedule/move.html", occurrence=occurrence, **shown)


def _moved(occurrence: Occurrence, move: moves.Move, *, must_be_seen: bool) -> ResponseReturnValue:
    if must_be_seen and request.form.get("seen") != digest(move.changes):
        raise Refused("This is what would become of each date now. Look at it, then move them.")
    moves.make(the_actor(), move, clock.now())
    flash(gettext("Moved. Everyone keeps their place; calendars may lag a day, so please tell people too."))
    return _to_changed(occurrence)


@bp.post("/occurrences/<id:occurrence_id>/seen")
@members
@writes
def see(occurrence_id: int) -> ResponseReturnValue:
    """I know what has changed about a date of mine."""
    news.see(the_actor(), occurrence_id, clock.now())
    return redirect(back(), 303)


@bp.get("/occurrences/<id:occurrence_id>/told")
@leaders
def told(occurrence_id: int) -> ResponseReturnValue:
    """Who of a changed date knows; whom to call, as long as it matters; the text for the group."""
    actor, now = the_actor(), clock.now()
    occurrence = activities.get_occurrence_for(actor, occurrence_id)
    people = calls.list_for(actor, occurrence_id, now)
    shown = {"late": calls.came_late(occurrence), "may_call": calls.may_call(occurrence, now)}
    return render_template("schedule/told.html", date=occurrence, hearers=people, **shown)


@bp.post("/occurrences/<id:occurrence_id>/told/<id:person_id>")
@leaders
@writes
def tell(occurrence_id: int, person_id: int) -> ResponseReturnValue:
    """I have told them; with `undo`, I have not."""
    act = calls.take_back if request.form.get("undo") else calls.tell
    act(the_actor(), occurrence_id, person_id, clock.now())
    return redirect(back(url_for("schedule.told", occurrence_id=occurrence_id)), 303)


@bp.post("/occurrences/<id:occurrence_id>/phones")
@day_leaders
@writes
def see_phones(occurrence_id: int) -> ResponseReturnValue:
    """Show me whole numbers for half an hour: those of each `person`, or everybody's."""
    calls.see_phones(the_actor(), occurrence_id, posted_ids("person"), clock.now())
    return redirect(back(url_for("schedule.told", occurrence_id=occurrence_id)), 303)


@bp.route("/occurrences/<id:occurrence_id>/message", methods=["GET", "POST"])
@leaders
@writes
def message(occurrence_id: int) -> ResponseReturnValue:
    """Write to those signed up; who cannot be reached here is named."""
    actor, form = the_actor(), MessageForm()
    readers = hearers.list_hearers(actor, occurrence_id)
    if form.validate_on_submit():
        with form.refusals():
            n = hearers.send(actor, occurrence_id, form.text.data or "", form.waiting.data, clock.now())
            flash(ngettext("Sent to %(num)d person.", "Sent to %(num)d people.", n))
            return redirect(url_for("schedule.message", occurrence_id=occurrence_id), 303)
    occurrence = activities.get_occurrence_for(actor, occurrence_id)
    return form.page("schedule/message.html", occurrence=occurrence, hearers=readers)


@bp.route("/activities/<id:activity_id>/edit", methods=["GET", "POST"])
@leaders
@writes
def edit(activity_id: int) -> ResponseReturnValue:
    """Change an activity: a draft as a whole; a published one for the dates chosen, after a look at what it means."""
    activity = activities.get_activity_for(the_actor(), activity_id)
    if activity.state is ActivityState.DRAFT:
        return drafting(activity)
    date = dates.find_of(activity, id_sent("occurrence"))
    form = EditForm(activity, dates.wanted_of(activity, date), date)
    form.offer(teams.list_members_for(the_actor()))
    draft = _drafted(form, activity, date) if form.validate_on_submit() else None
    if draft and request.form.get("action") == "save" and (done := _saved(form, draft)):
        return done
    return _to_look_at(form, activity, date, draft)


def _drafted(form: EditForm, activity: Activity, date: Occurrence | None) -> Draft | None:
    more = {"occurrence_id": date and date.id, "version": posted_id("version") or 0}
    if "version" not in request.form:
        more["version"] = dates.version_of(activity, date)
    ids = [one.id for one in dates.list_shift_plans(activity)]
    with form.refusals():
        ticks = {name: posted_ids(name) for name in ("cancel", "release")}
        wish = form.wish(kind_in(form), ids, **more, **ticks)
        return courses.preview(the_actor(), activity.id, wish, clock.now())
    return None


def _saved(form: EditForm, draft: Draft) -> ResponseReturnValue | None:
    """Make an edit that was looked at, as it is. None when something speaks against it."""
    with form.refusals():
        if draft.impact.touches:
            _refuse_unseen(draft.impact.seen)
        if draft.impact.is_nothing:
            flash(gettext("There was nothing to change."))
            return redirect(url_for("activities.show", activity_id=draft.series.id), 303)
        done = edits.save(the_actor(), draft, clock.now())
        return _done(done)
    return None


def _refuse_unseen(seen: str) -> None:
    if seen not in (request.form.get("seen"), session.get("seen")):
        raise Refused("This is what would become of each date now. Look at it, then save.")


def _done(edit: Edit) -> ResponseReturnValue:
    told = ngettext("Saved. %(num)d person is told.", "Saved. %(num)d people are told.", edit.told)
    flash(told if edit.told else gettext("Saved. Calendars may lag a day."))
    return redirect(url_for("schedule.show_edit", edit_id=edit.id), 303)


def _to_look_at(
    form: EditForm, activity: Activity, date: Occurrence | None, draft: Draft | None
) -> ResponseReturnValue:
    """What an edit means, or the form to fill in; to a stale one, beside what is typed, what it says now."""
    if draft:
        heirs = activities.list_heirs(activity)
        session["seen"] = draft.impact.seen
        typed = [(name, value) for name, value in request.form.items(multi=True) if name not in _ASKED_AGAIN]
        return form.page(
            "schedule/impact.html", activity=activity, draft=draft, impact=draft.impact, typed=typed, heirs=heirs
        )
    coming = edits.list_coming(activity, clock.now())
    return form.page("schedule/edit.html", activity=activity, date=date, coming=coming, now_says=form.kept)


_ASKED_AGAIN = ("csrf_token", "write_key", "action", "seen", "reason", "release")


@bp.route("/weather", methods=["GET", "POST"])
@leaders
@writes
def bad_weather() -> ResponseReturnValue:
    """A date, or all of a day, is called off or sent to another day, after a look at what it means."""
    actor, now, chosen = the_actor(), clock.now(), id_sent("occurrence")
    form, look = WeatherForm(data={"date": request.args.get("date", type=Day.fromisoformat)}), None
    if form.validate_on_submit():
        with form.refusals():
            storm = weather.Storm(form.date.data, chosen, form.reason.data or "", form.to.data)
            look = weather.preview(actor, storm, now)
            if request.form.get("action") == "save":
                _refuse_unseen(look.seen)
                return _done(weather.save(actor, look, now))
    session["seen"] = look and look.seen
    date = None if chosen is None else activities.get_occurrence_for(actor, chosen)
    return form.page("schedule/weather.html", look=look, date=date, days=weather.list_days(actor, now))


@bp.get("/edits/<id:edit_id>")
@leaders
def show_edit(edit_id: int) -> ResponseReturnValue:
    """What was changed, and for a day the way back."""
    edit = edits.get_for(the_actor(), edit_id)
    return render_template("schedule/edited.html", edit=edit, open=edit.is_open(clock.now()))


@bp.route("/edits/<id:edit_id>/undo", methods=["GET", "POST"])
@leaders
@writes
def undo(edit_id: int) -> ResponseReturnValue:
    """Take a change back at once; only after a look when something has changed since."""
    actor, now = the_actor(), clock.now()
    back = undoing.preview(actor, edit_id, now)
    if request.method == "POST" and (not back.changed_since or request.form.get("seen") == back.impact.seen):
        left = undoing.undo(actor, back, now)
        flash(gettext("Taken back. Everybody on these dates is told again."))
        if left:
            flash(gettext("Not as before: %(what)s.", what=named(left)))
        return redirect(url_for("schedule.show_edit", edit_id=edit_id), 303)
    if request.method == "POST":
        return redirect(url_for("schedule.undo", edit_id=edit_id), 303)
    return render_template("schedule/undo.html", edit=back.edit, impact=back.impact, left=back.left)


@bp.get("/activities/out-of-plan")
@leaders
def list_out_of_plan() -> ResponseReturnValue:
    """Series that no longer agree with the holidays, each with what keeping to the plan would change."""
    series = moves.list_out_of_plan(the_actor(), clock.now())
    clashes = [hearers.count_clashes(changes) for _, changes in series]
    return render_template("schedule/out_of_plan.html", series=series, clashes=clashes)


@bp.post("/activities/<id:activity_id>/keep-to-plan")
@leaders
@writes
def keep_to_plan(activity_id: int) -> ResponseReturnValue:
    """Make the changes that page has shown."""
    activity = activities.get_activity_for(the_actor(), activity_id)
    n = moves.keep_to_plan(the_actor(), activity, clock.now())
    flash(
        ngettext("%(num)d date changed. Calendars may lag a day.", "%(num)d dates changed. Calendars may lag a day.", n)
    )
    return redirect(url_for("activities.show", activity_id=activity_id), 303)
