"""Taking a roster into a team, a slice of whole lines at a time, so that nobody else waits for thousands of them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache, partial

from sqlalchemy import ColumnElement, select

from .. import clock
from ..accounts.models import Person
from ..accounts.rules import masked_phone
from ..actor import Actor, By, Role
from ..errors import Refused
from ..notices import deeds
from ..notices.deeds import Effects, News
from ..notices.events import About, Event, Part
from ..papers.tables.lines import Note
from ..storage.database import db, insert
from ..words import as_written
from . import households
from .comparison import Compared, Comparison, Fate, Judged, compare
from .models import Household, HouseholdMember, Membership, MembershipState, Team
from .roster import RosterLine
from .rules import Member
from .service import members, on_roster

SLICE = 250
"""Lines that are taken in one transaction."""
AT_ONCE = 5000
"""So many numbers are asked about in one statement; databases bound its values."""
_as_written = lru_cache(16384)(as_written)
"""With each slice the same homes are looked at again."""


def hold_against(
    team_id: int, judged: Mapping[str, Judged], notes: Sequence[Note], grantor: Role | None, answers: Mapping[str, str]
) -> Comparison:
    """What would become of these lines as things stand now; reads only. See `comparison.compare`."""
    known = _known(Membership.team_id == team_id)
    phones = {line.phone for line in judged.values() if isinstance(line, RosterLine)}
    strangers = sorted(phones - {member.phone for member in known})
    starts = range(0, len(strangers), AT_ONCE)
    outsiders = {phone for first in starts for phone in _taken(strangers[first : first + AT_ONCE])}
    return compare(judged, known, outsiders, grantor, answers, notes)


def _taken(phones: Collection[str]) -> set[str]:
    """Those of the numbers that somebody has."""
    return {phone for phone in db.session.scalars(select(Person.phone).where(Person.phone.in_(phones))) if phone}


def _known(*where: ColumnElement[bool]) -> list[Member]:
    """Everyone who is or was on a team's roster, in the order they came."""
    return members(on_roster().where(*where).order_by(Membership.id))


def slices(by: Actor | By, zone: str, comparison: Comparison, now: datetime) -> Iterator[Callable[[], int]]:
    """The works that take in what is due of a comparison, each for a transaction of its own (see `write_each`).

    Each returns how many lines it has taken; stopped in between, these are in. Raises Refused, its slice undone, when
    a line is not as it was compared. Newcomers come in by their personal links.
    """
    due = comparison.due
    for first in range(0, len(due), SLICE):
        yield partial(_take_slice, by, zone, due[first : first + SLICE], now)


def _take_slice(by: Actor | By, zone: str, lines: Sequence[Compared], now: datetime) -> int:
    """Locks the team: two rosters at once would make one household twice."""
    team_id = by.team_id or 0
    db.session.execute(select(Team.id).where(Team.id == team_id).with_for_update(key_share=True))
    _refuse_changed(team_id, lines)
    people = _people_of(lines, now)
    _enrol(team_id, lines, people, now)
    _settle(team_id, [one for one in lines if one.settles], people, clock.today(now, zone), now)
    for one in lines:
        if "phone" in one.changes:
            about = About(team_id, zone, None, masked_phone(one.line.phone), "", now, now)
            news = News(Event.NEW_NUMBER, about, [Part(people[one.key], people[one.key])])
            deeds.close(by, "change number", f"person {people[one.key]}", now, Effects([news]))
    deeds.close(by, "import roster", "team", now, imported=len(lines))
    return len(lines)


def has_changed() -> Refused:
    return Refused("The team has changed since you looked. This is how it stands now; look at it, then take it in.")


def _refuse_changed(team_id: int, lines: Sequence[Compared]) -> None:
    """Raises Refused when a member is not as compared, or somebody has come by a number nobody had."""
    then = {one.who.person_id: one.who for one in lines if one.who}
    found = _known(Membership.team_id == team_id, Person.id.in_(list(then))) if then else []
    now = {who.person_id: who for who in found}
    if now != then or _taken([one.line.phone for one in lines if one.brings_number]):
        raise has_changed()


def _people_of(lines: Sequence[Compared], now: datetime) -> dict[str, int]:
    """By key whom a line is about; whoever is new is a person now."""
    people = {one.key: one.who.person_id for one in lines if one.who}
    new = {one.line.phone: one for one in lines if one.fate is Fate.NEW}
    if new:
        rows = [{"name": one.line.name, "phone": phone, "created_at": now} for phone, one in new.items()]
        making = insert(Person).values(rows).on_conflict_do_nothing(index_elements=["phone"])
        made = db.session.execute(making.returning(Person.phone, Person.id)).all()
        if len(made) < len(new):
            raise has_changed()
        people |= {new[phone].key: person_id for phone, person_id in made}
    return people


def _enrol(team_id: int, lines: Sequence[Compared], people: Mapping[str, int], now: datetime) -> None:
    """Make newcomers members, and bring the others up to date."""
    ours = select(Membership, Person).join(Person, Person.id == Membership.person_id)
    found = db.session.execute(ours.where(Membership.team_id == team_id, Person.id.in_(list(people.values()))))
    there = {person.id: (membership, person) for membership, person in found}
    for one in lines:
        line, (membership, person) = one.line, there.get(people[one.key], (None, None))
        if membership is None or person is None:
            membership = Membership(team_id=team_id, person_id=people[one.key], group="", skills="", joined_at=now)
            db.session.add(membership)
        if "back" in one.changes:
            households.touch_homes_of(people[one.key], now, team_id)
        if one.fate is Fate.NEW or "back" in one.changes:
            membership.state, membership.role, membership.left_at = MembershipState.INVITED, line.role, None
        if "phone" in one.changes and person:
            person.phone = line.phone
        membership.group, membership.skills = line.group or membership.group, line.skills or membership.skills
    db.session.flush()


def _settle(team_id: int, lines: Sequence[Compared], people: Mapping[str, int], today: date, now: datetime) -> None:
    """Put people into the household named on their line, from today."""
    if not lines:
        return
    ours = select(Household.name, Household.id).where(Household.team_id == team_id)
    there = {_as_written(name): home_id for name, home_id in db.session.execute(ours)}
    new = [Household(team_id=team_id, name=name) for name in sorted({one.line.household for one in lines} - {*there})]
    db.session.add_all(new)
    mine = HouseholdMember.person_id.in_([people[one.key] for one in lines])
    open_now = select(HouseholdMember).where(HouseholdMember.team_id == team_id, HouseholdMember.until.is_(None), mine)
    left = db.session.scalars(open_now).all()
    for home in left:
        home.until = today
    db.session.flush()  # one open household a person: the old one closes first
    there |= {home.name: home.id for home in new}
    living = {"team_id": team_id, "since": today}
    settled = [
        HouseholdMember(household_id=there[one.line.household], person_id=people[one.key], **living) for one in lines
    ]
    db.session.add_all(settled)
    households.touch({home.household_id for home in (*left, *settled)}, now)
