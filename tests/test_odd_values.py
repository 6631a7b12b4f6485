"""Whatever is sent for a field is answered, and a form that is refused comes back with all else that was typed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import update

from tests import hashing
from tests.databases import empty
from tests.ledger.missing import miss
from tests.ledger.written import CAME
from tests.make import PASSWORD, Someone, make_activity, make_date, sign_up, signup_of
from tests.moments import SetClock
from tests.odd_values import TEXTS
from tests.pages import BASE, Browser
from tests.sweep import LONGEST_ADDRESS, NO_CONTENT, Form, Sweep, WatchedRequest
from tests.test_access import TABLE
from tests.world import World, make_world
from volunteer import clock
from volunteer.activities import dates
from volunteer.activities.recurrence import Repeat
from volunteer.activities.states import CheckIn
from volunteer.checkin import scanning
from volunteer.checkin import service as checkin
from volunteer.ledger import book, verdicts
from volunteer.ledger.states import EntryKind, RequestKind
from volunteer.schedule import moves
from volunteer.schedule.changes import digest
from volunteer.signups import stand_ins
from volunteer.signups.models import Signup, StandIn
from volunteer.storage.database import Base, db, write

pytestmark = pytest.mark.answers

PACKAGE = Path(__file__).resolve().parent.parent / "volunteer"

ACTIVITY = {
    "title": "Cleanup",
    "kind": "friday_cleanup",
    "place": "Square",
    "content": "We clean.",
    "meeting": "At the gate",
    "bring": "Gloves",
    "risk": "Cars",
    "protection": "Insurance",
    "responsible": "Lea",
    "requirements": "Can swim",
    "min_age": 16,
    "insurance": "Policy 7",
    "opens": 7,
    "deadline": 12,
    "voluntary": "no",
    "date": "2027-12-03",
    "start": "09:00",
    "end": "10:30",
    "capacity": 5,
    "minimum": 2,
    "approval": "y",
    "position": "East",
    "positions-0-name": "West",
    "positions-0-capacity": 3,
    "positions-0-start": "09:30",
    "positions-0-end": "10:00",
    "repeat": "weekly",
    "every": 2,
    "until": "2027-12-31",
    "count": 2,
    "dates": "2027-12-04",
    "holidays": "next",
    "arrive": 15,
    "public": "y",
}
TYPED: dict[str, dict[str, object]] = {
    "POST /login": {"password": PASSWORD, "next": "/me"},
    "POST /language": {"locale": "en"},
    "POST /me/password": {"current": PASSWORD, "password": "another good one"},
    "POST /me/notices/read": {"up_to": 1},
    "POST /join/<invite>": {"name": "Nina", "phone": "13700000001", "password": PASSWORD, "consent": "y"},
    "POST /q/<code>/<who>": {"name": "Nina", "phone": "13700000001", "consent": "y"},
    "POST /in/<link>": {"password": PASSWORD},
    "POST /activities/new": ACTIVITY | {"action": "publish"},
    "POST /activities/<activity>/edit": ACTIVITY | {"action": "draft", "voluntary": "yes"},
    "POST /holidays": {"first": "2027-05-03", "last": "2027-05-04", "name": "Fair", "source": "Town hall"},
    "POST /plans/<year>/new": {"title": "Trees", "dates": "3", "attendances": "120", "months": "4-5", "lead": "Office"}
    | {"partners": "Town hall", "outcomes": "植树:株:1500"},
    "POST /plans/items/<item>/edit": {"partners": "Town hall", "months": "1-6"},
    "POST /plans/items/<item>/activity": ACTIVITY | {"action": "draft"},
    "POST /plans/<year>/facts": {"title": "In the county news", "kind": "media", "url": "https://example.org", "n": 2}
    | {"rank": 1},
    "POST /occurrences/<occurrence>/signup": {"following": 3, "shift": ""},
    "POST /occurrences/<occurrence>/withdraw": {"reason": "family"},
    "POST /occurrences/<occurrence>/late": {"minutes": 20},
    "POST /occurrences/<occurrence>/cancel": {"reason": "Strong wind"},
    "POST /occurrences/<occurrence>/end": {"at": "09:30", "reason": "Strong wind"},
    "POST /occurrences/<occurrence>/party": {"guests-0-name": "Kim", "guests-0-age": "child", "guardian": "y"},
    "POST /occurrences/<occurrence>/move": {"start": "10:00", "scope": "following", "action": "save"},
    "POST /weather": {"reason": "Strong wind", "to": "2026-12-30", "action": "preview"},
    "POST /occurrences/<occurrence>/roster/<signup>/answer": {"text": "You were not there."},
    "POST /occurrences/<occurrence>/sheet": {"rows": "1", "action": "save"},
    "POST /stand-ins/<stand_in>": {"answer": "yes"},
    "POST /me/records/<signup>/appeal": {"text": "I was there."},
    "POST /occurrences/<occurrence>/confirm": {"action": "confirm"},
    "POST /occurrences/<occurrence>/confirm/typed": {"came": "09:05", "gone": "10:00", "source": "Sheet 3"},
    "POST /me/records/<signup>/correction": {"text": "I left early.", "minutes": "30"},
    "POST /me/records/<signup>/late_entry": {"text": "I was there.", "minutes": "30"},
    "POST /me/feeds/alarm": {"first": "60", "second": "", "offer": ""},
    "POST /me/feeds/names": {"names": "full"},
}
"""What somebody types into a form, beside what its page has in it already."""

About = dict[str, list[dict[str, object]]]
Find = Callable[[str], list[Form]]


@pytest.fixture(scope="module")
def app(migrated_app: Flask) -> Iterator[Flask]:
    """As everywhere, but its tables are filled once for all tests here."""
    with migrated_app.app_context():
        yield migrated_app
        db.session.remove()
        empty(db.engine, Base.metadata)


@pytest.fixture(scope="module")
def find(app: Flask) -> Iterator[Find]:
    """`find(row)` gives the forms of a row, each in the hands of somebody who may use it.

    Nobody changes the world they are in: what a form writes is sent to the database and taken back.
    """
    with pytest.MonkeyPatch.context() as patch, hashing.quick():
        world, about = _world(app, lambda moment: patch.setattr(clock, "now", lambda: moment))
        sweep = Sweep(app, world.people)
        patch.setattr(app, "request_class", WatchedRequest)
        patch.setattr(db.session, "commit", _take_back)
        patch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

        @cache
        def find_forms(row: str) -> list[Form]:
            typed = world.fields.get(row, {}) | TYPED.get(row, {})
            paths = [replace(world, values=world.values | values).path(row) for values in about.get(row, [{}])]
            return [sweep.form(row.split()[0], path, typed) for path in paths]

        yield find_forms


def _world(app: Flask, at: SetClock) -> tuple[World, About]:
    """A world, and by row what its form is about where the one thing of that name in the world does not do."""
    world = make_world(lambda someone=None: Browser(app, someone, "en"), at)
    now, member, person, leader = clock.now(), *(world.people[who] for who in ("member", "person", "leader"))
    world.fields["POST /login"] = {"phone": member.phone}
    asked, missed = (miss(leader, person, now - timedelta(days=days), at) for days in (9, 5))
    at(now - timedelta(days=3))
    held = make_date(leader, in_days=1)
    for someone in (member, person):
        sign_up(someone, held)
    at(held.ends_at)
    write(lambda: checkin.mark(leader.actor, held.id, signup_of(person, held).id, EntryKind.CHECK_IN, held.ends_at))
    world.fields["POST /occurrences/<occurrence>/confirm/typed"] = {"signup": signup_of(member, held).id}
    was_there, unmarked = (_past(leader, person, now - timedelta(days=days), at) for days in (7, 6))
    at(now)
    write(lambda: book.add(leader.actor, {book.list_locked(Signup.id == was_there)[0]: [CAME]}, now))
    appealed, unanswered = (signup_of(person, one).id for one in (asked, missed))
    write(lambda: verdicts.ask(person.actor, appealed, RequestKind.APPEAL, "I was there.", None, now))
    series = make_activity(leader, in_days=9, repeat=Repeat.WEEKLY, until=now.date() + timedelta(weeks=6))
    first = dates.list_for(series)[0]
    sign_up(person, first)
    question = write(lambda: stand_ins.ask(person.actor, first.id, now))
    write(lambda: db.session.execute(update(StandIn).values(asked_id=member.id)))
    day, until = first.rule_date, series.wall_end
    soon = make_date(leader, in_days=0, start=time(10, 40), end=time(11, 20))
    sign_up(member, soon)
    moved = write(lambda: moves.preview_following(leader.actor, first.id, day, time(10), until, now).changes)
    world.fields["POST /occurrences/<occurrence>/move"] = {"seen": digest(moved)}
    evening = make_date(leader, in_days=0, start=time(19), end=time(20))
    sign_up(member, evening)
    soon = make_date(leader, in_days=0, start=time(8, 45), end=time(9), check_in=CheckIn.POSTER)
    sign_up(member, soon)
    write(lambda: scanning.open_digits(leader.actor, soon.id, True, now))
    _, screen = scanning.show(leader.actor, soon.id, now)
    world.fields["POST /checkin"] = {"code": screen.digits}
    return world, {
        "POST /q/<code>": [{"code": screen.poster}],
        "POST /q/<code>/<who>": [{}, {"who": "new"}],
        "POST /activities/<activity>/edit": [{}, {"activity": series.id}],
        "POST /activities/<activity>/archive": [{"activity": held.activity_id}],
        "POST /occurrences/<occurrence>/signup": [{"occurrence": first.id}],
        "POST /occurrences/<occurrence>/withdraw": [{"occurrence": evening.id}],
        "POST /occurrences/<occurrence>/late": [{"occurrence": soon.id}],
        "POST /occurrences/<occurrence>/end": [{"occurrence": missed.id}],
        "POST /occurrences/<occurrence>/move": [{"occurrence": first.id}],
        "POST /occurrences/<occurrence>/roster/<signup>/answer": [{"occurrence": asked.id, "signup": appealed}],
        "POST /occurrences/<occurrence>/confirm": [{"occurrence": held.id}],
        "POST /occurrences/<occurrence>/confirm/typed": [{"occurrence": held.id}],
        "POST /stand-ins/<stand_in>": [{"stand_in": question.id}],
        "POST /me/records/<signup>/appeal": [{"signup": unanswered}],
        "POST /me/records/<signup>/correction": [{"signup": was_there}],
        "POST /me/records/<signup>/late_entry": [{"signup": unmarked}],
    }


def _past(leader: Someone, someone: Someone, moment: datetime, at: Callable[[datetime], None]) -> int:
    """Somebody's sign-up for a date of the day after that moment."""
    at(moment)
    occurrence = make_date(leader, in_days=1)
    sign_up(someone, occurrence)
    return signup_of(someone, occurrence).id


