"""In the morning a leader sees on one page what waits, and answers with a thumb."""

from dataclasses import dataclass
from datetime import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.screens import SmallTeam, path
from tests.make import Someone, make_date, make_member, sign_up, status
from volunteer.activities.rules import PlannedShift
from volunteer.signups.states import Status
from volunteer.storage.database import db
from volunteer.teams.models import Team


@dataclass
class Thumb:
    """Taps, and counts."""

    taps: int = 0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1


@pytest.fixture
def dolma(team: SmallTeam) -> Someone:
    """Asks for a place in a contest, too."""
    here = db.session.get_one(Team, team.leader.actor.team_id)
    dolma = make_member(here, "央金措", locale=None)
    asks = PlannedShift("选手", time(15), time(17), 4, 0, True)
    sign_up(dolma, make_date(team.leader, title="演讲比赛", place="礼堂", in_days=4, shifts=[asks]))
    return dolma


def test_who_is_missing_two_answers_and_a_text_for_the_group_take_three_taps(
    phone: Open, team: SmallTeam, dolma: Someone
) -> None:
    page, thumb = phone(team.leader, permissions=["clipboard-read", "clipboard-write"]), Thumb()
    page.goto("/today")
    under_way = page.locator('[data-waiting="missing"]')
    expect(under_way).to_contain_text("没到 2 人")
    for someone in (team.alice, team.bob):
        expect(under_way).to_contain_text(someone.actor.name)
    widths = "all => all.map(one => [...one.children].map(b => b.offsetWidth))"
    pairs = page.locator("#asking .even").evaluate_all(widths)
    assert pairs and all(max(pair) - min(pair) <= 1 for pair in pairs), "no is as wide as yes"
    for someone in (team.carol, dolma):
        thumb.tap(page.get_by_role("button", name=f"同意{someone.actor.name}", exact=True))
        expect(page.get_by_role("button", name=f"撤销：{someone.actor.name}")).to_be_visible()
    assert status(dolma) is Status.CONFIRMED
    thumb.tap(page.get_by_role("button", name="发群的文字：演讲比赛"))
    expect(page.get_by_text("已复制").first).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("【清风志愿】演讲比赛还缺 3 人") and "/occurrences/" in copied
    assert thumb.taps <= 5


def test_without_scripts_the_text_is_there_to_select(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader, java_script_enabled=False)
    page.goto("/today")
    row = page.locator('[data-waiting="understaffed"]', has_text="消费扶贫集市")
    expect(row.get_by_role("button")).to_have_count(0)
    row.get_by_text("发群的文字").tap()
    expect(row.locator('[data-share="understaffed"]')).to_be_visible()


def test_where_the_clipboard_is_refused_the_text_unfolds_and_is_selected(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader)
    page.add_init_script("delete Navigator.prototype.clipboard; document.execCommand = () => false")
    page.goto("/today")
    row = page.locator('[data-waiting="understaffed"]', has_text="消费扶贫集市")
    row.get_by_role("button").tap()
    expect(row.locator('[data-share="understaffed"]')).to_be_visible()
    assert str(page.evaluate("String(getSelection())")).startswith("【清风志愿】消费扶贫集市")


def test_the_call_list_shrinks_with_every_call(phone: Open, team: SmallTeam) -> None:
    page: Page = phone(team.leader)
    page.goto(path(team.late, "/told"))
    expect(page.locator("header small")).to_have_text("1 / 3")
    page.get_by_role("button", name="看电话号码").tap()
    expect(page.locator(f'a[href="tel:{team.alice.phone}"]')).to_be_visible()
    heights = page.locator('[data-seen="no"] small').evaluate_all("all => all.map(one => one.offsetHeight)")
    assert heights and max(heights) < 30, "the number is on one line"
    page.get_by_role("button", name=f"{team.alice.actor.name}已告知").tap()
    expect(page.locator("header small")).to_have_text("2 / 3")
    page.get_by_role("button", name=f"撤销：{team.alice.actor.name}").tap()
    expect(page.locator("header small")).to_have_text("1 / 3")
