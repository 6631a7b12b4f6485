"""How a roster file becomes people, and what a leader is told about the lines that do not."""

import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from volunteer.errors import Refused
from volunteer.papers.tables.handed_in import Row, Sheet
from volunteer.teams.roster import Roster, RosterLine, read_roster

SAMPLE = """姓名,手机号,部门,角色,家庭户,技能
张国栋,13800001003,组织室,leader,二号楼3户,驾驶
仁青多杰,13800001004,办公室,leader,七号楼1户,急救
索南扎西,13800001005,办公室,volunteer,,
周玉珍,13800001006,宣传教育室,volunteer,,驾驶
"""


def roster_of(text: str, encoding: str = "utf-8") -> Roster:
    return read_roster(text.encode(encoding))


def reason(line: str, headings: str = "姓名,手机号,部门,角色,家庭户,技能") -> str:
    """What the leader is told about a roster of this one line."""
    roster = roster_of(f"{headings}\n{line}\n")
    assert roster.lines == ()
    [wrong] = roster.wrong
    assert wrong.number == 2
    return str(wrong.why)


def test_a_leader_hands_in_the_roster_and_everyone_is_in_it():
    roster = roster_of(SAMPLE, "utf-8-sig")
    assert roster.wrong == ()
    assert roster.lines[0] == RosterLine(2, "张国栋", "13800001003", "leader", "组织室", "二号楼3户", "驾驶")
    assert roster.lines[2] == RosterLine(4, "索南扎西", "13800001005", "volunteer", "办公室", "", "")
    assert len(roster.lines) == 4


def test_a_leader_pastes_a_gb18030_file_from_old_excel_and_every_name_is_right():
    names = [line.name for line in roster_of(SAMPLE, "gb18030").lines]
    assert names == ["张国栋", "仁青多杰", "索南扎西", "周玉珍"]


def test_a_workbook_that_keeps_phones_as_numbers_gives_the_same_people():
    workbook = Workbook()
    for line in SAMPLE.splitlines():
        workbook.active.append([float(cell) if cell.isdigit() else cell for cell in line.split(",")])
    out = io.BytesIO()
    workbook.save(out)
    assert read_roster(out.getvalue()) == roster_of(SAMPLE)


@pytest.mark.parametrize(
    ("headings", "line"),
    [
        ("phone,name,role,group,household,skills", "13800001003,张国栋,leader,组织室,二号楼3户,驾驶"),
        ("Name,Phone,GROUP,Role,Household,Skills", "张国栋,13800001003,组织室,Leader,二号楼3户,驾驶"),
        ("序号,姓 名,联系电话*,科室,身份,户,特长", "1,张国栋,13800001003,组织室,领队,二号楼3户,驾驶"),
        ("特长,户,角色,小组,手机号（必填）,姓名：", "驾驶,二号楼3户,队长,组织室,13800001003,张国栋"),
        ("姓名,电话,手机,组,角色,家庭户,技能", "张国栋,0971-812345,13800001003,组织室,领队,二号楼3户,驾驶"),
    ],
)
def test_headings_may_have_other_words_and_any_order(headings, line):
    [person] = roster_of(f"{headings}\n{line}\n").lines
    assert person == RosterLine(2, "张国栋", "13800001003", "leader", "组织室", "二号楼3户", "驾驶")


def test_names_and_phones_alone_are_enough():
    [person] = roster_of("姓名,手机\n张国栋,+86 138-0000-1003\n").lines
    assert person == RosterLine(2, "张国栋", "13800001003", "volunteer", "", "", "")


@pytest.mark.parametrize(
    ("headings", "words"),
    [("姓名,部门", "phone numbers"), ("手机号,部门", "names"), ("部门,角色", "first line")],
)
def test_a_file_without_names_or_phones_is_told_which_columns_it_needs(headings, words):
    with pytest.raises(Refused, match=words) as refused:
        roster_of(f"{headings}\nx,y\n")
    assert "姓名" in str(refused.value)
    assert "手机号" in str(refused.value)


