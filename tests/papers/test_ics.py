"""Calendar files: what every reader must find in them, byte by byte and as two independent readers see them."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from volunteer.papers import ics
from volunteer.papers.ics import DateEvent, EventStatus, Head, build
from volunteer.words import one_line

HEAD = Head("清风志愿：全部活动", "清风志愿的全部活动。", "Asia/Shanghai")
EVENT = DateEvent(
    uid=ics.uid("0b6e5f00-0000-4000-8000-000000000001", "volunteers.example.org"),
    sequence=3,
    changed_at=datetime(2026, 11, 20, 1, 2, 3, 456789, tzinfo=UTC),
    starts_at=datetime(2026, 11, 27, 1, tzinfo=UTC),
    ends_at=datetime(2026, 11, 27, 2, 30, tzinfo=UTC),
    title="每周五创卫",
    place="县政府广场, 东门; 北侧",
    description="集合：东门\n带：手套、袋子\nhttps://volunteers.example.org/occurrences/7",
    category="每周五,创卫",
    url="https://volunteers.example.org/occurrences/7",
)


def check_bytes(body: bytes) -> None:
    """What holds of every file, whatever is in it."""
    assert body.endswith(b"\r\nEND:VCALENDAR\r\n")
    assert b"\n" not in body.replace(b"\r\n", b""), "a line feed of its own"
    assert b"\r" not in body.replace(b"\r\n", b""), "a carriage return of its own"
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # a fold inside a character would raise
    text = body.decode()
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", text)
    for forbidden in (
        "RRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "METHOD",
        "TZID",
        "VTIMEZONE",
        "ATTENDEE",
        "ORGANIZER",
    ):
        assert forbidden not in text


def test_a_date_is_written_as_readers_expect_it() -> None:
    body = build(HEAD, [EVENT])
    check_bytes(body)
    lines = body.replace(b"\r\n ", b"").decode().split("\r\n")
    for line in (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//volunteer//calendar//EN",
        "CALSCALE:GREGORIAN",
        "NAME:清风志愿：全部活动",
        "X-WR-CALNAME:清风志愿：全部活动",
        "DESCRIPTION:清风志愿的全部活动。",
        "X-WR-CALDESC:清风志愿的全部活动。",
        "X-WR-TIMEZONE:Asia/Shanghai",
        "COLOR:teal",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "UID:occ-0b6e5f00-0000-4000-8000-000000000001@volunteers.example.org",
        "SEQUENCE:3",
        "DTSTAMP:20261120T010203Z",
        "LAST-MODIFIED:20261120T010203Z",
        "DTSTART:20261127T010000Z",
        "DTEND:20261127T023000Z",
        "SUMMARY:每周五创卫",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "LOCATION:县政府广场\\, 东门\\; 北侧",
        "CATEGORIES:每周五\\,创卫",
        "URL:https://volunteers.example.org/occurrences/7",
    ):
        assert line in lines


def test_a_calendar_without_dates_is_still_a_calendar() -> None:
    body = build(HEAD, [])
    check_bytes(body)
    assert icalendar.Calendar.from_ical(body)["X-WR-CALNAME"] == HEAD.name


@pytest.mark.parametrize(
    ("status", "busy", "transparency"),
    [
        (EventStatus.CONFIRMED, True, "OPAQUE"),
        (EventStatus.CONFIRMED, False, "TRANSPARENT"),
        (EventStatus.TENTATIVE, True, "OPAQUE"),
        (EventStatus.CANCELLED, True, "TRANSPARENT"),
    ],
)
def test_only_what_takes_place_takes_up_time(status: EventStatus, busy: bool, transparency: str) -> None:
    item = read(build(HEAD, [replace(EVENT, status=status, busy=busy)]))
    assert (item["STATUS"], item["TRANSP"]) == (status.value, transparency)


def test_the_same_date_is_the_same_bytes_in_every_file() -> None:
    other = replace(EVENT, uid=ics.uid("another", "volunteers.example.org"))
    assert ics.event_bytes(EVENT) in build(HEAD, [other, EVENT])
    assert build(HEAD, [EVENT, other]) == build(HEAD, [EVENT, other])
    assert build(HEAD, [EVENT]) == ics.head_bytes(HEAD) + ics.event_bytes(EVENT) + ics.END


def test_a_sequence_stays_a_number_every_reader_can_hold() -> None:
    assert read(build(HEAD, [replace(EVENT, sequence=2**40)]))["SEQUENCE"] == 2**31 - 1


def test_a_title_cannot_turn_the_line_or_break_out_of_it() -> None:
    poisoned = "\ufeff种\u202e树\x00\x07\r\nATTENDEE:mailto:eve@example.org\u2028X\ud800\tY\x85Z"
    body = build(HEAD, [replace(EVENT, title=poisoned)])
    text = body.replace(b"\r\n ", b"").decode()
    assert "\r\nSUMMARY:种树 ATTENDEE:mailto:eve@example.org X Y Z\r\n" in text
    assert "\r\nATTENDEE" not in text


def test_a_title_of_500_characters_is_read_whole() -> None:
    for title in ("创" * 500, "𬭎" * 500, "a" * 500, "👨‍👩‍👧" * 100, "\\;,\\n" * 100):
        body = build(HEAD, [replace(EVENT, title=title)])
        check_bytes(body)
        assert read(body)["SUMMARY"] == title


texts = st.text(st.characters(codec=None), max_size=200)  # lone surrogates too


@given(title=texts, place=texts, description=texts, category=texts, name=texts)
def test_whatever_people_type_two_readers_read_the_same(
    title: str, place: str, description: str, category: str, name: str
) -> None:
    event = replace(EVENT, title=title, place=place, description=description, category=category)
    body = build(Head(name, description, "Asia/Shanghai"), [event])
    check_bytes(body)
    one, other = read(body), vobject.readOne(body.decode()).vevent
    for field, typed in (("SUMMARY", title), ("LOCATION", place)):
        kept = one_line(typed)
        assert one.get(field, "") == kept
        assert (other.contents[field.lower()][0].value if field.lower() in other.contents else "") == kept
    assert one["UID"] == other.uid.value == EVENT.uid
    assert one["DTSTART"].dt == other.dtstart.value == EVENT.starts_at
    assert one["DTEND"].dt - other.dtstart.value == timedelta(minutes=90)


def read(body: bytes) -> icalendar.Event:
    """The only date in a file, as icalendar reads it."""
    (item,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert isinstance(item, icalendar.Event)
    return item


def test_an_event_that_rings_carries_one_alarm_in_its_own_words() -> None:
    body = build(HEAD, [replace(EVENT, alarms=(timedelta(hours=13),))])
    check_bytes(body)
    begin = "BEGIN:VALARM\r\n"
    alarm = body.decode().partition(begin)[2].partition("END:VALARM")[0]
    assert sorted(alarm.splitlines()) == ["ACTION:DISPLAY", f"DESCRIPTION:{EVENT.title}", "TRIGGER:-PT13H"]
    assert begin not in build(HEAD, [EVENT]).decode()
    (item,) = vobject.readOne(body.decode()).contents["vevent"]
    assert item.valarm.trigger.value == -timedelta(hours=13)


WORDS_OF_WINDOWS = ("D:\\News", "\\\\NAS", "\\N", "\\n", "\\;\\,", "\\")


@pytest.mark.parametrize("typed", WORDS_OF_WINDOWS)
def test_a_typed_backslash_is_read_as_it_was_typed_wherever_it_stands(typed: str) -> None:
    event = replace(EVENT, title=typed, place=typed, category=typed, description=f"{typed}\nb", alarms=(timedelta(0),))
    body = build(Head(typed, typed, "Asia/Shanghai"), [event])
    check_bytes(body)
    item, other = read(body), vobject.readOne(body.decode())
    assert (item["SUMMARY"], item["LOCATION"], item["DESCRIPTION"]) == (typed, typed, f"{typed}\nb")
    assert item["CATEGORIES"].cats == [typed] and item.walk("VALARM")[0]["DESCRIPTION"] == typed
    its = other.vevent
    assert (its.summary.value, its.location.value, its.description.value) == (typed, typed, f"{typed}\nb")
    assert other.contents["name"][0].value == other.contents["x-wr-caldesc"][0].value == typed


@given(st.text('\\;,nN:" D创', min_size=1, max_size=60).map(one_line).filter(bool))
def test_any_mixture_of_what_is_escaped_is_read_back(typed: str) -> None:
    body = build(HEAD, [replace(EVENT, title=typed, description=f"{typed}\n{typed}")])
    check_bytes(body)
    item, other = read(body), vobject.readOne(body.decode()).vevent
    assert item["SUMMARY"] == other.summary.value == typed
    assert item["DESCRIPTION"] == other.description.value == f"{typed}\n{typed}"


@pytest.mark.parametrize(
    ("status", "busy", "told"),
    [
        (EventStatus.CONFIRMED, True, "BUSY"),
        (EventStatus.TENTATIVE, True, "TENTATIVE"),
        (EventStatus.CONFIRMED, False, "FREE"),
        (EventStatus.TENTATIVE, False, "FREE"),
        (EventStatus.CANCELLED, True, "FREE"),
    ],
)
def test_outlook_is_told_whether_it_takes_time(status: EventStatus, busy: bool, told: str) -> None:
    item = read(build(HEAD, [replace(EVENT, status=status, busy=busy)]))
    assert item["X-MICROSOFT-CDO-BUSYSTATUS"] == told


def test_an_event_of_a_whole_day_ends_with_the_day() -> None:
    body = build(HEAD, [replace(EVENT, day=date(2026, 10, 2), private=True, colour="teal")])
    check_bytes(body)
    for line in ("DTSTART;VALUE=DATE:20261002", "DTEND;VALUE=DATE:20261003", "CLASS:PRIVATE", "COLOR:teal"):
        assert f"\r\n{line}\r\n" in body.decode()
    assert "CLASS" not in build(HEAD, [EVENT]).decode()
