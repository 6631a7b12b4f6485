"""Who is asking: the person behind a request, the team they look at, the role held there. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a member is in a team; each role may do all that the ones before it may."""

    VOLUNTEER = "volunteer"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"


_RANK = {role: rank for rank, role in enumerate(Role)}


def at_least(role: Role, needed: Role) -> bool:
    """Does `role` carry everything `needed` carries?"""
    return _RANK[role] >= _RANK[needed]


@dataclass(frozen=True)
class Actor:
    """The person behind a request, in the team their device looks at. Loaded once, never stored."""

    device_id: int
    person_id: int
    name: str
    locale: str | None
    team_id: int
    team_name: str
    zone: str
    role: Role
    unread: int = 0
    """Notices of that team they have not read."""
    checks_in: bool = False
    """Has a date of theirs there begun, or does it within half an hour?"""

    # What Flask-Login asks of whoever is logged in.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def leads(self) -> bool:
        return at_least(self.role, Role.LEADER)

    @property
    def administers(self) -> bool:
        return at_least(self.role, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class By:
    """Whoever does a deed and is no actor, or not in that team; person_id None: the service itself."""

    team_id: int | None
    person_id: int | None = None
