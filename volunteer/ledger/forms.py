"""Forms about one's own record, and about those of others."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from ..errors import Refused
from ..web.forms import ChoiceField, ClockField, Form, NumberField
from ..words import one_line
from .rules import MOST_MINUTES, Choice, Decision
from .states import Quality

C = TypeVar("C", Choice, Quality)


class AppealForm(Form):
    """Its rule lives in `verdicts`: a text of up to 200 characters."""

    text = TextAreaField(_l("What should the leader know?"))


QUALITIES = [
    SelectChoice(Quality.GOOD, _l("good")),
    SelectChoice(Quality.EXPECTED, _l("as expected")),
    SelectChoice(Quality.POOR, _l("poor")),
]


class ConfirmForm(Form):
    """How a date was done; of each person on it see `answers_in`, of its figures `brought_in`."""

    quality = ChoiceField(_l("How was it done?"), choices=QUALITIES, default=Quality.EXPECTED.value)
    word = StringField(_l("A word about it (if you like)"))

    @property
    def for_all(self) -> tuple[Quality, str]:
        return Quality(self.quality.data or Quality.EXPECTED), (self.word.data or "")[:200]


class TypeInForm(Form):
    """Its rules live in `service`: from when to when, or how many minutes; and the paper or reason it comes from."""

    signup = NumberField(_l("Who"), 1, 2**31 - 1, _l("Choose one of those listed."))
    came = ClockField(_l("From"))
    gone = ClockField(_l("To"))
    minutes = NumberField(_l("Or minutes"), 1, MOST_MINUTES, _l("Write the minutes as a number from 1 to 1440."))
    source = StringField(_l("From which paper, or why"))


def answers_in(sent: Mapping[str, str]) -> dict[int, Decision]:
    """What is said of each sign-up: `choice-12`, `minutes-12`, `reason-12`, `quality-12`, `word-12`.

    Who types minutes in means them. Refused for answers that nothing offers.
    """
    found = {
        int(part[2]) for name in sent if (part := re.fullmatch("(choice|minutes|quality)-([1-9][0-9]{0,9})", name))
    }
    return {n: _answer({name: one_line(sent.get(f"{name}-{n}", "")) for name in _PARTS}) for n in found}


_PARTS = ("choice", "minutes", "reason", "quality", "word")


def _answer(said: Mapping[str, str]) -> Decision:
    choice = _one_of(Choice, said["choice"]) or Choice.PROPOSED
    choice = Choice.OTHER if choice is Choice.PROPOSED and said["minutes"] else choice
    typed = unicodedata.normalize("NFKC", said["minutes"])
    minutes = int(typed) if re.fullmatch("[0-9]{1,4}", typed) else None
    return Decision(choice, minutes, said["reason"], _one_of(Quality, said["quality"]), said["word"][:200])


def _one_of(choices: type[C], text: str) -> C | None:
    found = next((one for one in choices if one.value == text), None)
    if text and not found:
        raise Refused("Choose one of those listed.")
    return found


def brought_in(sent: Mapping[str, str]) -> dict[str, int | None]:
    """What the date brought, in hundredths, by measure: `brought-…`; None: nothing is typed. Refused for no number."""
    return dict(_figures(sent))


def _figures(sent: Mapping[str, str]) -> Iterator[tuple[str, int | None]]:
    for name, text in sent.items():
        if name.startswith("brought-"):
            measure, typed = name.removeprefix("brought-"), unicodedata.normalize("NFKC", one_line(text))
            part = re.fullmatch(r"([0-9]{1,7})(?:\.([0-9]{1,2}))?", typed)
            if typed and not part:
                raise Refused("“%(typed)s” is no number. Write one such as 38 or 2.5.", typed=typed[:20])
            yield measure, int(part[1]) * 100 + int((part[2] or "").ljust(2, "0")) if part else None
