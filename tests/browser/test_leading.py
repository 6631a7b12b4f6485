"""A leader publishes a series at the desk and ticks people in the street."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.screens import SmallTeam, path
from tests.make import make_member
from volunteer import clock
from volunteer.checkin import service as checkin
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

DESK = (1280, 900)


def test_a_leader_previews_the_fridays_of_a_year_and_publishes_them(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader, DESK)
    page.goto("/activities")
    page.get_by_role("link", name="新建活动").click()
    expect(page.locator("[name=until]")).to_be_hidden()
    fill_in_the_fridays_of_2026(page)
    page.get_by_role("button", name="预览日期").click()

    preview = page.get_by_role("status")
    expect(preview).to_contain_text("共 46 场。")
    expect(preview.locator("li:not(:has(del)) time")).to_have_count(46)
    expect(struck(preview, "2026-10-02")).to_contain_text("国庆节")
    expect(page.get_by_label("活动名称", exact=True)).to_have_value("周五创卫")

    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("status")).to_have_text("已发布，大家可以报名了")
    expect(page.locator("td:not(:has(del)) time")).to_have_count(46)
    expect(struck(page, "2026-10-02")).to_contain_text("国庆节")


def fill_in_the_fridays_of_2026(page: Page) -> None:
    """Unfold the form and fill it in, field by field."""
    expect(page.locator("summary").first).to_be_visible()  # `all` does not wait for the page
    for folded in page.locator("summary").all():
        folded.click()
    page.get_by_label("活动名称", exact=True).fill("周五创卫")
    page.get_by_label("地点", exact=True).fill("主街")
    page.get_by_label("日期", exact=True).fill("2026-01-02")
    page.get_by_label("开始", exact=True).fill("09:00")
    page.get_by_label("结束", exact=True).fill("10:30")
    page.get_by_label("重复", exact=True).select_option("每周")
    expect(page.locator("[name=until]")).to_be_visible()
    page.locator("[name=until]").fill("2026-12-31")


def struck(where: Page | Locator, day: str) -> Locator:
    """The line of a date that does not take place."""
    return where.locator(f':is(li, td):has(del time[datetime="{day}"])')


def test_a_leader_ticks_with_one_tap_each_and_takes_a_tick_back(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader, java_script_enabled=False)
    page.goto(path(team.cleanup, "/roster"))
    there = page.locator("header small")
    expect(there).to_have_text("0 / 2")
    page.get_by_role("button", name="到场：卓玛才让").tap()
    expect(there).to_have_text("1 / 2")
    page.get_by_role("button", name="撤销：卓玛才让").tap()
    expect(there).to_have_text("0 / 2")
    page.get_by_role("button", name="缺席：王建军").tap()
    expect(page.get_by_role("button", name="撤销：王建军")).to_be_visible()
    expect(there).to_have_text("0 / 2")


def test_after_a_tick_far_down_the_list_the_leader_is_still_there(phone: Open, team: SmallTeam) -> None:
    begun, here = team.cleanup.id, db.session.get_one(Team, team.leader.actor.team_id)
    for n in range(20):
        someone = make_member(here, f"队员{n}", locale=None)
        write(lambda who=someone: checkin.walk_in(team.leader.actor, begun, who.id, None, clock.now()))
    page = phone(team.leader, java_script_enabled=False)
    page.goto(path(team.cleanup, "/roster"))
    page.get_by_role("button", name="撤销：队员15", exact=True).tap()
    expect(page.get_by_role("button", name="到场：队员15", exact=True)).to_be_in_viewport()


def test_a_leader_ticks_everyone_with_one_tap(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader, java_script_enabled=False)
    page.goto(path(team.cleanup, "/roster"))
    page.get_by_role("button", name="全部到场").tap()
    expect(page.get_by_role("status")).to_have_text("2 人已记到场")
    expect(page.locator("header small")).to_have_text("2 / 2")

    alices = phone(team.alice)
    alices.goto(path(team.cleanup))
    expect(alices.locator("main")).to_contain_text("已签到")


def test_a_leader_adds_somebody_who_just_came(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader)
    page.goto(path(team.cleanup, "/roster"))
    page.get_by_role("link", name="加入并记到场").tap()
    page.get_by_label("姓名、部门或家庭户").fill("海燕")
    page.get_by_role("button", name="查找").tap()
    page.get_by_role("button", name="为 王海燕 签到").tap()
    expect(page.get_by_role("status")).to_have_text("已加入，并记到场")
    expect(page.locator("header small")).to_have_text("1 / 3")


def test_without_scripts_the_last_day_of_a_series_stands_in_the_open(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader, java_script_enabled=False)
    page.goto("/activities/new")
    expect(page.locator("[name=until]")).to_be_visible()
    expect(page.locator("[name=dates]")).to_be_visible()


def test_a_year_that_is_planned_ahead_ends_with_itself(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader)
    page.goto("/activities/new")
    page.get_by_label("重复", exact=True).select_option("每周")
    ahead = clock.today(clock.now(), "Asia/Shanghai").year + 1
    page.get_by_label("日期", exact=True).fill(f"{ahead}-01-08")
    expect(page.locator("[name=until]")).to_have_value(f"{ahead}-12-31")


def test_the_invite_is_copied_with_one_tap_and_printed_on_one_sheet(phone: Open, team: SmallTeam) -> None:
    page = phone(team.leader, (794, 1123), permissions=["clipboard-read", "clipboard-write"])
    page.goto("/members/invite")
    page.get_by_role("button", name="复制链接").click()
    expect(page.get_by_text("已复制").first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(team.invite)
    page.emulate_media(media="print")
    expect(page.locator(".poster .qr")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", name="加入清风志愿")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1123
