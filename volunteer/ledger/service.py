"""Who may still say who was there, of which date; time typed in afterwards, which stands apart; a person's own yes."""

from datetime import date, datetime, time

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from .. import clock
from ..accounts.models import Person
from ..activities import dates
from ..activities.models import Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused, short_line
from ..notices import deeds
from ..papers.tables.listings import Listing, ListRow, holding
from ..signups.models import Signup
from ..signups.states import Status
from ..web.formats import hours
from ..web.pages import gettext
from . import balances, book, rules
from .book import NewLine
from .models import Balance, Entry
from .records import select_to_affirm
from .states import EntryKind, Evidence


def refuse_own(actor: Actor, person_id: int | None) -> None:
    """Refused for what is the actor's own."""
    if not rules.may_decide_about(actor, person_id):
        raise Refused("Nobody decides about their own attendance. Please ask another leader or an administrator.")


def too_late(actor: Actor, occurrence: Occurrence, now: datetime) -> Refused | None:
    """What speaks against marking a date that ended long ago, if anything does for this actor."""
    if rules.may_mark_at_any_time(actor) or now < occurrence.ends_at:
        return None
    days = dates.working_days(actor.team_id)
    if rules.may_mark(actor, occurrence.ends_at, now, days):
        return None
    return Refused(
        "This date ended more than %(n)d working days ago. Since %(day)s only an administrator marks who was there.",
        n=rules.LEADERS_MARK_FOR,
        day=rules.last_day_for_leaders(occurrence.ends_at, actor.zone, days) + clock.DAY,
    )


def due(actor: Actor, ended_at: datetime, now: datetime) -> tuple[date, int]:
    """The last day for completing the record of a date, and the working days left after today; -1: it is overdue."""
    days = dates.working_days(actor.team_id)
    left = rules.days_left(ended_at, now, actor.zone, days)
    return rules.last_day_for_leaders(ended_at, actor.zone, days), left


def refuse_late(actor: Actor, occurrence: Occurrence, now: datetime) -> None:
    """Refused to leaders for a date that ended long ago."""
    if objection := too_late(actor, occurrence, now):
        raise objection


def objection_to_confirming(occurrence: Occurrence, now: datetime) -> Refused | None:
    """What speaks against confirming a date: that it has not ended, or does not take place."""
    if occurrence.state is not OccurrenceState.PUBLISHED:
        return Refused("This date does not take place, so there are no hours to confirm.")
    if now < occurrence.ends_at:
        return Refused("This date has not ended yet. Hours are confirmed from %(when)s on.", when=occurrence.ends_at)
    return None


def refuse_unless_on(occurrence: Occurrence, shift: Shift | None = None) -> None:
    """Refused for a date that does not take place, and for a position closed as it ended early."""
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place, so there is no attendance to take.")
    if shift and not shift.open:
        raise Refused("The date ended before this position began, so there is no attendance to take.")


def affirm(actor: Actor, year: int, month: int | None, now: datetime) -> int:
    """Say that the actor's confirmed records of a year, or of one of its months, are right. Returns how many that were.

    Those that were affirmed already stay as they are. Locks the sign-ups.
    """
    signups = {one.id: one for one in book.list_locked(Signup.id.in_(select_to_affirm(actor, year, month)))}
    said = balances.attendance_of(signups)  # as it is now that nobody changes it
    line = NewLine(EntryKind.AFFIRM, evidence=Evidence.PERSON)
    new = {signups[n]: [line] for n, one in said.items() if one.confirmed is not None and not one.affirmed}
    if new:
        book.add(actor, new, now)
        deeds.close(actor, "affirm", f"person {actor.person_id}", now, year=year, month=month, records=len(new))
    return len(new)


