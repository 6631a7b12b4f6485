"""How dates are laid out for a reader: which week, grouped by day, attendance over sign-up. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from ..ledger.rules import Attendance
from ..signups.cards import Card
from ..signups.states import ReaderState


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
    """The reader's own next date, if there is one, and the others."""
    pinned = next((card for card in cards if card.is_own and card.ends_at > now), None)
    return pinned, [card for card in cards if card is not pinned]


def overlay(card: Card, said: Mapping[int, Attendance], now: datetime) -> Card:
    """Lay what the ledger says over what the sign-up says."""
    if card.state is not ReaderState.CONFIRMED:
        return card
    marks = [said[signup_id] for signup_id in card.signup_ids if signup_id in said]
    if any(mark.present for mark in marks):
        state = ReaderState.DONE if card.ends_at <= now else ReaderState.CHECKED_IN
        return replace(card, state=state, minutes=sum(mark.credit.minutes for mark in marks))
    if marks:
        return replace(card, state=ReaderState.ABSENT)
    return replace(card, state=ReaderState.CLOSED) if card.ends_at <= now else card
