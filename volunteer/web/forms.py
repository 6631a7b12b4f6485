"""Forms and their fields: what was posted, read as text, and what is wrong with it, in our own words."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date as Day
from datetime import time
from typing import Any, ParamSpec, TypeVar

from flask import current_app, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import (
    DateField,
    Field,
    FieldList,
    FormField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)

from ..errors import Refused
from ..words import one_line, printable
from .addresses import GREATEST_ID
from .refusals import translated

C = TypeVar("C", bound=str)
P = ParamSpec("P")
R = TypeVar("R")

CHOOSE = _l("Choose one of those listed.")
WHEN = _l("Give the time as hours and minutes, for example 9:00.")
DAY = _l("Choose a day, for example 2026-12-04.")
FAR_DAY = _l("Choose a day from 2000 to 2100.")
YEARS = range(2000, 2101)
"""Years of days people may type: no reckoning in zones or series leaves the calendar from there."""


class ChoiceField(SelectField):  # type: ignore[misc]
    """A select that says in our words what is wrong with a forged choice."""

    def pre_validate(self, form: Any) -> None:
        if all(self.data != choice.value for choice in self.choices):
            raise ValidationError(CHOOSE)


class InOurWords:
    """Beside a field of WTForms: blanks are nothing, and what it cannot read is answered with our `sentence`.

    (WTForms' Optional would see to blanks too, but ends the chain: no later rule is asked about an empty field.)
    """

    sentence: str
    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw_data = [text.strip() for text in valuelist[:1]]
        if self.raw_data == [""]:
            self.data = None
            return
        try:
            super().process_formdata(self.raw_data)  # type: ignore[misc]
        except ValueError as wrong:
            raise ValueError(self.sentence) from wrong


class ClockField(InOurWords, TimeField):  # type: ignore[misc]
    sentence = WHEN


class DayField(InOurWords, DateField):  # type: ignore[misc]
    """A date of a year people may type."""

    sentence = DAY

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data and self.data.year not in YEARS:
            raise ValueError(FAR_DAY)


class RowsField(FieldList):  # type: ignore[misc]
    """A list of fields or forms; a row has a number of at most three plain digits, what else is sent is none."""

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        found = (re.fullmatch(rf"{re.escape(prefix)}-([0-9]{{1,3}})(-.*)?", name, re.DOTALL) for name in formdata)
        return (int(row[1]) for row in found if row)


class NumberField(InOurWords, IntegerField):  # type: ignore[misc]
    """A whole number within bounds; empty is allowed."""

    def __init__(self, label: str, least: int, most: int, sentence: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.flags.min, self.flags.max, self.sentence = least, most, sentence

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and not self.flags.min <= self.data <= self.flags.max:
            raise ValueError(self.sentence)


class DaysField(TextAreaField):  # type: ignore[misc]
    """Days as people type or paste them, apart by anything; `days` holds them."""

    days: tuple[Day, ...] = ()

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Read the days; the first one that is none is named."""
        self.days = tuple(_day(word) for word in re.findall(r"[^\s,;，；、]+", self.data or ""))


def _day(word: str) -> Day:
    try:
        day = Day.fromisoformat(word)
    except ValueError:
        day = None
    if day is None or day.isoformat() != word:  # there are other ways to write a day; ours is one
        raise ValidationError(_l("“%(word)s” is no day. Write 2026-12-04.", word=word[:20]))
    if day.year not in YEARS:
        raise ValidationError(FAR_DAY)
    return day


def refuse_odd_end(start: time | None, end: time | None, *, overnight: bool) -> None:
    """Raise ValidationError when the end is before the start, or more than a day after it; None is not judged."""
    if start is None or end is None:
        return
    if end <= start and not overnight:
        raise ValidationError(_l("The end lies before the start. Choose a later one."))
    if end > start and overnight:
        raise ValidationError(_l("A date lasts 24 hours at most. Choose an earlier end."))


class _Protection(CSRFProtect):  # type: ignore[misc]
    """As Flask-WTF's, and what comes from an address that is none comes from elsewhere."""

    def protect(self, apply_exemptions: bool = False) -> None:
        try:
            super().protect(apply_exemptions)
        except ValueError as odd:
            raise CSRFError("The referrer is no address.") from odd


csrf = _Protection()

LARGEST_WITH_FILE = 24 * 1024 * 1024
"""Bytes of a body with a file in it. More than a table may have, so that whoever sends a larger one reads how large."""


def takes_files(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view to which files are sent; every other one takes no more than MAX_CONTENT_LENGTH."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def make_room() -> None:
    """Before every request, and before anybody reads its form: the protection above does."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False) and request.mimetype == "multipart/form-data":
        request.max_content_length = LARGEST_WITH_FILE


def posted_id(name: str) -> int | None:
    """The id a button or list sends under this name; None for nothing, 0 for nonsense."""
    return next(iter(posted_ids(name)), None)


def posted_ids(name: str) -> list[int]:
    """The same of a form that sends several."""
    return [_id_in(text) for text in request.form.getlist(name) if text]


def id_sent(name: str) -> int | None:
    """The id a form sends under this name, or an address that leads to it."""
    return next((_id_in(text) for text in request.values.getlist(name) if text), None)


def _id_in(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= GREATEST_ID else 0


def posted_choice(name: str, choices: Iterable[C], otherwise: Refused) -> C:
    """The one of these that a button or list sends under this name; raises `otherwise` for anything else."""
    sent = request.form.get(name)
    for choice in choices:
        if choice == sent:
            return choice
    raise otherwise


class Form(FlaskForm):  # type: ignore[misc]
    """Base of every form: its texts are `printable`, and a rule's refusal stands beside the field it is about."""

    kept: Mapping[str, str] = {}
    """What a field says that is not sent at all; a box the page had (`ticks` names them) was not ticked then."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: FlaskForm, _formdata: object) -> CombinedMultiDict[str, str] | None:
            """The text that was sent, never JSON; a field a file was sent for is empty."""
            if not form.is_submitted():
                return None
            sent = CombinedMultiDict([request.form, MultiDict(dict.fromkeys(request.files, ""))])
            shown = sent.get("ticks", "").split()
            kept = {name: said for name, said in form.kept.items() if name not in sent and name not in shown}
            return CombinedMultiDict([sent, MultiDict(kept)])

    def validate(self, extra_validators: Any = None) -> bool:
        """As WTForms, of texts as they are kept; refuses NUL: PostgreSQL raises on it, SQLite stores it."""
        fields = [field for field in _fields_in(self) if isinstance(field.data, str)]
        torn = [field for field in fields if "\x00" in field.data]
        for field in fields:
            if field not in torn and isinstance(field, StringField) and not isinstance(field, PasswordField):
                field.data = printable(field.data).strip() if isinstance(field, TextAreaField) else one_line(field.data)
        valid = bool(super().validate(extra_validators))
        sentence = gettext("This text contains a character that cannot be stored.")
        for field in torn:
            field.errors = [*field.errors, sentence]
            if field.name not in self:  # one of a list
                self.form_errors = [sentence]
        return valid and not torn

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """A deed within: what refuses it stands in this form afterwards, instead of leaving the view."""
        try:
            yield
        except Refused as refused:
            self.refuse(refused)

    def page(self, template: str, **values: object) -> tuple[str, int]:
        """The page that shows this form, as an answer: 422 when something in it is wrong."""
        return render_template(template, form=self, **values), 422 if self.errors else 200

    def refuse(self, refused: Refused) -> None:
        """Show a rule's refusal in this form, beside its field if it names one."""
        sentence = translated(refused)
        if refused.field in self:
            self[refused.field].errors = [*self[refused.field].errors, sentence]
        else:
            self.form_errors.append(sentence)


def _fields_in(fields: Iterable[Field]) -> Iterator[Field]:
    """Every field somebody types into, those of lists and of forms within forms too."""
    for field in fields:
        if isinstance(field, FieldList | FormField):
            yield from _fields_in(field)
        else:
            yield field
