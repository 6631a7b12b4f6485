"""Who may say that somebody was there: of oneself only that, and after ten working days only an administrator."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from tests.ledger.missing import NOVEMBER, entries, mark, miss, roster
from tests.ledger.written import hours_of
from tests.make import (
    Someone,
    make_administrator,
    make_date,
    make_leader,
    make_member,
    sign_up,
    signup_of,
    withdraw,
)
from tests.moments import ZONE, SetClock
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities import holidays
from volunteer.activities.models import Occurrence
from volunteer.clock import Override, WorkingDays
from volunteer.ledger.rules import last_day_for_leaders
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

pytestmark = pytest.mark.begins(NOVEMBER)

NOT_ONESELF = ["Nobody decides about their own attendance. Please ask another leader or an administrator."]


@pytest.fixture
def lara(team: Team) -> Someone:
    return make_leader(team, "Lara")


@pytest.fixture
def cleanup(leader: Someone, bob: Someone) -> Occurrence:
    """A cleanup of an hour and a half, tomorrow, that Bob has signed up for."""
    occurrence = make_date(leader, in_days=1)
    sign_up(bob, occurrence)
    return occurrence


def row_of(someone: Someone, occurrence: Occurrence, page: Page) -> str:
    """A name's row on the list, with what its buttons say."""
    row = page.soup.select_one(f"#n{signup_of(someone, occurrence).id}")
    assert row, f"not on {page.path}"
    return " ".join(row.get_text(" ").split())


# Oneself


@pytest.mark.parametrize("make", [make_leader, make_administrator])
@pytest.mark.parametrize("how", ["absent", "excused", "no_show"])
def test_nobody_judges_themselves_whatever_they_are(
    team: Team, cleanup: Occurrence, browser: Open, at: SetClock, make: Callable[[Team], Someone], how: str
) -> None:
    someone = make(team)
    sign_up(someone, cleanup)
    at(cleanup.ends_at)
    assert mark(browser(someone), someone, cleanup, how) == NOT_ONESELF
    assert entries() == 0


def test_a_leader_alone_on_the_spot_walks_in_and_undoes_it_and_it_counts_once_another_has_confirmed_it(
    leader: Someone, lara: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.ends_at)
    assert browser(leader).post(f"{roster(cleanup)}/walk-in", person=leader.id).errors == []
    assert mark(browser(leader), leader, cleanup, "undo") == []
    assert mark(browser(leader), leader, cleanup, "present") == []
    confirmed = [f"/occurrences/{cleanup.id}/confirm", {"action": "confirm"}]
    browser(leader).get(confirmed[0]).submit("/confirm", action="confirm", status=422)
    assert hours_of(leader) == (0, 90)
    browser(lara).get(confirmed[0]).submit("/confirm", action="confirm")
    assert hours_of(leader) == (90, 0)


