"""People on the roster, and those who forgot their password, come in by a link a leader hands them."""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.make import PASSWORD, Someone, make_administrator, make_leader, make_member, make_team
from tests.pages import BASE, Browser, Page
from tests.wire import send
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.accounts.models import Consent, Device, OneTimeLink, Person
from volunteer.actor import Role
from volunteer.errors import Refused
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams import links
from volunteer.teams import service as teams
from volunteer.teams.models import Membership, MembershipState

pytestmark = pytest.mark.usefixtures("quick_hashing")

NEW = "another good one"


@pytest.fixture
def alice(cranes) -> Someone:
    """On the roster, not in yet."""
    return make_member(cranes, state=MembershipState.INVITED)


def hand(leader: Someone, someone: Someone) -> str:
    """The address on the slip."""
    link = write(lambda: links.hand_link(leader.actor, someone.id, clock.now()))
    return f"/in/{accounts.address_of(link)}"


def come_in(theirs: Browser, address: str, password: str = NEW, *, status: int = 200) -> Page:
    return theirs.get(address).submit(address, password=password, status=status)


def log_in(theirs: Browser, someone: Someone, password: str, *, status: int = 200) -> Page:
    return theirs.get("/login").submit("/login", phone=someone.phone, password=password, status=status)


def membership_of(someone: Someone) -> Membership:
    return db.session.query(Membership).filter_by(person_id=someone.id).one()


def set_state(someone: Someone, state: MembershipState) -> None:
    def change() -> None:
        membership_of(someone).state = state

    write(change)


def test_somebody_on_the_roster_comes_in_chooses_a_password_and_is_a_member(browser, cranes, lea, alice):
    page = browser().get(hand(lea, alice))
    assert page.soup.h1.text == "Hello, Alice"
    page = page.submit(page.path, password=NEW)
    assert page.path == "/"
    assert membership_of(alice).state is MembershipState.ACTIVE
    assert db.session.query(Consent).filter_by(person_id=alice.id, purpose="account").count() == 1
    assert db.session.query(AuditEntry).filter_by(verb="come in by link", actor_id=alice.id).count() == 1
    assert log_in(browser(), alice, NEW).path == "/"


def test_a_personal_link_works_once(browser, lea, alice):
    address = hand(lea, alice)
    come_in(browser(), address)
    page = browser().get(address, status=404)
    assert "Ask a leader for a new one." in page.errors[0]
    browser().post(address, status=404, password="stolen password")
    log_in(browser(), alice, "stolen password", status=422)


def test_looking_at_the_page_uses_nothing_up(browser, lea, alice):
    address = hand(lea, alice)
    for _ in range(3):
        browser().get(address)
    assert membership_of(alice).state is MembershipState.INVITED
    assert come_in(browser(), address).path == "/"


def test_the_person_must_choose_a_password_that_holds(browser, lea, alice):
    address = hand(lea, alice)
    for weak in ("", "1234567", "12345678\x00"):
        page = come_in(browser(), address, weak, status=422)
        assert page.soup.select_one(".field-error")
    browser().post(address, status=422)
    assert membership_of(alice).state is MembershipState.INVITED
    assert come_in(browser(), address).path == "/"


def test_a_first_link_lasts_thirty_days(browser, at, lea, alice):
    address, now = hand(lea, alice), clock.now()
    at(now + timedelta(days=29, hours=23))
    browser().get(address)
    at(now + timedelta(days=30))
    browser().get(address, status=404)


def test_a_link_for_a_forgotten_password_lasts_one_day(browser, at, cranes, lea):
    bob, now = make_member(cranes, "Bob"), clock.now()
    address = hand(lea, bob)
    at(now + timedelta(hours=23))
    browser().get(address)
    at(now + timedelta(hours=24, minutes=1))
    browser().get(address, status=404)


def test_a_newer_link_ends_the_one_before_whoever_made_it(browser, cranes, lea, alice):
    old, new = hand(lea, alice), hand(make_leader(cranes, "Lobsang"), alice)
    browser().get(old, status=404)
    assert come_in(browser(), new).path == "/"


def test_a_link_for_one_opens_nothing_for_another(browser, cranes, lea, alice):
    bob = make_member(cranes, "Bob", state=MembershipState.INVITED)
    one, other = hand(lea, alice), hand(lea, bob)
    mixed = one.split("-")[0] + "-" + other.split("-")[1]
    browser().get(mixed, status=404)
    browser().get(one.replace("/in/", "/join/"), status=404)


def test_somebody_who_has_left_cannot_come_back_by_an_old_link(browser, lea, alice):
    address = hand(lea, alice)
    set_state(alice, MembershipState.LEFT)
    browser().get(address, status=404)
    browser().post(address, status=404, password=NEW)
    assert db.session.get(Person, alice.id).password_hash is None
    assert send(browser(lea), "POST", f"/members/{alice.id}/link").status_code == 404


