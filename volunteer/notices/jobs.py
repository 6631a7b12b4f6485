"""The notices' share of the periodic work."""

from datetime import datetime

from . import service as notices
from .models import Notice


def tick(now: datetime) -> None:
    """Mark read what has expired. Safe to repeat."""
    notices.end(now, Notice.expires_at <= now)
