"""Forms about one's own record."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from ..web.forms import Form, NumberField
from .verdicts import MOST


class AskForm(Form):
    """Its rules live in `verdicts`: a text of up to 200 characters; how many minutes it should be, but of an appeal."""

    text = TextAreaField(_l("What should the leader know?"))
    minutes = NumberField(
        _l("How many minutes it should be"),
        0,
        MOST,
        _l("Say how many minutes it should be, at most %(most)d.", most=MOST),
    )
