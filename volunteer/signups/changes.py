"""What a new plan does to dates that exist, and to the people on them. Pure: values in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ..activities.recurrence import Planned
from ..activities.states import OccurrenceState

Span = tuple[datetime, datetime]


class What(StrEnum):
    """What becomes of a date."""

    KEPT = "kept"
    MOVED = "moved"
    CALLED_OFF = "called off"
    ADDED = "added"


@dataclass(frozen=True)
class Existing:
    """A date as it stands. people: how many hold or wait for a place."""

    id: int
    rule_date: date
    span: Span
    state: OccurrenceState
    fixed: bool
    tentative: bool
    people: int


@dataclass(frozen=True)
class Change:
    """What becomes of one date. span: when it takes place afterwards, None when it does not."""

    existing: Existing
    rule_date: date
    span: Span | None
    holiday: str
    tentative: bool

    @property
    def what(self) -> What:
        on = self.existing.state is OccurrenceState.PUBLISHED
        if self.span is None:
            return What.CALLED_OFF if on else What.KEPT
        if not on:
            return What.ADDED
        return What.KEPT if self.span == self.existing.span else What.MOVED

    @property
    def matters(self) -> bool:
        """Is there anything to do at all?"""
        renamed = self.rule_date != self.existing.rule_date
        return self.what is not What.KEPT or renamed or self.tentative != self.existing.tentative


def compare(existing: Iterable[Existing], planned: Mapping[date, tuple[Planned, Span]]) -> list[Change]:
    """Hold dates against what is planned for the same rule dates.

    Cancelled dates, and those whose day or time somebody chose by hand, stay as they are.
    """
    return [
        _change(one, *planned[one.rule_date], rekeyed=one.rule_date) for one in existing if one.rule_date in planned
    ]


def carry_over(existing: Sequence[Existing], planned: Sequence[tuple[Planned, Span]]) -> list[Change]:
    """Give the dates of one series, in order, the rule dates of another: the first the first, and so on."""
    return [_change(one, *to, rekeyed=to[0].rule_date) for one, to in zip(existing, planned, strict=False)]


def _change(one: Existing, planned: Planned, span: Span, *, rekeyed: date) -> Change:
    if one.fixed or one.state is OccurrenceState.CANCELLED:
        stays = one.span if one.state is OccurrenceState.PUBLISHED else None
        return Change(one, rekeyed, stays, "", one.tentative)
    return Change(one, rekeyed, span if planned.on else None, planned.holiday or "", planned.tentative)
