"""What stands in a feed, from the day a date is published until nobody may read on."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import unquote

import icalendar
from flask import Flask
from sqlalchemy import update

from tests import make
from tests.calendar.subscriber import Subscriber, addresses, check_gone, fetch, read, unfolded
from tests.make import (
    Someone,
    make_activity,
    make_administrator,
    make_date,
    make_leader,
    make_member,
    make_team,
    shifts_of,
    sign_up,
    withdraw,
)
from tests.moments import NOON, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import Details, PlannedShift
from volunteer.actor import Role
from volunteer.schedule import cancellations
from volunteer.storage.database import db, write
from volunteer.teams import service as teams
from volunteer.teams.models import Membership, MembershipState, Team

"""Noon in the team's zone."""
FREE = Details("Cleanup", "", "Square", "", "", "", "", "")


def describe(leader: Someone, date: Occurrence, details: Details) -> None:
    """Say something else of a date's activity, as it is now."""
    activity_id = date.activity_id
    write(lambda: make.describe(leader.actor, activity_id, details, clock.now()))


def cancel(leader: Someone, date: Occurrence, reason: str = "rain") -> None:
    occurrence_id = date.id
    write(lambda: cancellations.cancel_date(leader.actor, occurrence_id, reason, clock.now()))


def leave(someone: Someone, team: Team, state: MembershipState = MembershipState.LEFT) -> None:
    theirs = (Membership.person_id == someone.id, Membership.team_id == team.id)
    write(lambda: db.session.execute(update(Membership).where(*theirs).values(state=state)))


def uid_of(date: Occurrence) -> str:
    return f"occ-{date.public_id}@volunteers.example.org"


def shown(item: icalendar.Event) -> tuple[str, str, str, str]:
    return str(item["SUMMARY"]), str(item["LOCATION"]), str(item["STATUS"]), str(item["TRANSP"])


