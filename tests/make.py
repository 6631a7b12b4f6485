"""Makes what a test needs, with defaults for all it does not care about. Everything is committed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from itertools import count

from sqlalchemy import select, update

from tests.moments import SetClock
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.activities import dates
from volunteer.activities import service as activities
from volunteer.activities.kinds import install_kinds
from volunteer.activities.models import Activity, Occurrence, Shift
from volunteer.activities.recurrence import HolidayPolicy, Repeat
from volunteer.activities.rules import Details, PlannedShift, Wanted
from volunteer.activities.states import CheckIn, Visibility
from volunteer.actor import Actor, Role
from volunteer.notices import service as notices
from volunteer.notices.models import Notice, Topic
from volunteer.schedule import cancellations, courses, edits, moves
from volunteer.schedule.impact import Reach, Wish
from volunteer.schedule.models import Edit
from volunteer.signups import jobs, organiser, stand_ins
from volunteer.signups import service as signups
from volunteer.signups.models import Signup
from volunteer.signups.states import Status
from volunteer.stars.service import install_ladder
from volunteer.storage.database import db, write
from volunteer.teams import households
from volunteer.teams import service as teams
from volunteer.teams.models import Household, HouseholdMember, Membership, MembershipState, Team

PASSWORD = "a good password"
_phones = count(13900000001)
_slugs = count(1)


@dataclass
class Someone:
    """A member as tests handle them: the actor for services, phone and password for forms."""

    actor: Actor
    phone: str
    password: str = field(default=PASSWORD)

    @property
    def id(self) -> int:
        return self.actor.person_id


def make_household(team: Team, *people: Someone, name: str = "一号楼1户") -> int:
    """A household of these people; returns its id."""

    def found() -> int:
        household = Household(team_id=team.id, name=name)
        db.session.add(household)
        db.session.flush()
        return household.id

    household_id = write(found)
    for someone in people:
        move_in(someone, household_id)
    return household_id


def move_in(someone: Someone, household_id: int) -> None:
    """Let somebody live in a household from today."""

    def enter() -> None:
        team_id, today = someone.actor.team_id, clock.now().date()
        member = HouseholdMember(team_id=team_id, household_id=household_id, person_id=someone.id, since=today)
        db.session.add(member)
        households.touch([household_id], clock.now())

    write(enter)


def move_out(someone: Someone) -> None:
    """Let somebody live nowhere from today."""

    def leave() -> None:
        households.touch_homes_of(someone.id, clock.now())
        homes = update(HouseholdMember).where(HouseholdMember.person_id == someone.id, HouseholdMember.until.is_(None))
        db.session.execute(homes.values(until=clock.now().date()))

    write(leave)


@cache
def password_hash() -> str:
    return accounts.hashed(PASSWORD)


def make_team(slug: str | None = None, name: str = "清风志愿", now: datetime | None = None) -> Team:
    """A team with kinds and ladder."""
    now = now or clock.now()

    def found() -> Team:
        team = teams.create_team(slug or f"team-{next(_slugs)}", name, now)
        install_kinds(team.id)
        install_ladder(team.id, date(2000, 1, 1))
        return team

    return write(found)


def make_member(
    team: Team,
    name: str = "Alice",
    role: Role = Role.VOLUNTEER,
    *,
    phone: str | None = None,
    state: MembershipState = MembershipState.ACTIVE,
    locale: str | None = "en",
) -> Someone:
    """A member who has logged in once (or only stands on the roster: state INVITED)."""
    phone = phone or str(next(_phones))
    invited = state is MembershipState.INVITED

    def take_in() -> Actor:
        now = clock.now()
        person = accounts.create_person(name, phone, None if invited else password_hash(), now)
        person.locale = locale
        teams.add_member(team.id, person.id, role, state, now)
        return Actor(0, person.id, name, locale, team.id, team.name, team.zone, role)

    return Someone(write(take_in), phone)


def make_leader(team: Team, name: str = "Lea") -> Someone:
    return make_member(team, name, Role.LEADER)


def make_administrator(team: Team, name: str = "Ada") -> Someone:
    return make_member(team, name, Role.ADMINISTRATOR)


def wanted(
    actor: Actor,
    *,
    title: str = "Friday cleanup",
    place: str = "Main street",
    kind: str = "friday_cleanup",
    day: date | None = None,
    in_days: int = 3,
    start: time = time(9),
    end: time = time(10, 30),
    capacity: int = 15,
    shifts: Sequence[PlannedShift] = (),
    repeat: Repeat = Repeat.NONE,
    until: date | None = None,
    holidays: HolidayPolicy = HolidayPolicy.SKIP,
    public: bool = False,
    bring: str = "",
    meeting: str = "",
    responsible_id: int | None = None,
    check_in: CheckIn = CheckIn.ROLLING,
    by_draw: bool = False,
    deadline_before: int = 0,
) -> Wanted:
    """An activity as a leader would type it; on the day three days from now unless told."""
    found = activities.find_kind(actor, kind)
    assert found, f"no kind {kind}"
    return Wanted(
        kind_id=found.id,
        details=Details(
            title,
            "",
            place,
            meeting,
            bring,
            "",
            "",
            actor.name,
            responsible_id,
            deadline_before=deadline_before,
            check_in=check_in,
        ),
        by_draw=by_draw,
        visibility=Visibility.PUBLIC if public else Visibility.TEAM,
        first_day=day or clock.today(clock.now(), actor.zone) + timedelta(days=in_days),
        wall_start=start,
        wall_end=end,
        arrive_before=10,
        repeat=repeat,
        until=until,
        holidays=holidays,
        shifts=tuple(shifts) or (PlannedShift("", start, end, capacity),),
    )


def make_draft(leader: Someone, **wishes: object) -> Activity:
    """A draft; see `wanted` for what can be wished."""
    return write(lambda: activities.draft(leader.actor, wanted(leader.actor, **wishes), clock.now()))


def make_activity(leader: Someone, **wishes: object) -> Activity:
    """A published activity; see `wanted` for what can be wished."""
    draft = make_draft(leader, **wishes)
    return write(lambda: activities.publish(leader.actor, draft.id, clock.now()))


def make_date(leader: Someone, **wishes: object) -> Occurrence:
    """A published activity with one date; returns the date."""
    activity = make_activity(leader, **wishes)
    return db.session.scalars(select(Occurrence).where(Occurrence.activity_id == activity.id)).one()


def shifts_of(occurrence: Occurrence) -> list[Shift]:
    """The date's shifts as they are now."""
    db.session.rollback()
    found = select(Shift).where(Shift.occurrence_id == occurrence.id).order_by(Shift.id)
    return list(db.session.scalars(found))


