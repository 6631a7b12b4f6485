"""Pages of a team: joining it, its roster, the links a leader hands out."""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..accounts import service as accounts
from ..accounts.forms import JoinForm, NewPasswordForm
from ..accounts.rules import clean_name, device_label, normal_phone
from ..errors import Refused
from ..papers.downloads import attachment, listed, words_asked
from ..papers.tables.handed_in import MAX_BYTES
from ..papers.tables.listings import as_csv
from ..storage.database import write, write_each
from ..web import throttle
from ..web.access import leaders, log_in_here, members, the_actor, visitor
from ..web.addresses import landmark, public_url
from ..web.forms import posted_choice, posted_id, takes_files
from ..web.refusals import translated
from ..web.transactions import writes
from ..words import one_line
from . import directory, imports, links
from . import service as teams
from .comparison import Answer, may_be_same
from .forms import RosterForm
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
            log_in_here(_join(code, form), normal_phone(form.phone.data) or "")
            return redirect(url_for(landmark("week")), 303)
    return form.page("teams/join.html", team=team, code=code, visitor=visitor())


def _join(code: str, form: JoinForm) -> str:
    """Returns the device's secret. A form tapped twice joins once; the second tap logs in like any log-in."""
    name, phone, now = clean_name(form.name.data) or "", normal_phone(form.phone.data) or "", clock.now()
    password_hash, label = accounts.hashed(form.password.data), device_label(request.user_agent.string)
    try:
        return write(lambda: links.join(code, name, phone, password_hash, label, now))
    except Refused:
        if links.has_just_joined(code, phone, now) and (
            secret := _log_in_again(name, phone, form.password.data, label)
        ):
            return secret
        raise


def _log_in_again(name: str, phone: str, password: str, label: str) -> str | None:
    now, address = clock.now(), request.remote_addr or ""
    turn = write(lambda: throttle.count_try(accounts.limits(phone, address), now))
    person = accounts.find_by_password(phone, password) if turn.left else None
    if person and person.name != name:
        raise Refused(
            "%(name)s has just joined with this number. Everybody joins with a number of their own.",
            field="phone",
            name=person.name,
        )
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
        secret = write(lambda: links.come_in(code, password_hash, label, now))
        return redirect(log_in_here(secret, person.phone or ""), 303)
    return form.page("teams/come_in.html", person=person)


@bp.get("/members")
@leaders
def list_members() -> ResponseReturnValue:
    """The roster, leaders first; or as a file."""
    return listed(directory.list_for(the_actor(), words_asked()), "teams/members.html")


@bp.route("/members/import", methods=["GET", "POST"])
@leaders
@takes_files
def hand_in() -> ResponseReturnValue:
    """A roster is handed in; it is read before the write begins."""
    form, sent = RosterForm(), request.files.get("file")
    if form.validate_on_submit():
        with form.refusals():
            if not sent or not sent.filename:
                raise Refused("Choose a file first.", field="file")
            look = imports.hand_in(the_actor(), sent.filename, sent.read(MAX_BYTES + 1), clock.now())
            return redirect(url_for("teams.preview", preview_id=write(lambda: imports.keep(look))), 303)
    return form.page("teams/hand_in.html")


@bp.route("/members/import/<id:preview_id>", methods=["GET", "POST"])
@leaders
def preview(preview_id: int) -> ResponseReturnValue:
    """What would become of it; its maker matches columns, mends lines, answers, and takes it in."""
    if request.method == "GET":
        return _show(imports.look_at(the_actor(), preview_id))
    if request.form.get("action") == "take":
        return _take(imports.look_at(the_actor(), preview_id))
    look = _said(preview_id)
    write(lambda: imports.keep(look))
    return redirect(url_for("teams.preview", preview_id=preview_id), 303)


def _show(look: imports.Look, changed: str = "") -> ResponseReturnValue:
    may_be = partial(may_be_same, the_actor().role)
    page = render_template("teams/preview.html", look=look, may_be_same=may_be, changed=changed)
    return page, 422 if changed else 200


def _said(preview_id: int) -> imports.Look:
    """What somebody has just said about their roster. Missing for anything else."""
    said, actor = request.form, the_actor()
    match said.get("action"):
        case "match":
            return imports.match(actor, preview_id, said.get("heading", ""), said.get("column", ""))
        case "mend":
            texts = {column: one_line(said.get(column, "")) for column in imports.FIELDS}
            return imports.mend(actor, preview_id, said.get("line", ""), texts)
    answer = posted_choice("answer", Answer, Refused("Say who it is."))
    return imports.answer(actor, preview_id, said.get("line", ""), answer, posted_id("who"))


def _take(look: imports.Look) -> ResponseReturnValue:
    """Take in what its maker has seen, a slice after the other; nothing when the team has changed since."""
    actor, preview_id = the_actor(), look.preview.id
    try:
        taken = sum(write_each(imports.slices(actor, look, request.form.get("seen", ""), clock.now())))
    except Refused as changed:
        look = imports.look_at(actor, preview_id)
        write(lambda: imports.keep(look))
        return _show(look, translated(changed))
    flash(ngettext("%(num)d person is taken in.", "%(num)d people are taken in.", taken))
    return redirect(url_for("teams.preview", preview_id=preview_id), 303)


@bp.get("/members/import/<id:preview_id>/wrong.csv")
@leaders
def download_wrong(preview_id: int) -> ResponseReturnValue:
    """The wrong lines, to mend in one's own program; numbers are masked as everywhere."""
    look = imports.look_at(the_actor(), preview_id)
    rows = [[*look.masked(key).values(), translated(line.why)] for key, line in look.comparison.wrong.items()]
    heads = [gettext("Line"), *imports.HEADINGS, gettext("What is wrong")]
    content, name = as_csv(heads, rows), gettext("Wrong lines of %(file)s", file=look.preview.file_name)
    return attachment(content, "text/csv; charset=utf-8", name, "wrong-lines", "csv")


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
        ready = ngettext("%(num)d personal link is ready to print.", "%(num)d personal links are ready to print.", made)
        flash(ready if made else gettext("There is nobody on the roster you could make a link for."))
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
