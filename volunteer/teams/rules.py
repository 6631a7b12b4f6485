"""Who may do what in a team. Pure: values in, values out."""

from typing import Protocol

from ..actor import Role, at_least


class Belonging(Protocol):
    """What somebody is in a team, and in how many others they are too."""

    @property
    def role(self) -> Role: ...

    @property
    def other_teams(self) -> int: ...


def may_hand_link(maker: Role, member: Belonging) -> bool:
    """May somebody with role `maker` make a log-in link for this member of their team?

    A link is as good as a password, so it never reaches above its maker, nor into a team he has no say in.
    """
    if member.other_teams or maker is Role.VOLUNTEER:
        return False
    return member.role is Role.VOLUNTEER or (maker is Role.ADMINISTRATOR and member.role is not Role.ADMINISTRATOR)


def may_grant(grantor: Role | None, role: Role) -> bool:
    """May somebody with role `grantor` (None: the operator at the console) give `role` to another?"""
    return grantor is None or at_least(grantor, role)
