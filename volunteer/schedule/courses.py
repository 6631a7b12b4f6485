"""What an edit of an activity would come to: of one date, of it and all that follow, or of all to come.

A date that stays keeps its row, and its name in calendars. What a date says for itself, such as a place of its own, it
keeps when the series changes. What has begun is never touched.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select

from .. import clock
from ..activities import dates
from ..activities.models import Activity, Occurrence, Shift
from ..activities.recurrence import Repeat, Rule, plan, rule_dates
from ..activities.rules import HORIZON, PlannedShift, Wanted, moments
from ..activities.service import get_activity_for, refuse_stale, with_leader
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused
from ..signups.models import Signup
from ..signups.tickets import lock_dates, lock_person
from ..storage.database import db
from ..web.pages import gettext
from . import hearers, impact, moves
from .changes import Change, Existing, What, compare
from .impact import FROZEN, RULE, TIMES, WORDS, Impact, Reach, Wish
from .moves import Split


@dataclass(frozen=True)
class Course:
    """What becomes of the dates. rule: what the series follows then, or the new one it is split into.

    handed: what the new one gets of the dates. added: days on which dates will be made.
    """

    changes: list[Change]
    rule: Rule | None = None
    split: Split | None = None
    handed: tuple[Change, ...] = ()
    added: tuple[date, ...] = ()


@dataclass(frozen=True)
class Aim:
    """What is said anew of a series, for which dates; chosen: the one it was shown for. splits, by: see `_course`."""

    series: Activity
    reach: Reach
    chosen: Occurrence | None
    shown: Wanted
    said: Mapping[str, Any]
    wish: Wish
    now: datetime
    splits: bool = False
    by: timedelta = timedelta(0)

    def says(self, *names: str) -> bool:
        """Is any of these said anew?"""
        return not self.said.keys().isdisjoint(names)


@dataclass(frozen=True)
class Draft:
    """An edit thought through: what the activity was shown as, what is said anew of it, for which dates.

    date: the one chosen, if any. rows: the coming dates, locked, by id.
    """

    series: Activity
    wish: Wish
    reach: Reach
    date: Occurrence | None
    shown: Wanted
    plan_ids: tuple[int, ...]
    said: dict[str, Any]
    rows: Mapping[int, Occurrence]
    targets: tuple[int, ...]
    course: Course
    impact: Impact

    @property
    def positions(self) -> tuple[dict[int, PlannedShift], dict[int, PlannedShift]]:
        """The positions by their plans, as they were shown and as they are wanted; none when they stay."""
        if "shifts" not in self.said:
            return {}, {}
        wanted = zip(self.wish.plan_ids, self.wish.wanted.shifts, strict=True)
        return dict(zip(self.plan_ids, self.shown.shifts, strict=True)), {n: one for n, one in wanted if n}

    def takes(self, row: Occurrence, name: str) -> bool:
        """Does a date say this anew? One that says something of its own keeps it, unless it was chosen."""
        of_series = getattr(row, name) == getattr(self.series, name)
        return name in self.said and (of_series or (self.date is not None and row.id == self.date.id))


def preview(actor: Actor, activity_id: int, wish: Wish, now: datetime) -> Draft:
    """What an edit would come to. Locks who may be taken off, the activity and its coming dates.

    Refused when somebody else changed the activity since the version in the wish was read, for a date that has begun,
    for a rule without sense, and for what one date cannot have for itself.
    """
    theirs = select(Signup.person_id).where(Signup.id.in_(wish.release)).order_by(Signup.person_id)
    for person_id in db.session.scalars(theirs).all() if wish.release else ():
        lock_person(person_id or 0)
    series = dates.lock(get_activity_for(actor, activity_id).id)
    chosen = dates.find_of(series, wish.occurrence_id)
    shown, reach = dates.wanted_of(series, chosen), wish.reach
    said = _said(actor, series, shown, wish)
    if series.repeat is Repeat.NONE and "repeat" not in said:
        reach = Reach.THIS
    rows = {one.id: one for one in lock_dates(Occurrence.activity_id == series.id, Occurrence.starts_at > now)}
    refuse_stale(dates.version_of(series, chosen), wish.version)
    coming = moves.existing_of(Occurrence.id.in_(rows))[series.id]
    reach = _judged(series, reach, chosen, said, now)
    course, targets = _course(actor, Aim(series, reach, chosen, shown, said, wish, now), coming)
    course = replace(course, changes=_cancelled(course.changes, coming, wish))
    plan_ids = tuple(one.id for one in dates.list_shift_plans(series))
    impact_so_far = Impact(course.changes, [])
    draft = Draft(series, wish, reach, chosen, shown, plan_ids, said, rows, targets, course, impact_so_far)
    return replace(draft, impact=_impact(actor, draft))


def _said(actor: Actor, series: Activity, shown: Wanted, wish: Wish) -> dict[str, Any]:
    said = impact.changed(shown, wish.wanted)
    if set(FROZEN) & said.keys():
        raise Refused("Its kind, how people come and how places are given stay as they are. Plan a new activity.")
    wish.wanted.details.refuse_undrawable(series.by_draw)
    if said.get("responsible_id"):
        said["responsible"] = with_leader(actor.team_id, wish.wanted.details).responsible
    if said.get("first_day") == series.first_day and wish.reach is Reach.ALL and series.repeat is not Repeat.NONE:
        said.pop("first_day")  # as the whole series was shown, whichever date was chosen
    if "until" in said and "count" not in said and wish.wanted.until:
        said["count"] = None
    return said


def _judged(series: Activity, reach: Reach, chosen: Occurrence | None, said: Mapping[str, Any], now: datetime) -> Reach:
    """For which dates an edit is, in fact. Refused for dates that have begun, and what one date cannot have alone."""
    if reach is Reach.ALL:
        return reach
    if chosen is None:
        raise Refused("Choose the date first.", field="scope")
    if series.repeat is Repeat.NONE:
        return reach
    if chosen.starts_at <= now:
        raise Refused("This date has begun, and what has begun stays as it was. Choose one to come.", field="scope")
    if reach is Reach.THIS and set(said) - {*WORDS, *TIMES, "shifts"}:
        raise Refused("That goes for the whole series. Choose this date and all that follow, or all.", field="scope")
    ends = said.keys() <= {"until", "count"}
    before = exists().where(Occurrence.activity_id == series.id, Occurrence.rule_date < chosen.rule_date)
    first = reach is Reach.FOLLOWING and not db.session.scalar(select(before))
    return Reach.ALL if first or (reach is Reach.FOLLOWING and ends) else reach


def _course(actor: Actor, aim: Aim, coming: list[Existing]) -> tuple[Course, tuple[int, ...]]:
    series, chosen, wanted = aim.series, aim.chosen, aim.wish.wanted
    if aim.reach is Reach.THIS and chosen:
        targets = [one for one in coming if one.id == chosen.id]
        where = wanted.first_day, wanted.wall_start, wanted.wall_end
        changes = moves.preview_date(actor, chosen.id, *where, aim.now).changes if aim.says(*TIMES) else None
        return Course(changes or [impact.stay(one) for one in targets]), tuple(one.id for one in targets)
    since = chosen.rule_date if aim.reach is Reach.FOLLOWING and chosen else date.min
    targets = [one for one in coming if one.rule_date >= since]
    ids = tuple(one.id for one in targets)
    by = wanted.first_day - aim.shown.first_day if aim.says("first_day") else timedelta(0)
    splits = aim.reach is Reach.FOLLOWING
    if not splits and not aim.says(*TIMES, *RULE):
        return Course([impact.stay(one) for one in targets]), ids
    left = moves.still_to_come(series, since, aim.now)
    if by and left and not splits:  # a day that was taken before can't be another date's in the same series
        taken = Occurrence.activity_id == series.id, Occurrence.rule_date.not_in(left)
        splits = (db.session.scalar(select(func.max(Occurrence.rule_date)).where(*taken)) or date.min) >= left[0] + by
    if (splits or by) and not left:
        raise Refused("Nothing of this series lies ahead. Choose only this date.", field="scope")
    if by and clock.utc(left[0] + by, wanted.wall_start, series.zone) <= aim.now:
        raise Refused("That time has passed. Choose a later one.", field="date")
    course = _along(replace(aim, splits=splits, by=by), left, targets)
    if aim.wish.reach is Reach.FOLLOWING and chosen and aim.says(*TIMES):
        course = replace(course, changes=[_sent(one, chosen, aim) for one in course.changes])
        course = replace(course, handed=tuple(c for c in course.changes if c.existing.rule_date in left))
    return course, ids


def _along(aim: Aim, left: list[date], targets: list[Existing]) -> Course:
    """The dates of a series along a new rule, or at new hours: those that stay, move, fall out and come in."""
    series, splits, now = aim.series, aim.splits, aim.now
    rule = _rule(aim, left)
    start, end = (aim.said.get(name, getattr(series, name)) for name in ("wall_start", "wall_end"))
    days = rule_dates(rule) if splits or aim.by else moves.still_to_come(series, date.min, now, rule)
    known = dates.working_days(series.team_id)
    planned = [one for one in plan(rule, aim.wish.wanted.policy, known) if one.rule_date in set(days)]
    spans = {one.rule_date: (one, moments(one.on or one.rule_date, start, start, end, series.zone)) for one in planned}
    pairs = impact.pair(left, list(spans), shifted=bool(aim.by))
    changes = compare(targets, {old: spans[new] for old, new in pairs.items()}, now)
    fallen = [one for one in targets if one.rule_date in left and one.rule_date not in pairs]
    off = [impact.call_off(one, _why(aim.wish)) for one in fallen if one.state is OccurrenceState.PUBLISHED]
    there_before = {one.rule_date for one in targets}
    stray = [] if splits else [one for one in targets if one.rule_date not in left]
    back = impact.bring_back(stray, spans)
    last = clock.today(now, series.zone) + HORIZON
    new = spans.keys() - set(pairs.values()) - (set() if splits else there_before)
    added = sorted(one.on for day in new for one, when in [spans[day]] if one.on and when[0] > now and day <= last)
    there = {one.existing.id for one in (*changes, *off, *back)}
    rest = [impact.stay(one) for one in targets if one.id not in there]
    if not any(one.on for one in planned) and (left or splits) and not off:
        raise Refused("Every date of it falls on a public holiday. Choose other days, or keep the holidays.")
    split = Split(series, left[0], rule, start, end) if splits else None
    whole = sorted((*changes, *off, *back, *rest), key=lambda one: one.existing.span)
    return Course(whole, rule, split, tuple(changes), tuple(added))


def _rule(aim: Aim, left: list[date]) -> Rule:
    series, wanted, by = aim.series, aim.wish.wanted, aim.by
    ends = {"until": wanted.until, "count": aim.said.get("count", wanted.count)}
    if aim.says("repeat", "every", "dates"):
        known = {*rule_dates(dates.rule_of(series))}
        to_come = (one for one in wanted.dates if one in known or one >= clock.today(aim.now, series.zone))
        first = left[0] + by if left else wanted.first_day
        return Rule(wanted.repeat, first, wanted.every, dates=tuple(to_come), **ends)
    if not (aim.splits or by):
        return replace(dates.rule_of(series), **ends)
    if aim.says("until", "count"):
        return Rule(wanted.repeat, left[0] + by, wanted.every, dates=tuple(one + by for one in left), **ends)
    rule = moves.moved_rule(series, left, by)
    stays = by or rule.repeat is Repeat.BY_HAND or not series.until
    return rule if stays else replace(rule, until=series.until, count=None)


def _sent(one: Change, chosen: Occurrence, aim: Aim) -> Change:
    """The date chosen goes where it is sent, whatever the rule makes of that day, and whoever moved it before."""
    if one.existing.id != chosen.id:
        return one
    if chosen.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place. Restore it first.")
    wanted = aim.wish.wanted
    span = moments(wanted.first_day, wanted.wall_start, wanted.wall_start, wanted.wall_end, aim.series.zone)
    if span[0] <= aim.now:
        raise Refused("That time has passed. Choose a later one.", field="date")
    return replace(one, span=span, holiday="", fixed=span != one.span)


def _cancelled(changes: list[Change], coming: Collection[Existing], wish: Wish) -> list[Change]:
    """With the dates that are ticked called off."""
    known = {one.existing.id for one in changes}
    every = [*changes, *(impact.stay(one) for one in coming if one.id in wish.cancel and one.id not in known)]
    return [
        replace(one, span=None, holiday=_why(wish)) if one.existing.id in wish.cancel and one.span else one
        for one in every
    ]


def _why(wish: Wish) -> str:
    return wish.reason or str(gettext("It is no longer planned."))


def _impact(actor: Actor, draft: Draft) -> Impact:
    changes, rows, said = draft.course.changes, draft.rows, draft.said
    ids = {*draft.targets, *(one.existing.id for one in changes)}
    on = [n for n in ids if rows[n].state is OccurrenceState.PUBLISHED]
    people = hearers.list_people(on)
    off = {one.existing.id for one in changes if one.what is What.CALLED_OFF}
    elsewhere = {n for n in draft.targets if n in on and n not in off and draft.takes(rows[n], "place")}
    hear = elsewhere | {one.existing.id for one in changes if one.what is not What.KEPT}
    was = vars(draft.shown) | vars(draft.shown.details)
    return Impact(
        changes,
        people,
        {name: (was[name], value) for name, value in said.items()},
        draft.course.added,
        hearers.list_clashes(changes, people),
        hearers.count(actor, sorted(hear)) if hear else 0,
        _count_over(draft),
        holidays_of(actor, changes),
    )


def holidays_of(actor: Actor, changes: Collection[Change]) -> tuple[str, ...]:
    """The holidays dates are sent to all the same."""
    spans = [one.span for one in changes if one.what is What.MOVED and one.span]
    days = dates.working_days(actor.team_id)
    return tuple(name for span in spans if (name := days.holiday(clock.local(span[0], actor.zone).date())))


def _count_over(draft: Draft) -> int:
    """How many positions of its dates would have fewer places than are taken."""
    less = {n: one.capacity for n, one in draft.positions[1].items()}
    taken = select(Shift.plan_id, Shift.taken).where(Shift.occurrence_id.in_(draft.targets), Shift.taken > 0)
    return sum(n > less.get(plan_id, n) for plan_id, n in db.session.execute(taken)) if less else 0
