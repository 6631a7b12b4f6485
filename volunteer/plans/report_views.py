"""The report of a year or of any days, the lists its numbers lead to, and what of it can be taken away."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .. import clock
from ..errors import Missing, Refused
from ..papers.docx import as_docx
from ..papers.downloads import listed, taken_away, words_asked
from ..papers.tables.listings import as_xlsx
from ..web.access import leaders, the_actor
from ..web.addresses import landmark, public_url
from ..web.forms import Form
from ..web.pages import gettext
from . import charts, counted, facts, progress, report
from .figures import Period, period_asked

bp = Blueprint("reports", __name__)
YEAR = "<int(min=2001, max=2100):year>"


def _period(year: int, asked: Mapping[str, str]) -> Period:
    return period_asked(year, asked, clock.now(), the_actor().zone)


@bp.get(f"/reports/{YEAR}")
@leaders
def show(year: int) -> ResponseReturnValue:
    """A year, or the days `from` and `until`, as of the end of a day `as_of`; every number leads to its list."""
    form, period = Form(), _period(year, {})
    with form.refusals():
        period = _period(year, request.args)
    return form.page("plans/report.html", year=year, **_shown(period))


@bp.get(f"/reports/{YEAR}/summary")
@leaders
def summarise(year: int) -> ResponseReturnValue:
    """A draft of the year's summary: what was planned, done, achieved, in numbers that lead to their lists."""
    return render_template("plans/summary.html", year=year, **_summed_up(year))


@bp.get(f"/reports/{YEAR}.xlsx")
@leaders
def take_away(year: int) -> ResponseReturnValue:
    """All of it as a workbook, with a line for every attendance."""
    made = report.make(the_actor(), _understood(year))
    content = as_xlsx(report.sheets(the_actor(), made))
    return taken_away(
        content, "xlsx", f"report-{year}", made.title, {"days": (made.period.last - made.period.first).days + 1}
    )


@bp.get(f"/reports/{YEAR}.docx")
@leaders
def take_away_document(year: int) -> ResponseReturnValue:
    """What the page shows, for Word."""
    shown = _shown(_understood(year))
    page = render_template("plans/report.html", year=year, form=Form(), layout="plans/document.html", **shown)
    return _as_document(page, f"report-{year}", shown["made"].title)


@bp.get(f"/reports/{YEAR}/summary.docx")
@leaders
def take_away_summary(year: int) -> ResponseReturnValue:
    """The draft, for Word, where it is written to its end."""
    page = render_template("plans/summary.html", year=year, layout="plans/document.html", **_summed_up(year))
    return _as_document(page, f"summary-{year}", str(gettext("Summary of %(year)d", year=year)))


@bp.get("/reports/list")
@leaders
def list_counted() -> ResponseReturnValue:
    """What a number is made of; or that as a file."""
    year = clock.today(clock.now(), the_actor().zone).year
    cut = counted.cut_asked(request.args, _understood(year))
    found = counted.list_for(the_actor(), cut, words_asked())
    pages = {counted.COUNTED: "reports.list_counted", counted.FACTS: "plans.enter_facts"}
    to, about = pages.get(found.to) or landmark(found.to), tuple(found.about.items())
    return listed(found.listing, "plans/counted.html", counted=found, cut=cut, to=to, about=about)


def _shown(period: Period) -> dict[str, Any]:
    """What the page of a report is made of."""
    made = report.make(the_actor(), period)
    return {"made": made, "months": charts.months(made), "days": charts.days(made), "units": counted.UNITS}


def _summed_up(year: int) -> dict[str, Any]:
    """What the draft of a summary is made of."""
    actor, period = the_actor(), _period(year, {})
    plan, entered = progress.look(actor, year, period.moment), facts.list_for(actor, period.first, period.last)
    return {"made": report.make(actor, period), "plan": plan, "entered": entered, "chart": charts.plan(plan)}


def _as_document(page: str, name: str, title: str) -> ResponseReturnValue:
    content = as_docx(page, title, public_url("reports.list_counted"), clock.now())
    return taken_away(content, "docx", name, title, {})


def _understood(year: int) -> Period:
    """As pages of ours ask for it; Missing for anything else."""
    try:
        return _period(year, request.args)
    except Refused:
        raise Missing from None
