"""Tables of sign-ups: who holds or waits for a place, who comes along, who was asked to stand in."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..activities.models import Activity, Shift
from ..storage.database import Base, index_where
from .states import IN_DRAW, AgeBand, Asked, Ground, Leave, Source, Status, Why, why_of

FOR_LEADERS = "status IN ('requested', 'offered', 'on_leave')"
"""Of all sign-ups those that leaders look for by the team; said in these words, an index finds them."""


class Signup(Base):
    """A person's sign-up for a shift, one row for ever; without a person a place a leader reserved, under a label."""

    __tablename__ = "signup"
    __table_args__ = (
        UniqueConstraint("shift_id", "person_id"),
        Index(None, "shift_id", "status", "seq"),
        Index(None, "person_id", "status"),
        Index(None, "offer_until"),
        index_where("no_show_at IS NOT NULL", None, "person_id", "no_show_at"),
        index_where(FOR_LEADERS, "ix_signup_for_leaders", "team_id"),
        CheckConstraint("places >= 0", name="places_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    label: Mapped[str] = mapped_column(String(40), default="")
    status: Mapped[Status]
    seq: Mapped[int]
    places: Mapped[int] = mapped_column(default=1)
    """Places it holds or waits for, companions included; a walk-in holds none."""
    source: Mapped[Source] = mapped_column(default=Source.SELF)
    offer_until: Mapped[datetime | None]
    leave_reason: Mapped[Leave | None]
    no_show_at: Mapped[datetime | None]
    """The start of a date that was missed without excuse, as a leader judged it."""
    checked_in: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Has it been said that the person is there? As the ledger says it; then nobody gives the place up any more."""
    meets_at: Mapped[datetime | None]
    """When the person ticked what is asked of those who come."""
    ground: Mapped[Ground | None]
    ground_n: Mapped[int | None]
    ground_of: Mapped[int | None]
    ground_until: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    """When its person last did something about the date, or said that they know what it is now."""
    comes_at: Mapped[datetime | None]
    """By when the person said they come, who is late."""

    shift: Mapped[Shift] = relationship(lazy="raise_on_sql")

    def become(self, status: Status, now: datetime, offer_until: datetime | None = None) -> None:
        """Come to a state; calendars see a new version."""
        self.status, self.offer_until = status, offer_until
        self.changed_at, self.sequence = now, self.sequence + 1

    @property
    def why(self) -> Why | None:
        """By which rule it stands as it does, or did last."""
        return why_of(self.ground, self.ground_n, self.ground_of, self.ground_until)

    @why.setter
    def why(self, why: Why | None) -> None:
        for name, value in columns_of(why).items():
            setattr(self, name, value)

    @property
    def in_draw(self) -> bool:
        """Does it wait for a draw to come?"""
        return self.status is Status.WAITING and self.why == IN_DRAW


GROUND = (Signup.ground, Signup.ground_n, Signup.ground_of, Signup.ground_until)
"""What `why_of` is made of, to be selected."""
TERMS = (Activity.opens_before, Activity.deadline_before, Activity.min_age, Activity.requirements)
"""What `rules.terms` is made of, beside the start of the date."""


def columns_of(why: Why | None) -> dict[str, Any]:
    """As a sign-up stores it."""
    ground, n, of, until = (why.ground, why.n, why.of, why.until) if why else (None, None, None, None)
    return {"ground": ground, "ground_n": n, "ground_of": of, "ground_until": until}


class Companion(Base):
    """Somebody who comes along on a sign-up, without an account: a first name and an age band, no more."""

    __tablename__ = "companion"

    id: Mapped[int] = mapped_column(primary_key=True)
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), index=True)
    first_name: Mapped[str] = mapped_column(String(20))
    age_band: Mapped[AgeBand]
    guardian_tick_at: Mapped[datetime | None]
    """When the guardian agreed; always for children under 14."""
    text_version: Mapped[str] = mapped_column(String(20))
    came: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Were they ticked on the day?"""
    said_at: Mapped[datetime | None]
    """When that was last said."""


class StandIn(Base):
    """Somebody asked to take over a place from a person who can't come; the place stays theirs until then."""

    __tablename__ = "stand_in"
    __table_args__ = (Index(None, "asked_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"), index=True)
    asked_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[Asked]
    asked_at: Mapped[datetime]
    until: Mapped[datetime]

    signup: Mapped[Signup] = relationship(lazy="raise_on_sql")
