"""What can be done with teams and their people: found one, take people in, look at the roster."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from ..accounts import service as accounts
from ..accounts.models import Device, Person
from ..accounts.rules import clean_name, normal_phone
from ..actor import Actor, By, Role
from ..errors import Missing, Refused, or_missing
from ..notices import deeds
from ..notices import service as notices
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..papers.tables.listings import Question, holding
from ..storage.database import db
from ..words import as_written
from . import households
from .models import Household, HouseholdMember, Membership, MembershipState, Team
from .rules import Member

ACTORS = (
    select(Device.id, Person.id, Person.name, Person.locale, Team.id, Team.name, Team.zone, Membership.role)
    .add_columns(notices.unread_in(Membership.team_id))
    .join(Person, Person.id == Device.person_id)
    .join(Membership, Membership.person_id == Person.id)
    .join(Team, Team.id == Membership.team_id)
    .where(
        Device.token_hash == bindparam("token_hash"),
        Person.closed_at.is_(None),
        Membership.state == MembershipState.ACTIVE,
    )
    .order_by((Membership.team_id == func.coalesce(Device.team_id, 0)).desc(), Membership.id)
    .limit(1)
)
"""The actor behind a device: its person in the team it looks at, or in the first they are active in."""


def list_leaders(team_id: int) -> Sequence[int]:
    """The ids of everybody who leads this team."""
    return _list_active(team_id, Membership.role != Role.VOLUNTEER)


def _list_active(team_id: int, *which: ColumnElement[bool]) -> Sequence[int]:
    lead = *which, Membership.state == MembershipState.ACTIVE
    return db.session.scalars(select(Membership.person_id).where(Membership.team_id == team_id, *lead)).all()


def find_team(slug: str) -> Team | None:
    return db.session.scalar(select(Team).where(Team.slug == slug))


def create_team(slug: str, name: str, now: datetime) -> Team:
    """Found a team. Refused when the short name is taken or is no short name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", slug):
        raise Refused("A team's short name has 2 to 40 lower-case letters, digits and hyphens.")
    if not 1 <= len(name.strip()) <= 60:
        raise Refused("A team's name has 1 to 60 characters.")
    if find_team(slug):
        raise Refused("There is already a team “%(slug)s”.", slug=slug)
    team = Team(slug=slug, name=name.strip(), recording_unit=name.strip(), created_at=now)
    db.session.add(team)
    db.session.flush()
    deeds.close(By(team.id), "create", f"team {team.id}", now)
    return team


def add_member(team_id: int, person_id: int, role: Role, state: MembershipState, now: datetime) -> Membership:
    """Take a person into a team, or back into it; idempotent.

    Never lowers or raises a role already held; whoever left holds none and comes back with the one given.
    """
    membership = find_membership(team_id, person_id)
    if membership is None:
        membership = Membership(team_id=team_id, person_id=person_id, role=role, state=state, joined_at=now)
        db.session.add(membership)
    elif membership.state is MembershipState.LEFT:
        membership.role, membership.state, membership.left_at = role, state, None
        households.touch_homes_of(person_id, now, team_id)
    elif membership.state is MembershipState.INVITED:
        membership.state = state
    db.session.flush()
    return membership


def take_in_at_the_door(actor: Actor, name: str, phone: str, about: About, now: datetime) -> int:
    """The id of somebody who came: of the member of that number, or, without one, of that name; else of a new person.

    Who is new stands on the roster as invited and comes in by a personal link one day; administrators hear of it.
    about: the date they came to. Refused for what is no name or number, and where it is not clear who is meant.
    """
    called, number = clean_name(name), normal_phone(phone)
    if called is None:
        raise Refused("A name has 1 to 40 characters, without special signs.", field="name")
    if not phone.strip():
        return _only_one_called(actor, called)
    if number is None:
        raise Refused("A mobile number has 11 digits.", field="phone")
    person, is_new = accounts.find_or_create(called, number, now)
    known = find_membership(actor.team_id, person.id)
    if not (known or is_new):
        raise Refused("This number belongs to somebody outside the team. Send them the invite instead.", field="phone")
    if as_written(person.name) != called and not actor.leads:
        raise Refused("This number stands on the roster under another name. Please ask the leader.", field="phone")
    if as_written(person.name) != called:
        raise Refused("This number stands on the roster under another name: %(name)s.", field="phone", name=person.name)
    if not known or known.state is MembershipState.LEFT:
        add_member(actor.team_id, person.id, Role.VOLUNTEER, MembershipState.INVITED, now)
        others = set(_list_active(actor.team_id, Membership.role == Role.ADMINISTRATOR)) - {actor.person_id}
        news = News(Event.NEWCOMER, about, [Part(one, person.id) for one in sorted(others)])
        deeds.close(actor, "take in at the door", f"person {person.id}", now, Effects([news]))
    return person.id


