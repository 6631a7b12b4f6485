"""Every number of a report is the one an independent count comes to, today and as of any past day."""

from datetime import date, datetime

from flask import Flask

from tests.make import Someone
from tests.moments import ZONE, SetClock, on
from tests.plans.by_chance import ByChance
from tests.plans.recount import Recount
from volunteer import clock
from volunteer.plans import counted, figures, report
from volunteer.plans.report import Report
from volunteer.storage.database import db
from volunteer.web.pages import speaking

PARTS = ("kind", "household", "group")


def name_of(section: str, number: report.Number) -> str:
    """What the independent count calls a number."""
    cut = number.cut
    if section == "months":
        return f"{cut.of} month {cut.period.first:%Y-%m}"
    if cut.of == "outcome":
        return f"outcome kind {cut.kind} {cut.measure}"
    if cut.of == "facts":
        return f"facts {cut.measure} {cut.level}".rstrip()
    parts = ((part, getattr(cut, part)) for part in PARTS)
    its = next((f" {part} {value}".rstrip() for part, value in parts if value is not None), "")
    return f"{cut.of}{its}" if cut.n is None else f"stars {cut.n}"


def said(made: Report) -> dict[str, int]:
    """All its numbers but those that are nothing."""
    found = {name_of("", number): number.value for number in made.totals}
    for section in made.sections:
        for line in section.lines:
            found |= {name_of(section.name, number): number.value for number in line.numbers}
    return {name: n for name, n in found.items() if n}


def recount(leader: Someone, first: date, last: date, now: datetime, as_of: datetime | None) -> dict[str, int]:
    db.session.remove()
    raw = db.engine.raw_connection()
    try:
        found = Recount(raw, leader.actor.team_id, first, last, now, as_of).figures
        raw.commit()
    finally:
        raw.close()
    shown = {
        "month": ("training",),
        "group": ("households", "training"),
        "household": ("dates", "households", "training"),
    }
    apart = ("children", "no_shows", "excused", "absent")
    left_out = {f"{of} {part}" for part, its in shown.items() for of in its} | {
        f"{of} {p}" for of in apart for p in ("kind", *shown)
    }
    return {name: n for name, n in found.items() if n and " ".join(name.split(" ")[:2]) not in left_out}


def compare(leader: Someone, first: date, last: date, now: datetime, as_of: date | None) -> dict[str, int]:
    moment = clock.day_bounds(as_of, ZONE)[1] - datetime.resolution if as_of else None
    asked = {"from": str(first), "until": str(last), "as_of": str(as_of or "")}
    with speaking("en"):
        made = said(report.make(leader.actor, figures.period_asked(2026, asked, now, ZONE)))
    assert made == recount(leader, first, last, now, moment)
    return made


YEAR = date(2026, 1, 1), date(2026, 12, 31)
HALVES = date(2025, 7, 1), date(2026, 6, 30)


def test_fifty_teams_as_they_never_are_have_the_figures_of_an_independent_count_today_and_as_of_past_days(
    app: Flask, at: SetClock
) -> None:
    now = on(27, 12)
    at(now)
    teams = ByChance(50)
    names = set[str]()
    for n, leader in enumerate(teams.leaders):
        names |= compare(leader, *(YEAR, HALVES)[n % 2], now, None).keys()
        names |= compare(leader, *YEAR, now, teams.random.choice((date(2026, 2, 28), date(2026, 7, 3)))).keys()
    assert {name.split(" ")[0] for name in names} > {"minutes", "training", "outcome", "facts", "stars", "late"}


def test_every_number_leads_to_exactly_that_many_rows_or_to_rows_that_sum_up_to_it(app: Flask, at: SetClock) -> None:
    at(on(27, 12))
    seen = set[str]()
    for leader, as_of in zip(ByChance(2, dates=40).leaders, ("", "2026-07-03"), strict=True):
        with speaking("en"):
            made = report.make(leader.actor, figures.period_asked(2026, {"as_of": as_of}, on(27, 12), ZONE))
            for number in (
                *made.totals,
                *(one for part in made.sections for line in part.lines for one in line.numbers),
            ):
                asked = number.cut.asked
                period = figures.period_asked(2026, asked, on(27, 12), ZONE)
                listed = counted.list_for(leader.actor, counted.cut_asked(asked, period), "")
                found = listed.total if number.is_sum else listed.listing.page(1).total
                assert found == number.value, number
                seen |= {number.cut.of} if number.value else set()
    assert seen == {*counted.UNITS}
