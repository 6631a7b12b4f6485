"""A team plans its year, sees how far it is, and writes down what no list tells."""

import io
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.bench.inside import counted_statements
from tests.make import make_activity, make_administrator, make_date, make_leader, make_member, sign_up
from tests.moments import on
from tests.pages import Page
from volunteer import clock
from volunteer.activities.models import Activity
from volunteer.checkin import service as checkin
from volunteer.ledger.states import EntryKind
from volunteer.plans import facts, progress
from volunteer.plans.models import Fact, PlanActivity, PlanItem
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write

FIELD = Path(__file__).parent.parent / "field" / "plans"
ITEM = {"title": "每周五创卫", "kind": "每周五创卫", "dates": "46", "months": "1-12", "outcomes": "清理垃圾:袋:920"}


def plan(browser, ada, **fields) -> int:
    """An item of 2026 through the form; returns its id."""
    browser(ada).get("/plans/2026/new").submit("/plans/2026/new", **ITEM | fields)
    db.session.rollback()
    return db.session.scalars(select(PlanItem.id).order_by(PlanItem.id.desc())).first() or 0


def numbers(page: Page) -> dict[str, str]:
    """What the linked figures of a page say, by what their list is about."""
    found = page.soup.select("[data-count], [data-sum]")
    return {str(a["href"]).rpartition("/")[2]: str(a.get("data-count") or a.get("data-sum")) for a in found}


# Publishing


def test_members_see_the_plan_once_it_is_published_and_numbers_without_lists(browser, ada, alice):
    plan(browser, ada)
    assert "每周五创卫" not in browser(alice).get("/plans/2026").text
    browser(ada).get("/plans/2026").submit("/publish")
    page = browser(alice).get("/plans/2026")
    assert "每周五创卫" in page.text
    assert numbers(page) == {}
    assert db.session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "publish plan")).all() == [
        "publish plan"
    ]


def test_the_plan_without_a_year_is_that_of_this_one(browser, leader):
    [tab] = browser(leader).get("/today").soup.select("nav.tabs a[href='/plans']")
    page = browser(leader).get(str(tab["href"]))
    assert "Plan of 2026" in page.text
    assert page.soup.select("nav.tabs a[href='/plans'][aria-current], a[href='/reports/2026']")[1:]


# Writing


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("title", "", "no task"),
        ("dates", "-2", "negative"),
        ("dates", "20-30", "Two numbers"),
        ("attendances", "若干", "no number"),
        ("months", "1-13", "month 13"),
        ("outcomes", "树", "植树:株:1500"),
        ("kind", "义诊", "not known"),
    ],
)
def test_what_cannot_be_a_plan_is_turned_down_and_says_why(browser, ada, field, typed, says):
    form = browser(ada).get("/plans/2026/new")
    page = form.submit("/plans/2026/new", status=422, **ITEM | {field: typed})
    assert says in page.text
    assert db.session.query(PlanItem).count() == 0


def test_what_is_only_about_right_is_taken_and_said(browser, ada):
    page = browser(ada).get("/plans/2026/new").submit("/plans/2026/new", **ITEM | {"dates": "约20"})
    assert "Beside a number stands “约”; 20 was taken." in page.news[0]


def test_one_name_is_one_item_of_a_year(browser, ada):
    plan(browser, ada)
    form = browser(ada).get("/plans/2026/new")
    assert "already" in form.submit("/plans/2026/new", status=422, **ITEM).text
    browser(ada).get("/plans/2027/new").submit("/plans/2027/new", **ITEM)


def test_who_saves_what_somebody_else_has_changed_sees_both(browser, ada, team):
    item_id = plan(browser, ada)
    other = make_administrator(team, "Eve")
    slow, quick = (browser(who).get(f"/plans/items/{item_id}/edit") for who in (ada, other))
    quick.submit("/edit", dates="50", lead="工会")
    page = slow.submit("/edit", status=422, dates="40")
    assert "Somebody else" in page.errors[0]
    assert page.value("dates") == "40"
    assert "dates 50" in page.text
    assert "工会" in page.text
    page.submit("/edit")
    db.session.rollback()
    assert db.session.get_one(PlanItem, item_id).dates == 40


def test_an_item_that_was_a_mistake_is_taken_out(browser, ada):
    item_id = plan(browser, ada)
    browser(ada).get(f"/plans/items/{item_id}").submit("/remove")
    browser(ada).get(f"/plans/items/{item_id}", status=404)


# Plan against actual


@pytest.fixture
def done(at, leader, team):
    """A Friday cleanup on which two of three were there."""
    people = [make_member(team, name) for name in ("Ann", "Ben", "Cid")]
    at(on(23, 8))
    held = make_date(leader, day=date(2026, 11, 27), start=time(9))
    signups = [sign_up(one, held) for one in people]
    at(held.starts_at + timedelta(minutes=5))
    for signup, kind in zip(signups, (EntryKind.CHECK_IN, EntryKind.CHECK_IN, EntryKind.ABSENT), strict=True):
        write(lambda signup=signup, kind=kind: checkin.mark(leader.actor, held.id, signup.id, kind, clock.now()))
    return held


