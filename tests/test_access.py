"""Who may call what: every route, for everyone it could be called by.

The columns are a stranger, a member of another team, a member, a leader and an administrator of the team the
things belong to. Whoever adds a route adds its row; a route without a row fails.
"""

from itertools import product

import pytest
from sqlalchemy import select

from tests.make import make_administrator, make_date, make_leader, make_member, make_team
from tests.pages import Browser
from tests.wire import send
from tests.world import World, make_world, rows_of
from volunteer import clock
from volunteer.actor import Role
from volunteer.checkin import lending
from volunteer.signups import service as signups
from volunteer.storage.database import Base, db, write
from volunteer.teams import service as teams
from volunteer.teams.models import MembershipState, Team

pytestmark = pytest.mark.answers

WHO = ("stranger", "outsider", "member", "leader", "administrator")
LOG_IN = "303 /login"

ANYONE = (200,) * 5
MEMBERS_OWN = (LOG_IN, 200, 200, 200, 200)
MEMBERS_DEED = (LOG_IN, 303, 303, 303, 303)
MEMBERS = (LOG_IN, 404, 200, 200, 200)
MEMBERS_DO = (LOG_IN, 404, 303, 303, 303)
LEADERS = (LOG_IN, 403, 403, 200, 200)
LEADERS_DO = (LOG_IN, 403, 403, 303, 303)
ADMINISTRATORS = (LOG_IN, 403, 403, 403, 200)

