"""The table of events: a real deed for each, whose sentence reaches somebody in each language."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import partial
from pathlib import Path

import pytest
from flask_babel import force_locale
from sqlalchemy import select, update

from tests.make import Someone, describe, make_member, move_date, sign_up, tick, told, withdraw
from tests.moments import FRIDAY, SetClock, on
from volunteer import clock, jobs
from volunteer.activities.models import Activity, Occurrence, Shift
from volunteer.activities.rules import Details
from volunteer.actor import Role
from volunteer.checkin import lending, scanning
from volunteer.checkin import service as checkin
from volunteer.ledger import confirmation, verdicts
from volunteer.ledger.states import EntryKind, RequestKind
from volunteer.notices.events import Event
from volunteer.schedule import cancellations, hearers
from volunteer.signups import organiser, stand_ins
from volunteer.signups.jobs import tick_draws
from volunteer.signups.models import Signup, StandIn
from volunteer.storage.database import db, write
from volunteer.teams import intake
from volunteer.teams.comparison import by_key
from volunteer.teams.models import Membership, Team
from volunteer.teams.roster import read_roster
from volunteer.web.pages import LOCALES

PACKAGE = Path(__file__).parents[2] / "volunteer"
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass
class World:
    """The cleanup on FRIDAY with its one place; Alice, whose language it is about, and Bob."""

    at: SetClock
    leader: Someone
    date: Occurrence
    alice: Someone
    bob: Someone

    def queue(self, *people: Someone) -> None:
        for someone in people:
            sign_up(someone, self.date)

    def alices(self) -> int:
        return db.session.scalars(select(Signup.id).where(Signup.person_id == self.alice.id)).one()

    def by_leader(self, deed: Callable[..., object], *what: object, **how: object) -> None:
        date_id = self.date.id
        write(lambda: deed(self.leader.actor, date_id, *what, clock.now(), **how))

    def judge(self, verdict: EntryKind) -> None:
        self.by_leader(verdicts.judge, self.alices(), verdict)


def promoted(world: World) -> None:
    world.queue(world.bob, world.alice)
    withdraw(world.bob, world.date)


def offered(world: World) -> None:
    world.queue(world.bob, world.alice)
    world.at(on(27, 9))
    withdraw(world.bob, world.date)


def lapsed(world: World) -> None:
    offered(world)
    tick(world.at, on(27, 11))


def free_place(world: World) -> None:
    world.queue(world.bob, world.alice)
    world.at(on(27, 14))
    withdraw(world.bob, world.date)


def ask(world: World, giver: Someone) -> StandIn:
    date_id = world.date.id
    return write(lambda: stand_ins.ask(giver.actor, date_id, clock.now()))


def stand_in_asked(world: World) -> None:
    world.queue(world.bob)
    ask(world, world.bob)


def stand_in_given(world: World) -> int:
    """Bob stands in for Alice."""
    world.queue(world.alice)
    question = ask(world, world.alice).id
    write(lambda: stand_ins.answer(world.bob.actor, question, True, clock.now()))
    return question


def place_back(world: World) -> None:
    question = stand_in_given(world)
    write(lambda: stand_ins.undo(world.bob.actor, question, clock.now()))


def not_needed(world: World) -> None:
    world.queue(world.bob)
    question = ask(world, world.bob).id
    write(lambda: stand_ins.answer(world.alice.actor, question, True, clock.now()))
    write(lambda: stand_ins.undo(world.bob.actor, question, clock.now()))


def released(world: World) -> None:
    world.queue(world.alice)
    world.by_leader(organiser.take_off, world.alices())


def answered(world: World, *before: Someone, approve: bool = True) -> None:
    world.queue(*before)
    write(lambda: db.session.execute(update(Shift).values(needs_approval=True)))
    world.queue(world.alice)
    world.by_leader(organiser.answer_request, world.alices(), approve)


def signed_up(world: World, *before: Someone) -> None:
    world.queue(*before)
    world.by_leader(organiser.sign_up_member, None, world.alice.id, despite_clash=False)


def hours_confirmed(world: World) -> None:
    world.queue(world.alice)
    world.at(world.date.ends_at)
    world.by_leader(checkin.mark, world.alices(), EntryKind.CHECK_IN)
    world.by_leader(confirmation.confirm, {}, None)


def leave_granted(world: World) -> None:
    world.queue(world.alice)
    world.at(on(27, 9))
    withdraw(world.alice, world.date)
    world.judge(EntryKind.EXCUSED)


def missed(world: World, verdict: EntryKind) -> None:
    world.queue(world.alice)
    world.at(on(27, 17))
    world.judge(verdict)


def answered_no(world: World) -> None:
    missed(world, EntryKind.NO_SHOW)
    signup = world.alices()
    write(lambda: verdicts.ask(world.alice.actor, signup, RequestKind.APPEAL, "I was ill.", None, clock.now()))
    world.by_leader(verdicts.decline, signup, "We asked everybody.")


def moved(world: World) -> None:
    world.queue(world.alice)
    world.by_leader(move_date, FRIDAY, time(17), time(18))


def cancelled(world: World) -> None:
    world.queue(world.alice)
    world.by_leader(cancellations.cancel_date, "Strong wind")


def not_held(world: World) -> None:
    world.queue(world.alice)
    world.at(on(27, 17))
    world.by_leader(cancellations.cancel_date, "Strong wind")


def ended(world: World) -> None:
    world.queue(world.alice)
    world.at(on(27, 15, 30))
    world.by_leader(cancellations.end_date, on(27, 15, 30), "Strong wind")


def restored(world: World) -> None:
    cancelled(world)
    world.by_leader(cancellations.restore_date)


def place_changed(world: World) -> None:
    world.queue(world.alice)
    activity = db.session.get_one(Activity, world.date.activity_id)
    said = Details(activity.title, "", "Library", "", "", "", "", world.leader.actor.name)
    what = world.leader.actor, activity.id, said
    write(lambda: describe(*what, clock.now()))


def reminder(world: World) -> None:
    world.queue(world.alice)
    work_through(world, on(26, 19))


def message(world: World) -> None:
    world.queue(world.alice)
    world.by_leader(hearers.send, "Bring gloves, please.", False)


def work_through(world: World, moment: datetime) -> None:
    """Let the worker do all that is due then."""
    world.at(moment)
    for job in jobs("tick"):
        write(partial(job, moment))


def list_lent(world: World) -> None:
    world.queue(world.alice)
    world.by_leader(lending.lend, world.alice.id)


def list_back(world: World) -> None:
    list_lent(world)
    world.by_leader(lending.lend, None)


def check_out(world: World) -> None:
    world.queue(world.alice)
    world.at(on(27, 15))
    _, screen = scanning.show(world.leader.actor, world.date.id, clock.now())
    write(lambda: scanning.confirm(world.alice.actor, screen.code, clock.now(), "phone", clock.now()))
    work_through(world, on(27, 15, 45))


def newcomer(world: World) -> None:
    administer = update(Membership).where(Membership.person_id == world.alice.id)
    write(lambda: db.session.execute(administer.values(role=Role.ADMINISTRATOR)))
    world.at(on(27, 15))
    world.by_leader(checkin.take_in, "Dora", "13700000009")


def to_leader(world: World, deed: Callable[[World], object]) -> None:
    """Alice leads, too; it is Bob's doing."""
    lead = update(Membership).where(Membership.person_id == world.alice.id)
    write(lambda: db.session.execute(lead.values(role=Role.LEADER)))
    deed(replace(world, alice=world.bob))


