"""A date as one person sees it: the facts, and what they come to. Pure.

What a date is to its reader, and the next step, is decided in `standing_of` and nowhere else: chip, button, card and
page show it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from ..activities.states import CheckIn
from ..words import AsDay, AsHours, Chip, Sentence, Tone
from . import states
from .rules import AT_ANY_TIME, CHECK_IN_OPENS, Terms, stands_as
from .states import STANDING, Came, Place, ReaderState, Standing, Status, Step, To, by_draw, full


@dataclass(frozen=True, eq=False)
class Card:
    """A date as one person sees it. Made by `board`, the same one for the same values."""

    id: int
    title: str
    kind: str
    place: str
    reason: str
    tentative: bool
    private: bool
    """Nobody but those on it need know."""
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    skipped: bool
    seen_at: datetime
    """The minute at which all this holds."""
    places: tuple[Place, ...]
    terms: Terms = AT_ANY_TIME
    news_at: datetime | None = None
    """When it changed, while that is news to the reader; `was` and `was_place`: when and where it was to be before."""
    was: tuple[datetime, datetime] | None = None
    was_place: str = ""
    came: Came | None = None
    """Known only to who asks the ledger too: `ledger.records.find_card`."""
    check_in: CheckIn = CheckIn.ROLLING

    @property
    def capacity(self) -> int:
        return sum(place.capacity for place in self.places)

    @property
    def taken(self) -> int:
        return sum(place.taken for place in self.places)

    @property
    def free(self) -> int:
        return sum(place.free for place in self.places)

    @property
    def waiting(self) -> int:
        return sum(place.waiting for place in self.places)

    @property
    def undrawn(self) -> bool:
        return any(place.undrawn for place in self.places)

    @property
    def position(self) -> int:
        """Where the reader waits, 0 when nowhere."""
        return max((place.position for place in self.places), default=0)

    @property
    def takeable(self) -> Place | None:
        """The position where the reader, who waits, may take a free place now."""
        return next((place for place in self.places if place.takeable), None)

    @property
    def begun(self) -> bool:
        return self.starts_at <= self.seen_at

    @property
    def over(self) -> bool:
        return self.ends_at <= self.seen_at

    @property
    def checks_in(self) -> bool:
        """Can those on it check in or out by a code now?"""
        near = self.starts_at - CHECK_IN_OPENS <= self.seen_at < self.ends_at
        return near and not self.cancelled and self.check_in is not CheckIn.LEADER

    @property
    def has_bar(self) -> bool:
        """Do the steps of its reader stand below its page, always in sight?"""
        return not self.begun or self.standing.state in (ReaderState.CHECK_IN, ReaderState.CHECKED_IN)

    @property
    def own(self) -> list[Place]:
        """The positions the reader holds or waits for a place in."""
        return [place for place in self.places if place.mine in STANDING]

    @property
    def signup_ids(self) -> list[int]:
        """The reader's own confirmed sign-ups for this date."""
        return [p.signup_id for p in self.places if p.signup_id and p.mine is Status.CONFIRMED]

    @property
    def signed_up(self) -> ReaderState | None:
        """How the reader's sign-ups stand, None when there are none."""
        return stands_as({place.mine for place in self.own if place.mine})

    @property
    def shut(self) -> Sentence | None:
        """Why nobody can sign up now, before it begins."""
        return self.terms.shut(self.seen_at)

    @property
    def obtainable(self) -> list[Place]:
        """The positions the reader can ask for."""
        return [place for place in self.places if self.step_at(place)]

    def step_at(self, place: Place) -> Step | None:
        """How the reader gets this position: not once it has begun, nor beside one of theirs at that time."""
        if place.takeable:
            return Step(Sentence("Take the free place"), To.SIGN_UP, quiet=False, shift_id=place.shift_id)
        clash = any(one.starts_at < place.ends_at and place.starts_at < one.ends_at for one in self.own)
        if self.cancelled or self.over or clash or self.shut or place.starts_at <= self.seen_at:
            return None
        to_be_had = place.free or place.undrawn
        words = Sentence("Sign me up") if to_be_had else Sentence("Join the queue")
        quiet = bool(not to_be_had or self.signup_ids or self.position)
        return Step(words, To.SIGN_UP, quiet=quiet, shift_id=place.shift_id)

    @cached_property
    def standing(self) -> Standing:
        standing = standing_of(self)
        return standing.after_a_change() if self.news_at and not self.begun else standing


