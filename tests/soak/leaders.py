"""What leaders do: answer requests, sign others up, keep and change places, take attendance, call off and move."""

import random
import secrets
from datetime import date, timedelta

from tests.soak.crowd import Answer, all_at_once, fields_of, look
from tests.soak.life import CLOSED, Deed, Life, Place
from volunteer import clock
from volunteer.signups.states import STANDING, Status

LISTED = ("Signed up.", "It is full, so they wait in the queue.")
NOT_SEEN = "This is what would become of each date now."
NOT_ONESELF = "Nobody decides about their own attendance."
NOT_NOW = ("This date does not take place.", "That time has passed.", "This date has begun")


def _press(life: Life, rng: random.Random, occurrence_id: int, button: str, **fields: str) -> Answer:
    return life.press_of(rng.choice(life.leaders), occurrence_id, button, **fields)


def sign_somebody_up(life: Life, rng: random.Random, **more: str) -> Answer:
    occurrence_id, person = life.any_date(rng), str(rng.choice(life.crowd).id)
    shift = life.any_shift(rng, occurrence_id)
    return _press(life, rng, occurrence_id, "list/sign-up", person=person, shift=shift, **more)


def insist_on_a_clash(life: Life, rng: random.Random) -> Answer:
    return sign_somebody_up(life, rng, despite_clash="1")


def reserve(life: Life, rng: random.Random) -> Answer:
    occurrence_id = life.any_date(rng)
    fields = {"shift": life.any_shift(rng, occurrence_id), "places": str(rng.randint(1, 3)), "label": "The school"}
    return _press(life, rng, occurrence_id, "list/reserve", **fields)


def reserve_twice_at_once(life: Life, rng: random.Random) -> Answer:
    """The same form is on its way twice: `life.labels` says whether either of the two was done."""
    occurrence_id, leader, label = life.any_date(rng), rng.choice(life.leaders), secrets.token_hex(8)
    fields = {"shift": life.any_shift(rng, occurrence_id), "places": "1", "label": label, "write_key": label}
    answers: list[Answer] = []

    def send() -> None:
        answers.append(life.press_of(leader, occurrence_id, "list/reserve", **fields))

    with all_at_once(send, threads=1):
        send()
    told = sorted(answers, key=lambda answer: answer.told)
    life.labels[label] = KEPT in [sentence for answer in told for sentence in answer.told]
    return told[-1]


KEPT = "The places are kept."


def take_off(life: Life, rng: random.Random) -> Answer | None:
    return _decide(life, rng, life.find_place(rng, *STANDING), "take_off")


def release(life: Life, rng: random.Random) -> Answer | None:
    """Places that were reserved are wanted no more."""
    return _decide(life, rng, life.find_place(rng, Status.CONFIRMED, among=("reserved",)), "take_off")


def approve(life: Life, rng: random.Random) -> Answer | None:
    return _decide(life, rng, life.find_place(rng, Status.REQUESTED), "approve")


def decline(life: Life, rng: random.Random) -> Answer | None:
    return _decide(life, rng, life.find_place(rng, Status.REQUESTED), "decline")


def _decide(life: Life, rng: random.Random, place: Place | None, decision: str) -> Answer | None:
    return place and _press(life, rng, place.occurrence_id, f"list/{place.signup_id}", decision=decision)


def resize(life: Life, rng: random.Random) -> Answer:
    occurrence_id = life.any_date(rng, *(group for group in life.dates if group != "wide"))
    capacity, shift = str(rng.randint(1, 7)), life.any_shift(rng, occurrence_id)
    return _press(life, rng, occurrence_id, "list/places", capacity=capacity, shift=shift)


def walk_in(life: Life, rng: random.Random) -> Answer:
    return _press(life, rng, life.any_date(rng, "soon"), "roster/walk-in", person=str(rng.choice(life.crowd).id))


def tick(life: Life, rng: random.Random) -> Answer | None:
    place = life.find_place(rng, Status.CONFIRMED, among=("soon",))
    mark = rng.choice(("present", "absent", "undo"))
    return place and _press(life, rng, place.occurrence_id, f"roster/{place.signup_id}", mark=mark)


def tick_everyone(life: Life, rng: random.Random) -> Answer:
    return _press(life, rng, life.any_date(rng, "soon"), "roster/everyone")


