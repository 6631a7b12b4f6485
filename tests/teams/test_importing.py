"""A roster is handed in through the browser, looked at, mended and taken in."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.make import Someone, make_administrator, make_household, make_member, make_team, move_in
from tests.pages import Browser, Open, Page
from volunteer import clock, jobs
from volunteer.accounts.models import Person
from volunteer.actor import Role
from volunteer.papers.tables.previews import Preview
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams import intake
from volunteer.teams.models import Household, HouseholdMember, Membership, MembershipState

FIELD = Path(__file__).parents[1] / "field" / "rosters"
HEADINGS = "姓名,手机号,部门,角色,家庭户,技能"
HandIn = Callable[..., Page]


@pytest.fixture
def hand_in(browser: Open, ada: Someone) -> HandIn:
    """`hand_in(lines)` as Ada, an administrator, or `hand_in(lines, whose)`."""

    def upload(content: str | bytes, someone: Someone = ada, *, name: str = "roster.csv", status: int = 200) -> Page:
        data = content if isinstance(content, bytes) else content.encode()
        phone = browser(someone)
        return phone.post("/members/import", file=(io.BytesIO(data), name), status=status)

    return upload


def roster(*lines: str, headings: str = HEADINGS) -> str:
    return "\n".join((headings, *lines)) + "\n"


def figures(page: Page) -> tuple[int, int, int, int]:
    """To take in, unchanged, wrong, asked."""
    card = page.soup.select_one("[data-due]")
    assert card
    return tuple(int(card[f"data-{what}"]) for what in ("due", "unchanged", "wrong", "asked"))


def take(page: Page, *, status: int = 200) -> Page:
    return page.submit(page.path, action="take", status=status)


def do(page: Page, *, status: int = 200, **fields: object) -> Page:
    """Press a button of the page's other forms."""
    return page.browser.post(page.path, referrer=page.path, status=status, **fields)


def phones() -> dict[str, str]:
    return {person.phone: person.name for person in db.session.query(Person)}


def member(phone: str) -> Membership:
    return (
        db.session.query(Membership).join(Person, Person.id == Membership.person_id).filter(Person.phone == phone).one()
    )


def test_an_administrator_hands_in_a_roster_looks_at_it_and_takes_it_in(hand_in):
    page = hand_in(roster("张国栋,13700000001,办公室,,一号楼1户,", "周玉珍,1234,,,,", "马成林,13700000003,,,,"))
    assert page.path.startswith("/members/import/")
    assert figures(page) == (2, 0, 1, 0)
    assert "13700000001" not in page.response.text
    assert "137****0001" in page.text
    assert "This is not a mobile phone number of 11 digits." in page.text
    assert "13700000001" not in phones()
    page = take(page)
    assert page.news == ["2 people are taken in."]
    assert figures(page) == (0, 2, 1, 0)
    assert phones()["13700000001"] == "张国栋"
    assert member("13700000001").state is MembershipState.INVITED
    assert db.session.query(AuditEntry).filter_by(verb="import roster").one().changes == {"imported": 2}


def test_taking_the_same_preview_twice_does_it_once(hand_in):
    page = hand_in(roster("张国栋,13700000001,,,,"))
    take(page)
    again = take(page)
    assert figures(again) == (0, 1, 0, 0)
    assert db.session.query(AuditEntry).filter_by(verb="import roster").count() == 1


def test_members_have_the_way_to_it(browser, leader):
    page = browser(leader).get("/members")
    assert page.soup.select_one('a[href="/members/import"]')
    assert browser(leader).get("/members/import").soup.select_one('input[type=file][name="file"]')


def test_nobody_but_its_maker_sees_a_preview_and_only_in_its_team(hand_in, browser, team, leader, ada):
    path = hand_in(roster("张国栋,13700000001,,,,")).path
    browser(leader).get(path, status=404)
    browser(make_administrator(team)).get(path, status=404)
    browser(make_administrator(make_team())).get(path, status=404)
    browser(make_member(team)).get(path, status=403)
    for more in ("", "/wrong.csv"):
        browser(ada).get(path + more)


def test_no_file_and_a_file_that_is_none_are_answered_beside_the_field(hand_in, browser, ada):
    page = browser(ada).post("/members/import", status=422)
    assert "Choose a file first." in page.text
    assert "This file is empty." in hand_in("", status=422).text
    assert "This is a PDF." in hand_in(b"%PDF-1.7 junk", status=422).text
    assert db.session.query(Preview).count() == 0


