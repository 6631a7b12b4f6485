"""Newcomers join by the invite, people on the roster by their slip: one form each."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.screens import SmallTeam


def test_a_newcomer_joins_in_one_form_and_lands_on_this_week(phone: Open, team: SmallTeam) -> None:
    page = phone(java_script_enabled=False)
    page.goto(team.invite)
    expect(page.get_by_role("heading", level=1)).to_have_text("加入清风志愿")
    page.get_by_label("姓名", exact=True).fill("尼玛")
    page.get_by_label("手机号", exact=True).fill("13700000001")
    page.get_by_label("密码").fill("a good password")
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="加入并登录").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("本周")
    page.goto("/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("尼玛")


def test_a_newcomer_who_mistypes_keeps_what_was_right(phone: Open, team: SmallTeam) -> None:
    page = phone()
    page.goto(team.invite)
    page.get_by_label("姓名", exact=True).fill("尼玛")
    page.get_by_label("手机号", exact=True).fill("137")
    page.get_by_label("密码").fill("a good password")
    page.get_by_role("button", name="加入并登录").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("姓名", exact=True)).to_have_value("尼玛")
    number = page.get_by_label("手机号", exact=True)
    expect(number).to_have_accessible_description("手机号应为 11 位数字")
    expect(number).to_be_focused()


def test_somebody_on_the_roster_comes_in_by_the_personal_link(phone: Open, team: SmallTeam) -> None:
    page = phone(java_script_enabled=False)
    page.goto(team.personal_link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("你好，索南扎西")
    page.get_by_label("设置密码").fill("a good password")
    page.get_by_role("button", name="登录").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("本周")

    somebody_else = phone()
    somebody_else.goto(team.personal_link)
    expect(somebody_else.get_by_role("heading", level=1)).to_have_text("链接已失效")
