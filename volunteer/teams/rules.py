"""Who may do what in a team. Pure: values in, values out."""

from ..actor import Role, at_least


def may_hand_link(maker: Role, role: Role, *, other_teams: int) -> bool:
    """May somebody with role `maker` make a log-in link for a member with `role`, also in `other_teams` teams?

    A link is as good as a password, so it never reaches above its maker, nor into a team he has no say in.
    """
    if other_teams or maker is Role.VOLUNTEER:
        return False
    return role is Role.VOLUNTEER or (maker is Role.ADMINISTRATOR and role is not Role.ADMINISTRATOR)


def may_grant(grantor: Role | None, role: Role) -> bool:
    """May somebody with role `grantor` (None: the operator at the console) give `role` to another?"""
    return grantor is None or at_least(grantor, role)
