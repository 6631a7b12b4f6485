"""The leaders' calendar: how full every date is, and no more names than the administrators allow."""

from collections.abc import Callable
from datetime import time, timedelta

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.calendar.subscriber import Subscriber, addresses, check_gone, fetch, read, statements, unfolded
from tests.calendar.test_feed_contents import cancel, leave, uid_of
from tests.make import (
    Someone,
    make_administrator,
    make_date,
    make_leader,
    make_member,
    make_team,
    reserve,
    shifts_of,
    sign_up,
    withdraw,
)
from tests.moments import NOON, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.activities.rules import PlannedShift
from volunteer.actor import Role
from volunteer.signups import organiser
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState


def lines_of(item: icalendar.Event) -> list[str]:
    return str(item["DESCRIPTION"]).split("\n")


def allow(browser: Open, administrator: Someone, names: str) -> None:
    """Choose how names stand in leaders' calendars."""
    browser(administrator).get("/me/settings").submit("/me/feeds/names", names=names)


def test_a_leader_sees_how_full_each_date_is_and_it_stays_the_same_event(
    app: Flask, browser: Open, at: SetClock
) -> None:
    at(NOON)
    team = make_team()
    lea, alice, bob = make_leader(team), make_member(team), make_member(team, "Bob")
    date = make_date(lea, capacity=1, in_days=0, start=time(18), end=time(20))
    feed = Subscriber(app, addresses(browser, lea)["leader"])
    seen = []
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: sign_up(alice, date),
        lambda: sign_up(bob, date),
        lambda: withdraw(alice, date),
        lambda: withdraw(bob, date),
    ]
    for hour, step in enumerate(steps):
        at(NOON + timedelta(hours=hour))
        step()
        (item,) = feed.poll().values()
        seen.append((lines_of(item)[0], int(item["SEQUENCE"]), str(item["TRANSP"])))
    fills = ["0/1", "1/1", "1/1, waiting 1", "1/1", "0/1"]
    assert seen == [(fill, 1, "TRANSPARENT") for fill in fills]
    occurrence_id = date.id
    at(NOON + timedelta(hours=7))
    write(lambda: organiser.add_walk_in(lea.actor, occurrence_id, bob.id, None, clock.now()))
    (item,) = feed.poll().values()
    assert lines_of(item)[0] == "0/1"


def test_a_date_with_several_shifts_tells_of_each(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, alice, bob = make_leader(team), make_member(team), make_member(team, "Bob")
    shifts = [PlannedShift("Dig", time(9), time(10), 5), PlannedShift("Water", time(13), time(15), 1)]
    date = make_date(lea, shifts=shifts, start=time(9), end=time(15))
    dig, water = shifts_of(date)
    sign_up(alice, date, dig)
    sign_up(alice, date, water)
    sign_up(bob, date, water)
    (item,) = read(fetch(app, addresses(browser, lea)["leader"]).data).values()
    assert lines_of(item)[:3] == ["2/6, waiting 1", "Dig 1/5", "Water 1/1, waiting 1"]


@pytest.mark.parametrize(
    ("grade", "told"),
    [
        ("none", ["1/1, waiting 1"]),
        ("masked", ["1/1, waiting 1", "Taking part: 卓*", "Waiting: E*"]),
        ("full", ["1/1, waiting 1", "Taking part: 卓玛", "Waiting: Eve Nosy"]),
    ],
)
def test_names_stand_there_as_the_administrator_chose(app: Flask, browser: Open, grade: str, told: list[str]) -> None:
    team = make_team()
    lea, ada = make_leader(team), make_administrator(team)
    drolma, eve = make_member(team, "卓玛"), make_member(team, "Eve Nosy")
    date = make_date(lea, capacity=1)
    for someone in (drolma, eve):
        sign_up(someone, date)
    address = addresses(browser, lea)["leader"]
    before = fetch(app, address)
    allow(browser, ada, grade)
    after = fetch(app, address)
    (item,) = read(after.data).values()
    assert lines_of(item)[: len(told)] == told
    assert len(lines_of(item)) == len(told) + 2  # when to be there, and the link
    assert (before.data == after.data) == (before.headers["ETag"] == after.headers["ETag"]) == (grade == "none")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "choose names in calendars")).one()
    assert (entry.actor_id, entry.changes) == (ada.id, {"names": grade})


