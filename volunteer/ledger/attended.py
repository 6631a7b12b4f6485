"""Dates as one person sees them, complete: with what the ledger says of their places. Reads only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from .. import clock
from ..actor import Actor
from ..signups import board
from ..signups.cards import Card
from . import book, rules
from .counting import Credit, credit
from .replay import Attendance


def list_cards(actor: Actor, begin: datetime, end: datetime, now: datetime, *, own: int = 0) -> list[Card]:
    """The team's dates within [begin, end), and so many of the actor's own next ones: see `board.list_cards`."""
    return _complete(actor, board.list_cards(actor, begin, end, now, own=own), now)


def find_card(actor: Actor, occurrence_id: int, now: datetime) -> Card | None:
    """One date of the actor's team."""
    card = board.find_card(actor, occurrence_id, now)
    return next(iter(_complete(actor, [card], now))) if card else None


def list_own_cards(actor: Actor, now: datetime, most: int) -> list[Card]:
    """The actor's own next dates that have not ended, at most so many."""
    return _complete(actor, board.list_own_cards(actor, now, most), now)


def _complete(actor: Actor, cards: list[Card], now: datetime) -> list[Card]:
    """The ledger is asked only where it can have something to say."""
    begun = [card for card in cards if card.signup_ids and rules.opens_at(card.starts_at) <= now]
    if not begun:
        return cards
    within = min(card.starts_at for card in begun) - 2 * clock.DAY, max(card.ends_at for card in begun) + 2 * clock.DAY
    mine = book.attendance_of_person(actor, within)
    credits = credit(mine, now)
    said = {n: (one, credits.get(n, Credit())) for n, one in mine.items()}
    return [_with_came(card, said) for card in cards]


def _with_came(card: Card, said: Mapping[int, tuple[Attendance, Credit]]) -> Card:
    came = rules.came(said[signup_id] for signup_id in card.signup_ids if signup_id in said)
    return replace(card, came=came) if came else card
