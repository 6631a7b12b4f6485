"""What people hear without anybody's doing: on the evening before, when too few come, when no list is taken."""

from datetime import date, datetime, time
from functools import partial

import pytest
from sqlalchemy import select, update

from tests.make import Someone, make_date, make_member, move_date, sign_up, withdraw
from tests.moments import SetClock, on
from tests.pages import Open
from volunteer import clock, jobs
from volunteer.activities.models import Occurrence, Shift
from volunteer.activities.rules import PlannedShift
from volunteer.checkin import service as checkin
from volunteer.ledger.states import EntryKind
from volunteer.notices import service as notices
from volunteer.schedule import cancellations
from volunteer.signups import organiser
from volunteer.signups.models import Signup
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    """Friday the 27th from nine to half past ten, two places."""
    return make_date(leader, day=FRIDAY, capacity=2)


def work(at: SetClock, moment: datetime) -> None:
    """Make it that moment, and let the worker do all that is due, twice."""
    at(moment)
    for job in [*jobs("tick"), *jobs("tick")]:
        write(partial(job, moment))


def heard(someone: Someone, event: str, *, new: bool = False) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    said = [one for one in notices.list_for(someone.actor, clock.now()) if one.event == event]
    return [one.body for one in said if one.is_new(clock.now()) or not new]


def move(leader: Someone, occurrence: Occurrence, day: date, hour: int = 9) -> None:
    occurrence_id = occurrence.id
    write(lambda: move_date(leader.actor, occurrence_id, day, time(hour), time(hour + 1, 30), clock.now()))


def prefer(someone: Someone, browser: Open, *wanted: str, quiet: tuple[int, int] = (22, 7)) -> None:
    hours = {"quiet_from": quiet[0], "quiet_until": quiet[1]}
    browser(someone).post("/me/preferences", event=list(wanted), **hours)


REMINDER = "See you soon: “Friday cleanup”, Fri 27 Nov 9:00–10:30, Main street. If you can't come, say so now."


