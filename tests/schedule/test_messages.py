"""A leader writes to those on a date, and learns who does not read it."""

from datetime import date

import pytest
from sqlalchemy import select, update

from tests.make import Someone, make_date, make_member, make_team, reserve, sign_up, told
from tests.moments import SetClock, on
from tests.pages import Open
from volunteer.activities.models import Occurrence
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState, Team

SAID = "The leader writes about “Friday cleanup”, Fri 27 Nov 9:00: “Bring gloves, please.”"


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    """Friday the 27th from nine to half past ten, five places."""
    return make_date(leader, day=date(2026, 11, 27), capacity=5)


def test_who_has_a_place_reads_it_and_who_cannot_is_named(
    team: Team, leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open
) -> None:
    invited, left = make_member(team, "Dora", state=MembershipState.INVITED), make_member(team, "Eve")
    for someone in (alice, invited, left, leader):
        sign_up(someone, cleanup)
    reserve(leader, cleanup, "Guests")
    waits = make_member(team, "Bob")
    sign_up(waits, cleanup)
    gone = update(Membership).where(Membership.person_id == left.id).values(state=MembershipState.LEFT)
    write(lambda: db.session.execute(gone))
    form = browser(leader).get(f"/occurrences/{cleanup.id}/message")
    page = form.submit("/message", text="  Bring  gloves,\u3000please. ")
    assert page.news == ["Sent to 1 person."]
    assert [one.get_text() for one in page.soup.select("[data-unreached]")] == ["Dora", "Eve", "Guests"]
    assert told(alice)[-1] == SAID
    assert [told(one) for one in (waits, invited, left, leader)] == [[]] * 4
    line = browser(alice).get("/me/notices").soup.select_one('[data-notice="message"] a')
    assert line and line["href"] == f"/occurrences/{cleanup.id}"
    page.submit("/message", text="All of you", waiting="y")
    assert told(waits) == [SAID.replace("Bring gloves, please.", "All of you")]
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.object == f"occurrence {cleanup.id}")).all()
    assert list(verbs).count("message") == 2


@pytest.mark.parametrize("text", ["", " \n\u3000 ", "x" * 1001, "长" * 5000])
def test_blanks_and_novels_are_refused_with_what_was_typed(
    leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open, text: str
) -> None:
    sign_up(alice, cleanup)
    page = browser(leader).post(f"/occurrences/{cleanup.id}/message", status=422, text=text)
    assert "Write a message of up to 1000 characters." in page.text
    assert page.value("text").strip() == text.strip()
    assert told(alice) == []


def test_lines_stay_lines(leader: Someone, alice: Someone, cleanup: Occurrence, browser: Open) -> None:
    sign_up(alice, cleanup)
    browser(leader).post(f"/occurrences/{cleanup.id}/message", text="One.\r\nTwo.")
    assert "“One.\nTwo.”" in told(alice)[-1]


def test_thanks_are_read_after_the_date_too(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    sign_up(alice, cleanup)
    at(on(27, 18))
    browser(leader).post(f"/occurrences/{cleanup.id}/message", text="Thank you!")
    assert browser(alice).get("/me").soup.select('[data-notice="message"]')


def test_where_nobody_would_read_it_nothing_is_sent(leader: Someone, cleanup: Occurrence, browser: Open) -> None:
    page = browser(leader).post(f"/occurrences/{cleanup.id}/message", status=422, text="Hello")
    assert "Nobody on this date would read it here." in page.text
    other = make_member(make_team(), "Outsider")
    browser(other).post(f"/occurrences/{cleanup.id}/message", status=403, text="Hello")
