"""The leader's list of names. Reads only."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, func, select

from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..storage.database import db
from ..teams.models import Membership
from .models import Signup
from .states import ON_THE_LIST, Leave, Source, Status


@dataclass(frozen=True)
class ListedName:
    """A name on a leader's list."""

    signup_id: int
    shift_id: int
    person_id: int
    name: str
    group: str
    status: Status
    source: Source
    places: int
    leave_reason: Leave | None

    @property
    def companions(self) -> int:
        """People who come along, or are meant by a reserved place, and take a place of their own."""
        return max(0, self.places - 1)


def list_roster(occurrence: Occurrence) -> list[ListedName]:
    """Everyone who holds, waits or asked for a place on a date, or is on leave, in the order of their tickets."""
    return [ListedName(*row) for row in db.session.connection().execute(_NAMES, {"occurrence": occurrence.id})]


_NAMES = (
    select(Signup.id, Signup.shift_id, func.coalesce(Signup.person_id, 0), func.coalesce(Person.name, Signup.label))
    .add_columns(func.coalesce(Membership.group, ""), Signup.status, Signup.source, Signup.places, Signup.leave_reason)
    .join(Signup.shift)
    .outerjoin(Person, Person.id == Signup.person_id)
    .outerjoin(Membership, and_(Membership.person_id == Person.id, Membership.team_id == Shift.team_id))
    .where(Shift.occurrence_id == bindparam("occurrence"), Signup.status.in_(ON_THE_LIST))
    .order_by(Signup.shift_id, Signup.seq, Signup.id)
)
