"""Pages about oneself: log in, log out, password, devices, language."""

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..errors import Refused
from ..storage.database import write
from ..web import throttle
from ..web.access import first_page, known_here, log_in_here, log_out_here, members, the_actor, visitor
from ..web.addresses import landmark, local_path
from ..web.forms import posted_choice
from ..web.pages import LOCALES
from ..web.throttle import Turn
from ..web.transactions import writes
from . import service as accounts
from .forms import ChangePasswordForm, LogInForm
from .rules import device_label, masked_phone, normal_phone

bp = Blueprint("accounts", __name__)
bp.add_app_template_filter(masked_phone)


@bp.route("/login", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """Phone and password."""
    wanted = local_path(request.values.get("next"))
    if request.method == "GET" and (actor := visitor()):
        return redirect(wanted or first_page(actor), 303)
    form = LogInForm()
    if form.validate_on_submit() and (begin := _let_in(form)):
        return redirect(wanted or begin, 303)
    teamless = "_user_id" in session and request.method == "GET"
    return form.page("accounts/log_in.html", wanted=wanted, teamless=teamless)


def _let_in(form: LogInForm) -> str:
    """Log whoever sent it in, or say in it what failed; returns where they begin. Compares before any write: 60 ms."""
    phone, address, now = normal_phone(form.phone.data) or "", request.remote_addr or "", clock.now()
    known = known_here(phone)
    turn = write(lambda: throttle.count_try(accounts.limits(phone, address, known), now))
    person = accounts.find_by_password(phone, form.password.data) if turn.left else None
    if person is None:
        _say_what_failed(form, turn, known)
        return ""
    person_id, label = person.id, device_label(request.user_agent.string)
    begin = log_in_here(write(lambda: accounts.log_in(person_id, phone, address, label, now, known)), phone)
    if known and accounts.is_locked(phone, now):
        flash(gettext("Somebody has tried wrong passwords for your number. On this phone you get in all the same."))
    return begin


def _say_what_failed(form: LogInForm, turn: Turn, known: str) -> None:
    if turn.left <= 1:
        form.refuse(accounts.too_many(turn) if known else accounts.locked_out(turn))
        return
    sentence = ngettext(
        "The phone number or the password is not right. You can try once more.",
        "The phone number or the password is not right. You can try %(num)d more times.",
        turn.left - 1,
    )
    form.form_errors.append(sentence)


@bp.post("/logout")
@members
@writes
def log_out() -> ResponseReturnValue:
    """Log out here; whoever logs in then may go on where the page says."""
    accounts.log_out(the_actor().device_id, the_actor().person_id)
    log_out_here()
    return redirect(url_for("accounts.log_in", next=local_path(request.form.get("next"))), 303)


@bp.post("/me/devices/<id:device_id>/log-out")
@members
@writes
def log_out_device(device_id: int) -> ResponseReturnValue:
    accounts.log_out(device_id, the_actor().person_id)
    flash(gettext("That device is logged out."))
    return redirect(url_for(landmark("settings")), 303)


@bp.route("/me/password", methods=["GET", "POST"])
@members
def change_password() -> ResponseReturnValue:
    """A new password; every other device is logged out. The current one is compared before the write begins."""
    form, actor = ChangePasswordForm(), the_actor()
    if form.validate_on_submit():
        limit, now = accounts.own_limit(actor.person_id), clock.now()
        turn = write(lambda: throttle.count_try([limit], now))
        if not turn.left:
            form.refuse(accounts.too_many(turn))
        elif not accounts.has_password(actor.person_id, form.current.data):
            form.refuse(Refused("The current password is not right.", field="current"))
        else:
            new = accounts.hashed(form.password.data)
            write(lambda: accounts.change_password(actor, new, now))
            flash(gettext("Your password is changed. Other devices are logged out."))
            return redirect(url_for(landmark("settings")), 303)
    return form.page("accounts/password.html")


@bp.post("/me/named")
@members
@writes
def choose_named() -> ResponseReturnValue:
    """Whether others who come to the same date read one's name, or only count one."""
    named = posted_choice("named", ("yes", "no"), Refused("Choose whether others read your name."))
    accounts.choose_unnamed(the_actor().person_id, named == "no")
    flash(gettext("Saved. Others read your name.") if named == "yes" else gettext("Saved. Others only count you."))
    return redirect(url_for(landmark("settings")), 303)


@bp.post("/me/language")
@members
@writes
def choose_language() -> ResponseReturnValue:
    """Keep the language with the person, on every device."""
    locale = posted_choice("locale", LOCALES, Refused("Choose one of the languages listed."))
    accounts.choose_language(the_actor().person_id, locale)
    return redirect(url_for(landmark("settings")), 303)
