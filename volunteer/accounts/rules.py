"""Decisions about a person's account, values in and values out.

Home of what a phone number is and how much of it is shown.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_BETWEEN = re.compile(r"[\s()\u2010-\u2015\u2212-]")
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

    +86 and 0086, spaces, hyphens, brackets and full-width digits are understood, and so are the invisible
    direction marks that address books put around a copied number. Idempotent.
    """
    if len(text) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    found = _MOBILE.fullmatch(_BETWEEN.sub("", visible))
    return found[1] if found else None


def clean_name(text: str) -> str | None:
    """A name with its spaces collapsed; None unless 1 to 40 visible characters with a letter among them."""
    name = " ".join(text.split())
    return name if 1 <= len(name) <= 40 and not has_hidden(name) and any(map(str.isalpha, name)) else None


def has_hidden(text: str) -> bool:
    """Are there characters in it that nobody sees?"""
    return any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text)


def masked_phone(phone: str) -> str:
    """A normal phone number as others see it: 138****1234. Anything else is hidden altogether."""
    return f"{phone[:3]}****{phone[-4:]}" if re.fullmatch(r"[0-9]{11}", phone) else "****"


def told_apart(people: Sequence[P]) -> list[P]:
    """The same people; who shares a name with another of this list has a piece of their phone number beside it."""
    times = Counter(one.name for one in people)
    return [
        replace(one, name=f"{one.name} {masked_phone(one.phone or '')}") if times[one.name] > 1 else one
        for one in people
    ]


def device_label(user_agent: str) -> str:
    """What to call a device in the list of log-ins, from what its browser says: "iPhone · WeChat"."""
    marks = [next((mark for mark in known if mark in user_agent), "") for known in (_SYSTEMS, _BROWSERS)]
    return " · ".join(_KNOWN_AS.get(mark, mark) for mark in marks if mark) or "?"
