"""The leader's list where there is no network: nothing tapped is lost, doubled or sent under another's name."""

import gzip
import random
from datetime import time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from tests.browser.conftest import Open
from tests.browser.screens import SmallTeam, path
from tests.browser.test_screens import FAULTS, WIDTHS, assert_accessible
from tests.make import Someone, cancel, make_date, make_member, sign_up, signup_of
from tests.moments import SetClock
from volunteer import clock
from volunteer.activities.models import Occurrence, Shift
from volunteer.actor import Role
from volunteer.checkin import lending
from volunteer.ledger import balances
from volunteer.ledger.models import Entry
from volunteer.ledger.states import EntryKind
from volunteer.signups import places
from volunteer.signups.models import Companion, Signup
from volunteer.signups.rules import Guest
from volunteer.signups.states import AgeBand
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

STATIC = Path(__file__).parents[2] / "volunteer/static"
NO_WORKER = {"service_workers": "block"}
"""As in WeChat on an iPhone."""


def list_of(page: Page, team: SmallTeam) -> Page:
    page.goto(path(team.cleanup, "/roster"))
    return page


KEPT = """async (lists) => {
  const names = await caches.keys();
  const files = await (await caches.open('list1-files')).keys();
  return names.filter(name => /-\\d+$/.test(name)).length === lists && (!lists || files.length >= 4);
}"""


def wait_until_kept(page: Page, lists: int = 1) -> None:
    """Until the lists of so many people are kept on this phone, and what they need."""
    for _ in range(200):
        if page.evaluate(KEPT, lists):
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing is kept, or more than is to be")


def waiting(page: Page) -> str:
    return page.locator("#kept .status").inner_text()


def entries(date: Occurrence) -> list[tuple[int, EntryKind]]:
    db.session.rollback()
    db.session.expire_all()
    found = select(Entry).where(Entry.occurrence_id == date.id).order_by(Entry.done_at, Entry.id)
    return [(one.signup_id, one.kind) for one in db.session.scalars(found)]


def present(someone: Someone, date: Occurrence) -> bool | None:
    db.session.rollback()
    return balances.standing(signup_of(someone, date).id).present


def tap(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).tap()


def test_ticks_made_without_network_survive_a_closed_tab_and_are_uploaded_when_it_is_back(
    phone: Open, team: SmallTeam
) -> None:
    page = list_of(phone(team.leader), team)
    expect(page.locator("#kept .stay")).to_be_hidden()
    wait_until_kept(page)
    page.context.set_offline(True)
    tap(page, "到场：卓玛才让")
    tap(page, "缺席：王建军")
    expect(page.locator("#kept .status")).to_contain_text("2 条待上传")
    expect(page.locator("[data-queued=待上传]")).to_have_count(2)
    expect(page.locator("header small")).to_have_text("1 / 2")
    page.reload()
    expect(page.locator("#kept .status")).to_contain_text("2 条待上传")
    expect(page.get_by_role("button", name="撤销：卓玛才让")).to_be_visible()
    assert entries(team.cleanup) == []
    context = page.context
    page.close()
    again = list_of(context.new_page(), team)
    expect(again.get_by_role("button", name="撤销：卓玛才让")).to_be_visible()
    context.set_offline(False)
    expect(again.locator("#kept")).to_be_hidden()
    assert [kind for _, kind in entries(team.cleanup)] == [EntryKind.CHECK_IN, EntryKind.ABSENT]
    again.reload()
    expect(again.get_by_role("button", name="撤销：卓玛才让")).to_be_visible()