def type_in(
    actor: Actor,
    occurrence_id: int,
    signup_id: int | None,
    wall: tuple[time | None, time | None],
    minutes: int | None,
    source: str,
    now: datetime,
) -> None:
    """Write down the time of somebody whom nobody ticked on the day; it counts once a second person confirms it.

    wall: from when to when on the clocks of the team; or else minutes. source: the paper or reason it comes from.
    Missing for who is not on the list. Refused before the date has ended, too late, for the actor's own, for who is
    marked as there, for a time that is none or has not come yet, and without a source. Locks the sign-up.
    """
    if not signup_id:
        raise Refused("Choose one of those listed.", field="signup")
    held = Signup.status == Status.CONFIRMED, Signup.person_id.is_not(None)
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id, *held)
    refuse_own(actor, signup.person_id)
    if objection := objection_to_confirming(signup.shift.occurrence, now):
        raise objection
    refuse_late(actor, signup.shift.occurrence, now)
    if balances.standing(signup_id).present:
        raise Refused("They are marked as there already. Give them other minutes instead.", field="signup")
    begin, end = rules.typed_span((signup.shift.starts_at, signup.shift.ends_at), wall, minutes, actor.zone)
    if end > now:
        raise Refused("That time has not come yet. Give an earlier one.", field="gone")
    why = Refused("Name the paper it comes from, or say why.", field="source")
    line = NewLine(EntryKind.TYPED, begin, end, evidence=Evidence.TYPED, reason=short_line(source, 200, why))
    book.record(actor, signup, line, now)


def list_typed(actor: Actor, words: str) -> Listing:
    """The team's typed-in time, the newest first: whose, when, from which paper, by whom, confirmed by whom.

    What was set to more than planned is typed in, too.
    """
    headings = (gettext("Name"), gettext("Date"), gettext("Activity"), gettext("Hours"), gettext("Paper or reason"))
    found = _TYPED.where(Balance.team_id == actor.team_id).where(
        holding(words, lambda asks: asks(Person.name) | asks(Occurrence.title) | asks(_LINE.reason))
    )
    newest = Balance.planned_start.desc(), Balance.signup_id
    return Listing(
        name="typed-in hours",
        title=str(gettext("Typed-in hours")),
        headings=tuple(map(str, (*headings, gettext("Typed in by"), gettext("Confirmed by")))),
        found=found.with_only_columns(Balance.signup_id.label("id")).order_by(*newest),
        rows=_TYPED.where(Balance.team_id == actor.team_id).order_by(*newest),
        id=Balance.signup_id,
        row=lambda *row: _typed_row(actor.zone, *row),
        words=words,
        has_people=True,
    )


Spans = list[list[int]]


def _typed_row(zone: str, date_id: int, name: str, planned: datetime, title: str, spans: Spans, *who: str) -> ListRow:
    given = hours(sum(end - begin for begin, end in spans) // 60)
    return ListRow(date_id, (name, clock.today(planned, zone), title, given, *(one or "" for one in who)))


_LINE, _CONFIRM, _ANY, _BY, _SECOND = aliased(Entry), aliased(Entry), aliased(Entry), aliased(Person), aliased(Person)
_LAST = select(func.max(_ANY.id)).where(_ANY.signup_id == Balance.signup_id).correlate(Balance)
_WRITTEN = _LAST.where(_ANY.kind.in_((EntryKind.TYPED, EntryKind.SET))).scalar_subquery()
_COUNTED = _LAST.where(_ANY.kind == EntryKind.CONFIRM).scalar_subquery()
_TYPED = (
    select(Balance.occurrence_id, Person.name, Balance.planned_start, Occurrence.title, Balance.spans)
    .add_columns(_LINE.reason, _BY.name, _SECOND.name)
    .select_from(Balance)
    .join(Person, Person.id == Balance.person_id)
    .join(Occurrence, Occurrence.id == Balance.occurrence_id)
    .join(_LINE, _LINE.id == _WRITTEN)
    .join(_BY, _BY.id == Balance.typed_by)
    .outerjoin(_CONFIRM, and_(_CONFIRM.id == _COUNTED, _CONFIRM.id > _LINE.id))
    .outerjoin(_SECOND, _SECOND.id == _CONFIRM.by_id)
    .where(Balance.typed_by.is_not(None))
)
