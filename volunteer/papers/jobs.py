"""What papers have to do of the periodic work."""

from datetime import datetime

from .tables import previews


def tick(now: datetime) -> None:
    """Drop what was handed in and left lying."""
    previews.sweep(now)
