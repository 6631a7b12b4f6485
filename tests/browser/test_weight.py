"""A page comes quickly over a weak network: few requests, few bytes, and nothing twice."""

import gzip
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.screens import SmallTeam
from tests.make import make_date, sign_up

STYLE = Path(__file__).parents[2] / "volunteer/static/style.css"
KB = 1000
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50 * KB, "uploadThroughput": 50 * KB}
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
TITLES = ("消费扶贫集市", "联点村家园美化", "职工书屋阅读主题日", "每周五创卫", "春季植树造林", "敬老院陪伴")
PLACES = ("文化广场", "德吉村", "职工书屋", "主街东口", "南山", "社区服务中心")


class Traffic:
    """What goes over the wire for a page, headers and bodies as sent; what the browser had kept does not count."""

    def __init__(self, page: Page) -> None:
        self.bytes: dict[str, int] = {}
        self._paths: dict[str, str] = {}
        self._wire = page.context.new_cdp_session(page)
        self._wire.send("Network.enable")
        self._wire.on("Network.responseReceived", self._on_response)
        self._wire.on("Network.loadingFinished", self._on_finished)

    def _on_response(self, event: dict[str, Any]) -> None:
        if not event["response"]["fromDiskCache"]:
            self._paths[event["requestId"]] = event["response"]["url"]

    def _on_finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._paths and event["encodedDataLength"]:
            self.bytes[self._paths[event["requestId"]]] = int(event["encodedDataLength"])

    def slow_down(self) -> None:
        """From now on it is slow 3G, on a phone six times slower than this machine."""
        self._wire.send("Network.emulateNetworkConditions", SLOW_3G)
        self._wire.send("Emulation.setCPUThrottlingRate", {"rate": 6})


@pytest.fixture
def full_week(team: SmallTeam) -> str:
    """The path of a week with 30 dates, Alice signed up for some."""
    monday = date.fromordinal(team.market.rule_date.toordinal() // 7 * 7 + 1) + timedelta(weeks=1)
    for n in range(30):
        start = time(8 + n // 6, n * 7 % 60)
        happening = make_date(
            team.leader,
            title=TITLES[n % 6],
            place=PLACES[n * 5 % 6],
            day=monday + timedelta(days=n % 6),
            start=start,
            end=time(start.hour, 59),
            capacity=3 + n,
        )
        if n % 7 == 0:
            sign_up(team.alice, happening)
    return f"/?week={monday.isoformat()}"


def test_the_first_visit_to_a_full_week_is_light(phone: Open, team: SmallTeam, full_week: str) -> None:
    page = phone(team.alice)
    traffic = Traffic(page)
    page.goto(full_week, wait_until="networkidle")
    assert page.locator("[data-occurrence]").count() >= 30
    assert sum(traffic.bytes.values()) <= 45 * KB, traffic.bytes
    assert len(traffic.bytes) <= 6, traffic.bytes


def test_another_visit_fetches_nothing_but_the_page(phone: Open, team: SmallTeam, full_week: str) -> None:
    page = phone(team.alice)
    page.goto(full_week, wait_until="networkidle")
    traffic = Traffic(page)
    page.goto(full_week, wait_until="networkidle")
    ((address, size),) = traffic.bytes.items()
    assert address.endswith(full_week)
    assert size <= 10 * KB


def test_a_full_week_stands_there_within_two_seconds_on_slow_3g(phone: Open, team: SmallTeam, full_week: str) -> None:
    page = phone(team.alice)
    traffic = Traffic(page)
    traffic.slow_down()
    page.goto(full_week)
    assert page.wait_for_function(FIRST_PAINT).json_value() <= 2000


def test_the_style_sheet_stays_small() -> None:
    assert len(gzip.compress(STYLE.read_bytes())) <= 8 * KB
