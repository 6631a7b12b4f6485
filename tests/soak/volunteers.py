"""What volunteers do: sign up, alone or with others, give up, take what is offered, stand in, look around."""

import random
import re
import secrets
from urllib.parse import urlsplit

from tests.soak.crowd import Answer, all_at_once, look
from tests.soak.life import CLASH, CLOSED, NEAR, SIGNED_UP, Deed, Life
from volunteer.signups.states import AgeBand, Asked, Leave, Status

LATE = "This offer has lapsed."
NO_PLACE = "You hold no place on this date any more"
GIVEN_UP = ("Your sign-up is withdrawn.",)


def sign_up(life: Life, rng: random.Random) -> Answer:
    occurrence_id = life.any_date(rng)
    return life.press_of(rng.choice(life.crowd), occurrence_id, "signup", shift=life.any_shift(rng, occurrence_id))


def sign_up_in_two_places(life: Life, rng: random.Random) -> Answer:
    """One person with two phones wants two dates at the same time."""
    guest, quiet = rng.choice(life.crowd), life.dates["quiet"]
    first = 2 * rng.randrange(len(quiet) // 2)

    def other() -> None:
        life.press_of(guest, quiet[first], "signup")

    with all_at_once(other, threads=1):
        return life.press_of(guest, quiet[first + 1], "signup")


def sign_up_for_following(life: Life, rng: random.Random) -> Answer:
    occurrence_id = life.any_date(rng, "quiet", "restless", "stage")
    shift, following = life.any_shift(rng, occurrence_id), str(rng.choice((1, 3, 6, 2**31 - 1)))
    return life.press_of(rng.choice(life.crowd), occurrence_id, "signup", shift=shift, following=following)


def come_first(life: Life, rng: random.Random) -> Answer | None:
    """In the last two hours whoever waits asks again."""
    place = life.find_place(rng, Status.WAITING, among=("soon", "wandering", "turning"))
    return place and life.press_of(life.guests[place.person_id], place.occurrence_id, "signup")


def bring_others(life: Life, rng: random.Random) -> Answer:
    """Up to five come along, which can be more than a date has places."""
    ages = rng.choices(list(AgeBand), k=rng.choice((1, 1, 2, 3, 5)))
    return _bring(life, rng, life.any_date(rng), ages, guardian="y")


def bring_a_child_without_its_guardian(life: Life, rng: random.Random) -> Answer:
    return _bring(life, rng, life.any_date(rng), [rng.choice((AgeBand.INFANT, AgeBand.CHILD))])


def bring_a_child_where_it_is_dangerous(life: Life, rng: random.Random) -> Answer:
    return _bring(life, rng, life.dangerous, [AgeBand.YOUTH, AgeBand.ADULT], guardian="y")


def _bring(life: Life, rng: random.Random, occurrence_id: int, ages: list[AgeBand], **more: str) -> Answer:
    for n, age in enumerate(ages):
        more |= {f"guests-{n}-name": f"Guest {n}", f"guests-{n}-age": age}
    shift = life.any_shift(rng, occurrence_id)
    return life.press_of(rng.choice(life.crowd), occurrence_id, "party", shift=shift, **more)


def withdraw(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, Status.CONFIRMED, Status.WAITING, Status.REQUESTED)
    reason = rng.choice((*Leave, "none of those listed"))
    return place and life.press_of(life.guests[place.person_id], place.occurrence_id, "withdraw", reason=reason)


def give_up_late(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, Status.CONFIRMED, among=NEAR)
    return place and life.press_of(life.guests[place.person_id], place.occurrence_id, "withdraw", reason=Leave.WORK)


def withdraw_without_a_place(life: Life, rng: random.Random) -> Answer:
    return life.press_of(rng.choice(life.crowd), life.any_date(rng, "quiet"), "withdraw")


def use_a_key_for_something_else(life: Life, rng: random.Random) -> Answer:
    guest, occurrence_id, key = rng.choice(life.crowd), life.any_date(rng, "quiet"), secrets.token_hex(8)
    first = life.press_of(guest, occurrence_id, "withdraw", write_key=key, reason=Leave.WORK)
    assert first.status == 303
    return life.press_of(guest, occurrence_id, "withdraw", write_key=key, reason=Leave.FAMILY)


def take_an_offer(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, Status.OFFERED)
    return place and life.press_of(life.guests[place.person_id], place.occurrence_id, "accept")


def turn_an_offer_down(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, Status.OFFERED)
    return place and life.press_of(life.guests[place.person_id], place.occurrence_id, "withdraw")


def take_an_offer_late(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, Status.LAPSED)
    return place and life.press_of(life.guests[place.person_id], place.occurrence_id, "accept")


def take_an_offer_to_somebody_else(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, Status.OFFERED)
    return place and life.press_of(rng.choice(life.crowd), place.occurrence_id, "accept")


def ask_for_a_stand_in(life: Life, rng: random.Random) -> Answer | None:
    """Whoever has lost the place meanwhile finds no such thing."""
    place = life.find_place(rng, Status.CONFIRMED, among=("wide", rng.choice(tuple(life.dates))))
    return place and life.press_of(life.guests[place.person_id], place.occurrence_id, "stand-in")


def stand_in(life: Life, rng: random.Random) -> Answer | None:
    return _answer(life, "yes")


def say_no_to_standing_in(life: Life, rng: random.Random) -> Answer | None:
    return _answer(life, "no")


def _answer(life: Life, answer: str) -> Answer | None:
    question = life.find_question(Asked.ASKED)
    return question and life.press(life.guests[question.asked_id], f"/stand-ins/{question.id}", answer=answer)


def answer_for_somebody_else(life: Life, rng: random.Random) -> Answer | None:
    question, guest = life.find_question(Asked.ASKED), rng.choice(life.crowd)
    if question is None or guest.id == question.asked_id:
        return None
    return life.press(guest, f"/stand-ins/{question.id}", answer="yes")


def sign_up_beside_a_stand_in(life: Life, rng: random.Random) -> Answer | None:
    """Who is asked, or has handed a place over, wants one too."""
    state = rng.choice((Asked.ASKED, Asked.ACCEPTED))
    question = life.find_question(state)
    if question is None:
        return None
    guest = life.guests[question.asked_id if state is Asked.ASKED else question.giver_id]
    return life.press_of(guest, question.occurrence_id, "signup", shift=str(question.shift_id))


def undo_a_stand_in(life: Life, rng: random.Random) -> Answer | None:
    question = life.find_question(Asked.ACCEPTED)
    if question is None:
        return None
    guest = life.guests[rng.choice((question.giver_id, question.asked_id))]
    return life.press(guest, f"/stand-ins/{question.id}/undo")


def undo_a_stand_in_of_others(life: Life, rng: random.Random) -> Answer | None:
    question, guest = life.find_question(Asked.ACCEPTED), rng.choice(life.crowd)
    if question is None or guest.id in (question.giver_id, question.asked_id):
        return None
    return life.press(guest, f"/stand-ins/{question.id}/undo")


def rotate_a_feed(life: Life, rng: random.Random) -> Answer | None:
    person_id = rng.choice([*life.feeds, 0])
    if life.feeds.pop(person_id, None) is None:
        return None
    return life.press(life.guests[person_id], f"/me/feeds/{rng.choice(('person', 'team'))}/rotate")


def hand_out_feeds(life: Life, rng: random.Random) -> Answer:
    guest = rng.choice([*life.crowd[:50], *life.leaders])
    page = look(life.port, guest, "/me/calendars")
    life.feeds[guest.id] = [urlsplit(url).path for url in re.findall(r'value="(http[^"]+\.ics)"', page.text)]
    return page


def fetch_a_feed(life: Life, rng: random.Random) -> Answer | None:
    """It is gone when it was rotated while this was under way."""
    addresses = [address for feeds in list(life.feeds.values()) for address in feeds]
    if not addresses:
        return None
    address = rng.choice(addresses)
    answer = look(life.port, None, address, If_None_Match=life.tags.get(address, '"none"'))
    life.tags[address] = answer.tag
    return answer


def look_around(life: Life, rng: random.Random) -> Answer:
    path = rng.choice(("/", "/me", f"/occurrences/{life.any_date(rng)}", f"/occurrences/{life.any_date(rng)}/withdraw"))
    return look(life.port, rng.choice(life.crowd), path)


DEEDS = (
    Deed(sign_up, 30, SIGNED_UP, (*CLOSED, CLASH)),
    Deed(sign_up_in_two_places, 4, SIGNED_UP, (*CLOSED, CLASH)),
    Deed(sign_up_for_following, 5, (*SIGNED_UP, "You wait for"), (*CLOSED, CLASH)),
    Deed(come_first, 4, SIGNED_UP, (*CLOSED, CLASH)),
    Deed(bring_others, 8, SIGNED_UP, (*CLOSED, CLASH, "places in all.", "You have signed up already.")),
    Deed(bring_a_child_without_its_guardian, 1, ("For children under 14 a guardian has to agree.",), status=(422,)),
    Deed(bring_a_child_where_it_is_dangerous, 1, ("This activity is for adults",), status=(422,)),
    Deed(withdraw, 12, GIVEN_UP, (*CLOSED, "You are not signed up")),
    Deed(give_up_late, 10, GIVEN_UP, (*CLOSED, "You are not signed up")),
    Deed(withdraw_without_a_place, 1, ("You are not signed up",), GIVEN_UP),
    Deed(use_a_key_for_something_else, 1, status=(409,)),
    Deed(take_an_offer, 6, SIGNED_UP, (*CLOSED, LATE)),
    Deed(turn_an_offer_down, 2, GIVEN_UP, (*CLOSED, "You are not signed up")),
    Deed(take_an_offer_late, 2, (LATE,), (*CLOSED, *SIGNED_UP)),
    Deed(take_an_offer_to_somebody_else, 2, (LATE,), (*CLOSED, *SIGNED_UP)),
    Deed(
        ask_for_a_stand_in,
        8,
        ("Somebody is being asked.",),
        (
            *CLOSED,
            "People are waiting for a place",
            "Nobody else can be asked.",
            NO_PLACE,
            "It begins within two hours.",
        ),
        status=(303, 404),
    ),
    Deed(stand_in, 6, ("The place is yours now.",), (*CLOSED, "This question has lapsed.", "You have another sign-up")),
    Deed(say_no_to_standing_in, 3, ("Thank you for answering.",), (*CLOSED, "This question has lapsed.")),
    Deed(sign_up_beside_a_stand_in, 3, SIGNED_UP, (*CLOSED, CLASH)),
    Deed(answer_for_somebody_else, 2, status=(404,)),
    Deed(
        undo_a_stand_in,
        3,
        ("The place is back where it was.",),
        (*CLOSED, "There is nothing to undo any more.", "The place cannot go back", "It begins within two hours."),
    ),
    Deed(undo_a_stand_in_of_others, 2, status=(404,)),
    Deed(rotate_a_feed, 2, ("This calendar has a new address.",)),
    Deed(hand_out_feeds, 2, status=(200,)),
    Deed(fetch_a_feed, 8, status=(200, 304, 404, 503)),
    Deed(look_around, 8, status=(200,)),
)
