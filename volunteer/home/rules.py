"""How dates are laid out for a reader: which week, what is pinned, what waits for a leader. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from ..ledger.states import VERDICTS, EntryKind, RequestKind
from ..signups.cards import Card
from ..signups.states import Status

Span = tuple[datetime, datetime]


def monday_of(wanted: str, today: date) -> date:
    """The Monday of the week a page asks for; nonsense and far-off years mean this week."""
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        day = today
    if abs(day - today) > timedelta(days=366 * 20):
        day = today
    return day - timedelta(days=day.weekday())


def pin_next(cards: list[Card], now: datetime) -> tuple[Card | None, list[Card]]:
    """The reader's own next date that takes place, if there is one, and the others."""
    pinned = next((card for card in cards if card.own and card.ends_at > now and not card.cancelled), None)
    return pinned, [card for card in cards if card is not pinned]


class Waits(StrEnum):
    """What waits for a leader."""

    MISSING = "missing"
    CHANGE = "change"
    REQUEST = "request"
    LEAVE = "leave"
    APPEAL = "appeal"
    CORRECTION = "correction"
    LATE_ENTRY = "late_entry"
    ABSENCE = "absence"
    LIST = "list"
    UNDERSTAFFED = "understaffed"
    OFFER = "offer"
    STAND_IN = "stand_in"


ASKING = (Waits.REQUEST, Waits.LEAVE, Waits.APPEAL, Waits.CORRECTION, Waits.LATE_ENTRY, Waits.ABSENCE)
"""What is answered by yes or no."""


def what_waits(
    status: Status, said: EntryKind | None, asks: RequestKind | None, asks_stand_in: bool, planned: Span, now: datetime
) -> Waits | None:
    """What a sign-up waits for from leaders, if for anything; planned: when its position starts and ends.

    said: what the ledger says of it. asks: what its person asks about that.
    """
    starts_at, ends_at = planned
    if asks and (asks is not RequestKind.APPEAL or said is EntryKind.NO_SHOW):
        return Waits(asks)
    if status is Status.ON_LEAVE:
        return None if said in VERDICTS else Waits.LEAVE
    if status is not Status.CONFIRMED:
        return _AHEAD.get(status) if now < starts_at else None
    if now < starts_at:
        return Waits.STAND_IN if asks_stand_in else None
    if said is EntryKind.ABSENT:
        return Waits.ABSENCE
    return None if said else Waits.MISSING if now < ends_at else Waits.LIST


_AHEAD = {Status.REQUESTED: Waits.REQUEST, Status.OFFERED: Waits.OFFER}
