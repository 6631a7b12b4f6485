"""What the operator does at the console: found a team, make its administrator, import its roster."""

import ast
import io
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import Workbook
from sqlalchemy import event

from tests.make import PASSWORD, make_activity, make_leader, make_member, make_team
from volunteer import FEATURES, SHARED, clock, jobs, ledger
from volunteer.accounts.models import Person
from volunteer.activities.models import Kind
from volunteer.activities.recurrence import Repeat
from volunteer.actor import Role
from volunteer.config import ROOT
from volunteer.stars.models import Ladder
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams import intake
from volunteer.teams.models import Household, HouseholdMember, Membership, MembershipState, Team

pytestmark = pytest.mark.usefixtures("quick_hashing")

HEADINGS = "姓名,手机号,部门,角色,家庭户,技能"
SAMPLE = [
    f"{family}{given},{13700000001 + n},{group},{role},{household},{skill}"
    for n, (family, given, group, role, household, skill) in enumerate(
        (
            "王李张刘陈杨赵周吴马"[n % 10],
            ("海燕", "志强", "秀兰", "永红")[n // 10],
            ("办公室", "组织室", "宣传教育室")[n % 3],
            "leader" if n < 2 else "volunteer",
            f"{'一二三四五'[n % 5]}号楼{n % 4 + 1}户" if n % 3 else "",
            "驾驶" if n % 2 else "",
        )
        for n in range(40)
    )
]
WHOLE = "\r\n".join((HEADINGS, *SAMPLE)) + "\r\n"


@pytest.fixture
def run(app) -> Callable[..., Result]:
    """`run("create-team", "cranes", "Cranes")` at a console."""

    def run_command(*words: str, input: str = "", status: int = 0) -> Result:
        db.session.rollback()
        result = app.test_cli_runner().invoke(args=words, input=input)
        assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
        return result

    return run_command


@pytest.fixture
def take_in(run, cranes, tmp_path) -> Callable[..., list[str]]:
    """`take_in(file)` imports it into the Cranes; returns the lines printed."""

    def import_file(content: bytes | str, *, status: int = 0) -> list[str]:
        file: Path = tmp_path / "roster"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return run("import-roster", "--team", "cranes", str(file), status=status).output.splitlines()

    return import_file


def roster(*lines: str, headings: str = HEADINGS) -> str:
    return "\n".join((headings, *lines)) + "\n"


def member(phone: int | str) -> Membership:
    found = db.session.query(Membership).join(Person, Person.id == Membership.person_id)
    return found.filter(Person.phone == str(phone)).one()


def home(phone: int | str) -> str:
    lives = db.session.query(Household.name).join(HouseholdMember, HouseholdMember.household_id == Household.id)
    return lives.filter(HouseholdMember.person_id == member(phone).person_id, HouseholdMember.until.is_(None)).scalar()


# Teams and administrators


def test_a_new_team_has_its_kinds_and_its_ladder(run):
    assert run("create-team", "cranes", "清风志愿").output == "team cranes created\n"
    team = db.session.query(Team).one()
    assert (team.slug, team.name) == ("cranes", "清风志愿")
    assert db.session.query(Kind).filter_by(team_id=team.id).count() > 5
    assert db.session.query(Ladder).filter_by(team_id=team.id).count() == 1


def test_a_team_is_founded_once(run):
    run("create-team", "cranes", "Cranes")
    assert "There is already a team “cranes”." in run("create-team", "cranes", "Others", status=1).output
    assert db.session.query(Team).one().name == "Cranes"
    assert db.session.query(Ladder).count() == 1


@pytest.mark.parametrize(
    "slug", ["", "A", "Cranes", "a", "-cranes", "cranes-", "two words", "鹤", "a" * 41, "a/b", "a\n"]
)
def test_a_short_name_can_stand_in_an_address(run, slug):
    output = run("create-team", "--", slug, "Cranes", status=1).output
    assert "2 to 40 lower-case letters, digits and hyphens" in output


@pytest.mark.parametrize("name", ["", "  ", "鹤" * 61])
def test_a_team_has_a_name(run, name):
    assert "1 to 60 characters" in run("create-team", "cranes", name, status=1).output


def make_admin(run, *, phone="13700000000", name="Ada", team="cranes", password=PASSWORD + "\n", status=0) -> str:
    words = ("create-admin", "--team", team, "--phone", phone, "--name", name)
    return run(*words, input=password, status=status).output


def test_an_administrator_is_made_and_logs_in(run, cranes, browser):
    make_admin(run, phone="+86 137-0000-0000")
    assert member("13700000000").role is Role.ADMINISTRATOR
    page = browser().get("/login").submit("/login", phone="13700000000", password=PASSWORD)
    assert page.path == "/today"
    assert browser().get("/login").path == "/login"


def test_the_password_is_taken_as_it_is_typed_without_the_end_of_the_line(run, cranes, browser):
    make_admin(run, password="  with spaces  \r\n")
    page = browser().get("/login").submit("/login", phone="13700000000", password="  with spaces  ")
    assert page.path == "/today"


@pytest.mark.parametrize("weak", ["", "\n", "1234567\n", "x" * 201 + "\n"])
def test_a_weak_password_makes_no_administrator(run, cranes, weak):
    assert "Choose a password of at least 8 characters." in make_admin(run, password=weak, status=1)
    assert db.session.query(Person).count() == 0


def test_an_administrator_is_never_made_of_somebody_elses_number(run, cranes):
    alice = make_member(make_team())
    assert "This phone number already belongs to somebody." in make_admin(run, phone=alice.phone, status=1)
    assert member(alice.phone).role is Role.VOLUNTEER


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"phone": "1234"}, "A mobile number has 11 digits"),
        ({"name": " "}, "a name 1 to 40 characters"),
        ({"name": "阿" * 41}, "a name 1 to 40 characters"),
        ({"team": "herons"}, "There is no team “herons”."),
    ],
)
def test_a_wrong_administrator_is_refused_in_one_sentence(run, cranes, wrong, sentence):
    assert sentence in make_admin(run, status=1, **wrong)
    assert db.session.query(Person).count() == 0


