"""Rosters as offices and groups really hand them in: the same people at the console and in the browser.

Everybody in them is made up. Line numbers are rows as a spreadsheet shows them.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from tests.make import Someone, make_administrator
from tests.pages import Open, Page
from tests.teams.test_importing import figures, take
from volunteer.storage.database import Base, db
from volunteer.teams.models import Membership, Team

ROSTERS = Path(__file__).parents[1] / "field" / "rosters"


@dataclass(frozen=True)
class Right:
    """What is right of a file. taken: people. wrong, notes, asked: lines. known: after the base team, who is unchanged.

    welcome: lines that may have a note, too.
    """

    taken: int
    wrong: tuple[int, ...] = ()
    notes: tuple[int, ...] = ()
    left_out: tuple[str, ...] = ()
    welcome: tuple[int, ...] = ()
    asked: tuple[int, ...] = ()
    known: int = 0


BASE = "01-base-team.csv"
UPDATE = "13-december-update.xlsx"
FILES = {
    BASE: Right(24),
    "02-questionnaire-utf8.csv": Right(8, (5, 8, 10, 11), (), ("提交答卷时间", "来源", "5.其他想说的")),
    "03-zero-width-bom.csv": Right(7, (6,)),
    "04-two-blocks-utf16le.csv": Right(9, (4,)),
    "05-title-totals-gb18030.csv": Right(7, (13, 14), (8, 17, 19, 20), ("备注",)),
    "06-merged.xlsx": Right(7, (8,)),
    "07-two-row-headings.xlsx": Right(5, (7, 9), (8,), ("是否有驾照",)),
    "08-instructions-first.xlsx": Right(4, (7, 8), (2,)),
    "10-phones-utf8-bom.csv": Right(16, (12, 13, 14, 15, 19, 20, 22), (3, 4, 17, 21, 24), welcome=(2,)),
    "11-id-numbers-hidden-columns.xlsx": Right(
        4, (6,), (), ("性别", "民族", "身份证号", "旧手机号", "政治面貌", "职务", "备注")
    ),
    "12-names-utf8.csv": Right(16, (14, 19), (12, 13, 16), welcome=(15,)),
    UPDATE: Right(5, (), (11, 18), welcome=(17,), asked=(7, 12), known=8),
}
MAY_BE_NAMED = {"办公电话", "序号"}


def summary(right: Right, taken: int, unchanged: int) -> str:
    asked = f", {len(right.asked)} asked" if right.asked else ""
    return f"{taken} imported, {unchanged} unchanged, {len(right.wrong)} wrong{asked}"


@pytest.fixture
def take_in(app: Flask, cranes: Team) -> Callable[[str], list[str]]:
    """`take_in(name)` imports that file at the console; returns what was printed."""

    def run(name: str) -> list[str]:
        db.session.rollback()
        words = ("import-roster", "--team", "cranes", str(ROSTERS / name))
        result = app.test_cli_runner().invoke(args=words)
        assert result.exit_code == (1 if FILES[name].wrong else 0), result.output
        return result.output.splitlines()

    return run


def numbers(said: list[str], word: str) -> list[int]:
    found = (re.match(rf"{word} (\d+): ", line) for line in said)
    return [int(line[1]) for line in found if line]


@pytest.mark.parametrize("name", FILES)
def test_at_the_console_everybody_in_a_file_is_taken_or_named(take_in, name):
    right = FILES[name]
    if name == UPDATE:
        take_in(BASE)
    said = take_in(name)
    assert said[-1] == summary(right, right.taken, right.known)
    assert numbers(said, "line") == [*right.wrong]
    assert numbers(said, "asked") == [*right.asked]
    assert set(right.notes) <= set(numbers(said, "note")) <= {*right.notes, *right.welcome}
    named = [line.removeprefix("left out: ") for line in said if line.startswith("left out: ")]
    assert set(right.left_out) <= set(named) <= {*right.left_out, *MAY_BE_NAMED}
    assert len(named) == len(set(named))
    again = take_in(name)
    assert again[-1] == summary(right, 0, right.taken + right.known)
    assert numbers(again, "asked") == [*right.asked]


def hand_in(browser: Open, someone: Someone, name: str) -> Page:
    file = (io.BytesIO((ROSTERS / name).read_bytes()), name)
    return browser(someone).post("/members/import", file=file)


@pytest.mark.parametrize("name", FILES)
def test_in_the_browser_they_are_the_same(browser, cranes, name):
    right, ada = FILES[name], make_administrator(cranes)
    if name == UPDATE:
        take(hand_in(browser, ada, BASE))
    page = hand_in(browser, ada, name)
    wrong, asked = len(right.wrong), len(right.asked)
    assert figures(page) == (right.taken, right.known, wrong, asked)
    for heading in right.left_out:
        assert heading in page.text
    assert not re.search(r"1[3-9]\d{9}", page.text)
    people = db.session.query(Membership).count()
    assert figures(take(page)) == (0, right.taken + right.known, wrong, asked)
    if name != UPDATE:  # where some of those taken in were members before
        assert db.session.query(Membership).count() == people + right.taken


def test_no_identity_number_stays_anywhere(browser, take_in, cranes, caplog):
    name = "11-id-numbers-hidden-columns.xlsx"
    page = hand_in(browser, make_administrator(cranes), name)
    printed = take_in(name)
    rows = [repr(db.session.execute(table.select()).all()) for table in Base.metadata.tables.values()]
    for text in (*rows, *printed, page.response.text, caplog.text):
        assert not re.search(r"(?<!\d)\d{17}[\dXx](?!\d)", text)
    assert any("民族" in row for row in rows), "the preview is among them"
