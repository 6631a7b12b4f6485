"""Forms about what becomes of a date."""

from datetime import date as Day
from datetime import datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from .. import clock
from ..activities.models import Occurrence
from ..web.forms import DAY, WHEN, ChoiceField, ClockField, DayField, Form, refuse_odd_end


class CancelForm(Form):
    """Its rules live in the service: a reason of up to 200 characters."""

    reason = StringField(_l("Reason"))


class EndForm(Form):
    """When a date ended before its time, and why; without a time it is now."""

    at = ClockField(_l("Ended at"))
    reason = StringField(_l("Reason"))

    def moment(self, occurrence: Occurrence, zone: str, now: datetime) -> datetime:
        """What the clock showed on the day of the date, or in the night after it."""
        if self.at.data is None:
            return min(now.replace(second=0, microsecond=0), occurrence.ends_at)
        day = clock.today(occurrence.starts_at, zone)
        at = clock.utc(day, self.at.data, zone)
        return at if at > occurrence.starts_at else clock.utc(day + clock.DAY, self.at.data, zone)


class MessageForm(Form):
    """Its rules live in the service: a text of up to 1,000 characters."""

    text = TextAreaField(_l("Message"))
    waiting = BooleanField(_l("Also to those who wait for a place"))


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
