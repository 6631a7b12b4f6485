"""Every page, for every eye and thumb: readable, reachable, at home on any width, in light and dark."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.conftest import PHONE, Open
from tests.browser.screens import SCREENS, SmallTeam, path
from tests.make import make_date

AXE = next(Path(__file__).parent.glob("vendor/axe-core-*/axe.min.js")).read_text(encoding="utf-8")
WIDTHS = (195, 320, 390, 1280)
"""195 is a phone of 390 at 200 % zoom."""

RUN_AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}});
  return found.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html + ' – ' + n.failureSummary)]);
}"""

UNFOLD = "() => document.querySelectorAll('details').forEach(folded => folded.open = true)"

FAULTS = """() => {
  const faults = [];
  const name = e => `${e.tagName.toLowerCase()}.${e.getAttribute('class')} “${e.textContent.trim().slice(0, 20)}”`;
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.push(`scrolls sideways: ${root.scrollWidth} > ${innerWidth}`);
  for (const control of document.querySelectorAll('button, .button, input, select, textarea, summary, nav a')) {
    if (control.type === 'hidden' || !control.checkVisibility()) continue;
    const area = ['checkbox', 'radio'].includes(control.type) ? control.closest('label') : control;
    const height = area.getBoundingClientRect().height;
    if (height < 47.5) faults.push(`only ${height} px high: ${name(control)}`);
    area.scrollIntoView({block: 'center', behavior: 'instant'});
    const box = area.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const home = area.parentElement.closest('.card, main, nav, body').getBoundingClientRect();
    if (box.left < home.left || box.right > home.right) faults.push(`sticks out: ${name(control)}`);
    if (!area.contains(hit)) faults.push(`covered by ${hit ? name(hit) : 'the edge'}: ${name(control)}`);
  }
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const around = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || !around.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(around).fontSize);
    if (size < 16) faults.push(`text of ${size} px: ${name(around)}`);
  }
  return faults;
}"""


@pytest.fixture(params=SCREENS)
def visited(request: pytest.FixtureRequest, phone: Open, team: SmallTeam) -> tuple[Page, list[str]]:
    """One page after another, opened by whoever uses it; with it comes what the browser complains about."""
    someone, address = SCREENS[request.param](team)
    page = phone(someone)
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        own_answer = message.text.startswith("Failed to load") and message.location["url"].endswith(address)
        advice = message.text.startswith("[DOM]")  # on password managers, for one
        if not own_answer and not advice:
            complaints.append(f"{message.text} ({message.location['url']})")

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.evaluate(UNFOLD)
    return page, complaints


def test_a_refused_form_shuts_nobody_out_either(phone: Open, team: SmallTeam) -> None:
    page = phone()
    page.goto(team.invite)
    page.get_by_role("button", name="加入并登录").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing, the size of targets and the contrast included."""
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        violations = page.evaluate(RUN_AXE)
        assert violations == [], f"in {scheme}: {told(violations)}"


def test_everybody_can_read_and_hit_all_at_any_width_in_light_or_dark_and_the_browser_does_not_complain(
    visited: tuple[Page, list[str]],
) -> None:
    page, complaints = visited
    faults = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        if found := page.evaluate(FAULTS):
            faults[width] = found
    assert faults == {}, told(faults)
    assert complaints == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.evaluate("scrollTo(0, 0)")
    assert_accessible(page)


def told(faults: object) -> str:
    return json.dumps(faults, ensure_ascii=False, indent=1)


def test_the_button_is_in_sight_however_much_there_is_to_read(phone: Open, team: SmallTeam) -> None:
    long = make_date(team.leader, title="长说明", in_days=3, bring="手套、" * 60, meeting="主街东口" * 40)
    page = phone(team.alice)
    page.goto(path(long))
    button = page.get_by_role("button", name="我要报名")
    expect(button).to_be_in_viewport(ratio=1)
    button.tap(timeout=1000)
    expect(page.get_by_role("status")).to_be_visible()


def test_a_printed_slip_has_a_code_to_scan_and_no_buttons(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader, (1280, 900))
    page.goto("/members/slips")
    page.emulate_media(media="print")
    expect(page.locator(".slip .qr")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("navigation")).to_have_count(0)
