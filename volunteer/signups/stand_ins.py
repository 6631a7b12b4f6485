"""Stand-ins: "I can't come" keeps a place mine until somebody takes it over.

Only while nobody waits (then giving the place up is quicker). Eligible members are asked one after the other, the
least recently asked first; each has some time to answer. Both may undo it until two hours before the start.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, bindparam, case, exists, func, or_, select, union
from sqlalchemy.orm import aliased, contains_eager

from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..actor import Actor, By, Role
from ..errors import Refused, or_missing
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event, Part
from ..storage.database import db
from ..teams.models import Membership, MembershipState, Team
from . import hurdles, places, rules, tickets
from .hurdles import STATED, find_clash
from .models import Signup, StandIn
from .states import STANDING, Asked, Source, Status


def ask(actor: Actor, occurrence_id: int, now: datetime) -> StandIn:
    """Ask the first who could stand in for the actor; asking again changes nothing while somebody is asked.

    Refused when somebody waits for a place, when nobody can be asked, and within two hours of the start.
    """
    tickets.lock_person(actor.person_id)
    mine = Signup.team_id == actor.team_id, Signup.person_id == actor.person_id, Signup.status == Status.CONFIRMED
    own = places.select_on(occurrence_id, *mine).options(contains_eager(Signup.shift))
    signup = or_missing(db.session.scalar(own.order_by(Shift.id).limit(1)))
    shift = signup.shift
    _refuse_too_near(shift, now)
    tickets.draw_ticket(shift.id, signup)
    if signup.status is not Status.CONFIRMED:
        raise Refused("You hold no place on this date any more, so nobody needs to stand in.")
    signup.seen_at = now
    if asked := find_open(signup.id):
        return asked
    if db.session.scalar(select(exists().where(Signup.shift_id == shift.id, Signup.status == Status.WAITING))):
        raise Refused("People are waiting for a place: just withdraw, and your place goes to them.")
    asked = _ask_next(signup, shift, actor.zone, now)
    if asked is None:
        raise Refused("Nobody else can be asked. Please call the leader.")
    deeds.settle(_to_asked(asked, shift), now)
    return asked


def answer(actor: Actor, stand_in_id: int, accept: bool, now: datetime, *, meets: bool = False) -> StandIn:
    """Take the place over, or say no; then the next is asked. Missing for what others were asked.

    Both sign-ups change together. The same answer twice is one. Refused once the question has lapsed or had the other
    answer, when it clashes by now, and for a yes without the tick, if one is asked for. Locks: the one asked, the
    shift, revisions.
    """
    tickets.lock_person(actor.person_id)
    mine = _select().where(StandIn.id == stand_in_id, StandIn.asked_id == actor.person_id)
    asked, signup, shift = or_missing(db.session.execute(mine).first())
    tickets.draw_ticket(shift.id, asked, signup)
    if asked.state is (Asked.ACCEPTED if accept else Asked.DECLINED):
        return asked
    if asked.state is not Asked.ASKED or asked.until <= now or signup.status is not Status.CONFIRMED:
        raise Refused("This question has lapsed. Thank you all the same.")
    answered = Effects(over=deeds.heard_once(Event.STAND_IN_ASKED, [Part(asked.asked_id, asked.id)], now))
    if accept:
        hurdles.get_shift_for(actor, shift.occurrence_id, shift.id).terms.refuse_without(meets)
        effects = answered + _hand_over(actor, asked, signup, shift, now, meets)
        deeds.close(By(asked.team_id, actor.person_id), "stand in", f"sign-up {signup.id}", now, effects)
    else:
        asked.state = Asked.DECLINED
        db.session.flush()
        deeds.settle(answered + _to_asked(_ask_next(signup, shift, actor.zone, now), shift), now)
    return asked


def undo(actor: Actor, stand_in_id: int, now: datetime) -> None:
    """Give the place back to whom it was; either of the two may, until two hours before the start.

    Refused once it is no longer the same place, whose number went along, and when it clashes by now. Locks: the one
    who gets it back, the shift, revisions.
    """
    theirs = _select().where(StandIn.id == stand_in_id, StandIn.team_id == actor.team_id)
    either = or_(StandIn.asked_id == actor.person_id, Signup.person_id == actor.person_id)
    asked, signup, shift = or_missing(db.session.execute(theirs.where(either)).first())
    _refuse_too_near(shift, now)
    holder_id = or_missing(signup.person_id)
    tickets.lock_person(holder_id)
    tickets.draw_ticket(shift.id, asked, signup)
    taken = places.find_signup(shift.id, asked.asked_id)
    is_the_same = taken and (taken.status, taken.seq) == (Status.CONFIRMED, signup.seq)
    if asked.state is not Asked.ACCEPTED or taken is None or not is_the_same:
        raise Refused("There is nothing to undo any more.")
    if find_clash(holder_id, shift):
        raise Refused("The place cannot go back: its first holder has another sign-up at that time by now.")
    asked.state = Asked.UNDONE
    taken.become(Status.WITHDRAWN, now)
    signup.become(Status.CONFIRMED, now)
    db.session.flush()
    by_me = actor.person_id == holder_id
    told = tickets.news_of(Event.NOT_NEEDED, [taken]) if by_me else tickets.news_of(Event.PLACE_BACK, [signup])
    over = deeds.heard_once(Event.STOOD_IN, [Part(holder_id, signup.id, signup.sequence - 1)], now)
    effects = told + Effects(over=over, people=[holder_id, asked.asked_id])
    deeds.close(By(asked.team_id, actor.person_id), "undo stand-in", f"sign-up {signup.id}", now, effects)


def tick(now: datetime) -> None:
    """Let questions nobody answered lapse, and ask the next. Safe to repeat."""
    due = _select().add_columns(Team.zone).join(Team, Team.id == StandIn.team_id)
    effects = NO_EFFECTS
    due = due.where(StandIn.state == Asked.ASKED, StandIn.until <= now, Shift.open).order_by(Shift.id)
    for asked, signup, shift, zone in db.session.execute(due).all():
        ticket = tickets.draw_if_open(shift.id, asked, signup)
        if ticket and asked.state is Asked.ASKED:
            asked.state = Asked.LAPSED
            db.session.flush()
            effects += _to_asked(_ask_next(signup, shift, zone, now), shift)
    deeds.settle(effects, now)


def ask_again(ids: Collection[int], now: datetime, zone: str) -> Effects:
    """Let who was asked be asked anew, or else the next; of sign-ups that hold their place and ask nobody yet."""
    effects = NO_EFFECTS
    for was, signup, shift in db.session.execute(_select().where(StandIn.id.in_(ids)).order_by(Shift.id)).all():
        if not find_open(signup.id):
            effects += _to_asked(_ask_next(signup, shift, zone, now, was.asked_id), shift)
    return effects


def find_open(signup_id: int) -> StandIn | None:
    """The question that is open for a sign-up, if any."""
    return db.session.scalar(select(StandIn).where(StandIn.signup_id == signup_id, StandIn.state == Asked.ASKED))


@dataclass(frozen=True)
class Taking:
    """What somebody is asked to take over, or took over and may still undo. other: whose it is, or who stands in."""

    terms: rules.Terms
    id: int
    state: Asked
    until: datetime
    by_me: bool
    other: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime


def list_mine(actor: Actor, now: datetime) -> list[Taking]:
    """What the actor is asked to take over, and what they or somebody for them took over and may still undo."""
    values = {"me": actor.person_id, "team": actor.team_id, "now": now, "near": now + rules.FIRST_COME_FROM}
    rows = db.session.connection().execute(_MINE, values)
    return [Taking(rules.terms(*row[: len(STATED)]), *row[len(STATED) :]) for row in rows]


_ASKED_ME, _TAKEN = StandIn.asked_id == bindparam("me"), aliased(Signup)
_SAME = _TAKEN.shift_id == Signup.shift_id, _TAKEN.seq == Signup.seq, _TAKEN.status == Status.CONFIRMED
_QUESTION = and_(StandIn.state == Asked.ASKED, StandIn.until > bindparam("now"), _ASKED_ME)
_UNDOABLE = and_(StandIn.state == Asked.ACCEPTED, Shift.starts_at > bindparam("near"), _TAKEN.id.is_not(None))
_OF_MINE = select(StandIn.id).join(StandIn.signup).where(Signup.person_id == bindparam("me"))
_MINE = (
    select(*STATED, StandIn.id, StandIn.state, StandIn.until, _ASKED_ME, Person.name)
    .add_columns(Occurrence.title, Occurrence.place, Shift.starts_at, Shift.ends_at)
    .join(StandIn.signup)
    .join(Signup.shift)
    .join(Shift.occurrence)
    .join(Occurrence.activity)
    .join(Person, Person.id == case((_ASKED_ME, Signup.person_id), else_=StandIn.asked_id))
    .outerjoin(_TAKEN, and_(_TAKEN.person_id == StandIn.asked_id, *_SAME))
    .where(or_(_QUESTION, _UNDOABLE), Shift.open, StandIn.team_id == bindparam("team"))
    .where(StandIn.id.in_(union(select(StandIn.id).where(_ASKED_ME), _OF_MINE)))
    .order_by(Shift.starts_at, StandIn.id)
)
"""Built once: everybody's page asks."""


