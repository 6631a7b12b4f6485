"""The leader's list without network: what a phone has kept is taken in once, and the later deed holds."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.ledger.missing import roster
from tests.make import Someone, cancel, make_date, make_leader, make_member, make_team, sign_up, signup_of, withdraw
from tests.moments import SetClock
from tests.pages import Browser, Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.ledger import balances
from volunteer.ledger.models import Entry
from volunteer.ledger.rules import moment_of_deed
from volunteer.ledger.states import EntryKind
from volunteer.notices.models import Notice
from volunteer.schedule import cancellations
from volunteer.signups.models import Signup
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState, Team

Answer = tuple[int, dict[str, Any]]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lara(team: Team) -> Someone:
    return make_leader(team, "Lara")


@pytest.fixture
def cleanup(leader: Someone, bob: Someone) -> Occurrence:
    """Half past ten is its end; it begins at nine. Bob has signed up."""
    occurrence = make_date(leader)
    sign_up(bob, occurrence)
    return occurrence


def millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def upload(phone: Browser, date: Occurrence, mark: str, done_at: datetime, /, **fields: Any) -> Answer:
    """Send a tick as a phone does whose clock is right."""
    moments = {"done_at": millis(done_at), "phone_now": millis(clock.now())}
    sent = {"mark": mark, "key": str(uuid4()), "csrf_token": phone._token(), **moments, **fields}
    path = f"{roster(date)}/sync"
    answer = phone._send(phone.client.post, path, data=sent, **phone._how(path))
    db.session.rollback()
    db.session.expire_all()
    return answer.status_code, answer.get_json(silent=True) or {}


def lines() -> list[tuple[str, EntryKind, datetime]]:
    db.session.rollback()
    found = select(Entry).order_by(Entry.done_at, Entry.key)
    return [(one.key, one.kind, one.done_at) for one in db.session.scalars(found)]


def test_what_was_ticked_without_network_stands_with_the_moment_of_the_tap_and_a_repeated_answer_changes_nothing(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    tapped = cleanup.starts_at + 5 * MINUTE
    at(cleanup.ends_at + timedelta(hours=1))
    sent = {"signup": signup_of(bob).id, "key": str(uuid4())}
    first, again = (upload(browser(leader), cleanup, "present", tapped, **sent) for _ in range(2))
    assert first == again == (200, {"says": "in", "line": 1, "told": ""} | {"line": first[1]["line"]})
    assert lines() == [(sent["key"], EntryKind.CHECK_IN, tapped)]
    assert balances.standing(sent["signup"]).claimed == 90


@pytest.mark.parametrize(
    ("tapped", "sent", "stands"),
    [
        ("09:10", "09:40", "09:10"),
        ("09:10:20", "09:39:30", "09:10:20"),
        ("33:10", "33:40", "09:10"),
        ("07:00", "09:40", "08:30"),
        ("09:50", "09:40", "09:40"),
        ("-300:00", "09:40", "08:30"),
    ],
    ids=[
        "as it was",
        "a message half a minute on its way",
        "a clock a day ahead",
        "before the list opens",
        "a clock set back meanwhile",
        "a clock set anew",
    ],
)
def test_the_phones_clock_is_held_against_ours(tapped: str, sent: str, stands: str) -> None:
    day = datetime(2026, 11, 24, tzinfo=UTC)

    def moment(text: str) -> datetime:
        hours, minutes, *seconds = map(int, text.split(":"))
        return day + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))

    found = moment_of_deed(moment(tapped), moment(sent), moment("08:30"), moment("09:40"))
    assert found == moment(stands)


def test_of_two_leaders_the_later_deed_holds_in_whatever_order_they_come_and_the_other_reads_whose_it_is(
    leader: Someone, lara: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at + 30 * MINUTE)
    begin, signup = cleanup.starts_at, signup_of(bob).id
    told, page = {}, "Lara noted an absence at 9:12."
    for who, mark, minute in ((lara, "absent", 12), (leader, "present", 10)):
        _, told[who.id] = upload(browser(who), cleanup, mark, begin + minute * MINUTE, signup=signup)
    assert told[leader.id]["told"] == page and told[leader.id]["says"] == "absent"
    assert told[lara.id]["told"] == ""
    assert page in browser(leader).get(roster(cleanup)).text
    assert page not in browser(lara).get(roster(cleanup)).text
    _, says = upload(browser(leader), cleanup, "present", begin + 20 * MINUTE, signup=signup)
    assert says["says"] == "in" and page not in browser(leader).get(roster(cleanup)).text


def test_whose_tick_another_undid_or_replaced_reads_so_until_they_tick_again(
    leader: Someone, lara: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at + 10 * MINUTE)
    row, hers, laras = f"{roster(cleanup)}/{signup_of(bob).id}", browser(leader), browser(lara)

    def told(phone: Browser) -> list[str]:
        return [note.get_text() for note in phone.get(roster(cleanup)).soup.select(".overruled")]

    hers.post(row, mark="present")
    laras.post(row, mark="undo")
    assert told(hers) == ["Lara took your mark back at 9:10."] and told(laras) == []
    laras.post(row, mark="absent")
    assert told(hers) == ["Lara noted an absence at 9:10."]
    laras.post(row, mark="undo")
    hers.post(row, mark="present")
    assert told(hers) == told(laras) == []
    hers.post(row, mark="undo")
    assert told(hers) == told(laras) == []


def test_whatever_order_ticks_and_undone_ones_of_two_leaders_come_in_the_ledger_is_the_same(
    leader: Someone, lara: Someone, team: Team, browser: Open, at: SetClock
) -> None:
    date = make_date(leader, capacity=30)
    hers, his = browser(leader), browser(lara)
    begin, found = date.starts_at, set()
    for order in sorted({tuple(order) for order in permutations((0, 0, 1, 1))}):
        someone = make_member(team, f"Member {order}")
        at(begin - timedelta(hours=20))
        sign_up(someone, date)
        at(begin + 30 * MINUTE)
        signup, key = signup_of(someone).id, str(uuid4())
        mine = [(hers, "present", 1, {"key": key}), (hers, "undo", 3, {"undoes": key})]
        left = [mine, [(his, "absent", 2, {}), (his, "present", 4, {})]]
        for phone, mark, minute, named in (left[who].pop(0) for who in order):
            assert upload(phone, date, mark, begin + minute * MINUTE, signup=signup, **named)[0] == 200
        its = balances.lines_of(Entry.signup_id == signup)[signup]
        said = balances.standing(signup)
        shape = tuple((line.kind, line.done_at - begin) for line in sorted(its, key=lambda line: line.done_at))
        found.add((shape, said.kind, said.claimed))
    assert len(found) == 1
    ((shape, kind, _),) = found
    assert (len(shape), kind) == (4, EntryKind.CHECK_IN)


def test_an_absence_that_came_too_late_to_hold_is_asked_of_nobody(
    leader: Someone, lara: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.ends_at)
    signup = signup_of(bob).id
    upload(browser(lara), cleanup, "present", cleanup.starts_at + 12 * MINUTE, signup=signup)
    upload(browser(leader), cleanup, "absent", cleanup.starts_at + 10 * MINUTE, signup=signup)
    assert balances.standing(signup).present
    assert [one for one in db.session.scalars(select(Notice.event)) if one == "absent"] == []


Spoil = Callable[[Someone, Someone, Occurrence], None]


def withdrawn(leader: Someone, bob: Someone, date: Occurrence) -> None:
    withdraw(bob, date)


def cancelled(leader: Someone, bob: Someone, date: Occurrence) -> None:
    cancel(leader, date)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (withdrawn, "This person holds no place on this date any more. Add them as a walk-in."),
        (cancelled, "This date does not take place, so there is no attendance to take."),
    ],
)
def test_a_tick_that_cannot_be_taken_is_answered_with_why(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock, spoil: Spoil, why: str
) -> None:
    signup = signup_of(bob).id
    at(cleanup.starts_at - 20 * MINUTE)
    spoil(leader, bob, cleanup)
    at(cleanup.ends_at)
    answer = upload(browser(leader), cleanup, "present", cleanup.starts_at - 10 * MINUTE, signup=signup)
    assert answer == (422, {"told": why})
    assert lines() == []


def test_a_tick_from_before_the_date_moved_to_another_day_does_not_count_on_that_one(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    tapped = cleanup.starts_at - 8 * MINUTE
    day = clock.local(cleanup.starts_at, "Asia/Shanghai").date() + timedelta(days=2)
    at(cleanup.starts_at - MINUTE)
    to = {"date": day, "start": "09:00", "end": "10:30"}
    browser(leader).post(f"/occurrences/{cleanup.id}/move", scope="this", action="save", **to)
    at(clock.utc(day, time(9, 30), "Asia/Shanghai"))
    status, said = upload(browser(leader), cleanup, "present", tapped, signup=signup_of(bob).id)
    assert status == 422 and said["told"].startswith("The date has moved to")
    assert lines() == []


def test_a_date_ended_early_still_takes_in_who_was_there(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    ended = cleanup.starts_at + 40 * MINUTE
    at(ended)
    date_id, signup = cleanup.id, signup_of(bob).id
    write(lambda: cancellations.end_date(leader.actor, date_id, ended, "storm", clock.now()))
    status, _ = upload(browser(leader), cleanup, "present", cleanup.starts_at + MINUTE, signup=signup)
    assert status == 200 and balances.standing(signup).claimed == 40


@pytest.mark.parametrize(
    "odd",
    [
        {"key": "7"},
        {"key": ""},
        {"done_at": "x"},
        {"phone_now": "9" * 20},
        {"mark": "excused"},
    ],
)
def test_what_no_phone_sends_is_refused(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock, odd: dict[str, str]
) -> None:
    at(cleanup.starts_at)
    assert upload(browser(leader), cleanup, "present", clock.now(), signup=signup_of(bob).id, **odd)[0] == 422
    assert lines() == []


def test_nobody_ticks_for_another_team_and_a_key_of_theirs_says_nothing(
    leader: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    other = browser(make_leader(make_team()))
    at(cleanup.starts_at)
    signup, key = signup_of(bob).id, str(uuid4())
    assert upload(browser(leader), cleanup, "present", clock.now(), signup=signup, key=key)[0] == 200
    assert upload(other, cleanup, "present", clock.now(), signup=signup, key=key)[0] == 404


# Who came without a sign-up


def test_somebody_who_is_no_member_yet_is_taken_in_with_name_and_number_once_and_stands_as_not_in_yet(
    leader: Someone, lara: Someone, ada: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at + 10 * MINUTE)
    for who in (leader, lara):
        for typed in ("王小明", "王小明 "):
            newcomer = {"name": typed, "phone": "138 1234 5678"}
            assert upload(browser(who), cleanup, "present", clock.now(), **newcomer)[0] == 200
    (member,) = db.session.scalars(select(Membership).where(Membership.state == MembershipState.INVITED))
    (signup,) = db.session.scalars(select(Signup).where(Signup.person_id == member.person_id))
    assert balances.standing(signup.id).present
    page = browser(ada).get("/members").text
    assert "王小明" in page and "not in yet" in page
    verbs = db.session.scalars(select(AuditEntry.verb)).all()
    assert verbs.count("take in at the door") == verbs.count("walk in") == 1


def test_a_member_is_found_by_name_alone_and_by_number_only_under_their_own_name(
    leader: Someone, team: Team, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    dora, _, _ = make_member(team, "Dora"), make_member(team, "Eve"), make_member(team, "Eve")
    stranger = make_member(make_team(), "Olga")
    at(cleanup.starts_at)
    phone = browser(leader)

    def told(**who: str) -> str:
        return str(upload(phone, cleanup, "present", clock.now(), **who)[1]["told"])

    assert told(name="Dora") == "" == told(name="Dora", phone=dora.phone)
    assert told(name="Eve", phone="").startswith("Give the phone number, too")
    assert told(name="Nobody").startswith("Give the phone number, too")
    assert told(name="Dore", phone=dora.phone) == "This number stands on the roster under another name: Dora."
    assert told(name="Olga", phone=stranger.phone).startswith("This number belongs to somebody outside the team.")
    assert told(name="Olga", phone="1381") == "A mobile number has 11 digits."
    assert told(name="!?", phone="13812345678") == "A name has 1 to 40 characters, without special signs."
    assert len(db.session.scalars(select(Entry)).all()) == 2


def test_a_newcomer_is_taken_in_by_a_plain_form_too_and_what_was_typed_stays_when_it_is_refused(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at)
    form = browser(leader).get(f"{roster(cleanup)}/add")
    page = form.submit("/walk-in", name="王小明", phone="1381", status=422)
    assert page.errors == ["A mobile number has 11 digits."]
    assert (page.value("name"), page.value("phone")) == ("王小明", "1381")
    page = page.submit("/walk-in", name="王小明", phone="13812345678")
    assert page.news == ["Added and ticked."], page.text
    assert "王小明" in page.text


def test_a_newcomer_comes_in_by_a_personal_link_and_finds_the_hours(
    leader: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.ends_at)
    browser(leader).get(f"{roster(cleanup)}/add").submit("/walk-in", name="王小明", phone="13812345678")
    person_id = db.session.scalar(select(Membership.person_id).where(Membership.state == MembershipState.INVITED))
    assert browser(leader).get(f"/members/{person_id}").submit("/link").errors == []


def test_sixty_ticks_of_two_leaders_in_any_order_and_some_of_them_twice_lose_and_double_nothing(
    leader: Someone, lara: Someone, bob: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    rng, signup = random.Random(7), signup_of(bob).id
    at(cleanup.ends_at)
    phones = {leader.id: browser(leader), lara.id: browser(lara)}
    ticks = [(rng.choice([*phones]), rng.choice(("present", "absent")), n, str(uuid4())) for n in range(12)]
    sent = [*ticks, *rng.sample(ticks, 5)]
    rng.shuffle(sent)
    for who, mark, minute, key in sent:
        tapped = cleanup.starts_at + minute * MINUTE
        assert upload(phones[who], cleanup, mark, tapped, signup=signup, key=key)[0] == 200
    assert [key for key, _, _ in lines()] == [key for *_, key in ticks]
    assert balances.standing(signup).present == (ticks[-1][1] == "present")
