"""Forms about sign-ups."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, StringField
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from ..web.forms import ChoiceField, Form, RowsField
from ..words import as_written
from .models import Companion
from .rules import MOST_COMPANIONS, Guest
from .states import AgeBand

AGES = [
    SelectChoice(AgeBand.INFANT, _l("under 3")),
    SelectChoice(AgeBand.CHILD, _l("3 to 13")),
    SelectChoice(AgeBand.YOUTH, _l("14 to 17")),
    SelectChoice(AgeBand.ADULT, _l("18 or older")),
]


class GuestForm(PlainForm):  # type: ignore[misc]
    """Somebody who comes along; without a name there is nobody."""

    name = StringField(
        _l("First name"),
        [Length(max=20, message=_l("This is too long."))],
        filters=[lambda text: as_written(text or "")],
    )
    age = ChoiceField(_l("Age"), choices=AGES, default=AgeBand.ADULT)


class PartyForm(Form):
    """Whom somebody brings along."""

    guests = RowsField(FormField(GuestForm), min_entries=MOST_COMPANIONS, max_entries=MOST_COMPANIONS)
    guardian = BooleanField(
        _l("I am the guardian of the children under 14, or have the guardian's word; I look after them all the time.")
    )

    @staticmethod
    def values_of(companions: Sequence[Companion]) -> dict[str, object]:
        """Who comes along already, as the form's field values."""
        named = [{"name": one.first_name, "age": one.age_band} for one in companions]
        agreed = any(one.guardian_tick_at for one in companions)
        return {"guests": named + [{}] * (MOST_COMPANIONS - len(named)), "guardian": agreed}

    def party(self) -> list[Guest]:
        """The companions named, in order."""
        named = ((entry.form.name.data or "", entry.form.age.data) for entry in self.guests)
        return [Guest(name, AgeBand(age)) for name, age in named if name]
