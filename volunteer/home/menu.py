"""Who is asking, with all that the menu around every page says to them; one statement."""

from sqlalchemy import bindparam, select

from .. import clock
from ..accounts.models import Person
from ..activities.models import Shift
from ..actor import Actor
from ..signups.models import Signup
from ..signups.rules import CHECK_IN_OPENS
from ..signups.states import Status
from ..storage.hot import Hot
from ..teams.models import Membership
from ..teams.service import ACTORS
from ..web import tokens


def find_actor(device_secret: str) -> Actor | None:
    """The actor behind a device; None once it is logged out."""
    now = clock.now()
    near = {"since": now - clock.DAY, "soon": now + CHECK_IN_OPENS}  # no date is longer than a day
    return _ACTOR.first(token_hash=tokens.digest(device_secret), now=now, **near)


_CHECKS_IN = (
    select(Signup.id)
    .join(Signup.shift)
    .where(Shift.team_id == Membership.team_id, Shift.open, Shift.ends_at > bindparam("now"))
    .where(Shift.starts_at > bindparam("since"), Shift.starts_at <= bindparam("soon"))
    # The sum keeps a planner from reading all that somebody ever signed up for: the team's dates of today are few.
    .where(Signup.person_id + 0 == Person.id, Signup.status == Status.CONFIRMED)
    .exists()
)
_ACTOR = Hot(Actor, ACTORS.add_columns(_CHECKS_IN))
