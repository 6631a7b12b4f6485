"""The plan of a year, how far it is, and the facts that people enter."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from wtforms.fields.choices import SelectChoice

from .. import clock
from ..activities import service as activities
from ..activities.views import drafting
from ..errors import Refused
from ..ledger.rules import figure
from ..papers.tables.handed_in import MAX_BYTES
from ..storage.database import write
from ..teams import service as teams
from ..web.access import administrators, leaders, members, the_actor
from ..web.forms import posted_id, posted_ids, takes_files
from ..web.refusals import translated
from ..web.transactions import writes
from ..words import one_line
from . import charts, facts, plan_files, progress, rules
from . import service as plans
from .forms import KIND_WORDS, LEVEL_WORDS, FactForm, ItemForm, PlanFileForm
from .models import PlanItem
from .targets import months_written

bp = Blueprint("plans", __name__)
bp.add_app_template_filter(figure)
bp.add_app_template_filter(months_written, "months")
YEAR = "<int(min=2000, max=2100):year>"


@bp.get("/plans")
@members
def this_year() -> ResponseReturnValue:
    """The plan of the year it is."""
    return show(clock.today(clock.now(), the_actor().zone).year)


@bp.get(f"/plans/{YEAR}")
@members
def show(year: int) -> ResponseReturnValue:
    """What the team plans, and how far it is; members see what is published."""
    actor, now = the_actor(), clock.now()
    found = progress.look(actor, year, now)
    hidden = sum(one.item.published_at is None for one in found)
    shown = {"today": clock.today(now, actor.zone), "chart": charts.plan(found)}
    return render_template("plans/show.html", year=year, found=found, hidden=hidden, **shown)


@bp.post(f"/plans/{YEAR}/publish")
@administrators
@writes
def publish(year: int) -> ResponseReturnValue:
    n = plans.publish(the_actor(), year, clock.now())
    flash(ngettext("Members see %(num)d more item now.", "Members see %(num)d more items now.", n))
    return redirect(url_for("plans.show", year=year), 303)


@bp.get(f"/plans/{YEAR}/<int(min=1, max=12):month>")
@members
def month(year: int, month: int) -> ResponseReturnValue:
    """The plan of a month, on one sheet of paper."""
    items = [one for one in plans.list_items(the_actor(), year) if not one.months or month in one.months]
    dates = progress.list_month(the_actor(), year, month)
    return render_template("plans/month.html", first=date(year, month, 1), items=items, dates=dates)


@bp.route(f"/plans/{YEAR}/new", methods=["GET", "POST"])
@administrators
@writes
def new(year: int) -> ResponseReturnValue:
    return _writing(year, None)


@bp.route("/plans/items/<id:item_id>/edit", methods=["GET", "POST"])
@administrators
@writes
def edit(item_id: int) -> ResponseReturnValue:
    item = plans.get_for(the_actor(), item_id)
    return _writing(item.year, item)


def _writing(year: int, item: PlanItem | None) -> ResponseReturnValue:
    actor, kinds = the_actor(), activities.list_kinds_for(the_actor())
    called = {kind.id: kind.name for kind in kinds}
    texts = plans.texts_of(item, called[item.kind_id]) | {"version": str(item.version)} if item else {}
    form = ItemForm(**texts)
    form.kind.choices = [SelectChoice(kind.name, kind.name) for kind in kinds]
    if form.validate_on_submit():
        with form.refusals():
            line, said = rules.read_item(form.texts, year, *plans.reading_of(actor.team_id))
            plans.save(actor, year, line, clock.now(), item.id if item else None, posted_id("version") or 0)
            for sentence in said:
                flash(translated(Refused(sentence.text, **sentence.values)))
            return redirect(url_for("plans.show", year=year), 303)
    now = plans.texts_of(item, called[item.kind_id]) if item else {}
    return form.page("plans/edit.html", year=year, item=item, now=now)


@bp.post("/plans/items/<id:item_id>/remove")
@administrators
@writes
def remove(item_id: int) -> ResponseReturnValue:
    year = plans.remove(the_actor(), item_id, clock.now())
    flash(gettext("Taken out of the plan. Its activities stay."))
    return redirect(url_for("plans.show", year=year), 303)


@bp.get("/plans/items/<id:item_id>")
@leaders
def item(item_id: int) -> ResponseReturnValue:
    """One item: how far it is, and what is held for it."""
    found = progress.get_for(the_actor(), item_id, clock.now())
    choices = plans.list_of_kind(the_actor(), found.item.kind_id) | found.activities
    return render_template("plans/item.html", one=found, choices=choices)


@bp.post("/plans/items/<id:item_id>/activities")
@leaders
@writes
def hold(item_id: int) -> ResponseReturnValue:
    plans.hold(the_actor(), item_id, posted_ids("activity"), clock.now())
    flash(gettext("Saved."))
    return redirect(url_for("plans.item", item_id=item_id), 303)


@bp.route("/plans/items/<id:item_id>/activity", methods=["GET", "POST"])
@leaders
@writes
def new_activity(item_id: int) -> ResponseReturnValue:
    """An activity for an item, proposed as the item says: its dates are looked at first, like those of any other."""
    actor, now = the_actor(), clock.now()
    item = plans.get_for(actor, item_id)
    first = rules.first_day(item.title, item.year, item.months, clock.today(now, actor.zone))
    kinds = {kind.id: kind.code for kind in activities.list_kinds_for(actor)}
    repeat = rules.proposed(item.dates, item.months)
    about = {"title": item.title, "kind": kinds[item.kind_id], "date": first, "repeat": repeat}
    return drafting(None, about, lambda made: plans.hold_also(actor, item.id, made.id, now))


@bp.get("/plans/items/<id:item_id>/done/<path:what>")
@leaders
def done(item_id: int, what: str) -> ResponseReturnValue:
    """Every row that a figure of an item is made of."""
    found, goal, rows = progress.list_done(the_actor(), item_id, what, clock.now())
    return render_template("plans/done.html", one=found, goal=goal, rows=rows)


# Files


@bp.route(f"/plans/{YEAR}/import", methods=["GET", "POST"])
@administrators
@takes_files
def hand_in(year: int) -> ResponseReturnValue:
    """A plan is handed in; it is read before the write begins, and nothing is planned yet."""
    form, sent = PlanFileForm(), request.files.get("file")
    if form.validate_on_submit():
        with form.refusals():
            if not sent or not sent.filename:
                raise Refused("Choose a file first.", field="file")
            look = plan_files.hand_in(the_actor(), sent.filename, sent.read(MAX_BYTES + 1), year, clock.now())
            return redirect(url_for("plans.preview", preview_id=write(lambda: plan_files.keep(look))), 303)
    return form.page("plans/hand_in.html", year=year)


@bp.route("/plans/import/<id:preview_id>", methods=["GET", "POST"])
@administrators
def preview(preview_id: int) -> ResponseReturnValue:
    """What would become of it; its maker matches columns, mends lines, and takes it in."""
    said, actor = request.form, the_actor()
    if request.method == "GET":
        return _show(preview_id)
    if said.get("action") == "take":
        return _take(preview_id)
    if said.get("action") == "match":
        look = plan_files.match(actor, preview_id, said.get("heading", ""), said.get("column", ""))
    else:
        texts = {column: one_line(said.get(column, "")) for column in rules.FIELDS}
        look = plan_files.mend(actor, preview_id, said.get("line", ""), texts)
    write(lambda: plan_files.keep(look))
    return redirect(url_for("plans.preview", preview_id=preview_id), 303)


def _show(preview_id: int, changed: str = "") -> ResponseReturnValue:
    look, kinds = plan_files.look_at(the_actor(), preview_id), activities.list_kinds_for(the_actor())
    called = {kind.id: kind.name for kind in kinds}
    return render_template("plans/preview.html", look=look, kinds=called, changed=changed), 422 if changed else 200


def _take(preview_id: int) -> ResponseReturnValue:
    actor, seen, now = the_actor(), request.form.get("seen", ""), clock.now()
    try:
        n = write(lambda: plan_files.take(actor, preview_id, seen, now))
    except Refused as changed:
        return _show(preview_id, translated(changed))
    flash(ngettext("%(num)d item is in the plan.", "%(num)d items are in the plan.", n))
    return redirect(url_for("plans.preview", preview_id=preview_id), 303)


# Facts


@bp.route(f"/plans/{YEAR}/facts", methods=["GET", "POST"])
@leaders
@writes
def enter_facts(year: int) -> ResponseReturnValue:
    """What is entered by hand, one tap on its kind after its words; and what of a year was, of a `kind` and `level`."""
    actor, now, form = the_actor(), clock.now(), FactForm(day=clock.today(clock.now(), the_actor().zone))
    people = [SelectChoice(str(one.person_id), one.name) for one in teams.list_members_for(actor)]
    form.person_id.choices = [SelectChoice("", gettext("The team’s")), *people]
    if form.validate_on_submit():
        with form.refusals():
            fact = facts.enter(actor, form.said, now)
            flash(gettext("Entered."))
            return redirect(url_for("plans.enter_facts", year=fact.day.year), 303)
    kind, level = request.args.get("kind", ""), request.args.get("level")
    found = facts.list_for(actor, date(year, 1, 1), date(year, 12, 31), kind, level)
    return form.page("plans/facts.html", year=year, found=found, kinds=KIND_WORDS, levels=LEVEL_WORDS)


@bp.post("/plans/facts/<id:fact_id>/remove")
@leaders
@writes
def remove_fact(fact_id: int) -> ResponseReturnValue:
    fact = facts.remove(the_actor(), fact_id, clock.now())
    flash(gettext("Taken out."))
    return redirect(url_for("plans.enter_facts", year=fact.day.year), 303)