def _only_one_called(actor: Actor, name: str) -> int:
    found = [one for one in search_members(actor, name, 20) if as_written(one.name) == name]
    if len(found) != 1:
        raise Refused("Give the phone number, too: no member, or more than one, has this name.", field="phone")
    return found[0].person_id


def find_membership(team_id: int, person_id: int) -> Membership | None:
    """A person's membership in a team, whatever its state."""
    return db.session.scalar(select(Membership).where(Membership.team_id == team_id, Membership.person_id == person_id))


def is_active(team_id: int, person_id: int) -> bool:
    """Are they in the team, with an account of their own?"""
    membership = find_membership(team_id, person_id)
    return membership is not None and membership.state is MembershipState.ACTIVE


def create_administrator(team: Team, name: str, phone: str, password_hash: str, now: datetime) -> Person:
    """Make the first administrator, from the console. Refused when the number belongs to somebody."""
    person = accounts.create_person(name, phone, password_hash, now)
    add_member(team.id, person.id, Role.ADMINISTRATOR, MembershipState.ACTIVE, now)
    deeds.close(By(team.id), "make administrator", f"person {person.id}", now)
    return person


def on_roster() -> Select[*tuple[Any, ...]]:
    """What a `Member` is made of, of everyone who is or was in a team."""
    other = aliased(Membership)
    elsewhere = select(func.count()).where(
        other.person_id == Person.id, other.team_id != Membership.team_id, other.state != MembershipState.LEFT
    )
    lives_here = and_(
        HouseholdMember.person_id == Person.id,
        HouseholdMember.team_id == Membership.team_id,
        HouseholdMember.until.is_(None),
    )
    return (
        select(Person.id, Person.name, Person.phone, Membership.role)
        .add_columns(Membership.state == MembershipState.LEFT, Membership.state == MembershipState.INVITED)
        .add_columns(Membership.group, Membership.skills)
        .add_columns(func.coalesce(Household.name, ""), elsewhere.scalar_subquery())
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(HouseholdMember, lives_here)
        .outerjoin(Household, Household.id == HouseholdMember.household_id)
    )


def members(found: Select[*tuple[Any, ...]]) -> list[Member]:
    """Those that a selection `on_roster` finds."""
    return [Member(*row) for row in db.session.execute(found)]


def in_team(team_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """That somebody's membership is one of this team, and has not ended."""
    return and_(Membership.team_id == team_id, Membership.state != MembershipState.LEFT)


def list_members_for(actor: Actor) -> list[Member]:
    """Everyone in the actor's team, leaders first, then in the order they came."""
    return members(on_roster().where(in_team(actor.team_id)).order_by(*LEADERS_FIRST))


LEADERS_FIRST = (Membership.role == Role.VOLUNTEER, Membership.id)


def matching(team_id: int, words: str) -> ColumnElement[bool]:
    """That a person joined with their membership is in a team, and each of these words in name, group or household."""
    homes = select(HouseholdMember.person_id).join(Household, Household.id == HouseholdMember.household_id)
    homes = homes.where(Household.team_id == team_id, HouseholdMember.until.is_(None))

    def somewhere(holds: Question) -> ColumnElement[bool]:
        return or_(holds(Person.name), holds(Membership.group), Person.id.in_(homes.where(holds(Household.name))))

    written = " ".join(map(as_written, words.split()))  # as names are kept now; some are kept as they were typed
    return and_(in_team(team_id), or_(*(holding(each, somewhere) for each in dict.fromkeys((words, written)))))


def search_members(actor: Actor, words: str, most: int) -> list[Member]:
    """At most so many in the actor's team whom these words find; without words the first ones."""
    return members(on_roster().where(matching(actor.team_id, words)).order_by(*LEADERS_FIRST).limit(most))


def get_member_for(actor: Actor, person_id: int) -> Member:
    """One member of the actor's team; Missing otherwise."""
    return or_missing(find_member(actor.team_id, person_id))


def find_member(team_id: int, person_id: int | None) -> Member | None:
    """One member of a team; None for nobody, and for whoever has left."""
    return next(iter(members(on_roster().where(in_team(team_id), Person.id == person_id))), None)


def list_teams_for(person_id: int) -> list[Team]:
    """The teams a person is active in."""
    active = (Membership.person_id == person_id, Membership.state == MembershipState.ACTIVE)
    mine = select(Team).join(Membership, Membership.team_id == Team.id).where(*active).order_by(Membership.id)
    return list(db.session.scalars(mine))


def look_at(actor: Actor, team_id: int) -> None:
    """Let this device look at another of the person's teams. Missing for a team they are not in."""
    if team_id not in {team.id for team in list_teams_for(actor.person_id)}:
        raise Missing
    db.session.get_one(Device, actor.device_id).team_id = team_id
