"""Forms about sign-ups."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from ..web import Form


class CancelForm(Form):
    """Its rules live in the service: a reason of up to 200 characters."""

    reason = StringField(_l("Reason"))