TABLE: dict[str, tuple[int | str, ...]] = {
    "GET  /healthz": ANYONE,
    "GET  /readyz": ANYONE,
    "POST /language": (303,) * 5,
    # accounts
    "GET  /login": (200, 303, 303, 303, 303),
    "POST /login": (422,) * 5,
    "POST /logout": (LOG_IN,) * 5,
    "GET  /me/password": MEMBERS_OWN,
    "POST /me/password": (LOG_IN, 422, 422, 422, 422),
    "POST /me/language": MEMBERS_DEED,
    "POST /me/named": MEMBERS_DEED,
    "POST /me/devices/<device>/log-out": (LOG_IN, 404, 303, 404, 404),
    # notices
    "GET  /me/notices": MEMBERS_OWN,
    "POST /me/notices/read": MEMBERS_DEED,
    "POST /me/preferences": MEMBERS_DEED,
    # teams
    "GET  /join/<invite>": ANYONE,
    "POST /join/<invite>": (422,) * 5,
    "POST /join/<invite>/as-me": MEMBERS_DEED,
    "GET  /in/<link>": ANYONE,
    "POST /in/<link>": (422,) * 5,
    "GET  /members": LEADERS,
    "GET  /members/<person>": LEADERS,
    "POST /members/<person>/link": LEADERS_DO,
    "GET  /members/slips": LEADERS,
    "POST /members/slips": LEADERS_DO,
    "GET  /members/invite": LEADERS,
    "POST /members/invite": LEADERS_DO,
    "GET  /members/import": LEADERS,
    "POST /members/import": (LOG_IN, 403, 403, 422, 422),
    "GET  /members/import/<preview>": (LOG_IN, 403, 403, 200, 404),
    "POST /members/import/<preview>": (LOG_IN, 403, 403, 303, 404),
    "GET  /members/import/<preview>/wrong.csv": (LOG_IN, 403, 403, 200, 404),
    "POST /me/team": (LOG_IN, 404, 303, 303, 303),
    # activities
    "GET  /activities": MEMBERS_OWN,
    "GET  /activities/new": LEADERS,
    "POST /activities/new": (LOG_IN, 403, 403, 422, 422),
    "GET  /activities/<activity>": (LOG_IN, 404, 404, 200, 200),
    "GET  /activities/<activity>/edit": LEADERS,
    "POST /activities/<activity>/edit": (LOG_IN, 403, 403, 422, 422),
    "POST /activities/<activity>/publish": LEADERS_DO,
    "POST /activities/<activity>/archive": LEADERS_DO,
    "GET  /holidays": ADMINISTRATORS,
    "POST /holidays": (LOG_IN, 403, 403, 403, 422),
    "POST /holidays/<day>/take-out": (LOG_IN, 403, 403, 403, 303),
    # signups
    "POST /occurrences/<occurrence>/signup": MEMBERS_DO,
    "GET  /occurrences/<occurrence>/withdraw": MEMBERS,
    "POST /occurrences/<occurrence>/withdraw": MEMBERS_DO,
    "GET  /occurrences/<occurrence>/cancel": LEADERS,
    "POST /occurrences/<occurrence>/cancel": (LOG_IN, 403, 403, 422, 422),
    "GET  /occurrences/<occurrence>/end": LEADERS,
    "POST /occurrences/<occurrence>/end": (LOG_IN, 403, 403, 422, 422),
    "POST /occurrences/<occurrence>/stand-in": (LOG_IN, 404, 404, 404, 404),
    "GET  /occurrences/<occurrence>/party": MEMBERS,
    "POST /occurrences/<occurrence>/party": MEMBERS_DO,
    "POST /occurrences/<occurrence>/accept": MEMBERS_DO,
    "POST /stand-ins/<stand_in>": (LOG_IN, 404, 303, 404, 404),
    "POST /stand-ins/<stand_in>/undo": (LOG_IN, 404, 303, 404, 404),
    "POST /occurrences/<occurrence>/list/sign-up": LEADERS_DO,
    "POST /occurrences/<occurrence>/list/reserve": LEADERS_DO,
    "POST /occurrences/<occurrence>/list/places": LEADERS_DO,
    "POST /occurrences/<occurrence>/list/<signup>": LEADERS_DO,
    "POST /occurrences/<occurrence>/restore": LEADERS_DO,
    "POST /occurrences/<occurrence>/seen": MEMBERS_DO,
    "GET  /occurrences/<occurrence>/message": LEADERS,
    "POST /occurrences/<occurrence>/message": LEADERS_DO,
    "GET  /occurrences/<occurrence>/move": LEADERS,
    "POST /occurrences/<occurrence>/move": (LOG_IN, 403, 403, 422, 422),
    "GET  /occurrences/<occurrence>/told": LEADERS,
    "POST /occurrences/<occurrence>/told/<person>": LEADERS_DO,
    "POST /occurrences/<occurrence>/phones": LEADERS_DO,
    "GET  /weather": LEADERS,
    "POST /weather": (LOG_IN, 403, 403, 422, 422),
    "GET  /edits/<edit>": LEADERS,
    "GET  /edits/<edit>/undo": LEADERS,
    "POST /edits/<edit>/undo": LEADERS_DO,
    "GET  /activities/out-of-plan": LEADERS,
    "POST /activities/<activity>/keep-to-plan": LEADERS_DO,
    # attendance
    "GET  /occurrences/<occurrence>/roster": LEADERS,
    "GET  /occurrences/<occurrence>/roster/add": LEADERS,
    "POST /occurrences/<occurrence>/roster/<signup>": LEADERS_DO,
    "POST /occurrences/<occurrence>/roster/<signup>/answer": LEADERS_DO,
    "POST /occurrences/<occurrence>/roster/everyone": LEADERS_DO,
    "POST /occurrences/<occurrence>/roster/walk-in": LEADERS_DO,
    # hours
    "GET  /occurrences/<occurrence>/confirm": LEADERS,
    "POST /occurrences/<occurrence>/confirm": (LOG_IN, 403, 403, 422, 422),
    "POST /occurrences/<occurrence>/confirm/typed": (LOG_IN, 403, 403, 422, 422),
    "GET  /hours/typed": LEADERS,
    "GET  /occurrences/<occurrence>/code": LEADERS,
    "POST /occurrences/<occurrence>/code": LEADERS_DO,
    "GET  /q/<code>": ANYONE,
    "POST /q/<code>": (LOG_IN, 422, 422, 422, 422),
    "GET  /q/<code>/<who>": (200, 303, 303, 303, 303),
    "POST /q/<code>/<who>": (303, 303, 303, 303, 303),
    "POST /occurrences/<occurrence>/callers": LEADERS_DO,
    "GET  /checkin": MEMBERS_OWN,
    "POST /checkin": (LOG_IN, 422, 422, 422, 422),
    "POST /occurrences/<occurrence>/roster/sync": LEADERS,
    "GET  /occurrences/<occurrence>/sheet": LEADERS,
    "GET  /occurrences/<occurrence>/sheet/rows": LEADERS,
    "POST /occurrences/<occurrence>/sheet": LEADERS_DO,
    "GET  /occurrences/keeper.js": MEMBERS_OWN,
    "POST /occurrences/<occurrence>/lend": LEADERS_DO,
    "POST /occurrences/<occurrence>/late": MEMBERS_DO,
    # plans
    "GET  /plans": MEMBERS_OWN,
    "GET  /plans/<year>": MEMBERS_OWN,
    "POST /plans/<year>/publish": (LOG_IN, 403, 403, 403, 303),
    "GET  /plans/<year>/<month>": MEMBERS_OWN,
    "GET  /plans/<year>/new": ADMINISTRATORS,
    "POST /plans/<year>/new": (LOG_IN, 403, 403, 403, 422),
    "GET  /plans/items/<item>": LEADERS,
    "GET  /plans/items/<item>/edit": ADMINISTRATORS,
    "POST /plans/items/<item>/edit": (LOG_IN, 403, 403, 403, 422),
    "POST /plans/items/<item>/remove": (LOG_IN, 403, 403, 403, 303),
    "POST /plans/items/<item>/activities": LEADERS_DO,
    "GET  /plans/items/<item>/activity": LEADERS,
    "POST /plans/items/<item>/activity": (LOG_IN, 403, 403, 422, 422),
    "GET  /plans/items/<item>/done/<what>": LEADERS,
    "GET  /plans/<year>/import": ADMINISTRATORS,
    "POST /plans/<year>/import": (LOG_IN, 403, 403, 403, 422),
    "GET  /plans/import/<handed_in>": ADMINISTRATORS,
    "POST /plans/import/<handed_in>": (LOG_IN, 403, 403, 403, 303),
    "GET  /plans/<year>/facts": LEADERS,
    "POST /plans/<year>/facts": (LOG_IN, 403, 403, 422, 422),
    "POST /plans/facts/<fact>/remove": LEADERS_DO,
    "GET  /reports/<year>": LEADERS,
    "GET  /reports/<year>.xlsx": LEADERS,
    "GET  /reports/<year>.docx": LEADERS,
    "GET  /reports/<year>/summary": LEADERS,
    "GET  /reports/<year>/summary.docx": LEADERS,
    "GET  /reports/list": LEADERS,
    # calendar
    "GET  /cal/<feed>.ics": ANYONE,
    "GET  /occurrences/<occurrence>.ics": MEMBERS,
    "GET  /me/calendars": MEMBERS_OWN,
    "POST /me/feeds/<scope>/rotate": MEMBERS_DEED,
    "POST /me/feeds/<scope>/revoke": MEMBERS_DEED,
    "POST /me/feeds/alarm": MEMBERS_DEED,
    "POST /me/feeds/<scope>/skipped": MEMBERS_DEED,
    "POST /me/feeds/names": (LOG_IN, 403, 403, 403, 303),
    # home
    "GET  /": MEMBERS_OWN,
    "GET  /occurrences/<occurrence>": MEMBERS,
    "GET  /today": LEADERS,
    "GET  /me": MEMBERS_OWN,
    "GET  /me/records": MEMBERS_OWN,
    "POST /me/records/<signup>/appeal": (LOG_IN, 404, 404, 404, 404),
    "POST /me/records/<signup>/correction": (LOG_IN, 404, 404, 404, 404),
    "POST /me/records/<signup>/late_entry": (LOG_IN, 404, 404, 404, 404),
    "POST /me/records/affirm": MEMBERS_DEED,
    "GET  /me/agenda": MEMBERS_OWN,
    "GET  /p/<date>": ANYONE,
    "GET  /t/<slug>": ANYONE,
    "GET  /short": LEADERS,
    "GET  /me/settings": MEMBERS_OWN,
}

