"""Buttons of a date: sign up, withdraw, cancel."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..access import leaders, members, the_actor
from ..activities import service as activities
from ..errors import Refused, or_missing
from ..posting import writes
from ..web import back, plain, posted_id, translated
from . import board, calling_off, for_others, no_shows, rescheduling, stand_ins
from . import service as signups
from .cards import Card
from .changes import digest
from .forms import CancelForm, MoveForm, PartyForm
from .models import Signup
from .rules import FIRST_COME_FROM, is_late
from .states import HELD, Leave, Status

bp = Blueprint("signups", __name__)


@bp.post("/occurrences/<id:occurrence_id>/signup")
@members
@writes
def create(occurrence_id: int) -> ResponseReturnValue:
    """One tap: a place, or one in the queue."""
    following = posted_id("following")
    if following:
        return _sign_up_following(occurrence_id, following)
    flash(_told(signups.sign_up(the_actor(), occurrence_id, posted_id("shift"), clock.now())))
    return redirect(back(), 303)


def _told(signup: Signup) -> str:
    if signup.status is Status.CONFIRMED:
        return str(gettext("You are signed up. See you there!"))
    if signup.status is Status.REQUESTED:
        return _told_of_request()
    n = signups.position_of(signup)
    return str(gettext("It is full. You are number %(n)d in the queue, and are told when a place is free.", n=n))


def _told_of_request() -> str:
    actor = the_actor()
    n = no_shows.under_review(actor.team_id, [actor.person_id], clock.now()).get(actor.person_id)
    if n is None:
        return str(gettext("Your request is with the leader. You will see the answer here."))
    return str(
        gettext(
            "You have %(n)d no-shows in the last twelve months, so the leader decides first. "
            "You will see the answer here.",
            n=n,
        )
    )


@bp.route("/occurrences/<id:occurrence_id>/party", methods=["GET", "POST"])
@members
@writes
def party(occurrence_id: int) -> ResponseReturnValue:
    """Sign up together with others: places for all of them, or none."""
    form, now = PartyForm(), clock.now()
    if form.validate_on_submit():
        guests, agrees = form.party(), form.guardian.data
        with form.refusals():
            flash(_told(signups.sign_up(the_actor(), occurrence_id, posted_id("shift"), now, guests, agrees)))
            return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)
    card = or_missing(board.find_card(the_actor(), occurrence_id, now))
    return render_template("signups/party.html", form=form, card=card), 422 if form.errors else 200


@bp.post("/occurrences/<id:occurrence_id>/accept")
@members
@writes
def accept(occurrence_id: int) -> ResponseReturnValue:
    """Take the place that is kept for a while."""
    signups.accept_offer(the_actor(), occurrence_id, clock.now())
    flash(gettext("You are signed up. See you there!"))
    return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)


def _sign_up_following(occurrence_id: int, following: int) -> ResponseReturnValue:
    """This date and the next ones of its series, each for itself."""
    became = signups.sign_up_following(the_actor(), occurrence_id, posted_id("shift"), following, clock.now())
    stand = Counter(one.status for one in became if isinstance(one, Signup))
    if n := stand.pop(Status.CONFIRMED, 0):
        flash(ngettext("You are signed up for %(num)d date.", "You are signed up for %(num)d dates.", n))
    if n := stand.pop(Status.WAITING, 0):
        flash(ngettext("You wait for %(num)d full date.", "You wait for %(num)d full dates.", n))
    if stand:
        flash(_told_of_request())
    for refused in (one for one in became if isinstance(one, Refused)):
        flash(translated(refused), "error")
    return redirect(back(), 303)


@bp.route("/occurrences/<id:occurrence_id>/withdraw", methods=["GET", "POST"])
@members
@writes
def withdraw(occurrence_id: int) -> ResponseReturnValue:
    """The first tap asks, the second gives the place up."""
    if request.method == "GET":
        occurrence = activities.get_occurrence_for(the_actor(), occurrence_id)
        card = or_missing(board.find_card(the_actor(), occurrence_id, clock.now()))
        return render_template("signups/withdraw.html", occurrence=occurrence, **_how_to_withdraw(card, clock.now()))
    flash(_told_of_giving_up(signups.withdraw(the_actor(), occurrence_id, clock.now(), _reason())))
    return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)


def _how_to_withdraw(card: Card, now: datetime) -> dict[str, object]:
    """queue: somebody gets the place; late: it is leave; stand_in: whoever was asked to take over."""
    mine = [place for place in card.places if place.mine in HELD]
    held = next((place for place in mine if place.mine is Status.CONFIRMED), None)
    return {
        "card": card,
        "queue": any(place.waiting for place in mine),
        "late": held is not None and is_late(held.starts_at, now),
        "can_hand_over": held and not held.waiting and held.starts_at - now >= FIRST_COME_FROM,
        "stand_in": stand_ins.find_open(held.signup_id) if held and held.signup_id else None,
    }


def _told_of_giving_up(given_up: Sequence[Signup]) -> str:
    if any(one.status is Status.ON_LEAVE for one in given_up):
        return str(gettext("Your sign-up is withdrawn. The leader sees that you ask for leave."))
    if given_up:
        return str(gettext("Your sign-up is withdrawn. Thank you for saying so."))
    return str(gettext("You are not signed up for this date."))


def _reason() -> Leave:
    reason = request.form.get("reason", Leave.OTHER)
    return Leave(reason) if reason in set(Leave) else Leave.OTHER


@bp.post("/occurrences/<id:occurrence_id>/stand-in")
@members
@writes
def ask_stand_in(occurrence_id: int) -> ResponseReturnValue:
    """I can't come: ask somebody to take over; the place is mine until then."""
    stand_ins.ask(the_actor(), occurrence_id, clock.now())
    flash(gettext("Somebody is being asked. The place stays yours until they say yes."))
    return redirect(url_for("signups.withdraw", occurrence_id=occurrence_id), 303)