FEW = 2
"""So many free places are few."""


def state_of(card: Card) -> ReaderState:
    """What a date is to its reader, from their sign-ups, the ledger and the time."""
    if card.cancelled:
        return ReaderState.CANCELLED
    if card.signed_up is ReaderState.CONFIRMED:
        if card.came is None:
            to_come = ReaderState.CHECK_IN if card.checks_in else ReaderState.CONFIRMED
            return ReaderState.CLOSED if card.over else to_come
        there = ReaderState.DONE if card.over else ReaderState.CHECKED_IN
        return there if card.came.present else ReaderState.ABSENT
    if card.begun:
        return ReaderState.CLOSED
    to_be_had = ReaderState.OPEN if card.free > 0 or card.undrawn else ReaderState.FULL
    return card.signed_up or (ReaderState.CLOSED if card.shut else to_be_had)


def standing_of(card: Card) -> Standing:
    """What a date is to its reader, and the next step: the one home of that."""
    match state_of(card):
        case ReaderState.OPEN | ReaderState.FULL:
            return _to_be_had(card)
        case ReaderState.CONFIRMED | ReaderState.CHECK_IN as state:
            return _confirmed(card, state)
        case ReaderState.OFFERED:
            return _offered(card)
        case ReaderState.WAITING:
            return _waiting(card)
        case ReaderState.REQUESTED:
            told = Sentence("You have a place once the leader says yes. The answer will stand under “Me”.")
            chip = Chip(Sentence("Waiting for the leader"), Tone.WAIT)
            mine = _first(card, Status.REQUESTED)
            steps = (*states.fewer(mine), states.WITHDRAW)
            return Standing(ReaderState.REQUESTED, chip, (*_why(mine), told), leave=states.WITHDRAW, on_page=steps)
        case ReaderState.CANCELLED:
            return _cancelled(card)
        case ReaderState.CLOSED if card.shut and not card.begun:
            why = (card.shut, *_given_up(card))
            return Standing(ReaderState.CLOSED, Chip(Sentence("Sign-up is not open"), Tone.WAIT), why)
        case begun:
            return _begun(card, begun)


def _to_be_had(card: Card) -> Standing:
    is_full = not card.free and not card.undrawn
    if card.undrawn:
        chip = Chip(by_draw(card.free, card.waiting))
    elif is_full:
        chip = Chip(full(card.waiting), Tone.WAIT)
    else:
        one = Sentence("Only 1 place left")
        needed = one if card.free == 1 else Sentence("%(n)d more needed", n=card.free)
        chip = Chip(needed, Tone.FEW if card.free <= FEW else Tone.RIGHT)
    step = Step(Sentence("Join the queue") if is_full else Sentence("Sign me up"), To.SIGN_UP, quiet=is_full)
    if len(card.places) > 1:
        step = Step(Sentence("Choose a position"), To.DATE, quiet=is_full)
    elif card.terms.claim:
        step = replace(step, to=To.DATE)
    return Standing(ReaderState.FULL if is_full else ReaderState.OPEN, chip, _given_up(card), step)


def _confirmed(card: Card, state: ReaderState) -> Standing:
    chip, mine = Chip(Sentence("Signed up")), _first(card, Status.CONFIRMED)
    together = Sentence("There are %(n)d places for you and those who come along.", n=mine.party)
    told = (together,) if mine.party > 1 else ()
    if state is ReaderState.CHECK_IN:
        leave = None if card.begun else states.WITHDRAW
        on_page = (states.CHECK_IN, *filter(None, [leave]))
        return Standing(state, Chip(Sentence("Check-in is open")), told, states.CHECK_IN, leave, on_page)
    if card.begun:
        return Standing(state, chip, told, states.TO_FILE)
    early = Sentence("If you can't come, say so early: in the last 24 hours it is leave, and the leader looks at why.")
    steps = (replace(states.TO_FILE, quiet=False, icon="calendar-days"), *states.fewer(mine), states.WITHDRAW)
    return Standing(ReaderState.CONFIRMED, chip, (*told, early), states.TO_FILE, states.WITHDRAW, steps)


def _offered(card: Card) -> Standing:
    mine = _first(card, Status.OFFERED)
    until = mine.offer_until
    told = Sentence(
        "The place is yours if you take it by %(day)s %(time)s. After that the next in the queue is asked.",
        day=AsDay(until) if until else "",
        time=until or "",
    )
    take = Step(Sentence("Take the place"), To.ACCEPT, quiet=False)
    no = Step(Sentence("No, thank you"), To.WITHDRAW)
    chip = Chip(Sentence("A place is kept for you"), Tone.FEW)
    return Standing(ReaderState.OFFERED, chip, (*_why(mine), told), take, no, (take, *states.fewer(mine), no))