def test_an_administrator_who_forgot_the_password_is_let_in_by_the_operators_link_and_sees_it_was_made(
    run, cranes, browser
):
    ada = make_member(cranes, "Ada", Role.ADMINISTRATOR)
    said = run("login-link", "--team", "cranes", "--phone", f"+86 {ada.phone}").output.split()
    address = said[-1].removeprefix("https://volunteers.example.org")
    hers = browser()
    assert hers.get(address).submit(address, password="another good one").path == "/today"
    assert "by the operator – used" in hers.get("/me/settings").text
    browser().get(address, status=404)
    entry = db.session.query(AuditEntry).filter_by(verb="hand log-in link").one()
    assert (entry.actor_id, entry.object) == (None, f"person {ada.id}")


def test_an_administrator_of_a_roster_comes_in_by_the_operators_link(run, cranes, take_in, browser):
    take_in(roster("张国栋,13700000001,,administrator,,"))
    address = run("login-link", "--team", "cranes", "--phone", "13700000001").output.split("example.org")[1].strip()
    assert browser().get(address).submit(address, password="another good one").path == "/today"
    assert member("13700000001").state is MembershipState.ACTIVE


@pytest.mark.parametrize("phone", ["13700000099", "1234"])
def test_no_link_is_made_for_a_number_nobody_in_the_team_has(run, cranes, phone):
    assert (
        "Nobody in this team has this number."
        in run("login-link", "--team", "cranes", "--phone", phone, status=1).output
    )


# Rosters


def workbook() -> bytes:
    book = Workbook()
    for line in (HEADINGS, *SAMPLE):
        book.active.append([int(cell) if cell.isdigit() else cell for cell in line.split(",")])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "file",
    [WHOLE.encode("utf-8-sig"), WHOLE.encode(), WHOLE.encode("gb18030"), workbook()],
    ids=["utf-8 with bom", "utf-8", "gb18030", "xlsx"],
)
def test_a_roster_of_forty_is_taken_in_whatever_program_wrote_it(take_in, file):
    assert take_in(file) == ["40 imported, 0 unchanged, 0 wrong"]
    names = {person.name for person in db.session.query(Person)}
    assert "王海燕" in names
    assert len(names) == 40
    assert {m.state for m in db.session.query(Membership)} == {MembershipState.INVITED}
    leaders = db.session.query(Membership).filter_by(role=Role.LEADER).count()
    assert (leaders, db.session.query(Membership).filter_by(role=Role.VOLUNTEER).count()) == (2, 38)
    assert (member(13700000002).group, member(13700000002).skills) == ("组织室", "驾驶")
    assert home(13700000002) == "二号楼2户"