@bp.post("/stand-ins/<id:stand_in_id>")
@members
@writes
def answer_stand_in(stand_in_id: int) -> ResponseReturnValue:
    """Yes or no to standing in."""
    accept = request.form.get("answer") == "yes"
    stand_ins.answer(the_actor(), stand_in_id, accept, clock.now())
    flash(gettext("The place is yours now. Thank you!") if accept else gettext("Thank you for answering."))
    return redirect(url_for("home.me"), 303)


@bp.post("/stand-ins/<id:stand_in_id>/undo")
@members
@writes
def undo_stand_in(stand_in_id: int) -> ResponseReturnValue:
    """Give the place back."""
    stand_ins.undo(the_actor(), stand_in_id, clock.now())
    flash(gettext("The place is back where it was."))
    return redirect(url_for("home.me"), 303)


@bp.route("/occurrences/<id:occurrence_id>/cancel", methods=["GET", "POST"])
@leaders
@writes
def cancel(occurrence_id: int) -> ResponseReturnValue:
    """Cancel a date, with a reason that everyone signed up reads."""
    form = CancelForm()
    occurrence = activities.get_occurrence_for(the_actor(), occurrence_id)
    if form.validate_on_submit():
        with form.refusals():
            calling_off.cancel_date(the_actor(), occurrence_id, form.reason.data or "", clock.now())
            flash(gettext("This date is cancelled. Calendars may lag a day; please tell people too."))
            return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)
    return render_template("signups/cancel.html", form=form, occurrence=occurrence), 422 if form.errors else 200


@bp.post("/occurrences/<id:occurrence_id>/restore")
@leaders
@writes
def restore(occurrence_id: int) -> ResponseReturnValue:
    """Let a cancelled or skipped date take place after all."""
    calling_off.restore_date(the_actor(), occurrence_id, clock.now())
    flash(gettext("This date takes place again. Calendars may lag a day; please tell people too."))
    return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)


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
            preview = rescheduling.preview_following if form.following else rescheduling.preview_date
            move = preview(actor, occurrence_id, *form.wanted(), now)
            changes, clashes = move.changes, rescheduling.count_clashes(move.changes)
            if request.form.get("action") != "preview":
                return _moved(occurrence_id, move, must_be_seen=form.following or bool(clashes))
    shown = {"changes": changes, "clashes": clashes, "seen": digest(changes or [])}
    page = render_template("signups/move.html", form=form, occurrence=occurrence, **shown)
    return page, 422 if form.errors else 200


