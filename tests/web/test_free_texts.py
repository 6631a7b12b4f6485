"""What nobody sees, or what turns the rest of a line around, is taken out of whatever people type."""

from unicodedata import category

import pytest
from sqlalchemy import select

from tests.make import Someone, make_date
from tests.pages import Open
from tests.signups.test_parties import together
from volunteer.activities.models import Activity, CalendarDay, Occurrence
from volunteer.errors import Refused, short_line
from volunteer.signups.models import Companion, Signup
from volunteer.storage.database import db
from volunteer.words import one_line, printable, visible

ODD = "Tidy\x1b[2J \x7f\u202eup\u200e\u2066 at\ufeff the\u200b gate"
PLAIN = "Tidy[2J up at the gate"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (ODD, PLAIN),
        ("\x00\x07\x9b", ""),
        ("\u061c\u2067\u2069\u202a\u200f\u00ad\u2060\ufff9", ""),
        ("one\r\ntwo\rthree\u2028four\u2029five\x85six\tseven", "one\ntwo\nthree\nfour\nfive\nsix\tseven"),
        ("\ud800\ufffe\uffff", ""),
        ("👨‍👩‍👧 བོད་ 张伟", "👨‍👩‍👧 བོད་ 张伟"),
    ],
)
def test_what_nobody_sees_is_taken_out_and_lines_and_joined_signs_stay(typed: str, kept: str) -> None:
    assert printable(typed) == kept
    assert printable(kept) == kept


def test_every_character_that_formats_or_controls_is_one_nobody_sees() -> None:
    hidden = {c for c in map(chr, range(0x110000)) if category(c) in ("Cc", "Cf", "Cs")}
    gone = {c for c in map(chr, range(0x110000)) if not printable(c)}
    assert {category(c) for c in gone - hidden} == {"Cn"}  # places Unicode keeps for more of them
    assert hidden - gone - set("\n\t\r\x0b\x0c\x85") == set("\u200c\u200d")
    assert not any(map(visible, hidden - gone - set("\n\t\r\x0b\x0c\x85")))


def test_a_line_is_one() -> None:
    assert one_line(f"  {ODD}\n\u3000now ") == f"{PLAIN} now"
    assert short_line(f" {ODD} ", 40, Refused("No.")) == PLAIN
    with pytest.raises(Refused):
        short_line("\u200b\u202e", 40, Refused("No."))


TYPED = {"kind": "reading_day", "date": "2026-12-04", "start": "09:00", "end": "10:30", "capacity": 5}


def test_every_text_of_an_activity_is_free_of_it(leader: Someone, browser: Open) -> None:
    lines = dict.fromkeys(("title", "place", "meeting", "bring", "responsible", "position", "positions-0-name"), ODD)
    texts = {"content": f"{ODD}\r\n{ODD}", "positions-0-capacity": 2, "responsible_id": ""}
    browser(leader).get("/activities/new").submit("/new", action="publish", **TYPED, **lines, **texts)
    activity = db.session.scalars(select(Activity)).one()
    said = [activity.title, activity.place, activity.meeting, activity.bring, activity.responsible]
    assert set(said) == {PLAIN}
    assert activity.content == f"{PLAIN}\n{PLAIN}"
    assert db.session.scalars(select(Occurrence.title)).one() == PLAIN


def test_a_title_of_nothing_to_see_is_none(leader: Someone, browser: Open) -> None:
    page = browser(leader).get("/activities/new").submit("/new", status=422, **TYPED, title="\u200b\x1b", place="Gate")
    assert "Give it a title." in page.text


def test_so_is_what_people_say_of_dates_and_companions(
    leader: Someone, ada: Someone, alice: Someone, browser: Open
) -> None:
    date = make_date(leader, kind="reading_day", in_days=5)
    together(browser, alice, date, ("Bo\u202e\x1b", "adult"))
    assert db.session.scalars(select(Companion.first_name)).one() == "Bo"
    roster = browser(leader).get(f"/occurrences/{date.id}/roster")
    roster.submit("/list/reserve", label=ODD, places=1)
    assert db.session.scalars(select(Signup.label).where(Signup.person_id.is_(None))).one() == PLAIN
    browser(leader).get(f"/occurrences/{date.id}/cancel").submit("/cancel", reason=ODD)
    assert db.session.scalars(select(Occurrence.reason)).one() == PLAIN
    browser(ada).get("/holidays").submit("/holidays", first="2027-05-03", name=ODD, source=ODD)
    day = db.session.scalars(select(CalendarDay)).one()
    assert (day.name, day.source) == (PLAIN, PLAIN)
