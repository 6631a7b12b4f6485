"""The report as its readers meet it: pages whose numbers lead somewhere, a workbook, and odd questions."""

from datetime import date, time
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook
from sqlalchemy import select, update

from tests.bench.inside import counted_statements
from tests.ledger.written import confirm, serve
from tests.make import Someone, make_household, make_leader, make_member, make_team, move_out, signup_of
from tests.moments import SetClock, on
from tests.odd_values import TEXTS
from tests.pages import Browser, Open, Page
from tests.wire import send
from volunteer import clock
from volunteer.activities.models import Kind
from volunteer.actor import Actor, Role
from volunteer.ledger.models import OutcomeFigure
from volunteer.plans import figures, report
from volunteer.plans.facts import FactSaid, enter
from volunteer.plans.models import FactKind, Level, PlanItem
from volunteer.signups.models import Companion
from volunteer.signups.states import AgeBand
from volunteer.stars.models import Ladder
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams import service as teams
from volunteer.teams.models import Membership, MembershipState, Team
from volunteer.web.pages import speaking

pytestmark = pytest.mark.begins(on(2, 5))


def numbers(page: Page) -> list[tuple[str, int, str]]:
    """Every linked number of a page: what it is said to be, how much, and where it leads."""
    found = page.soup.select("a[data-count], a[data-sum]")
    return [
        (name, int(str(one[name])), str(one["href"]))
        for one in found
        for name in ("data-count", "data-sum")
        if one.has_attr(name)
    ]


def follow(browser: Browser, page: Page) -> set[str]:
    """Open the list behind each number, and find as much there. Returns what the lists are about."""
    seen = set()
    for name, n, address in set(numbers(page)):
        (listed,) = browser.get(address).soup.select("[data-rows]")
        assert int(str(listed["data-rows" if name == "data-count" else "data-total"])) == n, address
        seen.add(address.partition("of=")[2].partition("&")[0])
    return seen


def figures_of(leader: Someone, year: int = 2026, **asked: str) -> dict[str, int]:
    """The numbers of a report by what they are of, and in which part."""
    with speaking("en"):
        made = report.make(leader.actor, figures.period_asked(year, asked, clock.now(), leader.actor.zone))
    its = {str(one.cut.of): one.value for one in made.totals}
    lines = (line for part in made.sections if part.name in ("groups", "households") for line in part.lines)
    return its | {f"{line.name} {one.cut.of}": one.value for line in lines for one in line.numbers}


@pytest.fixture
def year(leader: Someone, team: Team, bob: Someone, alice: Someone, at: SetClock) -> Someone:
    """A leader whose team has one of everything a report counts."""
    ada = make_leader(team, "Ada")
    make_household(team, bob, alice)
    cleanup = serve(leader, bob, at, date(2026, 11, 3))
    visit = serve(leader, alice, at, date(2026, 11, 4), kind="home_visit", title="Visit to Alice")
    for someone, one in ((bob, cleanup), (alice, visit)):
        confirm(ada, someone, one)
    confirm(ada, alice, serve(leader, alice, at, date(2026, 11, 5), hour=14), 50)

    signup_id, occurrence_id = signup_of(bob, cleanup).id, cleanup.id

    def enter_more() -> None:
        facts = FactSaid(FactKind.MEDIA, Level.COUNTY, "In the paper", date(2026, 11, 4), n=2)
        enter(leader.actor, facts, clock.now())
        brought = {"team_id": team.id, "occurrence_id": occurrence_id, "measure": "袋", "quantity": 3850}
        kim = {"first_name": "Kim", "age_band": AgeBand.CHILD, "text_version": "1"}
        db.session.add_all([OutcomeFigure(**brought), Companion(signup_id=signup_id, **kim)])
        db.session.execute(update(Ladder).where(Ladder.team_id == team.id).values(steps=[1, 2]))

    write(enter_more)
    at(on(27, 12))
    return leader


def test_a_leader_follows_every_number_of_the_page_to_as_many_rows(year: Someone, browser: Open) -> None:
    desk = browser(year)
    page = desk.get("/reports/2026")
    assert {(name, n) for name, n, address in numbers(page) if "of=minutes" in address} >= {("data-sum", 140)}
    assert follow(desk, page) >= {
        "times",
        "dates",
        "people",
        "households",
        "minutes",
        "children",
        "outcome",
        "facts",
        "stars",
    }
    assert "2.3" in page.text and "38.5" in page.text


