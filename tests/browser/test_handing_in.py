"""A roster comes in through a real browser, also where no script runs."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.screens import SmallTeam
from tests.browser.test_screens import assert_accessible

ROSTER = "姓名,手机号,部门\n张国栋,13700000001,办公室\n周玉珍,1370000002,\n"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_leader_chooses_a_file_mends_a_line_and_takes_everybody_in(
    phone: Open, team: SmallTeam, tmp_path: Path, scripts: bool
) -> None:
    file = tmp_path / "名单.csv"
    file.write_text(ROSTER, encoding="utf-8-sig")
    page = phone(team.leader, java_script_enabled=scripts)
    page.goto("/members")
    page.locator('a[href="/members/import"]').tap()
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button").tap()
    figures = page.locator("[data-due]")
    expect(figures).to_have_attribute("data-wrong", "1")
    page.locator("summary").first.tap()
    page.locator("#phone-3").fill("13700000002")
    page.locator("details form button").first.tap()
    expect(figures).to_have_attribute("data-due", "2")
    page.locator('button[value="take"]').tap()
    expect(page.get_by_role("status")).to_be_visible()
    expect(figures).to_have_attribute("data-unchanged", "2")


def test_a_refused_file_and_a_folded_out_line_shut_nobody_out(phone: Open, team: SmallTeam, tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_text("")
    page = phone(team.leader, bypass_csp=True)
    page.goto("/members/import")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)


def test_at_a_desk_what_to_do_stays_beside_the_lines(phone: Open, team: SmallTeam, tmp_path: Path) -> None:
    file = tmp_path / "名单.csv"
    file.write_text(ROSTER + "仁青,1370000,\n" * 30, encoding="utf-8-sig")
    page = phone(team.leader, size=(1280, 900))
    page.goto("/members/import")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button").click()
    page.locator(".tick:visible").last.scroll_into_view_if_needed()
    expect(page.locator('button[value="take"]')).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
