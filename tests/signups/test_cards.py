"""What a date is to its reader, and the next step: every case of the one rule."""

from datetime import UTC, datetime, timedelta

import pytest

from volunteer.activities.states import CheckIn
from volunteer.signups.cards import Card, standing_of
from volunteer.signups.states import Came, Place, Standing, Status, To

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
BEFORE, DURING, AFTER = NOON - timedelta(days=2), NOON + timedelta(minutes=30), NOON + timedelta(hours=2)


def place(mine: Status | None = None, **facts: object) -> Place:
    about = {"capacity": 5, "taken": 2, "waiting": 0, "party": 1, "position": 0, "starts_at": NOON} | facts
    return Place(
        shift_id=7, name="", ends_at=NOON + timedelta(hours=1), signup_id=9 if mine else None, mine=mine, **about
    )


def card(*places: Place, at: datetime = BEFORE, **facts: object) -> Card:
    about = {"title": "Cleanup", "kind": "", "place": "", "reason": "Storm", "tentative": False, "seen_at": at}
    about["private"] = False
    when = {"starts_at": NOON, "ends_at": NOON + timedelta(hours=1), "cancelled": False, "skipped": False}
    return Card(id=1, places=places or (place(),), **about | when | facts)


FULL = {"taken": 5}
CONFIRMED, WAITING, OFFERED, REQUESTED = Status.CONFIRMED, Status.WAITING, Status.OFFERED, Status.REQUESTED
KEPT = place(OFFERED, offer_until=NOON)
FREE_NOW = place(WAITING, takeable=True, position=1)
THERE, MISSED = Came(True, 60), Came(False)
SCANNED, GONE = Came(True, since="8:56"), Came(True, since="8:56", left="9:40")
SOON, TICKED = NOON - timedelta(minutes=30), {"check_in": CheckIn.LEADER}

CASES = {
    "five places, two taken": (card(), "open", "3 more needed", To.SIGN_UP, None),
    "two places left": (card(place(taken=3)), "open few", "2 more needed", To.SIGN_UP, None),
    "one place left": (card(place(taken=4)), "open few", "Only 1 place left", To.SIGN_UP, None),
    "full": (card(place(**FULL)), "full wait", "Full", To.SIGN_UP, None),
    "full, with a queue": (card(place(**FULL, waiting=3)), "full wait", "Full, 3 waiting", To.SIGN_UP, None),
    "by draw": (card(place(waiting=9, undrawn=True)), "open", "By draw: 3 places, 9 signed up", To.SIGN_UP, None),
    "in the draw": (
        card(place(WAITING, undrawn=True)),
        "waiting wait",
        "Signed up, waiting for the draw",
        To.WITHDRAW,
        To.WITHDRAW,
    ),
    "several positions": (card(place(), place()), "open", "6 more needed", To.DATE, None),
    "begun without me": (card(at=DURING), "closed wait", "Under way", None, None),
    "over without me": (card(at=AFTER), "closed wait", "Over", None, None),
    "signed up": (card(place(CONFIRMED)), "confirmed", "Signed up", To.FILE, To.WITHDRAW),
    "signed up, and begun": (card(place(CONFIRMED), at=DURING), "checkin", "Check-in is open", To.CHECK_IN, None),
    "about to begin": (card(place(CONFIRMED), at=SOON), "checkin", "Check-in is open", To.CHECK_IN, To.WITHDRAW),
    "where the leader ticks": (
        card(place(CONFIRMED), at=SOON, **TICKED),
        "confirmed",
        "Signed up",
        To.FILE,
        To.WITHDRAW,
    ),
    "checked in": (card(place(CONFIRMED), at=DURING, came=SCANNED), "checked_in", "Checked in 8:56", To.CHECK_IN, None),
    "checked out": (card(place(CONFIRMED), at=DURING, came=GONE), "checked_in", "Checked out 9:40", None, None),
    "over, nobody ticked": (card(place(CONFIRMED), at=AFTER), "closed wait", "Attendance not taken yet", None, None),
    "ticked": (card(place(CONFIRMED), at=DURING, came=THERE), "checked_in", "Checked in", To.CHECK_IN, None),
    "ticked where there is no code": (
        card(place(CONFIRMED), at=DURING, came=THERE, **TICKED),
        "checked_in",
        "Checked in",
        None,
        None,
    ),
    "done": (card(place(CONFIRMED), at=AFTER, came=THERE), "done", "Done, 1.0 hours", To.RECORD, None),
    "no service": (card(place(CONFIRMED), at=AFTER, came=Came(True)), "done", "Done", To.RECORD, None),
    "marked absent": (card(place(CONFIRMED), at=AFTER, came=MISSED), "absent off", "Marked absent", None, None),
    "waiting": (card(place(WAITING, position=2)), "waiting wait", "Number 2 in the queue", To.WITHDRAW, To.WITHDRAW),
    "free near the start": (card(FREE_NOW), "waiting few", "A place is free now", To.SIGN_UP, To.WITHDRAW),
    "waited in vain": (card(place(WAITING, position=2), at=DURING), "closed wait", "Under way", None, None),
    "offered": (card(KEPT), "offered few", "A place is kept for you", To.ACCEPT, To.WITHDRAW),
    "requested": (card(place(REQUESTED)), "requested wait", "Waiting for the leader", None, To.WITHDRAW),
    "cancelled": (card(place(CONFIRMED), cancelled=True), "cancelled off", "Cancelled: Storm", None, None),
    "a holiday": (card(cancelled=True, skipped=True), "cancelled off", "Not this time: Storm", None, None),
    "moved": (card(place(CONFIRMED), news_at=BEFORE), "confirmed few", "Changed", To.SEEN, To.WITHDRAW),
    "moved, and begun": (
        card(place(CONFIRMED), at=DURING, news_at=BEFORE),
        "checkin",
        "Check-in is open",
        To.CHECK_IN,
        None,
    ),
    "moved, and offered": (
        card(KEPT, news_at=BEFORE),
        "offered few",
        "A place is kept for you",
        To.ACCEPT,
        To.WITHDRAW,
    ),
    "called off just now": (
        card(place(CONFIRMED), cancelled=True, news_at=BEFORE),
        "cancelled off",
        "Cancelled: Storm",
        To.SEEN,
        None,
    ),
    "withdrawn": (card(place(Status.WITHDRAWN)), "open", "3 more needed", To.SIGN_UP, None),
    "the best of two": (card(place(WAITING), place(CONFIRMED)), "confirmed", "Signed up", To.FILE, To.WITHDRAW),
}
"""A date, then: state and tone, what its chip says, where the step on its card leads, and where the one out of it."""


