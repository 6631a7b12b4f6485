"""What a leader types back from the printed sheet: the right rows are kept, and every other piece is named."""

import re
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.papers.notation import Presence, RowMark, Typed, as_notation, read

FIELD = Path(__file__).parent.parent / "field" / "sheets"
SHEET = range(1, 25)
"""Twenty people, and four rows for who just came."""


def typed(text: str) -> Typed:
    return read(text, SHEET)


def rows(typed: Typed, presence: Presence) -> list[int]:
    return sorted(row for row, mark in typed.marks.items() if mark.presence is presence)


def all_three(typed: Typed) -> tuple[list[int], list[int], list[int]]:
    present, late, absent = (rows(typed, presence) for presence in Presence)
    return present, late, absent


def pieces(remarks: object) -> list[str]:
    return [remark.piece for remark in remarks]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file", "right", "notes", "wrong", "asked"),
    [
        ("1-as-printed", ([1, 2, 4, 5, 6, 7, 9, 12], [3], [8]), [], [], []),
        ("2-full-width", ([1, 2, 4, 5, 6, 7, 9, 12], [3], [8]), [], [], []),
        ("3-careless", ([1, 2, 4, 6, 7, 9, 12], [3, 5], [8]), ["7-1", "9"], [], []),
        ("4-contradicts", ([1, 2, 3, 4, 5, 6, 7, 9, 10], [12], []), ["五", "五"], ["99", "x"], [8]),
    ],
)
def test_what_offices_hand_in_is_read_as_they_meant_it(file, right, notes, wrong, asked):
    read = typed((FIELD / f"{file}.txt").read_text(encoding="utf-8"))
    assert all_three(read) == right
    assert (pieces(read.notes), pieces(read.wrong), list(read.asked)) == (notes, wrong, asked)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("1、2，3；4。5 6\n7", ([1, 2, 3, 4, 5, 6, 7], [], [])),
        ("A7：1√ 2✔ 迟到（3，5）", ([1, 2], [3, 5], [])),
        ("第1号到第3号", ([1, 2, 3], [], [])),
        ("1——3、5～7、9至11", ([1, 2, 3, 5, 6, 7, 9, 10, 11], [], [])),
        ("1 - 3 缺 : 8", ([1, 2, 3], [], [8])),
        ("①②⑳", ([1, 2, 20], [], [])),
        ("迟到:无 缺席:8,9 到:1和2", ([1, 2], [], [8, 9])),
        ("1-2 LATE:3 Absent: 4", ([1, 2], [3], [4])),
        ("没来 4 未到5", ([], [], [4, 5])),
        ("", ([], [], [])),
    ],
)
def test_it_is_understood_however_it_is_written(text, right):
    read = typed(text)
    assert all_three(read) == right
    assert (read.notes, read.wrong, read.asked) == ((), (), {})


@pytest.mark.parametrize(
    "text", ["迟到:3@9:40", "迟到：３＠９：４０", "迟到 3（9:40）", "迟到:3@9点40分", "迟到:3 @ 0940", "late:3@9.40"]
)
def test_who_came_late_came_at_a_time(text):
    assert typed(text).marks == {3: RowMark(Presence.LATE, time(9, 40))}


