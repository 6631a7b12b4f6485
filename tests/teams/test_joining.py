"""Newcomers join by a team's invite: one form, and they are in. It never lets anybody in as somebody else."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from datetime import timedelta

import pytest

from tests.make import PASSWORD, Someone, make_leader, make_member, make_team
from tests.pages import BASE, Browser, Page
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.accounts.models import Consent, OneTimeLink, Person
from volunteer.actor import Role
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams import links
from volunteer.teams import service as teams
from volunteer.teams.models import Membership, MembershipState, Team

pytestmark = pytest.mark.usefixtures("quick_hashing")

NEWCOMER = {"name": "Nima", "phone": "13911110000", "password": PASSWORD, "consent": "y"}
KNOWN = "This number is already known here. Log in, or ask a leader for your personal link."


def invite(leader: Someone) -> str:
    """The address on the invite's poster."""
    link = write(lambda: links.renew_invite(leader.actor, clock.now()))
    return f"/join/{accounts.address_of(link)}"


def join(theirs: Browser, address: str, *, status: int = 200, **fields: str) -> Page:
    page = theirs.get(address)
    action = page.soup.select_one("form.card")["action"]
    return page.submit(action, status=status, **{**NEWCOMER, **fields})


def people() -> int:
    return db.session.query(Person).count()


def membership_of(person_id: int, team: Team) -> Membership | None:
    return db.session.query(Membership).filter_by(person_id=person_id, team_id=team.id).one_or_none()


def leave(someone: Someone, team: Team) -> None:
    """Somebody leaves the team."""

    def go() -> None:
        membership = membership_of(someone.id, team)
        membership.state, membership.left_at = MembershipState.LEFT, clock.now()

    write(go)


def test_one_form_joins_and_logs_in(browser, cranes, lea):
    page = join(browser(), invite(lea))
    assert page.path == "/"
    assert "Cranes" in page.soup.title.text
    nima = db.session.query(Person).filter_by(phone="13911110000").one()
    assert nima.name == "Nima"
    membership = membership_of(nima.id, cranes)
    assert (membership.role, membership.state) == (Role.VOLUNTEER, MembershipState.ACTIVE)
    consent = db.session.query(Consent).filter_by(person_id=nima.id).one()
    assert (consent.purpose, consent.text_version) == ("account", accounts.PRIVACY_VERSION)
    assert db.session.query(AuditEntry).filter_by(verb="join", actor_id=nima.id, team_id=cranes.id).count() == 1
    page = browser().get("/login").submit("/login", phone="13911110000", password=PASSWORD)
    assert page.path == "/"


def test_the_leader_shows_the_invite_and_a_newcomer_uses_it(browser, lea):
    poster = browser(lea).get("/members/invite").submit("/members/invite")
    assert poster.soup.select_one("img.qr")
    address = poster.soup.select_one("#invite-link").get_text()
    assert address.startswith(BASE + "/join/")
    assert join(browser(), address.removeprefix(BASE)).path == "/"


def test_the_invite_is_there_to_copy_in_full_and_as_a_text_for_the_group(browser, lea):
    poster = browser(lea).get("/members/invite").submit("/members/invite")
    address = poster.soup.select_one("#invite-link").get_text()
    text = poster.soup.select_one("#invite-text").get_text()
    assert "Come and join Cranes!" in text and address in text and text.endswith(address)
    assert [button["data-copy"] for button in poster.soup.select("[data-copy]")] == ["invite-link", "invite-text"]
    assert "Join Cranes" in poster.soup.select_one(".poster h2").get_text() and poster.soup.select_one(".poster img.qr")


def test_looking_at_the_invite_uses_nothing_up(browser, lea):
    address = invite(lea)
    for _ in range(3):
        browser().get(address)
    assert db.session.query(OneTimeLink).one().uses_left == links.INVITE_USES
    join(browser(), address)
    assert db.session.query(OneTimeLink).one().uses_left == links.INVITE_USES - 1


def test_of_invites_renewed_at_the_same_moment_one_works(app, lea, cranes):
    lobsang = make_leader(cranes, "Lobsang")
    with ThreadPoolExecutor(1) as pool:

        def elsewhere() -> None:
            with app.app_context():
                invite(lobsang)

        def renew_slowly() -> Future[None]:
            links.renew_invite(lea.actor, clock.now())
            other = pool.submit(elsewhere)
            with pytest.raises(TimeoutError):
                other.result(0.5)
            return other

        write(renew_slowly).result(20)
    assert db.session.query(OneTimeLink).filter(OneTimeLink.uses_left > 0).count() == 1


