"""What is printed has every letter of a name, or says before it is printed which one it lacks."""

from datetime import UTC, datetime

import pytest

from volunteer.errors import Refused
from volunteer.papers import documents

MORNING = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = "才让·卓玛 杨𬭎 㛃妮 尕藏 马堠 喆䶮𠮷 དབྱངས་ཅན་སྒྲོལ་མ། WANG Zoë 李“小”（二）—…①√"


def test_all_letters_of_the_regions_names_can_be_printed() -> None:
    everyday = {chr(code) for block in (range(0x3400, 0x4DB6), range(0x4E00, 0x9FF0)) for code in block}
    assert (everyday | set(NAMES)) - documents.letters() == set()


def test_a_letter_no_font_has_is_named_before_anything_is_drawn() -> None:
    with pytest.raises(Refused) as refused:
        documents.draw("no-such-template.typ", {"title": "植树🌳", "names": ["李娟", "ئەخمەت"]}, MORNING)
    assert refused.value.values == {"letters": "ئ ت خ م ە 🌳"}


def test_what_nobody_sees_needs_no_letter() -> None:
    with pytest.raises(RuntimeError, match="No such file"):
        documents.draw("no-such-template.typ", {"name": "\ufeff李\u200b娟\u200d\ufe0f"}, MORNING)