def send(phone: Browser, data: bytes) -> TestResponse:
    """Hand in a large file as it goes over the wire: the test client would keep it in a file of its own."""
    head = '--b\r\nContent-Disposition: form-data; name="'
    token = f'{head}csrf_token"\r\n\r\n{phone._token()}\r\n{head}file"; filename="a.csv"\r\n\r\n'
    how = {"content_type": "multipart/form-data; boundary=b", **phone._how(), "follow_redirects": False}
    return phone._send(phone.client.post, "/members/import", data=token.encode() + data + b"\r\n--b--\r\n", **how)


def test_a_file_of_sixteen_megabytes_is_read_and_one_of_seventeen_is_told_how_large_it_may_be(browser, ada):
    filled = ("," + "x" * 400) * 20
    people = "".join(f"张{'国栋'[n % 2]}{n},{13700000000 + n}{filled}\n" for n in range(2000))
    assert len(people) > 16 * 1000 * 1000
    hers = browser(ada)
    assert send(hers, ("姓名,手机号" + ",备注" * 20 + f"\n{people}").encode()).location.startswith("/members/import/")
    refused = send(hers, b"x" * (17 * 1024 * 1024))
    assert refused.status_code == 422
    assert "This file is larger than 16 MB. Split it and try again." in refused.text
    assert send(hers, b"x" * (25 * 1024 * 1024)).status_code == 413


def test_nobody_else_takes_so_much(browser, leader):
    browser(leader).post("/activities/new", title="x" * (3 * 1024 * 1024), status=413)


# What is unknown, wrong, asked


def test_a_heading_nobody_knows_is_matched_by_hand(hand_in):
    page = hand_in(roster("张国栋,13700000001,办公室", headings="姓名,手机号,哪个口子"))
    assert "哪个口子" in page.text
    assert "for example: 办公室" in page.text
    page = do(page, action="match", heading="哪个口子", column="group")
    assert "哪个口子" not in page.text
    take(page)
    assert member("13700000001").group == "办公室"


def test_a_heading_that_is_not_needed_is_put_aside(hand_in):
    page = hand_in(roster("张国栋,13700000001,办公室", headings="姓名,手机号,哪个口子"))
    page = do(page, action="match", heading="哪个口子", column="")
    assert "哪个口子" not in page.text
    take(page)
    assert member("13700000001").group == ""


def test_a_wrong_line_is_mended_on_the_page(hand_in):
    page = hand_in(roster("张国栋,1370000001,办公室,书记,一号楼1户,驾驶", "周玉珍,13700000002,,,,"))
    assert figures(page) == (1, 0, 1, 0)
    assert page.value("group") == "办公室"
    assert page.value("phone") == ""
    texts = {"name": "张国栋", "group": "办公室", "household": "一号楼1户", "role": "", "skills": "驾驶"}
    page = do(page, action="mend", line="2", phone="137 0000 0001", **texts)
    assert figures(page) == (2, 0, 0, 0)
    take(page)
    assert phones()["13700000001"] == "张国栋"
    assert member("13700000001").skills == "驾驶"


def test_a_mended_line_that_is_still_wrong_says_so_and_keeps_what_was_typed(hand_in):
    page = hand_in(roster("张国栋,13700000001,,书记,,", "周玉珍,13700000002,,,,"))
    page = do(
        page,
        action="mend",
        line="2",
        name="张国栋",
        phone="13700000002",
        group="工会",
        household="",
        role="",
        skills="",
    )
    assert "The same phone number is already on line 3." in page.text
    assert page.value("group") == "工会"
    page = do(
        page, action="mend", line="2", name="张国栋", phone="", group="工会", household="", role="书记", skills=""
    )
    assert figures(page) == (1, 0, 1, 0)
    page = do(
        page, action="mend", line="2", name="张国栋", phone="13700000001", group="", household="", role="", skills=""
    )
    assert figures(page) == (2, 0, 0, 0)


def test_an_identity_number_written_on_the_page_is_not_kept_either(hand_in):
    page = hand_in(roster("张国栋,1234,,,,"))
    page = do(
        page,
        action="mend",
        line="2",
        name="张国栋",
        phone="99000019000101001X",
        group="",
        household="",
        role="",
        skills="",
    )
    assert "An identity-card number stands in place of the phone number." in page.text
    assert "19000101" not in repr(db.session.query(Preview).one().mended)


def test_a_number_left_empty_is_the_one_that_stands_there(hand_in):
    page = hand_in(roster("张国栋,13700000001,,书记,,"))
    page = do(page, action="mend", line="2", name="张国栋", phone="", group="", household="", role="领队", skills="")
    assert figures(page) == (1, 0, 0, 0)
    take(page)
    assert member("13700000001").role is Role.LEADER