def test_a_leader_undoes_no_mark_another_gave_her(
    leader: Someone, lara: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(leader, cleanup)
    at(cleanup.ends_at)
    for theirs, own in (("present", "undo"), ("absent", "undo"), ("absent", "present"), ("present", "present")):
        assert mark(browser(lara), leader, cleanup, theirs) == []
        assert mark(browser(leader), leader, cleanup, own) == NOT_ONESELF


def test_a_leader_grants_herself_no_leave(leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock) -> None:
    sign_up(leader, cleanup)
    at(cleanup.starts_at - timedelta(hours=3))
    withdraw(leader, cleanup)
    page = browser(leader).get(roster(cleanup))
    assert "Grant leave" not in row_of(leader, cleanup, page)
    assert mark(browser(leader), leader, cleanup, "excused") == NOT_ONESELF


def test_a_leader_does_not_answer_what_she_asked_herself(
    leader: Someone, lara: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    missed = miss(lara, leader, NOVEMBER, at)
    browser(leader).get("/me/records").submit("/appeal", text="I had told Lara.")
    path = f"{roster(missed)}/{signup_of(leader, missed).id}/answer"
    page = browser(leader).get(roster(missed))
    assert "asks you to look" not in page.text and "/answer" not in page.response.text
    assert browser(leader).post(path, text="Quite right.").errors == NOT_ONESELF
    assert browser(lara).get(roster(missed)).submit("/answer", text="Next time, please.").errors == []


def test_everyone_is_everyone_but_oneself(
    leader: Someone, lara: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    for someone in (leader, lara):
        sign_up(someone, cleanup)
    at(cleanup.starts_at)
    page = browser(leader).get(roster(cleanup)).submit("/everyone")
    assert page.news == ["2 people ticked."]
    assert "2 / 3" in page.text
    assert "/everyone" not in page.response.text, "nobody is left whom she could tick"
    page = browser(lara).get(roster(cleanup)).submit("/everyone")
    assert page.news == ["1 person ticked."]
    assert "3 / 3" in page.text


def test_a_leave_that_is_judged_hides_from_nobody_who_is_still_to_be_ticked(
    leader: Someone, bob: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(make_member(team, "Carol"), cleanup)
    at(cleanup.starts_at - timedelta(hours=3))
    withdraw(bob, cleanup)
    assert mark(browser(leader), bob, cleanup, "excused") == []
    at(cleanup.starts_at)
    assert browser(leader).get(roster(cleanup)).submit("/everyone").news == ["1 person ticked."]


def test_on_her_own_row_a_leader_reads_that_it_waits_and_undoes_only_what_she_said_herself(
    leader: Someone, lara: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(leader, cleanup)
    at(cleanup.starts_at)
    unmarked = row_of(leader, cleanup, browser(leader).get(roster(cleanup)))
    assert unmarked == "2. Lea It counts once another leader or an administrator has confirmed it. Here"
    mark(browser(lara), leader, cleanup, "present")
    ticked = row_of(leader, cleanup, browser(leader).get(roster(cleanup)))
    assert ticked == "2. Lea Another leader or an administrator ticks you. Here ✓"
    page = browser(leader).get(roster(cleanup))
    assert page.soup.select(f"#n{signup_of(leader, cleanup).id} button") == []
    assert "Undo for Lea" in browser(lara).get(roster(cleanup)).response.text


def test_a_leader_who_forgot_to_tick_herself_is_ticked_by_an_administrator_afterwards(
    leader: Someone, ada: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(leader, cleanup)
    at(cleanup.ends_at)
    browser(leader).get(roster(cleanup)).submit("/everyone")
    assert hours_of(leader) == (0, 0)
    at(cleanup.ends_at + timedelta(days=2))
    assert mark(browser(ada), leader, cleanup, "present") == []
    assert hours_of(leader) == (0, 90)


def test_looking_for_a_walk_in_a_leader_finds_herself_too(
    leader: Someone, lara: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    def found() -> set[str]:
        page = browser(leader).get(f"{roster(cleanup)}/add")
        return {str(button["value"]) for button in page.soup.select("button[name=person]")}

    assert found() == {str(leader.id), str(lara.id)}
    at(cleanup.starts_at)
    assert found() == {str(leader.id), str(lara.id)}


# The trail


def trail(*someones: Someone) -> list[tuple[str, str, dict[str, str]]]:
    """What stands in the audit trail of attendance: whose deed, what was done, and what it says."""
    db.session.rollback()
    known = {someone.id: someone.actor.name for someone in someones}
    noted = select(AuditEntry).where(AuditEntry.verb.in_(("mark", "judge", "walk in"))).order_by(AuditEntry.id)
    return [(known[one.actor_id or 0], one.verb, one.changes) for one in db.session.scalars(noted)]


def test_every_mark_stands_in_the_trail_and_each_once(
    leader: Someone, lara: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.ends_at)
    for how in ("present", "present", "undo", "undo", "absent", "no_show", "excused", "undo"):
        mark(browser(leader if how != "undo" else lara), bob, cleanup, how)
    assert trail(leader, lara) == [
        ("Lea", "mark", {"line": "in", "says": "in"}),
        ("Lara", "mark", {"line": "void", "says": "nothing"}),
        ("Lea", "mark", {"line": "absent", "says": "absent"}),
        ("Lea", "judge", {"line": "no_show", "says": "no_show"}),
        ("Lea", "judge", {"line": "excused", "says": "excused"}),
        ("Lara", "judge", {"line": "void", "says": "no_show"}),
    ]
    objects = set(db.session.scalars(select(AuditEntry.object).where(AuditEntry.verb.in_(("mark", "judge")))))
    assert objects == {f"sign-up {signup_of(bob, cleanup).id}"}


def test_everybody_of_everyone_stands_in_the_trail_and_so_does_who_walks_in(
    leader: Someone, team: Team, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    carol, dora = make_member(team, "Carol"), make_member(team, "Dora")
    sign_up(carol, cleanup)
    at(cleanup.starts_at)
    browser(leader).post(f"{roster(cleanup)}/everyone")
    browser(leader).post(f"{roster(cleanup)}/walk-in", person=dora.id)
    tick = ("Lea", "mark", {"line": "in", "says": "in"})
    assert trail(leader) == [tick, tick, ("Lea", "walk in", {"status": "confirmed"}), tick]


# Ten working days


@pytest.mark.parametrize(
    ("ended", "last"),
    [
        (date(2026, 11, 3), date(2026, 11, 17)),
        (date(2026, 11, 7), date(2026, 11, 20)),
        (date(2026, 9, 18), date(2026, 10, 9)),
        (date(2026, 2, 13), date(2026, 3, 5)),
    ],
)
def test_leaders_mark_until_the_tenth_working_day_after_the_end_holidays_and_days_made_up_for_them_known(
    ended: date, last: date
) -> None:
    for wall in (time(0, 5), time(23, 55)):
        assert last_day_for_leaders(clock.utc(ended, wall, ZONE), ZONE, WorkingDays()) == last


def test_a_day_off_of_the_teams_own_is_no_working_day() -> None:
    fair = WorkingDays({date(2026, 11, 5): Override(working=False, name="那达慕")})
    assert last_day_for_leaders(clock.utc(date(2026, 11, 3), time(9), ZONE), ZONE, fair) == date(2026, 11, 18)


LATE = [
    "This date ended more than 10 working days ago. Since Wed 18 Nov 2026 only an administrator marks who was there."
]
ON_THE_TENTH = clock.utc(date(2026, 11, 17), time(23, 59), ZONE)
AFTER_IT = clock.utc(date(2026, 11, 18), time(0), ZONE)
"""The cleanup is on Tuesday 3 November 2026."""


@pytest.mark.parametrize("how", ["present", "absent", "excused", "no_show"])
def test_on_the_tenth_working_day_a_leader_still_marks_and_then_only_an_administrator_does(
    leader: Someone, ada: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock, how: str
) -> None:
    at(ON_THE_TENTH)
    assert mark(browser(leader), bob, cleanup, how) == []
    at(AFTER_IT)
    for late in (how, "undo"):
        assert mark(browser(leader), bob, cleanup, late) == LATE
    assert entries() == 1
    assert mark(browser(ada), bob, cleanup, "undo") == []
    assert mark(browser(leader), bob, cleanup, how) == LATE
    assert mark(browser(ada), bob, cleanup, how) == []
    assert entries() == 3


def test_the_teams_own_day_off_gives_leaders_a_day_more(
    leader: Someone, ada: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    fair = holidays.HolidayNotice(date(2026, 11, 5), date(2026, 11, 5), False, "Fair", "town hall")
    write(lambda: holidays.add(ada.actor, fair, clock.now()))
    at(AFTER_IT)
    assert mark(browser(leader), bob, cleanup, "present") == []
    at(AFTER_IT + timedelta(days=1))
    assert "Since Thu 19 Nov 2026 only an administrator" in mark(browser(leader), bob, cleanup, "undo")[0]


def test_late_a_leader_neither_ticks_everyone_nor_takes_in_a_walk_in_but_an_administrator_does_both(
    leader: Someone, ada: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    dora = make_member(team, "Dora")
    at(AFTER_IT)
    assert browser(leader).post(f"{roster(cleanup)}/everyone").errors == LATE
    assert browser(leader).post(f"{roster(cleanup)}/walk-in", person=dora.id).errors == LATE
    assert entries() == 0
    assert browser(ada).get(roster(cleanup)).submit("/everyone").news == ["1 person ticked."]
    page = browser(ada).get(f"{roster(cleanup)}/add").submit("/walk-in", person=dora.id)
    assert page.news == ["Added and ticked."]


def test_late_the_list_tells_a_leader_so_and_offers_no_buttons(
    leader: Someone, ada: Someone, bob: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    sign_up(make_member(team, "Carol"), cleanup)
    at(cleanup.ends_at)
    mark(browser(leader), bob, cleanup, "present")
    at(AFTER_IT)
    page = browser(leader).get(roster(cleanup))
    assert page.news == LATE
    assert row_of(bob, cleanup, page) == "1. Bob Here ✓"
    assert page.soup.select("main form button") == []
    assert "Add and tick" not in page.text
    assert browser(leader).get(f"{roster(cleanup)}/add").path == roster(cleanup)
    assert "Undo for Bob" in browser(ada).get(roster(cleanup)).response.text


def test_what_is_asked_is_answered_at_any_time_either_way(
    leader: Someone, lara: Someone, bob: Someone, team: Team, browser: Open, at: SetClock
) -> None:
    carol = make_member(team, "Carol")
    for_bob, for_carol = (miss(leader, someone, NOVEMBER, at) for someone in (bob, carol))
    at(AFTER_IT + timedelta(days=200))
    for someone, missed in ((bob, for_bob), (carol, for_carol)):
        assert mark(browser(lara), someone, missed, "excused")[0].startswith("This date ended more than")
        browser(someone).get("/me/records").submit("/appeal", text="The bus broke down.")
    page = browser(lara).get(roster(for_bob))
    assert row_of(bob, for_bob, page) == "1. Bob No-show With a reason"
    assert page.submit("/answer", text="I have asked the driver.").errors == []
    for someone, missed, how in ((bob, for_bob, "excused"), (carol, for_carol, "no_show")):
        assert mark(browser(lara), someone, missed, how)[0].startswith("This date ended more than")
    assert mark(browser(lara), carol, for_carol, "excused") == []
    assert signup_of(bob, for_bob).no_show_at and not signup_of(carol, for_carol).no_show_at
