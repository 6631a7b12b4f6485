"""The form of an activity: five fields first, the rest with defaults."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date as Day
from datetime import time
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from ..accounts.rules import told_apart
from ..errors import Refused
from ..teams.rules import Member
from ..web.formats import weekday_name
from ..web.forms import (
    DAY,
    WHEN,
    ChoiceField,
    ClockField,
    DayField,
    DaysField,
    Form,
    NumberField,
    RowsField,
    posted_id,
    refuse_odd_end,
)
from .holidays import HolidayNotice
from .models import Activity, ShiftPlan
from .recurrence import HolidayPolicy, Repeat
from .rules import MOST_PLACES, Details, PlannedShift, Wanted, lies_within, years_end
from .states import CheckIn, Visibility

_PLACES = _l("Give the number of places, from 1 to %(most)d.", most=MOST_PLACES)
_LONG = _l("This is too long.")
_AGE = _l("Give an age from 1 to 99, or nothing.")
_DAYS_BEFORE = _l("Give 0 to 365 days, or nothing.")
_HOURS_BEFORE = _l("Give 0 to 720 hours.")
EXTRA_SHIFTS = 3
HOUR, DAY_LONG = 60, 24 * 60
"""Minutes."""

REPEATS = [
    SelectChoice(Repeat.NONE, _l("Once")),
    SelectChoice(Repeat.WEEKLY, _l("Every week")),
    SelectChoice(Repeat.MONTHLY_DATE, _l("Every month, on the same date")),
    SelectChoice(Repeat.MONTHLY_WEEKDAY, _l("Every month, on the same weekday")),
    SelectChoice(Repeat.QUARTERLY, _l("Every quarter")),
    SelectChoice(Repeat.BY_HAND, _l("On days I choose")),
]
_LABELS = {choice.value: choice.label for choice in REPEATS}
POLICIES = [
    SelectChoice(HolidayPolicy.SKIP, _l("Skip dates on public holidays")),
    SelectChoice(HolidayPolicy.PREVIOUS, _l("Move them to the working day before")),
    SelectChoice(HolidayPolicy.NEXT, _l("Move them to the working day after")),
    SelectChoice(HolidayPolicy.KEEP, _l("Keep them")),
]


def rule_in_words(repeat: Repeat, first: Day, every: int) -> str:
    """When a series takes place, as people say it; empty for what is held once."""
    if repeat is not Repeat.WEEKLY:
        return "" if repeat is Repeat.NONE else str(_LABELS[repeat])
    said = {"weekday": weekday_name(first), "n": every}
    several = every > 1 and gettext("Every %(n)d weeks on %(weekday)s", **said)
    return str(several or gettext("Every %(weekday)s", **said))


def holidays_in_words(activity: Activity) -> str:
    """What becomes of its dates on public holidays; empty for what is held once."""
    rule = "" if activity.repeat is Repeat.NONE else activity.holidays
    return "".join(str(choice.label) for choice in POLICIES if choice.value == rule)


VOLUNTARY = [
    SelectChoice("yes", _l("People come freely (counts as volunteer hours)")),
    SelectChoice("no", _l("Arranged by the unit (attendance only)")),
]
PLACES_BY = [
    SelectChoice("first_come", _l("First come, first served")),
    SelectChoice("draw", _l("By draw when sign-up closes")),
]

CHECK_INS = [
    SelectChoice(CheckIn.ROLLING, _l("By the code on the leader's phone")),
    SelectChoice(CheckIn.POSTER, _l("By that, or by the code on a poster")),
    SelectChoice(CheckIn.LEADER, _l("The leader ticks everybody")),
]


class ShiftForm(PlainForm):  # type: ignore[misc]
    """One more shift; an empty name means there is none."""

    name = StringField(_l("Position"), [Length(max=40, message=_LONG)])
    capacity = NumberField(_l("Places"), 1, MOST_PLACES, _PLACES)
    start = ClockField(_l("From"))
    end = ClockField(_l("To"))


class DetailsForm(Form):
    """What an activity says of itself; all that can change once it is published."""

    version = HiddenField(default="0")
    title = StringField(_l("Title"), [DataRequired(_l("Give it a title.")), Length(max=80, message=_LONG)])
    place = StringField(_l("Place"), [DataRequired(_l("Say where it is.")), Length(max=120, message=_LONG)])
    content = TextAreaField(_l("What we do"), [Length(max=2000, message=_LONG)])
    meeting = StringField(_l("Meeting point"), [Length(max=200, message=_LONG)])
    bring = StringField(_l("What to bring"), [Length(max=200, message=_LONG)])
    risk = TextAreaField(_l("Risk notice"), [Length(max=500, message=_LONG)])
    protection = TextAreaField(_l("Protection"), [Length(max=500, message=_LONG)])
    responsible_id = SelectField(_l("Leader responsible"), validate_choice=False, coerce=lambda one: str(one or ""))
    responsible = StringField(_l("Or somebody who is not in the team"), [Length(max=40, message=_LONG)])
    requirements = TextAreaField(_l("Requirements"), [Length(max=500, message=_LONG)])
    min_age = NumberField(_l("Youngest age"), 1, 99, _AGE)
    insurance = StringField(_l("Insurance"), [Length(max=200, message=_LONG)])
    opens = NumberField(_l("Sign-up opens … days before"), 0, 365, _DAYS_BEFORE)
    deadline = NumberField(_l("Sign-up closes … hours before"), 0, 720, _HOURS_BEFORE)
    check_in = ChoiceField(_l("How people check in"), choices=CHECK_INS, default=CheckIn.ROLLING)

    def details(self) -> Details:
        """The description as typed."""
        opens = self.opens.data
        texts = [field.name for field in fields(Details) if field.type is str]
        said: dict[str, Any] = {name: self[name].data or "" for name in texts}
        return Details(
            **said,
            min_age=self.min_age.data,
            responsible_id=posted_id("responsible_id"),
            opens_before=None if opens is None else opens * DAY_LONG,
            deadline_before=(self.deadline.data or 0) * HOUR,
            check_in=CheckIn(self.check_in.data),
        )

    @staticmethod
    def times_of(activity: Activity) -> dict[str, int | None]:
        """When people sign up for its dates, as the form's field values."""
        opens, deadline = activity.opens_before, activity.deadline_before
        return {"opens": None if opens is None else opens // DAY_LONG, "deadline": deadline // HOUR or None}

    def offer(self, members: Sequence[Member]) -> None:
        """Let one of these be chosen as its leader."""
        nobody = SelectChoice("", _l("Nobody of the team"))
        people = [SelectChoice(str(one.person_id), f"{one.name} {one.group}".strip()) for one in told_apart(members)]
        self.responsible_id.choices = [nobody, *people]


class NoticeForm(Form):
    """Days off or worked that the national calendar does not know."""

    first = DayField(_l("First day"), [InputRequired(DAY)])
    last = DayField(_l("Last day"))
    working = ChoiceField(
        _l("What it is"),
        choices=[SelectChoice("off", _l("Days off")), SelectChoice("working", _l("Working days"))],
        default="off",
    )
    name = StringField(_l("Name of the holiday"), [DataRequired(_l("Give it a name.")), Length(max=40, message=_LONG)])
    source = StringField(
        _l("Where this is said"), [DataRequired(_l("Name the notice.")), Length(max=200, message=_LONG)]
    )

    def notice(self) -> HolidayNotice:
        first = self.first.data
        last, working = self.last.data or first, self.working.data == "working"
        return HolidayNotice(first, last, working, self.name.data, self.source.data)


class ActivityForm(DetailsForm):
    """The whole activity, while it is new or a draft."""

    kind = SelectField(_l("Kind"), validate_choice=False)
    date = DayField(_l("Date"), [InputRequired(DAY)])
    start = ClockField(_l("Start"), [InputRequired(WHEN)])
    end = ClockField(_l("End"), [InputRequired(WHEN)])
    capacity = NumberField(_l("Places"), 1, MOST_PLACES, _PLACES, default=15)
    minimum = NumberField(_l("Safe minimum of people"), 0, MOST_PLACES, _l("Give a number, or 0."), default=0)
    approval = BooleanField(_l("A leader approves each sign-up"))
    places_by = ChoiceField(_l("Places are given"), choices=PLACES_BY, default="first_come")
    position = StringField(_l("Name of the position"), [Length(max=40, message=_LONG)])
    positions = RowsField(FormField(ShiftForm), min_entries=EXTRA_SHIFTS, max_entries=20)
    repeat = ChoiceField(_l("Repeats"), choices=REPEATS, default=Repeat.NONE)
    every = NumberField(_l("Every … weeks, months or quarters"), 1, 52, _l("Choose a step from 1 to 52."), default=1)
    until = DayField(_l("Until"))
    count = NumberField(_l("Or after so many dates"), 1, 600, _l("A series has 1 to 600 dates."))
    dates = DaysField(_l("Days"), [Length(max=8000, message=_LONG)])
    overnight = BooleanField(_l("It ends on the next day"))
    holidays = ChoiceField(_l("Public holidays"), choices=POLICIES, default=HolidayPolicy.SKIP)
    arrive = NumberField(_l("Be there … minutes before"), 0, 240, _l("Give 0 to 240 minutes."), default=10)
    public = BooleanField(_l("Show it on the public calendar"))
    voluntary = ChoiceField(_l("How people come"), choices=VOLUNTARY, default="yes")

    def validate_end(self, field: Any) -> None:
        refuse_odd_end(self.start.data, field.data, overnight=self.overnight.data)

    def validate_capacity(self, field: Any) -> None:
        if field.data is None and not field.errors:
            raise ValidationError(_PLACES)

    def wanted(self, kind_id: int) -> Wanted:
        """The activity as typed. Refused when a shift's times leave the activity's."""
        start, end, repeat = self.start.data, self.end.data, Repeat(self.repeat.data)
        repeats = repeat not in (Repeat.NONE, Repeat.BY_HAND)
        least, asks = self.minimum.data or 0, self.approval.data
        first = PlannedShift(self.position.data or "", start, end, self.capacity.data, least, asks)
        return Wanted(
            kind_id=kind_id,
            details=self.details(),
            visibility=Visibility.PUBLIC if self.public.data else Visibility.TEAM,
            first_day=self.date.data,
            wall_start=start,
            wall_end=end,
            arrive_before=self.arrive.data or 0,
            repeat=repeat,
            holidays=HolidayPolicy(self.holidays.data),
            shifts=(first, *self._more_shifts(start, end)),
            until=self._until() if repeats else None,
            count=self.count.data if repeats else None,
            every=self.every.data or 1,
            dates=self.dates.days if repeat is Repeat.BY_HAND else (),
            voluntary=self.voluntary.data == "yes",
            by_draw=self.places_by.data == "draw",
        )

    def propose(self, first_day: Day, person_id: int | None) -> None:
        """Write into the form what it can say by itself: when a series ends, and who leads a new activity."""
        self.responsible_id.data = str(person_id or self.responsible_id.data or "")
        if self.until.data is None and self.count.data is None:
            self.until.data = years_end(first_day)

    def _until(self) -> Day | None:
        """The last day typed, else the year's end; that gives way to a number of dates, as it stands by itself."""
        end = years_end(self.date.data)
        until = self.until.data or end
        return None if self.count.data and until == end else until

    def _more_shifts(self, start: time, end: time) -> list[PlannedShift]:
        more = []
        for row in (entry.form for entry in self.positions):
            name, places = row.name.data or "", row.capacity.data
            if not name and not places:
                continue
            begins, ends = row.start.data or start, row.end.data or end
            if not lies_within(begins, ends, start, end):
                raise Refused(
                    "A position lies within the times of the activity. Check “%(name)s”.", field="positions", name=name
                )
            if not name or not places:
                raise Refused("Every further position needs a name and its places.", field="positions")
            more.append(PlannedShift(name, begins, ends, places))
        return more

    @staticmethod
    def values_of(activity: Activity, plans: Sequence[ShiftPlan | PlannedShift]) -> dict[str, Any]:
        """An activity as the form's field values."""
        first, *others = plans
        alike = (*Details.__dataclass_fields__, "version", "repeat", "every", "until", "count")
        more = [{"name": p.name, "capacity": p.capacity, "start": p.wall_start, "end": p.wall_end} for p in others]
        return (
            {name: getattr(activity, name) for name in alike}
            | DetailsForm.times_of(activity)
            | {
                "kind": activity.kind.code,
                "date": activity.first_day,
                "start": activity.wall_start,
                "end": activity.wall_end,
                "capacity": first.capacity,
                "minimum": first.minimum,
                "approval": first.needs_approval,
                "position": first.name,
                "positions": more + [{}] * max(0, EXTRA_SHIFTS - len(more)),
                "dates": "\n".join(activity.dates or ()),
                "overnight": activity.wall_end <= activity.wall_start,
                "holidays": HolidayPolicy.SKIP if activity.repeat is Repeat.NONE else activity.holidays,
                "arrive": activity.arrive_before,
                "public": activity.visibility is Visibility.PUBLIC,
                "voluntary": "yes" if activity.voluntary else "no",
                "places_by": "draw" if activity.by_draw else "first_come",
            }
        )
