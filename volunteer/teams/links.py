"""How people get into a team: a general invite for newcomers, a personal link for everyone on the roster."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, select, update

from ..accounts import service as accounts
from ..accounts.models import LinkKind, OneTimeLink, Person
from ..accounts.rules import told_apart
from ..actor import Actor, By, Role
from ..errors import Forbidden, Refused
from ..notices import deeds
from ..storage.database import db
from ..web import tokens
from . import rules
from . import service as teams
from .models import MembershipState, Team
from .rules import Member

T = TypeVar("T")

INVITE_LASTS = timedelta(days=30)
INVITE_USES = 500
FIRST_LINK_LASTS = timedelta(days=30)
NEW_PASSWORD_LINK_LASTS = timedelta(days=1)
DOUBLE_TAP = timedelta(minutes=1)


def team_behind(token: str, now: datetime) -> Team | None:
    """The team an invite still leads to; reads only."""
    link = accounts.find_link(token, LinkKind.INVITE, now)
    return db.session.get(Team, link.team_id) if link else None


def join(token: str, name: str, phone: str, password_hash: str, label: str, now: datetime) -> str:
    """A newcomer joins by a team's invite. Returns the device's secret.

    Refused when the number is known already: an invite never claims a number that a roster or another team
    knows, that person gets a personal link or logs in.
    """
    link = _alive(accounts.find_link(token, LinkKind.INVITE, now, lock=True))
    if accounts.find_by_phone(phone):
        raise Refused(
            "This number is already known here. Log in, or ask a leader for your personal link.", field="phone"
        )
    person = accounts.create_person(name, phone, password_hash, now)
    accounts.give_consent(person.id, now)
    _take_in(link, person.id, now)
    return accounts.add_device(person.id, label, now)


def join_as(token: str, person_id: int, now: datetime) -> Team:
    """Somebody logged in joins one more team by its invite; a second time changes nothing."""
    link = _alive(accounts.find_link(token, LinkKind.INVITE, now, lock=True))
    if not teams.is_active(link.team_id, person_id):
        _take_in(link, person_id, now)
    return db.session.get_one(Team, link.team_id)


def _take_in(link: OneTimeLink, person_id: int, now: datetime) -> None:
    """A log-in link that one team's leader made opens nothing once its person is in two teams."""
    accounts.use_link(link, now)
    accounts.lock(person_id)
    accounts.end_links_for(person_id)
    teams.add_member(link.team_id, person_id, Role.VOLUNTEER, MembershipState.ACTIVE, now)
    deeds.close(By(link.team_id, person_id), "join", f"person {person_id}", now)


def has_just_joined(token: str, phone: str, now: datetime) -> bool:
    """Did this number join the invite's team within the last minute, as when the form is tapped twice?"""
    team, person = team_behind(token, now), accounts.find_by_phone(phone)
    is_new = team and person and person.created_at > now - DOUBLE_TAP
    return bool(team and person and is_new and teams.is_active(team.id, person.id))


def person_behind(token: str, now: datetime) -> Person | None:
    """Whom a personal link lets in; reads only."""
    link = accounts.find_link(token, LinkKind.LOGIN, now)
    member = _member_behind(link) if link else None
    return db.session.get_one(Person, member.person_id) if member else None


def _member_behind(link: OneTimeLink) -> Member | None:
    """Whom a log-in link lets in as things stand now: nobody once its maker could no longer make it."""
    member, maker = teams.find_member(link.team_id, link.person_id), teams.find_member(link.team_id, link.made_by_id)
    by_operator = link.made_by_id is None
    return member if member and (by_operator or (maker and rules.may_hand_link(maker.role, member))) else None


def come_in(token: str, password_hash: str, label: str, now: datetime) -> str:
    """Somebody on the roster comes in by a personal link and chooses a password. Returns the device's secret.

    The link is used up, and every device logged in before is logged out. The consent given on that page is
    recorded at the first time.
    """
    link = _alive(accounts.find_link(token, LinkKind.LOGIN, now, lock=True))
    accounts.lock(link.person_id)
    member = _alive(_member_behind(link))
    person_id = member.person_id
    accounts.use_link(link, now)
    accounts.set_password(person_id, password_hash)
    if member.is_invited:
        teams.add_member(link.team_id, person_id, member.role, MembershipState.ACTIVE, now)
        accounts.give_consent(person_id, now)
    deeds.close(By(link.team_id, person_id), "come in by link", f"person {person_id}", now)
    return accounts.add_device(person_id, label, now)


