"""What is new about a date, and who of those on it knows."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, func, or_, select, update

from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..notices.deeds import Effects
from ..notices.models import Topic
from ..signups.models import Signup
from ..signups.states import ON_THE_LIST, STANDING
from ..storage.database import db
from .changes import Span

SAME_BREATH = timedelta(minutes=10)
"""Changes of a date so close to each other are one: what was before the first is the old; there and back is no move."""


def set_news(actor: Actor, occurrence: Occurrence, now: datetime, was: Span | None = None, was_place: str = "") -> None:
    """Note on a locked date what it was before the change just made to it: when, if it moved, and where."""
    if not occurrence.news_at or now - occurrence.news_at >= SAME_BREATH:
        occurrence.was_starts_at, occurrence.was_ends_at, occurrence.was_place = None, None, ""
    span = (occurrence.starts_at, occurrence.ends_at)
    if was and not occurrence.was_starts_at:
        occurrence.was_starts_at, occurrence.was_ends_at = was
    elif (occurrence.was_starts_at, occurrence.was_ends_at) == span:
        occurrence.was_starts_at, occurrence.was_ends_at = None, None
    before = occurrence.was_place or was_place
    occurrence.was_place = before if before != occurrence.place else ""
    occurrence.news_at, occurrence.news_by_id = now, actor.person_id


def see(actor: Actor, occurrence_id: int, now: datetime) -> None:
    """The actor knows what the date is now; what they heard of it is read. Missing, or Refused to who is not on it."""
    get_occurrence_for(actor, occurrence_id)
    if not note_seen(occurrence_id, actor.person_id, now):
        raise Refused("You are not on the list of this date, so there is nothing to confirm.")
    deeds.settle(Effects(over=[deeds.heard_by(actor.person_id, Topic.DATE, occurrence_id)]), now)


def note_seen(occurrence_id: int, person_id: int, at: datetime | None) -> int:
    """Keep since when somebody knows what a date is; None: they do not. Returns how many sign-ups they have on it."""
    its = select(Shift.id).where(Shift.occurrence_id == occurrence_id)
    theirs = Signup.person_id == person_id, Signup.shift_id.in_(its), Signup.status.in_(ON_THE_LIST)
    return len(db.session.scalars(update(Signup).where(*theirs).values(seen_at=at).returning(Signup.id)).all())


def select_unseen(occurrence_ids: Iterable[int] | None = None) -> Select[int, int | None]:
    """Occurrence and person: who holds or waits for a place on dates with news, and has done nothing about them since.

    Whoever made the change knows. occurrence_ids: of these dates only; join what else is asked of `Occurrence`.
    """
    last = func.max(Signup.seen_at)
    unseen = (
        select(Occurrence.id, Signup.person_id)
        .select_from(Signup)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .where(Signup.status.in_(STANDING), Signup.person_id.is_not(None), Signup.person_id != Occurrence.news_by_id)
        .group_by(Occurrence.id, Signup.person_id)
        .having(and_(Occurrence.news_at.is_not(None), or_(last.is_(None), last < Occurrence.news_at)))
    )
    return unseen if occurrence_ids is None else unseen.where(Occurrence.id.in_(occurrence_ids))
