"""The team's members as a list: fifty a page, searched in the database, taken away with masked phones."""

import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from tests.bench.inside import counted_statements
from tests.make import Someone, make_household, make_leader, make_member, make_team, move_in, move_out
from tests.moments import MONDAY
from tests.pages import Browser, Page
from tests.wire import read_rows, send
from volunteer.actor import Role
from volunteer.papers.tables.listings import PAGE
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState
from volunteer.teams.roster import read_roster

FORMATS = ("csv", "xlsx")


def cells(page: Page) -> list[list[str]]:
    """What stands in the list on a page."""
    return [[cell.get_text(strip=True) for cell in row.select("th, td")] for row in page.soup.select(".list tbody tr")]


def names(page: Page) -> list[str]:
    return [row[0] for row in cells(page)]


def taken(browser: Browser, form: str, query: str = "") -> bytes:
    answer = send(browser, "GET", f"/members?format={form}{query}")
    assert answer.status_code == 200
    return answer.data


def read_again(data: bytes) -> list[list[str]]:
    """The lines below the headings, as the tables that people hand in are read."""
    return read_rows(data)[1:]


@pytest.fixture
def people(team, leader) -> dict[str, Someone]:
    """Three members; 才旦卓玛 and 李玉梅 live together, 王海燕 has not come in yet."""
    made = {name: make_member(team, name) for name in ("才旦卓玛", "李玉梅")}
    made["王海燕"] = make_member(team, "王海燕", state=MembershipState.INVITED)
    make_household(team, *list(made.values())[:2], name="二号楼3户")
    group(made["李玉梅"], "档案室")
    return made


def group(someone: Someone, name: str) -> None:
    membership = db.session.scalars(select(Membership).where(Membership.person_id == someone.id)).one()
    write(lambda: setattr(db.session.get_one(Membership, membership.id), "group", name))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("卓玛", ["才旦卓玛"]),
        ("档案", ["李玉梅"]),
        ("二号楼", ["才旦卓玛", "李玉梅"]),
        ("二号楼 李", ["李玉梅"]),
        ("lea", ["Lea"]),
        ("ＬＥＡ", ["Lea"]),
        ("才旦 卓玛", ["才旦卓玛"]),
        ("二号楼３户　李", ["李玉梅"]),
        ("\u200b", ["Lea", "才旦卓玛", "李玉梅", "王海燕"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("/", []),
        ("   ", ["Lea", "才旦卓玛", "李玉梅", "王海燕"]),
    ],
)
def test_a_leader_finds_people_by_name_group_and_household(people, leader, browser, words, found):
    page = browser(leader).get(f"/members?q={words.replace('%', '%25')}")
    assert names(page) == found
    if not found:
        assert "Nothing found for" in page.text


def test_who_stands_there_as_somebody_once_typed_it_is_found_by_typing_the_same(people, leader, browser):
    group(people["王海燕"], "宣传（东）")
    assert names(browser(leader).get("/members?q=（东）")) == ["王海燕"]


def test_a_percent_sign_in_a_name_is_a_letter(team, leader, browser):
    make_member(team, "100% Kim")
    make_member(team, "1000 Kim")
    assert names(browser(leader).get("/members?q=0%25")) == ["100% Kim"]


def test_somebody_who_moved_is_found_where_they_live_now(team, people, leader, browser):
    move_out(people["李玉梅"])
    move_in(people["李玉梅"], make_household(team, name="九号楼1户"))
    assert names(browser(leader).get("/members?q=二号楼")) == ["才旦卓玛"]
    assert names(browser(leader).get("/members?q=九号楼")) == ["李玉梅"]


