"""One's own record: as it stands or stood, a yes to it, and asking for another look at it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from .. import clock
from ..errors import Refused
from ..web.access import members, the_actor
from ..web.addresses import back
from ..web.forms import YEARS, posted_id
from ..web.transactions import writes
from . import records as history
from . import rules, service, verdicts
from .counting import Record
from .forms import AskForm
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
    n = service.affirm(the_actor(), year, month, clock.now())
    said = ngettext("Thank you. %(num)d record is right, you say.", "Thank you. %(num)d records are right, you say.", n)
    flash(said if n else gettext("You have said so of all of them already."))
    return redirect(back(url_for("ledger.records")), 303)
