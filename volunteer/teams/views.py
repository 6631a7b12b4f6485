"""Pages of a team: joining it, its roster, the links a leader hands out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .. import clock
from ..accounts import service as accounts
from ..accounts.forms import JoinForm, NewPasswordForm
from ..accounts.rules import clean_name, device_label, normal_phone
from ..errors import Refused
from ..storage.database import write
from ..web import throttle
from ..web.access import leaders, log_in_here, members, the_actor, visitor
from ..web.addresses import landmark, public_url
from ..web.answers import listed, words_asked
from ..web.forms import posted_id
from ..web.transactions import writes
from . import directory, links
from . import service as teams
from .rules import may_hand_link

bp = Blueprint("teams", __name__)


@bp.route("/join/<code>", methods=["GET", "POST"])
def join(code: str) -> ResponseReturnValue:
    """A newcomer fills in one form and is in; the password is hashed before the write begins."""
    team = links.team_behind(code, clock.now())
    if team is None:
        return render_template("teams/link_over.html"), 404
    form = JoinForm()
    if form.validate_on_submit():
        with form.refusals():
            log_in_here(_join(code, form))
            return redirect(url_for(landmark("week")), 303)
    return form.page("teams/join.html", team=team, code=code, visitor=visitor())


def _join(code: str, form: JoinForm) -> str:
    """Returns the device's secret. A form tapped twice joins once; the second tap logs in like any log-in."""
    name, phone, now = clean_name(form.name.data) or "", normal_phone(form.phone.data) or "", clock.now()
    password_hash, label = accounts.hashed(form.password.data), device_label(request.user_agent.string)
    try:
        return write(lambda: links.join(code, name, phone, password_hash, label, now))
    except Refused:
        secret = _log_in_again(code, phone, form.password.data, label)
        if secret is None:
            raise
        return secret


def _log_in_again(code: str, phone: str, password: str, label: str) -> str | None:
    now, address = clock.now(), request.remote_addr or ""
    if not links.has_just_joined(code, phone, now):
        return None
    turn = write(lambda: throttle.count_try(accounts.limits(phone, address), now))
    person = accounts.find_by_password(phone, password) if turn.left else None
    return write(lambda: accounts.log_in(person.id, phone, address, label, now)) if person else None


@bp.post("/join/<code>/as-me")
@members
@writes
def join_as_me(code: str) -> ResponseReturnValue:
    """Somebody logged in joins one more team."""
    team = links.join_as(code, the_actor().person_id, clock.now())
    teams.look_at(the_actor(), team.id)
    return redirect(url_for(landmark("week")), 303)


@bp.route("/in/<code>", methods=["GET", "POST"])
def come_in(code: str) -> ResponseReturnValue:
    """Somebody on the roster chooses a password and is in. Looking at the page uses nothing up."""
    now = clock.now()
    person = links.person_behind(code, now)
    if person is None:
        return render_template("teams/link_over.html"), 404
    form = NewPasswordForm()
    if form.validate_on_submit():
        password_hash, label = accounts.hashed(form.password.data), device_label(request.user_agent.string)
        begin = log_in_here(write(lambda: links.come_in(code, password_hash, label, now)))
        return redirect(begin, 303)
    return form.page("teams/come_in.html", person=person)


@bp.get("/members")
@leaders
def list_members() -> ResponseReturnValue:
    """The roster, leaders first; or as a file."""
    return listed(directory.list_for(the_actor(), words_asked()), "teams/members.html")


@bp.get("/members/<id:person_id>")
@leaders
def show_member(person_id: int) -> ResponseReturnValue:
    """One member, with the log-in link that still works, if this leader made one."""
    actor = the_actor()
    member = teams.get_member_for(actor, person_id)
    link = links.find_link_for(actor, person_id, clock.now())
    address = public_url("teams.come_in", code=accounts.address_of(link)) if link else None
    may_hand = may_hand_link(actor.role, member)
    return render_template("teams/member.html", member=member, link=link, address=address, may_hand=may_hand)


@bp.post("/members/<id:person_id>/link")
@leaders
@writes
def hand_link(person_id: int) -> ResponseReturnValue:
    links.hand_link(the_actor(), person_id, clock.now())
    return redirect(url_for("teams.show_member", person_id=person_id), 303)


@bp.route("/members/slips", methods=["GET", "POST"])
@leaders
@writes
def slips() -> ResponseReturnValue:
    """A page of QR slips to cut up, one for everyone on the roster who has not come in yet."""
    if request.method == "POST":
        made = links.hand_links(the_actor(), clock.now())
        flash(gettext("%(n)d personal links are ready to print.", n=made))
        return redirect(url_for("teams.slips"), 303)
    found = links.list_slips_for(the_actor(), clock.now())
    addressed = [(member, public_url("teams.come_in", code=token)) for member, token in found]
    return render_template("teams/slips.html", slips=addressed)


@bp.route("/members/invite", methods=["GET", "POST"])
@leaders
@writes
def invite() -> ResponseReturnValue:
    """The general invite as link and QR; POST makes a new one."""
    now = clock.now()
    if request.method == "POST":
        links.renew_invite(the_actor(), now)
        return redirect(url_for("teams.invite"), 303)
    link = links.find_invite(the_actor(), now)
    address = public_url("teams.join", code=accounts.address_of(link)) if link else None
    return render_template("teams/invite.html", link=link, address=address)


@bp.post("/me/team")
@members
@writes
def look_at() -> ResponseReturnValue:
    teams.look_at(the_actor(), posted_id("team") or 0)
    return redirect(url_for(landmark("week")), 303)
