"""Reloading, or going back to, an address that only takes posts; and what is asked for in no way it knows."""

import pytest
from flask import Flask

from tests.moments import SetClock
from tests.pages import Browser, Open
from tests.wire import send
from tests.world import World, make_world, row_of

BELONGS_TO = {
    "/language": "/",
    "/logout": "/",
    "/me/language": "/me/settings",
    "/me/named": "/me/settings",
    "/me/preferences": "/me/settings",
    "/occurrences/<occurrence>/seen": "/occurrences/<occurrence>",
    "/occurrences/<occurrence>/phones": "/occurrences/<occurrence>",
    "/occurrences/<occurrence>/told/<person>": "/occurrences/<occurrence>/told",
    "/me/devices/<device>/log-out": "/me/settings",
    "/me/team": "/me/settings",
    "/me/notices/read": "/me/notices",
    "/me/feeds/<scope>/rotate": "/me/settings",
    "/me/feeds/<scope>/revoke": "/me/settings",
    "/me/feeds/<scope>/skipped": "/me/settings",
    "/me/feeds/alarm": "/me/settings",
    "/me/feeds/names": "/me/settings",
    "/me/records/<signup>/appeal": "/me/records",
    "/me/records/<signup>/correction": "/me/records",
    "/me/records/<signup>/late_entry": "/me/records",
    "/me/records/affirm": "/me/records",
    "/join/<invite>/as-me": "/join/<invite>",
    "/members/<person>/link": "/members/<person>",
    "/activities/<activity>/publish": "/activities/<activity>",
    "/activities/<activity>/archive": "/activities/<activity>",
    "/activities/<activity>/keep-to-plan": "/activities/<activity>",
    "/holidays/<day>/take-out": "/holidays",
    "/plans/<year>/publish": "/plans/<year>",
    "/plans/items/<item>/remove": "/plans/items/<item>",
    "/plans/items/<item>/activities": "/plans/items/<item>",
    "/plans/facts/<fact>/remove": "/plans",
    "/stand-ins/<stand_in>": "/me",
    "/stand-ins/<stand_in>/undo": "/me",
    "/occurrences/<occurrence>/signup": "/occurrences/<occurrence>",
    "/occurrences/<occurrence>/accept": "/occurrences/<occurrence>",
    "/occurrences/<occurrence>/stand-in": "/occurrences/<occurrence>",
    "/occurrences/<occurrence>/restore": "/occurrences/<occurrence>",
    "/occurrences/<occurrence>/list/sign-up": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/list/reserve": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/list/places": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/list/<signup>": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/roster/<signup>": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/roster/<signup>/answer": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/roster/everyone": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/roster/walk-in": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/confirm/typed": "/occurrences/<occurrence>/confirm",
    "/occurrences/<occurrence>/callers": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/roster/sync": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/lend": "/occurrences/<occurrence>/roster",
    "/occurrences/<occurrence>/late": "/occurrences/<occurrence>",
}


def post_only(app: Flask) -> dict[str, str]:
    """The addresses that only take posts, as rows are written, with their methods."""
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            methods.setdefault(row_of(method, rule.rule).split()[1], set()).add(method)
    return {path: " ".join(sorted(its)) for path, its in methods.items() if "POST" in its and "GET" not in its}


@pytest.fixture
def world(browser: Open, at: SetClock) -> World:
    return make_world(browser, at)


def test_every_address_that_only_takes_posts_belongs_to_a_page(app: Flask) -> None:
    assert post_only(app).keys() == BELONGS_TO.keys()


def test_who_reloads_what_only_takes_posts_comes_to_the_page_it_belongs_to(browser: Open, world: World) -> None:
    administrator, invited = browser(world.people["administrator"]), browser(world.people["member"])
    for path, page in BELONGS_TO.items():
        for method in ("GET", "HEAD"):
            answer = send(administrator, method, world.path(f"{method} {path}"))
            assert (answer.status_code, answer.location) == (303, world.path(f"GET {page}")), path
        who = invited if "invite" in path else administrator
        assert who.get(world.path(f"GET {path}")).path == world.path(f"GET {page}")


def test_a_stranger_who_reloads_one_logs_in_first_and_then_sees_that_page(browser: Open, world: World) -> None:
    page = browser().get(world.path("GET /occurrences/<occurrence>/signup"))
    assert page.path == "/login"
    assert page.value("next") == world.path("GET /occurrences/<occurrence>")


def refused(phone: Browser, method: str, path: str) -> str:
    answer = send(phone, method, path)
    assert answer.status_code == 405
    return " ".join(sorted(answer.headers["Allow"].split(", ")))


def test_whatever_else_an_address_does_not_take_says_what_it_takes(browser: Open, world: World) -> None:
    hers = browser(world.people["leader"])
    assert refused(hers, "POST", "/me") == "GET HEAD OPTIONS"
    assert refused(hers, "DELETE", world.path("GET /occurrences/<occurrence>/signup")) == "OPTIONS POST"
    assert refused(hers, "PUT", "/activities/new") == "GET HEAD OPTIONS POST"
