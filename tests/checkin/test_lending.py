"""The list of one date is lent to somebody on it: for that day, with all it needs, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.checkin.test_uploads import upload
from tests.ledger.missing import roster
from tests.make import Someone, make_date, make_leader, make_member, sign_up, signup_of, told, withdraw
from tests.moments import SetClock
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.checkin import lending, scanning
from volunteer.checkin.rules import Result, is_lent
from volunteer.ledger import balances, verdicts
from volunteer.ledger.states import EntryKind
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import MembershipState, Team

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture
def cleanup(leader: Someone, alice: Someone, bob: Someone) -> Occurrence:
    """From nine to half past ten; Alice and Bob have signed up."""
    occurrence = make_date(leader)
    for someone in (alice, bob):
        sign_up(someone, occurrence)
    return occurrence


def lend(leader: Someone, date: Occurrence, to: Someone | None) -> None:
    date_id = date.id
    write(lambda: lending.lend(leader.actor, date_id, to and to.id, clock.now()))


def trail() -> list[tuple[str, str]]:
    db.session.rollback()
    found = select(AuditEntry.verb, AuditEntry.object).where(AuditEntry.verb.in_(("lend list", "take back list")))
    return [(verb, what) for verb, what in db.session.execute(found.order_by(AuditEntry.id))]


def test_the_list_is_open_to_alice_from_a_day_before_until_the_day_is_closed(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    page = browser(leader).get(roster(cleanup)).submit("/lend", person=alice.id)
    assert page.news[0] == "They are told." and "keeps this list on the day" in page.text
    assert told(alice)[-1].startswith("You keep the list of “Friday cleanup”")
    phone, begins, closes = browser(alice), cleanup.starts_at, cleanup.ends_at + 12 * HOUR
    for moment, status in (
        (begins - DAY - clock.MINUTE, 403),
        (begins - DAY, 200),
        (closes - clock.MINUTE, 200),
        (closes, 403),
    ):
        at(moment)
        phone.get(roster(cleanup), status=status)
    assert is_lent(begins, cleanup.ends_at, begins)


def test_it_is_taken_back_at_any_time_and_both_are_told_and_in_the_trail(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    lend(leader, cleanup, alice)
    lend(leader, cleanup, alice)
    at(cleanup.starts_at)
    lend(leader, cleanup, bob)
    assert told(alice)[-1].startswith("You need not keep the list")
    browser(alice).get(roster(cleanup), status=403)
    page = browser(leader).get(roster(cleanup)).submit("/lend")
    assert page.news[0] == "The list is yours again."
    assert told(bob)[-1].startswith("You need not keep the list")
    browser(bob).get(roster(cleanup), status=403)
    which = f"on occurrence {cleanup.id}"
    lent = [("lend list", f"person {one.id} {which}") for one in (alice, bob)]
    assert trail() == [*lent, ("take back list", f"person {bob.id} {which}")]


def test_only_who_is_on_the_list_with_an_account_can_have_it(
    leader: Someone, team: Team, cleanup: Occurrence, browser: Open
) -> None:
    invited = make_member(team, "Ivy", state=MembershipState.INVITED)
    stranger, other = make_member(team, "Dora"), make_leader(team, "Lara")
    for someone in (invited, other):
        sign_up(someone, cleanup)
    page = browser(leader).get(roster(cleanup))
    assert [tag.get_text() for tag in page.soup.select("form[action$=lend] option")] == ["Alice", "Bob"]
    for person_id in (invited.id, stranger.id, other.id, 0, 999999):
        refused = browser(leader).post(f"/occurrences/{cleanup.id}/lend", person=person_id)
        assert refused.errors[0].startswith("Choose somebody who is on the list"), person_id


def test_who_withdraws_keeps_no_list(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    lend(leader, cleanup, alice)
    withdraw(alice, cleanup)
    at(cleanup.starts_at)
    browser(alice).get(roster(cleanup), status=403)


def keep(leader: Someone, alice: Someone, date: Occurrence, browser: Open, at: SetClock) -> Page:
    """Alice keeps the list and has opened it as the date begins."""
    lend(leader, date, alice)
    at(date.starts_at)
    return browser(alice).get(roster(date))


def test_alice_ticks_bob_and_never_herself(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    page = keep(leader, alice, cleanup, browser, at)
    mine, his = (signup_of(one, cleanup).id for one in (alice, bob))
    assert not page.soup.select(f"#n{mine} .buttons button")
    page = page.submit("/everyone")
    assert page.news == ["1 person ticked."]
    assert balances.standing(his).present and not balances.standing(mine).kind
    for how in ("present", "absent", "undo"):
        assert "their own attendance" in page.browser.post(f"{roster(cleanup)}/{mine}", mark=how).errors[0]
    refused = page.browser.post(f"{roster(cleanup)}/walk-in", person=alice.id)
    assert "their own attendance" in refused.errors[0]
    status, answer = upload(page.browser, cleanup, "present", clock.now(), signup=mine)
    assert status == 422 and "their own attendance" in answer["told"]
    for code in (scanning.show(leader.actor, cleanup.id, clock.now())[1].code,):
        scanned = write(lambda code=code: scanning.confirm(alice.actor, code, clock.now(), "phone", clock.now()))
        assert scanned.result is Result.KEEPER
    assert not balances.standing(mine).kind


def test_alice_judges_nobody_and_leaves_alone_what_a_leader_has_decided(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    page, his = keep(leader, alice, cleanup, browser, at), signup_of(bob, cleanup).id
    page = page.browser.post(f"{roster(cleanup)}/{his}", mark="absent", referrer=roster(cleanup))
    assert "No-show" not in page.text and "With a reason" not in page.text
    for how in ("excused", "no_show"):
        page.browser.post(f"{roster(cleanup)}/{his}", mark=how, status=403)
    write(lambda: verdicts.judge(leader.actor, cleanup.id, his, EntryKind.NO_SHOW, clock.now()))
    for how in ("present", "absent", "undo"):
        refused = page.browser.post(f"{roster(cleanup)}/{his}", mark=how)
        assert refused.errors == ["A leader has decided this already. Please ask them."]
    assert not browser(alice).get(roster(cleanup)).soup.select(f"#n{his} button")


def test_alices_list_has_only_what_the_day_needs(
    leader: Someone, alice: Someone, bob: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    gone, page = make_member(team, "Gone"), None
    sign_up(gone, cleanup)
    at(cleanup.starts_at - 2 * HOUR)
    withdraw(gone, cleanup)
    page = keep(leader, alice, cleanup, browser, at)
    assert "Bob" in page.text and "Gone" not in page.text and bob.phone not in page.response.text
    actions = {str(form["action"]).removeprefix(f"/occurrences/{cleanup.id}") for form in page.soup.select("main form")}
    signup = signup_of(bob, cleanup).id
    marks = {f"/roster/{one}" for one in (signup, signup_of(alice, cleanup).id)}
    assert actions == marks | {"/roster/everyone", "/roster/walk-in"}
    links = {str(a["href"]) for a in page.soup.select("main a[href^='/occurrences']")}
    assert links == {f"/occurrences/{cleanup.id}/{one}" for one in ("roster/add", "code", "sheet", "sheet/rows")}


def test_alice_finds_who_came_without_a_sign_up_by_name_only(
    leader: Someone, alice: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    dora = make_member(team, "Dora")
    phone = keep(leader, alice, cleanup, browser, at).browser
    assert "Dora" not in phone.get(f"{roster(cleanup)}/add").text
    page = phone.get(f"{roster(cleanup)}/add?q=Dor").submit("/walk-in", person=dora.id)
    assert page.news[0] == "Added and ticked."
    at(cleanup.starts_at - HOUR)
    assert phone.get(f"{roster(cleanup)}/add").path == roster(cleanup)


def test_alice_sees_one_number_at_a_time_and_each_view_is_in_the_trail(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    page = keep(leader, alice, cleanup, browser, at)
    assert page.browser.post(f"/occurrences/{cleanup.id}/phones").errors == ["Choose whom you want to call."]
    page = page.browser.post(f"/occurrences/{cleanup.id}/phones", person=bob.id, referrer=roster(cleanup))
    assert page.soup.select(f"a[href='tel:{bob.phone}']")
    db.session.rollback()
    seen = select(AuditEntry.actor_id, AuditEntry.object).where(AuditEntry.verb == "see phone")
    assert [tuple(one) for one in db.session.execute(seen)] == [
        (alice.id, f"person {bob.id} on occurrence {cleanup.id}")
    ]


def test_what_alice_ticked_without_network_is_taken_the_next_day_and_not_once_the_list_is_taken_back(
    leader: Someone, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    phone, his = keep(leader, alice, cleanup, browser, at).browser, signup_of(bob, cleanup).id
    at(cleanup.ends_at + DAY)
    assert upload(phone, cleanup, "present", cleanup.starts_at, signup=his)[0] == 200
    assert upload(phone, cleanup, "absent", clock.now(), signup=his)[0] == 403
    lend(leader, cleanup, None)
    assert upload(phone, cleanup, "absent", cleanup.starts_at, signup=his)[0] == 403
    assert balances.standing(his).present


def test_alice_finds_list_and_code_on_the_page_of_the_date(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    keep(leader, alice, cleanup, browser, at)
    page = browser(alice).get(f"/occurrences/{cleanup.id}")
    assert "You keep the list of this date" in page.text
    assert page.soup.select(f"a[href='{roster(cleanup)}']")
    assert "data-digits" in browser(alice).get(f"/occurrences/{cleanup.id}/code").submit("/code").response.text
