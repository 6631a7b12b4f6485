"""Every number of a report is the one an independent count comes to, today and as of any past day."""

from datetime import date, datetime

from flask import Flask
from sqlalchemy import select

from tests.make import Someone
from tests.moments import ZONE, SetClock, on
from tests.plans.by_chance import ByChance
from tests.plans.recount import Recount
from volunteer import clock, demo
from volunteer.actor import Actor, Role
from volunteer.plans import counted, figures, report
from volunteer.plans.report import Report
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership
from volunteer.web.pages import speaking

PARTS = ("kind", "title", "household", "group")


def name_of(section: str, number: report.Number) -> str:
    """What the independent count calls a number."""
    cut = number.cut
    if section == "days":
        return f"{cut.of} day {cut.period.first}"
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
        "day": ("dates", "people", "households", "minutes", "training"),
        "group": ("households", "training"),
        "title": ("households", "training"),
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


YEAR, HALVES = (date(2026, 1, 1), date(2026, 12, 31)), (date(2025, 7, 1), date(2026, 6, 30))
ASKED = [(YEAR, None), (YEAR, date(2026, 2, 28)), (HALVES, None), (YEAR, date(2026, 7, 3))]


def test_fifty_teams_as_they_never_are_have_the_figures_of_an_independent_count_today_and_as_of_past_days(
    app: Flask, at: SetClock
) -> None:
    at(on(27, 12))
    names = set[str]()
    for n, leader in enumerate(ByChance(50).leaders):
        days, as_of = ASKED[n % 4]
        names |= compare(leader, *days, on(27, 12), as_of).keys()
    assert {name.split(" ")[0] for name in names} > {"minutes", "training", "outcome", "facts", "stars", "late"}


def test_the_year_of_the_demo_team_has_the_figures_of_an_independent_count(app: Flask, at: SetClock) -> None:
    at(on(27, 12))
    write(lambda: demo.fill(20, on(27, 12)))
    leader = Someone(demo_leader(), "")
    year = compare(leader, *YEAR, on(27, 12), None)
    assert year["minutes"] > 10_000 and year["absent"] and year["on_time"]
    assert compare(leader, *YEAR, on(27, 12), date(2026, 7, 3))["minutes"] < year["minutes"]


def demo_leader() -> Actor:
    leads = select(Membership.person_id, Membership.team_id).where(Membership.role == Role.LEADER)
    person_id, team_id = db.session.execute(leads).one()
    return Actor(0, person_id, "", "en", team_id, "", ZONE, Role.LEADER)


def test_every_number_leads_to_exactly_that_many_rows_or_to_rows_that_sum_up_to_it(app: Flask, at: SetClock) -> None:
    at(on(27, 12))
    seen = set[str]()
    for leader, as_of in zip(ByChance(2, dates=30, seed=5).leaders, ("", "2026-07-03"), strict=True):
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
    assert seen >= {*counted.UNITS} - {figures.PENDING}
