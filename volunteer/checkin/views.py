"""The day: the leader's list with tick, absent, undo, walk-in; judging who did not come; checking in by code."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..accounts.rules import told_apart
from ..activities import service as activities
from ..activities.models import Occurrence
from ..actor import Actor
from ..errors import Refused, or_missing
from ..ledger import balances, rules, verdicts
from ..ledger import service as ledger
from ..ledger.replay import NOTHING, Attendance
from ..ledger.states import EntryKind, Question
from ..schedule import calls
from ..signups import board, hurdles, organiser, places
from ..signups.rules import may_decide_for
from ..signups.states import HELD, Status
from ..teams import service as teams
from ..web.access import day_leaders, leaders, members, the_actor
from ..web.addresses import back, landmark
from ..web.forms import posted_choice, posted_id
from ..web.refusals import translated
from ..web.transactions import writes
from ..words import one_line
from . import door, editions, lending, uploads
from . import service as checkin

bp = Blueprint("checkin", __name__)

MOST_FOUND = 60
"""Members shown at once; a larger team looks for a name."""


@bp.get("/occurrences/<id:occurrence_id>/roster")
@day_leaders
def roster(occurrence_id: int) -> ResponseReturnValue:
    """Everyone on the list, with one button each; `show`: only who is, or who is not, here.

    The first look makes the edition its numbers are of.
    """
    editions.keep_numbers(the_actor(), occurrence_id, clock.now())
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
    asked_about = {line.signup_id for line in lines} if now >= occurrence.ends_at else {*said}
    asking = [line.person_id for line in _with(lines, Status.REQUESTED)]
    numbers = editions.number(occurrence)
    missed = hurdles.under_review(actor.team_id, asking, now)
    return {
        "card": or_missing(board.find_card(actor, occurrence_id, now)),
        "missed": missed,
        "reachable": {one.id: one for one in calls.list_reachable(actor, occurrence, now)},
        "said": said,
        "own": own,
        "alone": {n for n, one in held.items() if n in own and rules.may_tick_oneself(actor, one, EntryKind.CHECK_IN)},
        "late": late and translated(late),
        "unmarked": checkin.list_unmarked(actor, lines, said),
        "asked": _list_open(asked_about - own) if actor.leads else {},
        "for_others": {one for one in asking if not may_decide_for(actor, one, missed.get(actor.person_id))},
        "callers": door.list_callers(occurrence_id, lines),
        "overruled": uploads.list_overruled(actor, occurrence_id),
        "numbers": numbers,
        **_who_comes(actor, occurrence, lines, said, now),
        **{name: _with(lines, *statuses) for name, statuses in _LISTS.items() if actor.leads or name in _KEEPERS},
        "confirmed": numbers.in_order(_with(lines, *HELD)),
    }


def _who_comes(
    actor: Actor, date: Occurrence, lines: list[board.ListedName], said: Mapping[int, Attendance], now: datetime
) -> dict[str, Any]:
    """Who is here, who is expected and by when, who comes along, who keeps the list; which of them are wanted."""
    return {
        "show": request.args.get("show", ""),
        "opens_at": rules.opens_at(date.starts_at),
        "is_open": now >= rules.opens_at(date.starts_at),
        "present": {signup_id for signup_id, one in said.items() if one.present},
        "tomorrow": now + clock.DAY,
        "expected_at": checkin.list_expected(date, lines),
        "guests": places.list_guests([line.signup_id for line in lines if line.places]),
        "keepers": lending.list_keepers(actor, date, now) if actor.leads else [],
        "lent_to": date.lent_to_id,
    }


def _list_open(signup_ids: Collection[int]) -> dict[int, Question]:
    """What is asked about these and not yet answered."""
    return {n: asked[-1] for n, asked in verdicts.list_asked(signup_ids).items() if asked[-1].is_open}


_LISTS = {
    "waiting": (Status.WAITING,),
    "requested": (Status.REQUESTED,),
    "declined": (Status.DECLINED,),
    "on_leave": (Status.ON_LEAVE,),
}
"""The parts of the page, and who stands in each."""
_KEEPERS = ("confirmed", "waiting")
"""Those that whoever keeps the list needs."""


def _with(lines: list[board.ListedName], *statuses: Status) -> list[board.ListedName]:
    return [line for line in lines if line.status in statuses]


@bp.get("/occurrences/<id:occurrence_id>/roster/add")
@day_leaders
def add(occurrence_id: int) -> ResponseReturnValue:
    """Find a member to put on the list: signed up before the day, ticked once they are there."""
    page = _addable(occurrence_id)
    return render_template("checkin/add.html", **page) if page else _to_roster(occurrence_id)


def _addable(occurrence_id: int) -> dict[str, Any]:
    """Whom the actor finds to add; nothing when it is too late. Who only keeps the list has to know the name."""
    actor, now = the_actor(), clock.now()
    occurrence, words = activities.get_occurrence_for(actor, occurrence_id), one_line(request.args.get("q", ""))
    is_open = now >= rules.opens_at(occurrence.starts_at)
    if ledger.too_late(actor, occurrence, now) or not (is_open or actor.leads):
        return {}
    there = {line.person_id for line in _with(board.list_roster(occurrence, now), *HELD)}
    most = MOST_FOUND + len(there) + 1 if words or actor.leads else 0
    found = told_apart(teams.search_members(actor, words, most))
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
@day_leaders
@writes
def mark(occurrence_id: int, signup_id: int) -> ResponseReturnValue:
    """`mark` is present, absent, excused, no_show or undo. Leads back to the name: nobody looks for it among forty.

    present with `alone`: but nobody who comes along; with `companion`: only that one of them, as is undo.
    """
    whose, companion = (the_actor(), occurrence_id, signup_id), posted_id("companion")
    wanted = posted_choice("mark", ("undo", *MARKS, *VERDICTS), Refused("Choose present, absent or undo."))
    if companion is not None:
        checkin.tick_companion(*whose[:2], (signup_id, companion), wanted == "present", clock.now())
    elif wanted == "undo":
        checkin.take_back(*whose, clock.now())
    elif wanted in MARKS:
        checkin.mark(*whose, MARKS[wanted], clock.now(), alone="alone" in request.form)
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
@day_leaders
@writes
def mark_everyone(occurrence_id: int) -> ResponseReturnValue:
    """Everyone without a mark is there."""
    n = checkin.mark_everyone_present(the_actor(), occurrence_id, clock.now())
    ticked = ngettext("%(num)d person ticked.", "%(num)d people ticked.", n)
    flash(ticked if n else gettext("Everybody on the list is ticked already."))
    return _to_roster(occurrence_id)


@bp.post("/occurrences/<id:occurrence_id>/roster/walk-in")
@day_leaders
@writes
def walk_in(occurrence_id: int) -> ResponseReturnValue:
    """Somebody came without a sign-up: a member, or somebody of whom there are a name and a number."""
    person_id, now = posted_id("person"), clock.now()
    try:
        if "name" in request.form:
            newcomer = request.form["name"], request.form.get("phone", "")
            person_id = checkin.take_in(the_actor(), occurrence_id, *newcomer, now)
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


@bp.post("/occurrences/<id:occurrence_id>/lend")
@leaders
@writes
def lend(occurrence_id: int) -> ResponseReturnValue:
    """The list is lent to a `person` on it for the day, or taken back."""
    lending.lend(the_actor(), occurrence_id, posted_id("person"), clock.now())
    flash(gettext("They are told.") if posted_id("person") else gettext("The list is yours again."))
    return _to_roster(occurrence_id)


@bp.post("/occurrences/<id:occurrence_id>/late")
@members
@writes
def come_late(occurrence_id: int) -> ResponseReturnValue:
    """The leader reads that somebody comes so many `minutes` late."""
    checkin.come_late(the_actor(), occurrence_id, posted_id("minutes") or 0, clock.now())
    flash(gettext("The leader sees it on the list."))
    return redirect(back(url_for(landmark("date"), occurrence_id=occurrence_id)), 303)