def resend(theirs: Browser, address: str) -> Callable[[], Page]:
    """The same tap once more: the request of a browser that has not seen the first answer."""
    page, again = theirs.get(address), Browser(theirs.client.application, None, theirs.locale)
    again.client.set_cookie(
        "session", theirs.client.get_cookie("session", "volunteers.example.org").value, domain="volunteers.example.org"
    )
    fields = NEWCOMER | {"csrf_token": page.value("csrf_token")}
    how = {"data": fields, "base_url": BASE, "headers": {"Referer": BASE + address}, "follow_redirects": True}
    return lambda: Page(again, Context().run(again.client.post, address, **how))


def test_tapping_the_button_twice_joins_once_and_lets_in_both_times(browser, lea):
    theirs, address = browser(), invite(lea)
    first, second = resend(theirs, address), resend(theirs, address)
    assert first().path == second().path == "/"
    assert people() == 2
    assert db.session.query(OneTimeLink).one().uses_left == links.INVITE_USES - 1


def test_two_taps_at_the_very_same_moment_join_once_and_let_in_both_times(browser, lea):
    theirs, address = browser(), invite(lea)
    taps = [resend(theirs, address) for _ in range(4)]
    db.session.rollback()
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda tap: tap(), taps))
    assert [page.path for page in pages] == ["/"] * 4
    assert people() == 2
    assert db.session.query(Membership).count() == 2


def test_a_second_tap_with_another_password_is_somebody_else(browser, lea):
    address = invite(lea)
    join(browser(), address)
    page = join(browser(), address, password="some other password", status=422)
    assert KNOWN in page.text


def test_guessing_the_password_of_somebody_who_has_just_joined_is_limited(browser, lea):
    address = invite(lea)
    join(browser(), address)
    for n in range(5):
        join(browser(), address, password=f"guess number {n}", status=422)
    assert join(browser(), address, status=422).path == address
    page = browser().get("/login").submit("/login", phone="13911110000", password=PASSWORD, status=422)
    assert page.errors[0].startswith("Too many tries.")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"password": "1234567"}, "Choose a password of at least 8 characters."),
        ({"password": ""}, "Choose a password of at least 8 characters."),
        ({"phone": "1391111000"}, "A mobile number has 11 digits."),
        ({"phone": "0971-8123456"}, "A mobile number has 11 digits."),
        ({"phone": ""}, "A mobile number has 11 digits."),
        ({"name": ""}, "Please tell us your name."),
        ({"name": "  "}, "Please tell us your name."),
        ({"name": "才" * 41}, "A name has 1 to 40 characters, without special signs."),
        ({"name": "13911110000"}, "A name has 1 to 40 characters, without special signs."),
        ({"name": "\u202e\u2060"}, "Please tell us your name."),
        ({"name": "Ni\x00ma"}, "This text contains a character that cannot be stored."),
        ({"phone": "13911110000\x00"}, "This text contains a character that cannot be stored."),
        ({"password": PASSWORD + "\x00"}, "This text contains a character that cannot be stored."),
    ],
)
def test_a_form_with_a_fault_says_which_and_keeps_what_was_typed(browser, lea, fields, sentence):
    page = join(browser(), invite(lea), status=422, **fields)
    assert sentence in page.text
    assert page.value("password") == ""
    assert NEWCOMER["password"] not in page.response.text
    for name in {"name", "phone"} - fields.keys():
        assert page.value(name) == NEWCOMER[name]
    assert page.soup.select_one('[name="consent"]').has_attr("checked")
    assert people() == 1


def test_marks_nobody_sees_are_no_part_of_a_name(browser, lea):
    join(browser(), invite(lea), name="Ni\u202ema\x1b")
    assert db.session.query(Person).filter_by(name="Nima").count() == 1


def test_without_consent_nobody_joins(browser, lea):
    page = browser().get(invite(lea))
    fields = {name: value for name, value in NEWCOMER.items() if name != "consent"}
    page = page.submit(page.path, status=422, **fields)
    assert "Without this we cannot keep your sign-ups and hours." in page.text
    assert people() == 1


def test_a_name_of_forty_characters_and_a_name_with_a_tibetan_tsheg_are_names(browser, lea):
    address = invite(lea)
    join(browser(), address, name="才" * 40, phone="13911110001")
    join(browser(), address, name="བཀྲ་ཤིས་སྒྲོལ་མ", phone="13911110002")
    join(browser(), address, name="  Tashi   Dolma ", phone="13911110003")
    names = {person.name for person in db.session.query(Person)}
    assert {"才" * 40, "བཀྲ་ཤིས་སྒྲོལ་མ", "Tashi Dolma"} <= names


