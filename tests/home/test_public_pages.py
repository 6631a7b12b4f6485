"""What anybody may read without a log-in: a public date, and a team's public dates."""

import re
from datetime import time, timedelta
from uuid import uuid4

import pytest

from tests.make import Someone, cancel, make_activity, make_date, sign_up
from tests.moments import FRIDAY, SetClock
from tests.pages import BASE, Open
from tests.signups.test_terms import asking
from volunteer.activities import dates
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.states import ActivityState, OccurrenceState
from volunteer.storage.database import db
from volunteer.teams.models import Team


@pytest.fixture
def market(leader: Someone) -> Occurrence:
    """A public date; its leader wrote numbers where none belong."""
    return make_date(
        leader,
        title="Market",
        place="Culture square, ask 13812345678",
        day=FRIDAY,
        public=True,
        capacity=6,
        bring="Cups, mail me@example.org",
        meeting="Under the flag",
    )


def address(date: Occurrence) -> str:
    return f"/p/{date.public_id}"


def test_anybody_reads_when_and_where_what_to_bring_and_how_to_join(
    market: Occurrence, alice: Someone, team: Team, browser: Open
) -> None:
    sign_up(alice, market)
    page = browser().get(address(market))
    for said in ("Market", "Fri 27 Nov", "9:00–10:30", "8:50", "Culture square", "Under the flag", "Cups", "5 more"):
        assert said in page.text, said
    (join,) = page.soup.select(f'main a[href="/occurrences/{market.id}"]')
    assert browser(alice).get(str(join["href"])).card(market.id)
    assert page.soup.select(f'a[href="/t/{team.slug}"]')


def test_anybody_reads_for_whom_it_is_and_until_when_one_signs_up(leader: Someone, browser: Open, at: SetClock) -> None:
    planting = make_date(leader, kind="tree_planting", day=FRIDAY, public=True)
    asking(planting, min_age=18, requirements="Boots, ask 13812345678", deadline_before=24 * 60)
    page = browser().get(address(planting))
    for said in ("18 or older", "Boots", "no insurance stated", "Thu 26 Nov 9:00"):
        assert said in page.text, said
    assert "13812345678" not in page.text and "Sign me up" in page.text
    at(planting.starts_at - timedelta(hours=1))
    page = browser().get(address(planting))
    assert "Sign-up closed on" in page.text and "Sign me up" not in page.text


def test_no_name_and_no_number_stands_there(market: Occurrence, leader: Someone, alice: Someone, browser: Open) -> None:
    sign_up(alice, market)
    for path in (address(market), f"/t/{db.session.get_one(Team, market.team_id).slug}"):
        page = browser().get(path)
        for secret in ("Alice", "Lea", "13812345678", "me@example.org", alice.phone, leader.phone):
            assert secret not in page.response.text, (path, secret)


def test_only_public_dates_have_a_page(leader: Someone, market: Occurrence, browser: Open) -> None:
    closed = make_date(leader, title="For members")
    visit = make_date(leader, kind="home_visit", public=True)
    skipped = dates.list_for(make_activity(leader, public=True, repeat=Repeat.WEEKLY, day=FRIDAY, until=FRIDAY))[0]
    skipped.state = OccurrenceState.SKIPPED
    db.session.commit()
    missing = (
        address(closed),
        address(visit),
        address(skipped),
        f"/p/{uuid4()}",
        "/p/x",
        "/p/%00",
        "/t/nobody",
        "/t/%00",
    )
    for path in missing:
        assert browser().get(path, status=404).errors, path
    assert browser().get(address(market)).path == address(market)


def test_a_draft_is_not_public(market: Occurrence, browser: Open) -> None:
    db.session.query(Activity).update({"state": ActivityState.DRAFT})
    db.session.commit()
    browser().get(address(market), status=404)


def test_a_public_date_that_is_cancelled_or_over_says_so(
    market: Occurrence, leader: Someone, at: SetClock, browser: Open
) -> None:
    later = make_date(leader, day=FRIDAY, start=time(12), end=time(13), public=True)
    cancel(leader, market, "strong wind, call 13812345678")
    page = browser().get(address(market))
    assert "Cancelled: strong wind, call ***" in page.text and "Be there by" not in page.text
    assert not page.soup.select('main a[href^="/occurrences"]')
    at(later.ends_at + timedelta(minutes=1))
    assert "Over" in browser().get(address(later)).text


def test_a_team_shows_its_coming_public_dates_and_the_calendar_of_them(
    market: Occurrence, leader: Someone, team: Team, at: SetClock, browser: Open
) -> None:
    make_date(leader, title="For members")
    gone = make_date(leader, title="Long ago", public=True, in_days=1)
    at(gone.ends_at + timedelta(minutes=1))
    page = browser().get(f"/t/{team.slug}")
    assert "清风志愿" in page.text and "Market" in page.text and "Fri 27 Nov" in page.text
    assert "For members" not in page.text and "Long ago" not in page.text
    assert page.soup.select(f'a[href="{address(market)}"]')
    assert "/cal/" not in page.response.text  # nobody has asked for it yet, and reading writes nothing
    browser(leader).get("/me/settings")
    page = browser().get(f"/t/{team.slug}")
    feed = re.search(rf"{BASE}(/cal/[a-z2-7-]+\.ics)", page.response.text)
    assert feed and b"Market" in browser().get(feed[1]).response.data
    assert page.soup.select('a[href^="webcal:"]')


def test_the_public_calendar_leads_to_the_public_pages_and_no_other_does(
    market: Occurrence, leader: Someone, browser: Open
) -> None:
    settings = browser(leader).get("/me/settings")
    for card in settings.soup.select("[data-feed]"):
        path = re.search(r"/cal/[a-z2-7-]+\.ics", str(card))
        assert path
        file = browser().get(path[0]).response.text.replace("\r\n ", "")
        leads_to = set(re.findall(r"URL:(\S+)", file))
        expected = (
            {f"{BASE}{address(market)}"} if card["data-feed"] == "public" else {f"{BASE}/occurrences/{market.id}"}
        )
        assert leads_to == (expected if card["data-feed"] != "person" else set()), card["data-feed"]
