"""What all pages share of the periodic work."""

from datetime import datetime

from . import throttle, transactions


def tick(now: datetime) -> None:
    """Drop failed tries that no longer count, and keys of forms that nobody sends again."""
    throttle.sweep(now)
    transactions.sweep(now)
