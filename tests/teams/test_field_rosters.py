"""Rosters as offices really hand them in, and each way in which they are careless. Everybody in them is made up."""

import io
import re
import resource
import time
from pathlib import Path

import pytest
from openpyxl import Workbook

from volunteer.errors import Refused
from volunteer.papers.tables.lines import ColumnMissing
from volunteer.teams.roster import COLUMNS, Roster, open_roster, read_roster

FIELD = Path(__file__).parent.parent / "field" / "rosters"
FILES = {path.name.split("-")[0]: path.read_bytes() for path in sorted(FIELD.iterdir())}
TITLED = ("性别", "民族", "身份证号", "旧手机号", "政治面貌", "职务", "备注")


@pytest.mark.parametrize(
    ("file", "taken", "wrong", "notes", "left_out"),
    [
        ("01", 24, (), (), ()),
        ("02", 8, (5, 8, 10, 11), (), ("提交答卷时间", "来源", "5.其他想说的")),
        ("03", 7, (6,), (), ()),
        ("04", 9, (4,), (), ()),
        ("05", 7, (13, 14), (8, 17, 19, 20), ("备注",)),
        ("06", 7, (8,), (), ()),
        ("07", 5, (7, 9), (8,), ("办公电话", "是否有驾照")),
        ("08", 4, (7, 8), (2,), ()),
        ("10", 16, (12, 13, 14, 15, 19, 20, 22), (3, 4, 17, 21, 24), ()),
        ("11", 4, (6,), (), TITLED),
        ("12", 16, (14, 19), (12, 13, 16), ()),
        ("13", 15, (), (18,), ()),
    ],
)
def test_what_an_office_hands_in_is_taken_or_named_line_by_line(file, taken, wrong, notes, left_out):
    roster = read_roster(FILES[file])
    assert len(roster.lines) == taken
    assert tuple(line.number for line in roster.wrong) == wrong
    assert tuple(note.number for note in roster.notes) == notes
    assert roster.left_out == left_out


def people(file: str, what: str) -> dict[int, str]:
    return {line.number: getattr(line, what) for line in read_roster(FILES[file]).lines}


def test_the_tricky_names_of_the_offices_are_one_string_each():
    assert [people("02", "name")[n] for n in (4, 7, 9, 12)] == ["冶海霞", "祁永福", "娘毛先", "仁青卓玛"]
    assert [people("03", "name")[n] for n in (2, 3, 4, 5, 8, 9)] == [
        "李燕",
        "王海",
        "周毛措",
        "马英",
        "席存莲",
        "马小军",
    ]
    assert set(people("03", "household").values()) == {"1号楼1户", "1号楼2户", "2号楼1户", ""}
    names = people("12", "name")
    assert names[2] == names[3] == names[4] == "才让·卓玛"
    assert [names[n] for n in (5, 6, 7, 8, 9)] == ["旦增·罗布", "旦巴·次仁", "李娟", "李娟", "WANG Lei"]
    assert [names[n] for n in (10, 11, 12, 13, 16)] == ["Tashi Dolma", "བཀྲ་ཤིས།", "马占海", "马福", "乔"]
    assert [people("12", "household")[n] for n in (2, 3, 4, 7, 8)] == [*["2号楼3户"] * 3, "二号楼5户", "2号楼5户"]
    assert [people("05", "name")[n] for n in (4, 5, 6)] == ["多杰堠", "杨㛃", "马𬭎"]


def test_merged_groups_and_households_belong_to_every_row_of_theirs():
    assert people("06", "group") == {
        4: "组织室",
        5: "组织室",
        6: "组织室",
        7: "后勤室",
        9: "后勤室",
        10: "工会",
        11: "工会",
    }
    homes = people("06", "household")
    assert [homes[n] for n in (4, 5, 6, 7, 9, 10, 11)] == [*["1号楼3户"] * 3, "2号楼2户", "", *["3号楼1户"] * 2]


def test_phones_come_from_the_right_column_and_the_first_mobile_number_counts():
    assert people("07", "phone")[4] == "13900026001"
    assert people("07", "phone")[8] == "13900026005"
    phones = people("10", "phone")
    assert [phones[n] for n in (2, 3, 4, 17, 21)] == [f"139000290{n}" for n in ("01", "02", "04", "17", "20")]
    assert people("11", "phone")[3] == "13900030001"


def everything(roster: Roster, sheet: object) -> str:
    return repr((roster, sheet, [str(wrong.why) for wrong in roster.wrong], [str(note.what) for note in roster.notes]))


@pytest.mark.parametrize("file", ["10", "11"])
def test_no_identity_card_number_stands_anywhere_afterwards(file):
    sheet = open_roster(FILES[file])
    roster = read_roster(sheet)
    assert not re.search(r"\d{17}|990000", everything(roster, sheet))
    assert "identity-card numbers" in str(roster.warnings[0])


@pytest.mark.parametrize("file", FILES)
def test_what_is_said_about_a_file_names_no_phone(file):
    roster = read_roster(FILES[file])
    said = [*(str(wrong.why) for wrong in roster.wrong), *(str(note.what) for note in roster.notes)]
    said += [column.example for column in roster.unknown] + [str(warning) for warning in roster.warnings]
    assert not re.search(r"\d{7}", " ".join(said))