@pytest.mark.parametrize(
    ("word", "role"),
    [
        *((word, "volunteer") for word in ("", "volunteer", "Volunteer ", "志愿者", "队员", "成员")),
        *((word, "leader") for word in ("leader", "LEADER", "领队", "队长", "ｌｅａｄｅｒ")),
        *((word, "administrator") for word in ("administrator", "admin", "管理员")),
    ],
)
def test_roles_are_understood_in_both_languages(word, role):
    [person] = roster_of(f"姓名,手机号,角色\n张国栋,13800001003,{word}\n").lines
    assert person.role == role


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",13800001003,,,,", "no name"),
        ("　 ,13800001003,,,,", "no name"),
        ("张" * 41 + ",13800001003,,,,", "longer than 40"),
        ("\u200b\u2060,13800001003,,,,", "no name"),
        ("1 (组长),13800001003,,,,", "not a name"),
        ("张国栋,同上,,,,", "11 digits"),
        ("张国栋,138000010034,,,,", "11 digits"),
        ("张国栋,1380000 1003 4,,,,", "11 digits"),
        ("张国栋,138OOOO1003,,,,", "11 digits"),
        ("张国栋,990000190001010018,,,,", "identity-card number"),
        ("张国栋,990000 19000101 001x,,,,", "identity-card number"),
        ("张国栋,9.9000019000101E+17,,,,", "identity-card number"),
        ("13800001004,13800001003,,,,", "not a name"),
        ("=1+1,13800001003,,,,", "not a name"),
        ("=HYPERLINK(1),=1+1,@x,=x,=y,=z", "not a name"),
        ("——,13800001003,,,,", "not a name"),
        ("张国栋,,,,,", "no phone number"),
        ("张国栋,0971-8123456,,,,", "11 digits"),
        ("张国栋,1380000100,,,,", "11 digits"),
        ("张国栋,1.38E+10,,,,", "cut the phone number short"),
        ("张国栋,13800001003,,书记,,", "role is not known"),
        ("张国栋,13800001003," + "室" * 41 + ",,,", "longer than 40"),
        ("张国栋,13800001003,,,," + "藏" * 201, "longer than 200"),
    ],
)
def test_a_wrong_line_says_what_is_wrong_with_it(line, words):
    assert words in reason(line)


def test_a_wrong_line_never_stops_the_right_ones():
    roster = roster_of("姓名,手机号\n张国栋,1\n\n仁青多杰,13800001004\n,13800001005\n周玉珍,13800001006\n")
    assert [(line.number, line.name) for line in roster.lines] == [(4, "仁青多杰"), (6, "周玉珍")]
    assert [wrong.number for wrong in roster.wrong] == [2, 5]


def test_a_phone_that_comes_again_is_wrong_even_when_the_line_is_the_same():
    roster = roster_of(
        "姓名,手机号\n张国栋,13800001003\n张国栋,13800001003\n周玉珍,+86 138 0000 1003\n仁青多杰,13800001004\n"
    )
    assert [line.number for line in roster.lines] == [2, 5]
    assert [(wrong.number, wrong.why.values) for wrong in roster.wrong] == [
        (3, {"first": 2}),
        (4, {"first": 2}),
    ]
    assert str(roster.wrong[0].why) == "The same phone number is already on line 2."


def test_a_phone_on_a_wrong_line_is_not_given_to_the_next_one():
    roster = roster_of("姓名,手机号,角色\n张国栋,13800001003,书记\n周玉珍,13800001003,\n")
    assert [wrong.number for wrong in roster.wrong] == [2, 3]


def test_reasons_keep_a_sentence_that_can_be_translated():
    [wrong] = roster_of("姓名,手机号\n" + "张" * 41 + ",13800001003\n").wrong
    assert wrong.why.sentence == "The name is longer than %(limit)s characters."
    assert wrong.why.values == {"limit": 40}


def test_a_phone_that_a_program_turned_into_a_fraction_is_still_right():
    [person] = roster_of("姓名,手机号\n张国栋,13800001003.0\n").lines
    assert person.phone == "13800001003"


def test_of_two_columns_with_one_meaning_the_first_counts():
    [person] = roster_of("姓名*,姓名,手机号\n张国栋,另一个,13800001003\n").lines
    assert person.name == "张国栋"


def test_spaces_inside_a_name_are_made_one():
    [person] = roster_of("姓名,手机号\n  Tashi　 Dolma ,13800001003\n").lines
    assert person.name == "Tashi Dolma"


def test_a_formula_among_the_skills_is_kept_as_harmless_text():
    [person] = roster_of("姓名,手机号,技能\n张国栋,13800001003,=1+1\n").lines
    assert person.skills == "'=1+1"


def test_ten_thousand_people_are_judged_in_two_seconds():
    people = "".join(f"张{n},1380000{n:04},办公室,,,\n" for n in range(10_000))
    start = time.process_time()
    roster = roster_of("姓名,手机号,部门,角色,家庭户,技能\n" + people)
    assert len(roster.lines) == 10_000
    assert time.process_time() - start < 2


cell = st.text(max_size=12) | st.sampled_from(["张国栋", "13800001003", "13800001004", "leader", "=1+1", "", "'="])


@given(st.lists(st.tuples(cell, cell, cell, cell), max_size=12))
def test_every_line_of_any_table_is_either_right_or_wrong(rows):
    sheet = Sheet(
        tuple(Row(number, cells) for number, cells in enumerate([("姓名", "手机号", "角色", "部门"), *rows], 1))
    )
    roster = read_roster(sheet)
    right = [line.number for line in roster.lines]
    wrong = [line.number for line in roster.wrong]
    assert sorted(right + wrong) == [number for number, row in enumerate(rows, 2) if any(row)]
    assert len({line.phone for line in roster.lines}) == len(right)
    for line in roster.wrong:
        assert not re.search(r"1[3-9]\d{9}", str(line.why))