def test_the_same_roster_again_changes_nothing(take_in):
    take_in(WHOLE)
    homes = db.session.query(HouseholdMember).count()
    assert take_in(WHOLE.encode("gb18030")) == ["0 imported, 40 unchanged, 0 wrong"]
    assert db.session.query(Person).count() == 40
    assert db.session.query(HouseholdMember).count() == homes


def test_what_changed_counts_as_imported(take_in):
    take_in(roster("张国栋,13700000001,办公室,,一号楼1户,", "周玉珍,13700000002,办公室,,,", "马成林,13700000003,,,,"))
    after = roster(
        "张国栋,13700000001,工会,,一号楼1户,", "周玉珍,13700000002,办公室,,二号楼1户,", "马成林,13700000003,,,,"
    )
    assert take_in(after) == ["2 imported, 1 unchanged, 0 wrong"]
    assert member(13700000001).group == "工会"
    assert home(13700000002) == "二号楼1户"


def test_who_moves_keeps_the_old_household_with_its_dates(take_in):
    take_in(roster("张国栋,13700000001,,,一号楼1户,"))
    take_in(roster("张国栋,13700000001,,,二号楼1户,"))
    assert home(13700000001) == "二号楼1户"
    assert db.session.query(HouseholdMember).filter(HouseholdMember.until.is_not(None)).count() == 1


def test_a_family_shares_one_household(take_in):
    take_in(roster("张国栋,13700000001,,,一号楼1户,", "周玉珍,13700000002,,,一号楼1户,"))
    assert db.session.query(Household).count() == 1


def test_what_a_file_leaves_out_stays_as_it_is(take_in):
    take_in(roster("张国栋,13700000001,办公室,,一号楼1户,驾驶"))
    assert take_in(roster("张国栋,13700000001", headings="姓名,手机号")) == ["0 imported, 1 unchanged, 0 wrong"]
    assert (member(13700000001).group, member(13700000001).skills) == ("办公室", "驾驶")
    assert home(13700000001) == "一号楼1户"


def test_wrong_lines_are_named_and_the_right_ones_are_in(take_in):
    lines = [*SAMPLE]
    lines[15] = "张国栋,1234,办公室,volunteer,,"
    lines[30] = ",13700000031,办公室,volunteer,,"
    said = take_in(roster(*lines), status=1)
    assert said == [
        "line 17: This is not a mobile phone number of 11 digits.",
        "line 32: There is no name on this line.",
        "38 imported, 0 unchanged, 2 wrong",
    ]
    assert db.session.query(Membership).count() == 38
    assert take_in(roster(*lines), status=1)[-1] == "0 imported, 38 unchanged, 2 wrong"


def test_a_number_known_outside_the_team_is_a_wrong_line_and_stays_untouched(take_in):
    stranger = make_member(make_team(), "Nima")
    said = take_in(roster(f"张国栋,{stranger.phone},,leader,,", "周玉珍,13700000002,,,,"), status=1)
    assert said == [
        "line 2: This number belongs to somebody outside the team. Send them the invite instead.",
        "1 imported, 0 unchanged, 1 wrong",
    ]
    assert db.session.get(Person, stranger.id).name == "Nima"
    assert member(stranger.phone).role is Role.VOLUNTEER


def test_an_import_never_raises_a_role_nor_changes_a_name(take_in, cranes):
    alice, lea = make_member(cranes, "Alice"), make_leader(cranes)
    password = db.session.get(Person, alice.id).password_hash
    said = take_in(roster(f"Mallory,{alice.phone},,administrator,,", f"Mallory,{lea.phone},,volunteer,,"))
    assert said == [
        "note 2: This number stands on the roster under another name, which stays.",
        "note 2: The role already held stays.",
        "note 3: This number stands on the roster under another name, which stays.",
        "0 imported, 2 unchanged, 0 wrong",
    ]
    assert (member(alice.phone).role, member(lea.phone).role) == (Role.VOLUNTEER, Role.LEADER)
    assert {p.name for p in db.session.query(Person)} == {"Alice", "Lea"}
    assert db.session.get(Person, alice.id).password_hash == password
    assert member(alice.phone).state is MembershipState.ACTIVE


