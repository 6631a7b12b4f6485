"""The list on paper and back: numbers stay whose they are, names are seen before anything is saved."""

import csv
import shutil
import subprocess
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tests.make import (
    Someone,
    cancel,
    make_date,
    make_member,
    reserve,
    shifts_of,
    sign_up,
    signup_of,
    take_off,
    withdraw,
)
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Browser, Open, Page
from tests.wire import send
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.activities.states import CheckIn
from volunteer.checkin import editions
from volunteer.checkin.models import Edition
from volunteer.ledger import balances
from volunteer.ledger.models import Entry
from volunteer.ledger.states import EntryKind, Evidence
from volunteer.signups.states import Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

FIELD = Path(__file__).parent.parent / "field"
needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
NINE, HALF_PAST_TEN = on(27, 9), on(27, 10, 30)
STALL, KITCHEN = (PlannedShift(name, time(9), time(10, 30), 9) for name in ("Stall", "Kitchen"))


@pytest.fixture
def market(leader: Someone) -> Occurrence:
    """On FRIDAY from nine to half past ten."""
    return make_date(leader, day=FRIDAY, capacity=40, check_in=CheckIn.POSTER)


@pytest.fixture
def signed_up(market: Occurrence, people: list[Someone], at: SetClock) -> list[Someone]:
    """Charlie, Bob and Alice in this order; it is five past nine."""
    for someone in reversed(people):
        sign_up(someone, market)
    at(NINE + timedelta(minutes=5))
    return people


def address(of: Occurrence) -> str:
    return f"/occurrences/{of.id}/sheet"


def fetch(browser: Browser, of: Occurrence) -> bytes:
    """The sheet as it comes."""
    answer = send(browser, "GET", address(of))
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    return answer.data


def marks(of: Occurrence) -> list[str]:
    """Of its editions, the last first."""
    db.session.rollback()
    return [mark for mark, _ in editions.list_marks(of)]


def read_pdf(pdf: bytes) -> str:
    read = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(read.stdout.decode().split())


def look(browser: Browser, of: Occurrence, rows: str, *, status: int = 200, **more: object) -> Page:
    """The rows, typed into the page and looked at."""
    page = browser.get(f"{address(of)}/rows")
    return page.submit("/sheet", status=status, rows=rows, action="preview", **more)


def shown(page: Page, presence: str) -> list[str]:
    """Who stands under a heading of the preview, by number and name."""
    return [" ".join(line.find(string=True).split()) for line in page.soup.select(f"[data-rows={presence}] li")]


def asked(page: Page) -> list[str]:
    return [legend.get_text() for legend in page.soup.select("fieldset.answer legend")]


def said(someone: Someone) -> tuple[EntryKind | None, Evidence | None, int]:
    """What the ledger says of somebody: kind, evidence, minutes."""
    return stand(signup_of(someone).id)


def stand(signup_id: int) -> tuple[EntryKind | None, Evidence | None, int]:
    one = balances.standing(signup_id)
    return one.kind, one.evidence, one.claimed


def entries() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Entry.id))) or 0


ON_TIME, LATE, ABSENT = (
    (EntryKind.CHECK_IN, Evidence.SHEET, 90),
    (EntryKind.CHECK_IN, Evidence.UNTIMED, 90),
    (EntryKind.ABSENT, Evidence.SHEET, 0),
)
UNKNOWN = (None, None, 0)


@pytest.fixture
def office(team: Team, leader: Someone, at: SetClock) -> Occurrence:
    """The office's date, its first twenty people signed up; it is just over."""
    with (FIELD / "rosters" / "01-base-team.csv").open(encoding="utf-8-sig") as file:
        names = [line["姓名"] for line in csv.DictReader(file)][:20]
    fridays = make_date(leader, day=FRIDAY, capacity=40)
    for name in names:
        sign_up(make_member(team, name), fridays)
    at(HALF_PAST_TEN)
    return fridays