def test_who_forgot_the_password_gets_a_new_one_and_is_not_kept_waiting(browser, cranes, lea):
    bob = make_member(cranes, "Bob")
    for _ in range(5):
        log_in(browser(), bob, "forgotten", status=422)
    lost = browser(bob)
    assert come_in(browser(), hand(lea, bob)).path == "/"
    assert lost.get("/me").path == "/login"
    log_in(browser(), bob, PASSWORD, status=422)
    assert log_in(browser(), bob, NEW).path == "/"
    assert db.session.query(Consent).filter_by(person_id=bob.id).count() == 0


def test_a_person_who_changes_the_password_ends_the_links_made_for_them(browser, cranes, lea):
    bob = make_member(cranes, "Bob")
    address = hand(lea, bob)
    browser(bob).get("/me/password").submit("/me/password", current=PASSWORD, password=NEW)
    browser().get(address, status=404)


def test_the_link_on_the_leaders_page_is_the_one_that_works(browser, lea, alice):
    page = browser(lea).get(f"/members/{alice.id}").submit("/link")
    assert page.path == f"/members/{alice.id}"
    assert page.soup.select_one("img.qr")
    address = page.soup.select_one("#log-in-link").get_text()
    assert address.startswith(BASE + "/in/")
    assert come_in(browser(), address.removeprefix(BASE)).path == "/"


def test_another_leader_does_not_see_the_link(browser, cranes, lea, alice):
    hand(lea, alice)
    page = browser(make_leader(cranes, "Lobsang")).get(f"/members/{alice.id}")
    assert not page.soup.select("#log-in-link, img.qr")


def test_a_phone_number_is_shown_with_its_middle_hidden(browser, lea, alice):
    page = browser(lea).get(f"/members/{alice.id}")
    assert alice.phone not in page.response.text
    assert f"{alice.phone[:3]}****{alice.phone[-4:]}" in page.text
    assert alice.phone not in browser(lea).get("/members").response.text


def test_every_link_is_audited_and_shown_to_its_person(browser, cranes, lea):
    bob = make_member(cranes, "Bob")
    hand(lea, bob)
    page = browser(bob).get("/me/settings")
    assert re.search(r"Log-in links made for me .* by Lea – not used", page.text)
    entry = db.session.query(AuditEntry).filter_by(verb="hand log-in link").one()
    assert (entry.actor_id, entry.object, entry.team_id) == (lea.id, f"person {bob.id}", cranes.id)
    theirs = browser()
    come_in(theirs, hand(lea, bob))
    assert re.search(r"by Lea – used", theirs.get("/me/settings").text)


# Whom a link may be made for


def assert_may(browser, maker: Someone, someone: Someone, status: int) -> None:
    page = browser(maker).get(f"/members/{someone.id}")
    assert bool(page.soup.select('form[action$="/link"]')) is (status == 303)
    assert send(browser(maker), "POST", f"/members/{someone.id}/link").status_code == status
    assert db.session.query(OneTimeLink).count() == (status == 303)


@pytest.mark.parametrize(
    ("maker", "role", "status"),
    [
        (Role.LEADER, Role.VOLUNTEER, 303),
        (Role.LEADER, Role.LEADER, 403),
        (Role.LEADER, Role.ADMINISTRATOR, 403),
        (Role.ADMINISTRATOR, Role.VOLUNTEER, 303),
        (Role.ADMINISTRATOR, Role.LEADER, 303),
        (Role.ADMINISTRATOR, Role.ADMINISTRATOR, 403),
    ],
)
def test_a_link_never_reaches_above_its_maker(browser, cranes, maker, role, status):
    assert_may(browser, make_member(cranes, "Maker", maker), make_member(cranes, "Dolma", role), status)


def test_nobody_makes_a_link_for_themselves_if_they_lead(browser, lea):
    assert_may(browser, lea, lea, 403)


@pytest.mark.parametrize("maker", [Role.LEADER, Role.ADMINISTRATOR])
@pytest.mark.parametrize("state", [MembershipState.ACTIVE, MembershipState.INVITED])
def test_no_link_for_somebody_who_is_in_another_team_too(browser, cranes, maker, state):
    bob, herons = make_member(cranes, "Bob"), make_team()
    write(lambda: teams.add_member(herons.id, bob.id, Role.VOLUNTEER, state, clock.now()))
    assert_may(browser, make_member(cranes, "Maker", maker), bob, 403)


def test_a_team_that_somebody_left_has_no_say_any_more(browser, cranes, lea):
    bob, herons = make_member(cranes, "Bob"), make_team()
    write(lambda: teams.add_member(herons.id, bob.id, Role.VOLUNTEER, MembershipState.LEFT, clock.now()))
    assert_may(browser, lea, bob, 303)


def test_a_link_made_at_the_moment_its_person_joined_another_team_opens_nothing(browser, cranes, lea, alice):
    address, herons = hand(lea, alice), make_team()
    write(lambda: teams.add_member(herons.id, alice.id, Role.VOLUNTEER, MembershipState.ACTIVE, clock.now()))
    theirs = browser().get(address, status=404)
    assert "Ask a leader for a new one." in theirs.errors[0]
    token = address.removeprefix("/in/")
    with pytest.raises(Refused, match="no longer works"):
        write(lambda: links.come_in(token, "a hash", "phone", clock.now()))
    assert db.session.get(Person, alice.id).password_hash is None


