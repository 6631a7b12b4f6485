"""Forms about what becomes of a date."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date as Day
from datetime import datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from .. import clock
from ..activities import dates
from ..activities.forms import ActivityForm
from ..activities.models import Activity, Occurrence
from ..activities.recurrence import Repeat
from ..activities.rules import Wanted, moved_walls
from ..web.forms import DAY, WHEN, ChoiceField, ClockField, DayField, Form, refuse_odd_end
from .impact import Reach, Wish


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


class EditForm(ActivityForm):
    """An activity as it was shown, for which of its dates, and why; a field that is not sent keeps its value."""

    occurrence = HiddenField()
    scope = ChoiceField(
        _l("Which dates"),
        choices=[
            SelectChoice(Reach.THIS, _l("Only this one")),
            SelectChoice(Reach.FOLLOWING, _l("This and all that follow")),
            SelectChoice(Reach.ALL, _l("All to come")),
        ],
        default=Reach.ALL,
    )
    reason = StringField(_l("Why"), [Length(max=200, message=_l("This is too long."))])

    def __init__(self, activity: Activity, shown: Wanted, date: Occurrence | None) -> None:
        self.was = shown
        walls = {"date": shown.first_day, "start": shown.wall_start, "end": shown.wall_end}
        values = self.values_of(activity, shown.shifts) | vars(shown.details) | walls
        values |= {"overnight": shown.wall_end <= shown.wall_start, "occurrence": date and date.id}
        values["version"] = dates.version_of(activity, date)
        values["scope"] = Reach.THIS if date and activity.repeat is not Repeat.NONE else Reach.ALL
        self.kept = dict(_typed(values))
        super().__init__(**values)

    def wish(self, kind_id: int, plan_ids: Sequence[int], **more: Any) -> Wish:
        """What is wanted; more: see there. A position whose times stay as shown moves along with the activity."""
        was, to = (self.was.wall_start, self.was.wall_end), (self.start.data, self.end.data)
        first, *others = [(one.wall_start, one.wall_end) for one in self.was.shifts]
        rows = [entry.form for entry in self.positions]
        for row, walls in zip(rows, others, strict=False):
            if (row.start.data, row.end.data) == walls:
                row.start.data, row.end.data = moved_walls(walls, was, to)
        wanted = self.wanted(kind_id)
        start, end = moved_walls(first, was, to)
        shifts = (replace(wanted.shifts[0], wall_start=start, wall_end=end), *wanted.shifts[1:])
        filled = [n for n, row in enumerate(rows, 1) if row.name.data or row.capacity.data]
        ids = (plan_ids[0], *(plan_ids[n] if n < len(plan_ids) else None for n in filled))
        said: dict[str, Any] = {
            "wanted": replace(wanted, shifts=shifts),
            "plan_ids": ids,
            "reason": self.reason.data or "",
        }
        return Wish(Reach(self.scope.data), **said, **more)


def _typed(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Values of a form as a browser would send them."""
    for name, value in values.items():
        if isinstance(value, list):
            for n, row in enumerate(value):
                yield from _typed(row, f"{before}{name}-{n}-")
        elif value not in (None, False):
            said = value.isoformat("minutes") if isinstance(value, time) else value
            yield before + name, "y" if said is True else str(said)


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
        overnight = ends.date() > starts.date()
        return {"date": starts.date(), "start": starts.time(), "end": ends.time(), "overnight": overnight}


class WeatherForm(Form):
    """Bad weather: all of a day, why, and where to; without a new day it is called off. Its rules are in `weather`."""

    date = DayField(_l("Everything on"))
    reason = StringField(_l("Reason"))
    to = DayField(_l("New day"))