def _moved(occurrence_id: int, move: rescheduling.Move, *, must_be_seen: bool) -> ResponseReturnValue:
    if must_be_seen and request.form.get("seen") != digest(move.changes):
        raise Refused("This is what would become of each date now. Look at it, then move them.")
    rescheduling.make(the_actor(), move, clock.now())
    flash(gettext("Moved. Everyone keeps their place; calendars may lag a day, so please tell people too."))
    return redirect(url_for("home.show_occurrence", occurrence_id=occurrence_id), 303)


@bp.get("/activities/out-of-plan")
@leaders
def list_out_of_plan() -> ResponseReturnValue:
    """Series that no longer agree with the holidays, each with what keeping to the plan would change."""
    series = rescheduling.list_out_of_plan(the_actor(), clock.now())
    clashes = [rescheduling.count_clashes(changes) for _, changes in series]
    return render_template("signups/out_of_plan.html", series=series, clashes=clashes)


@bp.post("/activities/<id:activity_id>/keep-to-plan")
@leaders
@writes
def keep_to_plan(activity_id: int) -> ResponseReturnValue:
    """Make the changes that page has shown."""
    activity = activities.get_activity_for(the_actor(), activity_id)
    n = rescheduling.keep_to_plan(the_actor(), activity, clock.now())
    flash(
        ngettext("%(num)d date changed. Calendars may lag a day.", "%(num)d dates changed. Calendars may lag a day.", n)
    )
    return redirect(url_for("activities.show", activity_id=activity_id), 303)


def _to_list(occurrence_id: int) -> ResponseReturnValue:
    return redirect(url_for("attendance.roster", occurrence_id=occurrence_id), 303)


@bp.post("/occurrences/<id:occurrence_id>/list/sign-up")
@leaders
@writes
def sign_up_member(occurrence_id: int) -> ResponseReturnValue:
    """Sign a member up who cannot do it; with `despite_clash` although they are elsewhere at that time."""
    person_id, insists = posted_id("person") or 0, bool(request.form.get("despite_clash"))
    signup = for_others.sign_up_member(
        the_actor(), occurrence_id, posted_id("shift"), person_id, clock.now(), despite_clash=insists
    )
    waiting = signup.status is Status.WAITING
    flash(gettext("It is full, so they wait in the queue.") if waiting else gettext("Signed up."))
    return _to_list(occurrence_id)


@bp.post("/occurrences/<id:occurrence_id>/list/reserve")
@leaders
@writes
def reserve(occurrence_id: int) -> ResponseReturnValue:
    """Keep places under a label."""
    label, places = plain(request.form.get("label", "")), posted_id("places") or 0
    for_others.reserve(the_actor(), occurrence_id, posted_id("shift"), label, places, clock.now())
    flash(gettext("The places are kept."))
    return _to_list(occurrence_id)


@bp.post("/occurrences/<id:occurrence_id>/list/places")
@leaders
@writes
def resize(occurrence_id: int) -> ResponseReturnValue:
    """More or fewer places on this date; nobody is dropped."""
    for_others.resize(the_actor(), occurrence_id, posted_id("shift"), posted_id("capacity") or 0, clock.now())
    flash(gettext("The number of places is changed. Nobody lost theirs."))
    return _to_list(occurrence_id)


@bp.post("/occurrences/<id:occurrence_id>/list/<id:signup_id>")
@leaders
@writes
def decide(occurrence_id: int, signup_id: int) -> ResponseReturnValue:
    """`decision` is approve or decline a request, or take off the list."""
    decision = request.form.get("decision", "")
    if decision == "take_off":
        for_others.take_off(the_actor(), occurrence_id, signup_id, clock.now())
    elif decision in ("approve", "decline"):
        for_others.answer_request(the_actor(), occurrence_id, signup_id, decision == "approve", clock.now())
    else:
        raise Refused("Choose approve, decline or take off.")
    flash(gettext("Done."))
    return _to_list(occurrence_id)
