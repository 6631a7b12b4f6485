"""Buttons of a date about places: sign up, withdraw, stand in; and what a leader does for others."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..activities import service as activities
from ..errors import Refused, or_missing
from ..web.access import leaders, members, the_actor
from ..web.addresses import back, landmark
from ..web.formats import said
from ..web.forms import posted_choice, posted_id
from ..web.refusals import translated
from ..web.transactions import writes
from . import board, organiser, places, stand_ins
from . import service as signups
from .cards import Card
from .forms import PartyForm
from .models import Signup
from .places import Outcome
from .rules import is_late, is_near
from .states import HELD, Ground, Leave, Status, Why

bp = Blueprint("signups", __name__)


@bp.post("/occurrences/<id:occurrence_id>/signup")
@members
@writes
def create(occurrence_id: int) -> ResponseReturnValue:
    """One tap: a place, or one in the queue."""
    if following := posted_id("following"):
        return _sign_up_following(occurrence_id, following)
    shift_id, meets = posted_id("shift"), bool(request.form.get("meets"))
    flash(_said_of(signups.sign_up(the_actor(), occurrence_id, shift_id, clock.now(), meets=meets)))
    return redirect(back(), 303)


def _said_of(outcome: Outcome) -> str:
    if outcome.status is Status.CONFIRMED:
        return str(gettext("You are signed up. See you there!"))
    if outcome.status is Status.REQUESTED:
        return _said_of_request(outcome.signup.why)
    if outcome.signup.in_draw:
        return str(gettext("You take part in the draw. The result will stand here and under “Me”."))
    n = places.position_of(outcome.signup)
    return str(gettext("It is full. You are number %(n)d in the queue, and are told when a place is free.", n=n))


def _said_of_request(why: Why | None) -> str:
    if why is None:
        return str(gettext("Your request is with the leader. You will see the answer here."))
    return str(gettext("Your request is with the leader. You will see the answer here. (%(why)s)", why=said(why.words)))


@bp.route("/occurrences/<id:occurrence_id>/party", methods=["GET", "POST"])
@members
@writes
def party(occurrence_id: int) -> ResponseReturnValue:
    """Sign up together with others: places for all of them, or none."""
    now = clock.now()
    card = or_missing(board.find_card(the_actor(), occurrence_id, now))
    form = PartyForm(data=PartyForm.values_of(places.list_companions(card)))
    if form.validate_on_submit():
        asked, meets = (posted_id("shift"), now, form.party(), form.guardian.data), bool(request.form.get("meets"))
        with form.refusals():
            outcome = signups.sign_up(the_actor(), occurrence_id, *asked, meets=meets)
            flash(gettext("Saved.") if card.own else _said_of(outcome))
            return redirect(url_for(landmark("date"), occurrence_id=occurrence_id), 303)
    return form.page("signups/party.html", card=card)


@bp.post("/occurrences/<id:occurrence_id>/accept")
@members
@writes
def accept(occurrence_id: int) -> ResponseReturnValue:
    """Take the place that is kept for a while."""
    signups.accept_offer(the_actor(), occurrence_id, clock.now())
    flash(gettext("You are signed up. See you there!"))
    return redirect(url_for(landmark("date"), occurrence_id=occurrence_id), 303)


def _sign_up_following(occurrence_id: int, following: int) -> ResponseReturnValue:
    """This date and the next ones of its series, each for itself."""
    asked, meets = (posted_id("shift"), following, clock.now()), bool(request.form.get("meets"))
    became = signups.sign_up_following(the_actor(), occurrence_id, *asked, meets=meets)
    outcomes = [one for one in became if isinstance(one, Outcome)]
    stand = Counter(Ground.DRAW if one.signup.in_draw else one.status for one in outcomes)
    if n := stand.pop(Ground.DRAW, 0):
        flash(ngettext("You take part in %(num)d draw.", "You take part in %(num)d draws.", n))
    if n := stand.pop(Status.CONFIRMED, 0):
        flash(ngettext("You are signed up for %(num)d date.", "You are signed up for %(num)d dates.", n))
    if n := stand.pop(Status.WAITING, 0):
        flash(ngettext("You wait for %(num)d full date.", "You wait for %(num)d full dates.", n))
    if stand:
        flash(_said_of_request(next((one.signup.why for one in outcomes if one.status is Status.REQUESTED), None)))
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
    flash(_said_of_giving_up(signups.withdraw(the_actor(), occurrence_id, clock.now(), _reason())))
    return redirect(url_for(landmark("date"), occurrence_id=occurrence_id), 303)


def _how_to_withdraw(card: Card, now: datetime) -> dict[str, object]:
    """state: None where nothing can be withdrawn any more; queue: somebody gets the place; late: it is leave."""
    mine = [place for place in card.places if place.mine in HELD]
    held = next((place for place in mine if place.mine is Status.CONFIRMED), None)
    return {
        "card": card,
        "state": None if card.cancelled or card.begun else card.signed_up,
        "in_draw": any(place.undrawn for place in card.own),
        "queue": any(place.waiting for place in mine),
        "late": held is not None and is_late(held.starts_at, now),
        "can_hand_over": held and not held.waiting and not is_near(held.starts_at, now),
        "stand_in": stand_ins.find_open(held.signup_id) if held and held.signup_id else None,
    }


def _said_of_giving_up(given_up: Sequence[Signup]) -> str:
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
    stand_ins.answer(the_actor(), stand_in_id, accept, clock.now(), meets=bool(request.form.get("meets")))
    flash(gettext("The place is yours now. Thank you!") if accept else gettext("Thank you for answering."))
    return redirect(url_for(landmark("me")), 303)


@bp.post("/stand-ins/<id:stand_in_id>/undo")
@members
@writes
def undo_stand_in(stand_in_id: int) -> ResponseReturnValue:
    """Give the place back."""
    stand_ins.undo(the_actor(), stand_in_id, clock.now())
    flash(gettext("The place is back where it was."))
    return redirect(url_for(landmark("me")), 303)


@bp.post("/occurrences/<id:occurrence_id>/list/sign-up")
@leaders
@writes
def sign_up_member(occurrence_id: int) -> ResponseReturnValue:
    """Sign a member up who cannot do it; with `despite_clash` although they are elsewhere at that time."""
    person_id, insists = posted_id("person") or 0, bool(request.form.get("despite_clash"))
    signup = organiser.sign_up_member(
        the_actor(), occurrence_id, posted_id("shift"), person_id, clock.now(), despite_clash=insists
    )
    flash(_said_of_signing_up(signup))
    return redirect(url_for(landmark("roster"), occurrence_id=occurrence_id), 303)


def _said_of_signing_up(signup: Signup) -> str:
    if signup.in_draw:
        return str(gettext("They take part in the draw."))
    waiting = signup.status is Status.WAITING
    return str(gettext("It is full, so they wait in the queue.") if waiting else gettext("Signed up."))


@bp.post("/occurrences/<id:occurrence_id>/list/<id:signup_id>")
@leaders
@writes
def decide(occurrence_id: int, signup_id: int) -> ResponseReturnValue:
    """`decision` is approve or decline a request, undo an answer of just now, or take off the list."""
    otherwise = Refused("Choose approve, decline or take off.")
    decision = posted_choice("decision", ("approve", "decline", "undo", "take_off"), otherwise)
    whose = (the_actor(), occurrence_id, signup_id)
    if decision == "take_off":
        organiser.take_off(*whose, clock.now())
    elif decision == "undo":
        organiser.take_back_answer(*whose, clock.now())
    else:
        organiser.answer_request(*whose, decision == "approve", clock.now())
    flash(gettext("Done."))
    return redirect(f"{back(url_for(landmark('roster'), occurrence_id=occurrence_id))}#n{signup_id}", 303)
