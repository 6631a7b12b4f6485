"""Year plans as offices really hand them in, read line by line. Pure."""

from datetime import date
from pathlib import Path

import pytest

from volunteer.clock import WorkingDays
from volunteer.errors import Refused
from volunteer.papers.tables.lines import ColumnMissing
from volunteer.plans.rules import (
    Holding,
    PlanFile,
    expected_by,
    items_held_for,
    open_plan,
    proposed,
    read_plan,
    year_of,
)

FIELD = Path(__file__).parent.parent / "field" / "plans"
KINDS = {
    word: n
    for n, words in enumerate(
        [
            ("每周五创卫",),
            ("植树造林",),
            ("家园美化",),
            ("消费扶贫",),
            ("移风易俗宣传", "检举控告宣传周"),
            ("阅读主题日",),
            ("主题党日",),
            ("培训讲座", "培训", "讲座"),
            ("演讲比赛",),
            ("家访",),
        ],
        1,
    )
    for word in words
}
HEADINGS = "任务,活动类别,计划场次,计划人次,月份,成效指标"


def read(name: str, year: int) -> PlanFile:
    return read_plan(open_plan((FIELD / name).read_bytes()), year, KINDS, WorkingDays())


@pytest.mark.parametrize(
    ("file", "year", "taken", "wrong", "notes", "left_out"),
    [
        ("year-plan-2026.csv", 2026, 10, (), (), ()),
        ("2027-discussion-gb18030.csv", 2027, 7, (8, 9, 10, 11, 13), {4, 5, 6, 12, 14, 15, 16}, ()),
        ("2026-key-points-merged.xlsx", 2026, 9, (7,), {11, 13}, ("备注",)),
    ],
)
def test_what_an_office_plans_is_taken_or_named_line_by_line(file, year, taken, wrong, notes, left_out):
    plan = read(file, year)
    assert len(plan.lines) == taken
    assert tuple(line.number for line in plan.wrong) == wrong
    assert {note.number for note in plan.notes} == set(notes)
    assert tuple(column.heading for column in plan.unknown) == left_out
    assert year_of(open_plan((FIELD / file).read_bytes()), file) == year


def test_the_tricky_lines_of_the_discussion_draft_become_what_was_meant():
    plan = read("2027-discussion-gb18030.csv", 2027)
    lines = {line.number: line for line in plan.lines}
    assert lines[3].months == tuple(range(1, 13))
    assert (lines[4].dates, lines[4].attendances, lines[4].months) == (3, 120, (4, 5))
    assert lines[4].outcomes == {"植树:株": 150_000, "面积:亩": 3_000}
    assert (lines[5].dates, lines[5].months) == (12, tuple(range(1, 13)))
    assert (lines[6].dates, lines[6].months) == (4, ())
    assert (lines[7].dates, lines[7].attendances, lines[7].months) == (4, 160, (3, 6, 9, 12))
    assert lines[12].months == (5, 10)
    assert lines[14].outcomes == {"发放资料:份": 200_000}
    why = {line.number: str(line.why) for line in plan.wrong}
    assert "kind" in why[8]
    assert "month 13" in why[9]
    assert "negative" in why[10]
    assert "no number" in why[11]
    assert "Two numbers" in why[13]
    assert [word for word in ("约", "余") if any(word in str(n.what) for n in plan.notes if n.number == 4)] == [
        "约",
        "余",
    ]


def test_months_in_merged_cells_hold_for_every_line_beside_them():
    lines = {line.number: line for line in read("2026-key-points-merged.xlsx", 2026).lines}
    assert [lines[n].months for n in (3, 4, 5, 6)] == [(1, 2, 3), (1, 2, 3), (4, 5), (4, 5)]
    assert [lines[n].months for n in (11, 12)] == [tuple(range(1, 13))] * 2
    assert (lines[10].attendances, lines[11].dates) == (15, 46)


def one(dates: str = "1", people: str = "", months: str = "", outcomes: str = "", title: str = "a") -> PlanFile:
    line = ",".join(f'"{cell}"' for cell in (title, "家访", dates, people, months, outcomes))
    return read_plan(open_plan(f"{HEADINGS}\n{line}\n".encode()), 2026, KINDS, WorkingDays())


@pytest.mark.parametrize(
    ("cell", "number", "noted"),
    [
        ("约20", 20, True),
        ("20余次", 20, True),
        ("２０场次", 20, False),
        ("三次", 3, False),
        ("1,200", 1200, False),
        ("每月2次", 24, True),
        ("每半年1次", 2, True),
        ("20(暂定)", 20, True),
        ("", None, False),
        ("0", 0, False),
    ],
)
def test_a_number_is_what_it_says_and_what_is_only_about_right_is_said(cell, number, noted):
    plan = one(cell)
    assert [line.dates for line in plan.lines] == [number]
    assert bool(plan.notes) is noted


@pytest.mark.parametrize("cell", ["-2", "－2", "20-30", "若干", "2.5", "二十", "1e5", "99999999", "每天1次", "3场5次"])
def test_what_is_no_one_number_is_wrong_and_no_target_is_guessed(cell):
    assert not one(cell).lines
    assert not one("1", cell).lines


