"""Forms about one's own record."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from ..web.forms import Form


class AppealForm(Form):
    """Its rule lives in `verdicts`: a text of up to 200 characters."""

    text = TextAreaField(_l("What should the leader know?"))