def requested(world: World) -> None:
    write(lambda: db.session.execute(update(Shift).values(needs_approval=True)))
    world.queue(world.alice)


def leave_asked(world: World) -> None:
    world.queue(world.alice)
    world.at(on(27, 9))
    withdraw(world.alice, world.date)


def absent(world: World) -> None:
    world.queue(world.alice)
    world.at(on(27, 17))
    world.by_leader(checkin.mark, world.alices(), EntryKind.ABSENT)


def appealed(world: World) -> None:
    missed(world, EntryKind.NO_SHOW)
    signup = world.alices()
    write(lambda: verdicts.ask(world.alice.actor, signup, RequestKind.APPEAL, "I was ill.", None, clock.now()))


def correction_asked(world: World) -> None:
    world.queue(world.alice)
    world.at(on(27, 17))
    signup = world.alices()
    world.by_leader(checkin.mark, signup, EntryKind.CHECK_IN)
    write(
        lambda: verdicts.ask(world.alice.actor, signup, RequestKind.CORRECTION, "I left at half past.", 30, clock.now())
    )


def corrected(world: World) -> None:
    correction_asked(world)
    world.by_leader(verdicts.grant, world.alices())


def understaffed(world: World) -> None:
    write(lambda: db.session.execute(update(Shift).values(minimum=1)))
    work_through(world, on(26, 9))


def list_not_taken(world: World) -> None:
    world.queue(world.alice)
    work_through(world, on(27, 20))


