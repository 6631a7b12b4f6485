"""A leader changes an activity on one screen; nobody is moved who was not in the preview, and it can be undone."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from tests.bench.inside import counted_statements
from tests.make import (
    Someone,
    make_activity,
    make_date,
    make_leader,
    make_member,
    shifts_of,
    sign_up,
    signup_of,
    told,
)
from tests.moments import FRIDAY, ZONE, SetClock, on
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities import dates
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.states import OccurrenceState
from volunteer.ledger import jobs as ledger
from volunteer.schedule.models import Edit
from volunteer.signups import jobs
from volunteer.signups.states import Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

FRIDAYS = [FRIDAY + timedelta(weeks=n) for n in range(4)]


def dates_of(_: Activity | None = None) -> list[Occurrence]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at, Occurrence.id)))


def when(one: Occurrence) -> str:
    return f"{clock.local(one.starts_at, ZONE):%m-%d %H:%M}"


def held(_: Activity | None = None) -> list[str]:
    return [when(one) for one in dates_of() if one.state is OccurrenceState.PUBLISHED]


class Desk:
    """The edit page of an activity in a leader's hands."""

    def __init__(self, browser: Open, leader: Someone, activity_id: int) -> None:
        self.phone, self.path = browser(leader), f"/activities/{activity_id}/edit"

    def preview(self, *, status: int = 200, **fields: object) -> Page:
        return self.phone.post(self.path, status=status, action="preview", **fields)

    def save(self, *, status: int = 200, **fields: object) -> Page:
        """Look at it, then save what was looked at."""
        return self.preview(**fields).submit("/edit", status=status, action="save")


def figures(page: Page) -> dict[str, int]:
    tag = page.soup.select_one("[data-moved]")
    assert tag
    names = ("moved", "removed", "added", "kept", "clashing", "told")
    return {name: int(str(tag[f"data-{name}"])) for name in names}


def all_is_well() -> None:
    assert [*jobs.check(clock.now()), *ledger.check(clock.now())] == []


@pytest.fixture
def desk(browser: Open, leader: Someone, series: Activity) -> Desk:
    return Desk(browser, leader, series.id)


def test_one_date_moves_after_a_look_and_who_is_on_it_hears(
    desk: Desk, series: Activity, alice: Someone, bob: Someone
) -> None:
    second = dates_of(series)[1]
    sign_up(alice, second)
    sign_up(bob, dates_of(series)[2])
    look = desk.preview(scope="this", occurrence=second.id, start="10:00", end="11:30")
    assert figures(look) == {"moved": 1, "removed": 0, "added": 0, "kept": 1, "clashing": 0, "told": 1}
    assert held(series)[1] == "12-04 09:00"
    look.submit("/edit", action="save")
    assert held(series) == ["11-27 09:00", "12-04 10:00", "12-11 09:00", "12-18 09:00"]
    assert "10:00" in told(alice)[0]
    assert told(bob) == []
    all_is_well()


def test_all_to_come_change_hour_and_place_in_place(
    desk: Desk, series: Activity, alice: Someone, at: SetClock, leader: Someone
) -> None:
    sign_up(alice, dates_of(series)[2])
    at(on(27, 12))
    page = desk.save(scope="all", start="14:00", end="15:30", place="North gate")
    assert page.path.startswith("/edits/")
    assert held(series) == ["11-27 09:00", "12-04 14:00", "12-11 14:00", "12-18 14:00"]
    assert [one.place for one in dates_of(series)] == ["Main street"] + ["North gate"] * 3
    assert {one.activity_id for one in dates_of(series)} == {series.id}
    assert told(alice) == [
        "“Friday cleanup” has moved from Fri 11 Dec 9:00–10:30 to Fri 11 Dec 14:00–15:30. It is at “North gate” then."
    ]
    assert {(f"{clock.local(s.starts_at, ZONE):%H}") for one in dates_of(series)[1:] for s in shifts_of(one)} == {"14"}
    all_is_well()


def test_from_a_date_on_the_series_is_split_and_keeps_every_row(desk: Desk, series: Activity, alice: Someone) -> None:
    third = dates_of(series)[2]
    names = [one.public_id for one in dates_of(series)]
    sign_up(alice, third)
    desk.save(scope="following", occurrence=third.id, place="South hill", capacity=7)
    now = dates_of(series)
    assert [one.public_id for one in now] == names
    assert [one.place for one in now] == ["Main street"] * 2 + ["South hill"] * 2
    heir = db.session.get_one(Activity, now[2].activity_id)
    assert (heir.predecessor_id, heir.place, heir.until) == (series.id, "South hill", FRIDAYS[-1])
    assert [one.capacity for day in now for one in shifts_of(day)] == [15, 15, 7, 7]
    assert db.session.get_one(Activity, series.id).until == FRIDAYS[1]
    all_is_well()