@pytest.mark.parametrize(
    ("grade", "told"),
    [
        ("none", ["4/15"]),
        ("masked", ["4/15", "Taking part: 卓*, 张*"]),
        ("full", ["4/15", "Taking part: 卓玛, 张伟家 ***"]),
    ],
)
def test_reserved_places_stand_there_under_their_label(app: Flask, browser: Open, grade: str, told: list[str]) -> None:
    team = make_team()
    lea, ada, drolma = make_leader(team), make_administrator(team), make_member(team, "卓玛")
    date, other = make_date(lea), make_date(lea, in_days=5)
    sign_up(drolma, date)
    reserve(lea, date, "张伟家 13812345678", places=3)
    allow(browser, ada, grade)
    items = read(fetch(app, addresses(browser, lea)["leader"]).data)
    assert lines_of(items[uid_of(date)])[: len(told)] == told
    assert len(lines_of(items[uid_of(date)])) == len(told) + 2  # when to be there, and the link
    assert uid_of(other) in items


def test_only_administrators_choose_how_names_stand_there(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, ada = make_leader(team), make_administrator(team)
    page = browser(lea).get("/me/settings")
    assert page.soup.select('[data-feed="leader"]') and not page.soup.select('form[action$="/names"]')
    browser(lea).post("/me/feeds/names", names="full", status=403)
    browser(make_member(team)).post("/me/feeds/names", names="full", status=403)
    page = browser(ada).get("/me/settings")
    assert page.value("names") == "none"
    assert browser(ada).post("/me/feeds/names", names="everything").errors
    assert browser(ada).get("/me/settings").value("names") == "none"
    allow(browser, ada, "masked")
    assert browser(ada).get("/me/settings").value("names") == "masked"


@pytest.mark.parametrize("grade", ["none", "masked", "full"])
def test_no_phone_no_mail_and_no_private_talk_is_in_it(app: Flask, browser: Open, grade: str) -> None:
    team = make_team()
    lea, ada = make_leader(team), make_administrator(team)
    alice = make_member(team, "Alice 13812345678")
    poison = "call 138 1234 5678, 0971-1234567 or lea@example.org"
    date = make_date(lea, title=poison, place=poison, meeting=poison, bring=poison)
    talk = make_date(lea, kind="home_visit", title="秘密家访", in_days=5)
    sign_up(alice, date)
    sign_up(alice, talk)
    allow(browser, ada, grade)
    text = unfolded(fetch(app, addresses(browser, lea)["leader"]).data)
    assert set(read(fetch(app, addresses(browser, lea)["leader"]).data)) == {uid_of(date)}
    for secret in ("1234 5678", "12345678", "1234567", "lea@", "秘密", alice.phone, lea.phone, "ATTENDEE"):
        assert secret not in text
    assert ("Alice" in text) == (grade == "full")


def test_a_cancelled_date_does_not_say_how_full_it_was(app: Flask, browser: Open) -> None:
    team = make_team()
    lea = make_leader(team)
    date = make_date(lea)
    sign_up(make_member(team), date)
    cancel(lea, date)
    (item,) = read(fetch(app, addresses(browser, lea)["leader"]).data).values()
    assert not [line for line in lines_of(item) if line.startswith("1/")]


def test_only_who_leads_the_team_has_it_and_only_for_as_long(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, alice = make_leader(team), make_member(team)
    assert "leader" not in addresses(browser, alice)
    browser(alice).post("/me/feeds/leader/rotate", status=404)
    address = addresses(browser, lea)["leader"]
    assert fetch(app, address).status_code == 200

    def make(role: Role) -> None:
        hers = Membership.person_id == lea.id
        write(lambda: db.session.execute(update(Membership).where(hers).values(role=role)))

    make(Role.VOLUNTEER)
    check_gone(app, address)
    assert "leader" not in addresses(browser, lea)
    make(Role.ADMINISTRATOR)
    assert addresses(browser, lea)["leader"] == address and fetch(app, address).status_code == 200
    leave(lea, team)
    check_gone(app, address)
    leave(lea, team, MembershipState.ACTIVE)
    assert fetch(app, address).status_code == 200


def test_a_leader_hears_of_every_sign_up_without_any_date_being_read(app: Flask, browser: Open) -> None:
    team, other = make_team(), make_team()
    lea, alice = make_leader(team), make_member(team)
    date, theirs = make_date(lea), make_date(make_leader(other))
    address = addresses(browser, lea)["leader"]
    tag = fetch(app, address).headers["ETag"]
    sign_up(make_member(other), theirs)
    with statements() as asked:
        assert fetch(app, address, If_None_Match=tag).status_code == 304
    assert len(asked) == 2
    assert not [one for one in asked if "FROM occurrence" in one or "FROM signup" in one]
    for step in (lambda: sign_up(alice, date), lambda: withdraw(alice, date)):
        step()
        response = fetch(app, address, If_None_Match=tag)
        assert response.status_code == 200
        tag = response.headers["ETag"]