def test_the_number_of_somebody_outside_is_mended_too(hand_in):
    stranger = make_member(make_team())
    page = hand_in(roster(f"张国栋,{stranger.phone},,,,"))
    assert figures(page) == (0, 0, 1, 0)
    page = do(
        page, action="mend", line="2", name="张国栋", phone="13700000001", group="", household="", role="", skills=""
    )
    assert figures(page) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("phone", "shown"), [("1380001256", "138****256"), ("138000012567", "138****567"), ("0971-5223344", "097****344")]
)
def test_so_much_of_a_wrong_number_is_shown_that_its_owner_knows_which_it_is(hand_in, phone, shown):
    page = hand_in(roster(f"张国栋,{phone},,,,"))
    assert shown in page.text
    assert phone not in page.text
    assert shown in page.browser.get(page.path + "/wrong.csv").response.text


def test_what_is_no_number_is_not_shown_as_one(hand_in):
    assert "****" not in hand_in(roster("张国栋,12,,,,", "周玉珍,见名片,,,,")).text


def test_wrong_lines_are_taken_home_without_numbers_and_without_formulas(hand_in):
    page = hand_in(roster("=1+1,13700000001,办公室,,,=2+2", "周玉珍,13700000002,,书记,,", "马成林,12,,,,"))
    answer = page.browser.get(page.path + "/wrong.csv").response
    assert answer.mimetype == "text/csv"
    heads, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert heads[1:3] == ["姓名", "手机号"]
    assert [row[0] for row in rows] == ["2", "3", "4"]
    assert [row[2] for row in rows] == ["137****0001", "137****0002", "****"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert "role is not known" in rows[1][-1]


def test_a_leader_makes_no_administrator_by_a_roster(hand_in, leader):
    page = hand_in(roster("张国栋,13700000001,,administrator,,", "周玉珍,13700000002,,leader,,"), leader)
    assert figures(page) == (1, 0, 1, 0)
    assert "Only an administrator can make somebody a leader." in page.text


def test_who_may_have_a_new_number_is_asked_about_and_nothing_happens_by_itself(hand_in, team):
    alice = make_member(team, "李娟", phone="13700000001")
    page = take(hand_in(roster("李娟,13700000009,,,,", "周玉珍,13700000002,,,,")))
    assert figures(page) == (0, 1, 0, 1)
    assert "13700000009" not in phones()
    assert "137****0001" in page.text and "137****0009" in page.text
    page = do(page, action="answer", line="2", answer="same")
    assert figures(page) == (1, 1, 0, 0)
    take(page)
    assert db.session.get(Person, alice.id).phone == "13700000009"
    entry = db.session.query(AuditEntry).filter_by(verb="change number").one()
    assert entry.object == f"person {alice.id}"
    assert "137" not in repr(entry.changes)


def test_of_two_of_one_name_somebody_says_who_has_the_new_number(hand_in, team):
    first, second = (make_member(team, "李娟", phone=f"1370000000{n}") for n in (1, 2))
    page = hand_in(roster("李娟,13700000008,,,,", "李娟,13700000009,,,,"))
    assert figures(page) == (0, 0, 0, 2)
    assert "137****0001" in page.text and "137****0002" in page.text
    do(page, action="answer", line="2", answer="same", status=404)
    page = do(page, action="answer", line="2", answer="same", who=second.id)
    assert figures(page) == (1, 0, 0, 1)
    page = do(page, action="answer", line="3", answer="other")
    assert figures(take(page)) == (0, 2, 0, 0)
    assert db.session.get(Person, second.id).phone == "13700000008"
    assert db.session.get(Person, first.id).phone == "13700000001"
    assert phones()["13700000009"] == "李娟"


def test_who_is_another_person_is_taken_in(hand_in, team):
    make_member(team, "李娟", phone="13700000001")
    page = do(hand_in(roster("李娟,13700000009,,,,")), action="answer", line="2", answer="other")
    assert figures(page) == (1, 0, 0, 0)
    take(page)
    assert (phones()["13700000001"], phones()["13700000009"]) == ("李娟", "李娟")


def test_a_group_kept_as_somebody_typed_it_is_the_one_on_the_roster(hand_in, team):
    alice = make_member(team, "Alice", phone="13700000001")
    write(lambda: setattr(member(alice.phone), "group", "宣传 组（东）"))
    assert figures(hand_in(roster("Alice,13700000001,宣传组(东),,,"))) == (0, 1, 0, 0)


def test_nobody_gives_a_number_to_somebody_above_them(hand_in, team, leader):
    make_member(team, "李娟", Role.ADMINISTRATOR, phone="13700000001")
    page = hand_in(roster("李娟,13700000009,,,,"), leader)
    assert "Only an administrator, or their own team, can change this number." in page.text
    do(page, action="answer", line="2", answer="same", status=403)


def test_a_namesake_of_another_group_or_one_who_stands_in_the_file_is_another_person(hand_in, team):
    make_member(team, "李娟", phone="13700000001")
    page = hand_in(roster("李娟,13700000001,,,,", "李娟,13700000008,,,,", "李娟,13700000009,工会,,,"))
    assert figures(page) == (2, 1, 0, 0)
    assert "Somebody in this group has the same name; this is taken as another person." in page.text


# What has changed since


def test_what_has_changed_since_is_refused_and_shown_as_it_is_now(hand_in, team):
    alice = make_member(team, "Alice", phone="13700000001")
    page = hand_in(roster("Alice,13700000001,工会,,,", "周玉珍,13700000002,,,,"))
    write(lambda: setattr(member(alice.phone), "group", "后勤室"))
    again = take(page, status=422)
    assert "The team has changed since you looked." in again.errors[0]
    assert "13700000002" not in phones()
    assert figures(take(again)) == (0, 2, 0, 0)
    assert member(alice.phone).group == "工会"


def test_whoever_has_looked_again_has_seen_it(hand_in, team):
    alice = make_member(team, "Alice", phone="13700000001")
    page = hand_in(roster("Alice,13700000001,工会,,,"))
    write(lambda: setattr(member(alice.phone), "group", "后勤室"))
    assert figures(take(page.browser.get(page.path))) == (0, 1, 0, 0)


def test_what_a_page_does_not_say_it_has_shown_is_what_was_shown_last(hand_in):
    page = hand_in(roster("张国栋,13700000001,,,,"))
    assert figures(do(page, action="take")) == (0, 1, 0, 0)


def test_somebody_who_has_come_meanwhile_is_no_line_to_take(hand_in):
    page = hand_in(roster("张国栋,13700000001,,,,"))
    make_member(make_team(), phone="13700000001")
    assert figures(take(page, status=422)) == (0, 0, 1, 0)


def test_what_somebody_else_has_done_meanwhile_needs_no_second_look(hand_in, team):
    lines = roster("张国栋,13700000001,办公室,,一号楼1户,", "周玉珍,13700000002,,,,")
    first, second = hand_in(lines), hand_in(lines, make_administrator(team))
    take(first)
    assert figures(take(second)) == (0, 2, 0, 0)


# Slice by slice


def test_stopped_in_between_the_lines_done_are_in_and_the_same_preview_does_the_rest(hand_in, monkeypatch):
    page = hand_in(roster(*(f"张国{'甲乙丙丁戊'[n]},{13700000001 + n},,,一号楼{n}户," for n in range(5))))
    monkeypatch.setattr(intake, "SLICE", 2)
    settle, times = intake._settle, []

    def stop(*args: object) -> None:
        times.append(1)
        if len(times) == 2:
            raise KeyboardInterrupt
        settle(*args)

    monkeypatch.setattr(intake, "_settle", stop)
    with pytest.raises(KeyboardInterrupt):
        take(page)
    db.session.rollback()
    assert db.session.query(Household).count() == 2
    assert figures(take(page)) == (0, 5, 0, 0)
    assert db.session.query(HouseholdMember).count() == 5


def test_a_line_that_changes_while_others_are_taken_stops_there(hand_in, team, monkeypatch):
    alice = make_member(team, "Alice", phone="13700000009")
    page = hand_in(roster("张国栋,13700000001,,,,", "Alice,13700000009,工会,,,"))
    monkeypatch.setattr(intake, "SLICE", 1)
    slices = intake._take_slice

    def meanwhile(*args: object) -> int:
        member(alice.phone).skills = "驾驶"
        db.session.flush()
        return slices(*args)

    monkeypatch.setattr(intake, "_take_slice", meanwhile)
    page = take(page, status=422)
    monkeypatch.undo()
    assert figures(page) == (1, 1, 0, 0)
    assert member(alice.phone).group == ""


# Field data


def test_who_moves_by_a_roster_lives_there_from_today(hand_in, team):
    alice = make_member(team, "Alice", phone="13700000001")
    move_in(alice, make_household(team, name="一号楼1户"))
    page = hand_in(roster("Alice,13700000001,,,二号楼1户,"))
    assert "other household" in page.text
    take(page)
    assert [home.until is None for home in db.session.query(HouseholdMember).order_by(HouseholdMember.id)] == [
        False,
        True,
    ]


def test_what_nobody_took_is_gone_after_two_days(hand_in, at):
    page = hand_in(roster("张国栋,13700000001,,,,"))
    sweep = jobs("tick")
    now = clock.now()
    for job in sweep:
        write(lambda job=job: job(now + timedelta(days=1)))
    assert db.session.query(Preview).count() == 1
    for job in sweep:
        write(lambda job=job: job(now + timedelta(days=2)))
    assert db.session.query(Preview).count() == 0
    page.browser.get(page.path, status=404)
