"""The day: the leader's list with tick, absent, undo, walk-in; judging who did not come; checking in by code."""

from collections.abc import Collection
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..accounts.rules import told_apart
from ..activities import service as activities
from ..errors import Refused, or_missing
from ..ledger import balances, rules, verdicts
from ..ledger import service as ledger
from ..ledger.replay import NOTHING
from ..ledger.states import EntryKind, Question
from ..schedule import calls
from ..signups import board, hurdles, organiser
from ..signups.rules import may_decide_for
from ..signups.states import HELD, Status
from ..teams import service as teams
from ..web.access import leaders, the_actor
from ..web.addresses import back
from ..web.forms import posted_choice, posted_id
from ..web.refusals import translated
from ..web.transactions import writes
from ..words import one_line
from . import service as checkin
from . import uploads

bp = Blueprint("checkin", __name__)

MOST_FOUND = 60
"""Members shown at once; a larger team looks for a name."""


@bp.get("/occurrences/<id:occurrence_id>/roster")
@leaders
def roster(occurrence_id: int) -> ResponseReturnValue:
    """Everyone on the list, with one button each."""
    return render_template("checkin/roster.html", **_list(occurrence_id))


def _list(occurrence_id: int) -> dict[str, Any]:
    """All that stands on the list."""
    actor, now = the_actor(), clock.now()
    occurrence = activities.get_occurrence_for(actor, occurrence_id)
    lines = told_apart(board.list_roster(occurrence, now))
    said = balances.attendance_of([line.signup_id for line in lines])
    late = ledger.too_late(actor, occurrence, now)
    own = {line.signup_id for line in lines if not rules.may_decide_about(actor, line.person_id)}
    held = {line.signup_id: said.get(line.signup_id, NOTHING) for line in _with(lines, *HELD)}
    asking = [line.person_id for line in _with(lines, Status.REQUESTED)]
    missed = hurdles.under_review(actor.team_id, asking, now)
    return {
        "card": or_missing(board.find_card(actor, occurrence_id, now)),
        "missed": missed,
        "reachable": calls.list_reachable(actor, occurrence, now),
        "said": said,
        "own": own,
        "alone": {n for n, one in held.items() if n in own and rules.may_tick_oneself(actor, one, EntryKind.CHECK_IN)},
        "late": late and translated(late),
        "unmarked": checkin.list_unmarked(actor, lines, said),
        "asked": _list_open(({line.signup_id for line in lines} if now >= occurrence.ends_at else {*said}) - own),
        "for_others": {one for one in asking if not may_decide_for(actor, one, missed.get(actor.person_id))},
        "callers": checkin.list_callers(occurrence_id, lines),
        "overruled": uploads.list_overruled(actor, occurrence_id),
        "opens_at": rules.opens_at(occurrence.starts_at),
        "is_open": now >= rules.opens_at(occurrence.starts_at),
        "tomorrow": now + clock.DAY,
        **{name: _with(lines, *statuses) for name, statuses in _LISTS.items()},
    }


def _list_open(signup_ids: Collection[int]) -> dict[int, Question]:
    """What is asked about these and not yet answered."""
    return {n: asked[-1] for n, asked in verdicts.list_asked(signup_ids).items() if asked[-1].is_open}


_LISTS = {
    "confirmed": HELD,
    "waiting": (Status.WAITING,),
    "requested": (Status.REQUESTED,),
    "declined": (Status.DECLINED,),
    "on_leave": (Status.ON_LEAVE,),
}
"""The parts of the page, and who stands in each."""


def _with(lines: list[board.ListedName], *statuses: Status) -> list[board.ListedName]:
    return [line for line in lines if line.status in statuses]


@bp.get("/occurrences/<id:occurrence_id>/roster/add")
@leaders
def add(occurrence_id: int) -> ResponseReturnValue:
    """Find a member to put on the list: signed up before the day, ticked once they are there."""
    page = _addable(occurrence_id)
    return render_template("checkin/add.html", **page) if page else _to_roster(occurrence_id)


def _addable(occurrence_id: int) -> dict[str, Any]:
    """Whom the actor finds to add; nothing when it is too late."""
    actor, now = the_actor(), clock.now()
    occurrence, words = activities.get_occurrence_for(actor, occurrence_id), one_line(request.args.get("q", ""))
    if ledger.too_late(actor, occurrence, now):
        return {}
    is_open = now >= rules.opens_at(occurrence.starts_at)
    there = {line.person_id for line in _with(board.list_roster(occurrence, now), *HELD)}
    found = told_apart(teams.search_members(actor, words, MOST_FOUND + len(there) + 1))
    return {
        "card": board.find_card(actor, occurrence_id, now),
        "words": words,
        "members": [one for one in found if one.person_id not in there][:MOST_FOUND],
        "is_open": is_open,
    }


def _to_roster(occurrence_id: int) -> ResponseReturnValue:
    return redirect(url_for("checkin.roster", occurrence_id=occurrence_id), 303)


