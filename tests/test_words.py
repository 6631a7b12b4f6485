"""One written thing is one string, whoever typed it and wherever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.accounts.rules import clean_name, phones_in
from volunteer.words import as_written


@pytest.mark.parametrize(
    ("written", "same"),
    [
        *(
            (written, "李娟")
            for written in ("李　娟", "李 娟", "李\xa0娟", "\ufeff李\u200b娟", "李\u180e娟", "李\u061c娟\u2060")
        ),
        *((f"才让{dot}卓玛", "才让·卓玛") for dot in ("•", "·", "・", "‧", "∙", "･", ".", "．", " · ")),
        *((home, "2号楼3户") for home in ("２号楼3户", "2号楼 3户", " 2 号楼3 户", "2号楼\u200d3户")),
        *((name, "WANG Lei") for name in ("ＷＡＮＧ　Ｌｅｉ", "WANG  Lei", " WANG\u200b Lei ")),
        *((name, name) for name in ("J. Smith", "Tashi Dolma", "བཀྲ་ཤིས།", "王 Lei", "二号楼5户", "𬭎㛃", "O'Brien")),
        ("宣传组（东）", "宣传组(东)"),
    ],
)
def test_what_looks_the_same_is_the_same(written, same):
    assert as_written(written) == same


@given(st.text())
def test_what_is_written_once_stays_as_it_is(text):
    assert as_written(as_written(text)) == as_written(text)


def test_a_name_typed_when_joining_is_the_one_on_the_roster():
    assert clean_name("才让 • 卓玛") == clean_name("才让・卓玛") == "才让·卓玛"
    assert clean_name("\u200b\u2060") is None


@pytest.mark.parametrize(
    ("cell", "numbers", "besides"),
    [
        ("13800001003（微信同号）", ["13800001003"], False),
        ("138.0000.1003", ["13800001003"], False),
        ("13800001003/13800001004", ["13800001003", "13800001004"], False),
        ("13800001003 13800001004", ["13800001003", "13800001004"], False),
        ("0971-8612345 13800001003", ["13800001003"], True),
        ("138 0000 1003转2", ["13800001003"], True),
        ("1380000 1003 4", [], True),
        ("138OOOO1003", [], True),
        ("138000010034", [], True),
        ("同上", [], False),
    ],
)
def test_mobile_numbers_are_found_among_other_words_and_never_guessed_at(cell, numbers, besides):
    assert phones_in(cell) == (numbers, besides)
