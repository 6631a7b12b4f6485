"""The share of check-in in the periodic work."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from .. import clock
from ..activities.models import Occurrence
from ..storage.database import db
from .models import Caller, Scan

SCANS_KEPT = timedelta(days=183)
"""Codes held up, taken and refused, are kept as long as an access log; what was taken stands in the ledger anyhow."""


def tick(now: datetime) -> None:
    """Forget who was not answered at the door by the day after, and codes that nobody asks about any more."""
    over = select(Occurrence.id).where(Occurrence.ends_at < now - clock.DAY)
    db.session.execute(delete(Caller).where(Caller.occurrence_id.in_(over)))
    db.session.execute(delete(Scan).where(Scan.at < now - SCANS_KEPT))