def test_she_is_reminded_once_on_the_evening_before(
    team: Team, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    waits, gone = make_member(team, "Bob"), make_member(team, "Carol")
    for someone in (alice, gone, make_member(team, "Dora"), waits):
        sign_up(someone, cleanup)
    withdraw(gone, cleanup)
    work(at, on(26, 18, 59))
    assert heard(alice, "reminder") == []
    work(at, on(26, 19))
    work(at, on(27, 8))
    assert heard(alice, "reminder") == [REMINDER]
    assert heard(gone, "reminder") == []


def test_who_signs_up_after_the_hour_needs_no_reminder(alice: Someone, cleanup: Occurrence, at: SetClock) -> None:
    at(on(26, 19, 1))
    sign_up(alice, cleanup)
    work(at, on(26, 19, 2))
    assert heard(alice, "reminder") == []


def test_after_a_move_the_reminder_is_due_anew_and_the_old_one_is_taken_back(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    work(at, on(26, 19))
    at(on(26, 20))
    move(leader, cleanup, SATURDAY)
    assert heard(alice, "reminder", new=True) == []
    work(at, on(27, 19))
    assert heard(alice, "reminder", new=True) == [REMINDER.replace("Fri 27", "Sat 28")]


def test_nobody_is_reminded_of_what_is_cancelled(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    write(lambda: cancellations.cancel_date(leader.actor, cleanup.id, "Storm", clock.now()))
    work(at, on(26, 19))
    assert heard(alice, "reminder") == []


def test_quiet_hours_hold_back_a_reminder_and_never_a_change(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    prefer(alice, browser, "reminder", quiet=(18, 8))
    sign_up(alice, cleanup)
    work(at, on(26, 19))
    phone = browser(alice)
    assert heard(alice, "reminder") == []
    assert not phone.get("/me").soup.select(".badge")
    at(on(27, 8))
    assert heard(alice, "reminder") == [REMINDER]
    assert phone.get("/me").soup.select(".badge")
    move(leader, cleanup, SATURDAY)
    prefer(alice, browser, quiet=(0, 23))
    move(leader, cleanup, SATURDAY, 12)
    assert len(heard(alice, "moved")) == 1


def test_who_wants_no_reminders_gets_none_and_hears_of_changes_all_the_same(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    settings = browser(alice).get("/me/settings")
    ticked = [one["value"] for one in settings.soup.select('[name="event"]') if one.has_attr("checked")]
    assert "reminder" in ticked and not {"moved", "requested"} & {*ticked}
    assert settings.value("quiet_from") == "22" and settings.value("quiet_until") == "7"
    prefer(alice, browser)
    assert not browser(alice).get("/me/settings").soup.select('[name="event"][checked]')
    sign_up(alice, cleanup)
    work(at, on(26, 19))
    assert heard(alice, "reminder") == []
    move(leader, cleanup, SATURDAY)
    assert len(heard(alice, "moved")) == 1


def test_a_leader_chooses_what_waits_for_leaders_too(leader: Someone, alice: Someone, browser: Open) -> None:
    assert browser(leader).get("/me/settings").soup.select('[name="event"][value="requested"]')
    prefer(leader, browser, "requested")
    market = make_date(leader, day=FRIDAY)
    write(lambda: db.session.execute(update(Shift).values(needs_approval=True)))
    sign_up(alice, market)
    assert len(heard(leader, "requested")) == 1


@pytest.mark.parametrize("hour", ["", "24", "-1", "ten", "07"])
def test_hours_there_are_not_are_refused(alice: Someone, browser: Open, hour: str) -> None:
    page = browser(alice).post("/me/preferences", quiet_from=hour, quiet_until="7")
    assert "Choose the hours from the list." in page.text
    assert notices.hearing_for(alice.id).quiet_from == 22


def test_leaders_hear_two_days_before_that_too_few_come_and_no_more_once_there_are_enough(
    leader: Someone, alice: Someone, at: SetClock
) -> None:
    whole = PlannedShift("", time(9), time(10, 30), 5, 1)
    market = make_date(leader, title="Market", day=FRIDAY, shifts=[whole])
    work(at, on(25, 8, 59))
    assert heard(leader, "understaffed") == []
    work(at, on(25, 9))
    assert len(heard(leader, "understaffed", new=True)) == 1
    assert heard(alice, "understaffed") == []
    sign_up(alice, market)
    work(at, on(25, 10))
    assert heard(leader, "understaffed", new=True) == []


def test_leaders_hear_in_the_evening_and_once_more_next_morning_that_no_list_is_taken(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    work(at, on(27, 19, 59))
    assert heard(leader, "list_not_taken") == []
    for moment, times in ((on(27, 20), 1), (on(28, 7), 1), (on(28, 8), 2), (on(28, 20), 2)):
        work(at, moment)
        assert len(heard(leader, "list_not_taken")) == times
    (signup_id,) = db.session.scalars(select(Signup.id))
    write(lambda: checkin.mark(leader.actor, cleanup.id, signup_id, EntryKind.CHECK_IN, clock.now()))
    work(at, on(28, 21))
    assert heard(leader, "list_not_taken", new=True) == []


def test_a_date_with_nobody_on_it_needs_no_list(leader: Someone, cleanup: Occurrence, at: SetClock) -> None:
    work(at, on(27, 20))
    assert heard(leader, "list_not_taken") == []


def test_a_request_is_no_news_for_leaders_once_it_is_answered_or_withdrawn(
    team: Team, leader: Someone, alice: Someone, cleanup: Occurrence
) -> None:
    bob = make_member(team, "Bob")
    write(lambda: db.session.execute(update(Shift).values(needs_approval=True)))
    asked = [sign_up(someone, cleanup).id for someone in (alice, bob)]
    assert len(heard(leader, "requested", new=True)) == 2
    write(lambda: organiser.answer_request(leader.actor, cleanup.id, asked[0], True, clock.now()))
    assert len(heard(leader, "requested", new=True)) == 1
    withdraw(bob, cleanup)
    assert heard(leader, "requested", new=True) == []
