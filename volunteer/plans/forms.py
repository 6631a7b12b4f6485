"""Forms of the plan: an item, a file of many, a fact."""

from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from ..web.forms import DAY, ChoiceField, DayField, Form, NumberField, posted_id
from .facts import FactSaid
from .models import FactKind, Level
from .rules import FIELDS


class ItemForm(Form):
    """Its rules live in `rules.read_item`, which reads it as it reads a line of a file."""

    version = HiddenField(default="0")
    title = StringField(_l("Task"))
    kind = SelectField(_l("Kind"), validate_choice=False)
    dates = StringField(_l("Dates to be held"))
    attendances = StringField(_l("Attendances to be had"))
    months = StringField(_l("Months"))
    lead = StringField(_l("In the lead"))
    partners = StringField(_l("Together with"))
    outcomes = TextAreaField(_l("What it is to bring"))

    @property
    def texts(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in FIELDS}


class PlanFileForm(Form):
    """A file with a plan; what is wrong with it stands beside its field."""

    file = FileField(_l("Plan"))


LEVELS = [
    SelectChoice(Level.COUNTY, _l("county")),
    SelectChoice(Level.PREFECTURE, _l("prefecture")),
    SelectChoice(Level.PROVINCE, _l("province")),
    SelectChoice(Level.NONE, _l("no level")),
]
KINDS = [
    SelectChoice(FactKind.MEDIA, _l("Media report")),
    SelectChoice(FactKind.AWARD, _l("Award")),
    SelectChoice(FactKind.CONTEST, _l("Contest result")),
    SelectChoice(FactKind.TRAINING, _l("Training elsewhere")),
    SelectChoice(FactKind.MANUAL, _l("Other figure")),
]
LEVEL_WORDS, KIND_WORDS = ({one.value: one.label for one in choices} for choices in (LEVELS, KINDS))


class FactForm(Form):
    """Its rules live in `facts`. Its buttons say what kind it is."""

    title = StringField(_l("What it was"))
    level = ChoiceField(_l("Level"), choices=LEVELS, default=Level.COUNTY.value)
    kind = ChoiceField(_l("Kind"), choices=KINDS)
    day = DayField(_l("Day"), [InputRequired(DAY)])
    n = NumberField(_l("How many"), 0, 1_000_000, _l("Give a number up to a million."), default=1)
    url = StringField(_l("Address of the report"))
    person_id = SelectField(_l("Whose it is"), validate_choice=False)
    rank = NumberField(_l("Place in the contest"), 1, 1000, _l("Give a place from 1 to 1000, or nothing."))

    @property
    def said(self) -> FactSaid:
        kind, level, n = FactKind(self.kind.data), Level(self.level.data), self.n.data
        person_id, url = posted_id("person_id"), (self.url.data or "")[:500]
        title = self.title.data or ""
        return FactSaid(kind, level, title, self.day.data, url, 1 if n is None else n, person_id, self.rank.data)
