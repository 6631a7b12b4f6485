"""People sign up with one tap and withdraw with two, on any phone and whatever the network does."""

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.screens import SmallTeam, path, week_of
from tests.make import make_date
from volunteer.activities.models import Occurrence


def card(page: Page, occurrence: Occurrence) -> Locator:
    """The card of a date, or its page."""
    return page.locator(f'[data-occurrence="{occurrence.id}"]')


def button(where: Page | Locator, name: str) -> Locator:
    """The button with exactly these words."""
    return where.get_by_role("button", name=name, exact=True)


def link(where: Page | Locator, name: str) -> Locator:
    """The link with exactly these words."""
    return where.get_by_role("link", name=name, exact=True)


@pytest.fixture(params=[False, True], ids=["without JavaScript", "with JavaScript"])
def alices_phone(request: pytest.FixtureRequest, phone: Open, team: SmallTeam) -> Page:
    return phone(team.alice, java_script_enabled=request.param)


def test_alice_signs_up_with_one_tap(alices_phone: Page, team: SmallTeam) -> None:
    alices_phone.goto(week_of(team.market))
    button(card(alices_phone, team.market), "我要报名").tap()
    expect(card(alices_phone, team.market)).to_contain_text("已报名")
    expect(alices_phone.get_by_role("status")).to_contain_text("报名成功")
    expect(card(alices_phone, team.market)).to_have_attribute("data-taken", "2")


def test_alice_joins_the_queue_with_one_tap_and_moves_up_when_bob_withdraws(
    alices_phone: Page, phone: Open, team: SmallTeam
) -> None:
    alices_phone.goto("/me")
    link(card(alices_phone, team.reading), "退出候补").tap()
    button(alices_phone, "退出候补").tap()
    expect(alices_phone.get_by_role("status")).to_be_visible()
    alices_phone.goto(week_of(team.reading))
    button(card(alices_phone, team.reading), "排候补").tap()
    expect(card(alices_phone, team.reading)).to_contain_text("候补第 1 位")
    expect(card(alices_phone, team.reading)).to_have_attribute("data-position", "1")

    bobs_phone = phone(team.bob)
    bobs_phone.goto(path(team.reading, "/withdraw"))
    button(bobs_phone, "取消报名").tap()
    expect(bobs_phone.get_by_role("status")).to_be_visible()
    alices_phone.reload()
    expect(card(alices_phone, team.reading)).to_contain_text("已报名")


def test_alice_withdraws_with_two_taps(alices_phone: Page, team: SmallTeam) -> None:
    farm = make_date(team.leader, title="助农采摘", in_days=3)
    alices_phone.goto(path(farm))
    button(alices_phone, "我要报名").tap()
    link(alices_phone, "取消报名").tap()
    expect(alices_phone.get_by_role("heading", level=1)).to_have_text("要取消报名吗？")
    button(alices_phone, "取消报名").tap()
    expect(alices_phone.get_by_role("status")).to_contain_text("已取消报名")
    expect(card(alices_phone, farm)).to_have_attribute("data-state", "open")


def test_alice_logs_in_with_her_number_and_lands_where_she_wanted(phone: Open, team: SmallTeam) -> None:
    page = phone(java_script_enabled=False)
    page.goto(path(team.market))
    page.get_by_label("手机号").fill(team.alice.phone)
    page.get_by_label("密码").fill("a wrong password")
    button(page, "登录").tap()
    expect(page.get_by_role("alert")).to_contain_text("手机号或密码不对")
    expect(page.get_by_label("手机号")).to_have_value(team.alice.phone)
    page.get_by_label("密码").fill(team.alice.password)
    button(page, "登录").tap()
    expect(card(page, team.market)).to_be_visible()


def test_a_double_tap_is_one_sign_up(phone: Open, team: SmallTeam) -> None:
    page = phone(team.alice)
    page.goto(week_of(team.market))
    button(card(page, team.market), "我要报名").dblclick()
    expect(card(page, team.market)).to_have_attribute("data-state", "confirmed")
    expect(card(page, team.market)).to_have_attribute("data-taken", "2")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_going_back_shows_what_holds_now(phone: Open, team: SmallTeam) -> None:
    page = phone(team.alice)
    page.goto(week_of(team.market))
    button(card(page, team.market), "我要报名").tap()
    expect(page.get_by_role("status")).to_be_visible()
    page.go_back()
    expect(card(page, team.market)).to_have_attribute("data-state", "confirmed")


def test_tapping_again_on_an_old_page_changes_nothing(phone: Open, team: SmallTeam) -> None:
    page = phone(team.alice)
    page.goto(path(team.market))
    old = page.context.new_page()
    old.goto(path(team.market))
    for one in (page, old):
        button(one, "我要报名").tap()
        expect(card(one, team.market)).to_have_attribute("data-state", "confirmed")
        expect(card(one, team.market)).to_have_attribute("data-taken", "2")
        expect(one.get_by_role("alert")).to_have_count(0)


def test_a_page_that_lay_too_long_says_so_in_a_sentence(phone: Open, team: SmallTeam) -> None:
    page = phone(team.alice)
    page.goto(week_of(team.market))
    page.context.clear_cookies()
    button(card(page, team.market), "我要报名").tap()
    expect(page.get_by_role("alert")).to_contain_text("页面放得太久了")
    link(page, "返回").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")


def test_without_a_network_nothing_is_lost_once_it_is_back(phone: Open, team: SmallTeam) -> None:
    page = phone(team.alice)
    page.goto(week_of(team.market))
    page.context.set_offline(True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"), page.expect_navigation():
        button(card(page, team.market), "我要报名").tap()
    page.context.set_offline(False)
    page.go_back()
    button(card(page, team.market), "我要报名").tap()
    expect(card(page, team.market)).to_have_attribute("data-state", "confirmed")