def sign_up(someone: Someone, occurrence: Occurrence, shift: Shift | None = None) -> Signup:
    """Sign up through the service."""
    occurrence_id, shift_id = occurrence.id, shift.id if shift else None
    return write(lambda: signups.sign_up(someone.actor, occurrence_id, shift_id, clock.now())).signup


def reserve(leader: Someone, occurrence: Occurrence, label: str, places: int = 1) -> Signup:
    """Keep places for people without names, through the service."""
    occurrence_id = occurrence.id
    return write(lambda: organiser.reserve(leader.actor, occurrence_id, None, label, places, clock.now()))


def withdraw(someone: Someone, occurrence: Occurrence) -> None:
    """Withdraw through the service."""
    occurrence_id = occurrence.id
    write(lambda: signups.withdraw(someone.actor, occurrence_id, clock.now()))


def signup_of(someone: Someone, occurrence: Occurrence | None = None) -> Signup:
    """Somebody's sign-up as it is now: for this date, or the only one there is."""
    occurrence_id = occurrence and occurrence.id
    db.session.rollback()
    db.session.expire_all()
    theirs = select(Signup).where(Signup.person_id == someone.id)
    if occurrence_id:
        theirs = theirs.join(Shift, Shift.id == Signup.shift_id).where(Shift.occurrence_id == occurrence_id)
    return db.session.scalars(theirs).one()


def status(someone: Someone) -> Status:
    """How somebody's only sign-up stands now."""
    return signup_of(someone).status


def cancel(leader: Someone, occurrence: Occurrence, reason: str = "strong wind") -> None:
    """Cancel a date through the service."""
    occurrence_id = occurrence.id
    write(lambda: cancellations.cancel_date(leader.actor, occurrence_id, reason, clock.now()))


def take_off(leader: Someone, someone: Someone, occurrence: Occurrence) -> None:
    """Take somebody off the list, through the service."""
    occurrence_id, signup_id = occurrence.id, signup_of(someone, occurrence).id
    write(lambda: organiser.take_off(leader.actor, occurrence_id, signup_id, clock.now()))


def only_these(team: Team, *people: Someone) -> None:
    """Let nobody else of the team be asked."""
    others = update(Membership).where(Membership.person_id.not_in([one.id for one in people]))
    write(lambda: db.session.execute(others.values(state=MembershipState.INVITED)))


def make_notice(
    someone: Someone, body: str, until: datetime, leads_to: int | None = None, kind: Topic = Topic.PLACE
) -> None:
    """Something somebody was told just now."""
    key = f"{someone.id} {until.isoformat()} {body}"[:80]
    told = {"team_id": someone.actor.team_id, "person_id": someone.id, "at": clock.now(), "dedupe_key": key}
    news = Notice(kind=kind, event=kind.value, body=body, occurrence_id=leads_to, expires_at=until, **told)
    write(lambda: db.session.add(news))


def told(someone: Someone) -> list[str]:
    """What somebody was told, in order."""
    db.session.rollback()
    db.session.expire_all()
    return [notice.body for notice in reversed(notices.list_for(someone.actor, clock.now()))]


def tick(at: SetClock, moment: datetime) -> None:
    """Make it that moment, and let the worker do what is due about places; nothing is wrong with them then."""
    at(moment)
    for work in (jobs.tick, stand_ins.tick):
        write(partial(work, moment))
    assert jobs.check(moment) == []


def move_date(actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime) -> None:
    """Move one date through the service, in the caller's transaction."""
    moves.make(actor, moves.preview_date(actor, occurrence_id, day, start, end, now), now)


def move_following(actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime) -> None:
    """Move a date and all that follow through the service, in the caller's transaction."""
    moves.make(actor, moves.preview_following(actor, occurrence_id, day, start, end, now), now)


def describe(actor: Actor, activity_id: int, details: Details, now: datetime) -> Edit:
    """Let an activity say something else of itself, through the service, in the caller's transaction."""
    activity = db.session.get_one(Activity, activity_id)
    ids = tuple(one.id for one in dates.list_shift_plans(activity))
    date = dates.find_of(activity, None)
    said = replace(dates.wanted_of(activity, date), details=details)
    wish = Wish(Reach.ALL, None, said, ids, dates.version_of(activity, date))
    return edits.save(actor, courses.preview(actor, activity_id, wish, now), now)
