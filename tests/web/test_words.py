"""Pages say what is so, in words that mean one thing."""

import re
from pathlib import Path

import pytest

from tests.make import Someone, make_administrator, make_member
from tests.pages import Open
from volunteer import clock
from volunteer.signups.cards import Place
from volunteer.teams.models import MembershipState, Team

TEMPLATES = Path(__file__).parents[2] / "templates"


def test_a_holiday_has_a_name_of_its_own_kind_not_a_persons(ada: Someone, browser: Open) -> None:
    (label,) = browser(ada).get("/holidays").soup.select('label[for="name"]')
    assert label.get_text() == "Name of the holiday"


def test_a_leader_who_may_not_is_not_told_to_ask_a_leader(
    leader: Someone, alice: Someone, ada: Someone, team: Team, browser: Open
) -> None:
    assert "for leaders of the team" in browser(alice).get("/members", status=403).text
    refused = browser(leader).get("/holidays", status=403).text
    assert "for administrators of the team" in refused and "leaders" not in refused
    other = make_administrator(team, "Another")
    assert "not yours to do" in browser(ada).post(f"/members/{other.id}/link", status=403).text


def test_nothing_to_print_is_not_ready_to_print(leader: Someone, team: Team, browser: Open) -> None:
    page = browser(leader).get("/members/slips")
    assert page.submit("/members/slips").news == ["There is nobody on the roster you could make a link for."]
    make_member(team, "Rosa", state=MembershipState.INVITED)
    assert page.submit("/members/slips", write_key="another key").news == ["1 personal link is ready to print."]


def test_everybody_was_ticked_already(leader: Someone, cleanup, at, browser: Open) -> None:
    at(cleanup.starts_at)
    page = browser(leader).post(f"/occurrences/{cleanup.id}/roster/everyone")
    assert page.news == ["Everybody on the list is ticked already."]


@pytest.mark.parametrize(("waiting", "says"), [(0, "Full"), (2, "Full, %(n)d waiting")])
def test_a_full_position_says_how_many_wait_if_somebody_does(waiting: int, says: str) -> None:
    moment = clock.now()
    place = Place(1, "", moment, moment, 1, 1, waiting, None, None, 0, 0)
    assert place.words.text == says


def test_no_dot_dangles_between_facts() -> None:
    """It is as wide as a Han character, and stands alone where a line ends: facts are apart by gaps."""
    for template in TEMPLATES.rglob("*.html"):
        text = re.sub(r"\{#.*?#\}|<title>.*?</title>|···", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "·" not in text, template
