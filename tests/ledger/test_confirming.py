"""A leader confirms a date: what stands open counts from then on, and their sum stays."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.inside import counted_statements
from tests.make import (
    Someone,
    make_date,
    make_leader,
    make_member,
    sign_up,
    signup_of,
    told,
)
from tests.moments import FRIDAY, ZONE, SetClock
from tests.pages import Browser, Open, Page
from volunteer import clock
from volunteer.checkin import service as checkin
from volunteer.errors import Refused
from volunteer.ledger import book, confirmation, counting, jobs, records
from volunteer.ledger.book import NewLine
from volunteer.ledger.confirmation import Confirmed
from volunteer.ledger.replay import Attendance
from volunteer.ledger.rules import Choice, Decision, Remark, typed_span
from volunteer.ledger.states import EntryKind, Evidence, Quality
from volunteer.storage.database import write
from volunteer.teams.models import Team

IN, OUT = EntryKind.CHECK_IN, EntryKind.CHECK_OUT


def that_day(hour: int, minute: int = 0) -> datetime:
    return clock.utc(FRIDAY, time(hour, minute), ZONE)


class Day:
    """A date on FRIDAY from nine to half past ten, unless told; it is over, and then it is confirmed."""

    def __init__(
        self, leader: Someone, at: SetClock, start: int = 9, end: time = time(10, 30), **wishes: object
    ) -> None:
        self.leader, self.at = leader, at
        self.date = make_date(leader, day=FRIDAY, start=time(start), end=end, capacity=90, **wishes)
        self.id, self.ends_at = self.date.id, self.date.ends_at

    def came(self, *people: Someone, lines: tuple[NewLine, ...] = (NewLine(IN),), by: Someone | None = None) -> None:
        """These sign up and are there, as these lines say; it is the end of the date now."""
        for one in people:
            if self.date.starts_at > clock.now():
                sign_up(one, self.date)
        self.at(self.ends_at)
        for one in people:
            self.write(one, *lines, by=by)

    def write(self, someone: Someone, *lines: NewLine, by: Someone | None = None) -> None:
        """Add lines about somebody, now."""
        actor, signup_id = (by or self.leader).actor, signup_of(someone, self.date).id
        write(lambda: book.add(actor, {book.get_locked(actor, signup_id): lines}, clock.now()))

    def confirm(self, by: Someone, **answers: Decision) -> Confirmed:
        """Confirm what is shown; answers by the name of whom they are about."""
        sheet = confirmation.look(by.actor, self.id, clock.now())
        chosen = {line.id: answers[line.name] for line in sheet.lines if line.name in answers}
        return write(lambda: confirmation.confirm(by.actor, self.id, chosen, sheet.seen, clock.now()))

    def line(self, someone: Someone, by: Someone) -> confirmation.Attendee:
        sheet = confirmation.look(by.actor, self.id, clock.now())
        return next(line for line in sheet.lines if line.signup.person_id == someone.id)


def hours(someone: Someone) -> tuple[int, int]:
    """Minutes that count, and those that wait."""
    now = clock.now()
    found = records.sum_up(someone.actor, now)
    assert records.list_records_as_of(someone.actor, now).hours == found
    assert jobs.check(now) == []
    return found.total, found.open


@pytest.fixture
def mia(team: Team) -> Someone:
    return make_leader(team, "Mia")


def test_everybody_counts_at_once_but_the_leader_who_confirms(
    leader: Someone, mia: Someone, alice: Someone, bob: Someone, at: SetClock
) -> None:
    day = Day(leader, at)
    day.came(alice, bob, leader)
    assert hours(alice) == hours(leader) == (0, 90)
    assert day.confirm(leader) == Confirmed(2, 180)
    assert hours(alice) == hours(bob) == (90, 0) and hours(leader) == (0, 90)
    assert told(alice) == [
        "Your hours of “Friday cleanup”, Fri 27 Nov 9:00, are confirmed. They stand in your records."
    ]
    with pytest.raises(Refused, match="nothing left"):
        day.confirm(leader)
    assert day.confirm(mia) == Confirmed(1, 90)
    assert hours(leader) == (90, 0) and len(told(alice)) == 1


@pytest.mark.parametrize(
    ("ends", "who", "counts"),
    [
        (time(17), "leader", 480),
        (time(18), "leader", 480),
        (time(18), "leader leader", 480),
        (time(18), "ada", 480),
        (time(18), "leader mia", 540),
        (time(22), "leader mia", 720),
        (time(22), "leader mia ada", 780),
        (time(22), "leader ada", 780),
    ],
)
def test_of_a_long_day_eight_hours_count_on_one_word_twelve_on_two_and_all_with_an_administrator(
    leader: Someone, mia: Someone, ada: Someone, bob: Someone, at: SetClock, ends: time, who: str, counts: int
) -> None:
    day = Day(leader, at, end=ends)
    day.came(bob)
    there = {"leader": leader, "mia": mia, "ada": ada}
    total = sum(hours(bob))
    first, *others = who.split()
    assert (Remark.LONG in day.line(bob, there[first]).remarks) == (total > 480)
    day.confirm(there[first])
    for other in others:
        if day.line(bob, there[other]).waits:
            day.confirm(there[other])
    assert hours(bob) == (counts, total - counts)


def test_what_several_dates_cover_counts_once_whichever_is_confirmed_first(
    leader: Someone, bob: Someone, at: SetClock
) -> None:
    long, short = Day(leader, at, 9, time(12)), Day(leader, at, 10, time(12))
    at(long.ends_at)
    for one in (long, short):
        write(lambda: checkin.walk_in(leader.actor, one.id, bob.id, None, clock.now()))  # noqa: B023 - done at once
    assert hours(bob) == (0, 180)
    short.confirm(leader)
    assert hours(bob) == (120, 60)
    long.confirm(leader)
    assert hours(bob) == (180, 0)
    assert not long.line(bob, leader).waits and not short.line(bob, leader).waits


@pytest.mark.parametrize(
    ("line", "more", "choice", "counts"),
    [
        (NewLine(EntryKind.BREAK, that_day(9), that_day(10)), 0, Choice.PROPOSED, 90),
        (NewLine(EntryKind.BREAK, that_day(9), that_day(10)), 0, Choice.FEWER, 30),
        (NewLine(EntryKind.BREAK, that_day(9), that_day(10)), 0, Choice.PLANNED, 180),
        (NewLine(OUT, that_day(11)), 30, Choice.PROPOSED, 120),
        (NewLine(OUT, that_day(11)), 30, Choice.KEPT, 90),
    ],
)
def test_a_line_that_comes_after_the_confirmation_waits_for_somebody_to_decide(
    leader: Someone,
    mia: Someone,
    alice: Someone,
    bob: Someone,
    at: SetClock,
    line: NewLine,
    more: int,
    choice: Choice,
    counts: int,
) -> None:
    day = Day(leader, at, end=time(12))
    day.came(alice, bob, lines=(NewLine(IN, that_day(9), evidence=Evidence.SCAN), NewLine(OUT, that_day(10, 30))))
    day.confirm(leader)
    day.write(bob, line)
    assert hours(bob) == (90, more) and hours(alice) == (90, 0)
    shown = day.line(bob, mia)
    assert shown.remarks == [Remark.CHANGED] and shown.minutes == 90 + more and choice in shown.choices
    assert not day.line(alice, mia).waits
    day.confirm(mia, Bob=Decision(choice))
    assert hours(bob) == (counts, 0)
    assert not day.line(bob, leader).waits


def test_other_minutes_need_a_reason_and_more_than_planned_a_second_person(
    leader: Someone, mia: Someone, bob: Someone, at: SetClock
) -> None:
    day = Day(leader, at)
    day.came(bob)
    for minutes, reason in ((None, "slow bus"), (-1, "slow bus"), (1441, "slow bus"), (60, " ")):
        with pytest.raises(Refused, match="Bob"):
            day.confirm(leader, Bob=Decision(Choice.OTHER, minutes, reason))
    day.confirm(leader, Bob=Decision(Choice.OTHER, 60, "slow bus"))
    assert hours(bob) == (60, 0)
    day.confirm(leader, Bob=Decision(Choice.OTHER, 120, "stayed to the end of the market"))
    assert hours(bob) == (60, 60)
    assert not day.line(bob, leader).waits and Remark.CHANGED in day.line(bob, mia).remarks
    day.confirm(mia)
    assert hours(bob) == (120, 0)
    day.confirm(mia, Bob=Decision(Choice.OTHER, 0, "was at another place, as a complaint has shown"))
    assert hours(bob) == (0, 0)


def test_who_did_not_come_stays_to_be_looked_into_unless_the_leader_answers(
    leader: Someone, alice: Someone, bob: Someone, charlie: Someone, at: SetClock
) -> None:
    day = Day(leader, at)
    for one in (bob, charlie):
        sign_up(one, day.date)
    day.came(alice)
    day.write(bob, NewLine(EntryKind.ABSENT))
    assert [day.line(one, leader).remarks for one in (bob, charlie)] == [[Remark.ABSENT], [Remark.UNMARKED]]
    assert day.confirm(leader) == Confirmed(1, 90)
    assert [day.line(one, leader).asks for one in (bob, charlie)] == [True, True]
    day.confirm(leader, Bob=Decision(Choice.NO_SHOW), Charlie=Decision(Choice.CAME))
    assert signup_of(bob, day.date).no_show_at == day.date.starts_at
    assert hours(charlie) == (90, 0) and hours(bob) == (0, 0)
    assert not day.line(bob, leader).asks


def test_who_was_confirmed_and_then_marked_absent_keeps_the_minutes_until_somebody_decides(
    leader: Someone, mia: Someone, bob: Someone, at: SetClock
) -> None:
    day = Day(leader, at)
    day.came(bob)
    day.confirm(leader)
    day.write(bob, NewLine(EntryKind.ABSENT))
    assert hours(bob) == (90, 0) and day.line(bob, mia).choices == [Choice.PROPOSED, Choice.FEWER]
    day.confirm(mia, Bob=Decision(Choice.FEWER))
    assert hours(bob) == (0, 0) and not day.line(bob, leader).waits


def test_of_two_leaders_at_once_the_second_is_told_what_has_happened(
    leader: Someone, mia: Someone, alice: Someone, bob: Someone, at: SetClock
) -> None:
    day = Day(leader, at)
    day.came(alice, bob)
    for change, said in (
        (lambda: day.write(bob, NewLine(OUT, that_day(10))), "Something has changed"),
        (lambda: day.confirm(leader), "Somebody else has just confirmed"),
    ):
        seen = confirmation.look(mia.actor, day.id, clock.now()).seen
        change()
        with pytest.raises(Refused, match=said):
            write(lambda: confirmation.confirm(mia.actor, day.id, {}, seen, clock.now()))  # noqa: B023 - done at once
    assert hours(alice) == (90, 0)


def test_nothing_is_confirmed_before_the_end_or_of_a_date_that_does_not_take_place(
    leader: Someone, alice: Someone, at: SetClock
) -> None:
    day = Day(leader, at)
    day.came(alice)
    at(day.ends_at - clock.MINUTE)
    with pytest.raises(Refused, match="has not ended yet"):
        day.confirm(leader)
    at(day.ends_at + timedelta(days=400))
    day.confirm(leader)  # overdue is late, not too late


def test_how_it_was_done_is_said_of_all_and_of_who_did_otherwise(
    leader: Someone, mia: Someone, alice: Someone, bob: Someone, at: SetClock
) -> None:
    day = Day(leader, at)
    day.came(alice, bob)
    day.confirm(leader, Bob=Decision(quality=Quality.GOOD, word="carried what nobody could"))
    assert [day.line(one, mia).said.quality for one in (alice, bob)] == [Quality.EXPECTED, Quality.GOOD]
    day.confirm(mia, Alice=Decision(quality=Quality.POOR))
    assert [day.line(one, mia).said.quality for one in (alice, bob)] == [Quality.POOR, Quality.GOOD]


def test_sixty_people_are_confirmed_in_fifteen_statements(leader: Someone, team: Team, at: SetClock) -> None:
    day = Day(leader, at)
    people = [make_member(team, f"Volunteer {n}") for n in range(60)]
    for one in people:
        sign_up(one, day.date)
    at(day.ends_at)
    write(lambda: checkin.mark_everyone_present(leader.actor, day.id, clock.now()))
    seen = confirmation.look(leader.actor, day.id, clock.now()).seen
    with counted_statements() as found:
        write(lambda: confirmation.confirm(leader.actor, day.id, {}, seen, clock.now()))

    assert len(found) <= 12, found
    assert hours(people[0]) == hours(people[-1]) == (90, 0)


def confirming(browser: Browser, day: Day) -> Page:
    return browser.get(f"/occurrences/{day.id}/confirm")


def test_one_tap_takes_every_proposed_answer(
    leader: Someone, mia: Someone, alice: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    day = Day(leader, at)
    phone = browser(leader)
    for one in (alice, bob):
        sign_up(one, day.date)
    page = confirming(phone, day)
    assert "This date has not ended yet. Hours are confirmed from 10:30 on." in page.text
    day.came(alice, leader, lines=(NewLine(IN, that_day(9, 24), evidence=Evidence.SCAN),))
    page, late = confirming(phone, day), confirming(browser(mia), day)
    assert "10 working days left" in page.text and "Confirm 1 person, 1.1 hours" in page.text
    assert "Your own time stays open" in page.text
    assert "in at 9:24, not out: the planned end counts came at 9:24" in page.text
    with counted_statements() as found:
        page = page.submit("/confirm", action="confirm")
    last = next(n for n, one in enumerate(found, 1) if one.startswith("INSERT INTO write_key"))
    assert last <= 15, found
    assert page.news[0] == "Confirmed: 1 person, 1.1 hours in all."
    assert hours(alice) == (66, 0) and hours(leader) == (0, 66)
    page = late.submit("/confirm", action="confirm", status=422)
    assert "Something has changed since this page was shown" in page.errors[0]
    page = page.submit(
        "/confirm", action="confirm", quality="good", word="Fine work", **{"brought-袋": "38", "brought-处": "2.5"}
    )
    assert hours(leader) == (66, 0)
    assert "Done: 38 袋 and 2.5 处" in page.text
    page = page.submit("/confirm", status=422, **{"brought-袋": "many"})
    assert "“many” is no number." in page.errors[0] and page.value("brought-袋") == "many"
    page = page.submit("/confirm", **{"brought-袋": "39", "brought-处": ""})
    assert page.news[0] == "Saved." and "Done: 39 袋" in page.text and "处 " not in page.text.split("Done:")[1]


def today(someone: Someone, browser: Open) -> list[str]:
    """What stands on the first page of a leader to be confirmed."""
    page = browser(someone).get("/today")
    return [" ".join(row.get_text(" ").split()) for row in page.soup.select('[data-waiting="confirm"]')]


def test_dates_wait_on_the_first_page_the_overdue_ones_on_top_until_nothing_is_left_for_its_reader(
    leader: Someone, mia: Someone, alice: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    long, short = Day(leader, at, 8, time(18)), Day(leader, at, 19, time(20))
    for one in (alice, bob):
        sign_up(one, short.date)
    long.came(leader)
    short.came(alice, bob)
    assert today(mia, browser) == [
        "Friday cleanup 10 working days left Fri 27 Nov 8:00 1 person Confirm",
        "Friday cleanup 10 working days left Fri 27 Nov 19:00 2 people Confirm",
    ]
    at(short.ends_at + timedelta(days=14))
    assert [row.split(" Fri")[0] for row in today(leader, browser)] == ["Friday cleanup due today"]
    at(short.ends_at + timedelta(days=15))
    assert [row.split(" Fri")[0] for row in today(mia, browser)] == ["Friday cleanup overdue"] * 2
    long.confirm(mia)
    short.confirm(mia)
    assert today(mia, browser) == today(leader, browser) == []
    short.write(bob, NewLine(EntryKind.BREAK, that_day(19), that_day(19, 30)))
    (row,) = today(leader, browser)
    assert "changed since it was confirmed: Bob" in row


def test_typed_in_time_names_its_paper_and_waits_for_a_second_person(
    leader: Someone, mia: Someone, alice: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    day = Day(leader, at)
    sign_up(bob, day.date)
    day.came(alice)
    phone, signup_id = browser(leader), signup_of(bob, day.date).id
    good = {"signup": signup_id, "came": "09:00", "gone": "10:15", "minutes": "", "source": "paper list of 27 November"}
    for wrong, said in (
        ({"source": ""}, "Name the paper it comes from"),
        ({"came": ""}, "Give from when to when, or how many minutes."),
        ({"gone": "08:30"}, "They cannot have left before they came."),
        ({"gone": "", "came": "", "minutes": "1441"}, "Write the minutes as a number from 1 to 1440."),
        ({"gone": "23:00"}, "That time has not come yet."),
    ):
        page = confirming(phone, day).submit("/typed", status=422, **(good | wrong))
        assert said in page.text and page.value("source") == (good | wrong)["source"]
    assert "It counts once another leader" in confirming(phone, day).submit("/typed", **good).news[0]
    assert hours(bob) == (0, 75)
    day.confirm(leader)
    assert hours(bob) == (0, 75) and hours(alice) == (90, 0) and today(leader, browser) == []
    page = phone.get("/hours/typed")
    row = ["Bob", "Fri 27 Nov", "Friday cleanup", "1.3", "paper list of 27 November", "Lea"]
    assert [cell.get_text(strip=True) for cell in page.soup.select("tbody tr > *")] == [*row, ""]
    day.confirm(mia)
    assert hours(bob) == (75, 0)
    assert (
        "Mia" in phone.get("/hours/typed?format=csv").response.text and "Bob" in phone.get("/hours/typed?q=paper").text
    )
    assert "already" in browser(mia).post(f"/occurrences/{day.id}/confirm/typed", status=422, **good).text


@pytest.mark.parametrize(
    ("hours_typed", "minutes", "span"),
    [
        ((time(22), time(1)), None, (22, 25)),
        ((time(0, 30), time(1)), None, (24.5, 25)),
        ((time(23), time(23, 30)), None, (23, 23.5)),
        ((None, None), 90, (22, 23.5)),
        ((time(1), time(0, 30)), None, None),
        ((time(22), None), 90, None),
    ],
)
def test_time_typed_in_of_a_night_is_on_the_day_it_means(hours_typed, minutes, span) -> None:
    planned = that_day(22), that_day(22) + timedelta(hours=4)
    if span is None:
        with pytest.raises(Refused):
            typed_span(planned, hours_typed, minutes, ZONE)
    else:
        midnight = that_day(0)
        assert typed_span(planned, hours_typed, minutes, ZONE) == tuple(midnight + timedelta(hours=n) for n in span)


def test_nobody_is_checked_in_a_fourth_time_on_one_date(leader: Someone, bob: Someone, at: SetClock) -> None:
    day = Day(leader, at, end=time(12))
    pairs = [
        NewLine(kind, that_day(9 + n // 4, 15 * (n % 4)), evidence=Evidence.SCAN)
        for n, kind in enumerate((IN, OUT) * 3)
    ]
    day.came(bob, lines=tuple(pairs))
    assert hours(bob) == (0, 45)
    with pytest.raises(Refused, match="three times"):
        day.write(bob, NewLine(IN, that_day(11), evidence=Evidence.SCAN))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 12)), min_size=1, max_size=4), st.randoms())
def test_in_whatever_order_overlapping_dates_are_confirmed_the_sum_stays(stays, random) -> None:
    noon, later = that_day(0), that_day(0) + 2 * clock.DAY
    said = {
        n: Attendance(IN, counts=True, spans=((begin, begin + 900 * length),), planned_end=noon)
        for n, (start, length) in enumerate(stays, 1)
        if (begin := int(noon.timestamp()) + 900 * start)
    }
    together = {minute for one in said.values() for a, b in one.spans for minute in range(a // 60, b // 60)}
    for n in random.sample(sorted(said), len(said)):
        credits = counting.credit(said, later)
        assert sum(one.minutes + one.open for one in credits.values()) == len(together)
        minutes = counting.word(n, said, 7, False, later, ZONE).minutes
        said[n] = replace(said[n], confirmed=minutes, settled=True, signers=(7,))
    assert sum(one.open for one in counting.credit(said, later).values()) == max(0, len(together) - 480)
    assert not any(counting.word(n, said, 7, False, later, ZONE).waits for n in said)
