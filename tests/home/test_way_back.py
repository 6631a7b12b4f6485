"""From every page there is a way back, and the menu says where one is. Which pages there are, the routes say."""

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from tests.pages import Browser, Open
from tests.test_access import TABLE, WHO
from tests.wire import send
from tests.world import World, make_world

ROOTS = {"/", "/today", "/me", "/activities", "/members", "/plans"}
"""Where the menu leads; leaders come to the week by the page of today."""


@pytest.fixture
def world(browser: Open, at) -> World:
    return make_world(browser, at)


def pages(browser: Browser, world: World, who: str) -> Iterator[tuple[str, BeautifulSoup]]:
    """Every page of the service that this person may open, and every form that comes back to them."""
    for row, answers in TABLE.items():
        method, path = row.split()[0], world.path(row)
        answer = answers[WHO.index(who)]
        if (method, answer) not in (("GET", 200), ("POST", 422)):
            continue
        response = send(browser, method, path, **({"data": world.fields.get(row, {})} if method == "POST" else {}))
        if response.mimetype == "text/html":
            yield path, BeautifulSoup(response.text, "html.parser")


@pytest.mark.parametrize("who", ["member", "leader", "administrator"])
def test_every_page_has_its_tab_and_every_page_below_a_tab_a_way_back(browser: Open, world: World, who: str) -> None:
    theirs, roots, below = browser(world.people[who]), set(), {}
    for path, page in pages(theirs, world, who):
        assert len(page.select("nav.tabs [aria-current=page]")) == 1, path
        back = page.select("header a.back")
        if path in ROOTS:
            roots.add(path)
            assert not back, path
        else:
            assert len(back) == 1, path
            below[path] = str(back[0]["href"])
    assert len(roots) >= 2 and len(below) >= 12
    for path, to in below.items():
        assert to.partition("?")[0] != path and send(theirs, "GET", to).status_code == 200, (path, to)


def test_the_way_back_from_every_page_ends_at_a_tab(browser: Open, world: World) -> None:
    theirs = browser(world.people["administrator"])
    for path, first in pages(theirs, world, "administrator"):
        steps, here = [path], first
        while back := here.select_one("header a.back"):
            steps.append(str(back["href"]))
            assert len(steps) < 5, steps
            here = BeautifulSoup(send(theirs, "GET", steps[-1]).text, "html.parser")
        assert steps[-1].partition("?")[0] in ROOTS, steps


def test_a_stranger_finds_no_menu_and_no_way_into_it(browser: Open, world: World) -> None:
    for path, page in pages(browser(), world, "stranger"):
        assert not page.select("nav.tabs, header a.back"), path
