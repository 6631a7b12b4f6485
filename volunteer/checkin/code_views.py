"""Checking in by code: what the leader holds up, and what whoever scans it sees and confirms."""

from datetime import datetime

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .. import clock
from ..errors import Refused
from ..storage.database import write
from ..web.access import browser_here, day_leaders, members, the_actor, visitor
from ..web.forms import posted_choice, posted_id
from ..web.transactions import writes
from . import door, scanning
from .forms import DigitsForm, ListedForm, StrangerForm
from .rules import HELD_FOR, Result
from .views import bp

bp.add_app_template_global(scanning.list_flags)


@bp.get("/occurrences/<id:occurrence_id>/code")
@day_leaders
def code(occurrence_id: int) -> ResponseReturnValue:
    """What the leader holds up: the code that changes, the digits once they are open, how many are in; the poster."""
    date, shown = scanning.show(the_actor(), occurrence_id, clock.now())
    return render_template("checkin/code.html", date=date, shown=shown)


@bp.post("/occurrences/<id:occurrence_id>/code")
@day_leaders
@writes
def open_digits(occurrence_id: int) -> ResponseReturnValue:
    """Open the six digits, or close them again."""
    wanted = posted_choice("digits", ("open", "close"), Refused("Open the digits, or close them."))
    scanning.open_digits(the_actor(), occurrence_id, wanted == "open", clock.now())
    return redirect(url_for("checkin.code", occurrence_id=occurrence_id), 303)


@bp.get("/q/<code>")
def scan(code: str) -> ResponseReturnValue:
    """What one is going to confirm; looking checks nobody in. Who has to log in first may take a quarter of an hour."""
    actor, at = visitor(), _scanned_at(code)
    judged = scanning.read(code, at)
    judged = scanning.judge(actor, judged, at) if actor else judged
    session["scanned"] = [code, int(at.timestamp())] if judged.done else ["", 0]
    return render_template("checkin/scan.html", judged=judged, code=code, at=at)


@bp.route("/q/<code>/<any(listed,new):who>", methods=["GET", "POST"])
def ring(code: str, who: str) -> ResponseReturnValue:
    """Who is not logged in tells the leader that they came: somebody on the list, or new and with their consent."""
    at, form = _scanned_at(code), ListedForm() if who == "listed" else StrangerForm()
    judged = scanning.judge_stranger(scanning.read(code, at), at)
    if visitor() or judged.date is None:
        return redirect(url_for("checkin.scan", code=code), 303)
    if not judged.done:
        return render_template("checkin/scan.html", judged=judged, code=code, at=at), 422
    if form.validate_on_submit():
        how = (judged.date, form.caller, request.remote_addr or "", clock.now())
        with form.refusals():
            write(lambda: door.ring(*how))
            flash(gettext("The leader reads it now. Stay near until they have found you."))
            return redirect(url_for("checkin.scan", code=code), 303)
    return form.page("checkin/door.html", judged=judged, code=code, who=who)


@bp.post("/occurrences/<id:occurrence_id>/callers")
@day_leaders
@writes
def answer_door(occurrence_id: int) -> ResponseReturnValue:
    """Who waits at the door is let in or turned away, or all of them are turned away."""
    whose, caller_id, now = (the_actor(), occurrence_id), posted_id("caller"), clock.now()
    answer = posted_choice("answer", ("let_in", "turn_away", "turn_all_away"), Refused("Let them in, or do not."))
    if answer == "let_in":
        door.let_in(*whose, caller_id or 0, now)
        flash(gettext("Added and ticked."))
    else:
        door.turn_away(*whose, caller_id or 0 if answer == "turn_away" else None, now)
    return redirect(url_for("checkin.roster", occurrence_id=occurrence_id), 303)


def _scanned_at(code: str) -> datetime:
    """When this browser first held a code that was good then, if it still may confirm that; else now."""
    now, (held, seconds) = clock.now(), session.get("scanned", ("", 0))
    at = clock.moment(seconds)
    return at if held == code and now - at < HELD_FOR else now


@bp.post("/q/<code>")
@members
def confirm(code: str) -> ResponseReturnValue:
    """Check in or out. Not one of `@writes`: what is refused is kept, too, and doing it twice is doing it once."""
    how = (the_actor(), code, at := _scanned_at(code), browser_here(), clock.now())
    judged = write(lambda: scanning.confirm(*how, wanted=_wanted()))
    if not judged.done:
        return render_template("checkin/scan.html", judged=judged, code=code, at=at), 422
    session.pop("scanned", None)
    return redirect(url_for("checkin.check_in"), 303)


def _wanted() -> Result | None:
    """What the button said."""
    return {"in": Result.IN, "out": Result.OUT}.get(request.form.get("deed", ""))


@bp.route("/checkin", methods=["GET", "POST"])
@members
def check_in() -> ResponseReturnValue:
    """Where one stands with the dates of this hour; and checking in by six digits."""
    actor, now, form = the_actor(), clock.now(), DigitsForm()
    if form.validate_on_submit():
        how = (actor, form.code.data or "", browser_here(), now, _wanted())
        judged = write(lambda: scanning.confirm_digits(*how))
        if judged.done:
            return redirect(url_for("checkin.check_in"), 303)
        form.refuse(judged.refusal)
    return form.page("checkin/check_in.html", arrivals=scanning.list_arrivals(actor, now))