def test_somebody_who_left_is_on_the_roster_again_in_the_role_of_the_line(take_in, cranes):
    lea = make_leader(cranes)

    def leave() -> None:
        member(lea.phone).state = MembershipState.LEFT

    write(leave)
    assert take_in(roster(f"Lea,{lea.phone},,,,")) == ["1 imported, 0 unchanged, 0 wrong"]
    assert (member(lea.phone).state, member(lea.phone).role) == (MembershipState.INVITED, Role.VOLUNTEER)


def test_ten_thousand_people_are_in_within_twenty_seconds_without_a_question_for_each(take_in):
    lines = [f"才让{n},{13600000000 + n},办公室,,{n // 3}户,驾驶" for n in range(10_000)]
    asked = []

    def listen(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        asked.append(sql)

    event.listen(db.engine, "before_cursor_execute", listen)
    begun = time.process_time()  # whatever else the machine has to do
    assert take_in(roster(*lines)) == ["10000 imported, 0 unchanged, 0 wrong"]
    assert take_in(roster(*lines)) == ["0 imported, 10000 unchanged, 0 wrong"]
    took = time.process_time() - begun
    event.remove(db.engine, "before_cursor_execute", listen)
    assert took < 20
    slices = 10_000 // intake.SLICE
    assert len([sql for sql in asked if sql.startswith("SELECT")]) < 10 * slices
    assert db.session.query(Membership).count() == 10_000


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\x00\x01\x02\xff" * 500, "not a table we can read"),
        (b"PK\x03\x04" + b"\x00" * 200, "not a workbook we can read"),
        (workbook()[:2000], "not a workbook we can read"),
        ("姓名,部门\n张国栋,办公室\n".encode(), "There is no column for phone numbers."),
        ("手机号,部门\n13700000001,办公室\n".encode(), "There is no column for names."),
        ("张国栋,13700000001\n周玉珍,13700000002\n".encode(), "The first line must name the columns."),
    ],
    ids=["empty", "junk", "junk zip", "half a workbook", "no phones", "no names", "no headings"],
)
def test_a_file_that_is_no_roster_is_refused_in_one_sentence_and_nothing_is_written(take_in, file, sentence):
    [said] = take_in(file, status=1)
    assert said.startswith("Error: ")
    assert sentence in said
    assert db.session.query(Person).count() == 0


def test_an_import_that_breaks_half_way_leaves_nothing_behind(run, cranes, tmp_path, monkeypatch):
    file = tmp_path / "roster.csv"
    file.write_text(WHOLE)
    monkeypatch.setattr("volunteer.storage.audit.note", lambda *_, **__: 1 / 0)
    run("import-roster", "--team", "cranes", str(file), status=1)
    assert db.session.query(Person).count() == 0
    assert db.session.query(Household).count() == 0


def test_a_team_that_is_not_there_and_a_file_that_is_not_there_are_named(run, cranes, tmp_path):
    file = tmp_path / "roster.csv"
    file.write_text(WHOLE)
    assert "There is no team “herons”." in run("import-roster", "--team", "herons", str(file), status=1).output
    output = run("import-roster", "--team", "cranes", str(tmp_path / "other.csv"), status=2).output
    assert "does not exist" in output


# Plans of a year


@pytest.fixture
def plan(run, cranes) -> Callable[..., list[str]]:
    """`plan(file)` imports it into the Cranes; returns the lines printed."""
    return lambda file, *more, status=0: run(
        "import-plan", "--team", "cranes", *more, str(file), status=status
    ).output.splitlines()


PLANS = Path(__file__).parent / "field" / "plans"


def test_a_plan_without_a_fault_is_in_and_unchanged_the_second_time(plan):
    assert plan(PLANS / "year-plan-2026.csv") == ["10 imported, 0 unchanged, 0 wrong"]
    assert plan(PLANS / "year-plan-2026.csv") == ["0 imported, 10 unchanged, 0 wrong"]