def test_a_date_lives_in_every_feed_as_itself(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    lea, alice, bob = make_leader(team), make_member(team), make_member(team, "Bob")
    ada = make_administrator(team)
    feeds = {scope: Subscriber(app, address) for scope, address in addresses(browser, bob).items()}
    hours = iter(range(1, 100))

    def look() -> dict[str, icalendar.Event | None]:
        found = {scope: feed.poll().get(uid) for scope, feed in feeds.items()}
        at(NOON + timedelta(hours=next(hours)))
        return found

    uid = ""
    assert set(look().values()) == {None}
    date = make_date(lea, title="Cleanup", place="Square", public=True, capacity=1)
    uid = uid_of(date)
    free = ("Cleanup", "Square", "CONFIRMED", "TRANSPARENT")
    seen = look()
    assert seen["person"] is None and shown(seen["team"]) == shown(seen["public"]) == free

    sign_up(alice, date)
    assert look()["person"] is None
    sign_up(bob, date)
    seen = look()
    assert shown(seen["person"]) == ("[Waiting list] Cleanup", "Square", "TENTATIVE", "OPAQUE")
    assert shown(seen["team"]) == shown(seen["public"]) == free

    withdraw(alice, date)
    assert shown(look()["person"]) == ("Cleanup", "Square", "CONFIRMED", "OPAQUE")
    withdraw(bob, date)
    assert look()["person"] is None
    sign_up(bob, date)
    assert shown(look()["person"]) == ("Cleanup", "Square", "CONFIRMED", "OPAQUE")

    describe(lea, date, replace(FREE, place="North gate"))
    seen = look()
    assert {item["LOCATION"] for item in seen.values() if item} == {"North gate"} and all(seen.values())
    describe(lea, date, replace(FREE, title="Big cleanup", place="North gate"))
    assert {item["SUMMARY"] for item in look().values() if item} == {"Big cleanup"}

    cancel(lea, date)
    marks = {scope: "【已取消】" if scope == "public" else "[Cancelled] " for scope in feeds}
    off = {scope: (mark + "Big cleanup", "North gate", "CANCELLED", "TRANSPARENT") for scope, mark in marks.items()}
    assert {scope: shown(item) for scope, item in look().items() if item} == off

    leave(bob, team)
    check_gone(app, feeds["person"].address)
    check_gone(app, feeds["team"].address)
    assert shown(feeds["public"].poll()[uid]) == off["public"]
    leave(bob, team, MembershipState.ACTIVE)
    assert {scope: shown(item) for scope, item in look().items() if item} == off

    for scope, feed in feeds.items():
        browser(ada if scope == "public" else bob).post(f"/me/feeds/{scope}/rotate")
        check_gone(app, feed.address)
    for scope, address in addresses(browser, bob).items():
        feeds[scope].address = address
    assert {scope: shown(item) for scope, item in look().items() if item} == off


def test_a_second_shift_makes_the_date_longer_and_is_noticed(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    shifts = [PlannedShift("挖坑", time(9), time(10), 5), PlannedShift("浇水", time(13), time(15), 5)]
    date = make_date(make_leader(team), shifts=shifts, start=time(9), end=time(15))
    alice = make_member(team)
    digging, watering = shifts_of(date)
    feed = Subscriber(app, addresses(browser, alice)["person"])
    spans = []
    for hour, shift in ((1, digging), (2, watering)):
        at(NOON + timedelta(hours=hour))
        sign_up(alice, date, shift)
        (item,) = feed.poll().values()
        spans.append(item["DTEND"].dt - item["DTSTART"].dt)
        assert "8:50" in item["DESCRIPTION"]
    assert spans == [timedelta(hours=1), timedelta(hours=6)]
    assert "挖坑 / 浇水" in item["DESCRIPTION"]


def test_a_feed_says_when_and_where_to_be_and_what_to_bring(app: Flask, browser: Open) -> None:
    team = make_team()
    date = make_date(make_leader(team), meeting="East gate", bring="Gloves", title="创卫", kind="friday_cleanup")
    (item,) = read(fetch(app, addresses(browser, make_member(team))["team"]).data).values()
    link = f"https://volunteers.example.org/occurrences/{date.id}"
    assert str(item["DESCRIPTION"]).split("\n") == [
        "Be there by 8:50.",
        "Meeting point: East gate",
        "Bring: Gloves",
        link,
    ]
    assert item["URL"] == link
    assert item["CATEGORIES"].cats == ["每周五创卫"]


def test_only_what_is_open_to_everyone_is_in_the_public_feed(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, alice = make_leader(team), make_member(team)
    everyone, members = make_date(lea, public=True), make_date(lea)
    mine = addresses(browser, alice)
    assert set(read(fetch(app, mine["public"]).data)) == {uid_of(everyone)}
    assert set(read(fetch(app, mine["team"]).data)) == {uid_of(everyone), uid_of(members)}


def test_a_private_talk_is_nobody_elses_business(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, alice, bob = make_leader(team), make_member(team), make_member(team, "Bob")
    secret = {"title": "秘密家访", "place": "王家大院", "meeting": "桥头集合", "bring": "慰问品"}
    date = make_date(lea, kind="home_visit", public=True, **secret)
    sign_up(alice, date)
    for someone in (alice, bob, lea):
        mine = addresses(browser, someone)
        for scope in ("team", "public"):
            assert uid_of(date) not in read(fetch(app, mine[scope]).data)
    hers = fetch(app, addresses(browser, alice)["person"]).data
    item = read(hers)[uid_of(date)]
    assert item["SUMMARY"] == "Personal appointment" and item["TRANSP"] == "OPAQUE"
    for text in (*secret.values(), "家访"):
        assert text not in unfolded(hers)
    browser(bob).get(f"/occurrences/{date.id}.ics", status=404)
    assert browser(alice).get(f"/occurrences/{date.id}.ics").response.status_code == 200


def test_no_phone_no_mail_and_nobodys_name_is_in_any_feed(app: Flask, browser: Open) -> None:
    team = make_team()
    lea, alice, bob = make_leader(team, "Lea Nosy"), make_member(team, "Alice Nosy"), make_member(team, "Bob Nosy")
    poison = "call 138 1234 5678, 0971-1234567 or lea@example.org"
    date = make_date(lea, title=poison, place=poison, meeting=poison, bring=poison, public=True, capacity=1)
    sign_up(alice, date)
    sign_up(bob, date)
    gone = make_date(lea, public=True, in_days=5)
    sign_up(alice, gone)
    cancel(lea, gone, "Bob Nosy is ill, call 13812345678")
    bodies = [browser(alice).get(f"/occurrences/{date.id}.ics").response.data]
    for someone in (alice, bob, lea):
        bodies += [fetch(app, address).data for address in addresses(browser, someone).values()]
    for body in bodies:
        read(body)
        text = unfolded(body)
        for secret in (
            "Nosy",
            "1234 5678",
            "1234567",
            "12345678",
            "lea@",
            alice.phone,
            bob.phone,
            lea.phone,
            "ATTENDEE",
        ):
            assert secret not in text


def test_a_sign_up_of_somebody_else_changes_nobodys_calendar(app: Flask, browser: Open) -> None:
    team = make_team()
    date = make_date(make_leader(team), public=True)
    alice, bob = make_member(team), make_member(team, "Bob")
    sign_up(bob, date)
    feeds = addresses(browser, bob).values()
    before = [fetch(app, address) for address in feeds]
    sign_up(alice, date)
    after = [fetch(app, address) for address in feeds]
    assert [(one.data, one.headers["ETag"]) for one in before] == [(one.data, one.headers["ETag"]) for one in after]


def test_a_holiday_friday_that_was_never_announced_is_not_shown(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    make_activity(make_leader(team), day=date(2026, 9, 18), repeat=Repeat.WEEKLY, until=date(2026, 10, 16))
    items = read(fetch(app, addresses(browser, make_member(team))["team"]).data)
    days = [item["DTSTART"].dt.date().isoformat() for item in items.values()]
    assert days == ["2026-09-18", "2026-10-09", "2026-10-16"]  # 25 September and 2 October are holidays


def test_a_date_in_a_year_without_holiday_notice_says_so(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    date_ = make_date(make_leader(team), day=date(2026, 12, 18))
    write(lambda: db.session.execute(update(Occurrence).where(Occurrence.id == date_.id).values(tentative=True)))
    (item,) = read(fetch(app, addresses(browser, make_member(team))["team"]).data).values()
    assert "official holidays of that year are not out yet" in item["DESCRIPTION"]


def test_a_cancelled_date_stays_for_a_month_after_its_end(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    lea, alice = make_leader(team), make_member(team)
    date = make_date(lea, public=True)
    sign_up(alice, date)
    cancel(lea, date)
    mine = addresses(browser, alice)
    for days, there in ((0, True), (31, True), (32, False)):
        at(date.ends_at + timedelta(days=days))
        assert {uid_of(date) in read(fetch(app, address).data) for address in mine.values()} == {there}


def test_a_feed_moves_on_at_midnight_in_the_teams_zone(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    lea = make_leader(team)
    make_date(lea, day=date(2026, 9, 3))
    last = make_date(lea, in_days=26 * 7)
    feed = Subscriber(app, addresses(browser, make_member(team))["team"])
    assert uid_of(last) not in feed.poll()
    tag = feed.tag
    at(datetime(2026, 9, 1, 15, 59, 59, tzinfo=UTC))
    assert fetch(app, feed.address, If_None_Match=tag).status_code == 304
    at(datetime(2026, 9, 1, 16, tzinfo=UTC))
    moved_on = fetch(app, feed.address, If_None_Match=tag)
    assert moved_on.status_code == 200
    assert moved_on.headers["Last-Modified"] == "Tue, 01 Sep 2026 16:00:00 GMT"
    assert uid_of(last) in feed.poll()
    at(datetime(2026, 9, 2, 16, tzinfo=UTC))
    assert fetch(app, feed.address, If_None_Match=feed.tag).status_code == 304, "nothing in it is new"
    assert fetch(app, feed.address).headers["Last-Modified"] == "Wed, 02 Sep 2026 16:00:00 GMT"


def test_ones_own_feed_has_no_end_ahead_and_goes_a_year_and_a_day_back(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    lea, alice = make_leader(team), make_member(team)
    soon, far = make_date(lea), make_date(lea, in_days=200)
    for one in (soon, far):
        sign_up(alice, one)
    mine = addresses(browser, alice)
    assert set(read(fetch(app, mine["person"]).data)) == {uid_of(soon), uid_of(far)}
    assert set(read(fetch(app, mine["team"]).data)) == {uid_of(soon)}
    for days, theirs in ((366, {uid_of(soon), uid_of(far)}), (367, {uid_of(far)})):
        at(soon.ends_at + timedelta(days=days))
        assert set(read(fetch(app, mine["person"]).data)) == theirs


def test_a_feed_ends_half_a_year_ahead(app: Flask, browser: Open, at: SetClock) -> None:
    at(NOON)
    team = make_team()
    lea = make_leader(team)
    inside = make_date(lea, in_days=26 * 7 - 1)
    make_date(lea, in_days=26 * 7)
    assert set(read(fetch(app, addresses(browser, make_member(team))["team"]).data)) == {uid_of(inside)}


def test_somebody_in_two_teams_has_one_feed_of_their_own(app: Flask, browser: Open) -> None:
    one, other = make_team(), make_team(name="Other")
    alice = make_member(one)
    theirs = make_date(make_leader(other), in_days=5)
    ours = make_date(make_leader(one))
    before = addresses(browser, alice)
    write(lambda: teams.add_member(other.id, alice.id, Role.VOLUNTEER, MembershipState.ACTIVE, clock.now()))
    there = replace(alice.actor, team_id=other.id, team_name=other.name)
    sign_up(alice, ours)
    sign_up(Someone(there, alice.phone), theirs)
    browser_there = browser(alice)
    browser_there.post("/me/team", team=other.id)
    cards = browser_there.get("/me/settings").soup.select("[data-feed] input[readonly]")
    own, team_feed, _ = (str(card["value"]) for card in cards)
    assert own == before["person"] and team_feed != before["team"]
    assert set(read(fetch(app, own).data)) == {uid_of(ours), uid_of(theirs)}
    leave(alice, one)
    assert set(read(fetch(app, own).data)) == {uid_of(theirs)}
    check_gone(app, before["team"])


def test_alice_saves_a_single_date_under_the_name_it_has_in_her_feed(app: Flask, browser: Open) -> None:
    team = make_team()
    alice = make_member(team)
    date = make_date(make_leader(team), title='每周五/创卫 "A"\r\n')
    sign_up(alice, date)
    response = browser(alice).get(f"/occurrences/{date.id}.ics").response
    items = read(response.data)
    hers = fetch(app, addresses(browser, alice)["person"]).data
    assert list(items) == [uid_of(date)]
    event = response.data[response.data.index(b"BEGIN:VEVENT") : response.data.index(b"END:VCALENDAR")]
    assert event in hers
    plain, _, full = response.headers["Content-Disposition"].partition("; filename*=UTF-8''")
    day = clock.local(date.starts_at, team.zone).date()
    assert plain == f'attachment; filename="activity-{day}.ics"'
    assert unquote(full) == f"每周五-创卫 -A- {day}.ics"


def test_another_teams_date_cannot_be_saved(app: Flask, browser: Open) -> None:
    date = make_date(make_leader(make_team()))
    stranger = make_member(make_team())
    browser(stranger).get(f"/occurrences/{date.id}.ics", status=404)
    assert browser().get(f"/occurrences/{date.id}.ics").path == "/login"


def test_members_see_the_same_date_however_their_language_is_set(app: Flask, browser: Open) -> None:
    team = make_team()
    date = make_date(make_leader(team), title="植树")
    items = {}
    for locale in ("en", "zh_Hans_CN", None):
        someone = make_member(team, str(locale), locale=locale)
        sign_up(someone, date)
        (items[locale],) = read(fetch(app, addresses(browser, someone)["person"]).data).values()
    assert {str(item["UID"]) for item in items.values()} == {uid_of(date)}
    assert items[None]["DESCRIPTION"] == items["zh_Hans_CN"]["DESCRIPTION"]
