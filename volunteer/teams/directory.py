"""The team's members as a list: to look at, to search, to take away. Phones are masked everywhere."""

from sqlalchemy import select

from ..accounts.models import Person
from ..accounts.rules import masked_phone
from ..actor import Actor, Role
from ..papers.tables.listings import Listing, ListRow, Tag
from ..web.pages import gettext
from ..words import Tone
from . import service as teams
from .models import Membership
from .rules import Member


def list_for(actor: Actor, words: str) -> Listing:
    """Those of the actor's team in whose name, group or household each of these words stands; leaders first."""
    ours = teams.matching(actor.team_id, words)
    found = select(Person.id).select_from(Membership).join(Person, Person.id == Membership.person_id)
    headings = (gettext("Name"), gettext("Role"), gettext("Group"), gettext("Household"), gettext("Phone"))
    return Listing(
        name="members",
        title=str(gettext("Members")),
        headings=tuple(map(str, (*headings, gettext("State")))),
        found=found.where(ours).order_by(*teams.LEADERS_FIRST),
        rows=teams.on_roster().where(teams.in_team(actor.team_id)).order_by(*teams.LEADERS_FIRST),
        id=Person.id,
        row=lambda *row: _row(Member(*row)),
        words=words,
        has_people=True,
    )


def _row(member: Member) -> ListRow:
    roles = {Role.LEADER: Tag(str(gettext("Leader"))), Role.ADMINISTRATOR: Tag(str(gettext("Administrator")))}
    phone = masked_phone(member.phone) if member.phone else ""
    state = Tag(str(gettext("not in yet")), Tone.WAIT) if member.is_invited else ""
    about = (roles.get(member.role, ""), member.group, member.household, phone, state)
    return ListRow(member.person_id, (member.name, *about))