@pytest.mark.parametrize(
    ("cell", "months"),
    [
        ("1-12", tuple(range(1, 13))),
        ("4—5月", (4, 5)),
        ("3、6、9、12月", (3, 6, 9, 12)),
        ("10，5", (5, 10)),
        ("上半年", (1, 2, 3, 4, 5, 6)),
        ("第四季度", (10, 11, 12)),
        ("二、三季度", (4, 5, 6, 7, 8, 9)),
        ("6月底", (6,)),
        ("11-12月份", (11, 12)),
    ],
)
def test_months_are_read_as_people_write_them(cell, months):
    assert [line.months for line in one(months=cell).lines] == [months]


@pytest.mark.parametrize("cell", ["13", "1-13月", "0", "2026-04-05", "12-3", "4.5", "春季", "二"])
def test_what_is_no_month_is_wrong(cell):
    assert not one(months=cell).lines


@pytest.mark.parametrize("cell", ["树", "植树:株:若干", "植树:株", "植树:株:1;植树:株:2", "销售额:元:-5", ":株:1"])
def test_an_outcome_without_its_number_is_wrong(cell):
    assert not one(outcomes=cell).lines


def test_an_outcome_may_have_hundredths_and_ten_thousands():
    assert one(outcomes="面积:亩:30.5;销售额:元:8万").lines[0].outcomes == {"面积:亩": 3050, "销售额:元": 8_000_000}


def test_outcomes_may_stand_on_lines_of_their_own():
    assert one(outcomes="植树：株：1500\n面积：亩：30").lines[0].outcomes == {"植树:株": 150_000, "面积:亩": 3_000}


@pytest.mark.parametrize(
    ("chosen", "items", "found"),
    [
        ({}, [(7, 1)], {1: 7, 2: 7, 3: 7}),
        ({}, [(7, 1), (8, 1)], {}),
        ({1: 8}, [(7, 1), (8, 1)], {1: 8, 2: 8}),
        ({1: 8, 2: 7}, [(7, 1), (8, 1)], {1: 8, 2: 7}),
        ({3: 9}, [(7, 1), (9, 2)], {1: 7, 2: 7, 3: 9}),
    ],
)
def test_an_activity_is_held_for_the_chosen_item_and_so_is_what_carries_it_on(chosen, items, found):
    activities = [Holding(1, 1, None), Holding(2, 1, 1), Holding(3, 1, None)]
    assert items_held_for(activities, chosen, items) == found


def test_a_task_written_twice_is_wrong_the_second_time_and_a_long_one_at_once():
    twice = f"{HEADINGS}\n同一件事,家访,1,,,\n同一件事,家访,2,,,\n{'长' * 81},家访,1,,,\n,家访,1,,,\n"
    plan = read_plan(open_plan(twice.encode()), 2026, KINDS, WorkingDays())
    assert [line.number for line in plan.lines] == [2]
    assert [line.number for line in plan.wrong] == [3, 4, 5]


def test_a_sheet_without_kinds_says_which_column_is_missing():
    with pytest.raises(ColumnMissing, match="类别"):
        read_plan(open_plan("任务,计划场次\n家访,3\n".encode()), 2026, KINDS, WorkingDays())


def test_a_year_stands_in_the_title_before_the_name_of_the_file_and_is_else_not_known():
    titled = open_plan(f"2027年工作计划（2026年12月稿）\n{HEADINGS}\na,家访,1,,,\n".encode())
    assert year_of(titled, "2025.csv") == 2027
    plain = open_plan(f"{HEADINGS}\na,家访,1,,,2030\n".encode())
    assert (year_of(plain, "plan-2025.csv"), year_of(plain, "plan.csv")) == (2025, None)


@pytest.mark.parametrize(
    ("months", "day", "target", "expected"),
    [
        ((), "2026-07-01", 12, 6),
        ((4, 5), "2026-03-31", 3, 0),
        ((4, 5), "2026-05-01", 4, 2),
        ((4, 5), "2026-06-01", 3, 3),
        (tuple(range(1, 13)), "2026-11-23", 46, 41),
        ((9,), "2027-01-01", 1, 1),
        ((9,), "2025-12-31", 1, 0),
    ],
)
def test_where_we_should_be_follows_the_months_that_have_passed(months, day, target, expected):
    assert expected_by(target, 2026, months, date.fromisoformat(day)) == expected


@pytest.mark.parametrize(
    ("dates", "months", "repeat"),
    [
        (46, tuple(range(1, 13)), "weekly"),
        (12, tuple(range(1, 13)), "monthly_weekday"),
        (4, (3, 6, 9, 12), "quarterly"),
        (1, (9,), "none"),
        (None, (), "none"),
        (2, (5, 10), "by_hand"),
    ],
)
def test_a_series_proposes_itself_by_how_often_it_is_to_be(dates, months, repeat):
    assert proposed(dates, months) == repeat


def test_a_plan_of_thousands_of_lines_is_none():
    lines = "".join(f"任务{n},家访,1,,,\n" for n in range(501))
    with pytest.raises(Refused, match="500"):
        read_plan(open_plan(f"{HEADINGS}\n{lines}".encode()), 2026, KINDS, WorkingDays())
