"""Wherever a group must be told something, a text stands ready that reads as a person would write it."""

from datetime import date, time

import pytest

from tests.make import Someone, make_activity, make_date, move_date, sign_up, signup_of
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Browser, Open
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.activities.models import Occurrence
from volunteer.checkin import service as checkin
from volunteer.ledger.states import EntryKind
from volunteer.schedule import cancellations
from volunteer.storage.database import write

SITE = "https://volunteers.example.org"


@pytest.fixture
def cleanup(leader: Someone, alice: Someone) -> Occurrence:
    """FRIDAY from nine to half past ten, three places, one is Alice's."""
    about = {"title": "每周五创卫", "place": "主街", "meeting": "主街东口", "bring": "手套、水杯"}
    made = make_date(leader, day=FRIDAY, capacity=3, **about)
    sign_up(alice, made)
    return made


@pytest.fixture
def phone(leader: Someone, browser: Open) -> Browser:
    """The leader's, in Chinese."""
    write(lambda: accounts.choose_language(leader.id, "zh_Hans_CN"))
    return browser(leader, "zh-CN")


def shared(phone: Browser, path: str) -> dict[str, str]:
    """The texts on a page, by what they tell."""
    return {str(text["data-share"]): text.get_text() for text in phone.get(path).soup.select("[data-share]")}


def its_page(occurrence: Occurrence) -> str:
    return f"/occurrences/{occurrence.id}"


def test_a_new_date_is_told_with_day_weekday_place_free_places_and_the_way_to_it(
    phone: Browser, cleanup: Occurrence
) -> None:
    told = shared(phone, f"/activities/{cleanup.activity_id}")
    assert (
        told
        == shared(phone, its_page(cleanup))
        == {
            "new": "【清风志愿】每周五创卫，欢迎报名\n"
            "周五 11月27日 9:00–10:30\n"
            "主街\n"
            "集合：主街东口\n"
            "请带：手套、水杯\n"
            "还有 2 个名额\n"
            f"报名：{SITE}/occurrences/{cleanup.id}"
        }
    )


def test_before_a_draw_the_group_is_told_of_places_by_draw_and_of_none_that_is_free(
    phone: Browser, leader: Someone, alice: Someone
) -> None:
    trip = make_date(leader, day=FRIDAY, title="护林", place="东山", capacity=2, by_draw=True, deadline_before=48 * 60)
    sign_up(alice, trip)
    told = shared(phone, f"/activities/{trip.activity_id}")
    assert told == shared(phone, its_page(trip))
    assert "\n2 个名额抽签，截止前报名的都参加，不分先后\n" in told["new"]
    assert "还有" not in told["new"]
    assert "护林，东山，2 个名额抽签" in shared(phone, "/?week=2026-11-27")["week"]


def test_who_is_still_missing_is_told_from_the_page_of_today(phone: Browser, cleanup: Occurrence) -> None:
    assert shared(phone, "/today") == {
        "understaffed": "【清风志愿】每周五创卫还缺 2 人，能来的搭把手\n"
        "周五 11月27日 9:00–10:30\n"
        "主街\n"
        f"报名：{SITE}/occurrences/{cleanup.id}"
    }


def test_a_move_is_told_with_what_it_was_before(
    phone: Browser, leader: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(on(24, 8))
    date_id = cleanup.id
    write(lambda: move_date(leader.actor, date_id, date(2026, 11, 28), time(10), time(11), clock.now()))
    told = shared(phone, its_page(cleanup))
    assert (
        told
        == shared(phone, f"{its_page(cleanup)}/told")
        == {
            "moved": "【清风志愿】每周五创卫改时间了\n"
            "周六 11月28日 10:00–11:00\n"
            "（原来是 周五 11月27日 9:00）\n"
            "主街\n"
            f"名额都给大家留着，来不了的点这里取消：{SITE}/occurrences/{cleanup.id}"
        }
    )
    at(on(26, 8))
    assert "moved" not in shared(phone, its_page(cleanup))


def test_a_cancelled_date_is_told_with_its_reason_and_one_that_takes_place_after_all_too(
    phone: Browser, leader: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(on(24, 8))
    date_id = cleanup.id
    write(lambda: cancellations.cancel_date(leader.actor, date_id, "大风", clock.now()))
    assert shared(phone, its_page(cleanup)) == {
        "cancelled": "【清风志愿】每周五创卫取消了\n"
        "原定 周五 11月27日 9:00，主街\n"
        "原因：大风\n"
        f"不用来了，请互相转告。{SITE}/occurrences/{cleanup.id}"
    }
    write(lambda: cancellations.restore_date(leader.actor, date_id, clock.now()))
    told = shared(phone, its_page(cleanup))
    assert told["restored"].startswith("【清风志愿】每周五创卫照常进行\n")


def test_afterwards_everybody_is_thanked_with_figures(
    phone: Browser, leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    at(on(27, 11))
    signup_id, date_id = signup_of(alice, cleanup).id, cleanup.id
    write(lambda: checkin.mark(leader.actor, date_id, signup_id, EntryKind.CHECK_IN, clock.now()))
    assert shared(phone, its_page(cleanup)) == {
        "thanks": "【清风志愿】每周五创卫圆满结束，谢谢大家！\n"
        "周五 11月27日，在主街\n"
        "1 人到场，一共服务 1.5 小时\n"
        f"自己的时长在这里看：{SITE}/occurrences/{cleanup.id}"
    }
    assert shared(browser(alice, "zh-CN"), its_page(cleanup)) == {}


def test_the_dates_of_a_week_are_told_a_line_each(phone: Browser, leader: Someone, cleanup: Occurrence) -> None:
    market = make_date(leader, title="消费扶贫集市", place="文化广场", day=date(2026, 11, 28), capacity=1)
    sign_up(leader, market)
    assert shared(phone, "/") == {
        "week": "【清风志愿】本周活动\n"
        "周五 11月27日 9:00 每周五创卫，主街，还缺 2 人\n"
        "周六 11月28日 9:00 消费扶贫集市，文化广场，已报满\n"
        f"报名：{SITE}/"
    }


def test_what_is_private_is_told_to_no_group(phone: Browser, leader: Someone) -> None:
    visit = make_activity(leader, kind="home_visit", title="家访")
    assert shared(phone, f"/activities/{visit.id}") == {}
    assert "week" not in shared(phone, "/") or "家访" not in shared(phone, "/")["week"]


def test_volunteers_pass_a_date_on_but_not_the_week(alice: Someone, cleanup: Occurrence, browser: Open) -> None:
    assert set(shared(browser(alice), its_page(cleanup))) == {"new"}
    assert shared(browser(alice), "/") == {}