def new_number(world: World) -> None:
    roster = read_roster("姓名,手机号\nAlice,13700000009\n".encode())
    actor, said = world.leader.actor, {"2": str(world.alice.id)}
    found = intake.hold_against(actor.team_id, by_key(roster), (), actor.role, said)
    assert [write(take) for take in intake.slices(actor, actor.zone, found, clock.now())] == [1]


def in_draw(world: World) -> None:
    write(lambda: db.session.execute(update(Activity).values(deadline_before=60)))
    write(lambda: db.session.execute(update(Shift).values(seed="0" * 64, undrawn=True)))
    signed_up(world)


def drawn(world: World) -> None:
    in_draw(world)
    world.at(on(27, 14))
    write(lambda: tick_draws(clock.now()))


def not_drawn(world: World) -> None:
    world.by_leader(organiser.reserve, None, "Guests", 1)
    drawn(world)


DEEDS: dict[Event, Callable[[World], object]] = {
    Event.PROMOTED: promoted,
    Event.OFFERED: offered,
    Event.LAPSED: lapsed,
    Event.FREE_PLACE: free_place,
    Event.STAND_IN_ASKED: stand_in_asked,
    Event.STOOD_IN: stand_in_given,
    Event.PLACE_BACK: place_back,
    Event.NOT_NEEDED: not_needed,
    Event.RELEASED: released,
    Event.APPROVED: answered,
    Event.APPROVED_QUEUE: lambda world: answered(world, world.bob),
    Event.DECLINED: partial(answered, approve=False),
    Event.SIGNED_UP: signed_up,
    Event.QUEUED: lambda world: signed_up(world, world.bob),
    Event.IN_DRAW: in_draw,
    Event.DRAWN: drawn,
    Event.NOT_DRAWN: not_drawn,
    Event.LEAVE_GRANTED: leave_granted,
    Event.HOURS_CONFIRMED: hours_confirmed,
    Event.EXCUSED: partial(missed, verdict=EntryKind.EXCUSED),
    Event.NO_SHOW: partial(missed, verdict=EntryKind.NO_SHOW),
    Event.ANSWERED: answered_no,
    Event.CORRECTED: corrected,
    Event.NEW_NUMBER: new_number,
    Event.MOVED: moved,
    Event.PLACE_CHANGED: place_changed,
    Event.CANCELLED: cancelled,
    Event.NOT_HELD: not_held,
    Event.ENDED: ended,
    Event.RESTORED: restored,
    Event.REMINDER: reminder,
    Event.MESSAGE: message,
    Event.REQUESTED: partial(to_leader, deed=requested),
    Event.LEAVE_ASKED: partial(to_leader, deed=leave_asked),
    Event.ABSENT: partial(to_leader, deed=absent),
    Event.APPEALED: partial(to_leader, deed=appealed),
    Event.CORRECTION_ASKED: partial(to_leader, deed=correction_asked),
    Event.UNDERSTAFFED: partial(to_leader, deed=understaffed),
    Event.LIST_NOT_TAKEN: partial(to_leader, deed=list_not_taken),
    Event.LIST_LENT: list_lent,
    Event.LIST_BACK: list_back,
    Event.CHECK_OUT: check_out,
    Event.NEWCOMER: newcomer,
}
"""What brings it about that Alice hears of an event, last of all. A new event needs a deed here."""


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("event", Event)
def test_alice_hears_of_every_event_in_her_language(
    team: Team, leader: Someone, cleanup: Occurrence, bob: Someone, at: SetClock, event: Event, locale: str
) -> None:
    world = World(at, leader, cleanup, make_member(team, "Alice", locale=locale), bob)
    DEEDS[event](world)
    with force_locale(locale):
        sentence = re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(str(event.value.sentence)))
    assert re.fullmatch(sentence, told(world.alice)[-1])
    assert (locale == "en") != bool(HAN.search(sentence))


def test_people_hear_and_calendars_know_only_where_a_deed_is_closed() -> None:
    found: set[tuple[str, str]] = set()
    for path in PACKAGE.rglob("*.py"):
        calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        found |= {(ast.unparse(call.func), path.relative_to(PACKAGE).as_posix()) for call in calls}
    writers = {name: {path for called, path in found if called == name} for name in ("audit.note", "revisions.touch")}
    in_one_place = {"notices/deeds.py"}
    below_deeds = {"accounts/service.py", "papers/downloads.py"}
    assert writers == {"audit.note": in_one_place | below_deeds, "revisions.touch": in_one_place}