LENT = {
    "GET  /occurrences/<occurrence>/roster": 200,
    "GET  /occurrences/<occurrence>/roster/add": 200,
    "POST /occurrences/<occurrence>/roster/<signup>": 303,
    "POST /occurrences/<occurrence>/roster/everyone": 303,
    "POST /occurrences/<occurrence>/roster/walk-in": 303,
    "POST /occurrences/<occurrence>/roster/sync": 200,
    "POST /occurrences/<occurrence>/callers": 303,
    "GET  /occurrences/<occurrence>/code": 200,
    "POST /occurrences/<occurrence>/code": 303,
    "POST /occurrences/<occurrence>/phones": 303,
    "GET  /occurrences/<occurrence>/sheet": 200,
    "GET  /occurrences/<occurrence>/sheet/rows": 200,
    "POST /occurrences/<occurrence>/sheet": 303,
}
"""What the list of a date opens to the member it is lent to."""

WRITES_ONCE = (
    "GET  /me/settings",
    "GET  /cal/<feed>.ics",
    "GET  /occurrences/<occurrence>/code",
    "GET  /occurrences/<occurrence>/roster",
    "GET  /occurrences/<occurrence>/sheet",
)
"""The first look at the settings makes one's feeds, at a date's code the secret it is signed
with, at its list the edition its numbers are of; a feed notes the day it was fetched. Nothing else stays: what
/readyz writes, to learn whether that can be done, it takes back."""


def test_every_route_has_a_row_and_every_row_a_route(app):
    routes = rows_of(app)
    assert routes - TABLE.keys() == set(), "routes without a row"
    assert TABLE.keys() - routes == set(), "rows without a route"


