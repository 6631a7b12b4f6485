"""Bad weather: what people hear, whose place is kept for the new day, and the way back."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from tests.bench.inside import counted_statements
from tests.make import (
    Someone,
    make_date,
    make_leader,
    make_member,
    reserve,
    sign_up,
    signup_of,
    tick,
    told,
    withdraw,
)
from tests.moments import FRIDAY, ZONE, SetClock, on
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.states import OccurrenceState
from volunteer.checkin import service as checkin
from volunteer.ledger import jobs as ledger
from volunteer.ledger.states import EntryKind
from volunteer.signups import jobs, stand_ins
from volunteer.signups.models import StandIn
from volunteer.signups.states import Asked, Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

CANCELLED, PUBLISHED = OccurrenceState.CANCELLED, OccurrenceState.PUBLISHED
SATURDAY = FRIDAY + timedelta(days=1)


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    return make_date(leader, in_days=4, capacity=2)


@pytest.fixture
def dave(team: Team) -> Someone:
    return make_member(team, "Dave")


@pytest.fixture
def desk(browser: Open, leader: Someone) -> "Desk":
    return Desk(browser, leader)


class Desk:
    """The weather page in a leader's hands."""

    def __init__(self, browser: Open, leader: Someone) -> None:
        self.phone = browser(leader)

    def look(self, *, status: int = 200, to: date | None = SATURDAY, reason: str = "Storm", **fields: object) -> Page:
        return self.phone.post("/weather", status=status, action="preview", to=to or "", reason=reason, **fields)

    def save(self, **fields: object) -> Page:
        return self.look(**fields).submit("/weather", action="save")  # type: ignore[arg-type]


def figures(page: Page) -> dict[str, int]:
    tag = page.soup.select_one("[data-moved]")
    assert tag
    return {name: int(str(tag[f"data-{name}"])) for name in ("moved", "removed", "ended", "offered", "kept", "told")}


def as_it_is(one: Occurrence) -> Occurrence:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Occurrence, one.id)


def when(one: Occurrence) -> str:
    return f"{clock.local(as_it_is(one).starts_at, ZONE):%m-%d %H:%M}"


def standing(*people: Someone) -> list[Status]:
    db.session.rollback()
    db.session.expire_all()
    return [signup_of(one).status for one in people]


def all_is_well() -> None:
    assert [*jobs.check(clock.now()), *ledger.check(clock.now())] == []


def test_places_of_a_friday_sent_to_saturday_are_kept_for_who_had_them_then_for_who_waits(
    desk: Desk, cleanup: Occurrence, alice: Someone, bob: Someone, charlie: Someone, at: SetClock
) -> None:
    for one in (alice, bob, charlie):
        sign_up(one, cleanup)
    look = desk.look(occurrence=cleanup.id)
    assert figures(look) == {"moved": 1, "removed": 0, "ended": 0, "offered": 2, "kept": 1, "told": 3}
    assert when(cleanup) == "11-27 09:00"
    look.submit("/weather", action="save")
    assert when(cleanup) == "11-28 09:00"
    assert standing(alice, bob, charlie) == [Status.OFFERED, Status.OFFERED, Status.WAITING]
    heard = told(alice)
    assert any("has moved from" in one and "Storm" in one for one in heard)
    assert any("is kept for you until" in one for one in heard)
    assert "has moved from" in told(charlie)[0]
    all_is_well()
    tick(at, clock.now() + timedelta(hours=23))
    assert standing(alice, bob, charlie) == [Status.OFFERED, Status.OFFERED, Status.WAITING], "it is five days off"
    tick(at, clock.now() + timedelta(hours=2))
    assert standing(alice, bob, charlie) == [Status.LAPSED, Status.LAPSED, Status.CONFIRMED]
    all_is_well()


def test_all_of_a_day_is_called_off_and_brought_back_whole(
    desk: Desk, leader: Someone, cleanup: Occurrence, alice: Someone, bob: Someone, dave: Someone
) -> None:
    other = make_date(leader, in_days=4, title="Reading", start=time(15), end=time(16))
    far = make_date(leader, in_days=5)
    sign_up(alice, cleanup)
    sign_up(bob, other)
    sign_up(dave, far)
    page = desk.save(date=FRIDAY, to=None)
    assert [as_it_is(one).state for one in (cleanup, other, far)] == [CANCELLED, CANCELLED, PUBLISHED]
    assert as_it_is(other).reason == "Storm"
    assert (len(told(alice)), len(told(bob)), told(dave)) == (1, 1, [])
    page.submit("/undo")
    assert [as_it_is(one).state for one in (cleanup, other, far)] == [PUBLISHED] * 3
    assert standing(alice, bob) == [Status.CONFIRMED] * 2
    all_is_well()


