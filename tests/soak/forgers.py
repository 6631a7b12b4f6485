"""What no button sends: other teams' things, other people's deeds, numbers that are none, forms without their token."""

import random
from dataclasses import replace

from tests.soak.crowd import Answer
from tests.soak.life import Deed, Life
from volunteer.signups.states import STANDING

NUMBERS = ("0", "-1", str(2**31 - 1), str(2**31), "9" * 30, "1e3", "1 OR 1=1", "٣", "\x00")


def sign_up_for_a_forged_shift(life: Life, rng: random.Random) -> Answer:
    """Of no date, of another date, of another team's date."""
    occurrence_id = life.any_date(rng)
    shift = rng.choice((*NUMBERS, str(life.shifts[life.dangerous][0]), str(life.shifts[life.strange_date][0])))
    return life.press_of(rng.choice(life.crowd), occurrence_id, rng.choice(("signup", "party")), shift=shift)


def press_a_button_of_another_team(life: Life, rng: random.Random) -> Answer:
    button = rng.choice(("signup", "party", "withdraw", "accept", "stand-in"))
    return life.press_of(rng.choice(life.crowd), life.strange_date, button)


def press_a_button_of_no_date(life: Life, rng: random.Random) -> Answer:
    number = rng.choice(("0", "-1", str(2**31 - 1), str(2**31), "9" * 30))
    return life.press(rng.choice(life.crowd), f"/occurrences/{number}/signup")


def lead_another_team(life: Life, rng: random.Random) -> Answer:
    occurrence_id, button, fields = _leading(life, rng)
    return life.press_of(life.stranger, occurrence_id, button, **fields)


def lead_without_being_a_leader(life: Life, rng: random.Random) -> Answer:
    occurrence_id, button, fields = _leading(life, rng)
    return life.press_of(rng.choice(life.crowd), occurrence_id, button, **fields)


def _leading(life: Life, rng: random.Random) -> tuple[int, str, dict[str, str]]:
    occurrence_id, person = life.any_date(rng), str(rng.choice(life.crowd).id)
    place = life.find_place(rng, *STANDING)
    deeds = [
        ("list/sign-up", {"person": person, "despite_clash": "1"}),
        ("list/reserve", {"label": "Forged", "places": "1"}),
        ("list/places", {"capacity": "5000"}),
        ("roster/walk-in", {"person": person}),
        ("roster/everyone", {}),
        ("cancel", {"reason": "Forged"}),
        ("restore", {}),
    ]
    button, fields = rng.choice(deeds)
    if place and rng.random() < 0.3:
        return place.occurrence_id, f"list/{place.signup_id}", {"decision": "take_off"}
    return occurrence_id, button, fields


def sign_a_stranger_up(life: Life, rng: random.Random) -> Answer:
    """Somebody of another team, or nobody at all."""
    person = rng.choice((str(life.stranger.id), *NUMBERS))
    return life.press_of(rng.choice(life.leaders), life.any_date(rng, "quiet"), "list/sign-up", person=person)


def decide_about_another_date(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, *STANDING)
    path = f"list/{place.signup_id}" if place else ""
    return place and life.press_of(rng.choice(life.leaders), life.dangerous, path, decision="take_off")


def decide_nonsense(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, *STANDING)
    path = f"list/{place.signup_id}" if place else ""
    return place and life.press_of(rng.choice(life.leaders), place.occurrence_id, path, decision="approve\x00")


def reserve_an_odd_number(life: Life, rng: random.Random) -> Answer:
    places = rng.choice((*NUMBERS, "5001", "4999", ""))
    occurrence_id = life.any_date(rng, "quiet")
    return life.press_of(rng.choice(life.leaders), occurrence_id, "list/reserve", label="Odd", places=places)


def resize_to_an_odd_number(life: Life, rng: random.Random) -> Answer:
    capacity = rng.choice((*NUMBERS, "5001", ""))
    return life.press_of(rng.choice(life.leaders), life.any_date(rng, "quiet"), "list/places", capacity=capacity)


def answer_a_question_nobody_asked(life: Life, rng: random.Random) -> Answer:
    number = rng.choice(("0", "-1", str(2**31 - 1), "9" * 30))
    return life.press(rng.choice(life.crowd), f"/stand-ins/{number}{rng.choice(('', '/undo'))}", answer="yes")


def send_a_forged_form(life: Life, rng: random.Random) -> Answer:
    guest = replace(rng.choice(life.crowd), token="forged")
    return life.press_of(guest, life.any_date(rng), rng.choice(("signup", "withdraw", "accept")))


DEEDS = (
    Deed(sign_up_for_a_forged_shift, 1, status=(404,)),
    Deed(press_a_button_of_another_team, 1, status=(404,)),
    Deed(press_a_button_of_no_date, 1, status=(404,)),
    Deed(lead_another_team, 1, status=(404,)),
    Deed(lead_without_being_a_leader, 1, status=(403,)),
    Deed(sign_a_stranger_up, 1, status=(404,)),
    Deed(decide_about_another_date, 1, status=(404,)),
    Deed(decide_nonsense, 1, ("Choose approve, decline or take off.",)),
    Deed(reserve_an_odd_number, 1, ("Reserve at least one place.", "places are free.")),
    Deed(resize_to_an_odd_number, 1, ("Give the number of places",)),
    Deed(answer_a_question_nobody_asked, 1, status=(404,)),
    Deed(send_a_forged_form, 1, status=(400,)),
)
