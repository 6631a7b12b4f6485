"""Who may do what in a team. Pure: values in, values out."""

from dataclasses import dataclass, field

from ..actor import Role, at_least


@dataclass(frozen=True)
class Member:
    """Somebody who is or was in a team, as its leaders see them. phone: for masking; None without an account.

    is_invited: on the roster, not in yet. other_teams: in how many others they are too.
    """

    person_id: int
    name: str
    phone: str | None
    role: Role
    has_left: bool
    is_invited: bool = field(compare=False, repr=False)  # who comes in meanwhile is the same to a roster
    group: str
    skills: str
    household: str
    other_teams: int


def may_hand_link(maker: Role, member: Member) -> bool:
    """May somebody with role `maker` make a log-in link for this member of their team?

    A link is as good as a password, so it never reaches above its maker, nor into a team he has no say in.
    """
    if member.other_teams or maker is Role.VOLUNTEER:
        return False
    return member.role is Role.VOLUNTEER or (maker is Role.ADMINISTRATOR and member.role is not Role.ADMINISTRATOR)


def may_grant(grantor: Role | None, role: Role) -> bool:
    """May somebody with role `grantor` (None: the operator at the console) give `role` to another?"""
    return grantor is None or at_least(grantor, role)
