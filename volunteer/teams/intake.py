"""Taking a roster into a team: the whole team is loaded once, so that ten thousand lines take seconds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from .. import audit, clock
from ..accounts.models import Person
from ..actor import Role
from ..database import db
from ..errors import Refused
from . import households, rules
from .models import Household, HouseholdMember, Membership, MembershipState, Team
from .roster import Roster, RosterLine, WrongLine

BATCH = 500
"""Phone numbers asked for at once; every database takes that many values in one query."""


@dataclass(frozen=True)
class Imported:
    """How an import ended; the right lines are in, whatever the wrong ones were."""

    imported: int
    unchanged: int
    wrong: tuple[WrongLine, ...]


@dataclass(frozen=True)
class _Known:
    """What there is already: people by phone, the team's memberships by person, its households by name,
    and where each person lives now."""

    people: dict[str, Person]
    memberships: dict[int, Membership]
    households: dict[str, Household]
    homes: dict[int, HouseholdMember]

    def member(self, phone: str) -> Membership | None:
        """The membership of whoever has this number. Refused for somebody outside the team."""
        person = self.people.get(phone)
        membership = self.memberships.get(person.id) if person else None
        if person and membership is None:
            raise Refused("This number belongs to somebody outside the team. Send them the invite instead.")
        return membership


def import_roster(team: Team, roster: Roster, now: datetime, grantor: Role | None = None) -> Imported:
    """Take the right lines of a roster into a team; importing the same file again changes nothing.

    A number that somebody outside the team has is a wrong line: a roster claims nobody. A role above the
    grantor's (None: the operator's console) is a wrong line too. A name, a role already held and whatever
    the line leaves empty stay as they are; whoever had left is on the roster again.
    """
    known = _load(team, [line.phone for line in roster.lines])
    right, wrong = [], list(roster.wrong)
    for line in roster.lines:
        try:
            _judge(line, known, grantor)
            right.append(line)
        except Refused as why:
            wrong.append(WrongLine(line.number, why))
    changed = _update_members(right, known, now)
    changed |= _take_in(team, [line for line in right if line.phone not in known.people], known, now)
    changed |= _move(team, [line for line in right if line.household], known, now)
    audit.note(now, team_id=team.id, actor_id=None, verb="import roster", object="team", imported=len(changed))
    db.session.flush()
    return Imported(len(changed), len(right) - len(changed), tuple(sorted(wrong, key=lambda line: line.number)))


def _load(team: Team, phones: Sequence[str]) -> _Known:
    batches = (phones[begin : begin + BATCH] for begin in range(0, len(phones), BATCH))
    people = (p for batch in batches for p in db.session.scalars(select(Person).where(Person.phone.in_(batch))))
    memberships = db.session.scalars(select(Membership).where(Membership.team_id == team.id))
    households = db.session.scalars(select(Household).where(Household.team_id == team.id))
    homes = db.session.scalars(
        select(HouseholdMember).where(HouseholdMember.team_id == team.id, HouseholdMember.until.is_(None))
    )
    return _Known(
        {person.phone or "": person for person in people},
        {membership.person_id: membership for membership in memberships},
        {household.name: household for household in households},
        {home.person_id: home for home in homes},
    )


def _judge(line: RosterLine, known: _Known, grantor: Role | None) -> None:
    """Refused when the line cannot be taken in."""
    if not rules.may_grant(grantor, Role(line.role)):
        raise Refused("Only an administrator can make somebody a leader.")
    known.member(line.phone)


def _update_members(lines: Sequence[RosterLine], known: _Known, now: datetime) -> set[int]:
    """Bring known members up to date. Returns the numbers of the lines that changed anything, as do the others."""
    members = list(_members(lines, known))
    back = {membership.person_id for _, membership in members if membership.state is MembershipState.LEFT}
    households.note_change({known.homes[person_id].household_id for person_id in back & known.homes.keys()}, now)
    return {line.number for line, membership in members if _update(membership, line)}


def _members(lines: Sequence[RosterLine], known: _Known) -> Iterator[tuple[RosterLine, Membership]]:
    for line in lines:
        membership = known.member(line.phone)
        if membership:
            yield line, membership


def _update(membership: Membership, line: RosterLine) -> bool:
    back = membership.state is MembershipState.LEFT
    if back:
        membership.state, membership.role, membership.left_at = MembershipState.INVITED, Role(line.role), None
    told = (line.group or membership.group, line.skills or membership.skills)
    changed = (membership.group, membership.skills) != told
    membership.group, membership.skills = told
    return back or changed


def _take_in(team: Team, lines: Sequence[RosterLine], known: _Known, now: datetime) -> set[int]:
    """Make people of newcomers, all at once; they come in by their personal links."""
    for line in lines:
        known.people[line.phone] = Person(name=line.name, phone=line.phone, created_at=now)
    db.session.add_all(known.people[line.phone] for line in lines)
    db.session.flush()
    for line in lines:
        person = known.people[line.phone]
        known.memberships[person.id] = Membership(
            team_id=team.id,
            person_id=person.id,
            role=Role(line.role),
            state=MembershipState.INVITED,
            group=line.group,
            skills=line.skills,
            joined_at=now,
        )
        db.session.add(known.memberships[person.id])
    return {line.number for line in lines}


def _move(team: Team, lines: Sequence[RosterLine], known: _Known, now: datetime) -> set[int]:
    """Put people into the household named on their line, from today."""
    for line in lines:
        if line.household not in known.households:
            known.households[line.household] = Household(team_id=team.id, name=line.household)
            db.session.add(known.households[line.household])
    db.session.flush()
    moving = []
    for line, membership in _members(lines, known):
        home = known.homes.get(membership.person_id)
        if home is None or home.household_id != known.households[line.household].id:
            moving.append((line, membership.person_id, home))
    today = clock.today(now, team.zone)
    for _, _, home in moving:
        if home:
            home.until = today
    db.session.flush()  # one open household a person: the old one closes first
    db.session.add_all(
        HouseholdMember(
            team_id=team.id, household_id=known.households[line.household].id, person_id=person_id, since=today
        )
        for line, person_id, _ in moving
    )
    left = {home.household_id for _, _, home in moving if home}
    households.note_change(left | {known.households[line.household].id for line, _, _ in moving}, now)
    return {line.number for line, _, _ in moving}