def test_a_workbook_for_which_there_is_no_room_is_answered_with_what_to_do(leader, browser, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    answer = send(browser(leader), "GET", "/members?format=xlsx")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_a_long_list_has_pages_that_keep_the_search(team, leader, browser):
    for n in range(PAGE + 3):
        make_member(team, f"张{n}")
    page = browser(leader).get("/members?q=张")
    assert names(page) == [f"张{n}" for n in range(PAGE)]
    assert f"1–{PAGE} of {PAGE + 3}" in page.text
    (link,) = [a["href"] for a in page.soup.select(".pages a")]
    assert unquote(link) == "/members?q=张&page=2"
    page = browser(leader).get(link)
    assert names(page) == [f"张{n}" for n in range(PAGE, PAGE + 3)]
    assert [unquote(a["href"]) for a in page.soup.select(".pages a")] == ["/members?q=张&page=1"]


@pytest.mark.parametrize("number", ["0", "-1", "2", "999999", "9999999999", "x", "１"])
def test_a_page_that_is_not_there_is_the_first(people, leader, browser, number):
    assert names(browser(leader).get(f"/members?page={number}"))[0] == "Lea"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("query", ["", "&q=二号楼"])
def test_a_list_taken_away_and_read_again_has_the_cells_of_the_page(people, leader, browser, form, query):
    page = browser(leader).get(f"/members?{query}")
    assert read_again(taken(browser(leader), form, query)) == cells(page)
    assert read_rows(taken(browser(leader), form))[0] == [th.get_text() for th in page.soup.select(".list thead th")]


@pytest.mark.parametrize("form", FORMATS)
def test_no_whole_phone_number_leaves_the_house(people, leader, browser, form):
    hers = browser(leader)
    text = repr(read_again(taken(hers, form))) + hers.get("/members").text
    for someone in (*people.values(), leader):
        assert someone.phone not in text
        assert f"{someone.phone[:3]}****{someone.phone[-4:]}" in text


@pytest.mark.parametrize("form", FORMATS)
def test_masked_numbers_handed_in_as_a_roster_are_wrong_and_say_so(people, leader, browser, form):
    answer = send(browser(leader), "GET", f"/members?format={form}", headers={"Accept-Language": "zh-CN"})
    roster = read_roster(answer.data)
    assert roster.lines == ()
    assert {str(line.why) for line in roster.wrong} == {"This number is masked. Write all its 11 digits."}
    assert len(roster.wrong) == 4


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_a_name_that_is_a_formula_runs_nowhere(team, leader, browser, mark):
    name = f"{mark}cmd|' /C calc'!A0"
    make_member(team, name)
    hers = browser(leader)
    assert names(hers.get("/members"))[1] == name
    assert read_again(taken(hers, "csv"))[1][0] == "'" + name
    assert "'" + name in taken(hers, "csv").decode("utf-8-sig").replace('"', "")
    sheet = load_workbook(io.BytesIO(taken(hers, "xlsx"))).active
    assert (sheet.cell(3, 1).value, sheet.cell(3, 1).data_type) == ("'" + name, "s")


def test_the_csv_begins_with_the_mark_excel_knows_utf_8_by(people, leader, browser):
    assert taken(browser(leader), "csv").startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("form", FORMATS)
def test_the_file_is_called_after_the_team_and_the_day(people, leader, browser, form):
    said = send(browser(leader), "GET", f"/members?format={form}").headers["Content-Disposition"]
    assert f'filename="members-2026-11-23.{form}"' in said
    assert unquote(said.partition("UTF-8''")[2]) == f"清风志愿 Members 2026-11-23.{form}"


def test_who_takes_a_list_of_people_away_stands_in_the_trail(people, leader, browser):
    hers = browser(leader)
    hers.get("/members?q=二号楼")
    taken(hers, "xlsx", "&q=二号楼")
    send(hers, "GET", "/activities?format=csv")
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "take away")).all()
    assert [(one.actor_id, one.object, one.changes, one.at) for one in entries] == [
        (leader.id, "members", {"format": "xlsx", "searched": True}, MONDAY)
    ]


@pytest.mark.parametrize("form", ["", *FORMATS])
def test_another_teams_members_and_those_who_left_are_on_no_list(team, people, leader, browser, form):
    stranger = make_member(make_team(), "卓玛措")
    gone = make_member(team, "卓玛吉", state=MembershipState.LEFT)
    make_household(team, gone, name="二号楼9户")
    hers = browser(leader)
    listed = read_again(taken(hers, form)) if form else cells(hers.get("/members"))
    assert {row[0] for row in listed}.isdisjoint({"卓玛措", "卓玛吉"})
    assert names(hers.get("/members?q=卓玛")) == ["才旦卓玛"]
    assert names(browser(make_leader(make_team(), "Eve")).get("/members?q=卓玛")) == []
    assert stranger


@pytest.mark.parametrize("path", [f"/{name}?format={form}" for name in ("members", "activities") for form in FORMATS])
def test_only_leaders_take_lists_away(team, leader, browser, path):
    outsider = make_member(make_team(), "Outsider")
    answers = [send(browser(who), "GET", path).status_code for who in (None, outsider, make_member(team), leader)]
    assert answers == [303, 403, 403, 200]
    assert send(browser(make_member(team, "Ada", Role.ADMINISTRATOR)), "GET", path).status_code == 200


def test_a_search_takes_two_statements_whatever_it_finds(people, leader, browser):
    hers = browser(leader)
    for query in ("", "?q=卓玛", "?q=nobody"):
        with counted_statements() as statements:
            hers.get(f"/members{query}")
        assert len(statements) == 2, statements


def test_libre_office_opens_the_workbook(people, leader, browser, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice is not installed (on Debian: apt-get install libreoffice-calc)")
    (tmp_path / "list.xlsx").write_bytes(taken(browser(leader), "xlsx"))
    convert = [office, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "list.xlsx"]
    subprocess.run(convert, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    data = Path(tmp_path / "list.csv").read_bytes()
    assert read_again(data) == cells(browser(leader).get("/members"))
    assert not re.search(rb"#(NAME|REF|VALUE)", data)