def _alive(thing: T | None) -> T:
    if thing is None:
        raise Refused("This link no longer works. Ask a leader for a new one.")
    return thing


def find_invite(actor: Actor, now: datetime) -> OneTimeLink | None:
    """The team's invite that still works, the newest."""
    return db.session.scalar(_live_links(actor, LinkKind.INVITE, now).limit(1))


def renew_invite(actor: Actor, now: datetime) -> OneTimeLink:
    """Make a new invite for the actor's team; those before stop working. Locks the team."""
    db.session.execute(select(Team.id).where(Team.id == actor.team_id).with_for_update(key_share=True))
    ours = (OneTimeLink.team_id == actor.team_id, OneTimeLink.kind == LinkKind.INVITE)
    db.session.execute(update(OneTimeLink).where(*ours, OneTimeLink.uses_left > 0).values(uses_left=0))
    invite = _make(actor, LinkKind.INVITE, INVITE_LASTS, now, uses_left=INVITE_USES)
    deeds.close(actor, "renew invite", "team", now)
    return invite


def hand_link(actor: Actor, person_id: int, now: datetime) -> OneTimeLink:
    """Make a log-in link for a member. Missing for another team's people; Forbidden above one's own say.

    Audited, and shown to the person in their settings. Ends the link made before.
    """
    member = teams.get_member_for(actor, person_id)
    if not rules.may_hand_link(actor.role, member):
        raise Forbidden
    return _make_link_for(member, actor, now)


def hand_link_at_console(team: Team, phone: str, now: datetime) -> OneTimeLink:
    """The operator makes a log-in link for any member, an administrator too. Audited and shown as every other."""
    person = accounts.find_by_phone(phone)
    member = teams.find_member(team.id, person.id) if person else None
    if member is None:
        raise Refused("Nobody in this team has this number.")
    return _make_link_for(member, By(team.id), now)


def _make_link_for(member: Member, by: Actor | By, now: datetime) -> OneTimeLink:
    """A new log-in link; the ones before it stop working."""
    accounts.end_links_for(member.person_id)
    lasts = FIRST_LINK_LASTS if member.is_invited else NEW_PASSWORD_LINK_LASTS
    link = _make(by, LinkKind.LOGIN, lasts, now, person_id=member.person_id, uses_left=1)
    deeds.close(by, "hand log-in link", f"person {member.person_id}", now)
    return link


def _make(by: Actor | By, kind: LinkKind, lasts: timedelta, now: datetime, **more: Any) -> OneTimeLink:
    made = {"team_id": by.team_id, "made_by_id": by.person_id, "created_at": now, "expires_at": now + lasts}
    link = OneTimeLink(kind=kind, public_id=tokens.new_id(), **made, **more)
    db.session.add(link)
    db.session.flush()
    return link


def hand_links(actor: Actor, now: datetime) -> int:
    """Make a personal link for everyone on the roster who has not come in yet. Returns how many."""
    found = teams.list_members_for(actor)
    waiting = [member for member in found if member.is_invited and rules.may_hand_link(actor.role, member)]
    for member in waiting:
        _make_link_for(member, actor, now)
    return len(waiting)


def find_link_for(actor: Actor, person_id: int, now: datetime) -> OneTimeLink | None:
    """The log-in link of a member that this actor made and that still works."""
    return db.session.scalar(_own_links(actor, now).where(OneTimeLink.person_id == person_id))


def list_slips_for(actor: Actor, now: datetime) -> list[tuple[Member, str]]:
    """Who, and the token, for every personal link this actor made that still works, in the order of the roster."""
    live = {link.person_id: link for link in db.session.scalars(_own_links(actor, now))}
    return [
        (member, accounts.address_of(live[member.person_id]))
        for member in told_apart(teams.list_members_for(actor))
        if member.person_id in live and member.is_invited
    ]


def _own_links(actor: Actor, now: datetime) -> Select[OneTimeLink]:
    return _live_links(actor, LinkKind.LOGIN, now).where(OneTimeLink.made_by_id == actor.person_id)


def _live_links(actor: Actor, kind: LinkKind, now: datetime) -> Select[OneTimeLink]:
    """The links of the actor's team that still work, the newest first."""
    works = (OneTimeLink.uses_left > 0, OneTimeLink.expires_at > now)
    ours = (OneTimeLink.team_id == actor.team_id, OneTimeLink.kind == kind)
    return select(OneTimeLink).where(*ours, *works).order_by(OneTimeLink.id.desc())