def test_where_somebody_is_checked_in_it_ends_now_and_the_minutes_stand(
    desk: Desk, leader: Someone, cleanup: Occurrence, alice: Someone, bob: Someone, at: SetClock
) -> None:
    later = make_date(leader, in_days=4, title="Reading", start=time(15), end=time(16))
    sign_up(alice, cleanup)
    sign_up(bob, later)
    at(on(27, 9, 40))
    write(lambda: checkin.mark(leader.actor, cleanup.id, signup_of(alice).id, EntryKind.CHECK_IN, on(27, 9)))
    look = desk.look(date=FRIDAY)
    assert figures(look) == {"moved": 1, "removed": 0, "ended": 1, "offered": 1, "kept": 0, "told": 2}
    page = look.submit("/weather", action="save")
    assert as_it_is(cleanup).ends_at == on(27, 9, 40)
    assert (when(cleanup), when(later)) == ("11-27 09:00", "11-28 15:00")
    assert "ended early" in told(alice)[0]
    page = page.submit("/undo")
    assert (as_it_is(cleanup).ends_at, when(later)) == (on(27, 9, 40), "11-27 15:00")
    assert "Not as before: Fri 27 Nov" in page.text
    all_is_well()


def test_taken_back_everybody_has_their_place_again_also_who_had_not_answered(
    desk: Desk, leader: Someone, alice: Someone, bob: Someone, charlie: Someone, dave: Someone, at: SetClock
) -> None:
    far = make_date(leader, in_days=4, capacity=3)
    for one in (alice, bob, charlie, dave):
        sign_up(one, far)
    at(on(26, 9))
    page = desk.save(occurrence=far.id)
    withdraw(charlie, far)
    tick(at, clock.now() + timedelta(hours=3))
    assert standing(alice, bob, charlie, dave) == [Status.LAPSED, Status.LAPSED, Status.WITHDRAWN, Status.CONFIRMED]
    look = page.submit("/undo")
    assert look.path.endswith("/undo")
    look.submit("/undo")
    assert when(far) == "11-27 09:00"
    assert standing(alice, bob, charlie, dave) == [
        Status.CONFIRMED,
        Status.CONFIRMED,
        Status.WITHDRAWN,
        Status.CONFIRMED,
    ]
    all_is_well()


def test_taken_back_at_once_who_was_asked_hears_of_the_date_and_is_asked_no_more(
    desk: Desk, cleanup: Occurrence, alice: Someone, bob: Someone, charlie: Someone
) -> None:
    for one in (alice, bob, charlie):
        sign_up(one, cleanup)
    desk.save(occurrence=cleanup.id).submit("/undo")
    assert standing(alice, bob, charlie) == [Status.CONFIRMED, Status.CONFIRMED, Status.WAITING]
    assert [one for one in told(alice) if "kept for you" in one] == []
    assert signup_of(alice).why is None
    all_is_well()


def test_who_says_yes_keeps_the_place_and_the_leader_and_reserved_places_are_not_asked(
    browser: Open, desk: Desk, leader: Someone, alice: Someone
) -> None:
    date = make_date(leader, in_days=4, capacity=5)
    sign_up(alice, date)
    sign_up(leader, date)
    reserve(leader, date, "School", 2)
    desk.save(occurrence=date.id)
    assert standing(alice, leader) == [Status.OFFERED, Status.CONFIRMED]
    page = browser(alice).get(f"/occurrences/{date.id}")
    assert "It has moved to another day: offered first to you, until" in page.text
    page.submit("/accept")
    assert standing(alice) == [Status.CONFIRMED]
    all_is_well()


def test_nobody_is_asked_any_more_to_stand_in_on_the_old_day(
    desk: Desk, leader: Someone, alice: Someone, bob: Someone
) -> None:
    date = make_date(leader, in_days=4)
    sign_up(alice, date)
    question = write(lambda: stand_ins.ask(alice.actor, date.id, clock.now()))
    desk.save(occurrence=date.id)
    db.session.expire_all()
    assert db.session.get_one(StandIn, question.id).state is Asked.LAPSED
    all_is_well()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"date": date(2026, 11, 29)}, "Nothing takes place then that is still to come or under way."),
        ({}, "Choose a day."),
        ({"date": FRIDAY, "reason": " "}, "Say why in up to 200 characters; everyone signed up reads it."),
        ({"date": FRIDAY, "reason": "x" * 201}, "Say why in up to 200 characters; everyone signed up reads it."),
        ({"date": FRIDAY, "to": date(2026, 11, 20)}, "That time has passed. Choose a later one."),
        ({"date": FRIDAY, "to": FRIDAY}, "It is on that day already. Choose another day, or none."),
        ({"date": FRIDAY, "to": date(2026, 11, 23)}, "That is too soon to ask who comes. Choose a later day."),
    ],
)
def test_what_makes_no_sense_is_said_beside_what_was_typed(
    desk: Desk, cleanup: Occurrence, fields: dict[str, object], why: str
) -> None:
    assert why in desk.look(status=422, **fields).text  # type: ignore[arg-type]
    assert when(cleanup) == "11-27 09:00"