def test_ending_a_series_cancels_what_falls_out_and_asks_why_where_people_are(
    desk: Desk, series: Activity, alice: Someone
) -> None:
    last = dates_of(series)[3]
    sign_up(alice, last)
    look = desk.preview(scope="all", until="2026-12-04")
    assert figures(look) == {"moved": 0, "removed": 2, "added": 0, "kept": 0, "clashing": 0, "told": 1}
    refused = look.submit("/edit", action="save", status=422)
    assert "Say why" in refused.errors[0] or "Say why" in refused.text
    refused.submit("/edit", action="save", reason="The bridge is closed")
    assert held(series) == ["11-27 09:00", "12-04 09:00"]
    assert "The bridge is closed" in told(alice)[0]
    desk.save(scope="all", until="2026-12-25")
    assert held(series)[2:] == ["12-11 09:00", "12-18 09:00", "12-25 09:00"]
    all_is_well()


def test_dates_that_are_ticked_are_called_off(desk: Desk, series: Activity, alice: Someone) -> None:
    second = dates_of(series)[1]
    sign_up(alice, second)
    look = desk.preview(scope="all", cancel=second.id, reason="Exams")
    assert figures(look)["removed"] == 1
    look.submit("/edit", action="save")
    assert held(series) == ["11-27 09:00", "12-11 09:00", "12-18 09:00"]
    assert "Exams" in told(alice)[0]
    desk.save(scope="all", start="08:00")
    assert held(series) == ["11-27 08:00", "12-11 08:00", "12-18 08:00"]


def test_who_is_elsewhere_then_keeps_both_unless_the_leader_ends_one(
    desk: Desk, series: Activity, leader: Someone, alice: Someone, bob: Someone
) -> None:
    second = dates_of(series)[1]
    other = make_date(leader, day=FRIDAYS[1], start=time(11), end=time(12), title="Reading")
    for someone in (alice, bob):
        sign_up(someone, second)
        sign_up(someone, other)
    look = desk.preview(scope="this", occurrence=second.id, start="11:30", end="13:00")
    assert figures(look) == {"moved": 1, "removed": 0, "added": 0, "kept": 0, "clashing": 2, "told": 2}
    assert "Reading" in look.text
    look.submit("/edit", action="save", release=signup_of(alice, second).id)
    assert signup_of(alice, second).status is Status.RELEASED
    assert signup_of(bob, second).status is Status.CONFIRMED
    all_is_well()


def test_what_nobody_has_seen_is_not_saved(desk: Desk, series: Activity, alice: Someone, bob: Someone) -> None:
    second = dates_of(series)[1]
    sign_up(alice, second)
    change = {"scope": "this", "occurrence": second.id, "start": "10:00"}
    page = desk.phone.post(desk.path, status=422, action="save", **change)
    assert "Look at it, then save" in page.text
    sign_up(bob, second)
    page.submit("/edit", action="save", status=422)  # Bob was not in that preview
    assert held(series)[1] == "12-04 09:00"
    desk.preview(**change)
    desk.phone.post(desk.path, action="save", **change)  # it was seen on this phone
    assert held(series)[1] == "12-04 10:00"


def test_fewer_places_than_are_taken_drop_nobody_and_more_let_the_queue_move_up(
    desk: Desk, series: Activity, alice: Someone, bob: Someone, charlie: Someone
) -> None:
    first = dates_of(series)[0]
    for someone in (alice, bob):
        sign_up(someone, first)
    assert "They all keep theirs" in desk.preview(scope="all", capacity=1).text
    desk.save(scope="all", capacity=1)
    sign_up(charlie, first)
    assert [signup_of(one).status for one in (alice, bob, charlie)] == [*[Status.CONFIRMED] * 2, Status.WAITING]
    desk.save(scope="all", capacity=3)
    assert signup_of(charlie).status is Status.CONFIRMED
    all_is_well()


def test_positions_come_are_renamed_and_go_when_nobody_was_on_them(
    desk: Desk, series: Activity, alice: Someone
) -> None:
    desk.save(scope="all", **{"position": "East", "positions-0-name": "West", "positions-0-capacity": 3})
    first = dates_of(series)[0]
    assert [(one.name, one.capacity) for one in shifts_of(first)] == [("East", 15), ("West", 3)]
    desk.save(scope="all", start="10:00", end="11:30")
    assert {when(one)[6:] for one in shifts_of(dates_of(series)[0])} == {"10:00"}
    desk.save(scope="all", **{"positions-0-name": "", "positions-0-capacity": ""})
    assert [one.name for one in shifts_of(first)] == ["East"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"scope": "all", "repeat": "by_hand", "dates": ""}, "Give at least one day"),
        ({"scope": "all", "start": "11:00", "end": "10:00"}, "The end lies before the start."),
        ({"scope": "all", "until": "2026-11-20"}, "The last day lies before the first."),
        ({"scope": "all", "date": "2026-11-20"}, "That time has passed. Choose a later one."),
        ({"scope": "following"}, "Choose the date first."),
        ({"scope": "this", "risk": "Cars"}, "That goes for the whole series."),
        ({"scope": "all", "kind": "tree_planting"}, "stay as they are"),
    ],
)
def test_what_makes_no_sense_is_said_beside_what_was_typed(
    desk: Desk, series: Activity, fields: dict[str, object], sentence: str
) -> None:
    if fields["scope"] == "this":
        fields = fields | {"occurrence": dates_of(series)[0].id}
    before = held(series)
    assert sentence in desk.preview(status=422, **fields).text
    assert held(series) == before