def test_where_nothing_can_keep_the_page_it_says_not_to_close_it_and_what_waits_can_be_copied(
    phone: Open, team: SmallTeam
) -> None:
    page = list_of(phone(team.leader, permissions=["clipboard-read", "clipboard-write"], **NO_WORKER), team)
    page.context.set_offline(True)
    for words in ("到场：卓玛才让", "缺席：王建军", "撤销：王建军", "缺席：王建军"):
        tap(page, words)
    expect(page.get_by_text("别关这个页面")).to_be_visible()
    page.get_by_text("还不是队员").tap()
    page.get_by_label("姓名").fill("王小明")
    page.get_by_label("手机号").fill("13812345678")
    tap(page, "登记并记到场")
    tap(page, "复制成文字")
    expect(page.get_by_text("已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "A1 2 缺:1\n王小明 13812345678"
    page.context.set_offline(False)
    expect(page.locator(".tick", has_text="王小明")).to_be_visible()
    assert len(entries(team.cleanup)) == 5


def test_another_leader_on_that_phone_sends_nothing_under_her_name_and_sees_no_kept_page(
    phone: Open, team: SmallTeam
) -> None:
    page = list_of(phone(team.leader), team)
    wait_until_kept(page)
    page.context.set_offline(True)
    tap(page, "到场：卓玛才让")
    page.route("**/roster/sync", lambda route: route.abort())
    page.context.set_offline(False)
    page.goto("/me/settings")
    tap(page, "退出登录")
    page.wait_for_url("**/login*")
    wait_until_kept(page, 0)
    page.get_by_label("手机号").fill(team.administrator.phone)
    page.get_by_label("密码").fill(team.administrator.password)
    tap(page, "登录")
    page.wait_for_url(lambda address: "/login" not in address)
    page.unroute("**/roster/sync")
    list_of(page, team)
    expect(page.locator("#kept")).to_contain_text("杨丽娟")
    tap(page, "到场：王建军")
    expect(page.get_by_role("button", name="撤销：王建军")).to_be_visible()
    expect(page.locator("[data-queued]")).to_have_count(0)
    assert [who for who, _ in entries(team.cleanup)] == [signup_of(team.bob, team.cleanup).id]
    expect(page.locator("#kept")).to_contain_text("杨丽娟")


def test_what_is_refused_or_finds_no_room_is_named_and_kept(phone: Open, team: SmallTeam) -> None:
    page = list_of(phone(team.leader, **NO_WORKER), team)
    page.evaluate("localStorage.filler = 'x'.repeat(5 * 1024 * 1024 - 10)")
    page.context.set_offline(True)
    tap(page, "到场：卓玛才让")
    expect(page.locator("#kept li")).to_contain_text("卓玛才让")
    page.evaluate("localStorage.clear()")
    signup = signup_of(team.alice, team.cleanup).id
    write(lambda: db.session.query(Signup).filter_by(id=signup).update({"status": "withdrawn"}))
    page.context.set_offline(False)
    refused = page.locator("#kept li", has_text="请用「现场加人」")
    expect(refused).to_contain_text("卓玛才让")
    page.reload()
    expect(refused).to_be_visible()
    refused.get_by_role("button").tap()
    expect(page.locator("#kept")).to_be_hidden()


def test_what_waits_for_a_date_that_is_cancelled_meanwhile_is_named_on_its_list(phone: Open, team: SmallTeam) -> None:
    page = list_of(phone(team.leader, **NO_WORKER), team)
    page.context.set_offline(True)
    tap(page, "到场：卓玛才让")
    cancel(team.leader, team.cleanup, "大风")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#kept li")).to_contain_text("卓玛才让: 这一场不办")
    assert entries(team.cleanup) == []


def test_a_list_opened_before_it_is_time_can_be_ticked_where_there_is_no_network(
    phone: Open, team: SmallTeam, at: SetClock
) -> None:
    start = clock.local(clock.now(), team.leader.actor.zone) + timedelta(hours=2)
    when = {"day": start.date(), "start": start.time().replace(second=0, microsecond=0), "end": time(23, 59)}
    soon, someone = (
        make_date(team.leader, **when),
        make_member(db.session.get_one(Team, team.leader.actor.team_id), "队员"),
    )
    sign_up(someone, soon)
    page = phone(team.leader, **NO_WORKER)
    page.goto(path(soon, "/roster"))
    expect(page.get_by_role("button", name="到场：队员")).to_be_hidden()
    page.context.set_offline(True)
    tap(page, "到场：队员")
    expect(page.locator("#kept .status")).to_contain_text("1 条待上传")


def lend(team: SmallTeam, to: Someone | None) -> None:
    date_id = team.cleanup.id
    write(lambda: lending.lend(team.leader.actor, date_id, to and to.id, clock.now()))


def test_whoever_keeps_the_list_ticks_without_network_and_keeps_no_page_of_it_once_it_is_taken_back(
    phone: Open, team: SmallTeam
) -> None:
    lend(team, team.alice)
    page = list_of(phone(team.alice), team)
    wait_until_kept(page)
    page.context.set_offline(True)
    tap(page, "到场：王建军")
    page.reload()
    expect(page.get_by_role("button", name="撤销：王建军")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#kept")).to_be_hidden()
    assert entries(team.cleanup) == [(signup_of(team.bob, team.cleanup).id, EntryKind.CHECK_IN)]
    lend(team, None)
    list_of(page, team)
    expect(page.locator(".tick")).to_have_count(0)
    page.wait_for_function("async () => !(await caches.match(location.href))")


def test_who_comes_along_is_ticked_without_network_too(phone: Open, team: SmallTeam) -> None:
    signup = signup_of(team.bob, team.cleanup)
    write(lambda: places.bring(signup, [Guest("小明", AgeBand.CHILD), Guest("小红", AgeBand.CHILD)], clock.now()))
    page = list_of(phone(team.leader, **NO_WORKER), team)
    page.get_by_text("同行到了 0 / 2 人").tap()
    page.context.set_offline(True)
    tap(page, "到场：小明")
    tap(page, "到场：小红")
    tap(page, "撤销：小红")
    expect(page.locator("#kept .status")).to_contain_text("3 条待上传")
    expect(page.locator("header small")).to_have_text("0 / 2")
    page.context.set_offline(False)
    expect(page.locator("#kept")).to_be_hidden()
    db.session.rollback()
    assert db.session.scalars(select(Companion.first_name).where(Companion.came)).all() == ["小明"]


def test_a_log_in_that_ended_meanwhile_loses_nothing(phone: Open, team: SmallTeam) -> None:
    page = list_of(phone(team.leader, **NO_WORKER), team)
    page.context.clear_cookies()
    tap(page, "到场：卓玛才让")
    expect(page.locator("#kept .ended")).to_be_visible()
    assert "1 条待上传" in waiting(page)
    assert entries(team.cleanup) == []


def sign_up_the_day_before(team: SmallTeam, count: int, at: SetClock) -> None:
    now, here = clock.now(), db.session.get_one(Team, team.leader.actor.team_id)
    at(now - clock.DAY)
    write(lambda: db.session.query(Shift).filter_by(occurrence_id=team.cleanup.id).update({"capacity": 100}))
    for n in range(count):
        sign_up(make_member(here, f"队员{n}", locale=None), team.cleanup)
    at(now)


def test_thirty_people_are_ticked_in_no_more_than_thirty_five_taps(phone: Open, team: SmallTeam, at: SetClock) -> None:
    sign_up_the_day_before(team, 28, at)
    page = list_of(phone(team.leader, **NO_WORKER), team)
    page.context.set_offline(True)
    taps = 0
    while (button := page.locator("form[data-said=''] [value=present]")).count():
        button.first.tap()
        taps += 1
    assert taps <= 35
    expect(page.locator("header small")).to_have_text("30 / 30")


def test_everyone_is_one_tap_without_network_too(phone: Open, team: SmallTeam) -> None:
    page = list_of(phone(team.leader, **NO_WORKER), team)
    page.context.set_offline(True)
    tap(page, "缺席：王建军")
    tap(page, "全部到场")
    expect(page.locator("header small")).to_have_text("1 / 2")
    page.context.set_offline(False)
    expect(page.locator("#kept")).to_be_hidden()
    assert (present(team.alice, team.cleanup), present(team.bob, team.cleanup)) == (True, False)


class Link:
    """A link that loses every second answer and sends some requests twice."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.sent = rng, 0

    def carry(self, route: Route) -> None:
        self.sent += 1
        answer = route.fetch()
        if self.rng.random() < 0.1:
            route.fetch()
        if self.rng.random() < 0.5:
            route.abort()
        else:
            route.fulfill(response=answer)


def upload_over(page: Page, link: Link) -> None:
    page.route("**/roster/sync", link.carry)
    page.context.set_offline(False)
    for _ in range(200):
        page.evaluate("dispatchEvent(new Event('focus'))")
        if not page.evaluate("Object.keys(localStorage).some(name => name.startsWith('tick-'))"):
            break
        page.wait_for_timeout(50)
    page.unroute("**/roster/sync")
    expect(page.locator("#kept")).to_be_hidden()


@pytest.mark.parametrize("first", [0, 1])
def test_two_leaders_without_network_merge_without_loss_in_either_order(
    phone: Open, team: SmallTeam, first: int
) -> None:
    lara = make_member(db.session.get_one(Team, team.leader.actor.team_id), "李娜", Role.LEADER, locale=None)
    pages = [list_of(phone(who, **NO_WORKER), team) for who in (team.leader, lara)]
    for page in pages:
        page.context.set_offline(True)
    hers, his = pages
    for page, words in (
        (hers, "到场：卓玛才让"),
        (his, "缺席：卓玛才让"),
        (hers, "到场：王建军"),
        (his, "缺席：王建军"),
        (hers, "撤销：王建军"),
        (his, "撤销：王建军"),
        (his, "到场：王建军"),
    ):
        tap(page, words)
    for page in (pages[first], pages[1 - first]):
        upload_over(page, Link(random.Random(first)))
    assert [kind.value for _, kind in entries(team.cleanup)] == ["in", "absent", "in", "absent", "void", "void", "in"]
    assert (present(team.alice, team.cleanup), present(team.bob, team.cleanup)) == (False, True)
    hers.reload()
    expect(hers.locator(f"#n{signup_of(team.alice, team.cleanup).id}")).to_contain_text("李娜")


@pytest.mark.parametrize(("name", "most"), [("roster.js", 4000), ("keeper.js", 1200), ("app.js", 3000)])
def test_the_scripts_stay_small(name: str, most: int) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes())) <= most


def test_what_waits_shuts_nobody_out_and_can_be_hit_at_any_width(phone: Open, team: SmallTeam) -> None:
    page = list_of(phone(team.leader, bypass_csp=True, **NO_WORKER), team)
    page.context.set_offline(True)
    tap(page, "缺席：卓玛才让")
    page.evaluate(OF_ANOTHER)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("#kept li")).to_have_count(2)
    assert_accessible(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(FAULTS) == [], width


OF_ANOTHER = """() => {
  const tick = {n: 1, by: '李娜', to: '', who: '王建军', row: '1', fields: {mark: 'present'}};
  localStorage['tick-a'] = JSON.stringify({...tick, key: 'a', person: '0'});
  const mine = {...tick, key: 'b', person: document.body.dataset.person, told: '这个人已不在本场名单上'};
  localStorage['tick-b'] = JSON.stringify(mine);
}"""