def test_a_link_opens_nothing_once_its_person_leads_or_its_maker_does_no_longer(browser, cranes, lea, alice):
    address, bobs = hand(lea, alice), hand(lea, make_member(cranes, "Bob", state=MembershipState.INVITED))

    def promote() -> None:
        membership_of(alice).role = Role.LEADER

    write(promote)
    browser().get(address, status=404)
    browser().get(bobs)
    set_state(lea, MembershipState.LEFT)
    browser().get(bobs, status=404)


def test_who_comes_in_by_a_link_waits_for_whoever_is_just_joining_another_team(app, cranes, lea, alice):
    if db.engine.dialect.name == "sqlite":
        return  # one writer at a time anyway
    lobsang = make_leader(make_team())
    invite = accounts.address_of(write(lambda: links.renew_invite(lobsang.actor, clock.now())))
    with ThreadPoolExecutor(1) as pool:

        def elsewhere() -> None:
            with app.app_context():
                token = hand(lea, alice).removeprefix("/in/")
                write(lambda: links.come_in(token, "a hash", "phone", clock.now()))

        def join_slowly() -> Future[None]:
            links.join_as(invite, alice.id, clock.now())
            coming_in = pool.submit(elsewhere)
            with pytest.raises(TimeoutError):
                coming_in.result(1)
            return coming_in

        with pytest.raises(Refused, match="no longer works"):
            write(join_slowly).result(5)


def test_another_teams_people_are_not_even_there(browser, lea):
    stranger = make_member(make_team())
    for method, path in (("GET", f"/members/{stranger.id}"), ("POST", f"/members/{stranger.id}/link")):
        assert send(browser(lea), method, path).status_code == 404


# The page of slips


def slips(page: Page) -> dict[str, str]:
    """Who is on the page, and that each has a QR."""
    found = page.soup.select("section.slip")
    assert all(slip.select_one("svg.qr") for slip in found)
    return {slip.b.text: slip.text for slip in found}


def test_the_page_of_slips_has_everyone_who_is_not_in_yet_with_a_code_each(browser, cranes, lea, alice):
    for name in ("Bob", "Charlie"):
        make_member(cranes, name, state=MembershipState.INVITED)
    make_member(cranes, "Dolma")
    gone = make_member(cranes, "Emil", state=MembershipState.INVITED)
    set_state(gone, MembershipState.LEFT)
    hers = browser(lea)
    assert slips(hers.get("/members/slips")) == {}
    page = hers.get("/members/slips").submit("/members/slips")
    assert page.news == ["3 personal links are ready to print."]
    assert slips(page).keys() == {"Alice", "Bob", "Charlie"}


def test_a_slip_is_gone_once_its_person_is_in(browser, lea, alice):
    page = browser(lea).get("/members/slips").submit("/members/slips")
    assert slips(page).keys() == {"Alice"}
    [(_, token)] = links.list_slips_for(lea.actor, clock.now())
    come_in(browser(), f"/in/{token}")
    assert slips(browser(lea).get("/members/slips")) == {}


def test_making_slips_anew_ends_the_old_ones(browser, lea, alice):
    browser(lea).post("/members/slips")
    [(_, old)] = links.list_slips_for(lea.actor, clock.now())
    browser(lea).post("/members/slips")
    [(_, new)] = links.list_slips_for(lea.actor, clock.now())
    browser().get(f"/in/{old}", status=404)
    assert come_in(browser(), f"/in/{new}").path == "/"


def test_a_leaders_slips_leave_out_those_above_and_the_administrators_do_not(browser, cranes, lea, alice):
    make_member(cranes, "Bob", Role.LEADER, state=MembershipState.INVITED)
    assert slips(browser(lea).post("/members/slips")).keys() == {"Alice"}
    assert slips(browser(make_administrator(cranes)).post("/members/slips")).keys() == {"Alice", "Bob"}


def test_nine_hundred_slips_are_made_without_a_question_for_each(browser, cranes, lea):
    def enter() -> None:
        people = [Person(name=f"Tashi {n}", phone=str(13600000000 + n), created_at=clock.now()) for n in range(900)]
        db.session.add_all(people)
        db.session.flush()
        for person in people:
            state = MembershipState.INVITED
            membership = Membership(team_id=cranes.id, person_id=person.id, role=Role.VOLUNTEER, state=state)
            membership.joined_at = clock.now()
            db.session.add(membership)

    write(enter)
    asked = []

    def listen(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        asked.append(sql)

    event.listen(db.engine, "before_cursor_execute", listen)
    made = write(lambda: links.hand_links(lea.actor, clock.now()))
    event.remove(db.engine, "before_cursor_execute", listen)
    assert made == 900
    assert len([sql for sql in asked if sql.startswith("SELECT")]) < 10
    assert len(links.list_slips_for(lea.actor, clock.now())) == 900


def test_devices_of_a_person_start_with_the_one_they_came_in_by(browser, lea, alice):
    come_in(browser(), hand(lea, alice))
    assert db.session.query(Device).filter_by(person_id=alice.id).count() == 1