def _ask_next(signup: Signup, shift: Shift, zone: str, now: datetime, *before: int) -> StandIn | None:
    """Ask the first who could stand in, before others these; None, and nothing changes, when nobody can or too late."""
    if rules.is_near(shift.starts_at, now) or signup.status is not Status.CONFIRMED:
        return None
    for person_id in (*before, *_candidates(signup, shift)):
        if not hurdles.find_hold(person_id, shift.team_id, now) and not find_clash(person_id, shift):
            whose = {"team_id": signup.team_id, "signup_id": signup.id, "asked_id": person_id}
            until = rules.offer_ends(shift.starts_at, now, zone)
            asked = StandIn(**whose, state=Asked.ASKED, asked_at=now, until=until)
            db.session.add(asked)
            db.session.flush()
            return asked
    return None


def _to_asked(question: StandIn | None, shift: Shift) -> Effects:
    if question is None:
        return NO_EFFECTS
    part = Part(question.asked_id, question.id)
    return tickets.news_to(Event.STAND_IN_ASKED, [part], shift.id, until=question.until)


def _candidates(signup: Signup, shift: Shift) -> list[int]:
    """Members to be asked yet, who was asked longest ago first; of those never asked leaders last: they are needed."""
    last_asked = select(func.max(StandIn.asked_at)).where(StandIn.asked_id == Membership.person_id).scalar_subquery()
    there = places.select_on(shift.occurrence_id, Signup.status.in_(STANDING), Signup.person_id.is_not(None))
    asked = select(StandIn.asked_id).where(StandIn.signup_id == signup.id)
    eligible = (
        select(Membership.person_id)
        .where(Membership.team_id == signup.team_id, Membership.state == MembershipState.ACTIVE)
        .where(Membership.person_id.not_in(there.with_only_columns(Signup.person_id)))
        .where(Membership.person_id.not_in(asked), Membership.person_id != signup.person_id)
        .order_by(last_asked.is_not(None), last_asked, Membership.role != Role.VOLUNTEER, Membership.id)
    )
    return list(db.session.scalars(eligible))


def _hand_over(actor: Actor, asked: StandIn, signup: Signup, shift: Shift, now: datetime, meets: bool) -> Effects:
    before = places.find_signup(shift.id, actor.person_id)
    if (before and before.status in STANDING) or find_clash(actor.person_id, shift):
        raise Refused("You have another sign-up at that time by now.")
    ticked = now if meets else None
    if signup.checked_in:
        raise Refused("This question has lapsed. Thank you all the same.")
    seq, n = signup.seq, signup.places  # one place changes hands: the shift counts as many as before
    places.write_down(before, shift, actor.person_id, Status.CONFIRMED, seq, n, Source.STAND_IN, now, meets_at=ticked)
    signup.become(Status.HANDED_OVER, now)
    asked.state = Asked.ACCEPTED
    db.session.flush()
    return tickets.news_of(Event.STOOD_IN, [signup], name=actor.name) + Effects(people=[asked.asked_id])


def _select() -> Select[StandIn, Signup, Shift]:
    return select(StandIn, Signup, Shift).join(StandIn.signup).join(Signup.shift)


def _refuse_too_near(shift: Shift, now: datetime) -> None:
    if rules.is_near(shift.starts_at, now):
        raise Refused("It begins within two hours. Please call the leader.")
