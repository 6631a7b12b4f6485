"""The list itself: who comes along is ticked, who is late stands out and is called, thirty people are in quickly."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.checkin.test_uploads import upload
from tests.ledger.missing import mark, roster
from tests.make import Someone, make_administrator, make_date, make_leader, make_member, sign_up, signup_of, told
from tests.moments import SetClock
from tests.pages import Browser, Open, Page
from tests.signups.test_parties import together
from volunteer import clock, jobs
from volunteer.activities.models import Occurrence
from volunteer.checkin import scanning
from volunteer.signups.models import Companion
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

MINUTE = timedelta(minutes=1)


@pytest.fixture
def family(leader: Someone, alice: Someone, browser: Open) -> Occurrence:
    """Alice comes with Bo, Kim and the baby."""
    date = make_date(leader, kind="reading_day")
    together(browser, alice, date, ("Bo", "adult"), ("Kim", "child"), ("Baby", "infant"), guardian="y")
    return date


def here() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Companion.first_name).where(Companion.came).order_by(Companion.id)))


def ids() -> dict[str, int]:
    db.session.rollback()
    return dict(db.session.execute(select(Companion.first_name, Companion.id)).all())


def test_one_tap_ticks_a_family_and_undo_takes_all_back(
    leader: Someone, alice: Someone, family: Occurrence, browser: Open, at: SetClock
) -> None:
    at(family.starts_at)
    mark(browser(leader), alice, family, "present")
    assert here() == ["Bo", "Kim", "Baby"]
    assert "Here of those who come along: 3 of 3" in browser(leader).get(roster(family)).text
    mark(browser(leader), alice, family, "undo")
    assert here() == []


def test_the_row_opens_and_each_of_a_family_is_ticked_alone(
    leader: Someone, alice: Someone, family: Occurrence, browser: Open, at: SetClock
) -> None:
    at(family.starts_at)
    signup, phone = signup_of(alice).id, browser(leader)
    page = phone.get(roster(family))
    (only,) = (button.find_parent("form") for button in page.soup.select("[aria-label='Only Alice is here']"))
    assert only.select_one("[name=alone]")
    phone.post(f"{roster(family)}/{signup}", mark="present", alone=1)
    assert here() == [] and "1 / 1" in phone.get(roster(family)).text
    for name, how, then in (("Kim", "present", ["Kim"]), ("Bo", "present", ["Bo", "Kim"]), ("Kim", "undo", ["Bo"])):
        phone.post(f"{roster(family)}/{signup}", mark=how, companion=ids()[name])
        assert here() == then
    phone.post(f"{roster(family)}/{signup}", mark="present", companion=999999, status=404)


def test_everyone_is_here_means_companions_too(
    leader: Someone, family: Occurrence, browser: Open, at: SetClock
) -> None:
    at(family.starts_at)
    browser(leader).get(roster(family)).submit("/everyone")
    assert here() == ["Bo", "Kim", "Baby"]


def test_of_two_ticks_of_kim_made_without_network_the_later_one_holds(
    leader: Someone, alice: Someone, family: Occurrence, browser: Open, at: SetClock
) -> None:
    at(family.ends_at)
    kim = {"signup": signup_of(alice).id, "companion": ids()["Kim"]}
    phone = browser(leader)
    assert upload(phone, family, "present", family.starts_at + 9 * MINUTE, **kim)[1]["says"] == "in"
    assert upload(phone, family, "undo", family.starts_at + 5 * MINUTE, **kim)[0] == 200
    assert here() == ["Kim"]
    upload(phone, family, "undo", family.starts_at + 10 * MINUTE, **kim)
    assert here() == []


def shown(page: Page) -> list[str]:
    return [str(form["data-name"]) for form in page.soup.select("form[data-row]:not([hidden])")]


def test_the_list_shows_all_or_who_is_here_or_who_is_not(
    leader: Someone, alice: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    date = make_date(leader)
    for someone in (alice, bob):
        sign_up(someone, date)
    at(date.starts_at)
    mark(browser(leader), alice, date, "present")
    page = browser(leader).get(roster(date))
    links = {" ".join(a.get_text().split()): str(a["href"]) for a in page.soup.select("nav.show a")}
    assert list(links) == ["All 2", "Not here 1", "Here 1"]
    assert [shown(browser(leader).get(path)) for path in links.values()] == [["Alice", "Bob"], ["Bob"], ["Alice"]]


def test_who_is_late_stands_out_and_is_called(
    leader: Someone, alice: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    date = make_date(leader)
    for someone in (alice, bob):
        sign_up(someone, date)
    at(date.starts_at - 11 * MINUTE)
    assert "not here yet" not in browser(leader).get(roster(date)).text
    at(date.starts_at - 10 * MINUTE)  # ten minutes before the start is when to be there
    page = browser(alice).get(f"/occurrences/{date.id}").submit("/late", minutes=20)
    assert page.news == ["The leader sees it on the list."]
    page = browser(leader).get(roster(date))
    assert [len(page.soup.select(f"#n{signup_of(one, date).id} .chip.few")) for one in (alice, bob)] == [0, 1]
    assert "writes: here by 9:20" in page.text
    at(date.starts_at + 20 * MINUTE)
    page = browser(leader).get(roster(date))
    assert len(page.soup.select(".chip.few")) == 2
    button = page.soup.select_one(f"[formaction$='/phones'][value='{bob.id}']")
    assert button and not page.soup.select("a[href^='tel:']")
    page = browser(leader).post(str(button["formaction"]), person=bob.id, referrer=roster(date))
    assert [str(a["href"]) for a in page.soup.select(f"#n{signup_of(bob, date).id} a")] == [f"tel:{bob.phone}"]


@pytest.mark.parametrize(("before", "minutes"), [(181, 20), (30, 181), (-91, 20)])
def test_nobody_is_late_long_before_or_for_hours_or_afterwards(
    leader: Someone, alice: Someone, browser: Open, at: SetClock, before: int, minutes: int
) -> None:
    date = make_date(leader)
    sign_up(alice, date)
    at(date.starts_at - before * MINUTE)
    assert browser(alice).post(f"/occurrences/{date.id}/late", minutes=minutes).errors
    assert signup_of(alice).comes_at is None


class Taps:
    """A thumb on the leader's phone: each page opened and each button tapped counts."""

    def __init__(self, phone: Browser, page: Page) -> None:
        self.phone, self.page, self.n = phone, page, 0

    def follow(self, path: str) -> None:
        assert self.page.soup.select(f"a[href='{path}']"), path
        self.page, self.n = self.phone.get(path), self.n + 1

    def tap(self, action: str, **button: object) -> None:
        self.page, self.n = self.page.submit(action, **button), self.n + 1