def test_charts_say_in_a_sentence_what_they_show_and_have_every_month_and_day(year: Someone, browser: Open) -> None:
    months, *halves = browser(year).get("/reports/2026").soup.select("svg[role=img]")
    assert months["aria-label"] == "Hours of each month; most in November 2026: 2.3"
    assert [rect["height"] for rect in months.select("rect.q4")] == ["150"]
    assert {str(one["aria-label"]) for one in halves} == {"People on each day; most on Tue 3 Nov: 1"}
    assert sum(len(one.select("rect")) for one in halves) == 365
    assert sum(len(one.select("rect.q4")) for one in halves) == 3
    of_four_years = browser(year).get("/reports/2026?from=2023-01-01").soup
    assert not of_four_years.select("svg[role=img]") and of_four_years.select("a[data-sum='140']")


def test_every_number_of_the_summary_leads_to_as_many_rows_and_what_was_entered_by_hand_says_so(
    year: Someone, browser: Open
) -> None:
    plan_fridays(year)
    desk = browser(year)
    page = desk.get("/reports/2026/summary")
    follow(desk, page)
    done = {(name, n) for name, n, address in numbers(page) if "/done/" in address}
    assert done == {("data-count", 2), ("data-sum", 3850)}
    assert "In the paper Entered by hand Wed 4 Nov 2026 entered by Lea on Thu 5 Nov" in page.text


def test_what_is_private_is_a_number_and_nobody_is_named(year: Someone, browser: Open) -> None:
    desk = browser(year)
    assert "home visit" in desk.get("/reports/2026").text.lower() or "家访" in desk.get("/reports/2026").text
    listed = desk.get("/reports/list?of=times&from=2026-11-04&until=2026-11-04")
    assert "Personal appointment" in listed.text and "Alice" not in listed.text
    assert desk.get("/reports/list?of=times&q=Alice").text.count("Alice") < 4
    kind_id = db.session.scalars(select(Kind.id).where(Kind.private, Kind.team_id == year.actor.team_id)).one()
    for of in ("people", "households", "dates"):
        assert not {"Alice", "一号楼1户", "Visit"} & {*desk.get(f"/reports/list?of={of}&kind={kind_id}").text.split()}
    assert "Visit" not in desk.get("/reports/list?of=times").text


def test_somebody_in_two_teams_is_counted_in_each_for_what_they_did_there(
    leader: Someone, bob: Someone, at: SetClock
) -> None:
    other = make_leader(make_team())
    write(lambda: teams.add_member(other.actor.team_id, bob.id, Role.VOLUNTEER, MembershipState.ACTIVE, clock.now()))
    there = Someone(Actor(0, bob.id, "Bob", "en", other.actor.team_id, "", bob.actor.zone, Role.VOLUNTEER), "")
    confirm(make_leader(_team_of(leader), "Mia"), bob, serve(leader, bob, at, date(2026, 11, 3)))
    confirm(make_leader(_team_of(other), "Mia"), there, serve(other, there, at, date(2026, 11, 4), minutes=60))
    assert (figures_of(leader)["minutes"], figures_of(leader)["people"]) == (90, 1)
    assert (figures_of(other)["minutes"], figures_of(other)["people"]) == (60, 1)


def test_hours_stay_with_the_household_and_the_group_of_the_day_whatever_is_corrected_after_the_year(
    leader: Someone, team: Team, bob: Someone, at: SetClock
) -> None:
    mia = make_leader(team, "Mia")
    make_household(team, bob, name="First")
    _regroup(bob, "Office")
    before = serve(leader, bob, at, date(2026, 11, 3))
    confirm(mia, bob, before)
    move_out(bob)
    make_household(team, bob, name="Second")
    _regroup(bob, "Farm")
    confirm(mia, bob, serve(leader, bob, at, date(2026, 11, 10), minutes=60))
    at(clock.utc(date(2027, 1, 20), time(9), leader.actor.zone))
    confirm(mia, bob, before, 30)
    its = figures_of(leader)
    assert (its["First minutes"], its["Second minutes"], its["minutes"]) == (30, 60, 90)
    assert (its["Office minutes"], its["Farm minutes"]) == (30, 60)
    assert (its["households"], its["people"], its["dates"]) == (2, 1, 2)
    assert figures_of(leader, as_of="2026-12-31")["First minutes"] == 90
    assert figures_of(leader, 2027)["minutes"] == 0


