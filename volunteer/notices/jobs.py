"""The notices' share of the periodic work."""

from datetime import datetime

from . import service as notices


def tick(now: datetime) -> None:
    """Mark read what has expired. Safe to repeat."""
    notices.let_expire(now)
