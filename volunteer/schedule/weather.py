"""Bad weather: a date, or all of a day, called off or sent to another day, in one deed that can be taken back.

Who has a place there is asked first whether they come on the new day: it is kept for them as every offer is, then it
goes on to who waits, in their order, and to all. Where somebody is checked in, the date ends now instead.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby

from sqlalchemy import ColumnElement, and_, exists, false, select

from .. import clock
from ..activities.models import Activity, Occurrence, Shift, ShiftPlan
from ..activities.rules import moments
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused, short_line
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event
from ..notices.models import Topic
from ..signups import places, rules, tickets
from ..signups.models import Signup, StandIn
from ..signups.states import HELD, Ground, Status, Why
from ..storage import inverse
from ..storage.database import Base, db
from . import cancellations, courses, edits, hearers, impact, moves
from .changes import Change, Existing
from .impact import Impact, OnDate
from .models import Edit


@dataclass(frozen=True)
class Storm:
    """What weather makes a leader want: of all of a day, or of one date; to another day, or nowhere."""

    day: date | None
    occurrence_id: int | None
    reason: str
    to: date | None

    @property
    def says_which(self) -> str:
        """The field that says what is meant."""
        return "date" if self.occurrence_id is None else "occurrence"


@dataclass(frozen=True)
class Weather:
    """What becomes of dates, locked. ends: those that end now. asked: who is asked anew, and by when, by date."""

    storm: Storm
    dates: Sequence[Occurrence]
    ends: Sequence[Occurrence]
    asked: Sequence[OnDate]
    until: Mapping[int, datetime]
    impact: Impact

    @property
    def waiting(self) -> list[OnDate]:
        """Who stays in the queue of a date that moves."""
        asked = {who.signup_id for who in self.asked}
        return [who for who in self.impact.people if who.occurrence_id in self.until and who.signup_id not in asked]

    @property
    def seen(self) -> str:
        """A word for exactly this, for these people."""
        said = [self.impact.seen, [one.id for one in self.ends], self.storm.reason, sorted(self.asked)]
        return sha256(repr(said).encode()).hexdigest()[:16]


def list_days(actor: Actor, now: datetime) -> list[tuple[date, list[Occurrence]]]:
    """The dates of the next two weeks that take place and are not over, by day."""
    mine = Occurrence.team_id == actor.team_id, Occurrence.state == OccurrenceState.PUBLISHED
    soon = Occurrence.ends_at > now, Occurrence.starts_at < now + 14 * clock.DAY
    found = db.session.scalars(select(Occurrence).where(*mine, *soon).order_by(Occurrence.starts_at, Occurrence.id))
    return clock.by_day(found, actor.zone)


def preview(actor: Actor, storm: Storm, now: datetime) -> Weather:
    """What would become of the dates. Locks them and their shifts.

    Refused without a reason, where nothing takes place, for a day that is too near or the same, and where somebody is
    checked in before the start. Missing for a date of another team.
    """
    unsaid = Refused("Say why in up to 200 characters; everyone signed up reads it.", field="reason")
    short_line(storm.reason, 200, unsaid)
    dates = tickets.lock_dates(*_which(actor, storm, now))
    if not dates:
        raise Refused("Nothing takes place then that is still to come or under way.", field=storm.says_which)
    ends = _ends(dates, now)
    begun = _ids(ends)
    existing = [one for its in moves.existing_of(Occurrence.id.in_(_ids(dates))).values() for one in its]
    rest = sorted((one for one in existing if one.id not in begun), key=lambda one: (one.span, one.id))
    changes = [_change(actor, one, storm, now) for one in rest]
    until = {one.existing.id: rules.kept_until(one.span[0], now, actor.zone) for one in changes if one.span}
    people = hearers.list_people(_ids(dates))
    asked = _asked(actor, until)
    return Weather(
        storm,
        dates,
        ends,
        [one for one in people if one.signup_id in asked],
        until,
        Impact(
            changes,
            people,
            {},
            (),
            hearers.list_clashes(changes, people),
            hearers.count(actor, _ids(dates)),
            holidays=courses.holidays_of(actor, changes),
        ),
    )


def _ends(dates: Sequence[Occurrence], now: datetime) -> list[Occurrence]:
    """Those on which somebody is checked in. Refused where that is before the start."""
    there = exists().where(Signup.shift_id == Shift.id, Signup.checked_in)
    which = {*db.session.scalars(select(Shift.occurrence_id).where(Shift.occurrence_id.in_(_ids(dates)), there))}
    ends = [one for one in dates if one.id in which]
    for one in ends:
        if one.starts_at >= now.replace(second=0, microsecond=0):
            raise Refused("Somebody is checked in for “%(title)s” already. Undo that on its list.", title=one.title)
    return ends


def _which(actor: Actor, storm: Storm, now: datetime) -> list[ColumnElement[bool]]:
    if storm.occurrence_id is not None:
        its = Occurrence.id == get_occurrence_for(actor, storm.occurrence_id).id
    elif storm.day:
        first, last = clock.day_bounds(storm.day, actor.zone)
        its = and_(Occurrence.starts_at >= first, Occurrence.starts_at < last)
    else:
        raise Refused("Choose a day.", field="date")
    return [
        its,
        Occurrence.team_id == actor.team_id,
        Occurrence.state == OccurrenceState.PUBLISHED,
        Occurrence.ends_at > now,
    ]


def _ids(dates: Collection[Occurrence]) -> list[int]:
    return [one.id for one in dates]


def _change(actor: Actor, one: Existing, storm: Storm, now: datetime) -> Change:
    if storm.to is None:
        return impact.call_off(one, storm.reason)
    start, end = (clock.local(at, actor.zone) for at in one.span)
    if storm.to == start.date():
        raise Refused("It is on that day already. Choose another day, or none.", field="to")
    span = moments(storm.to, start.time(), start.time(), end.time(), actor.zone)
    if span[0] <= now:
        raise Refused("That time has passed. Choose a later one.", field="to")
    if rules.is_near(span[0], now):
        raise Refused("That is too soon to ask who comes. Choose a later day.", field="to")
    return Change(one, one.rule_date, span, "", one.tentative, fixed=True)


def _asked(actor: Actor, moved: Collection[int]) -> dict[int, Signup]:
    """Sign-ups of people, but the actor who knows, that hold a place on dates that move, as they are now."""
    held = Shift.occurrence_id.in_(moved), Signup.status.in_(HELD), Signup.person_id != actor.person_id
    found = select(Signup).join(Signup.shift).where(*held).order_by(Signup.shift_id, Signup.seq)
    return {one.id: one for one in db.session.scalars(found.execution_options(populate_existing=True))}


def save(actor: Actor, weather: Weather, now: datetime) -> Edit:
    """Make what was found in this transaction, whose locks are held; everybody hears of it, and it can be undone."""
    storm, before = weather.storm, inverse.look(_rows(weather))
    effects, at = NO_EFFECTS, now.replace(second=0, microsecond=0)
    for one in weather.ends:
        effects += cancellations.end(actor, one, at, storm.reason, now)
    if weather.impact.changes:
        effects += moves.carry_out(actor, weather.impact.changes, now, reason=storm.reason)
    effects += _ask(actor, weather, now)
    undo = inverse.difference(before, inverse.look(_rows(weather)))
    edit = edits.keep(actor, weather.dates[0].activity_id, undo, weather.impact.told, now)
    said = {"reason": storm.reason, "ended": _ids(weather.ends), "changes": moves.trail_of(weather.impact.changes)}
    deeds.close(actor, "weather", f"occurrence {weather.dates[0].id}", now, effects, **said)
    return edit


def _ask(actor: Actor, weather: Weather, now: datetime) -> Effects:
    """Let places be kept for those who had them, until they answer, on the new day."""
    asked, date_of = _asked(actor, weather.until), {who.signup_id: who.occurrence_id for who in weather.asked}
    effects = Effects(over=[deeds.heard_of(Topic.CHANCE, *weather.until), *places.end_questions(asked, now)])
    for _, its in groupby(asked.values(), key=lambda one: one.shift_id):
        of_shift = list(its)
        until = weather.until[date_of[of_shift[0].id]]
        for signup in of_shift:
            signup.become(Status.OFFERED, now, until)
            signup.why = Why(Ground.MOVED, until=until)
        db.session.flush()
        effects += tickets.news_of(Event.OFFERED, of_shift, until=until)
    return effects


def _rows(weather: Weather) -> Mapping[type[Base], ColumnElement[bool]]:
    """What undo goes back to: of dates that end now only that they did."""
    changed = Shift.occurrence_id.in_([one.existing.id for one in weather.impact.changes])
    theirs = Signup.shift_id.in_(select(Shift.id).where(changed))
    people = {Signup: theirs, StandIn: edits.questions_of(theirs)}
    its = Occurrence.id.in_(_ids(weather.dates))
    return {Activity: false(), ShiftPlan: false(), Occurrence: its, Shift: changed, **people}