AS_PRINTED = ([1, 2, 4, 5, 6, 7, 9, 12], [3], [8])


@pytest.mark.parametrize(
    ("file", "right", "left"),
    [
        ("1-as-printed", AS_PRINTED, ""),
        ("2-full-width", AS_PRINTED, ""),
        ("3-careless", ([1, 2, 4, 6, 7, 9, 12], [3, 5], [8]), ""),
        ("4-contradicts", ([1, 2, 3, 4, 5, 6, 7, 9, 10], [12], []), "Left as it is: 8, 99, x."),
    ],
)
def test_what_offices_type_in_is_shown_by_name_and_then_stands_in_the_ledger(
    leader: Someone, office: Occurrence, browser: Open, file: str, right: tuple[list[int], ...], left: str
) -> None:
    page = look(browser(leader), office, (FIELD / "sheets" / f"{file}.txt").read_text(encoding="utf-8"))
    names = {row.number: row.name for row in editions.list_rows(office, None)}
    assert shown(page, "present") == [f"{n}. {names[n]}" for n in right[0]]
    assert set(asked(page)) >= {f"{n}. {names[n]}" for n in right[1]}
    assert entries() == 0
    after = page.submit("/sheet", action="save")
    assert after.errors == ([left] if left else [])
    stands = {row.number: stand(row.signup_id) for row in editions.list_rows(office, None)}
    expected = {n: how for ns, how in zip(right, (ON_TIME, LATE, ABSENT), strict=True) for n in ns}
    assert stands == {n: expected.get(n, UNKNOWN) for n in range(1, 21)}


def test_a_sheet_can_be_fetched_at_any_moment(leader: Someone, market: Occurrence, browser: Open, at: SetClock) -> None:
    at(on(24, 8) + timedelta(microseconds=1))
    assert fetch(browser(leader), market).startswith(b"%PDF")


def test_the_office_reads_its_list_by_pinyin(office: Occurrence) -> None:
    names = [row.name.split()[0] for row in editions.list_rows(office, None)]
    assert names[:5] == ["鲍生海", "才让卓玛", "东永学", "多杰才旦", "尕藏吉"]
    assert names[-4:] == ["冶秀英", "张伟", "张伟", "周本加"]


@needs_reader
def test_the_sheet_has_everyone_by_number_and_no_letter_is_missing(
    team: Team, leader: Someone, market: Occurrence, browser: Open
) -> None:
    for name in ("㛃妮", "杨𬭎", "尕藏吉", "马堠", "才让·卓玛"):
        sign_up(make_member(team, name), market)
    text = read_pdf(fetch(browser(leader), market))
    assert "1才让·卓玛2尕藏吉3㛃妮4马堠5杨𬭎6789https://" in text
    assert "Scantocheckin" in text and text.endswith("?edition=A11/1")


def test_fetched_twice_it_is_the_same_file_and_one_edition(
    leader: Someone, ada: Someone, market: Occurrence, bob: Someone, charlie: Someone, browser: Open, at: SetClock
) -> None:
    sign_up(bob, market)
    first = fetch(browser(leader), market)
    at(on(24, 8))
    assert fetch(browser(ada), market) == first and marks(market) == ["A1"]
    sign_up(charlie, market)
    assert fetch(browser(leader), market) != first and marks(market) == ["A2", "A1"]


@needs_reader
def test_who_withdrew_keeps_the_row_and_who_joined_later_comes_after_the_last(
    team: Team, leader: Someone, market: Occurrence, people: list[Someone], browser: Open
) -> None:
    for someone in people[1:]:
        sign_up(someone, market)
    fetch(browser(leader), market)
    withdraw(people[1], market)
    sign_up(people[0], market)
    assert "1Bob2Charlie3Alice4567https://" in read_pdf(fetch(browser(leader), market))
    assert [row.name for row in editions.list_rows(market, editions.find_last(market)) if row.is_gone] == ["Bob"]