def _waiting(card: Card) -> Standing:
    take = card.step_at(card.takeable) if card.takeable else None
    if take:
        told = Sentence("So near the start it goes to whoever taps first.")
        chip = Chip(Sentence("A place is free now"), Tone.FEW)
        return Standing(ReaderState.WAITING, chip, (told,), take, states.OUT_OF_QUEUE, (take, states.OUT_OF_QUEUE))
    told = Sentence(
        "You are told under “Me” when a place becomes free. Usually it is yours at once; within 24 hours of the start "
        "we ask you first, and in the last two hours it goes to whoever taps first."
    )
    chip = Chip(Sentence("Number %(n)d in the queue", n=card.position), Tone.WAIT)
    mine, out = _first(card, Status.WAITING), states.OUT_OF_QUEUE
    if mine.undrawn:
        told = Sentence("Your number in the draw is %(n)d. You are told the result.", n=mine.signup_id)
        chip, out = Chip(Sentence("Signed up, waiting for the draw"), Tone.WAIT), states.WITHDRAW
    steps = (replace(states.TO_FILE, icon="calendar-days"), *states.fewer(mine), out)
    return Standing(ReaderState.WAITING, chip, (*_why(mine), told), out, out, steps)


def _cancelled(card: Card) -> Standing:
    skipped = Sentence("Not this time: %(reason)s", reason=card.reason)
    cancelled = Sentence("Cancelled: %(reason)s", reason=card.reason)
    need_not = Sentence("You need not come. If it takes place after all, your place is still yours.")
    chip = Chip(skipped if card.skipped else cancelled, Tone.OFF)
    return Standing(ReaderState.CANCELLED, chip, (need_not,) if card.own else ())


def _begun(card: Card, state: ReaderState) -> Standing:
    """Of a date that is under way or over, or of which the reader was ticked."""
    if state is ReaderState.CHECKED_IN:
        return _checked_in(card)
    if state is ReaderState.DONE:
        minutes = card.came.minutes if card.came else 0
        done = Sentence("Done, %(h)s hours", h=AsHours(minutes)) if minutes else Sentence("Done")
        return Standing(state, Chip(done), next=states.TO_RECORD, on_page=(states.TO_RECORD,))
    if state is ReaderState.ABSENT:
        ask = Sentence("You were marked absent. Is that not right? Look at your record, and tell the leader.")
        return Standing(state, Chip(Sentence("Marked absent"), Tone.OFF), (ask,), on_page=(states.TO_RECORD,))
    if card.signup_ids:
        not_yet = Sentence("The leader has not taken attendance yet. Your hours will stand in your record after that.")
        return Standing(state, Chip(Sentence("Attendance not taken yet"), Tone.WAIT), (not_yet,))
    over = Sentence("Over, you had no place") if card.signed_up else Sentence("Over")
    chip = Chip(over if card.over else Sentence("Under way"), Tone.WAIT)
    return Standing(state, chip, _given_up(card))


def _checked_in(card: Card) -> Standing:
    came = card.came or Came(True)
    if came.left:
        return Standing(ReaderState.CHECKED_IN, Chip(Sentence("Checked out %(time)s", time=came.left)))
    words = Sentence("Checked in %(time)s", time=came.since) if came.since else Sentence("Checked in")
    step = states.CHECK_OUT if card.checks_in and card.begun else None
    return Standing(ReaderState.CHECKED_IN, Chip(words), next=step, on_page=(step,) if step else ())


def _given_up(card: Card) -> tuple[Sentence, ...]:
    mine = {place.mine for place in card.places}
    status = next((status for status in states.GIVEN_UP if status in mine), None)
    if status is Status.HANDED_OVER and not card.begun:
        return states.GIVEN_UP[status], Sentence("If you can come after all, say so under “Me”.")
    return (states.GIVEN_UP[status], *_why(_first(card, status))) if status else ()


def _why(place: Place) -> tuple[Sentence, ...]:
    """The rule and the figures on which the reader's sign-up stands so, as of that moment."""
    return (place.why.words,) if place.why else ()


def _first(card: Card, status: Status) -> Place:
    return next(place for place in card.places if place.mine is status)
