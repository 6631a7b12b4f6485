"""What people are told, until they have read it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.bench.inside import counted_statements
from tests.make import Someone, make_date, make_leader, make_member, make_notice, make_team
from tests.moments import SetClock, on
from tests.pages import Open, Page
from volunteer import clock
from volunteer.accounts.models import Person
from volunteer.actor import Role
from volunteer.notices import deeds, jobs
from volunteer.notices import service as notices
from volunteer.notices.deeds import Effects, News
from volunteer.notices.events import About, Event, Part
from volunteer.notices.models import Notice
from volunteer.storage.database import db, write
from volunteer.teams import service as teams
from volunteer.teams.models import MembershipState, Team

NOW = on(27, 9)
TOMORROW = NOW + timedelta(days=1)
pytestmark = pytest.mark.begins(NOW)


def tell(someone: Someone, *bodies: str, until: datetime = TOMORROW, leads_to: int | None = None) -> None:
    for body in bodies:
        make_notice(someone, body, until, leads_to)


def badge(page: Page) -> str:
    """What the bar below says of notices, as it is read out."""
    (link,) = page.soup.select('nav a[href="/me"]')
    return " ".join(word.get_text() for word in link.select(".hidden"))


def lines(page: Page) -> list[str]:
    """The notices of a page as they are read."""
    return [" ".join(line.get_text(" ").split()) for line in page.soup.select(".told")]


def test_the_newest_notice_stands_first_and_leads_to_its_date(team: Team, alice: Someone, browser: Open) -> None:
    occurrence = make_date(make_leader(team))
    tell(alice, "The first.", leads_to=occurrence.id)
    tell(alice, "The second.")
    page = browser(alice).get("/me/notices")
    assert lines(page) == ["The second. New Today, Fri 9:00", "The first. New Today, Fri 9:00"]
    assert [link["href"] for link in page.soup.select(".told a")] == ["/me", f"/occurrences/{occurrence.id}"]
    assert [text.get_text() for text in page.soup.select(".told .pre")] == ["The second.", "The first."]


def test_who_was_told_nothing_reads_when_that_will_be(alice: Someone, browser: Open) -> None:
    page = browser(alice).get("/me/notices")
    assert "Nothing yet. When something happens to your places, you read it here." in page.text
    assert not page.soup.select("form")


def test_every_page_says_how_much_is_new_until_it_is_marked_read(alice: Someone, browser: Open) -> None:
    phone = browser(alice)
    assert badge(phone.get("/")) == ""
    tell(alice, "The first.")
    assert badge(phone.get("/")) == "1 new notice"
    tell(alice, "The second.")
    assert badge(phone.get("/me/notices")) == badge(phone.get("/me")) == "2 new notices"
    page = phone.get("/me/notices").submit("/read")
    assert (page.path, badge(page)) == ("/me/notices", "")
    assert lines(page) == ["The second. Today, Fri 9:00", "The first. Today, Fri 9:00"]


def test_what_came_while_somebody_read_stays_new(alice: Someone, browser: Open) -> None:
    tell(alice, "The first.")
    page = browser(alice).get("/me/notices")
    tell(alice, "The second.")
    page = page.submit("/read")
    assert lines(page) == ["The second. New Today, Fri 9:00", "The first. Today, Fri 9:00"]


def test_the_three_newest_stand_on_top_of_my_page(alice: Someone, browser: Open) -> None:
    phone = browser(alice)
    assert not lines(phone.get("/me"))
    tell(alice, "One.", "Two.", "Three.", "Four.")
    page = phone.get("/me")
    assert [line.split()[0] for line in lines(page)] == ["Four.", "Three.", "Two."]
    assert page.soup.select('main a[href="/me/notices"]')


def test_of_very_many_the_last_fifty_are_shown(alice: Someone, browser: Open) -> None:
    tell(alice, *(f"Number {n}." for n in range(60)))
    shown = lines(browser(alice).get("/me/notices"))
    assert len(shown) == 50
    assert shown[0].startswith("Number 59.")


def test_the_same_thing_is_told_once(alice: Someone) -> None:
    occurrence = make_date(make_leader(db.session.get_one(Team, alice.actor.team_id)))
    about = About(alice.actor.team_id, alice.actor.zone, occurrence.id, "Reading", "Library", TOMORROW, TOMORROW)

    def settle(*sequences: int) -> None:
        told = [News(Event.PLACE_BACK, about, [Part(alice.id, 1, sequence)]) for sequence in sequences]
        write(lambda: deeds.settle(Effects(told), clock.now()))

    settle(1)
    settle(1, 2)
    assert len(notices.list_for(alice.actor, clock.now())) == 2


def test_nobody_reads_or_marks_what_others_were_told(team: Team, alice: Someone, browser: Open) -> None:
    bob = make_member(team, "Bob")
    tell(alice, "For Alice.")
    (notice_id,) = db.session.scalars(select(Notice.id))
    page = browser(bob).get("/me/notices")
    assert "For Alice." not in page.text
    assert badge(page) == ""
    browser(bob).post("/me/notices/read", up_to=notice_id + 100)
    assert badge(browser(alice).get("/")) == "1 new notice"


@pytest.mark.parametrize("up_to", ["", "0", "-1", "many", "99999999999"])
def test_nonsense_marks_nothing_read(alice: Someone, browser: Open, up_to: str) -> None:
    tell(alice, "The first.")
    assert badge(browser(alice).post("/me/notices/read", up_to=up_to)) == "1 new notice"


def test_each_team_has_its_own_notices(alice: Someone, browser: Open) -> None:
    other = make_team(name="Cranes")
    write(lambda: teams.add_member(other.id, alice.id, Role.VOLUNTEER, MembershipState.ACTIVE, clock.now()))
    tell(alice, "Here.")
    phone = browser(alice)
    assert badge(phone.get("/")) == "1 new notice"
    phone.post("/me/team", team=other.id)
    page = phone.get("/me/notices")
    assert badge(page) == ""
    assert "Here." not in page.text
    phone.post("/me/notices/read", up_to=1000)
    phone.post("/me/team", team=alice.actor.team_id)
    assert badge(phone.get("/")) == "1 new notice"


def test_what_has_expired_is_no_news_any_more(alice: Someone, browser: Open, at: SetClock) -> None:
    tell(alice, "In an hour.", until=NOW + timedelta(hours=1))
    tell(alice, "Tomorrow.")
    an_hour_later = NOW + timedelta(hours=1)
    at(an_hour_later)
    phone = browser(alice)
    assert lines(phone.get("/me/notices")) == ["Tomorrow. New Today, Fri 9:00", "In an hour. Today, Fri 9:00"]
    for _ in range(2):
        write(lambda: jobs.tick(an_hour_later))
        assert badge(phone.get("/")) == "1 new notice"


def test_what_is_new_costs_no_page_a_further_question(alice: Someone, browser: Open) -> None:
    phone = browser(alice)
    phone.get("/")
    with counted_statements() as without:
        phone.get("/")
    tell(alice, "The first.")
    with counted_statements() as with_one:
        phone.get("/")
    assert len(with_one) == len(without)


def test_a_notice_is_text_whatever_stands_in_it(alice: Someone, browser: Open) -> None:
    tell(alice, "<b>50 %</b> of %(title)s")
    page = browser(alice).get("/me/notices")
    assert "<b>50 %</b> of %(title)s" in page.text


def test_only_who_has_an_account_can_be_told(team: Team, alice: Someone) -> None:
    bob, carol = make_member(team, "Bob"), make_member(team, "Carol")
    write(lambda: db.session.execute(update(Person).where(Person.id == bob.id).values(phone=None)))
    write(lambda: db.session.execute(update(Person).where(Person.id == carol.id).values(closed_at=NOW)))
    assert list(db.session.scalars(select(Person.id).where(notices.REACHABLE))) == [alice.id]