@pytest.mark.parametrize(
    ("text", "row"), [("五", 5), ("十二", 12), ("二十", 20), ("第二十三号", 23), ("二〇", 20), ("十", 10)]
)
def test_chinese_numerals_are_numbers_and_said_to_be(text, row):
    read = typed(text)
    assert rows(read, Presence.PRESENT) == [row] and len(read.notes) == 1


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("1,0,25", ([1], [], []), ["0", "25"]),
        ("1,20-30", ([1], [], []), ["20-30"]),
        ("1-99999999", ([], [], []), ["1-99999999"]),
        ("1 请假:8,9 缺:7", ([1], [], [7]), ["8", "9"]),
        ("1，9没到 8", ([1], [], []), ["9没到", "8"]),
        ("还没到:8 不到9", ([], [], []), ["8", "9"]),
        ("3,迟到", ([3], [], []), ["迟到"]),
        ("1√ 8× 9? 10(请假)", ([1], [], []), ["8×", "9?", "10(请假"]),
        ("1 2(30) 3(1030)", ([1], [], []), ["2(30", "3(1030"]),
        ("1-7 签退:1-7 早退:3", ([1, 2, 3, 4, 5, 6, 7], [], []), ["1-7", "3"]),
        ("1-2-3, 4:5, 6x, 3人", ([], [], []), ["1-2-3", "4:5", "6x", "3人"]),
        ("迟到:3@25:00,4@9:75 缺:5@9:00", ([], [], []), ["3@25:00", "4@9:75", "5@9:00"]),
        ("张伟 B2 C3 1", ([1], [], []), ["张伟", "C3"]),
        ("2\n丁一 缺\n李四 13800001111", ([2], [], []), ["一 缺", "13800001111"]),
    ],
)
def test_a_wrong_piece_is_named_and_does_not_stop_the_right_ones(text, right, wrong):
    read = typed(text)
    assert all_three(read) == right
    assert pieces(read.wrong) == wrong
    assert all(str(remark.why) for remark in read.wrong)


@pytest.mark.parametrize("text", ["1-3 缺:2", "缺:2 迟到:2", "迟到:2@9:40,2@9:50"])
def test_of_a_row_that_contradicts_itself_one_is_asked(text):
    read = typed(text)
    assert list(read.asked) == [2] and 2 not in read.marks


@pytest.mark.parametrize("text", ["3迟到，8缺", "3 迟到，8 缺", "3（迟到）、8（缺）", "3 late, 8 absent."])
def test_a_word_may_stand_behind_its_row_and_how_it_was_read_is_said(text):
    read = typed(text)
    assert all_three(read) == ([], [3], [8]) and read.wrong == ()
    assert [str(note.why).partition(":")[2] for note in read.notes] == ["3.", "8."]


def test_the_mark_of_the_sheet_stands_with_its_numbers():
    assert (typed("Ａ７ 1-7").edition, typed("1-7 a7").edition, typed("1-7").edition) == ("A7", "A7", "")


def test_a_list_is_written_as_short_as_can_be():
    text = "1-7,9,12 迟到:3@9:40,4-5 缺:8"
    assert as_notation(typed(text).marks) == text
    assert as_notation({4: RowMark(Presence.LATE), 2: RowMark(Presence.PRESENT)}, "A7") == "A7 2 迟到:4"
    assert as_notation({}) == ""


TIMES = st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))
CAME = st.builds(RowMark, st.sampled_from([Presence.PRESENT, Presence.LATE]), TIMES)
MARKS = st.dictionaries(st.sampled_from(SHEET), CAME | st.just(RowMark(Presence.ABSENT)))


@given(MARKS, st.sampled_from(["", "A7", "K12"]))
def test_what_is_written_reads_as_the_same(marks, edition):
    read = typed(as_notation(marks, edition))
    assert (read.marks, read.edition) == (marks, edition)
    assert (read.notes, read.wrong, read.asked) == ((), (), {})


@given(st.text("0123456789,、- 迟到缺没x\n"))
def test_no_number_is_left_out_in_silence(text):
    read = typed(text)
    said = " ".join([*map(str, [*read.marks, *read.asked]), *pieces(read.wrong), read.edition])
    assert [number for number in re.findall(r"\d+", text) if str(int(number)) not in said and number not in said] == []


@given(st.text() | st.text("0123456789一十百,-:@ 迟到缺没x①\n"))
def test_whatever_is_typed_only_rows_of_the_sheet_come_out(text):
    read = typed(text)
    assert read.marks.keys() | read.asked.keys() <= set(SHEET)
    assert not read.marks.keys() & read.asked.keys()
