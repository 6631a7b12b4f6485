"""Taking a roster into a team: the whole team is loaded once, so that ten thousand lines take seconds."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from .. import clock
from ..accounts.models import Person
from ..actor import By, Role
from ..errors import Refused
from ..notices import deeds
from ..papers.tables.lines import WrongLine
from ..storage.database import db
from . import households, rules
from .models import Household, HouseholdMember, Membership, MembershipState, Team
from .roster import Roster, RosterLine


def import_roster(
    team: Team, roster: Roster, now: datetime, grantor: Role | None = None
) -> tuple[int, int, list[WrongLine]]:
    """Take the right lines of a roster into a team; importing the same file again changes nothing.

    Returns how many were imported, how many were there already, and the wrong ones.
    A number that somebody outside the team has is a wrong line: a roster claims nobody. A role above the
    grantor's (None: the operator's console) is a wrong line too. A name, a role already held and whatever
    the line leaves empty stay as they are; whoever had left is on the roster again. Newcomers come in by their
    personal links.
    """
    found = select(Person).where(Person.phone.in_([line.phone for line in roster.lines]))
    people = {person.phone: person for person in db.session.scalars(found)}
    on_the_team = select(Membership).where(Membership.team_id == team.id)
    members = {membership.person_id: membership for membership in db.session.scalars(on_the_team)}
    right, wrong = [], list(roster.wrong)
    for line in roster.lines:
        person = people.get(line.phone)
        if not rules.may_grant(grantor, Role(line.role)):
            wrong.append(WrongLine(line.number, Refused("Only an administrator can make somebody a leader.")))
        elif person and person.id not in members:
            why = Refused("This number belongs to somebody outside the team. Send them the invite instead.")
            wrong.append(WrongLine(line.number, why))
        else:
            right.append(line)
    newcomers = [line for line in right if line.phone not in people]
    people |= {line.phone: Person(name=line.name, phone=line.phone, created_at=now) for line in newcomers}
    db.session.add_all(people.values())
    db.session.flush()
    known = [(line, people[line.phone].id) for line in right]
    changed = {line.number for line, person_id in known if _enrol(team, line, person_id, members, now)}
    changed |= _settle(team, [(line, person_id) for line, person_id in known if line.household], now)
    deeds.close(By(team.id), "import roster", "team", now, imported=len(changed))
    db.session.flush()
    return len(changed), len(right) - len(changed), sorted(wrong, key=lambda line: line.number)


def _enrol(team: Team, line: RosterLine, person_id: int, members: Mapping[int, Membership], now: datetime) -> bool:
    """Make a newcomer a member, or bring a membership up to date. Returns whether that changed anything."""
    membership = members.get(person_id)
    if membership is None:
        membership = Membership(team_id=team.id, person_id=person_id, group="", skills="", joined_at=now)
        db.session.add(membership)
    elif membership.state is MembershipState.LEFT:
        households.touch_homes_of(person_id, now, team.id)
    joins = membership.state in (None, MembershipState.LEFT)
    if joins:
        membership.state, membership.role, membership.left_at = MembershipState.INVITED, Role(line.role), None
    told = (line.group or membership.group, line.skills or membership.skills)
    changed = joins or (membership.group, membership.skills) != told
    membership.group, membership.skills = told
    return changed


def _settle(team: Team, lines: Sequence[tuple[RosterLine, int]], now: datetime) -> set[int]:
    """Put people into the household named on their line, from today. Returns the lines' numbers where that is new."""
    there = {home.name: home for home in db.session.scalars(select(Household).where(Household.team_id == team.id))}
    new = {line.household for line, _ in lines} - there.keys()
    there |= {name: Household(team_id=team.id, name=name) for name in sorted(new)}
    db.session.add_all(there.values())
    db.session.flush()
    open_now = select(HouseholdMember).where(HouseholdMember.team_id == team.id, HouseholdMember.until.is_(None))
    lives = {home.person_id: home for home in db.session.scalars(open_now)}
    today = clock.today(now, team.zone)
    settled = {
        line.number: HouseholdMember(team_id=team.id, household_id=home_id, person_id=person_id, since=today)
        for line, person_id in lines
        for home_id in [there[line.household].id]
        if person_id not in lives or lives[person_id].household_id != home_id
    }
    left = [lives[member.person_id] for member in settled.values() if member.person_id in lives]
    for home in left:
        home.until = today
    db.session.flush()  # one open household a person: the old one closes first
    db.session.add_all(settled.values())
    households.touch({home.household_id for home in (*left, *settled.values())}, now)
    return set(settled)