def test_the_workbook_has_dates_as_dates_and_hours_that_are_not_rounded(year: Someone, browser: Open) -> None:
    desk = browser(year)
    book = load_workbook(BytesIO(desk.get("/reports/2026.xlsx").response.data))
    rows = {str(row[0].value): row for row in reversed(list(book.worksheets[0].iter_rows()))}
    assert rows["hours"][1].value == pytest.approx((90 + 50) / 60, abs=1e-12) and rows["people"][1].value == 2
    assert [f"{cell.value:%m-%d}" for cell in book["People on each day"]["A"][1:]] == ["11-03", "11-04", "11-05"]
    last = book.worksheets[-1]
    assert [cell.is_date for cell in next(last.iter_rows(min_row=2))] == [False, True, False, False, False]
    assert {row[4].value for row in last.iter_rows(min_row=2)} == {1.5, 50 / 60}
    assert all(sheet.freeze_panes == "A2" and sheet.auto_filter.ref for sheet in book)
    assert db.session.scalars(select(AuditEntry.object).where(AuditEntry.verb == "take away")).all() == ["report-2026"]


def test_the_report_for_word_has_every_number_of_the_page_with_its_link_and_the_charts_as_pictures(
    year: Someone, browser: Open
) -> None:
    desk = browser(year)
    file = desk.get("/reports/2026.docx").response.data
    document = Document(BytesIO(file))
    links = {one.address for part in _paragraphs(document) for one in part.hyperlinks}
    counted = {f"https://volunteers.example.org{address}" for _, _, address in numbers(desk.get("/reports/2026"))}
    assert links == counted and len(links) > 20
    said = {one.style.name: one.text for one in reversed(document.paragraphs)}
    assert (said["Title"], said["Heading 1"]) == ("Report of 2026", "Hours of each month")
    assert [shape._inline.docPr.get("descr") for shape in document.inline_shapes] == [
        "Hours of each month; most in November 2026: 2.3",
        *2 * ["People on each day; most on Tue 3 Nov: 1"],
    ]
    assert [cell.text for cell in document.tables[0].rows[11].cells] == ["November 2026", "3", "3", "2", "1", "2.3"]
    assert document.core_properties.title == "Report of 2026" and not document.core_properties.comments
    names = ("Normal", "Title", "Heading 1", "List Bullet", "Table Grid")
    fonts = [document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) for name in names]
    assert fonts == ["SimSun", "SimHei", "SimHei", "SimSun", "SimSun"]
    assert db.session.scalars(select(AuditEntry.object).where(AuditEntry.verb == "take away")).all() == ["report-2026"]


def test_the_draft_for_word_has_the_chapters_of_the_page_and_says_what_was_entered_by_hand(
    year: Someone, browser: Open
) -> None:
    plan_fridays(year)
    desk = browser(year)
    document = Document(BytesIO(desk.get("/reports/2026/summary.docx").response.data))
    chapters = [one.text for one in document.paragraphs if one.style.name == "Heading 1"]
    assert chapters == [
        "What was done in all",
        "What was planned, and what came of it",
        "What it brought",
        "In the media, awards, results",
    ]
    said = [one.text for one in document.paragraphs]
    assert "In the paper Entered by hand · Wed 4 Nov 2026 · entered by Lea on Thu 5 Nov · 2" in said
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["1. Fridays: dates", "4", "3", "2"]
    assert not {"Report", "Facts", "As a table"} & set(said)


def test_the_plan_is_drawn_item_by_item_and_stands_beside_as_a_table(year: Someone, browser: Open) -> None:
    plan_fridays(year)
    (drawn,) = browser(year).get("/plans/2026").soup.select("svg[role=img]")
    assert drawn["aria-label"] == "Done of each item's first target, a line where it should be today; behind: 1"
    done, due = drawn.select("rect.q2, rect.q4")
    assert (done["height"], done["y"], due["y"]) == ("75", "111", "73")


