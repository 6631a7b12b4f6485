"""What people are told about their places: the one home of these sentences.

Each is written within the deed, in the reader's language and with the team's clock. It says what, which and when, and
nobody's name but a stand-in's, to whom they stand in for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..notices import service as notices
from ..notices.models import Topic
from ..notices.service import News
from ..storage.database import db
from ..teams.models import Team
from ..web.formats import at, day
from ..web.pages import speaking
from .models import Signup, StandIn
from .states import Status

_MOVED_UP = _l("A place has become free and it is yours: “%(title)s”, %(when)s. See you there!")
_OFFERED = _l("A place in “%(title)s”, %(when)s, is kept for you until %(until)s. Take it if you can come.")
LAPSED = _l("The place kept for you in “%(title)s”, %(when)s, has gone on to others. You can still sign up again.")
_FREE = _l("There is a free place in “%(title)s”, %(when)s. Whoever taps first has it.")
_ASKED = _l("Somebody can't come to “%(title)s”, %(when)s. Can you stand in? Please answer under “Me” by %(until)s.")
STOOD_IN = _l("%(name)s stands in for you at “%(title)s”, %(when)s. You need not come.")
PLACE_BACK = _l("Nobody stands in for you any more at “%(title)s”, %(when)s. The place is yours again.")
NOT_NEEDED = _l("You need not stand in any more at “%(title)s”, %(when)s. Thank you all the same!")
RELEASED = _l("The leader has taken you off the list of “%(title)s”, %(when)s. Call them if you have a question.")
_APPROVED = _l("The leader has said yes: you have a place in “%(title)s”, %(when)s. See you there!")
_APPROVED_QUEUE = _l("The leader has said yes to “%(title)s”, %(when)s. It is full; you wait and move up by yourself.")
_DECLINED = _l("The leader could not give you a place in “%(title)s”, %(when)s. Thank you for asking.")
SIGNED_UP = _l("The leader has signed you up for “%(title)s”, %(when)s. If you can't come, just withdraw.")
QUEUED = _l("The leader has put you in the queue for “%(title)s”, %(when)s. You move up by yourself.")
LEAVE_GRANTED = _l("The leader has granted your leave from “%(title)s”, %(when)s.")
EXCUSED = _l("The leader knows that you could not come to “%(title)s”, %(when)s. It does not count against you.")
NO_SHOW = _l("“%(title)s”, %(when)s, counts as a no-show. If that is not right, ask for another look in your records.")
NO_SHOW_STAYS = _l("The leader has looked at “%(title)s”, %(when)s, again. The answer stands in your records.")
RECORD_IS_NEWS_FOR = timedelta(days=30)
ANSWERS = {Status.CONFIRMED: _APPROVED, Status.WAITING: _APPROVED_QUEUE, Status.DECLINED: _DECLINED}
"""What a leader's answer to a request has made of it."""


def moved_up(signups: Sequence[Signup], now: datetime) -> None:
    """Who waited in one queue has a place now, or is offered one for a while."""
    until = signups[0].offer_until if signups else None
    if until:
        tell(signups, _OFFERED, now, Topic.CHANCE, until)
    else:
        tell(signups, _MOVED_UP, now)


def became_free(waiting: Sequence[Signup], now: datetime) -> None:
    """A place is whose comes first of those who wait in one queue. Several at one moment are told of once."""
    keys = {one.person_id: f"free {one.id} {now.isoformat()}" for one in waiting if one.person_id}
    if keys:
        _tell(waiting[0].shift_id, keys, Topic.CHANCE, _FREE, now)


def chance_taken(person_id: int | None, occurrence_id: int, now: datetime) -> None:
    """Somebody has the place: that there was one to take is news to them no more."""
    notices.take_back_of(person_id, occurrence_id, Topic.CHANCE, now)


def asked(question: StandIn, shift_id: int, now: datetime) -> None:
    """Somebody is asked to stand in."""
    key = {question.asked_id: f"stand-in {question.id}"}
    _tell(shift_id, key, Topic.STAND_IN, _ASKED, now, question.until)


def asked_no_longer(question_ids: Sequence[int], now: datetime) -> None:
    """The question has ended before it was answered."""
    notices.take_back([f"stand-in {one}" for one in question_ids], now)


def not_stood_in(signup: Signup, now: datetime) -> None:
    """Nobody stands in for this sign-up any more: "You need not come" holds no longer."""
    notices.take_back([f"sign-up {signup.id}.{signup.sequence - 1}"], now)


def judged(signup: Signup, sentence: Any, key: str, now: datetime) -> None:
    """A leader has judged an absence or a leave, or has looked at it again. key: of this judgement."""
    if signup.person_id:
        _tell(signup.shift_id, {signup.person_id: key}, Topic.RECORD, sentence, now, now + RECORD_IS_NEWS_FOR)


def tell(
    signups: Sequence[Signup],
    sentence: Any,
    now: datetime,
    kind: Topic = Topic.PLACE,
    until: datetime | None = None,
    **values: str,
) -> None:
    """Tell everyone once of the state their sign-ups for one position have come to; reserved places have no ears.

    values: what the sentence says beside the title, the time and the deadline.
    """
    keys = {one.person_id: f"sign-up {one.id}.{one.sequence}" for one in signups if one.person_id}
    if keys:
        _tell(signups[0].shift_id, keys, kind, sentence, now, until, **values)


def _tell(
    shift_id: int,
    keys: Mapping[int, str],
    kind: Topic,
    sentence: Any,
    now: datetime,
    until: datetime | None = None,
    **values: str,
) -> None:
    """Tell people a sentence about a position, each under their key.

    It is news until the deadline; a chance without one until the start, all else until the end.
    """
    readers = (
        select(Person.id, Person.locale, Team.id, Team.zone, Occurrence.id, Occurrence.title)
        .add_columns(Shift.starts_at, Shift.ends_at)
        .select_from(Shift)
        .join(Shift.occurrence)
        .join(Team, Team.id == Shift.team_id)
        .join(Person, Person.id.in_(keys))
        .where(Shift.id == shift_id, notices.REACHABLE)
        .order_by(Person.id)
    )
    said: dict[str | None, str] = {}
    news = []
    for person_id, locale, team_id, zone, occurrence_id, title, starts_at, ends_at in db.session.execute(readers):
        if locale not in said:
            with speaking(locale, zone):
                values |= {"title": title, "when": _when(starts_at), "until": _when(until or starts_at)}
                said[locale] = str(sentence) % values
        over = until or (starts_at if kind is Topic.CHANCE else ends_at)
        news.append(News(team_id, person_id, keys[person_id], kind, said[locale], occurrence_id, over))
    notices.tell(news, now)


def _when(moment: datetime) -> str:
    """周五 11月27日 15:00, to whoever is spoken to."""
    return f"{day(moment)} {at(moment)}"
