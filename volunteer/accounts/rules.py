"""What a phone number is and how much of it is shown, what a name is, how names are sorted. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from ..words import as_written, one_line, visible

_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_BETWEEN = re.compile(r"[\s().·\u2010-\u2015\u2212-]")
_PIECE = re.compile(r"[0-9+(][0-9\s().·+\u2010-\u2015\u2212-]*")
_LONGEST = 60
_SYSTEMS = ("iPhone", "iPad", "HarmonyOS", "Android", "Windows", "Macintosh", "Linux")
_BROWSERS = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")
_KNOWN_AS = {"Macintosh": "Mac", "MicroMessenger": "WeChat", "Edg": "Edge"}


class Named(Protocol):
    """Somebody in a list: a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str: ...

    @property
    def phone(self) -> str | None: ...


P = TypeVar("P", bound=Named)


def normal_phone(text: str) -> str | None:
    """The 11 digits of a mainland mobile number however it was typed, or None when it is none.

    +86 and 0086, spaces, hyphens, dots, brackets and full-width digits are understood, and so are the invisible
    direction marks that address books put around a copied number. Idempotent.
    """
    if len(text) > _LONGEST:
        return None
    found = _MOBILE.fullmatch(_BETWEEN.sub("", unicodedata.normalize("NFKC", visible(text))))
    return found[1] if found else None


def phones_in(text: str) -> tuple[list[str], bool]:
    """The mobile numbers among other words, in their order, and whether there are figures besides them.

    A number with too many or too few digits is none, and is not looked for inside a longer one.
    """
    if (alone := normal_phone(text)) is not None:
        return [alone], False
    numbers, besides = [], False
    for piece in _PIECE.findall(unicodedata.normalize("NFKC", visible(text))):
        found, rest = _apart(piece.split())
        numbers += found
        besides = besides or bool(rest)
    return numbers, besides


def _apart(parts: list[str]) -> tuple[list[str], str]:
    """Mobile numbers with blanks in and between them, and the digits beside them; fewer than seven of those are
    no other number but belong to a mistyped one, and then there is none."""
    found, rest = [], ""
    while parts:
        ends = (end for end in range(len(parts), 0, -1) if normal_phone(" ".join(parts[:end])))
        end = next(ends, 0)
        if number := normal_phone(" ".join(parts[:end])):
            found.append(number)
        else:
            rest += "".join(filter(str.isdigit, parts[0]))
        parts = parts[max(end, 1) :]
    return ([], rest) if 0 < len(rest) < 7 else (found, rest)


def clean_name(text: str) -> str | None:
    """A name as one string however it was typed; None unless 1 to 40 visible characters with a letter among them."""
    name = as_written(text)
    return name if 1 <= len(name) <= 40 and not has_hidden(name) and any(map(str.isalpha, name)) else None


def has_hidden(text: str) -> bool:
    """Are there characters in a line that nobody sees?"""
    return one_line(text) != text


def masked_phone(phone: str) -> str:
    """A normal phone number as others see it: 138****1234. Anything else is hidden altogether."""
    return f"{phone[:3]}****{phone[-4:]}" if re.fullmatch(r"[0-9]{11}", phone) else "****"


def masked_typed(text: str) -> str:
    """What somebody typed as a number as others see it; of a wrong one, what its owner knows it by: 138****256."""
    digits = re.sub("[^0-9]", "", unicodedata.normalize("NFKC", text))
    wrong = f"{digits[:3]}****{digits[-3:]}" if 8 <= len(digits) <= 14 else "****"
    return masked_phone(phone) if (phone := normal_phone(text)) else wrong


def told_apart(people: Sequence[P]) -> list[P]:
    """The same people; who shares a name with another of this list has a piece of their phone number beside it."""
    times = Counter(one.name for one in people)
    return [
        replace(one, name=f"{one.name} {masked_phone(one.phone or '')}") if times[one.name] > 1 else one
        for one in people
    ]


def by_pinyin(name: str) -> list[tuple[int, str]]:
    """What names are sorted by: Han characters by their sound, everything else after them, whatever its case."""
    return [(_sounds().get(letter, len(_sounds())), letter) for letter in name.casefold()]


@cache
def _sounds() -> dict[str, int]:
    """The place of every Han character that can be printed, in the pinyin order of CLDR (docs/pinyin.js)."""
    letters = Path(__file__).with_name("pinyin.txt").read_text(encoding="utf-8")
    return {letter: place for place, letter in enumerate(letters.replace("\n", ""))}


def device_label(user_agent: str) -> str:
    """What to call a device in the list of log-ins, from what its browser says: "iPhone · WeChat"."""
    marks = [next((mark for mark in known if mark in user_agent), "") for known in (_SYSTEMS, _BROWSERS)]
    return " · ".join(_KNOWN_AS.get(mark, mark) for mark in marks if mark) or "?"