def test_thirty_people_are_in_within_35_taps_though_each_is_ticked_by_name(
    leader: Someone, team: Team, browser: Open, at: SetClock
) -> None:
    date = make_date(leader, capacity=30)
    for n in range(30):
        sign_up(make_member(team, f"P{n}"), date)
    at(date.starts_at)
    thumb = Taps(browser(leader), browser(leader).get(f"/occurrences/{date.id}"))
    thumb.follow(roster(date))
    for form in thumb.page.soup.select("form[data-row]"):
        assert form.select("button[name=mark][value=present]")
        thumb.tap(str(form["action"]), mark="present")
    assert "30 / 30" in thumb.page.text
    assert thumb.n <= 35


def check_in(leader: Someone, someone: Someone, date: Occurrence) -> None:
    _, screen = scanning.show(leader.actor, date.id, clock.now())
    write(lambda: scanning.confirm(someone.actor, screen.code, clock.now(), "phone", clock.now()))


def test_a_quarter_of_an_hour_before_the_end_who_checked_in_by_code_is_asked_once_to_check_out(
    leader: Someone, alice: Someone, bob: Someone, charlie: Someone, browser: Open, at: SetClock
) -> None:
    date = make_date(leader)
    for someone in (alice, bob, charlie):
        sign_up(someone, date)
    at(date.starts_at)
    for someone in (alice, charlie):
        check_in(leader, someone, date)
    mark(browser(leader), bob, date, "present")
    at(date.starts_at + 20 * MINUTE)
    check_in(leader, charlie, date)  # and leaves
    for moment in (date.ends_at - 16 * MINUTE, date.ends_at - 15 * MINUTE, date.ends_at - 5 * MINUTE):
        at(moment)
        for job in jobs("tick"):
            write(lambda job=job: job(clock.now()))
        asked = [sum("ends soon" in body for body in told(one)) for one in (alice, bob, charlie)]
        assert asked == [int(moment >= date.ends_at - 15 * MINUTE), 0, 0]


def test_administrators_hear_of_a_newcomer_and_see_them_among_the_members(
    leader: Someone, team: Team, browser: Open, at: SetClock
) -> None:
    ada, lara, date = make_administrator(team), make_leader(team, "Lara"), make_date(leader)
    at(date.starts_at)
    page = browser(leader).get(f"{roster(date)}/add")
    for _ in range(2):
        page.submit("/walk-in", name="Dora", phone="13700000009")
    assert [body for body in told(ada) if "Somebody new" in body] == told(ada)
    assert len(told(ada)) == 1 and told(lara) == []
    row = next(row for row in browser(ada).get("/members").soup.select("tbody tr, .tick") if "Dora" in row.get_text())
    assert "not in yet" in row.get_text()


def test_the_row_of_a_family_opens_by_itself_when_alice_is_in_and_her_people_are_not(
    leader: Someone, alice: Someone, family: Occurrence, browser: Open, at: SetClock
) -> None:
    at(family.starts_at)
    page = browser(leader).get(roster(family))
    assert not page.soup.select("details.party[open]")
    assert page.soup.select("[aria-label='Alice is here']")[0].get_text() == "All here"
    check_in(leader, alice, family)
    assert here() == [] and browser(leader).get(roster(family)).soup.select("details.party[open]")
