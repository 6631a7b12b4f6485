"""Forms of the day."""

import unicodedata

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Regexp

from ..web.forms import Form


def _digits(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())


class DigitsForm(Form):
    """The six digits of a date, however they were typed."""

    code = StringField(
        _l("Six digits"), [Regexp(r"[0-9]{6}\Z", message=_l("The code is six digits, for example 483 916."))], [_digits]
    )
