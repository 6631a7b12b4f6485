"""What of a date may stand in a calendar, as tables."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from volunteer.calendar.rules import (
    DateEntry,
    Home,
    OwnPlace,
    Reminders,
    counting,
    masked,
    window,
    with_own_places,
    without_contacts,
)
from volunteer.papers.ics import EventStatus
from volunteer.signups.states import Status


def at(hour: int) -> datetime:
    return datetime(2026, 11, 27, hour, tzinfo=UTC)


DATE = DateEntry(
    occurrence_id=7,
    public_id="x",
    title="植树",
    place="东山",
    meeting="",
    bring="",
    kind="植树造林",
    private=False,
    zone="Asia/Shanghai",
    arrive_before=0,
    starts_at=at(1),
    ends_at=at(9),
    cancelled=False,
    tentative=False,
    sequence=5,
    changed_at=at(0),
)
DIGGING = OwnPlace("挖坑", at(1), at(3), 1, Status.CONFIRMED, sequence=0, changed_at=at(0))
WATERING = OwnPlace("浇水", at(5), at(6), 1, Status.CONFIRMED, sequence=0, changed_at=at(2))


def seen(*own: OwnPlace, entry: DateEntry = DATE, home: Home | None = None) -> DateEntry:
    found = with_own_places(entry, own, home)
    assert found
    return found


def test_a_person_with_two_shifts_is_busy_from_the_first_to_the_last() -> None:
    both = seen(DIGGING, WATERING)
    assert (both.starts_at, both.ends_at, both.shifts) == (at(1), at(6), ("挖坑", "浇水"))
    assert both.changed_at == at(2)
    assert both.status is EventStatus.CONFIRMED


def test_a_person_who_holds_one_place_and_waits_for_another_is_busy_for_the_one() -> None:
    both = seen(DIGGING, replace(WATERING, status=Status.WAITING))
    assert (both.starts_at, both.ends_at, both.waiting) == (at(1), at(3), False)


def test_a_person_who_only_waits_sees_the_date_as_unsure() -> None:
    waits = seen(replace(WATERING, status=Status.WAITING))
    assert (waits.starts_at, waits.ends_at, waits.status) == (at(5), at(6), EventStatus.TENTATIVE)


def test_a_person_who_waited_for_a_cancelled_date_sees_it_cancelled() -> None:
    cancelled = replace(DATE, cancelled=True)
    assert seen(replace(WATERING, status=Status.WAITING), entry=cancelled).status is EventStatus.CANCELLED


def test_nothing_is_left_for_who_withdrew() -> None:
    assert with_own_places(DATE, [replace(DIGGING, status=Status.WITHDRAWN, sequence=1)]) is None


def test_every_step_raises_the_sequence() -> None:
    withdrawn = replace(WATERING, status=Status.WITHDRAWN, sequence=1)
    returned = replace(WATERING, sequence=2)
    steps = [seen(DIGGING), seen(DIGGING, WATERING), seen(DIGGING, withdrawn), seen(DIGGING, returned)]
    assert [step.sequence for step in steps] == [6, 7, 8, 9]
    assert counting(DATE, []).sequence == 5 and counting(DATE, [replace(withdrawn, sequence=3)]).sequence == 9


def test_a_feed_covers_a_month_back_and_half_a_year_ahead() -> None:
    begin, end = datetime(2026, 10, 23, 16, tzinfo=UTC), datetime(2027, 5, 24, 16, tzinfo=UTC)
    assert window(date(2026, 11, 24), "Asia/Shanghai") == (begin, end)  # midnight there


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("联系 13812345678。", "联系 ***。"),
        ("138 1234 5678", "***"),
        ("+86 138-1234-5678 李", "*** 李"),
        ("１３８１２３４５６７８", "***"),
        ("电话(0971)1234567", "电话***"),
        ("0971-12345678", "***"),
        ("lea.w+cal@mail.example.org 见", "*** 见"),
        ("138.1234.5678", "***"),
        ("138_1234_5678", "***"),
        ("138—1234—5678", "***"),
        ("138 – 1234·5678、李", "***、李"),
        ("138－1234．5678", "***"),
        ("0971.1234567", "***"),
        ("0971_1234567", "***"),
        ("b＠c．com", "***"),
        ("找 b@c。com", "找 ***"),
        ("b＠mail.c．com 见", "*** 见"),
        ("身份证 632123199001011234", "身份证 ***"),
        ("11010519491231002X", "***"),
        ("110105-19491231-002x", "***"),
        ("632123 19900101 1234", "***"),
        ("１１０１０５１９４９１２３１００２Ｘ", "***"),
        ("2026.10.17 9:00–10:30，13.5 元", "2026.10.17 9:00–10:30，13.5 元"),
        ("2026/10/17、10/24、10/31", "2026/10/17、10/24、10/31"),
        ("www.example.org/a_b", "www.example.org/a_b"),
        ("2026-10-17 09:00–10:30", "2026-10-17 09:00–10:30"),
        ("带 100 个袋子、20 把锹，304 室", "带 100 个袋子、20 把锹，304 室"),
        ("6228481234567890123", "6228481234567890123"),
    ],
)
def test_phones_and_mail_addresses_are_made_unreadable_and_nothing_else(typed: str, shown: str) -> None:
    assert without_contacts(typed) == shown


def test_whoever_moves_out_or_in_raises_the_sequence_and_never_lowers_it() -> None:
    alice, bob = DIGGING, replace(WATERING, person_id=2, sequence=4)

    def in_household(moves: int, *here: tuple[int, str], gone: tuple[int, ...] = ()) -> DateEntry:
        return seen(alice, bob, home=Home(moves, at(moves + 3), here, gone))

    both = (1, "Alice"), (2, "Bob")
    steps = [in_household(1, *both), in_household(2, (1, "Alice"), gone=(2,)), in_household(3, *both)]
    assert [step.people for step in steps] == [("Alice", "Bob"), ("Alice",), ("Alice", "Bob")]
    assert [step.sequence for step in steps] == [12, 13, 14]
    assert [step.changed_at for step in steps] == [at(4), at(5), at(6)]
    assert steps[1].ends_at == at(3)


SURE = seen(DIGGING)
HOUR, TWO_DAYS, SINCE_EIGHT = timedelta(hours=1), timedelta(days=2), timedelta(hours=13)


@pytest.mark.parametrize(
    ("reminders", "before"),
    [
        (Reminders(), ()),
        (Reminders(first=60), (HOUR,)),
        (Reminders(second=60), (HOUR,)),
        (Reminders(first=2880, second=60), (HOUR, TWO_DAYS)),
        (Reminders(first=60, second=60), (HOUR,)),
        (Reminders(first=0), (timedelta(0),)),
        (Reminders(evening=True), (SINCE_EIGHT,)),
        (Reminders(first=780, evening=True), (SINCE_EIGHT,)),
        (Reminders(first=60, offer=30), (HOUR,)),
    ],
)
def test_reminders_ring_a_while_before_the_start(reminders: Reminders, before: tuple[timedelta, ...]) -> None:
    assert reminders.before(SURE) == before
    assert reminders.before(replace(SURE, cancelled=True)) == ()


def test_an_offered_place_rings_before_it_is_gone_and_not_before_the_start() -> None:
    offered = seen(replace(DIGGING, status=Status.OFFERED, offer_until=at(1) - timedelta(hours=2)))
    assert Reminders(first=60, evening=True, offer=30).before(offered) == (timedelta(hours=2, minutes=30),)
    assert Reminders(first=60, evening=True).before(offered) == ()
    assert Reminders(offer=30).before(replace(offered, cancelled=True)) == ()


def test_the_evening_before_is_one_hour_off_when_clocks_change() -> None:
    sunday_morning = datetime(2026, 3, 29, 7, tzinfo=UTC)  # 9:00 in Berlin, where 2:00 did not happen
    there = replace(SURE, starts_at=sunday_morning, zone="Europe/Berlin")
    assert Reminders(evening=True).before(there) == (timedelta(hours=12),)


@pytest.mark.parametrize(("name", "shown"), [("张伟", "张*"), ("卓玛", "卓*"), ("Alice Nosy", "A*"), ("李", "李*")])
def test_a_masked_name_is_its_first_letter(name: str, shown: str) -> None:
    assert masked(name) == shown
