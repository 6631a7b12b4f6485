"""Two people of one name are told apart wherever a button acts on one of them."""

from tests.make import Someone, make_date, make_member, sign_up, signup_of
from tests.pages import Open
from volunteer.accounts.rules import told_apart
from volunteer.teams import service as teams
from volunteer.teams.models import MembershipState, Team

FIRST, SECOND = "张伟 139****0001", "张伟 138****0002"


def two(team: Team, state: MembershipState = MembershipState.ACTIVE) -> tuple[Someone, Someone]:
    phones = ("13900000001", "13800000002")
    first, second = (make_member(team, "张伟", phone=phone, state=state) for phone in phones)
    return first, second


def buttons(page: object, name: str) -> list[str]:
    """What the buttons and links that name somebody say aloud."""
    return [str(one["aria-label"]) for one in page.soup.select("[aria-label]") if name in str(one["aria-label"])]


def test_only_who_shares_a_name_in_a_list_has_a_piece_of_the_number_beside_it(team: Team, leader: Someone) -> None:
    two(team)
    make_member(team, "李娜")
    named = [one.name for one in told_apart(teams.list_members_for(leader.actor))]
    assert named == ["Lea", FIRST, SECOND, "李娜"]
    assert [one.name for one in told_apart(teams.search_members(leader.actor, "李", 5))] == ["李娜"]


def test_on_the_list_of_names_each_button_says_which_of_them(team: Team, leader: Someone, browser: Open) -> None:
    date = make_date(leader)
    for one in two(team):
        sign_up(one, date)
    page = browser(leader).get(f"/occurrences/{date.id}/roster")
    assert (FIRST in page.text, SECOND in page.text) == (True, True)
    assert {f"Take {name} off the list" for name in (FIRST, SECOND)} <= set(buttons(page, "张伟"))


def test_so_does_who_adds_one_of_them_and_every_list_of_members(team: Team, leader: Someone, browser: Open) -> None:
    date = make_date(leader)
    first, _ = two(team)
    page = browser(leader).get(f"/occurrences/{date.id}/roster/add?q=张伟")
    assert buttons(page, "张伟") == [f"Sign {FIRST} up", f"Sign {SECOND} up"]
    assert {name.split()[1] for name in (FIRST, SECOND)} <= set(browser(leader).get("/members").text.split())
    sign_up(first, date)
    alone = browser(leader).get(f"/occurrences/{date.id}/roster")
    assert f"n{signup_of(first).id}" in alone.response.text
    assert FIRST not in alone.text
    still = browser(leader).get(f"/occurrences/{date.id}/roster/add?q=张伟")
    assert buttons(still, "张伟") == [f"Sign {SECOND} up"]  # the other one is on the list already


def test_slips_to_hand_out_say_whose_each_is(team: Team, leader: Someone, browser: Open) -> None:
    two(team, MembershipState.INVITED)
    page = browser(leader).get("/members/slips").submit("/members/slips")
    assert FIRST in page.text and SECOND in page.text