def test_a_form_that_arrives_without_its_fields_is_a_wrong_form_not_a_crash(browser, lea):
    assert "Please tell us your name." in browser().post(invite(lea), status=422).text


# Links that no longer work


def assert_over(browser, address: str) -> None:
    page = browser().get(address, status=404)
    assert "Ask a leader for a new one." in page.errors[0]
    browser().post(address, status=404, **NEWCOMER)
    assert db.session.query(Person).filter_by(phone=NEWCOMER["phone"]).count() == 0


def test_an_invite_is_over_after_thirty_days(browser, lea, at):
    address, now = invite(lea), clock.now()
    at(now + timedelta(days=29, hours=23))
    browser().get(address)
    at(now + timedelta(days=30))
    assert_over(browser, address)


def test_a_new_invite_ends_the_one_before(browser, lea):
    old, new = invite(lea), invite(lea)
    assert_over(browser, old)
    join(browser(), new)


def test_an_invite_has_an_end_to_how_many_it_lets_in(browser, lea):
    address = invite(lea)

    def use_up() -> None:
        db.session.query(OneTimeLink).one().uses_left = 1

    write(use_up)
    join(browser(), address)
    page = browser().get(address, status=404)
    assert "Ask a leader for a new one." in page.errors[0]


def test_a_truncated_or_altered_link_opens_nothing(browser, lea):
    address = invite(lea)
    code = address.removeprefix("/join/")
    other = next(letter for letter in "abc" if letter not in (code[0], code[-1]))
    altered = (code[:-1], code[:16], code[:17], code[:-1] + other, other + code[1:], code + "a", code.upper())
    for wrong in (*altered, "x", "-", "é" * 41, "a" * 5000, "%00" * 16 + "-" + "a" * 24, "%ff" * 16 + "-" + "a" * 24):
        assert_over(browser, f"/join/{wrong}")


def test_an_invite_is_no_personal_link_and_no_feed(browser, lea):
    code = invite(lea).removeprefix("/join/")
    browser().get(f"/in/{code}", status=404)
    browser().get(f"/cal/{code}.ics", status=404)


def test_an_invite_leads_into_its_own_team_only(browser, cranes, lea):
    herons = make_team(name="Herons")
    make_leader(herons)
    join(browser(), invite(lea))
    nima = db.session.query(Person).filter_by(phone="13911110000").one()
    assert membership_of(nima.id, cranes)
    assert membership_of(nima.id, herons) is None


# No take-over


def assert_not_taken_over(browser, address: str, victim: Someone, password: str = PASSWORD) -> None:
    before = db.session.get(Person, victim.id)
    name, stored = before.name, before.password_hash
    theirs = browser()
    page = join(theirs, address, phone=victim.phone, name="Mallory", password=password, status=422)
    assert KNOWN in page.text
    assert page.value("name") == "Mallory"
    assert theirs.get("/me").path == "/login"
    after = db.session.get(Person, victim.id)
    assert (after.name, after.password_hash) == (name, stored)


def test_nobody_joins_as_somebody_on_the_roster(browser, cranes, lea):
    alice = make_member(cranes, state=MembershipState.INVITED)
    assert_not_taken_over(browser, invite(lea), alice)
    assert membership_of(alice.id, cranes).state is MembershipState.INVITED


def test_nobody_joins_as_a_member(browser, at, cranes, lea):
    alice = make_member(cranes)
    at(clock.now() + timedelta(minutes=2))
    address = invite(lea)
    assert_not_taken_over(browser, address, alice, "some other password")
    assert_not_taken_over(browser, address, alice)


def test_nobody_joins_as_somebody_of_another_team_even_with_the_right_password(browser, cranes, lea):
    alice = make_member(make_team())
    assert_not_taken_over(browser, invite(lea), alice)
    assert membership_of(alice.id, cranes) is None


def test_nobody_joins_as_somebody_who_has_left(browser, cranes, lea):
    alice = make_member(cranes)
    leave(alice, cranes)
    assert_not_taken_over(browser, invite(lea), alice)
    assert membership_of(alice.id, cranes).state is MembershipState.LEFT