def plan_fridays(leader: Someone) -> None:
    """Two dates of four, 20 attendances and 90 bags, in November."""
    kind_id = db.session.scalars(select(Kind.id).where(Kind.code == "friday_cleanup")).one()
    item = {"team_id": leader.actor.team_id, "year": 2026, "kind_id": kind_id, "title": "Fridays", "months": [11]}
    targets = {"dates": 4, "attendances": 20, "outcomes": {"Rubbish:袋": 9000}, "published_at": clock.now()}
    write(lambda: db.session.add(PlanItem(**item, **targets)))


def _paragraphs(document: Any) -> list[Any]:
    cells = (cell for table in document.tables for row in table.rows for cell in row.cells)
    return [*document.paragraphs, *(one for cell in cells for one in cell.paragraphs)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("from=2026-13-01", "That is no day. Write it like this: 2026-11-30."),
        ("until=1999-01-01", "That is no day. Write it like this: 2026-11-30."),
        ("from=2026-06-01&until=2026-05-01", "The range ends before it begins. Choose a later end."),
        ("as_of=2027-01-01", "That day has not come yet. Choose today or an earlier one."),
    ],
)
def test_a_range_that_is_none_is_explained_beside_the_report_of_the_year(
    leader: Someone, browser: Open, asked: str, said: str
) -> None:
    page = browser(leader).get(f"/reports/2026?{asked}", status=422)
    assert page.errors == [said] and "Report of 2026" in page.text


def test_a_year_without_data_says_nothing_but_zeros(leader: Someone, browser: Open) -> None:
    page = browser(leader).get("/reports/2030")
    assert {n for _, n, _ in numbers(page)} == {0}


@pytest.mark.parametrize("asked", ["of=secrets", "of=times&kind=x", "of=times&n=99999999999", "of=times&from=tomorrow"])
def test_a_list_nobody_leads_to_is_not_there(leader: Someone, browser: Open, asked: str) -> None:
    browser(leader).get(f"/reports/list?{asked}", status=404)


def test_whatever_is_asked_of_a_list_is_answered(leader: Someone, browser: Open) -> None:
    desk = browser(leader)
    for odd in (text for text in TEXTS.values() if len(text) < 1000):
        for of in ("outcome", "facts", "times", "stars"):
            asked = {"of": of, "measure": odd, "level": odd, "group": odd, "title": odd, "q": odd, "page": odd}
            answer = send(desk, "GET", f"/reports/list?{urlencode(asked)}")
            assert answer.status_code == 200, (of, odd)
        for name in ("from", "until", "as_of", "kind", "n", "household", "person", "of"):
            answer = send(desk, "GET", f"/reports/list?{urlencode({name: odd})}")
            assert answer.status_code in (200, 404), (name, odd)


def test_a_range_across_two_ladders_says_by_which_one_stars_are_told(year: Someone, browser: Open) -> None:
    desk, team_id = browser(year), year.actor.team_id
    assert "The ladder changed" not in desk.get("/reports/2026").text
    write(lambda: db.session.add(Ladder(team_id=team_id, effective_from=date(2026, 11, 20), steps=[5])))
    page = desk.get("/reports/2026")
    assert "Stars are as of the last one, by the ladder of that day." in page.text and "★" not in page.text
    assert "★" in desk.get("/reports/2026?until=2026-11-15").text


def test_a_report_takes_as_many_statements_however_much_is_in_it(
    year: Someone, team: Team, at: SetClock, browser: Open
) -> None:
    desk = browser(year)
    desk.get("/reports/2026")
    with counted_statements() as few:
        desk.get("/reports/2026")
    for n in range(4):
        serve(year, make_member(team, f"Volunteer {n}"), at, date(2026, 11, 12 + n), title=f"Date {n}")
    at(on(27, 12))
    with counted_statements() as many:
        desk.get("/reports/2026")
    assert len(many) == len(few) <= 16, many


def _team_of(someone: Someone) -> Team:
    return db.session.get_one(Team, someone.actor.team_id)


def _regroup(someone: Someone, group: str) -> None:
    whose = update(Membership).where(Membership.person_id == someone.id)
    write(lambda: db.session.execute(whose.values(group=group)))
