"""What happens to the tables people hand in, whatever program they come from."""

import contextlib
import csv
import datetime
import io
import re
import time
import zipfile

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from volunteer.errors import Refused
from volunteer.papers.tables import handed_in, workbooks
from volunteer.papers.tables.handed_in import Sheet, defused, read_sheet
from volunteer.words import visible

HEADINGS = ["姓名", "手机号", "部门"]
PEOPLE = [["张国栋", "13800001003", "组织室"], ["仁青多杰", "13800001004", "办公室"]]
TEXT = "姓名,手机号,部门\n张国栋,13800001003,组织室\n仁青多杰,13800001004,办公室\n"


def rows_of(sheet: Sheet) -> list[list[str]]:
    """What stands below the first row."""
    return [list(row.cells) for row in sheet.rows[1:]]


def make_csv(rows: list[list[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def make_xlsx(rows: list[list[object]], title: str = "花名册") -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def with_part(data: bytes, part: str, change) -> bytes:
    """The same workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return out.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_sheet(data)
    return str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace(",", "\t").encode("utf-16"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "，").encode("gb18030"),
        make_xlsx([HEADINGS, *PEOPLE]),
    ],
)
def test_a_leader_hands_in_the_same_people_from_any_program(data):
    sheet = read_sheet(data)
    assert sheet.rows[0].cells == ("姓名", "手机号", "部门")
    assert rows_of(sheet) == PEOPLE
    assert [row.number for row in sheet.rows] == [1, 2, 3]


def test_a_tibetan_and_a_rare_name_survive_gb18030():
    assert rows_of(read_sheet("姓名,组\n𬭎㛃,བཀྲ་ཤིས\n".encode("gb18030"))) == [["𬭎㛃", "བཀྲ་ཤིས"]]


def test_lists_inside_a_cell_are_not_taken_for_columns():
    text = "姓名\t技能\n张国栋\t驾驶,急救;摄影\n周玉珍\t藏语,财务;写作\n"
    assert rows_of(read_sheet(text.encode())) == [["张国栋", "驾驶,急救;摄影"], ["周玉珍", "藏语,财务;写作"]]
    quoted = '姓名,技能\n张国栋,"驾驶；急救, 摄影\n和""藏语"""\n'
    assert rows_of(read_sheet(quoted.encode())) == [["张国栋", '驾驶；急救, 摄影\n和"藏语"']]


def test_empty_lines_are_skipped_and_the_numbers_stay_those_of_the_file():
    sheet = read_sheet("\n姓名,手机号\n\n张国栋,1\n , \n,,\n周玉珍,2\n".encode())
    assert [row.number for row in sheet.rows] == [2, 4, 7]
    xlsx = make_xlsx([[], HEADINGS, [], PEOPLE[0], [None, " "], PEOPLE[1]])
    assert [row.number for row in read_sheet(xlsx).rows] == [2, 4, 6]


def test_numbers_and_dates_of_a_workbook_come_out_as_they_would_be_typed():
    moment = datetime.datetime(2026, 3, 6, 9, 30)  # noqa: DTZ001 - a workbook knows no zones
    row = [13800001003, 13800001003.0, 0.5, datetime.date(2026, 3, 6), moment, datetime.time(8, 5), True, -3]
    sheet = read_sheet(make_xlsx([list("abcdefgh"), row]))
    assert rows_of(sheet) == [
        ["13800001003", "13800001003", "0.5", "2026-03-06", "2026-03-06 09:30", "08:05", "True", "-3"]
    ]


def test_only_the_first_sheet_that_can_be_seen_is_read():
    workbook = Workbook()
    workbook.active.append(["旧", "表"])
    workbook.active.sheet_state = "hidden"
    for name in ("now", "later"):
        workbook.create_sheet(name).append([name, "x"])
    out = io.BytesIO()
    workbook.save(out)
    assert read_sheet(out.getvalue()).rows[0].cells == ("now", "x")


def test_a_workbook_with_a_wrong_size_and_unknown_extensions_is_read_whole():
    def change(xml: bytes) -> bytes:
        xml = re.sub(rb'<dimension ref="[^"]*" ?/>', b'<dimension ref="A1"/>', xml)
        extension = b'<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'
        return xml.replace(b"</worksheet>", extension)

    data = with_part(make_xlsx([HEADINGS, *PEOPLE]), "xl/worksheets/sheet1.xml", change)
    assert rows_of(read_sheet(data)) == PEOPLE


@pytest.mark.parametrize("junk", ["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1+cmd|x", "-x", "＝1+1", " =1", '="=1"'])
def test_a_formula_in_a_file_arrives_as_harmless_text(junk):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["姓名", "技能"], ["张国栋", junk]])
    for data in (buffer.getvalue().encode(), with_formula_text(junk)):
        [[_, cell]] = rows_of(read_sheet(data))
        assert cell.startswith("'")


def with_formula_text(text: str) -> bytes:
    workbook = Workbook()
    workbook.active.append(["姓名", "技能"])
    workbook.active.append(["张国栋", ""])
    workbook.active["B2"].value = text
    workbook.active["B2"].data_type = "s"
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def test_a_formula_of_a_workbook_gives_its_saved_value_never_its_text():
    def change(xml: bytes) -> bytes:
        return re.sub(rb"<f>1\+1</f><v ?(/>|></v>)", b"<f>1+1</f><v>2</v>", xml)

    never_calculated = make_xlsx([["a", "b"], ["x", "=1+1"]])
    calculated = with_part(never_calculated, "xl/worksheets/sheet1.xml", change)
    assert rows_of(read_sheet(never_calculated)) == [["x"]]
    assert rows_of(read_sheet(calculated)) == [["x", "2"]]


@pytest.mark.parametrize("number", ["+86 138-0000-1003", "-5", "-", "＋8613800001003", "-1,200.5"])
def test_a_number_with_a_sign_is_not_mistaken_for_a_formula(number):
    assert rows_of(read_sheet(f"姓名\t手机号\n张国栋\t{number}\n".encode())) == [["张国栋", number]]


@pytest.mark.parametrize("phone", ['="13800001003"', '"\t13800001003"', "13800001003\t "])
def test_the_ways_programs_protect_a_phone_number_are_undone(phone):
    assert rows_of(read_sheet(f"姓名,手机号\n张国栋,{phone}\n".encode())) == [["张国栋", "13800001003"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n\n ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (make_xlsx([]), "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"%PDF-1.7\n...", "PDF"),
        ("<html><table><tr><td>姓名</td></tr></table>".encode("gb18030"), "web page"),
        ("姓名,手机号\n".encode("utf-16-le")[:-1], "not a table"),
        (b"a,b\nc\0,d\n", "not a table"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a table"),
        (b"\xef\xbb\xbf\xff\xff,", "not a table"),
        (b"\xff\xfea", "not a table"),
        (b"PK\x03\x04 and then nothing", "not a workbook"),
        (make_xlsx([HEADINGS])[:-40], "not a workbook"),
        ('姓名,手机号\n张国栋,1\n"周玉珍,2\n仁青,3\n'.encode(), "line 3"),
        ('姓名,手机号\n"张"国栋,1\n'.encode(), "line 2"),
        (b"a,b\n" + b"x," * 70 + b"x\n", "Line 2 has more than 60 columns"),
        (make_xlsx([["a", "b"], ["x"] * 61]), "Line 2 has more than 60 columns"),
        (b"a,b\n\nx," + b"y" * 501, "Line 3 has a cell with more than 500"),
        (b"," * 100_000, "far too long"),
        (b"a,b\n" + b"x,y\n" * 20_001, "more than 20000 lines"),
        (make_xlsx([["a"], *([["x"]] * 20_001)]), "more than 20000 lines"),
        (b"a,b\n" + b"\n" * 1_100_000 + b"x", "more than 20000 lines"),
        (b"a,b\n" * (4 * 1024**2 + 1), "larger than 16 MB"),
        (b"a" * 17 * 1024**2, "larger than 16 MB"),
        (b"a,b\n" + b"x," * 299 + b"x", "Line 2 has more than 60 columns"),
        (make_xlsx([["a", "b"], ["x"] * 300]), "Line 2 has more than 60 columns"),
        ("姓名,手机号\n\ud83d\ude00,1\n".encode("utf-8", "surrogatepass"), "not a table"),
        ("姓名,手机号\n张\ud800,1\n".encode("utf-16", "surrogatepass"), "not a table"),
    ],
    ids=range(30),
)
def test_a_file_that_cannot_be_read_is_answered_with_what_to_do(data, words):
    assert words in refusal(data)


def test_twenty_thousand_lines_are_still_taken():
    assert len(read_sheet(b"a,b\n" + b"x,y\n" * 20_000).rows) == 20_001


def make_zip(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_turned_away_before_it_is_unpacked(monkeypatch):
    bombs = [
        make_zip({"xl/workbook.xml": b" " * 61 * 1024**2}),
        make_zip({"xl/workbook.xml": b" " * 2 * 1024**2}),
        make_zip({str(number): b"" for number in range(2_001)}),
    ]
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    for bomb in bombs:
        assert "unpacked" in refusal(bomb)


def test_many_parts_are_judged_by_their_sum(monkeypatch):
    assert rows_of(read_sheet(WORKBOOK)) == PEOPLE
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", sum(map(len, PARTS.values())) - 1)
    assert "unpacked" in refusal(WORKBOOK)


def test_someone_below_thousands_of_blank_rows_is_not_lost():
    data = make_xlsx([HEADINGS, *([[" "]] * 20_100), PEOPLE[0]])
    assert rows_of(read_sheet(data)) == [PEOPLE[0]]


def moved(row: int, to: int) -> bytes:
    """A workbook in which one row claims to be another."""

    def renumber(xml: bytes) -> bytes:
        return xml.replace(b'<row r="%d"' % row, b'<row r="%d"' % to).replace(b'%d"' % row, b'%d"' % to)

    return with_part(make_xlsx([HEADINGS, *PEOPLE]), "xl/worksheets/sheet1.xml", renumber)


def test_one_word_in_the_last_row_of_all_keeps_nobody_waiting():
    begun = time.monotonic()
    assert rows_of(read_sheet(moved(3, 1_048_576))) == PEOPLE
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("number", [1, 2])
def test_rows_out_of_order_are_refused_before_anybody_is_lost(number):
    assert "not a workbook we can read" in refusal(moved(3, number))


def test_a_zip_whose_directory_lies_about_sizes_is_turned_away():
    honest = make_xlsx([HEADINGS, *[PEOPLE[0]] * 200])
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = honest.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != honest
    assert "not a workbook" in refusal(lying)


def test_a_zip_that_is_no_workbook_is_turned_away():
    assert "not a workbook" in refusal(make_zip({"word/document.xml": b"<w/>"}))
    assert "not a workbook" in refusal(make_zip({"xl/workbook.xml": b"<w/>"}, zipfile.ZIP_LZMA))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_entities_in_it_is_turned_away(encoding):
    def change(xml: bytes) -> bytes:
        bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
        return (f"<?xml version='1.0' encoding='{encoding}'?>" + bomb + "<x>&b;</x>").encode(encoding)

    assert "not a workbook" in refusal(with_part(make_xlsx([HEADINGS]), "xl/worksheets/sheet1.xml", change))


def test_ten_thousand_lines_are_read_in_two_seconds():
    many = [["姓名", "手机号", "部门"], *([f"张{n}", 13800000000 + n, "办公室"] for n in range(10_000))]
    for data in (make_csv(many), make_xlsx(many)):
        start = time.process_time()
        assert len(read_sheet(data).rows) == 10_001
        assert time.process_time() - start < 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_no_cell_leaves_the_house_as_a_formula(start):
    assert defused(start + "1") == "'" + start + "1"


def test_ordinary_words_are_left_alone():
    for word in ("", "张国栋", "a=b", "1-7,9", "'x", "——"):
        assert defused(word) == word


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_table_or_a_refusal(data):
    try:
        sheet = read_sheet(data)
    except Refused:
        return
    for row in sheet.rows:
        for cell in row.cells:
            assert len(cell.encode()) <= 4 * (handed_in.MAX_CELL + 1)
    numbers = [line.number for line in sheet.rows]
    assert numbers == sorted(set(numbers))


WORKBOOK = make_xlsx([HEADINGS, *PEOPLE])
with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as _archive:
    PARTS = {name: _archive.read(name) for name in _archive.namelist()}


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_workbook_damaged_anywhere_is_a_table_or_a_refusal(data):
    part = data.draw(st.sampled_from(sorted(PARTS)))
    start = data.draw(st.integers(0, len(PARTS[part])))
    length = data.draw(st.integers(0, 30))
    put = data.draw(st.binary(max_size=8) | st.sampled_from([b"-1", b"99999999999", b'" r="', b"x", b"</c>", b"<c/>"]))
    with contextlib.suppress(Refused):
        read_sheet(with_part(WORKBOOK, part, lambda old: old[:start] + put + old[start + length :]))


cell = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(
    lambda text: " ".join(visible(text).split())
)


@given(st.lists(st.lists(cell, min_size=3, max_size=3), max_size=8))
@example([["", "", ';"'], ["", ";", ","], ["", ";", ","]])
@example([["", "", ";"], ["", ";", ","], ["", ";", ","]])
def test_what_was_written_down_is_read_back_the_same(rows):
    harmless = [[defused(text) for text in row] for row in rows]
    read = rows_of(read_sheet(make_csv([["a", "b", "c"], *harmless])))
    assert [[*row, "", ""][:3] for row in read] == [row for row in harmless if any(row)]


def test_an_export_of_chinese_names_can_be_opened_as_a_workbook_again():
    assert load_workbook(io.BytesIO(WORKBOOK)).active["A2"].value == "张国栋"
