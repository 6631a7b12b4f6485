"""How dates are laid out for a reader: which week, what is pinned. Pure."""

from datetime import date, datetime, timedelta

from ..signups.cards import Card

CALL_WITHIN = timedelta(hours=24)


def is_time_to_call(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """So near a date those who come may need its leader: from a day before it begins to a day after it ends."""
    return starts_at - CALL_WITHIN <= now <= ends_at + CALL_WITHIN


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
