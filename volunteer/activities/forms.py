"""The form of an activity: five fields first, the rest with defaults."""

from datetime import time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from ..errors import Refused
from ..web import Form
from .models import Activity, ShiftPlan
from .recurrence import HolidayPolicy, Repeat
from .rules import MOST_PLACES, Details, Position, Wanted
from .states import Visibility

_WHEN = _l("Give the time as hours and minutes, for example 9:00.")
_DAY = _l("Choose a day, for example 2026-12-04.")
_PLACES = _l("Give the number of places, from 1 to %(most)d.", most=MOST_PLACES)
_LONG = _l("This is too long.")
EXTRA_POSITIONS = 3

_CHOOSE = _l("Choose one of those listed.")

REPEATS = [SelectChoice(Repeat.NONE, _l("Once")), SelectChoice(Repeat.WEEKLY, _l("Every week"))]
POLICIES = [SelectChoice(HolidayPolicy.SKIP, _l("Skip dates on public holidays"))]


class ChoiceField(SelectField):  # type: ignore[misc]
    """A select that says in our words what is wrong with a forged choice."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not in the list."""
        if all(self.data != choice.value for choice in self.choices):
            raise ValidationError(_CHOOSE)


class DayField(DateField):  # type: ignore[misc]
    """A date that says in our words what is wrong with it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """As DateField."""
        try:
            super().process_formdata(valuelist)
        except ValueError as wrong:
            raise ValueError(_DAY) from wrong


class PlacesField(IntegerField):  # type: ignore[misc]
    """A number of places that says in our words what is wrong with it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """As IntegerField."""
        try:
            super().process_formdata(valuelist)
        except ValueError as wrong:
            raise ValueError(_PLACES) from wrong


class ClockField(TimeField):  # type: ignore[misc]
    """A time of day that says in our words what is wrong with it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """As TimeField."""
        try:
            super().process_formdata(valuelist)
        except ValueError as wrong:
            raise ValueError(_WHEN) from wrong


class PositionForm(PlainForm):  # type: ignore[misc]
    """One more position; an empty name means there is none."""

    name = StringField(_l("Position"), [Length(max=40, message=_LONG)])
    capacity = PlacesField(_l("Places"), [Optional(), NumberRange(1, MOST_PLACES, _PLACES)])
    start = ClockField(_l("From"), [Optional()])
    end = ClockField(_l("To"), [Optional()])


class DetailsForm(Form):
    """What an activity says of itself; all that can change once it is published."""

    version = HiddenField(default="0")
    title = StringField(_l("Title"), [DataRequired(_l("Give it a title.")), Length(max=80, message=_LONG)])
    place = StringField(_l("Place"), [DataRequired(_l("Say where it is.")), Length(max=120, message=_LONG)])
    content = TextAreaField(_l("What we do"), [Length(max=2000, message=_LONG)])
    meeting = StringField(_l("Meeting point"), [Length(max=200, message=_LONG)])
    bring = StringField(_l("What to bring"), [Length(max=200, message=_LONG)])
    risk = StringField(_l("Risk notice"), [Length(max=500, message=_LONG)])
    protection = StringField(_l("Protection"), [Length(max=500, message=_LONG)])
    responsible = StringField(_l("Leader responsible"), [Length(max=40, message=_LONG)])

    def read_version(self) -> int:
        """The version this form was filled in from; 0 for a new one or nonsense."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

    def details(self) -> Details:
        """The description as typed, without blanks around."""

        def text(field: Any) -> str:
            return (field.data or "").strip()

        return Details(
            title=" ".join(text(self.title).split()),
            content=text(self.content),
            place=" ".join(text(self.place).split()),
            meeting=text(self.meeting),
            bring=text(self.bring),
            risk=text(self.risk),
            protection=text(self.protection),
            responsible=text(self.responsible),
        )


class ActivityForm(DetailsForm):
    """The whole activity, while it is new or a draft."""

    kind = SelectField(_l("Kind"), validate_choice=False)
    date = DayField(_l("Date"), [InputRequired(_DAY)])
    start = ClockField(_l("Start"), [InputRequired(_WHEN)])
    end = ClockField(_l("End"), [InputRequired(_WHEN)])
    capacity = PlacesField(_l("Places"), [InputRequired(_PLACES), NumberRange(1, MOST_PLACES, _PLACES)], default=15)
    position = StringField(_l("Name of the position"), [Length(max=40, message=_LONG)])
    positions = FieldList(FormField(PositionForm), min_entries=EXTRA_POSITIONS, max_entries=20)
    repeat = ChoiceField(_l("Repeats"), choices=REPEATS, default=Repeat.NONE)
    until = DayField(_l("Until"), [Optional()])
    holidays = ChoiceField(_l("Public holidays"), choices=POLICIES, default=HolidayPolicy.SKIP)
    arrive = IntegerField(
        _l("Be there … minutes before"), [Optional(), NumberRange(0, 240, _l("Give 0 to 240 minutes."))], default=10
    )
    public = BooleanField(_l("Show it on the public calendar"))

    def validate_end(self, field: Any) -> None:
        if field.data and self.start.data and field.data <= self.start.data:
            raise ValidationError(_l("The end lies before the start. Choose a later one."))

    def wanted(self, kind_id: int) -> Wanted:
        """The activity as typed. Refused when a position's times leave the activity's."""
        start, end = self.start.data, self.end.data
        first = Position((self.position.data or "").strip(), start, end, self.capacity.data)
        return Wanted(
            kind_id=kind_id,
            details=self.details(),
            public=self.public.data,
            first_day=self.date.data,
            start=start,
            end=end,
            arrive_before=self.arrive.data or 0,
            repeat=Repeat(self.repeat.data),
            until=self.until.data if self.repeat.data != Repeat.NONE else None,
            holidays=HolidayPolicy(self.holidays.data),
            positions=(first, *self._more_positions(start, end)),
        )

    def _more_positions(self, start: time, end: time) -> list[Position]:
        more = []
        for entry in self.positions:
            name = (entry.form.name.data or "").strip()
            if not name and not entry.form.capacity.data:
                continue
            begins, ends = entry.form.start.data or start, entry.form.end.data or end
            if not start <= begins < ends <= end:
                raise Refused("A position lies within the times of the activity. Check “%(name)s”.", name=name)
            if not name or not entry.form.capacity.data:
                raise Refused("Every further position needs a name and its places.")
            more.append(Position(name, begins, ends, entry.form.capacity.data))
        return more

    @staticmethod
    def values_of(activity: Activity, plans: list[ShiftPlan]) -> dict[str, Any]:
        """An activity as the form's field values."""
        first, *more = plans
        return {
            "version": activity.version,
            "kind": activity.kind.code,
            "date": activity.first_day,
            "start": activity.wall_start,
            "end": activity.wall_end,
            "capacity": first.capacity,
            "position": first.name,
            "positions": [
                {"name": p.name, "capacity": p.capacity, "start": p.wall_start, "end": p.wall_end} for p in more
            ]
            + [{}] * max(0, EXTRA_POSITIONS - len(more)),
            "repeat": activity.repeat,
            "until": activity.until,
            "holidays": HolidayPolicy.SKIP if activity.repeat is Repeat.NONE else activity.holidays,
            "arrive": activity.arrive_before,
            "public": activity.visibility is Visibility.PUBLIC,
        }
