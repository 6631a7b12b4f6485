"""The list on paper: the sheet to print, and the page on which its rows are typed back."""

import re
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..activities import service as activities
from ..checkin import editions, scanning
from ..errors import Refused
from ..papers.notation import Presence, mark_of
from ..signups import board
from ..web.access import day_leaders, the_actor
from ..web.addresses import public_url
from ..web.forms import posted_choice, posted_id
from ..web.refusals import translated
from ..web.transactions import writes
from . import paper, service
from .service import RowAnswer

bp = Blueprint("sheets", __name__)


@bp.get("/occurrences/<id:occurrence_id>/sheet")
@day_leaders
def sheet(occurrence_id: int) -> ResponseReturnValue:
    """The list to print. Fetched again it is the same file, as long as the list is the same."""
    actor, now = the_actor(), clock.now()
    _, shown = scanning.show(actor, occurrence_id, now)
    date, edition, rows = editions.print_list(actor, occurrence_id, now)
    mark = mark_of(edition.number)
    address = public_url("sheets.type_rows", occurrence_id=occurrence_id, edition=mark)
    poster = public_url("checkin.scan", code=shown.poster) if shown.poster else ""
    pdf = paper.draw(paper.sheet_of(actor, date, edition, rows, address, poster))
    name = {"Content-Disposition": f'inline; filename="{clock.today(date.starts_at, actor.zone)}-{mark}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=name)


@bp.get("/occurrences/<id:occurrence_id>/sheet/rows")
@day_leaders
def type_rows(occurrence_id: int) -> ResponseReturnValue:
    """Where the rows of a sheet are typed back."""
    return render_template("sheets/rows.html", **_page(occurrence_id))


def _page(occurrence_id: int) -> dict[str, Any]:
    """What the page shows without a look. edition: the mark that is chosen."""
    actor = the_actor()
    marks = editions.list_marks(activities.get_occurrence_for(actor, occurrence_id))
    chosen = request.values.get("edition", "").strip().upper()
    known = [mark for mark, _ in marks]
    return {
        "card": board.find_card(actor, occurrence_id, clock.now()),
        "marks": marks,
        "edition": chosen if chosen in known else next(iter(known), ""),
        "typed": request.form,
    }


@bp.post("/occurrences/<id:occurrence_id>/sheet")
@day_leaders
@writes
def take_rows(occurrence_id: int) -> ResponseReturnValue:
    """Look at what was typed, by name, or save it: `rows`, and `action` is preview or save."""
    actor, now, look, text = the_actor(), clock.now(), None, request.form.get("rows", "")
    try:
        action = posted_choice("action", ("preview", "save"), Refused("Look at the rows, or save them."))
        look = service.look(actor, occurrence_id, text, request.form.get("edition", ""), now)
        if action == "save":
            if request.form.get("seen", look.seen) != look.seen:
                raise Refused("This is what the rows come to now. Look at it, then save.")
            return _saved(occurrence_id, service.save(actor, look, _answers(), now), look.mark)
    except Refused as refused:
        wrong = {"wrong": translated(refused), "wrong_row": refused.field}
        return render_template("sheets/rows.html", **_page(occurrence_id), look=look, **wrong), 422
    return render_template("sheets/rows.html", **_page(occurrence_id), look=look)


def _answers() -> dict[int, RowAnswer]:
    """What was said of single rows, by number."""
    found = (re.fullmatch("(is|at|name|phone|shift|came)-([0-9]{1,4})", name) for name in request.form)
    return {int(n): _answer(n) for n in {name[2] for name in found if name}}


def _answer(n: str) -> RowAnswer:
    sent = {name: request.form.get(f"{name}-{n}", "") for name in ("is", "at", "name", "phone", "came")}
    presence = next((one for one in Presence if one == sent["is"]), None)
    newcomer = sent["name"], sent["phone"], posted_id(f"shift-{n}")
    return RowAnswer(presence, sent["at"], *newcomer, came=sent["came"] == "yes")


def _saved(occurrence_id: int, saved: service.Saved, mark: str) -> ResponseReturnValue:
    n = saved.people
    flash(ngettext("Sheet %(mark)s: %(num)d person saved.", "Sheet %(mark)s: %(num)d people saved.", n, mark=mark))
    if saved.left:
        flash(gettext("Left as it is: %(rows)s.", rows=", ".join(saved.left)), "error")
    return redirect(url_for("checkin.roster", occurrence_id=occurrence_id), 303)
