"""A change of an activity taken back, whole: its dates, places, states and queues. SEQUENCE and the trail go on.

What somebody has changed since stays as they made it, and so does what has begun; both are named.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, select

from ..accounts.models import Person
from ..activities import dates
from ..activities.models import Activity, Occurrence, Shift, ShiftPlan
from ..activities.states import ActivityState, OccurrenceState
from ..actor import Actor
from ..errors import Refused
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event
from ..notices.models import Notice, Topic
from ..signups import hurdles, stand_ins, tickets
from ..signups.models import GROUND, Signup, StandIn
from ..signups.states import HELD, Asked, Status
from ..storage import inverse
from ..storage.database import Base, db
from ..storage.inverse import value_of
from ..web.formats import day
from ..web.pages import gettext
from . import edits, hearers, impact, moves
from .changes import Change, Existing, What
from .impact import WORDS, Impact
from .models import Edit
from .news import SAME_BREATH

MODELS: tuple[type[Base], ...] = (Activity, ShiftPlan, Occurrence, Shift, Signup, StandIn)
SILENT = {"planned_until", "seen_at", "checked_in"}
"""Changes of these change nothing of what was edited."""
DATE = (*WORDS, "starts_at", "ends_at", "state", "reason", "tentative", "fixed")
SHIFT = ("name", "minimum", "needs_approval", "capacity")


@dataclass(frozen=True)
class Back:
    """The way back from an edit. rows: what it touched, as it is now, locked. left: what cannot be as it was."""

    edit: Edit
    rows: inverse.Rows
    impact: Impact
    left: list[str]
    changed_since: bool

    def pairs(self, model: type[Base]) -> Iterable[tuple[int, Any, Any]]:
        """What it made of the rows of a table: which, before, after."""
        return [(int(n), *pair) for n, pair in self.edit.undo[model.__tablename__].items()]

    def is_intact(self, model: type[Base], n: int, names: Iterable[str]) -> bool:
        """Is a row, in these columns, still as the edit left it?"""
        return _is_intact(self.edit, self.rows, model, n, names)


def preview(actor: Actor, edit_id: int, now: datetime) -> Back:
    """What taking an edit back would come to. Locks who was taken off, its activities and its dates.

    Refused once it has been taken back, and after a day.
    """
    edit = edits.get_for(actor, edit_id)
    db.session.refresh(edit, with_for_update={"key_share": True})
    if not edit.is_open(now):
        raise Refused("This change cannot be taken back any more. Change the activity again instead.")
    released = [int(n) for n, (was, _) in edit.undo["signup"].items() if was and "status" in was]
    theirs = select(Person.id).join(Signup, Signup.person_id == Person.id).where(Signup.id.in_(released))
    for person_id in db.session.scalars(theirs.order_by(Person.id)).all():
        tickets.lock_person(person_id)
    for n in sorted(map(int, edit.undo["activity"])):
        dates.lock(n)
    touched, born = [int(n) for n in edit.undo["occurrence"]], _born(edit)
    tickets.lock_dates(Occurrence.id.in_(touched) | (Occurrence.activity_id.in_(born) & (Occurrence.starts_at > now)))
    its = {model: model.__table__.c.id.in_([int(n) for n in edit.undo[model.__tablename__]]) for model in MODELS}
    rows = inverse.look(its)
    changes, left = _changes(edit, rows, born, now)
    people = hearers.list_people([one.existing.id for one in changes])
    heard = [one.existing.id for one in changes if one.what is not What.KEPT or _is_elsewhere(edit, one)]
    told = hearers.count(actor, heard) if heard else 0
    what = Impact(changes, people, {}, clashes=hearers.list_clashes(changes, people), told=told)
    since = any(not _is_intact(edit, rows, one, int(n), ()) for one in MODELS for n in edit.undo[one.__tablename__])
    return Back(edit, rows, what, left, since)


def _born(edit: Edit) -> list[int]:
    """The series that came to be by it."""
    return [int(n) for n, (was, _) in edit.undo["activity"].items() if was is None]


def _is_elsewhere(edit: Edit, change: Change) -> bool:
    was = edit.undo["occurrence"].get(str(change.existing.id), [None])[0]
    return "place" in (was or {})


def _is_intact(edit: Edit, rows: inverse.Rows, model: type[Base], n: int, names: Iterable[str]) -> bool:
    after, row = edit.undo[model.__tablename__][str(n)][1], rows[model.__tablename__].get(str(n))
    if after is None or row is None:
        return after is row
    asked = set(names) or after.keys() - SILENT
    return all(row[name] == value for name, value in after.items() if name in asked)


def _changes(edit: Edit, rows: inverse.Rows, born: list[int], now: datetime) -> tuple[list[Change], list[str]]:
    """What becomes of each date, and the days of those that stay as they are now."""
    ids = [int(n) for n in edit.undo["occurrence"]]
    of_heir = Occurrence.activity_id.in_(born) & (Occurrence.starts_at > now)
    found = moves.existing_of(Occurrence.id.in_(ids) | of_heir)
    changes, left = [], []
    for one in sorted((one for its in found.values() for one in its), key=lambda one: one.span):
        was, _ = edit.undo["occurrence"].get(str(one.id), (None, {}))
        came = was is None
        if came and one.state is OccurrenceState.PUBLISHED and one.span[0] > now:
            changes.append(impact.call_off(one, str(gettext("It was planned by mistake."))))
        elif not came and set(DATE) & was.keys():
            change = _as_it_was(one, was)
            begun = one.span[0] <= now or (change.span is not None and change.span[0] <= now)
            if begun or not _is_intact(edit, rows, Occurrence, one.id, DATE):
                left.append(day(one.span[0]))
            else:
                changes.append(change)
        elif not came:
            changes.append(impact.stay(one))
    return changes, left


def _as_it_was(one: Existing, was: dict[str, Any]) -> Change:
    said = {name: value_of(Occurrence, name, told) for name, told in was.items()}
    span = said.get("starts_at", one.span[0]), said.get("ends_at", one.span[1])
    takes_place = said.get("state", one.state) is OccurrenceState.PUBLISHED
    marks = said.get("tentative", one.tentative), said.get("fixed", one.fixed)
    rule_date, to = said.get("rule_date", one.rule_date), span if takes_place else None
    return Change(one, rule_date, to, was.get("reason", ""), *marks)


def undo(actor: Actor, back: Back, now: datetime) -> list[str]:
    """Take an edit back, its locks held. Returns the days that stay and the people who could not get back theirs."""
    changes = {one.existing.id: one for one in back.impact.changes}
    was_at = _restore_dates(back, changes, now)
    shifts = _restore_shifts(back)
    heard, lost = _restore_signups(back, now)
    db.session.flush()
    effects = moves.carry_out(actor, list(changes.values()), now, was_at)
    _restore_times(back, shifts, changes)
    effects += sum((tickets.news_of(event, [signup]) for event, signup in heard), NO_EFFECTS)
    offers = deeds.heard_of(Topic.CHANCE, *changes)
    effects += Effects(over=[offers], unsaid=[and_(offers, Notice.at > now - SAME_BREATH)])
    for n, was, _ in back.pairs(Activity):
        activity = db.session.get_one(Activity, n)
        activity.version += 1
        if was is None:
            activity.state, activity.planned_until = ActivityState.ARCHIVED, None
        elif back.is_intact(Activity, n, was.keys() - {"version", *SILENT}):
            _write(activity, was, was.keys() - {"version"})
            db.session.flush()
            dates.make(activity, now)
    back.edit.undone_at = now
    effects += _ask_again(back, now, actor.zone)
    effects += tickets.follow_dates(list(changes), now, actor.zone) + Effects(teams=[actor.team_id])
    deeds.close(actor, "undo edit", f"edit {back.edit.id}", now, effects, changes=moves.trail_of(back.impact.changes))
    return [*back.left, *lost]


def _write(row: Any, told: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        setattr(row, name, value_of(type(row), name, told[name]))


def _restore_dates(back: Back, changes: dict[int, Change], now: datetime) -> dict[int, str]:
    """Let dates belong where they did and say what they did. Returns where those were that are elsewhere again."""
    was_at, days = {}, {}
    rows = db.session.scalars(select(Occurrence).where(Occurrence.id.in_([n for n, *_ in back.pairs(Occurrence)])))
    row_of = {row.id: row for row in rows}
    for n, was, _ in back.pairs(Occurrence):
        row = row_of.get(n)
        if not row or not was:
            continue
        if back.is_intact(Occurrence, n, ("activity_id", "rule_date")):
            _write(row, was, was.keys() & {"activity_id"})
            days[row] = value_of(Occurrence, "rule_date", was.get("rule_date", row.rule_date.isoformat()))
        if n in changes and (words := was.keys() & set(WORDS)):
            if "place" in words:
                was_at[n] = row.place
            _write(row, was, words)
            row.changed_at = now
            if changes[n].what is What.KEPT and words & {"title", "place"}:
                row.sequence += 1
    dates.rename(days)
    return was_at


def _restore_shifts(back: Back) -> dict[int, Shift]:
    """Let positions be as they were, those that came be gone unless somebody is on them."""
    for model in (ShiftPlan, Shift):
        for n, was, after in back.pairs(model):
            if after is None and str(n) not in back.rows[model.__tablename__]:
                db.session.add(model(**{name: value_of(model, name, told) for name, told in was.items()}))
        db.session.flush()
    its = select(Shift).where(Shift.id.in_([n for n, *_ in back.pairs(Shift)]))
    found = {one.id: one for one in db.session.scalars(its.execution_options(populate_existing=True))}
    for n, was, after in back.pairs(Shift):
        if not was or not after or n not in found:
            continue
        _write(found[n], was, was.keys() & {"plan_id"} if back.is_intact(Shift, n, ("plan_id",)) else ())
        if was.keys() & set(SHIFT) and back.is_intact(Shift, n, SHIFT):
            _write(found[n], was, was.keys() & set(SHIFT))
            found[n].extra = max(0, found[n].taken - found[n].capacity)
            found[n].version += 1
    db.session.flush()
    _take_out_new(back)
    for n, was, after in back.pairs(ShiftPlan):
        if was and after and back.is_intact(ShiftPlan, n, was.keys()):
            _write(db.session.get_one(ShiftPlan, n), was, was.keys())
    return found


def _take_out_new(back: Back) -> None:
    born, held = _born(back.edit), select(Signup.shift_id)
    plans = [n for n, was, after in back.pairs(ShiftPlan) if was is None and after["activity_id"] not in born]
    db.session.execute(delete(Shift).where(Shift.plan_id.in_(plans), Shift.id.not_in(held)))
    db.session.execute(delete(ShiftPlan).where(ShiftPlan.id.in_(plans), ShiftPlan.id.not_in(select(Shift.plan_id))))


def _restore_times(back: Back, shifts: dict[int, Shift], changes: dict[int, Change]) -> None:
    """Let the positions of dates that are back begin and end exactly as they did."""
    db.session.flush()
    for n, was, after in back.pairs(Shift):
        if was and after and n in shifts and shifts[n].occurrence_id in changes:
            _write(shifts[n], was, was.keys() & {"starts_at", "ends_at"})


def _restore_signups(back: Back, now: datetime) -> tuple[list[tuple[Event, Signup]], list[str]]:
    """Let people stand as they did, in the order they had; who has done something since stays as they are.

    Returns what they are to hear, and who could not get back what they had.
    """
    heard, lost = list[tuple[Event, Signup]](), []
    for n, was, after in back.pairs(Signup):
        untouched = back.is_intact(Signup, n, ("status", "offer_until", "seq"))
        if not was or not after or not (untouched or _has_lapsed(back, n, after)):
            continue
        signup = db.session.get_one(Signup, n)
        if "status" in was:
            to, held = Status(was["status"]), signup.status in HELD
            became = _give_back(signup, to, now, back)
            if became is not to:
                lost.append(db.session.get_one(Person, signup.person_id).name if signup.person_id else signup.label)
            if became and not (held and became is to):  # who keeps a place hears of the date
                heard.append((Event.QUEUED if became is Status.WAITING else Event.SIGNED_UP, signup))
        elif "offer_until" in was and signup.status is Status.OFFERED:
            signup.offer_until = value_of(Signup, "offer_until", was["offer_until"])
        _write(signup, was, was.keys() & {"seq", *(column.key for column in GROUND)})
    return heard, lost


def _ask_again(back: Back, now: datetime, zone: str) -> Effects:
    """Let who was asked to stand in be asked as before; nothing of what was answered since."""
    its = [(n, was) for n, was, _ in back.pairs(StandIn) if was and back.is_intact(StandIn, n, ("state", "until"))]
    for n, was in its:
        _write(db.session.get_one(StandIn, n), was, was.keys() & {"until"})
    db.session.flush()
    return stand_ins.ask_again([n for n, was in its if was.get("state") == Asked.ASKED], now, zone)


def _has_lapsed(back: Back, n: int, after: dict[str, Any]) -> bool:
    """Has nobody answered an offer that the edit made?"""
    now = back.rows[Signup.__tablename__].get(str(n), {})
    return after.get("status") == Status.OFFERED and now.get("status") == Status.LAPSED


def _give_back(signup: Signup, to: Status, now: datetime, back: Back) -> Status | None:
    """What a sign-up becomes that is to stand as it did: it waits where its place is taken. None: it stays ended."""
    ticket = tickets.draw_if_open(signup.shift_id, signup)
    if ticket is None:
        return None
    if signup.status in HELD and to is Status.CONFIRMED:  # the place is the same
        signup.become(to, now)
        return to
    if signup.status in HELD:
        ticket = tickets.take(ticket, -signup.places)
    elif signup.person_id and hurdles.find_clash(signup.person_id, _shift_as_it_was(signup, back)):
        return None
    became: Status = Status.CONFIRMED if to is Status.OFFERED else to
    if became in HELD:
        became = tickets.give(ticket, signup.places)
    signup.become(became, now)
    return became if to is not Status.OFFERED or became is Status.WAITING else to


def _shift_as_it_was(signup: Signup, back: Back) -> Shift:
    shift = db.session.get_one(Shift, signup.shift_id)
    was = back.edit.undo["shift"].get(str(shift.id), [None])[0] or {}
    times = {name: value_of(Shift, name, was[name]) for name in ("starts_at", "ends_at") if name in was}
    with db.session.no_autoflush:
        return Shift(id=shift.id, **{"starts_at": shift.starts_at, "ends_at": shift.ends_at} | times)
