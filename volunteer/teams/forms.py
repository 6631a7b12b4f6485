"""Forms about the members of a team."""

from flask_babel import lazy_gettext as _l
from wtforms import FileField

from ..web.forms import Form


class RosterForm(Form):
    """A file with names and numbers; what is wrong with it stands beside its field."""

    file = FileField(_l("Roster"))