def test_what_has_begun_is_no_place_to_start_from(desk: Desk, series: Activity, at: SetClock) -> None:
    first = dates_of(series)[0]
    at(on(27, 9, 30))
    assert "This date has begun" in desk.preview(status=422, scope="following", occurrence=first.id, start="08:00").text


def test_two_leaders_saving_at_once_see_both_versions(browser: Open, leader: Someone, team: Team) -> None:
    activity = make_activity(leader, title="Old")
    other = make_leader(team, "Max")
    first, second = (browser(who).get(f"/activities/{activity.id}/edit") for who in (leader, other))
    first.submit("/edit", title="From the first", action="save")
    page = second.submit("/edit", status=422, title="From the second", action="preview")
    assert "Somebody else has just changed this activity." in page.errors[0]
    assert page.value("title") == "From the second"
    assert "From the first" in page.text
    page.submit("/edit", action="save")
    db.session.rollback()
    assert db.session.get_one(Activity, activity.id).title == "From the second"


def test_undo_brings_back_dates_places_and_the_queue(
    desk: Desk, series: Activity, alice: Someone, bob: Someone, at: SetClock
) -> None:
    desk.save(scope="all", capacity=1)
    second = (before := dates_of(series))[1]
    was = [(when(one), one.place, one.state, one.activity_id, one.rule_date) for one in before]
    sequences = [one.sequence for one in before]
    for someone in (alice, bob):
        sign_up(someone, second)
    page = desk.save(scope="following", occurrence=second.id, date="2026-12-05", capacity=2, place="Hill")
    assert signup_of(bob).status is Status.CONFIRMED
    assert held(series)[1:] == ["12-05 09:00", "12-12 09:00", "12-19 09:00"]
    at(on(23, 20))
    undone = page.submit("/undo")
    assert "Taken back" in undone.text
    after = dates_of(series)
    assert [(when(one), one.place, one.state, one.activity_id, one.rule_date) for one in after] == was
    assert all(now.sequence > then for now, then in zip(after[1:], sequences[1:], strict=True))
    assert (signup_of(alice).status, signup_of(bob).status) == (Status.CONFIRMED, Status.WAITING)
    assert len(told(alice)) >= 1
    write(lambda: dates.make(db.session.get_one(Activity, series.id), clock.now()))
    assert len(dates_of(series)) == 4
    all_is_well()


def test_undo_after_somebody_else_changed_it_is_looked_at_first(
    desk: Desk, series: Activity, alice: Someone, bob: Someone
) -> None:
    second = dates_of(series)[1]
    sign_up(alice, second)
    page = desk.save(scope="all", start="10:00", end="11:30")
    sign_up(bob, second)
    look = page.submit("/undo")
    assert look.path.endswith("/undo")
    assert figures(look)["moved"] == 4
    assert held(series)[1] == "12-04 10:00"
    look.submit("/undo")
    assert held(series)[1] == "12-04 09:00"
    assert signup_of(bob).status is Status.CONFIRMED


def test_what_was_ended_is_given_back_and_who_cannot_have_it_is_named(
    desk: Desk, series: Activity, leader: Someone, alice: Someone, bob: Someone
) -> None:
    second = dates_of(series)[1]
    desk.save(scope="all", capacity=1)
    other = make_date(leader, day=FRIDAYS[1], start=time(11), end=time(12))
    for someone in (alice,):
        sign_up(someone, second)
        sign_up(someone, other)
    look = desk.preview(scope="this", occurrence=second.id, start="11:30", end="13:00")
    page = look.submit("/edit", action="save", release=signup_of(alice, second).id)
    sign_up(bob, second)
    done = page.submit("/undo").submit("/undo")
    assert "Alice" in done.text
    assert signup_of(alice, second).status is Status.WAITING
    assert signup_of(bob, second).status is Status.CONFIRMED
    all_is_well()


