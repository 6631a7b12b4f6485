"""Decisions about an activity before it has dates. Pure: values in, values out."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from ..errors import Refused
from .recurrence import Fault, HolidayPolicy, Repeat, Rule

HORIZON = timedelta(weeks=30)
"""How far ahead dates are made."""
MOST_PLACES = 5000

FAULTS = {
    Fault.NO_END: Refused(
        "A series needs an end. Choose the last day, at most five years ahead, or the number of dates.",
        field="until",
    ),
    Fault.UNTIL_BEFORE_FIRST: Refused("The last day lies before the first. Choose a later one.", field="until"),
    Fault.UNTIL_TOO_FAR: Refused("A series lasts at most five years. Choose an earlier last day.", field="until"),
    Fault.EVERY_OUT_OF_RANGE: Refused("Choose a step from 1 to 52.", field="every"),
    Fault.COUNT_OUT_OF_RANGE: Refused("A series has 1 to 600 dates.", field="count"),
    Fault.NO_DATES: Refused("Give at least one day, for example 2026-12-04.", field="dates"),
    Fault.TOO_MANY_DATES: Refused("A series by hand has at most 600 days.", field="dates"),
}
"""What a form says of a rule that cannot be followed."""


@dataclass(frozen=True)
class Position:
    """A position as planned: its places, and its wall times on the day."""

    name: str
    start: time
    end: time
    capacity: int


@dataclass(frozen=True)
class Details:
    """What an activity says of itself; may change after publishing."""

    title: str
    content: str
    place: str
    meeting: str
    bring: str
    risk: str
    protection: str
    responsible: str


@dataclass(frozen=True)
class Wanted:
    """A whole activity as a leader wants it."""

    kind_id: int
    details: Details
    public: bool
    first_day: date
    start: time
    end: time
    arrive_before: int
    repeat: Repeat
    until: date | None
    holidays: HolidayPolicy
    positions: tuple[Position, ...]

    @property
    def rule(self) -> Rule:
        """The rule of its dates; raises BadRule."""
        return Rule(self.repeat, self.first_day, until=self.until)

    @property
    def policy(self) -> HolidayPolicy:
        """Somebody who names a single date means that date, holiday or not."""
        return HolidayPolicy.KEEP if self.repeat is Repeat.NONE else self.holidays