def test_a_holiday_is_said_and_allowed_and_so_is_who_is_elsewhere(
    desk: Desk, leader: Someone, cleanup: Occurrence, alice: Someone
) -> None:
    new_year = date(2027, 1, 1)
    there = make_date(leader, in_days=(new_year - date(2026, 11, 23)).days, title="Lanterns")
    sign_up(alice, cleanup)
    sign_up(alice, there)
    look = desk.look(occurrence=cleanup.id, to=new_year)
    assert "元旦" in look.text
    assert "also signed up for “Lanterns”" in look.text
    look.submit("/weather", action="save")
    assert when(cleanup) == "01-01 09:00"
    all_is_well()


def test_somebody_checked_in_before_the_start_is_named_before_anything_is_done(
    desk: Desk, leader: Someone, cleanup: Occurrence, alice: Someone, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    at(on(27, 8, 40))
    write(lambda: checkin.mark(leader.actor, cleanup.id, signup_of(alice).id, EntryKind.CHECK_IN, on(27, 8, 40)))
    look = desk.look(status=422, occurrence=cleanup.id)
    assert look.errors == ["Somebody is checked in for “Friday cleanup” already. Undo that on its list."]


def test_of_two_leaders_the_second_sees_what_there_is_now(
    browser: Open, team: Team, desk: Desk, cleanup: Occurrence, alice: Someone, bob: Someone
) -> None:
    sign_up(alice, cleanup)
    other = Desk(browser, make_leader(team, name="Liz"))
    mine, theirs = desk.look(occurrence=cleanup.id), other.look(occurrence=cleanup.id, to=date(2026, 11, 29))
    sign_up(bob, cleanup)
    again = mine.submit("/weather", status=422, action="save")
    assert again.errors == ["This is what would become of each date now. Look at it, then save."]
    assert figures(again)["offered"] == 2
    again.submit("/weather", action="save")
    assert when(cleanup) == "11-28 09:00"
    theirs.submit("/weather", status=422, action="save")
    assert when(cleanup) == "11-28 09:00"
    desk.save(date=SATURDAY, to=None)
    assert other.look(status=422, occurrence=cleanup.id).errors == [
        "Nothing takes place then that is still to come or under way."
    ]


def test_a_second_tap_changes_nothing(desk: Desk, cleanup: Occurrence, alice: Someone) -> None:
    sign_up(alice, cleanup)
    look = desk.look(occurrence=cleanup.id)
    first, second = (look.submit("/weather", action="save") for _ in range(2))
    assert first.path == second.path
    assert len(told(alice)) == 2
    assert when(cleanup) == "11-28 09:00"


def test_a_friday_is_moved_from_the_leaders_home_in_six_taps_and_fields(
    browser: Open, leader: Someone, cleanup: Occurrence
) -> None:
    home = browser(leader).get("/today")
    taps = 1  # bad weather
    assert home.soup.select_one('a[href="/weather"]')
    form = browser(leader).get("/weather")
    shown = [one["name"] for one in form.soup.select('form[action="/weather"] :is(input,select):not([type=hidden])')]
    assert shown == ["date", "reason", "to"]
    assert len(form.soup.select("select[name=date] option")) == 1
    taps += len(shown) + 2  # see, save
    look = form.submit("/weather", date=FRIDAY, reason="Storm", to=SATURDAY, action="preview")
    look.submit("/weather", action="save")
    assert when(cleanup) == "11-28 09:00"
    assert taps <= 6


def test_what_a_storm_asks_the_database_does_not_grow_with_who_is_signed_up(
    desk: Desk, team: Team, leader: Someone
) -> None:
    people, asked = [make_member(team, f"P{n}") for n in range(24)], []
    for day, its in ((FRIDAY, people[:4]), (SATURDAY, people)):
        for hour in (9, 13, 16):
            date = make_date(leader, day=day, start=time(hour), end=time(hour + 1), capacity=20)
            for someone in its:
                sign_up(someone, date)
        look = desk.look(date=day, to=day + timedelta(weeks=1))
        with counted_statements() as said:
            look.submit("/weather", action="save")
        asked.append(len(said))
    assert asked[1] == asked[0] <= 50, asked


def test_taken_back_who_was_asked_to_stand_in_is_asked_again(
    desk: Desk, leader: Someone, alice: Someone, bob: Someone
) -> None:
    date = make_date(leader, in_days=4)
    sign_up(alice, date)
    question = write(lambda: stand_ins.ask(alice.actor, date.id, clock.now()))
    asked = next(one for one in (bob, leader) if one.id == question.asked_id)
    desk.save(occurrence=date.id).submit("/undo")
    again = db.session.scalars(select(StandIn).where(StandIn.state == Asked.ASKED)).one()
    assert (again.signup_id, again.asked_id) == (question.signup_id, asked.id)
    assert any("Can you stand in" in one for one in told(asked)), told(asked)
    write(lambda: stand_ins.answer(asked.actor, again.id, True, clock.now()))
    assert signup_of(asked).status is Status.CONFIRMED
    all_is_well()
