"""How names are sorted."""

import pytest

from volunteer.accounts.rules import by_pinyin


@pytest.mark.parametrize(
    "names",
    [
        ["阿依古丽", "鲍生海", "才让·卓玛", "多杰", "尕藏吉", "㛃妮", "马堠", "马占海", "席元兰", "杨𬭎", "周本加"],
        ["王", "王伟", "王雪", "Alice", "bob", "Bob B", "དབྱངས"],
    ],
)
def test_people_are_looked_for_by_the_sound_of_their_names_and_others_after_them(names: list[str]) -> None:
    assert sorted(sorted(names), key=by_pinyin) == names