@needs_reader
def test_positions_stand_apart_each_with_its_people(leader: Someone, people: list[Someone], browser: Open) -> None:
    fair = make_date(leader, day=FRIDAY, shifts=[STALL, KITCHEN])
    stall, kitchen = shifts_of(fair)
    for someone, shift in zip(people, (kitchen, stall, kitchen), strict=True):
        sign_up(someone, fair, shift)
    assert "Stall1BobKitchen2Alice3Charlie4567" in read_pdf(fetch(browser(leader), fair))


def test_the_list_has_the_numbers_of_the_sheet_and_who_joined_since_has_none(
    team: Team, leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    page = browser(leader).get(f"/occurrences/{market.id}/roster")
    assert [row["data-row"] for row in page.soup.select("form[data-row]")] == ["1", "2", "3"]
    assert page.soup.select_one("#kept")["data-edition"] == "A1"  # type: ignore[index]
    browser(leader).post(f"/occurrences/{market.id}/roster/walk-in", person=make_member(team, "Abel").id)
    page = browser(leader).get(f"/occurrences/{market.id}/roster")
    rows = [(str(row["data-name"]), row["data-row"]) for row in page.soup.select("form[data-row]")]
    assert rows == [("Alice", "1"), ("Bob", "2"), ("Charlie", "3"), ("Abel", "")]
    assert marks(market) == ["A1"]


def test_who_signed_up_after_a_print_of_days_before_has_a_number_on_the_day(
    leader: Someone, market: Occurrence, people: list[Someone], browser: Open, at: SetClock
) -> None:
    for someone in people[1:]:
        fetch(browser(leader), market)
        sign_up(someone, market)
    sign_up(people[0], market)
    at(on(27, 8))
    for _ in range(2):
        page = browser(leader).get(f"/occurrences/{market.id}/roster")
    rows = [(row["data-name"], row["data-row"]) for row in page.soup.select("form[data-row]")]
    assert rows == [("Bob", "1"), ("Alice", "2"), ("Charlie", "3")] and marks(market) == ["A3", "A2", "A1"]


def test_late_with_a_time_counts_from_then_and_without_one_is_to_be_looked_at(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open, at: SetClock
) -> None:
    alice, bob, charlie = signed_up
    page = look(browser(leader), market, "late: 1@9:40, 2 3")
    assert shown(page, "late") == ["1. Alice"] and asked(page) == ["2. Bob", "3. Charlie"]
    page.submit("/sheet", action="save", **{"at-2": "09:20"})
    assert said(alice) == (EntryKind.CHECK_IN, Evidence.SHEET, 50)
    assert said(bob) == (EntryKind.CHECK_IN, Evidence.SHEET, 70)
    assert said(charlie) == LATE
    at(HALF_PAST_TEN)
    page = browser(leader).get(f"/occurrences/{market.id}/confirm")
    looked_at = page.soup.select_one(f"#n{signup_of(charlie).id}")
    assert looked_at and "late, and nobody wrote down since when" in looked_at.get_text()
    assert not page.soup.select_one(f"details #n{signup_of(charlie).id}")


@pytest.mark.parametrize("odd", ["8:59", "9:00", "10:30", "25:00"])
def test_a_time_at_which_nobody_comes_late_is_said_beside_the_row_and_nothing_is_saved(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open, odd: str
) -> None:
    page = look(browser(leader), market, "1 late:2").submit("/sheet", status=422, action="save", **{"at-2": odd})
    row = page.soup.select_one("#row-2 .field-error")
    assert row and page.errors == [row.get_text()] and page.value("at-2") == odd
    assert entries() == 0


def test_the_same_sheet_a_second_time_changes_nothing_and_corrects_what_was_typed_wrong(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    alice, _, charlie = signed_up
    for _ in range(2):
        look(browser(leader), market, "2 late:1@9:40,3").submit("/sheet", action="save")
    assert entries() == 3
    look(browser(leader), market, "1 absent:3").submit("/sheet", action="save")
    assert said(alice) == ON_TIME and said(charlie) == ABSENT


def test_a_time_measured_by_code_is_not_overruled_by_paper(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    code = browser(leader).get(f"/occurrences/{market.id}/code").soup.select_one(".hint a")
    browser(signed_up[1]).post(str(code["href"]))  # type: ignore[index]
    before = said(signed_up[1])
    page = look(browser(leader), market, "late:2@9:40")
    assert "checked in by code: that time stays" in page.text
    page.submit("/sheet", action="save")
    assert said(signed_up[1]) == before and before[1] is Evidence.SCAN


def test_an_empty_row_is_asked_for_by_name(
    team: Team, leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    dora = make_member(team, "Dora")
    page = look(browser(leader), market, "1 4 5 7 late:6@9:30")
    assert asked(page) == [f"{n}. empty row" for n in (4, 5, 6, 7)]
    given = {"name-4": "Dora", "name-5": "新来", "phone-5": "13700001111", "name-6": "Nobody"}
    page = page.submit("/sheet", status=422, action="save", **given)
    assert page.soup.select("#row-6 .field-error") and page.value("name-5") == "新来" and entries() == 0
    after = page.submit("/sheet", action="save", **{"phone-6": "13700002222"})
    assert after.news[0] == "Sheet A1: 4 people saved." and after.errors == ["Left as it is: 7."]
    assert said(dora) == ON_TIME
    rows = [str(row["data-name"]) for row in after.soup.select("form[data-row]")]
    assert rows == ["Alice", "Bob", "Charlie", "新来", "Dora", "Nobody"]


def test_who_wrote_in_an_empty_row_is_taken_in_once_however_often_the_sheet_is_typed(
    team: Team, leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    dora = make_member(team, "Dora")
    for _ in range(2):
        given = {"name-4": "Dora", "name-5": "新来", "phone-5": "13700001111"}
        page = look(browser(leader), market, "4 5").submit("/sheet", action="save", **given)
        assert page.news == ["Sheet A1: 2 people saved."] and entries() == 2
    look(browser(leader), market, "late:4@9:40").submit("/sheet", action="save", **{"name-4": "Dora"})
    assert said(dora) == (EntryKind.CHECK_IN, Evidence.SHEET, 50) and entries() == 3


def test_who_was_at_two_positions_and_signed_up_for_one_is_taken_in_at_the_other(
    leader: Someone, alice: Someone, browser: Open, at: SetClock
) -> None:
    date = make_date(leader, day=FRIDAY, shifts=(STALL, KITCHEN))
    stall, kitchen = shifts_of(date)
    sign_up(alice, date, stall)
    at(NINE)
    for _ in range(2):
        given = {"name-2": "Alice", "shift-2": kitchen.id}
        look(browser(leader), date, "1-2").submit("/sheet", action="save", **given)
        assert entries() == 2


def test_what_a_phone_copied_of_somebody_without_a_number_is_typed_back_by_name(
    team: Team, leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open, at: SetClock
) -> None:
    fetch(browser(leader), market)
    at(NINE - timedelta(minutes=20))
    joined = [make_member(team, name) for name in ("丁一", "李四")]
    for someone in joined:
        sign_up(someone, market)
    copied = "A1 2\n丁一 缺\n李四\nCharlie\n万一 缺\n王小明 13812345678"
    page = look(browser(leader), market, copied)
    assert shown(page, "present") == ["2. Bob", "3. Charlie", "李四"] and shown(page, "absent") == ["丁一"]
    assert page.submit("/sheet", action="save").errors == ["Left as it is: 一 缺, 13812345678."]
    assert [said(one) for one in (*joined, signed_up[0])] == [ABSENT, ON_TIME, UNKNOWN]


def test_of_a_row_both_there_and_absent_the_leader_says_what_is_right(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    page = look(browser(leader), market, "1-3 absent:2")
    assert shown(page, "present") == ["1. Alice", "3. Charlie"] and asked(page) == ["2. Bob"]
    assert page.submit("/sheet", action="save").errors == ["Left as it is: 2."]
    assert said(signed_up[1]) == UNKNOWN
    look(browser(leader), market, "1-3 absent:2").submit("/sheet", action="save", **{"is-2": "absent"})
    assert said(signed_up[1]) == ABSENT


def test_what_cannot_be_read_is_named_and_everything_else_is_taken(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    page = look(browser(leader), market, "3-1, 99, x, １－３，五")
    assert shown(page, "present") == ["1. Alice", "2. Bob", "3. Charlie"] and asked(page) == ["5. empty row"]
    assert {"99", "x"} <= {tag.get_text() for tag in page.soup.select(".rows b")}
    assert page.submit("/sheet", action="save").errors == ["Left as it is: 5, 99, x."]


def test_nothing_is_saved_that_has_changed_since_it_was_seen(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    page = look(browser(leader), market, "1-3")
    mark_absent = {"mark": "absent"}
    browser(leader).post(f"/occurrences/{market.id}/roster/{signup_of(signed_up[1]).id}", **mark_absent)
    page = page.submit("/sheet", status=422, action="save")
    assert page.errors == ["This is what the rows come to now. Look at it, then save."]
    assert "so far: absent" in page.text and entries() == 1
    assert page.submit("/sheet", status=422, action="save", rows="1-2").errors == page.errors
    page.submit("/sheet", action="save")
    assert said(signed_up[1]) == ON_TIME


def test_who_gave_the_place_up_is_named_and_taken_in_only_if_they_came_all_the_same(
    leader: Someone, market: Occurrence, people: list[Someone], browser: Open, at: SetClock
) -> None:
    for someone in people:
        sign_up(someone, market)
    fetch(browser(leader), market)
    withdraw(people[0], market)
    take_off(leader, people[1], market)
    at(NINE)
    page = look(browser(leader), market, "1-3")
    assert asked(page) == ["1. Alice", "2. Bob"] and shown(page, "present") == ["3. Charlie"]
    assert "gave the place up" in page.text and "taken off the list" in page.text
    assert page.submit("/sheet", action="save", **{"came-2": "yes"}).errors == ["Left as it is: 1."]
    assert said(people[1]) == ON_TIME and signup_of(people[0]).status is Status.WITHDRAWN


def test_the_numbers_of_an_earlier_print_are_read_as_they_stand_on_it(
    leader: Someone, market: Occurrence, people: list[Someone], browser: Open, at: SetClock
) -> None:
    for someone in people[1:]:
        sign_up(someone, market)
    fetch(browser(leader), market)
    sign_up(people[0], market)
    fetch(browser(leader), market)
    at(NINE)
    page = look(browser(leader), market, "A1: 3")
    assert asked(page) == ["3. empty row"]
    assert "Sheet A1 is an earlier print; the last one is A2. Its own numbers are read." in page.text
    assert page.value("edition") == "A2"
    page = look(browser(leader), market, "3")
    assert shown(page, "present") == ["3. Alice"]
    assert "Read as sheet A2. Does this stand in the box on your paper?" in page.text
    assert asked(look(browser(leader), market, "3", edition="A1")) == ["3. empty row"]


def test_another_dates_sheet_is_not_taken_for_this_ones(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    other = make_date(leader, title="Reading day", in_days=9)
    fetch(browser(leader), other)
    fetch(browser(leader), market)
    (wrong,) = look(browser(leader), market, "A1 1-3", status=422).errors
    assert wrong.startswith("Sheet A1 is that of another date: Reading day,")
    (wrong,) = look(browser(leader), market, "K9 1-3", status=422).errors
    assert wrong == "No sheet has the mark K9. It stands in the box at the top of the paper."
    assert entries() == 0


def test_after_a99_comes_b1_and_another_teams_marks_are_their_own(
    leader: Someone, lea: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    fetch(browser(leader), market)
    write(lambda: db.session.execute(update(Edition).values(number=99)))
    theirs = make_date(lea)
    fetch(browser(lea), theirs)
    fetch(browser(leader), make_date(leader))
    assert marks(market) == ["A99"] and marks(theirs) == ["A1"]
    assert look(browser(leader), market, "A1 1", status=422).errors[0].startswith("No sheet has the mark A1.")
    assert look(browser(leader), market, "B1 1", status=422).errors[0].startswith("Sheet B1 is that of another date")


def test_a_date_that_moved_since_it_was_printed_says_so(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open, at: SetClock
) -> None:
    at(on(26, 8))
    fetch(browser(leader), market)
    to = {"date": date(2026, 11, 28), "start": "09:00", "end": "10:30"}
    browser(leader).post(f"/occurrences/{market.id}/move", scope="this", action="save", **to)
    at(on(28, 9))
    page = look(browser(leader), market, "1")
    assert "This sheet was printed for Fri 27 Nov 9:00. The date has moved to" in page.text


Spoil = Callable[[Someone, Occurrence, SetClock], None]


def too_early(leader: Someone, market: Occurrence, at: SetClock) -> None:
    at(on(27, 8))


def too_late(leader: Someone, market: Occurrence, at: SetClock) -> None:
    at(NINE + timedelta(days=32))


def called_off(leader: Someone, market: Occurrence, at: SetClock) -> None:
    cancel(leader, market)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (too_early, "It is too early to take attendance; that begins at 8:30."),
        (too_late, "This date ended more than 10 working days ago."),
        (called_off, "This date does not take place, so there is no attendance to take."),
    ],
)
def test_a_sheet_is_taken_when_a_tick_would_be(
    leader: Someone, market: Occurrence, bob: Someone, browser: Open, at: SetClock, spoil: Spoil, why: str
) -> None:
    sign_up(bob, market)
    spoil(leader, market, at)
    page = look(browser(leader), market, "1", status=422)
    assert page.errors[0].startswith(why) and page.value("rows") == "1"


def test_leaders_type_in_of_themselves_only_what_they_may_tick(
    leader: Someone, ada: Someone, market: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(leader, market)
    at(NINE)
    page = look(browser(leader), market, "absent:1")
    assert asked(page) == ["1. Lea"] and "Nobody decides about their own attendance." in page.text
    assert page.submit("/sheet", action="save").errors == ["Left as it is: 1."]
    look(browser(leader), market, "1").submit("/sheet", action="save")
    assert said(leader) == ON_TIME
    look(browser(ada), market, "absent:1").submit("/sheet", action="save")
    assert said(leader) == ABSENT


def test_reserved_places_have_a_row_too(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open, at: SetClock
) -> None:
    at(on(26, 8))
    reserve(leader, market, "The choir", 3)
    at(NINE)
    assert shown(look(browser(leader), market, "4"), "present") == ["4. The choir"]


@pytest.mark.parametrize("rows", ["", "  ", "1" * 2001, "迟到:无"])
def test_nothing_and_far_too_much_are_answered(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open, rows: str
) -> None:
    assert len(look(browser(leader), market, rows, status=422).errors) == 1


def test_a_tool_that_saves_without_a_look_saves_what_is_clear(
    leader: Someone, market: Occurrence, signed_up: list[Someone], browser: Open
) -> None:
    page = browser(leader).post(address(market), rows="1-3,5 absent:2", action="save")
    assert page.errors == ["Left as it is: 2, 5."]
    assert [said(one) for one in signed_up] == [ON_TIME, UNKNOWN, ON_TIME]
    browser(leader).post(address(market), status=422, rows="1", action="maybe")