def cancel(life: Life, rng: random.Random) -> Answer:
    return _press(life, rng, life.any_date(rng, *["restless"] * 5, "wandering"), "cancel", reason="Heavy rain")


def restore(life: Life, rng: random.Random) -> Answer:
    return _press(life, rng, life.any_date(rng, "restless", "wandering"), "restore")


def move(life: Life, rng: random.Random) -> Answer | None:
    occurrence_id = life.any_date(rng, "restless")
    fields = _elsewhere(life, rng, occurrence_id)
    return fields and _move(life, rng, occurrence_id, fields | {"scope": "this"})


def move_following(life: Life, rng: random.Random) -> Answer | None:
    occurrence_id = life.any_date(rng, "restless")
    fields = _elsewhere(life, rng, occurrence_id)
    return fields and _move(life, rng, occurrence_id, fields | {"scope": "following"})


def _move(life: Life, rng: random.Random, occurrence_id: int, fields: dict[str, str]) -> Answer:
    """After a look at what becomes of each date, and who would be elsewhere."""
    preview = _press(life, rng, occurrence_id, "move", **fields, action="preview")
    seen = fields_of(preview.text, "seen")
    return _press(life, rng, occurrence_id, "move", **fields, **seen) if seen else preview


def _elsewhere(life: Life, rng: random.Random, occurrence_id: int) -> dict[str, str] | None:
    """A day and times near those the form shows."""
    values = fields_of(look(life.port, rng.choice(life.leaders), f"/occurrences/{occurrence_id}/move").text, "date")
    if not values:
        return None
    day = date.fromisoformat(values["date"]) + timedelta(days=rng.choice((-1, 0, 1)))
    start = rng.randrange(6, 20)
    return {"date": day.isoformat(), "start": f"{start:02}:00", "end": f"{start + 2:02}:00"}


def move_across_the_marks(life: Life, rng: random.Random) -> Answer:
    """Nearer to now or further away than two hours, and than a day."""
    start = clock.local(clock.now(), life.zone) + timedelta(minutes=rng.choice((65, 130, 190, 1600)))
    end = start + timedelta(minutes=40)
    fields = {"date": start.date().isoformat(), "start": f"{start:%H:%M}", "end": f"{end:%H:%M}", "scope": "this"}
    fields |= {"overnight": "y"} if end.date() > start.date() else {}
    return _move(life, rng, life.any_date(rng, "wandering"), fields)


def describe(life: Life, rng: random.Random) -> Answer:
    leader, path = rng.choice(life.leaders), f"/activities/{rng.choice(life.series)}/edit"
    version = fields_of(look(life.port, leader, path).text, "version")
    said = {"title": f"Restless {rng.randrange(100)}", "place": "Main street", "action": "save"}
    return life.press(leader, path, **version, **said)


DEEDS = (
    Deed(sign_somebody_up, 6, LISTED, (*CLOSED, "They are already signed up for")),
    Deed(insist_on_a_clash, 2, LISTED, CLOSED),
    Deed(reserve, 2, (KEPT,), (*CLOSED, "places are free.")),
    Deed(reserve_twice_at_once, 2, (KEPT, "nothing was done twice."), (*CLOSED, "places are free.")),
    Deed(take_off, 6, ("Done.",), CLOSED),
    Deed(release, 3, ("Done.",), CLOSED),
    Deed(approve, 4, ("Done.",), CLOSED),
    Deed(decline, 2, ("Done.",), CLOSED),
    Deed(resize, 6, ("The number of places is changed.",), CLOSED),
    Deed(walk_in, 4, ("Added and ticked.",), CLOSED),
    Deed(tick, 4, (), ("This person holds no place", NOT_ONESELF)),
    Deed(tick_everyone, 1, ("person ticked.", "people ticked.")),
    Deed(cancel, 2, ("This date is cancelled.",), NOT_NOW),
    Deed(restore, 2, ("This date takes place again.",), ("Its time has passed",)),
    Deed(move, 3, ("Moved.",), (*NOT_NOW, NOT_SEEN)),
    Deed(move_following, 2, ("Moved.",), (*NOT_NOW, NOT_SEEN)),
    Deed(move_across_the_marks, 6, ("Moved.",), (*NOT_NOW, NOT_SEEN)),
    Deed(describe, 2, ("Saved.",), ("Somebody else has just changed this activity.",)),
)