@pytest.mark.parametrize(
    ("file", "wrong", "notes", "last", "again"),
    [
        ("2027-discussion-gb18030.csv", [8, 9, 10, 11, 13], [4, 5, 6, 12, 14, 15, 16], "7 imported", "7 unchanged"),
        ("2026-key-points-merged.xlsx", [7], [11, 13], "9 imported", "9 unchanged"),
    ],
)
def test_what_of_a_plan_is_wrong_or_reckoned_is_named_line_by_line(plan, file, wrong, notes, last, again):
    lines = plan(PLANS / file, status=1)
    numbers = {
        what: [int(line.split()[1].rstrip(":")) for line in lines if line.startswith(what)]
        for what in ("line ", "note ")
    }
    assert numbers["line "] == wrong
    assert sorted(set(numbers["note "])) == notes
    assert lines[-1] == f"{last}, 0 unchanged, {len(wrong)} wrong"
    assert plan(PLANS / file, status=1)[-1] == f"0 imported, {again}, {len(wrong)} wrong"


def test_of_a_plan_that_does_not_say_its_year_it_is_asked_for(plan, tmp_path):
    file = tmp_path / "plan.csv"
    file.write_text("任务,类别,计划场次\n家访,家访,40\n")
    assert "--year" in plan(file, status=1)[0]
    assert plan(file, "--year", "2028") == ["1 imported, 0 unchanged, 0 wrong"]


# Looking after it


def test_a_fresh_installation_has_nothing_wrong(run):
    assert run("check").output == "0 wrong\n"


@pytest.mark.parametrize("job", ["tick", "check"])
def test_every_job_is_found_by_a_walk_through_the_rooms(job):
    there = {path.parent.name: ast.parse(path.read_text()) for path in ROOT.glob("volunteer/*/jobs.py")}
    functions = [
        f"volunteer.{room}.jobs.{node.name}"
        for room in (*SHARED, *FEATURES)
        if room in there
        for node in there[room].body
        if isinstance(node, ast.FunctionDef) and node.name.startswith(job)
    ]
    assert [f"{one.__module__}.{one.__name__}" for one in jobs(job)] == functions
    assert len(functions) > 1


def test_what_a_room_adds_to_its_jobs_is_done_with_all_others(run, monkeypatch):
    done = []
    monkeypatch.setattr(ledger.jobs, "tick", done.append, raising=False)
    monkeypatch.setattr(ledger.jobs, "check_birds", lambda now: [f"a crane is missing since {done[0]}"], raising=False)
    assert run("tick").output == "0 dates made\n"
    assert run("check", status=1).output == f"a crane is missing since {done[0]}\n1 wrong\n"


def test_the_periodic_work_says_how_many_dates_it_made(run, cranes, at):
    start, lea = clock.now(), make_leader(cranes)
    today = clock.today(start, lea.actor.zone)
    make_activity(lea, repeat=Repeat.WEEKLY, day=today, until=today + timedelta(weeks=60))
    assert run("tick").output == "0 dates made\n"
    at(start + timedelta(weeks=2))
    assert run("tick").output == "2 dates made\n"


def test_the_demo_team_fills_an_empty_database_once(run, browser):
    output = run("demo").output
    assert "13800000001" in output
    assert "The database is not empty" in run("demo", status=1).output
    assert "13800000001" in run("demo", "--if-empty").output
    assert run("check").output == "0 wrong\n"
    page = browser().get("/login").submit("/login", phone="13800000002", password="qingfeng-demo")
    waits = {str(row["data-waiting"]) for row in page.soup.select("[data-waiting]")}
    assert page.path == "/today" and {"absence", "appeal", "leave", "understaffed"} <= waits
    page = browser().get("/login").submit("/login", phone="13800000003", password="qingfeng-demo")
    assert page.path == "/"


def test_every_command_says_what_it_is_for(run):
    for name in (
        "create-team",
        "create-admin",
        "login-link",
        "import-roster",
        "import-plan",
        "demo",
        "tick",
        "worker",
        "check",
    ):
        assert len(run(name, "--help").output.splitlines()[2].strip()) > 10
