"""What waits for a leader stands on their first page, and leaves it when it is answered."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from bs4 import Tag

from tests.bench.inside import counted_statements
from tests.ledger.missing import judge
from tests.make import Someone, make_date, make_leader, make_member, move_date, sign_up, signup_of, status, withdraw
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Browser, Open, Page
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.checkin import service as checkin
from volunteer.home.rules import ASKING, Waits, what_waits
from volunteer.ledger import verdicts
from volunteer.ledger.states import MARKS as EVERY_MARK
from volunteer.ledger.states import EntryKind, RequestKind
from volunteer.signups import stand_ins
from volunteer.signups.states import Asked, Status
from volunteer.storage.database import write
from volunteer.teams.models import Team


def rows(page: Page, what: Waits) -> list[Tag]:
    return page.soup.select(f'[data-waiting="{what}"]')


def waits(browser: Browser) -> set[str]:
    """All that stands on the page to be acted on."""
    return {str(row["data-waiting"]) for row in browser.get("/today").soup.select("[data-waiting]")}


def press(page: Page, someone: Someone, word: str) -> Page:
    """Press a button beside somebody, as their finger would: it sends the form it stands in."""
    found = [
        b for b in page.soup.select("form button[aria-label]") if word in b["aria-label"] and b.find_parent("form")
    ]
    (button,) = [b for b in found if someone.actor.name in b["aria-label"]]
    form = button.find_parent("form")
    assert isinstance(form, Tag)
    sent = {str(button["name"]): str(button["value"])} if button.get("name") else {}
    key = str(form.select_one("[name=write_key]")["value"])  # type: ignore[index]
    return page.browser.post(str(form["action"]), referrer=page.path, write_key=key, **sent)


Answer = Callable[["Scene"], object]


class Scene:
    """A leader, Alice and Bob; a date on FRIDAY from 15:00 to 16:00."""

    def __init__(self, team: Team, leader: Someone, alice: Someone, bob: Someone, at: SetClock, browser: Open) -> None:
        self.team, self.leader, self.alice, self.bob, self.at = team, leader, alice, bob, at
        self.browser = browser(leader)

    def date(self, capacity: int = 1, asks: bool = False) -> Occurrence:
        begin, end = time(15), time(16)
        shift = PlannedShift("", begin, end, capacity, 0, asks)
        self.occurrence = make_date(self.leader, day=FRIDAY, start=begin, end=end, shifts=[shift])
        return self.occurrence

    def press(self, someone: Someone, word: str) -> Page:
        return press(self.browser.get("/today"), someone, word)

    def mark(self, someone: Someone, kind: EntryKind) -> None:
        date_id, signup_id = self.occurrence.id, signup_of(someone, self.occurrence).id
        write(lambda: checkin.mark(self.leader.actor, date_id, signup_id, kind, clock.now()))

    def post(self, someone: Someone | None, path: str, **fields: Any) -> None:
        self.browser.post(f"/occurrences/{self.occurrence.id}/{path}", **fields)


@pytest.fixture
def scene(team: Team, leader: Someone, alice: Someone, bob: Someone, at: SetClock, browser: Open) -> Scene:
    return Scene(team, leader, alice, bob, at, browser)


def is_missing(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 15, 5))
    return lambda scene: scene.mark(scene.alice, EntryKind.CHECK_IN)


def has_not_seen_a_late_change(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 8))
    date_id = scene.occurrence.id
    write(lambda: move_date(scene.leader.actor, date_id, FRIDAY, time(17), time(18), clock.now()))
    return lambda scene: scene.press(scene.alice, "has been told")


def asks_for_a_place(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date(asks=True))
    return lambda scene: scene.press(scene.alice, "Approve")


def asks_for_leave(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 8))
    withdraw(scene.alice, scene.occurrence)
    return lambda scene: scene.press(scene.alice, "Grant leave")


def appeals(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 17))
    judge(scene.leader, scene.alice, scene.occurrence, EntryKind.NO_SHOW)
    signup_id = signup_of(scene.alice).id
    write(
        lambda: verdicts.ask(scene.alice.actor, signup_id, RequestKind.APPEAL, "The bus broke down", None, clock.now())
    )
    return lambda scene: scene.press(scene.alice, "With a reason")


def asks(scene: Scene, kind: RequestKind) -> Answer:
    signup_id = signup_of(scene.alice).id
    write(lambda: verdicts.ask(scene.alice.actor, signup_id, kind, "Half an hour, in the rain", 30, clock.now()))
    return lambda scene: scene.press(scene.alice, "Yes, change it")


def asks_for_a_correction(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 17))
    scene.mark(scene.alice, EntryKind.CHECK_IN)
    return asks(scene, RequestKind.CORRECTION)


def asks_to_be_entered_late(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 17))
    return asks(scene, RequestKind.LATE_ENTRY)


def was_absent(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 17))
    scene.mark(scene.alice, EntryKind.ABSENT)
    return lambda scene: scene.press(scene.alice, "No-show")


def is_without_a_mark(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    scene.at(on(27, 17))
    return lambda scene: scene.mark(scene.alice, EntryKind.CHECK_IN)


def are_too_few(scene: Scene) -> Answer:
    scene.date(capacity=1)
    return lambda scene: sign_up(scene.alice, scene.occurrence)


def is_offered_a_place(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    sign_up(scene.bob, scene.occurrence)
    scene.at(on(27, 8))
    withdraw(scene.alice, scene.occurrence)
    return lambda scene: scene.at(on(27, 16, 30))


def asks_somebody_to_stand_in(scene: Scene) -> Answer:
    sign_up(scene.alice, scene.date())
    date_id = scene.occurrence.id
    write(lambda: stand_ins.ask(scene.alice.actor, date_id, clock.now()))
    return lambda scene: withdraw(scene.alice, scene.occurrence)


WALKS: dict[Waits, Callable[[Scene], Answer]] = {
    Waits.MISSING: is_missing,
    Waits.CHANGE: has_not_seen_a_late_change,
    Waits.REQUEST: asks_for_a_place,
    Waits.LEAVE: asks_for_leave,
    Waits.APPEAL: appeals,
    Waits.CORRECTION: asks_for_a_correction,
    Waits.LATE_ENTRY: asks_to_be_entered_late,
    Waits.ABSENCE: was_absent,
    Waits.LIST: is_without_a_mark,
    Waits.UNDERSTAFFED: are_too_few,
    Waits.OFFER: is_offered_a_place,
    Waits.STAND_IN: asks_somebody_to_stand_in,
}


def test_everything_that_can_wait_has_its_walk():
    assert WALKS.keys() == set(Waits)


@pytest.mark.parametrize("what", WALKS)
def test_what_waits_stands_on_the_page_and_leaves_it_when_it_is_answered(scene: Scene, what: Waits) -> None:
    answer = WALKS[what](scene)
    assert what in waits(scene.browser)
    answer(scene)
    assert what not in waits(scene.browser)


SIGNUPS = {
    Status.REQUESTED: Waits.REQUEST,
    Status.OFFERED: Waits.OFFER,
    Status.ON_LEAVE: Waits.LEAVE,
    Status.CONFIRMED: None,
    Status.WAITING: None,
    Status.DECLINED: None,
    Status.LAPSED: None,
    Status.WITHDRAWN: None,
    Status.HANDED_OVER: None,
    Status.RELEASED: None,
}
MARKS = {
    None: Waits.LIST,
    EntryKind.ABSENT: Waits.ABSENCE,
    EntryKind.CHECK_IN: None,
    EntryKind.EXCUSED: None,
    EntryKind.NO_SHOW: None,
    EntryKind.TYPED: None,
    EntryKind.LEAVE: None,
}
"""What a sign-up in each state waits for from leaders, ahead of its date and, with each mark, behind it."""


def test_of_every_state_a_sign_up_a_mark_or_a_question_can_have_it_is_known_whether_somebody_waits():
    assert SIGNUPS.keys() == set(Status)
    assert MARKS.keys() == {None, *EVERY_MARK}
    assert {*Asked} == {Asked.ASKED, Asked.ACCEPTED, Asked.DECLINED, Asked.LAPSED, Asked.UNDONE}
    ahead, behind = (on(27, 9), on(27, 10)), (on(20, 9), on(20, 10))
    for one, what in SIGNUPS.items():
        assert what_waits(one, None, None, False, ahead, on(23, 8)) is what, one
    for mark, what in MARKS.items():
        assert what_waits(Status.CONFIRMED, mark, None, False, behind, on(23, 8)) is what, mark
        for asks in RequestKind:
            still = asks is not RequestKind.APPEAL or mark is EntryKind.NO_SHOW
            waits_for = Waits(asks) if still else what
            assert what_waits(Status.CONFIRMED, mark, asks, False, behind, on(23, 8)) is waits_for, (mark, asks)


# Answers


@pytest.mark.parametrize(
    ("walk", "yes", "no"),
    [
        (asks_for_a_place, "Approve", "Decline"),
        (asks_for_leave, "Grant leave", "No leave"),
        (was_absent, "With a reason", "No-show"),
    ],
)
def test_an_answer_takes_one_tap_and_another_takes_it_back(
    scene: Scene, walk: Callable[[Scene], Answer], yes: str, no: str
) -> None:
    walk(scene)
    before = waits(scene.browser)
    for word in (yes, no):
        page = scene.press(scene.alice, word)
        assert page.path == "/today" and not {*ASKING} & waits(scene.browser)
        page = press(page, scene.alice, "Undo")
        assert page.path == "/today" and waits(scene.browser) == before


def test_an_appeal_that_was_granted_by_mistake_waits_again(scene: Scene) -> None:
    appeals(scene)
    page = scene.press(scene.alice, "With a reason")
    page = press(page, scene.alice, "Undo")
    (row,) = rows(page, Waits.APPEAL)
    assert "The bus broke down" in row.get_text()


def test_the_row_of_an_answer_leaves_after_a_minute(scene: Scene) -> None:
    asks_for_a_place(scene)
    assert "Undo" in scene.press(scene.alice, "Approve").text
    scene.at(clock.now() + timedelta(minutes=1))
    assert "Undo" not in scene.browser.get("/today").text


def test_a_place_given_by_mistake_goes_to_who_waits_for_it(scene: Scene) -> None:
    asks_for_a_place(scene)
    sign_up(scene.bob, scene.occurrence)
    scene.press(scene.alice, "Approve")
    scene.press(scene.bob, "Approve")
    assert (status(scene.alice), status(scene.bob)) == (Status.CONFIRMED, Status.WAITING)
    scene.press(scene.alice, "Undo")
    assert (status(scene.alice), status(scene.bob)) == (Status.REQUESTED, Status.CONFIRMED)


def test_a_place_that_nobody_asked_a_leader_for_is_not_undone(scene: Scene) -> None:
    sign_up(scene.alice, scene.date())
    scene.browser.post(f"/occurrences/{scene.occurrence.id}/list/{signup_of(scene.alice).id}", decision="undo")
    assert status(scene.alice) is Status.CONFIRMED


def test_two_leaders_who_answer_one_request_give_one_answer(scene: Scene, browser: Open) -> None:
    asks_for_a_place(scene)
    other = browser(make_leader(scene.team, "Lea"))
    theirs = other.get("/today")
    scene.press(scene.alice, "Approve")
    page = press(theirs, scene.alice, "Decline")
    assert page.path == "/today" and status(scene.alice) is Status.CONFIRMED
    assert not rows(page, Waits.REQUEST) and "Undo" not in page.text  # not theirs to take back


def test_nobody_is_asked_to_judge_their_own(scene: Scene) -> None:
    sign_up(scene.leader, scene.date())
    scene.at(on(27, 8))
    withdraw(scene.leader, scene.occurrence)
    assert Waits.LEAVE not in waits(scene.browser)


def test_an_absence_waits_as_long_as_leaders_mark_who_was_there(scene: Scene, ada: Someone, browser: Open) -> None:
    was_absent(scene)
    scene.at(on(27, 17) + timedelta(days=14))  # ten working days
    assert Waits.ABSENCE in waits(scene.browser)
    scene.at(on(27, 17) + timedelta(days=17))
    assert Waits.ABSENCE not in waits(scene.browser)
    assert Waits.ABSENCE in waits(browser(ada))


def test_the_counters_say_how_much_of_each_there_is(scene: Scene) -> None:
    asks_for_a_place(scene)
    counters = [b.get_text() for b in scene.browser.get("/today").soup.select(".strip b")]
    assert counters == ["0", "0", "1", "0", "1"]


def test_when_nothing_waits_the_page_says_so(team: Team, leader: Someone, browser: Open) -> None:
    page = browser(leader).get("/today")
    assert "Nobody waits for you" in page.text and not page.soup.select("[data-waiting]")


def test_under_way_with_nobody_on_it_there_is_nobody_to_count(scene: Scene) -> None:
    scene.date()
    scene.at(on(27, 15, 6))
    page = scene.browser.get("/today")
    assert "List of names" in page.text and "0 of 0" not in page.text


def test_leaders_come_there_after_they_log_in_and_volunteers_to_the_week(
    leader: Someone, alice: Someone, browser: Open
) -> None:
    for someone, path in ((leader, "/today"), (alice, "/")):
        page = browser().get("/login").submit("/login", phone=someone.phone, password=someone.password)
        assert page.path == path
    first = browser(leader).get("/today").soup.select_one("nav.tabs a")
    assert first and first["href"] == "/today" and first["aria-current"] == "page"
    assert not browser(alice).get("/").soup.select('nav.tabs a[href="/today"]')
    browser(alice).get("/today", status=403)


def test_a_busy_week_takes_six_statements(scene: Scene, browser: Open) -> None:
    was_absent(scene)
    scene.at(on(27, 17) + timedelta(days=12))  # so long after it the days in which leaders mark are counted
    for n in range(40):
        asks = [PlannedShift("", time(8 + n % 6), time(9 + n % 6), 2, 0, True)]
        date = make_date(scene.leader, in_days=1 + n // 8, start=time(8 + n % 6), end=time(9 + n % 6), shifts=asks)
        sign_up(make_member(scene.team, f"Volunteer {n}"), date)
    with counted_statements() as found:
        page = scene.browser.get("/today")
    assert len(rows(page, Waits.REQUEST)) == 40 and rows(page, Waits.ABSENCE)
    assert len(found) <= 6, found
