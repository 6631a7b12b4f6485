"""Forms about sign-ups and the dates they are for."""

from datetime import date as Day
from datetime import time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, StringField
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from .. import clock
from ..activities.models import Occurrence
from ..fields import DAY, WHEN, ChoiceField, ClockField, DayField, RowsField, refuse_odd_end
from ..web import Form
from .rules import MOST_COMPANIONS, Guest
from .states import AgeBand

AGES = [
    SelectChoice(AgeBand.INFANT, _l("under 3")),
    SelectChoice(AgeBand.CHILD, _l("3 to 13")),
    SelectChoice(AgeBand.YOUTH, _l("14 to 17")),
    SelectChoice(AgeBand.ADULT, _l("18 or older")),
]


class CancelForm(Form):
    """Its rules live in the service: a reason of up to 200 characters."""

    reason = StringField(_l("Reason"))


class GuestForm(PlainForm):  # type: ignore[misc]
    """Somebody who comes along; without a name there is nobody."""

    name = StringField(_l("First name"), [Length(max=20, message=_l("This is too long."))])
    age = ChoiceField(_l("Age"), choices=AGES, default=AgeBand.ADULT)


class PartyForm(Form):
    """Whom somebody brings along."""

    guests = RowsField(FormField(GuestForm), min_entries=MOST_COMPANIONS, max_entries=MOST_COMPANIONS)
    guardian = BooleanField(
        _l("I am the guardian of the children under 14, or have the guardian's word; I look after them all the time.")
    )

    def party(self) -> list[Guest]:
        """The companions named, in order."""
        named = ((" ".join((entry.form.name.data or "").split()), entry.form.age.data) for entry in self.guests)
        return [Guest(name, AgeBand(age)) for name, age in named if name]


class MoveForm(Form):
    """Where a date goes, alone or with all that follow. An end that is not after the start is the next day's."""

    date = DayField(_l("Date"), [InputRequired(DAY)])
    start = ClockField(_l("Start"), [InputRequired(WHEN)])
    end = ClockField(_l("End"), [InputRequired(WHEN)])
    overnight = BooleanField(_l("It ends on the next day"))
    scope = ChoiceField(
        _l("Which dates"),
        choices=[SelectChoice("this", _l("Only this one")), SelectChoice("following", _l("This and all that follow"))],
        default="this",
    )

    @property
    def following(self) -> bool:
        return bool(self.scope.data == "following")

    def wanted(self) -> tuple[Day, time, time]:
        """The day and the wall times."""
        return self.date.data, self.start.data, self.end.data

    def validate_end(self, field: Any) -> None:
        refuse_odd_end(self.start.data, field.data, overnight=self.overnight.data)

    @staticmethod
    def values_of(occurrence: Occurrence, zone: str) -> dict[str, Any]:
        """Where the date stands now."""
        starts, ends = clock.local(occurrence.starts_at, zone), clock.local(occurrence.ends_at, zone)
        return {
            "date": starts.date(),
            "start": starts.time(),
            "end": ends.time(),
            "overnight": ends.date() > starts.date(),
        }