def _take_back() -> None:
    db.session.flush()
    db.session.rollback()


@pytest.mark.parametrize("row", TABLE)
def test_whatever_a_field_says_is_answered_and_nothing_else_that_was_typed_is_lost(find: Find, row: str) -> None:
    assert [complaint for form in find(row) for complaint in form.complaints(thin=True)] == []


@pytest.mark.soak
@pytest.mark.parametrize("row", TABLE)
def test_that_holds_of_every_value_in_every_field(find: Find, row: str) -> None:
    assert [complaint for form in find(row) for complaint in form.complaints(thin=False)] == []


NEED_A_FILE = {"POST /members/import", "POST /plans/<year>/import"}
WHERE_A_LINE_IS_IN_DOUBT = {"who"}
"""Read as every id is (`posted_id`), of a roster with two of one name."""


@pytest.mark.parametrize("row", TABLE)
def test_every_form_is_one_that_is_accepted_before_it_says_anything_odd(find: Find, row: str) -> None:
    for form in find(row):
        assert not (form.names - NO_CONTENT and form.is_refused()) or row in NEED_A_FILE, form


def test_no_name_a_view_reads_is_left_out(find: Find) -> None:
    views = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    read = set(re.findall(r'(?:posted_id|request\.(?:form|args|values)\.get)\(\s*"(\w+)"', views))
    assert read - {name for row in TABLE for form in find(row) for name in form.names} == WHERE_A_LINE_IS_IN_DOUBT
    assert len(read) > 15


