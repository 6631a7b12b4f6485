"""The activity form on a careless day: what belongs together stands together, and an error shows where it is."""

from datetime import date

import pytest

from tests.make import Someone
from tests.moments import SetClock, on
from tests.pages import Open, Page
from volunteer.activities import dates
from volunteer.activities.models import Activity
from volunteer.storage.database import db

TYPED = {
    "title": "Friday cleanup",
    "kind": "friday_cleanup",
    "date": "2026-11-27",
    "start": "09:00",
    "end": "10:30",
    "place": "Main street",
    "capacity": "15",
    "action": "publish",
}


@pytest.fixture
def form(leader: Someone, browser: Open) -> Page:
    return browser(leader).get("/activities/new")


def folds(page: Page) -> dict[str, bool]:
    """The folded parts of the form by their words, and which of them are open."""
    return {
        fold.select_one("summary").get_text(strip=True): fold.has_attr("open") for fold in page.soup.select("details")
    }


def test_until_when_it_repeats_stands_beside_how_in_the_open(form: Page) -> None:
    until, by_hand = form.soup.select_one("[name=until]"), form.soup.select_one("[name=dates]")
    assert not until.find_parent("details") and not by_hand.find_parent("details")
    assert until.find_parent(class_="repeats") is form.soup.select_one("[name=repeat]").find_parent(class_="repeats")
    assert until["value"] == "2026-12-31"


def test_a_weekly_series_that_says_no_end_goes_on_to_the_years_end(form: Page) -> None:
    form.submit("/activities/new", **TYPED, repeat="weekly", until="")
    (activity,) = db.session.query(Activity)
    assert activity.until == date(2026, 12, 31)
    assert [one.rule_date.day for one in dates.list_for(activity)] == [27, 4, 11, 18, 25]


def test_so_many_dates_need_no_last_day(form: Page) -> None:
    form.submit("/activities/new", **TYPED, repeat="weekly", until="", count=10)
    (activity,) = db.session.query(Activity)
    assert (activity.until, len(dates.list_for(activity))) == (None, 10)


def test_a_draft_that_becomes_a_series_ends_with_the_year_it_begins_in(
    leader: Someone, browser: Open, at: SetClock
) -> None:
    at(on(28, 8))
    page = (
        browser(leader)
        .get("/activities/new")
        .submit("/activities/new", **TYPED | {"date": "2027-01-08", "action": "draft"})
    )
    draft = browser(leader).get(f"{page.path}/edit")
    assert draft.value("until") == "2027-12-31"


@pytest.mark.parametrize(
    ("wrong", "opens"),
    [
        ({"title": ""}, set()),
        ({"repeat": "weekly", "until": "2026-11-01"}, set()),
        ({"repeat": "weekly", "every": "99"}, {"Series and holidays"}),
        ({"arrive": "999"}, {"Describe it"}),
        ({"positions-0-name": "Bags", "positions-0-capacity": "-1"}, {"Several positions"}),
        (
            {"positions-0-name": "Bags", "positions-0-capacity": "2", "positions-0-start": "07:00"},
            {"Several positions"},
        ),
    ],
)
def test_an_error_opens_its_own_fold_and_no_other(form: Page, wrong: dict[str, str], opens: set[str]) -> None:
    page = form.submit("/activities/new", status=422, **TYPED | wrong)
    assert {words for words, is_open in folds(page).items() if is_open} == opens
    assert page.soup.select_one('.field [aria-invalid="true"], .field-error')


def test_risks_and_protection_have_room_for_sentences(form: Page) -> None:
    assert {form.soup.select_one(f"[name={name}]").name for name in ("risk", "protection")} == {"textarea"}