@pytest.fixture
def world(browser, at) -> World:
    return make_world(browser, at)


def answer(browser: Browser, world: World, row: str) -> int | str:
    method = row.split()[0]
    how = {"data": world.fields.get(row, {})} if method == "POST" else {}
    response = send(browser, method, world.path(row), **how)
    to_log_in = response.status_code == 303 and response.location.startswith("/login")
    return LOG_IN if to_log_in else response.status_code


def answers(browser, world: World, row: str) -> tuple[int | str, ...]:
    return tuple(answer(browser(world.people[who]), world, row) for who in WHO)


def test_everyone_may_look_at_what_the_table_says_and_at_no_more(browser, world):
    rows = [row for row in TABLE if row.startswith("GET")]
    assert {row: answers(browser, world, row) for row in rows} == {row: TABLE[row] for row in rows}


@pytest.mark.parametrize("row", [row for row in TABLE if row.startswith("POST")])
def test_everyone_may_do_what_the_table_says_and_no_more(browser, world, row):
    assert answers(browser, world, row) == TABLE[row]


OBJECTS = [
    row
    for row in TABLE
    if any(f"<{name}>" in row for name in ("person", "activity", "occurrence", "signup", "edit", "item"))
]


@pytest.mark.parametrize("role", ["member", "leader", "administrator"])
def test_another_teams_things_are_not_there_whatever_one_is_at_home(browser, world, role):
    make = {"member": make_member, "leader": make_leader, "administrator": make_administrator}[role]
    theirs = browser(make(make_team()))
    expected = {row: 403 if TABLE[row][WHO.index(role)] == 403 else 404 for row in OBJECTS}
    assert {row: answer(theirs, world, row) for row in OBJECTS} == expected


def test_a_member_of_this_team_who_also_leads_another_has_no_more_say_here(browser, world):
    other = make_team()
    member = world.people["member"]
    write(lambda: teams.add_member(other.id, member.id, Role.LEADER, MembershipState.ACTIVE, clock.now()))
    theirs = browser(member)
    for row in OBJECTS:
        assert answer(theirs, world, row) == TABLE[row][WHO.index("member")], row
    send(theirs, "POST", "/me/team", data={"team": other.id})
    for row in OBJECTS:
        assert answer(theirs, world, row) == (403 if TABLE[row][WHO.index("leader")] == 403 else 404), row


def test_whoever_keeps_the_list_of_a_date_may_do_what_its_day_needs_and_for_no_other_date(browser, world):
    other, date = make_date(world.people["leader"]), world.values["occurrence"]
    keeper = make_member(db.session.get_one(Team, world.people["leader"].actor.team_id), "Keeper")
    for one in (other.id, date):
        write(lambda one=one: signups.sign_up(keeper.actor, one, None, clock.now()))
    write(lambda: lending.lend(world.people["leader"].actor, date, keeper.id, clock.now()))
    phone, rows = browser(keeper), [row for row in TABLE if TABLE[row][WHO.index("member")] == 403]
    assert set(LENT) <= set(rows)
    assert {row: answer(phone, world, row) for row in rows} == {row: LENT.get(row, 403) for row in rows}
    world.values["occurrence"] = other.id
    assert {row: answer(phone, world, row) for row in rows} == dict.fromkeys(rows, 403)


# Reading writes nothing


def snapshot() -> dict[str, object]:
    """Every row of every table."""
    db.session.rollback()
    return {
        name: sorted(map(repr, db.session.execute(select(table)).all())) for name, table in Base.metadata.tables.items()
    }


READS = [row for row in TABLE if row.startswith("GET") and not row.endswith((".xlsx", ".docx"))]
"""Whoever takes a workbook away stands in the trail."""


def test_reading_any_page_as_anybody_writes_nothing(browser, world):
    browsers = {who: browser(world.people[who]) for who in WHO}
    for row, who in product(WRITES_ONCE, WHO):
        answer(browsers[who], world, row)
    before = snapshot()
    assert sum(map(len, before.values())) > 20
    for row, who in product(READS, WHO):
        answer(browsers[who], world, row)
        assert snapshot() == before, f"{who}: {row}"


def test_a_post_without_a_token_never_writes(browser, world):
    browsers = {who: browser(world.people[who]) for who in WHO}
    before = snapshot()
    for row, who in product([row for row in TABLE if row.startswith("POST")], WHO):
        response = send(browsers[who], "POST", world.path(row), token=False, data=world.fields.get(row, {}))
        assert response.status_code == 400, f"{who}: {row}"
    assert snapshot() == before
