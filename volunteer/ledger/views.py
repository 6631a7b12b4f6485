"""One's own record: as it stands or stood, a yes to it, asking for another look; a leader confirms a date's hours."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..errors import Refused
from ..papers.downloads import listed, words_asked
from ..web.access import leaders, members, the_actor
from ..web.addresses import back
from ..web.formats import hours
from ..web.forms import YEARS, Form, posted_id
from ..web.refusals import translated
from ..web.transactions import writes
from . import confirmation, rules, verdicts
from . import records as history
from . import service as ledger
from .counting import Record
from .forms import AskForm, ConfirmForm, TypeInForm, answers_in, brought_in
from .records import Proof, Records
from .states import Question, RequestKind

bp = Blueprint("ledger", __name__)


class ShownRecord(NamedTuple):
    """A record as it is shown. asked: all that ever was about it. may_ask: what can be now."""

    record: Record
    proofs: Sequence[Proof]
    asked: Sequence[Question]
    may_ask: RequestKind | None


@bp.get("/me/records")
@members
def records() -> ResponseReturnValue:
    """My record, page by page: all of it or of a `year`, as it is or was known at the end of a day (`as_of`)."""
    form = AskForm()
    with form.refusals():
        if day := request.args.get("as_of"):
            return _page_of_past(form, rules.end_of_day(day, clock.now(), the_actor().zone))
    return _page_of_records(form)


def _page_of_past(form: AskForm, moment: datetime) -> ResponseReturnValue:
    year, page = _wanted()
    shown = history.list_records_as_of(the_actor(), moment, year, page)
    proofs = history.list_proofs([one.signup_id for one in shown.records], moment)
    rows = {one: ShownRecord(one, proofs[one.signup_id], (), None) for one in shown.records}
    return _page(form, shown, rows, as_of=moment)


def _page_of_records(form: AskForm, asking: int | None = None) -> ResponseReturnValue:
    """asking: the sign-up the form is about; then it stands alone."""
    actor, now = the_actor(), clock.now()
    year, page = _wanted()
    shown = history.list_records(actor, now, year, page, asking)
    unmarked = history.list_unmarked(actor, now, asking) if year is None and page == 1 else []
    ids = [one.signup_id for one in (*shown.records, *unmarked)]
    proofs, asked = history.list_proofs(ids, now), verdicts.list_asked(ids)
    rows = {
        one: ShownRecord(one, proofs[one.signup_id], its := asked[one.signup_id], _may_ask(one, its, now))
        for one in (*shown.records, *unmarked)
    }
    return _page(form, shown, rows, unmarked=[rows[one] for one in unmarked], asking=asking)


def _may_ask(record: Record, asked: Sequence[Question], now: datetime) -> RequestKind | None:
    kind = rules.may_ask(record.attendance, (record.starts_at, record.ends_at), not record.on_leave, now)
    is_over = any(one.is_open for one in asked) or (kind and rules.is_settled(asked, kind))
    return None if is_over else kind


def _page(form: AskForm, shown: Records, rows: dict[Record, ShownRecord], **values: object) -> ResponseReturnValue:
    year, page = _wanted()
    months = [(day, [rows[one] for one in its]) for day, its in shown.by_month(the_actor().zone)]
    this_year = year or clock.today(clock.now(), the_actor().zone).year
    about = {"year": year, "page": page, "this_year": this_year, "today": clock.today(clock.now(), the_actor().zone)}
    return form.page("ledger/records.html", shown=shown, hours=shown.hours, months=months, **about, **values)


def _wanted() -> tuple[int | None, int]:
    """The year and the page asked for; nonsense means all of them, and the first."""
    year, page = request.args.get("year", 0, int), request.args.get("page", 1, int)
    return year if year in YEARS else None, page if page in range(1, 10_000) else 1


@bp.post("/me/records/<id:signup_id>/appeal", defaults={"kind": RequestKind.APPEAL})
@bp.post("/me/records/<id:signup_id>/correction", defaults={"kind": RequestKind.CORRECTION})
@bp.post("/me/records/<id:signup_id>/late_entry", defaults={"kind": RequestKind.LATE_ENTRY})
@members
@writes
def ask(signup_id: int, kind: RequestKind) -> ResponseReturnValue:
    """Ask the leader to look at a no-show again, for other minutes, or to be entered late."""
    form = AskForm()
    if form.validate_on_submit():
        with form.refusals():
            verdicts.ask(the_actor(), signup_id, kind, form.text.data or "", form.minutes.data, clock.now())
            flash(gettext("Sent. The leader looks at it again; the answer will stand here."))
            return redirect(url_for("ledger.records"), 303)
    return _page_of_records(form, signup_id)


@bp.post("/me/records/affirm")
@members
@writes
def affirm() -> ResponseReturnValue:
    """My confirmed records of a `year`, or of one `month` of it, are right."""
    year, month = posted_id("year") or 0, posted_id("month")
    if year not in YEARS or month not in (None, *range(1, 13)):
        raise Refused("Choose a year, or one of its months.")
    n = ledger.affirm(the_actor(), year, month, clock.now())
    said = ngettext("Thank you. %(num)d record is right, you say.", "Thank you. %(num)d records are right, you say.", n)
    flash(said if n else gettext("You have said so of all of them already."))
    return redirect(back(url_for("ledger.records")), 303)


@bp.route("/occurrences/<id:occurrence_id>/confirm", methods=["GET", "POST"])
@leaders
@writes
def confirm(occurrence_id: int) -> ResponseReturnValue:
    """What the ledger says of a date, to be confirmed: whom to look at first, everybody else in one tap."""
    form, sent = ConfirmForm(), request.form
    if form.validate_on_submit():
        with form.refusals():
            whose = the_actor(), occurrence_id, answers_in(sent), sent.get("seen", ""), clock.now()
            flash(_done(confirmation.confirm(*whose, for_all=form.for_all, brought=brought_in(sent))))
            return redirect(url_for("ledger.confirm", occurrence_id=occurrence_id), 303)
    return _page_of_date(occurrence_id, form, TypeInForm(), form)


def _done(done: confirmation.Confirmed) -> str:
    confirmed = ngettext("Confirmed: %(num)d person", "Confirmed: %(num)d people", done.people)
    if not done.people:
        return str(gettext("Saved."))
    return str(gettext("%(confirmed)s, %(hours)s hours in all.", confirmed=confirmed, hours=hours(done.minutes)))


@bp.post("/occurrences/<id:occurrence_id>/confirm/typed")
@leaders
@writes
def type_in(occurrence_id: int) -> ResponseReturnValue:
    """Time of somebody whom nobody ticked on the day."""
    form = TypeInForm()
    if form.validate_on_submit():
        with form.refusals():
            wall = form.came.data, form.gone.data
            said = form.signup.data, wall, form.minutes.data, form.source.data or ""
            ledger.type_in(the_actor(), occurrence_id, *said, clock.now())
            flash(gettext("Typed in. It counts once another leader or an administrator confirms it."))
            return redirect(url_for("ledger.confirm", occurrence_id=occurrence_id), 303)
    return _page_of_date(occurrence_id, ConfirmForm(), form, form)


def _page_of_date(occurrence_id: int, form: ConfirmForm, typing: TypeInForm, sent: Form) -> ResponseReturnValue:
    """sent: the form of the two that may be wrong."""
    actor, now = the_actor(), clock.now()
    sheet = confirmation.look(actor, occurrence_id, now)
    shut = ledger.objection_to_confirming(sheet.date, now)
    last_day, left = ledger.due(actor, sheet.date.ends_at, now)
    shown = {"sheet": sheet, "shut": shut and translated(shut), "last_day": last_day, "left": left}
    typed = request.form if sent is form else {}
    return sent.page("ledger/confirm.html", **shown, confirming=form, typing=typing, typed=typed)


@bp.get("/hours/typed")
@leaders
def list_typed() -> ResponseReturnValue:
    """Hours that were typed in, as a list of their own; or as a file."""
    return listed(ledger.list_typed(the_actor(), words_asked()), "ledger/typed.html")
