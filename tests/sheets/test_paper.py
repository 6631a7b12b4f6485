"""The sheet a leader prints: everybody stands on it with the number they are typed back by, on every page."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask

from volunteer.errors import Refused
from volunteer.sheets import paper
from volunteer.sheets.paper import PaperRow, PaperSheet
from volunteer.web.pages import speaking

needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
NAMES = (
    "才让·卓玛",
    "阿卜杜热合曼·吐尔逊麦麦提·阿不都克里木",
    "杨𬭎",
    "㛃妮",
    "དབྱངས་ཅན་སྒྲོལ་མ།",
    "WANG Lei",
    "Alexandra Konstantinopolitanskaya-Weidenfeller",
)
CLEANUP = PaperSheet(
    edition="A7",
    address="https://volunteers.example.org/occurrences/12/sheet?edition=A7",
    team="青年志愿者服务队",
    title="每周五创卫",
    when="2026年11月27日 周五 9:00–11:00",
    place="东大街",
    meeting="县委大院门口",
    leader="李娟",
    rows=(PaperRow(1, "尕藏", "宣传组"), PaperRow(2, "马堠"), PaperRow(3, "席元兰")),
    blank=2,
    made_at=datetime(2026, 11, 23, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def in_chinese(migrated_app: Flask) -> Iterator[None]:
    with migrated_app.app_context(), speaking("zh_Hans_CN"):
        yield


def pages_of(pdf: bytes) -> list[str]:
    """What a reader copies out of each page, without blanks: readers put some where a line or a syllable ends."""
    read = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return ["".join(page.split()) for page in read.stdout.decode().split("\f")[:-1]]


@needs_reader
def test_three_people_stand_on_one_page_with_room_for_two_who_just_come() -> None:
    (page,) = pages_of(paper.draw(CLEANUP))
    for said in ("每周五创卫", "2026年11月27日周五9:00–11:00", "东大街", "县委大院门口", "青年志愿者服务队", "李娟"):
        assert said in page
    assert "序号姓名部门签到签退签名" in page
    assert "1尕藏宣传组2马堠3席元兰45https://" in page
    assert page.endswith("?edition=A71/1")


@needs_reader
def test_of_a_hundred_and_twenty_everyone_is_found_under_a_heading_of_their_own_page() -> None:
    rows = tuple(PaperRow(n, f"{NAMES[n % len(NAMES)]}{n:03}", "宣传组") for n in range(1, 121))
    pages = pages_of(paper.draw(replace(CLEANUP, rows=rows, blank=10)))
    assert len(pages) > 3
    for n, page in enumerate(pages, 1):
        assert "A7" in page and "每周五创卫" in page and "签到签退签名" in page
        assert page.endswith(f"{n}/{len(pages)}")
    found = "".join(pages)
    assert [row.name for row in rows if "".join(row.name.split()) not in found] == []


@needs_reader
def test_in_english_it_says_the_same() -> None:
    with speaking("en"):
        (page,) = pages_of(paper.draw(CLEANUP))
    assert "No.NameGroupTimeinTimeoutSignature" in page and "A71-7,9,12late:3@9:40absent:8" in page


@needs_reader
def test_a_long_title_stands_in_full_once_and_takes_no_room_from_further_pages() -> None:
    title = "每周五创卫：东大街、西大街及农贸市场周边环境卫生整治" * 4
    pages = pages_of(paper.draw(replace(CLEANUP, title=title, blank=40)))
    assert title in pages[0] and all("2026年11月27日" in page and "A7" in page for page in pages)


def test_what_is_not_known_is_not_asked_for() -> None:
    assert paper.draw(replace(CLEANUP, rows=(), leader="", meeting="", blank=0)).startswith(b"%PDF")


def test_the_same_list_is_the_same_file_whoever_prints_it_at_once(migrated_app: Flask) -> None:
    def draw(_: int) -> bytes:
        with migrated_app.app_context(), speaking("zh_Hans_CN"):
            return paper.draw(CLEANUP)

    with ThreadPoolExecutor(4) as leaders:
        assert len(set(leaders.map(draw, range(8)))) == 1


def test_a_letter_that_cannot_be_printed_is_named() -> None:
    with pytest.raises(Refused, match="🌳"):
        paper.draw(replace(CLEANUP, title="植树🌳"))