@pytest.mark.parametrize("case", CASES)
def test_everybody_reads_how_a_date_stands_for_them_and_what_to_do_next(case: str) -> None:
    one, state, words, step, leave = CASES[case]
    standing = one.standing
    assert f"{standing.state} {standing.chip.tone}".strip() == state
    assert spoken(standing) == words
    assert [standing.next and standing.next.to, standing.leave and standing.leave.to] == [step, leave]


def spoken(standing: Standing) -> str:
    sentence = standing.chip.words
    told = {
        name: getattr(value, "minutes", 0) / 60 if name == "h" else value for name, value in sentence.values.items()
    }
    return sentence.text % told


ON_PAGE = {
    "signed up": [("file", False), ("withdraw", True)],
    "signed up, and begun": [("check_in", False)],
    "about to begin": [("check_in", False), ("withdraw", True)],
    "checked in": [("check_in", True)],
    "done": [("record", True)],
    "marked absent": [("record", True)],
    "moved": [("withdraw", True), ("seen", False)],
    "waiting": [("file", True), ("withdraw", True)],
    "free near the start": [("sign_up", False), ("withdraw", True)],
    "offered": [("accept", False), ("withdraw", True)],
    "requested": [("withdraw", True)],
    "five places, two taken": [],
}


@pytest.mark.parametrize("case", ON_PAGE)
def test_the_page_of_a_date_has_one_button_that_stands_out_and_the_way_out_beside_it(case: str) -> None:
    assert [(step.to, step.quiet) for step in CASES[case][0].standing.on_page] == ON_PAGE[case]


@pytest.mark.parametrize("mine", [CONFIRMED, WAITING, REQUESTED, OFFERED])
def test_however_a_party_stands_its_page_lets_fewer_come(mine: Status) -> None:
    steps = standing_of(card(place(mine, party=3, offer_until=NOON))).on_page
    assert To.PARTY in [step.to for step in steps]


AMONG_OWN = {
    "signed up": To.WITHDRAW,
    "signed up, and begun": To.CHECK_IN,
    "ticked": To.CHECK_IN,
    "waiting": To.WITHDRAW,
    "free near the start": To.SIGN_UP,
    "offered": To.ACCEPT,
    "requested": To.WITHDRAW,
    "cancelled": None,
}


@pytest.mark.parametrize("case", AMONG_OWN)
def test_among_ones_own_dates_what_cannot_wait_comes_before_giving_it_up(case: str) -> None:
    step = CASES[case][0].standing.among_own
    assert (step and step.to) == AMONG_OWN[case]


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (Status.ON_LEAVE, "You have asked for leave"),
        (Status.HANDED_OVER, "Somebody stands in for you"),
        (Status.RELEASED, "taken you off the list"),
        (Status.DECLINED, "could not say yes"),
        (Status.LAPSED, "has gone on to others"),
    ],
)
def test_who_has_no_place_any_more_reads_why(mine: Status, words: str) -> None:
    assert words in standing_of(card(place(mine))).told[0].text
    assert words in standing_of(card(place(mine), at=DURING)).told[0].text


def test_only_who_can_still_come_is_told_how_to_say_so() -> None:
    gone = place(Status.HANDED_OVER)
    assert [len(standing_of(card(gone, at=at)).told) for at in (BEFORE, DURING)] == [2, 1]
    held = place(CONFIRMED, party=3)
    assert [len(standing_of(card(held, at=at)).told) for at in (BEFORE, DURING)] == [2, 1]


def test_a_position_beside_ones_own_at_that_time_cannot_be_had() -> None:
    first, same = place(CONFIRMED), place()
    later = place(starts_at=NOON + timedelta(hours=1))
    both = card(first, same, later)
    assert both.step_at(same) is None and card(same, at=DURING).step_at(same) is None
    assert (both.step_at(later).quiet, card(later).step_at(later).quiet) == (True, False)
