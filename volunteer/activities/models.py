"""Tables of what is done and when: kind, activity (a series or a single date), its shifts, its dates."""

import uuid
from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..storage.database import Base, index_where
from .recurrence import HolidayPolicy, Repeat
from .states import ActivityState, CheckIn, OccurrenceState, Visibility


class Kind(Base):
    """A kind of activity as the team calls it; whether its time is volunteer service is decided here."""

    __tablename__ = "kind"
    __table_args__ = (UniqueConstraint("team_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    code: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(40))
    aliases: Mapped[list[str]]
    counts_as_service: Mapped[bool]
    private: Mapped[bool]
    dangerous: Mapped[bool]
    measures: Mapped[list[str]]


class Activity(Base):
    """A single activity or a series: what it is, where, and the rule its dates follow in wall time."""

    __tablename__ = "activity"
    __table_args__ = (Index(None, "team_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("kind.id"))
    state: Mapped[ActivityState] = mapped_column(default=ActivityState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(80))
    content: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(120))
    meeting: Mapped[str] = mapped_column(String(200), default="")
    bring: Mapped[str] = mapped_column(String(200), default="")
    risk: Mapped[str] = mapped_column(String(500), default="")
    protection: Mapped[str] = mapped_column(String(500), default="")
    responsible: Mapped[str] = mapped_column(String(40), default="")
    """The name of whoever leads it, as of when that was written down."""
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The member that is, who can be called; None for somebody else."""
    requirements: Mapped[str] = mapped_column(String(500), default="")
    min_age: Mapped[int | None]
    """From what age on: with it, or with requirements, a sign-up needs a tick."""
    insurance: Mapped[str] = mapped_column(String(200), default="")
    opens_before: Mapped[int | None]
    """Minutes before the start from which people sign up; NULL: from publishing on."""
    deadline_before: Mapped[int] = mapped_column(default=0)
    """Minutes before the start until which they do."""
    by_draw: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Are places drawn by lot when sign-up closes, rather than given to whoever comes first?"""
    voluntary: Mapped[bool] = mapped_column(default=True)
    """Does everybody come freely? Frozen when published: ordered attendance is no volunteering."""
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.TEAM)
    zone: Mapped[str] = mapped_column(String(40))
    first_day: Mapped[date]
    wall_start: Mapped[time]
    wall_end: Mapped[time]
    arrive_before: Mapped[int] = mapped_column(default=0)
    """Minutes before the start by which to be there."""
    check_in: Mapped[CheckIn] = mapped_column(default=CheckIn.ROLLING, server_default=CheckIn.ROLLING)
    repeat: Mapped[Repeat] = mapped_column(default=Repeat.NONE)
    every: Mapped[int] = mapped_column(default=1)
    until: Mapped[date | None]
    count: Mapped[int | None]
    dates: Mapped[list[str] | None]
    """Days of a series by hand, as YYYY-MM-DD."""
    holidays: Mapped[HolidayPolicy] = mapped_column(default=HolidayPolicy.SKIP)
    planned_until: Mapped[date | None]
    """The day up to which dates have been made; NULL before the first and once all are made."""
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    """The series this one carries on, after "this and all following" were changed."""
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]

    kind: Mapped[Kind] = relationship(lazy="raise_on_sql")

    @property
    def counts(self) -> bool:
        """Does its time count as service?"""
        return self.kind.counts_as_service and self.voluntary

    @property
    def uninsured(self) -> bool:
        """Is it dangerous, and nothing said of an insurance?"""
        return self.kind.dangerous and not self.insurance


class CalendarDay(Base):
    """A day the team knows better than the national calendar: a local holiday, or an early notice."""

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("team_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    day: Mapped[date]
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(200))
    """Where this is said: the notice's title or number."""


class ShiftPlan(Base):
    """A shift every date of the activity offers, with its places and its times within the date."""

    __tablename__ = "shift_plan"
    __table_args__ = (CheckConstraint("capacity > 0", name="capacity_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    name: Mapped[str] = mapped_column(String(40), default="")
    wall_start: Mapped[time]
    wall_end: Mapped[time]
    capacity: Mapped[int]
    minimum: Mapped[int] = mapped_column(default=0)
    """With fewer people it is not safe; leaders see it coming."""
    needs_approval: Mapped[bool] = mapped_column(default=False)
    """A sign-up is a request that a leader answers."""


def new_public_id() -> str:
    """The name a date keeps for ever in every calendar."""
    return str(uuid.uuid4())


class Occurrence(Base):
    """One date of an activity. Skipped and cancelled rows stay, or the next planning would bring them back."""

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("activity_id", "rule_date"),
        Index(None, "team_id", "starts_at"),
        index_where("news_at IS NOT NULL", "ix_occurrence_news", "team_id", "news_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    rule_date: Mapped[date]
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_public_id)
    title: Mapped[str] = mapped_column(String(80))
    """The activity's title while the date lies ahead; afterwards the title it had."""
    place: Mapped[str] = mapped_column(String(120))
    meeting: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    bring: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    """Place, meeting point and what to bring: as with the title."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[OccurrenceState]
    reason: Mapped[str] = mapped_column(String(200), default="")
    """Why it is cancelled, or the holiday it is skipped for."""
    counts: Mapped[bool]
    """Does its time count as service? Frozen when published."""
    tentative: Mapped[bool] = mapped_column(default=False)
    """No official holiday notice for that year yet."""
    fixed: Mapped[bool] = mapped_column(default=False)
    """Somebody chose this day or time by hand: planning leaves it alone."""
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    news_at: Mapped[datetime | None]
    """When it last moved, changed its place, was called off or brought back: who is on it must know."""
    news_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    was_starts_at: Mapped[datetime | None]
    """When it was to be before that, if it moved; deeds that follow each other closely are one."""
    was_ends_at: Mapped[datetime | None]
    was_place: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    """Where, if the place changed."""
    check_secret: Mapped[str | None] = mapped_column(String(32))
    """With what its codes are signed; made when the first one is shown."""
    digits_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Has a leader opened the six digits, which are spoken and soon known to everybody?"""
    lent_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Whoever keeps the list on the day for its leaders."""

    activity: Mapped[Activity] = relationship(lazy="raise_on_sql")


class Shift(Base):
    """A shift of one date, with its places. `taken` is only ever written by whoever drew the ticket."""

    __tablename__ = "shift"
    __table_args__ = (
        UniqueConstraint("occurrence_id", "plan_id"),
        Index(None, "team_id", "starts_at"),
        index_where("seed IS NOT NULL", "ix_shift_by_draw", "starts_at"),
        CheckConstraint("taken >= 0 AND taken <= capacity + extra", name="never_one_too_many"),
        CheckConstraint("capacity > 0", name="capacity_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("shift_plan.id"))
    name: Mapped[str] = mapped_column(String(40))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    extra: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int] = mapped_column(default=0)
    """The last ticket drawn; sign-ups are served in its order."""
    version: Mapped[int] = mapped_column(default=0)
    minimum: Mapped[int] = mapped_column(default=0)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    open: Mapped[bool] = mapped_column(default=True)
    seed: Mapped[str | None] = mapped_column(String(64))
    """What its places are drawn with: a secret until then, and never another one. NULL: first come, first served."""
    undrawn: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Are its places still to be drawn?"""
    drawn: Mapped[list[list[int]] | None]
    """What the draw came to: see `signups.rules.Lot`."""

    occurrence: Mapped[Occurrence] = relationship(lazy="raise_on_sql")
