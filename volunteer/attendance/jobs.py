"""The attendance's share of the audit."""

from datetime import datetime

from sqlalchemy import select

from ..database import db
from ..signups import no_shows
from . import ledger
from .models import Entry
from .states import EntryKind


def audit(now: datetime) -> list[str]:
    """Where the ledger and a sign-up disagree about a no-show, a sentence each; nothing when all is well."""
    kept = set(db.session.scalars(no_shows.select_standing()))
    judged = db.session.scalars(select(Entry.signup_id).where(Entry.kind == EntryKind.NO_SHOW))
    said = ledger.attendance_of(kept | set(judged), now)
    missed = {signup_id for signup_id, one in said.items() if one.kind is EntryKind.NO_SHOW}
    return [f"sign-up {n}: the ledger and the sign-up disagree about a no-show" for n in sorted(missed ^ kept)]