def test_two_strangers_with_one_number_in_two_teams_at_one_moment_make_one_person(browser, app):
    addresses = [invite(make_leader(make_team())) for _ in range(2)]
    taps = [resend(browser(), address) for address in addresses]
    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda tap: tap(), taps))
    assert sorted(page.response.status_code for page in pages) == [200, 422]
    assert db.session.query(Person).filter_by(phone="13911110000").count() == 1


# Somebody who is logged in already


def join_as_me(theirs: Browser, address: str) -> Page:
    page = theirs.get(address)
    assert not page.soup.select('[name="password"]')
    return page.submit("/as-me")


def test_alice_joins_a_second_team_and_switches_between_the_two(browser, cranes, lea):
    alice = make_member(make_team(name="Herons"))
    hers = browser(alice)
    page = join_as_me(hers, invite(lea))
    assert "Cranes" in page.soup.title.text
    assert membership_of(alice.id, cranes).role is Role.VOLUNTEER
    herons = alice.actor.team_id
    page = hers.get("/me/settings").submit("/me/team", team=herons)
    assert "Herons" in page.soup.title.text
    assert "Herons" in hers.get("/me").soup.title.text


def test_each_of_alices_phones_looks_at_the_team_chosen_there(browser, lea):
    alice = make_member(make_team(name="Herons"))
    phone, tablet = browser(alice), browser(alice)
    join_as_me(phone, invite(lea))
    assert "Cranes" in phone.get("/me").soup.title.text
    assert "Herons" in tablet.get("/me").soup.title.text


def test_alice_cannot_look_at_a_team_she_is_not_in(browser, cranes):
    alice = make_member(make_team())
    for team in (cranes.id, 0, "x", "9" * 30, "", "٣"):
        browser(alice).post("/me/team", team=team, status=404)


def test_joining_a_team_again_changes_nothing(browser, cranes, lea):
    address = invite(lea)
    page = join_as_me(browser(lea), address)
    assert page.path == "/"
    assert membership_of(lea.id, cranes).role is Role.LEADER
    assert db.session.query(OneTimeLink).one().uses_left == links.INVITE_USES
    assert db.session.query(AuditEntry).filter_by(verb="join").count() == 0


def test_a_leader_of_one_team_is_a_volunteer_in_the_next(browser, cranes, lea):
    herons_leader = make_leader(make_team())
    join_as_me(browser(herons_leader), invite(lea))
    assert membership_of(herons_leader.id, cranes).role is Role.VOLUNTEER


def test_a_leader_who_left_does_not_come_back_as_leader_by_the_invite(browser, cranes, lea):
    other = make_team()
    leader = make_leader(cranes, "Lobsang")
    write(lambda: teams.add_member(other.id, leader.id, Role.VOLUNTEER, MembershipState.ACTIVE, clock.now()))
    leave(leader, cranes)
    join_as_me(browser(leader), invite(lea))
    back = membership_of(leader.id, cranes)
    assert (back.role, back.state, back.left_at) == (Role.VOLUNTEER, MembershipState.ACTIVE, None)


def test_a_log_in_link_made_in_one_team_is_over_once_its_person_is_in_two(browser, cranes, lea):
    herons = make_team()
    their_leader = make_leader(herons)
    alice = make_member(herons)
    link = write(lambda: links.hand_link(their_leader.actor, alice.id, clock.now()))
    address = f"/in/{accounts.address_of(link)}"
    browser().get(address)
    join_as_me(browser(alice), invite(lea))
    browser().get(address, status=404)


def test_an_invite_that_is_over_says_so_to_somebody_logged_in_too(browser, lea):
    alice = make_member(make_team())
    old = invite(lea)
    invite(lea)
    page = browser(alice).post(f"{old}/as-me")
    assert page.errors == ["This link no longer works. Ask a leader for a new one."]


def test_two_people_with_one_number_are_not_silently_the_first(browser, lea):
    address, phone = invite(lea), browser()
    open_page = phone.get(address)
    join(browser(), address)
    page = open_page.submit(
        open_page.soup.select_one("form.card")["action"], **NEWCOMER | {"name": "Dolma"}, status=422
    )
    said = "Nima has just joined with this number. Everybody joins with a number of their own."
    assert said in page.text
    assert page.value("name") == "Dolma"
    assert people() == 2
    assert phone.get("/me").path == "/login"


def test_a_wrong_password_is_not_told_who_has_joined_with_a_number(browser, lea):
    address = invite(lea)
    join(browser(), address)
    page = join(browser(), address, name="Dolma", password="another good one", status=422)
    assert KNOWN in page.text and "Nima" not in page.text