def test_a_whole_series_moves_a_day_or_a_week_and_back_and_stays_the_same_series(
    desk: Desk, series: Activity, alice: Someone
) -> None:
    sign_up(alice, dates_of(series)[2])
    for by in ("2026-11-28", "2026-12-04"):
        page = desk.save(scope="all", date=by)
        assert held(series)[0] == f"{by[5:]} 09:00"
        assert {one.activity_id for one in dates_of(series)} == {series.id}
        page.submit("/undo")
        assert held(series) == [f"{day:%m-%d} 09:00" for day in FRIDAYS]
    write(lambda: dates.make(db.session.get_one(Activity, series.id), clock.now()))
    assert len(dates_of(series)) == 4
    all_is_well()


def test_what_a_series_was_split_into_is_changed_for_itself(desk: Desk, series: Activity) -> None:
    desk.save(scope="following", occurrence=dates_of(series)[2].id, place="Hill")
    look = desk.preview(scope="all", start="10:00")
    assert "Carried on by" in look.text
    look.submit("/edit", action="save")
    assert held(series) == ["11-27 10:00", "12-04 10:00", "12-11 09:00", "12-18 09:00"]


def test_a_date_sent_to_a_holiday_goes_there_and_the_holiday_is_named(desk: Desk, series: Activity) -> None:
    look = desk.preview(scope="this", occurrence=dates_of(series)[3].id, date="2027-01-01")
    assert "元旦" in look.text
    look.submit("/edit", action="save")
    assert held(series)[3] == "01-01 09:00"


def test_a_single_date_is_changed_as_a_whole_and_may_become_a_series(
    browser: Open, leader: Someone, alice: Someone
) -> None:
    one = make_date(leader, day=FRIDAY)
    sign_up(alice, one)
    desk = Desk(browser, leader, one.activity_id)
    desk.save(scope="all", date="2026-11-28", risk="Cars")
    assert held() == ["11-28 09:00"]
    desk.save(scope="all", repeat="weekly", until="2026-12-31")
    assert held() == ["11-28 09:00", *(f"{FRIDAY + timedelta(weeks=n):%m-%d} 09:00" for n in range(1, 5))]
    assert "nothing to change" in desk.save(scope="all").text


def test_after_a_day_nothing_is_undone_and_no_more_is_kept_of_how_it_was(
    desk: Desk, series: Activity, at: SetClock
) -> None:
    page = desk.save(scope="all", title="Cleanup")
    at(on(24, 9))
    assert "cannot be taken back any more" in page.submit("/undo").text
    assert dates_of(series)[0].title == "Cleanup"
    desk.save(scope="all", title="Big cleanup")
    assert [bool(one.undo) for one in db.session.scalars(select(Edit).order_by(Edit.id))] == [False, True]


def test_moving_46_dates_with_900_sign_ups_asks_the_database_little(browser: Open, team: Team, leader: Someone) -> None:
    days = [FRIDAY + timedelta(days=n) for n in range(46)]
    activity = make_activity(leader, repeat=Repeat.WEEKLY, day=FRIDAY, until=FRIDAY)
    desk = Desk(browser, leader, activity.id)
    desk.save(scope="all", repeat="by_hand", dates=" ".join(map(str, days)), capacity=30, holidays="keep")
    people = [make_member(team, f"P{n}") for n in range(20)]
    for one in dates_of(activity):
        if one.state is OccurrenceState.PUBLISHED:
            for someone in people[:20]:
                sign_up(someone, one)
    look = desk.preview(scope="all", start="10:00", end="11:30")
    assert figures(look)["moved"] == len(held(activity)) >= 40
    assert figures(look)["kept"] == 920
    with counted_statements() as asked:
        page = look.submit("/edit", action="save")
    assert page.path.startswith("/edits/")
    assert len(asked) <= 60, len(asked)


def test_a_form_opened_before_the_date_was_moved_does_not_send_it_back(
    desk: Desk, series: Activity, alice: Someone
) -> None:
    second = dates_of(series)[1]
    sign_up(alice, second)
    form = desk.phone.get(f"{desk.path}?occurrence={second.id}")
    desk.save(scope="this", occurrence=second.id, place="Hill")
    fresh = desk.phone.get(f"{desk.path}?occurrence={second.id}")
    storm = desk.phone.post("/weather", occurrence=second.id, to="2026-12-06", reason="Storm", action="preview")
    storm.submit("/weather", action="save")
    for page in (form, fresh):
        stale = page.submit("/edit", status=422, place="Square", action="preview")
        assert "Somebody else has just changed this activity." in stale.errors[0]
        assert "2026-12-06" in stale.text
    stale.submit("/edit", date="2026-12-06", action="preview").submit("/edit", action="save")
    assert held(series)[1:3] == ["12-06 09:00", "12-11 09:00"]
    assert dates_of(series)[1].place == "Square"