MARKS = {"present": EntryKind.CHECK_IN, "absent": EntryKind.ABSENT}
VERDICTS = {"excused": EntryKind.EXCUSED, "no_show": EntryKind.NO_SHOW}


@bp.post("/occurrences/<id:occurrence_id>/roster/<id:signup_id>")
@leaders
@writes
def mark(occurrence_id: int, signup_id: int) -> ResponseReturnValue:
    """`mark` is present, absent, excused, no_show or undo. Leads back to the name: nobody looks for it among forty."""
    whose = (the_actor(), occurrence_id, signup_id)
    wanted = posted_choice("mark", ("undo", *MARKS, *VERDICTS), Refused("Choose present, absent or undo."))
    if wanted == "undo":
        checkin.take_back(*whose, clock.now())
    elif wanted in MARKS:
        checkin.mark(*whose, MARKS[wanted], clock.now())
    else:
        verdicts.judge(*whose, VERDICTS[wanted], clock.now())
    return redirect(f"{back(url_for('checkin.roster', occurrence_id=occurrence_id))}#n{signup_id}", 303)


@bp.post("/occurrences/<id:occurrence_id>/roster/<id:signup_id>/answer")
@leaders
@writes
def answer(occurrence_id: int, signup_id: int) -> ResponseReturnValue:
    """What somebody asks about their record is answered: `answer` is grant, or it is a no, with a word why."""
    grants, whose = request.form.get("answer") == "grant", (the_actor(), occurrence_id, signup_id)
    try:
        if grants:
            verdicts.grant(*whose, clock.now())
        else:
            verdicts.decline(*whose, request.form.get("text", ""), clock.now())
    except Refused as refused:
        return _back_on_list(occurrence_id, refused, signup_id)
    flash(gettext("Answered. They read it beside the record."))
    here = url_for("checkin.roster", occurrence_id=occurrence_id)
    return redirect(back(here) if grants else here, 303)


@bp.post("/occurrences/<id:occurrence_id>/list/reserve")
@leaders
@writes
def reserve(occurrence_id: int) -> ResponseReturnValue:
    """Keep places under a label."""
    label, places = request.form.get("label", ""), posted_id("places") or 0
    try:
        organiser.reserve(the_actor(), occurrence_id, posted_id("shift"), label, places, clock.now())
    except Refused as refused:
        return _back_on_list(occurrence_id, refused)
    flash(gettext("The places are kept."))
    return _to_roster(occurrence_id)


@bp.post("/occurrences/<id:occurrence_id>/list/places")
@leaders
@writes
def resize(occurrence_id: int) -> ResponseReturnValue:
    """More or fewer places on this date; nobody is dropped."""
    try:
        organiser.resize(the_actor(), occurrence_id, posted_id("shift"), posted_id("capacity") or 0, clock.now())
    except Refused as refused:
        return _back_on_list(occurrence_id, refused)
    flash(gettext("The number of places is changed. Nobody lost theirs."))
    return _to_roster(occurrence_id)


def _back_on_list(occurrence_id: int, refused: Refused, appeal: int = 0) -> ResponseReturnValue:
    """The list with what was typed into one of its forms, and what is wrong beside it, as long as the form is there.

    appeal: the sign-up about which the form answers.
    """
    page = _list(occurrence_id)
    is_there = appeal in page["asked"] if appeal else not (page["card"].begun or page["card"].cancelled)
    if not is_there:
        raise refused
    typed = {"sent_to": request.endpoint, "wrong": translated(refused), "typed": request.form}
    return render_template("checkin/roster.html", **page, **typed, answering=appeal), 422


@bp.post("/occurrences/<id:occurrence_id>/roster/everyone")
@leaders
@writes
def mark_everyone(occurrence_id: int) -> ResponseReturnValue:
    """Everyone without a mark is there."""
    n = checkin.mark_everyone_present(the_actor(), occurrence_id, clock.now())
    ticked = ngettext("%(num)d person ticked.", "%(num)d people ticked.", n)
    flash(ticked if n else gettext("Everybody on the list is ticked already."))
    return _to_roster(occurrence_id)


@bp.post("/occurrences/<id:occurrence_id>/roster/walk-in")
@leaders
@writes
def walk_in(occurrence_id: int) -> ResponseReturnValue:
    """Somebody came without a sign-up: a member, or somebody of whom there are a name and a number."""
    person_id, now = posted_id("person"), clock.now()
    try:
        if "name" in request.form:
            newcomer = request.form["name"], request.form.get("phone", "")
            person_id = teams.take_in_at_the_door(the_actor(), *newcomer, now)
        if not person_id:
            raise Refused("Choose a member from the list.")
        checkin.walk_in(the_actor(), occurrence_id, person_id, posted_id("shift"), now)
    except Refused as refused:
        page = "name" in request.form and _addable(occurrence_id)
        if not page:
            raise
        return render_template("checkin/add.html", **page, wrong=refused, typed=request.form), 422
    flash(gettext("Added and ticked."))
    return _to_roster(occurrence_id)