def test_what_was_done_is_held_against_the_target_and_leads_to_its_rows(browser, ada, leader, done):
    item_id = plan(browser, ada, attendances="690")
    page = browser(leader).get("/plans/2026")
    assert numbers(page) == {"dates": "1", "attendances": "2", "%E6%B8%85%E7%90%86%E5%9E%83%E5%9C%BE:%E8%A2%8B": "0"}
    assert "41 by today" in page.text
    for what, rows in (("dates", "1"), ("attendances", "2"), ("清理垃圾:袋", "0")):
        listed = browser(leader).get(f"/plans/items/{item_id}/done/{what}").soup.select_one("[data-rows]")
        assert listed is not None
        assert listed["data-rows"] == rows == str(len(listed.select("tbody tr")))


def test_who_checks_in_early_counts_in_plan_and_report_once_the_date_begins(browser, ada, leader, done, at):
    item_id = plan(browser, ada, attendances="690")
    for early, n in ((clock.MINUTE, "0"), (-clock.MINUTE, "2")):
        at(done.starts_at - early)
        assert numbers(browser(leader).get("/plans/2026"))["attendances"] == n
        assert browser(leader).get(f"/plans/items/{item_id}/done/attendances").soup.select(f"[data-rows='{n}']")
        assert browser(leader).get("/reports/2026").soup.select(f".figures [data-count='{n}']")


def test_of_two_items_of_a_kind_only_the_chosen_one_counts(browser, ada, leader, done):
    first, second = plan(browser, ada), plan(browser, ada, title="“学雷锋”清扫")
    assert numbers(browser(leader).get(f"/plans/items/{first}"))["dates"] == "0"
    page = browser(leader).get(f"/plans/items/{second}")
    page.submit("/activities", activity=done.activity_id)
    assert numbers(browser(leader).get(f"/plans/items/{second}"))["dates"] == "1"
    assert numbers(browser(leader).get(f"/plans/items/{first}"))["dates"] == "0"


def test_nobody_counts_what_another_team_does(browser, ada, leader, done, cranes):
    theirs = make_activity(make_leader(cranes)).id
    first = plan(browser, ada)
    browser(leader).post(f"/plans/items/{first}/activities", activity=theirs)
    assert numbers(browser(leader).get(f"/plans/items/{first}"))["dates"] == "1"
    assert db.session.query(PlanActivity).count() == 0


def test_a_long_plan_takes_as_many_statements_as_a_short_one(browser, ada, done):
    def statements() -> int:
        with counted_statements() as found:
            progress.look(ada.actor, 2026, clock.now())
        return len(found)

    plan(browser, ada)
    few = statements()
    page = hand_in(browser, ada, "year-plan-2026.csv")
    page.submit(page.path, action="take")
    assert statements() == few <= 6


def test_home_visits_are_numbers_and_no_list_of_them_is_there(browser, ada, leader):
    item_id = plan(browser, ada, title="家访", kind="家访", dates="40", outcomes="")
    assert numbers(browser(leader).get("/plans/2026")) == {}
    browser(leader).get(f"/plans/items/{item_id}/done/dates", status=404)


def test_a_series_made_from_an_item_knows_what_it_is_for(browser, ada, leader):
    item_id = plan(browser, ada)
    form = browser(leader).get(f"/plans/items/{item_id}/activity")
    assert [form.value(name) for name in ("title", "kind", "repeat", "date", "until")] == [
        "每周五创卫",
        "friday_cleanup",
        "weekly",
        "2026-11-27",
        "2026-12-31",
    ]
    typed = {"place": "主街", "start": "09:00", "end": "10:30"}
    preview = form.submit("/activity", action="preview", **typed)
    assert len(preview.soup.select("#preview time")) == 5
    preview.submit("/activity", action="draft", **typed)
    db.session.rollback()
    made = db.session.scalars(select(Activity)).one()
    boxes = browser(leader).get(f"/plans/items/{item_id}").soup.select("input[name=activity][checked]")
    assert [str(box["value"]) for box in boxes] == [str(made.id)]


def test_the_plan_of_a_month_has_its_dates_and_its_items_but_no_private_dates(browser, ada, leader, alice):
    make_activity(leader, day=date(2026, 11, 27), title="Cleanup")
    make_activity(leader, day=date(2026, 11, 28), title="Home visit", kind="home_visit")
    plan(browser, ada, months="11")
    page = browser(ada).get("/plans/2026/11")
    assert "Cleanup" in page.text
    assert "每周五创卫" in page.text
    assert "Home visit" not in page.text
    assert "每周五创卫" not in browser(alice).get("/plans/2026/11").text
    assert "每周五创卫" not in browser(ada).get("/plans/2026/12").text


# Files


def hand_in(browser, ada, name: str, year: int = 2026) -> Page:
    file = io.BytesIO((FIELD / name).read_bytes()), name
    return browser(ada).post(f"/plans/{year}/import", file=file)


