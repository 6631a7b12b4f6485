"""What people read of their own record, today and as it was; and their yes to it."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from tests.bench.inside import counted_statements
from tests.ledger.written import CAME, add, confirm, lines_of, said_of, serve
from tests.make import Someone, make_date, sign_up
from tests.moments import SetClock, on
from tests.pages import Browser, Open, Page
from volunteer.ledger import jobs, records
from volunteer.ledger.book import NewLine
from volunteer.ledger.states import EntryKind, Evidence

OCTOBER, NOVEMBER = date(2026, 10, 9), date(2026, 11, 6)


def minutes_on(page: Page) -> tuple[str, str]:
    """What stands on the one element that carries it."""
    (one,) = page.soup.select("[data-minutes], [data-open]")
    return str(one["data-minutes"]), str(one["data-open"])


def headings(page: Page) -> list[str]:
    return [" ".join(one.get_text(" ").split()) for one in page.soup.select("h2")]


@pytest.mark.begins(on(1, 8))
def test_all_confirmed_and_open_service_minutes_stand_on_one_element_whatever_is_shown(
    leader: Someone, bob: Someone, browser: Open, at: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser(bob).get("/me/records")
    assert minutes_on(page) == ("0", "0")
    confirm(leader, bob, serve(leader, bob, at, date(2025, 12, 30), minutes=50))
    confirm(leader, bob, serve(leader, bob, at, OCTOBER))
    confirm(leader, bob, serve(leader, bob, at, NOVEMBER - timedelta(days=1), kind="reading_day", minutes=60))
    serve(leader, bob, at, NOVEMBER, minutes=30)
    monkeypatch.setattr(records, "PAGE", 2)
    for query in ("", "?page=2", "?page=9", "?page=x&year=y", "?year=2025", "?year=1999", "?as_of=2026-11-06"):
        assert minutes_on(browser(bob).get(f"/me/records{query}")) == ("140", "30"), query
    page = browser(bob).get("/me/records?year=2026")
    assert "training hours 1.0 h 1:00" in page.text and "measured on the day 2.3 h 2:20" in page.text
    assert browser(bob).get("/me").text.count("0.5 h to be confirmed") == 2, "in the sum and beside the record"


@pytest.mark.begins(on(1, 8))
def test_a_month_is_summed_up_whole_even_where_a_page_ends_within_it(
    leader: Someone, bob: Someone, browser: Open, at: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (date(2025, 11, 6), OCTOBER, NOVEMBER, NOVEMBER + timedelta(days=1), NOVEMBER + timedelta(days=2)):
        confirm(leader, bob, serve(leader, bob, at, day, minutes=50))
    monkeypatch.setattr(records, "PAGE", 2)
    first = browser(bob).get("/me/records")
    assert headings(first)[0] == "November 2026 2.5 h 2:30"
    (earlier,) = [str(a["href"]) for a in first.soup.select("a") if a.get_text() == "Earlier ones"]
    second = browser(bob).get(earlier)
    assert headings(second) == ["November 2026 2.5 h 2:30", "October 2026 0.8 h 0:50"]
    assert len(second.soup.select(".tick")) == 2
    assert headings(browser(bob).get("/me/records?year=2025")) == ["November 2025 0.8 h 0:50"]
    for query in ("?as_of=2026-11-08", "?as_of=2026-11-08&page=2"):
        assert headings(browser(bob).get(f"/me/records{query}"))[0] == "November 2026 2.5 h 2:30"


def test_how_it_is_known_stands_beside_every_record_in_words(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    date = serve(leader, bob, at, NOVEMBER)
    start, typed = date.starts_at, "the sheet of 6 November"
    for line, words in (
        (CAME, "ticked by the leader"),
        (NewLine(EntryKind.CHECK_IN, at=start - timedelta(minutes=4), evidence=Evidence.SCAN), "scanned in at 8:56"),
        (NewLine(EntryKind.ASSUMED, at=date.ends_at, evidence=Evidence.ASSUMED), "until the planned end"),
        (NewLine(EntryKind.CHECK_OUT, at=start + timedelta(hours=1), evidence=Evidence.CODE), "left at 10:00"),
        (NewLine(EntryKind.BREAK, at=start, until=start + timedelta(minutes=5)), "away 9:00–9:05"),
        (NewLine(EntryKind.TYPED, at=start, until=date.ends_at, reason=typed), f"typed in, from: {typed}"),
        (NewLine(EntryKind.SET, minutes=50, reason="Rain"), "Lea put it right to 0.8 h: “Rain”"),
    ):
        add(leader, bob, date, line)
        assert words in browser(bob).get("/me/records").text
    assert "0.8 h to be confirmed" in browser(bob).get("/me/records").text
    confirm(leader, bob, date)
    assert "confirmed, Lea" in browser(bob).get("/me/records").text
    confirm(None, bob, date)
    assert "confirmed when confirmations began" in browser(bob).get("/me/records").text
    last = max(one.id for one in lines_of(bob, date) if one.kind is EntryKind.SET)
    add(leader, bob, date, NewLine(EntryKind.VOID, corrects_id=last))
    assert "put it right" not in browser(bob).get("/me/records").text, "what was taken back"


def test_the_record_stands_as_it_was_known_on_any_day(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    date = serve(leader, bob, at, NOVEMBER)
    at(on(9, 12))
    confirm(leader, bob, date)
    at(on(12, 12))
    add(leader, bob, date, NewLine(EntryKind.SET, minutes=30, reason="Left early"))
    confirm(leader, bob, date)
    for day, known in (("11-05", ("0", "0")), ("11-06", ("0", "90")), ("11-09", ("90", "0")), ("11-12", ("30", "0"))):
        page = browser(bob).get(f"/me/records?as_of=2026-{day}")
        assert minutes_on(page) == known, day
        assert ("Left early" in page.text) == (day == "11-12")
        assert not page.soup.select('form[method="post"][action^="/me/records"]'), "the past is not written to"


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("yesterday", "That is no day. Write it like this: 2026-11-30."),
        ("2026-02-30", "That is no day. Write it like this: 2026-11-30."),
        ("2026-11-24", "That day has not come yet. Choose today or an earlier one."),
        ("9999-12-31", "That day has not come yet. Choose today or an earlier one."),
    ],
)
def test_of_a_day_that_is_none_or_has_not_come_a_sentence_says_so(
    bob: Someone, browser: Open, day: str, sentence: str
) -> None:
    page = browser(bob).get(f"/me/records?as_of={day}", status=422)
    assert page.errors == [sentence] and minutes_on(page) == ("0", "0")
    assert minutes_on(browser(bob).get("/me/records?as_of=0001-01-01")) == ("0", "0")


# My record is right


def test_bob_says_with_one_tap_that_his_year_is_right_and_again_after_a_change(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    last_year, october, november = (serve(leader, bob, at, day) for day in (date(2025, 12, 30), OCTOBER, NOVEMBER))
    for one in (last_year, october, november):
        confirm(leader, bob, one)
    open_one = serve(leader, bob, at, NOVEMBER + timedelta(days=1))
    page = browser(bob).get("/me/records")
    assert "My records of 2026 are right" in page.text
    page = affirm(browser(bob), year=2026)
    assert page.news == ["Thank you. 2 records are right, you say."]
    assert [said_of(bob, one).affirmed for one in (last_year, october, november, open_one)] == [
        False,
        True,
        True,
        False,
    ]
    (line,) = [one for one in lines_of(bob, october) if one.kind is EntryKind.AFFIRM]
    assert (line.evidence, line.by_id) == (Evidence.PERSON, bob.id)
    assert "My records of 2026 are right" not in page.text
    assert affirm(browser(bob), year=2026).news == ["You have said so of all of them already."]
    add(leader, bob, october, NewLine(EntryKind.SET, minutes=60, reason="Left early"))
    confirm(leader, bob, october)
    page = browser(bob).get("/me/records")
    assert "corrected" in page.text and "My records of October 2026 are right" in page.text
    assert "My records of November 2026 are right" not in page.text
    affirm(browser(bob), year=2026, month=10)
    assert (said_of(bob, october).affirmed, said_of(bob, october).corrected) == (True, True)
    assert jobs.check(on(23, 8)) == []


def affirm(browser: Browser, **fields: int) -> Page:
    return browser.post("/me/records/affirm", referrer="/me/records", **fields)


@pytest.mark.parametrize("fields", [{}, {"year": 1}, {"year": "x"}, {"year": 2026, "month": 13}])
def test_nonsense_affirms_nothing(bob: Someone, browser: Open, fields: dict[str, object]) -> None:
    assert browser(bob).post("/me/records/affirm", **fields).errors == ["Choose a year, or one of its months."]


def test_the_record_takes_as_many_statements_however_long_it_is(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    def statements(days: range) -> int:
        for n in days:
            date = serve(leader, bob, at, OCTOBER + timedelta(days=n), minutes=50)
            if n % 3:
                confirm(leader, bob, date)
        with counted_statements() as found:
            phone.get("/me/records")
        return len(found)

    phone = browser(bob)
    few = statements(range(2))
    assert statements(range(2, 12)) == few <= 9


def test_a_date_nobody_was_marked_on_stands_above_the_record(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    date = make_date(leader, day=on(23, 9).date(), start=time(9), end=time(10))
    sign_up(bob, date)
    assert "Not marked yet" not in browser(bob).get("/me/records").text
    at(date.ends_at)
    page = browser(bob).get("/me/records")
    assert headings(page) == ["Not marked yet"] and "Nobody has said yet who was there" in page.text
    add(leader, bob, date, replace(CAME, evidence=Evidence.SHEET))
    page = browser(bob).get("/me/records")
    assert "Not marked yet" not in page.text and "from the signed sheet" in page.text
