"""The ledger's share of the check."""

from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import select

from ..signups import hurdles
from ..storage.database import db
from . import book
from .days import odd_days
from .models import Entry
from .states import EntryKind


def check(now: datetime) -> list[str]:
    """What cannot be true of the ledger, a sentence each; nothing when all is well.

    It and the sign-ups agree about no-shows; nobody was there for more hours than a day has, nor has time twice.
    """
    wrong = [f"sign-up {n}: the ledger and the sign-up disagree about a no-show" for n in _odd_no_shows(now)]
    for person_id, theirs in groupby(book.attendance_of_everybody(now), key=itemgetter(0)):
        found = [(zone, said) for _, _, zone, said in theirs]  # of each team; a day is the person's
        odd = odd_days((one for _, said in found for one in said.values()), found[0][0])
        wrong += [f"person {person_id}: {sentence}" for sentence in odd]
    return wrong


def _odd_no_shows(now: datetime) -> list[int]:
    kept = set(db.session.scalars(hurdles.select_no_shows()))
    judged = db.session.scalars(select(Entry.signup_id).where(Entry.kind == EntryKind.NO_SHOW))
    said = book.attendance_of(kept | set(judged), now)
    missed = {signup_id for signup_id, one in said.items() if one.kind is EntryKind.NO_SHOW}
    return sorted(missed ^ kept)