def test_a_plan_is_handed_in_looked_at_and_taken(browser, ada):
    page = hand_in(browser, ada, "year-plan-2026.csv")
    counts = page.soup.select_one("[data-due]")
    assert counts is not None
    assert (counts["data-due"], counts["data-wrong"], counts["data-unchanged"]) == ("10", "0", "0")
    page = page.submit(page.path, action="take")
    assert page.news == ["10 items are in the plan."]
    counts = page.soup.select_one("[data-due]")
    assert counts is not None
    assert (counts["data-due"], counts["data-unchanged"]) == ("0", "10")
    assert "检举控告宣传周" in browser(ada).get("/plans/2026").text


def test_unknown_kinds_are_said_by_hand_and_the_right_lines_do_not_wait(browser, ada):
    page = hand_in(browser, ada, "2027-discussion-gb18030.csv")
    assert "Plan of 2027" in page.text
    path = page.path
    page = page.submit(path, action="take")
    assert page.news == ["7 items are in the plan."]
    wrong = {str(field["value"]) for field in page.soup.select("input[name=line]")}
    assert wrong == {"8", "9", "10", "11", "13"}
    mended = {"line": 8, "title": "义诊进村", "kind": "移风易俗宣传", "dates": "2", "months": "5,10"}
    page = browser(ada).post(path, action="mend", **mended)
    assert "1 item to take in" in page.text
    assert page.submit(path, action="take").news == ["1 item is in the plan."]
    assert db.session.query(PlanItem).filter_by(year=2027).count() == 8


def test_a_column_under_another_name_is_matched_by_hand(browser, ada):
    file = io.BytesIO("任务,归类,计划场次\n家访,家访,40\n".encode()), "plan.csv"
    page = browser(ada).post("/plans/2026/import", file=file)
    assert "类别 (kind)" in page.errors[0]
    page = browser(ada).post(page.path, action="match", heading="归类", column="kind")
    assert "1 item to take in" in page.text


def test_a_plan_that_changed_since_it_was_looked_at_is_looked_at_again(browser, ada):
    page = hand_in(browser, ada, "year-plan-2026.csv")
    plan(browser, ada, dates="50")
    page = page.submit(page.path, status=422, action="take")
    assert "has changed" in page.errors[0]
    page.submit(page.path, action="take")
    assert db.session.scalars(select(PlanItem.dates).where(PlanItem.title == "每周五创卫")).one() == 46


def test_no_file_is_answered_beside_its_field(browser, ada):
    form = browser(ada).get("/plans/2026/import")
    assert "Choose a file first." in form.submit("/import", status=422).text


# Facts


def enter(browser, someone, kind: str = "media", status: int = 200, **fields) -> Page:
    form = browser(someone).get("/plans/2026/facts")
    return form.submit("/facts", status=status, **{"kind": kind, "title": "州报报道创卫"} | fields)


def test_a_fact_is_entered_with_its_words_and_one_tap_and_says_who_did(browser, leader):
    page = enter(browser, leader)
    assert "州报报道创卫" in page.text
    assert "entered by Lea on Mon 23 Nov" in page.text
    fact = db.session.query(Fact).one()
    assert (fact.kind, fact.level, fact.day, fact.n) == ("media", "county", date(2026, 11, 23), 1)


def test_facts_of_a_level_are_a_list_of_their_own(browser, leader):
    enter(browser, leader, level="province")
    enter(browser, leader, n="3")
    page = browser(leader).get("/plans/2026/facts?kind=media&level=county")
    listed = page.soup.select_one("[data-rows]")
    assert listed is not None
    assert (listed["data-rows"], listed["data-total"]) == ("1", "3")
    assert 'data-rows="0"' in browser(leader).get("/plans/2025/facts").response.text


@pytest.mark.parametrize(
    "field",
    [
        {"day": "2026-11-24"},
        {"title": ""},
        {"title": "x" * 121},
        {"url": "javascript:alert(1)"},
        {"n": "-1"},
        {"rank": "0"},
        {"kind": "bribe"},
        {"level": "moon"},
        {"person_id": "999999"},
    ],
)
def test_a_fact_that_cannot_be_is_turned_down(browser, leader, field):
    enter(browser, leader, status=422, **field)
    assert db.session.query(Fact).count() == 0


def test_a_result_belongs_to_the_place_somebody_had_in_the_contest_of_that_day(browser, leader, at, alice):
    contest = make_date(leader, kind="contest", day=date(2026, 11, 24))
    signup_id = sign_up(alice, contest).id
    at(on(24, 20))
    page = enter(browser, leader, "contest", person_id=alice.id, rank="2", title="演讲比赛")
    assert "place 2" in page.text
    fact = db.session.query(Fact).one()
    assert (fact.signup_id, fact.rank) == (signup_id, 2)


def test_a_fact_taken_out_stays_for_what_was_known_before(browser, leader, at):
    enter(browser, leader)
    at(on(24, 8))
    page = browser(leader).get("/plans/2026/facts").submit("/remove")
    assert "州报报道创卫" not in page.text
    whole = leader.actor, date(2026, 1, 1), date(2026, 12, 31)
    assert facts.list_for(*whole) == []
    assert [one.fact.title for one in facts.list_for(*whole, as_of=on(23, 12))] == ["州报报道创卫"]