ADDRESSES = [row for row in TABLE if re.search("<(invite|link|feed|scope|slug|date)>", row)]


@pytest.mark.parametrize("row", ADDRESSES)
def test_whatever_an_address_says_is_answered(find: Find, row: str) -> None:
    (form,) = find(row)
    for text in TEXTS.values():
        path = re.sub("<.*>", quote(text[:LONGEST_ADDRESS]), row.split()[1])
        answer = form.sweep.send(form.who, form.method, path, data=form.typed)
        assert answer.status_code < 500, path


HEADERS = ("Referer", "Cookie", "User-Agent", "Accept-Language", "Accept-Encoding", "If-None-Match", "Content-Type")


@pytest.mark.parametrize("header", HEADERS)
def test_whatever_a_header_says_is_answered(find: Find, header: str) -> None:
    (page,), (form,), (feed,) = map(find, ("GET  /me", "POST /language", "GET  /cal/<feed>.ics"))
    for text in (*TEXTS.values(), "https://[", f"{BASE}/\\evil"):
        said = "".join(letter for letter in text if letter >= " ")[:LONGEST_ADDRESS].encode().decode("latin1")
        for one in (page, form, feed):
            how = {"data": form.typed} if one is form else {}
            answer = one.sweep.send(one.who, one.method, one.path, headers={header: said}, **how)
            assert answer.status_code < 500, (one.path, said)
