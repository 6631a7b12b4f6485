"""Forms of the day."""

import unicodedata

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Regexp

from ..accounts.forms import NameForm, NewcomerForm
from ..accounts.rules import clean_name, normal_phone
from ..web.forms import Form


def _digits(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())


class DigitsForm(Form):
    """The six digits of a date, however they were typed."""

    code = StringField(
        _l("Six digits"), [Regexp(r"[0-9]{6}\Z", message=_l("The code is six digits, for example 483 916."))], [_digits]
    )


class ListedForm(NameForm):
    """Somebody at the door who says that they are on the list."""

    @property
    def caller(self) -> tuple[str, str]:
        """The name and no number, as they are kept."""
        return clean_name(self.name.data) or "", ""


class StrangerForm(NewcomerForm):
    """Somebody at the door who is no member yet, and agrees."""

    @property
    def caller(self) -> tuple[str, str]:
        """Name and number, as they are kept."""
        return clean_name(self.name.data) or "", normal_phone(self.phone.data) or ""