def roster_of(*rows: str) -> Roster:
    return read_roster("\n".join(rows).encode())


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "手机",
            "2.您的手机号",
            "手机号码（必填）",
            "移动电话",
            "联系电话",
            "Tel.",
            "Mobile number",
            "手机号/Phone",
            "手机号 Phone",
        ),
        *("\ufeff\u200b手\xa0机 号", "ｐｈｏｎｅ", "*手机号：", "请填写您的手机号"),
    ],
)
def test_a_heading_is_known_as_people_write_it(heading):
    [person] = roster_of(f"1.您的姓名,{heading}", "张国栋,13800001003").lines
    assert (person.name, person.phone) == ("张国栋", "13800001003")


@pytest.mark.parametrize("heading", ["旧手机号", "手机号（旧）", "紧急联系电话", "手机号（监护人）"])
def test_a_heading_that_means_another_number_is_not_the_phone(heading):
    with pytest.raises(ColumnMissing) as refused:
        roster_of(f"姓名,{heading}", "张国栋,13800001003")
    assert [column.heading for column in refused.value.unknown] == [heading]


def test_an_unknown_heading_is_matched_by_hand():
    sheet = open_roster("人员,联络码,\n张国栋,13800001003,办公室\n".encode())
    with pytest.raises(ColumnMissing) as refused:
        read_roster(sheet)
    assert [(c.heading, c.example) for c in refused.value.unknown] == [
        ("人员", "张国栋"),
        ("联络码", "****"),
        ("C", "办公室"),
    ]
    roster = read_roster(sheet, {"人员": "name", "联络码": "phone", "C": "group"})
    assert [(line.name, line.phone, line.group) for line in roster.lines] == [("张国栋", "13800001003", "办公室")]
    assert roster.left_out == ()
    assert {"name", "phone", "group", "role", "household", "skills"} <= COLUMNS.headings.keys()


@pytest.mark.parametrize(
    "headings",
    [
        "序号,姓名,手机号,序号,姓名,手机号",
        "手机号,姓名,部门,手机号,姓名,部门",
        "姓名,手机号,姓名,手机号",
        "姓名,手机号,,姓名,手机号,",
    ],
)
def test_people_in_two_blocks_side_by_side_are_all_there(headings):
    values = {"序号": "1", "姓名": "张{}", "手机号": "1380000100{}", "部门": "办公室", "": ""}
    row = [values[heading].format(n // (headings.count(",") // 2 + 1)) for n, heading in enumerate(headings.split(","))]
    assert {line.name for line in roster_of(headings, ",".join(row)).lines} == {"张0", "张1"}


def test_a_cell_under_no_heading_is_named_by_its_column():
    roster = roster_of("姓名,手机号", "张国栋,13800001003,,会开车", "周玉珍,13800001004")
    assert roster.left_out == ("D",)
    assert len(roster.lines) == 2


def test_of_two_columns_with_one_meaning_the_other_is_noted():
    roster = roster_of("姓名,手机号,部门,科室", "张国栋,13800001003,办公室,一科", "周玉珍,13800001004,,二科")
    assert [line.group for line in roster.lines] == ["办公室", "二科"]
    [note] = roster.notes
    assert note.number == 2
    assert "科室" in str(note.what)


def test_numbered_lines_without_anybody_are_no_lines_and_repeated_headings_a_note():
    roster = roster_of(
        "序号,姓名,手机号", "1,张国栋,13800001003", "2,,", "序号,姓名,手机号", "3,周玉珍,13800001004", "组织室,,"
    )
    assert [line.number for line in roster.lines] == [2, 5]
    assert roster.wrong == ()
    assert [note.number for note in roster.notes] == [4, 6]


def test_headings_on_two_rows_are_read_from_a_csv_too():
    roster = roster_of("序号,姓名,联系方式,,部门", ",,办公电话,手机,", "1,张国栋,0971-8610001,13800001003,办公室")
    assert [(line.phone, line.group) for line in roster.lines] == [("13800001003", "办公室")]


def test_another_list_in_the_workbook_is_named():
    workbook = Workbook()
    workbook.active.append(["说明", "按名单填写"])
    for name in ("一组", "二组"):
        sheet = workbook.create_sheet(name)
        sheet.append(["姓名", "手机号"])
        sheet.append([f"{name}的人", 13800001003])
    out = io.BytesIO()
    workbook.save(out)
    roster = read_roster(out.getvalue())
    assert [line.name for line in roster.lines] == ["一组的人"]
    assert "“二组”" in str(roster.warnings[0])


def dirty(lines: int) -> bytes:
    workbook = Workbook(write_only=False)
    sheet = workbook.active
    sheet.append(["青年志愿者服务队花名册"])
    sheet.append(["序号", "姓名（必填）", "联系电话", "所在部门", "家庭户", "备注", "身份证号"])
    for n in range(lines):
        phone = f"1390{n:07}" if n % 3 else f"1390 {n:07}（微信同号）"
        row = [
            n + 1,
            f"才让 • 卓玛{n}",
            phone,
            "办公室" if n % 4 == 0 else None,
            f"２号楼 {n}户",
            "x",
            "990000190001010011",
        ]
        sheet.append(row)
    for top in range(3, lines, 4):
        sheet.merge_cells(start_row=top, end_row=top + 3, start_column=4, end_column=4)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def test_a_dirty_roster_of_a_thousand_lines_is_judged_in_three_seconds_and_little_memory():
    data = dirty(1_000)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    roster = read_roster(data)
    assert time.process_time() - begun < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024
    assert len(roster.lines) == 1_000
    assert {line.group for line in roster.lines} == {"办公室"}


def test_a_reason_is_a_sentence_for_every_file_that_is_no_list():
    with pytest.raises(Refused, match="姓名"):
        read_roster("今天\n天气,好\n".encode())
