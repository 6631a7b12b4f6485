"""The pages people use, each with something on it: a small team, and who looks at which page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from functools import partial
from pathlib import Path

from tests.ledger.missing import judge, miss
from tests.make import (
    Someone,
    make_activity,
    make_date,
    make_draft,
    make_leader,
    make_member,
    make_notice,
    make_team,
    move_date,
    sign_up,
    signup_of,
    withdraw,
)
from tests.moments import SetClock
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.activities import dates
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.actor import Role
from volunteer.checkin import scanning
from volunteer.checkin import service as checkin
from volunteer.ledger import verdicts
from volunteer.ledger.states import EntryKind, RequestKind
from volunteer.notices.models import Topic
from volunteer.plans import facts, plan_files
from volunteer.plans import service as plans
from volunteer.plans.models import FactKind, Level
from volunteer.schedule import news
from volunteer.signups import organiser
from volunteer.storage.database import write
from volunteer.teams import imports, links
from volunteer.teams.models import MembershipState

LONG_TITLE = "职工书屋阅读主题日：和孩子一起读一本好书，轮流分享一段喜欢的话（Reading-Day-2026）"
LONG_NAME = "索南扎西·仁青多杰才让卓玛"


@dataclass(frozen=True)
class SmallTeam:
    """A leader, two volunteers, somebody who only stands on the roster, and dates in several states."""

    administrator: Someone
    leader: Someone
    alice: Someone
    bob: Someone
    carol: Someone
    """Missed three dates; asked to look again at the last."""
    on_roster: Someone
    cleanup: Occurrence
    """Has begun; Alice and Bob are on the list, nobody is ticked."""
    market: Occurrence
    """Tomorrow, six places; one is Bob's."""
    reading: Occurrence
    """In two days, one place, Bob's; Alice waits, and was told of it."""
    moved: Occurrence
    """In three days; it was to be an hour earlier when Bob and somebody who never logs in signed up."""
    missed: Occurrence
    """The last date Carol missed; others were absent too, or on leave; the administrator has no mark."""
    long_day: Occurrence
    """The last of two that overlap and make more than eight hours; Bob was there, nothing is confirmed."""
    late: Occurrence
    """In twenty hours, moved just now; Alice and Carol do not know, Bob does."""
    village: Activity
    """A series with two shifts, all free."""
    draft: Activity
    invite: str
    personal_link: str


def make_small_team(at: SetClock) -> SmallTeam:
    """Make it; from then on the test's clock stands still (the server's does not)."""
    team = make_team("qingfeng", "清风志愿")
    leader = make_member(team, "杨丽娟", Role.LEADER, locale=None)
    administrator = make_member(team, "王海燕", Role.ADMINISTRATOR, locale=None)
    alice, bob = (make_member(team, name, locale=None) for name in ("卓玛才让", "王建军"))
    carol = make_member(team, LONG_NAME, locale=None)
    on_roster = make_member(team, LONG_NAME, state=MembershipState.INVITED, locale=None)
    here = {"place": "文化广场", "meeting": "广场西门", "bring": "水杯、厚手套。马甲现场发", "public": True}
    market = make_date(leader, title="消费扶贫集市", capacity=6, in_days=4, responsible_id=leader.id, **here)
    reading = make_date(leader, title=LONG_TITLE, place="职工书屋", capacity=1, in_days=2)
    for someone, occurrence in ((bob, market), (bob, reading), (alice, reading)):
        sign_up(someone, occurrence)
    tell_of(reading, alice)
    long_day = make_long_day(leader, bob, at)
    missed = make_missed(leader, carol, (alice, bob, administrator), at)
    sign_up(carol, market)
    return SmallTeam(
        administrator=administrator,
        leader=leader,
        alice=alice,
        bob=bob,
        carol=carol,
        on_roster=on_roster,
        cleanup=make_cleanup_under_way(leader, (alice, bob), at),
        market=market,
        reading=reading,
        moved=make_moved(leader, (bob, on_roster), at),
        missed=missed,
        long_day=long_day,
        late=make_moved_late(leader, (alice, bob, carol), at),
        village=make_village_series(leader),
        draft=make_draft(leader, title="春季植树造林", place="南山"),
        invite=make_invite(leader),
        personal_link=make_personal_link(leader, on_roster),
    )


def tell_of(occurrence: Occurrence, someone: Someone) -> None:
    """Two things somebody was told of a date: of one it is too late."""
    for until in (clock.now(), occurrence.starts_at):
        make_notice(someone, f"「{LONG_TITLE}」空出名额了。", until, occurrence.id, Topic.CHANCE)


def make_moved(leader: Someone, people: tuple[Someone, ...], at: SetClock) -> Occurrence:
    """A date that moved after these people signed up."""
    now = clock.now()
    day = clock.today(now, leader.actor.zone) + timedelta(days=3)
    at(now - timedelta(hours=1))
    planting = make_date(leader, title="春季植树造林", place="南山", day=day, start=time(9), end=time(11))
    for someone in people:
        sign_up(someone, planting)
    at(now)
    to = (planting.rule_date, time(10), time(12))
    write(lambda: move_date(leader.actor, planting.id, *to, now))
    return planting


def make_cleanup_under_way(leader: Someone, people: tuple[Someone, ...], at: SetClock) -> Occurrence:
    """A date of today that has begun, published and filled the day before."""
    now = clock.now()
    here = clock.local(now, leader.actor.zone)
    begun = max(here - timedelta(minutes=20), here.replace(hour=0, minute=0)).time().replace(second=0, microsecond=0)
    at(now - timedelta(days=1))
    led = {"responsible_id": leader.id}
    cleanup = make_date(leader, title="每周五创卫", place="主街", day=here.date(), start=begun, end=time(23, 59), **led)
    for someone in people:
        sign_up(someone, cleanup)
    at(now)
    return cleanup


def make_moved_late(leader: Someone, people: tuple[Someone, ...], at: SetClock) -> Occurrence:
    """A date in twenty hours with these people, moved just now; the second has seen it."""
    now = clock.now()
    at(now - timedelta(hours=1))
    here = clock.local(now, leader.actor.zone) + timedelta(hours=20)
    day, hour = here.date(), min(here.hour, 21)
    when = {"day": day, "start": time(hour), "end": time(hour + 1)}
    moved = make_date(leader, title="冬季用火安全宣传", place="德吉村村委会", **when)
    for someone in people:
        organiser_signs_up(leader, someone, moved)
    at(now)
    date_id = moved.id
    write(lambda: move_date(leader.actor, date_id, day, time(hour, 30), time(hour + 1, 30), now))
    write(lambda: news.see(people[1].actor, date_id, now))
    return moved


def organiser_signs_up(leader: Someone, someone: Someone, date: Occurrence) -> None:
    """Sign somebody up through the service, whatever they have missed."""
    sign = partial(organiser.sign_up_member, leader.actor, date.id, None, someone.id, clock.now(), despite_clash=True)
    write(sign)


def make_missed(leader: Someone, carol: Someone, others: tuple[Someone, ...], at: SetClock) -> Occurrence:
    """The last of three dates of the weeks past that Carol missed; of the others one is on leave, one absent too."""
    now = clock.now()
    missed = [miss(leader, carol, now - timedelta(weeks=n), at) for n in (5, 4)]
    at(now - timedelta(weeks=3))
    missed.append(make_date(leader, title=LONG_TITLE, place="德吉村", in_days=1))
    for someone in (carol, *others):
        sign_up(someone, missed[-1])
    at(missed[-1].starts_at - timedelta(hours=1))
    withdraw(others[0], missed[-1])
    at(missed[-1].ends_at)
    ids = [signup_of(someone, missed[-1]).id for someone in (carol, others[1])]
    date_id, ended = missed[-1].id, clock.now()
    write(lambda: checkin.mark(leader.actor, date_id, ids[1], EntryKind.ABSENT, ended))
    judge(leader, carol, missed[-1], EntryKind.NO_SHOW)
    write(
        lambda: verdicts.ask(
            carol.actor, ids[0], RequestKind.APPEAL, "那天早上班车坏在半路，我打过电话，没打通。", None, ended
        )
    )
    at(now)
    return missed[-1]


def make_long_day(leader: Someone, someone: Someone, at: SetClock) -> Occurrence:
    """The last of two dates of the week past that overlap and make more than eight hours; somebody was at both."""
    now = clock.now()
    at(now - timedelta(days=8))
    for title, start, end in (("消费扶贫集市", 8, 13), (LONG_TITLE, 12, 18)):
        date = make_date(leader, title=title, in_days=1, start=time(start), end=time(end))
        taken_in = partial(checkin.walk_in, leader.actor, date.id, someone.id, None, date.ends_at)
        write(taken_in)
    at(now)
    return date


def make_village_series(leader: Someone) -> Activity:
    """A series of weeks with two shifts."""
    return make_activity(
        leader,
        title="联点村家园美化",
        place="德吉村",
        in_days=2,
        end=time(17),
        shifts=(PlannedShift("入户整理", time(9), time(12), 4), PlannedShift("公共区域", time(13), time(17), 2)),
        repeat=Repeat.WEEKLY,
        until=clock.today(clock.now(), leader.actor.zone) + timedelta(weeks=5),
        bring="手套、雨鞋",
    )


def make_invite(leader: Someone) -> str:
    """The path on the invite's poster."""
    link = write(lambda: links.renew_invite(leader.actor, clock.now()))
    return f"/join/{accounts.address_of(link)}"


def make_personal_link(leader: Someone, member: Someone) -> str:
    """The path on a member's slip."""
    link = write(lambda: links.hand_link(leader.actor, member.id, clock.now()))
    return f"/in/{accounts.address_of(link)}"


def make_preview(team: SmallTeam) -> str:
    """The path of a roster its leader has handed in: a column nobody knows, wrong lines, somebody to ask about."""
    lines = [
        "卓玛才让,13700000001,,,,,",
        "张国栋,13700000002,办公室,领队,一号楼1户,驾驶,早班",
        "祁永红,1370000003,组织室,,,,",
        "马晓燕,13700000002,组织室,,,,",
        ",13700000005,,,,,晚班",
        f"{LONG_NAME},13700000006,宣传教育室,管理员,二号楼12户,藏语,",
        f"王建军二,{team.bob.phone},工会,,三号楼1户,,",
        *(f"才让{n}号,{13700001000 + n},后勤室,,,," for n in range(9)),
    ]
    text = "姓名,手机号,部门,角色,家庭户,技能,班次\n" + "\n".join(lines)
    look = imports.hand_in(team.leader.actor, "青年志愿者服务队花名册.csv", text.encode(), clock.now())
    return f"/members/import/{write(lambda: imports.keep(look))}"


def scan_of(team: SmallTeam, kind: str = "code") -> str:
    """The path on the screen of the date under way, or on its poster."""
    return f"/q/{getattr(scanning.show(team.leader.actor, team.cleanup.id, clock.now())[1], kind)}"


def check_in(team: SmallTeam, someone: Someone) -> str:
    """Somebody checks in to the date under way; the path of what they see then."""
    code = scan_of(team).removeprefix("/q/")
    write(lambda: scanning.confirm(someone.actor, code, clock.now(), "a" * 16, clock.now()))
    return "/checkin"


def code_with_digits(team: SmallTeam) -> str:
    """The path of the screen of the date under way, its digits open."""
    write(lambda: scanning.open_digits(team.leader.actor, team.cleanup.id, True, clock.now()))
    return path(team.cleanup, "/code")


def hand_in_plan(team: SmallTeam) -> plan_files.PlanLook:
    """A plan its administrator has handed in, with wrong lines and notes."""
    file = Path(__file__).parents[1] / "field" / "plans" / "2027-discussion-gb18030.csv"
    return plan_files.hand_in(team.administrator.actor, file.name, file.read_bytes(), 2027, clock.now())


def make_plan(team: SmallTeam) -> str:
    """The path of this year's plan: what is right of that, not published yet."""
    look, year = hand_in_plan(team), clock.now().year
    write(lambda: plans.take_in(team.administrator.actor, year, look.plan.lines, clock.now()))
    return f"/plans/{year}"


def make_item(team: SmallTeam, more: str = "") -> str:
    """The path of the plan's first item, or of a page below it."""
    make_plan(team)
    return f"/plans/items/{plans.list_items(team.leader.actor, clock.now().year)[0].id}{more}"


def make_facts(team: SmallTeam) -> str:
    """The path of this year's facts, one of somebody."""
    today = clock.today(clock.now(), team.leader.actor.zone)
    said = facts.FactSaid(FactKind.CONTEST, Level.PROVINCE, LONG_TITLE, today, "https://example.org", 3, team.bob.id, 2)
    write(lambda: facts.enter(team.leader.actor, said, clock.now()))
    return f"/plans/{today.year}/facts"


def first_date(activity: Activity) -> Occurrence:
    """The first date of a series."""
    return dates.list_for(activity)[0]


def path(occurrence: Occurrence, more: str = "") -> str:
    """The page of a date, or one below it."""
    return f"/occurrences/{occurrence.id}{more}"


def week_of(occurrence: Occurrence) -> str:
    """The week in which a date stands: tomorrow may be next week."""
    return f"/?week={occurrence.rule_date.isoformat()}"


Screen = Callable[[SmallTeam], tuple[Someone | None, str]]

SCREENS: dict[str, Screen] = {
    "week": lambda team: (team.alice, "/"),
    "next week": lambda team: (team.alice, week_of(team.market)),
    "date": lambda team: (team.alice, path(team.market)),
    "date with shifts": lambda team: (team.alice, path(first_date(team.village))),
    "date of mine": lambda team: (team.bob, path(team.market)),
    "date that moved": lambda team: (team.bob, path(team.moved)),
    "message": lambda team: (team.leader, path(team.moved, "/message")),
    "date with a long title": lambda team: (team.alice, path(team.reading)),
    "withdraw": lambda team: (team.bob, path(team.market, "/withdraw")),
    "me": lambda team: (team.bob, "/me"),
    "me with notices": lambda team: (team.alice, "/me"),
    "notices": lambda team: (team.alice, "/me/notices"),
    "no notices": lambda team: (team.bob, "/me/notices"),
    "records": lambda team: (team.bob, "/me/records"),
    "settings": lambda team: (team.alice, "/me/settings"),
    "calendars": lambda team: (team.leader, "/me/calendars"),
    "password": lambda team: (team.alice, "/me/password"),
    "activities": lambda team: (team.leader, "/activities"),
    "activity": lambda team: (team.leader, f"/activities/{team.village.id}"),
    "activity form": lambda team: (team.leader, "/activities/new"),
    "draft": lambda team: (team.leader, f"/activities/{team.draft.id}/edit"),
    "date for leaders": lambda team: (team.leader, path(team.market)),
    "party": lambda team: (team.alice, path(team.market, "/party")),
    "list before the day": lambda team: (team.leader, path(team.market, "/roster")),
    "add to the list": lambda team: (team.leader, path(team.market, "/roster/add")),
    "too few people": lambda team: (team.leader, "/short"),
    "move": lambda team: (team.leader, path(team.market, "/move")),
    "series and holidays": lambda team: (team.leader, "/activities/out-of-plan"),
    "holidays": lambda team: (team.administrator, "/holidays"),
    "agenda": lambda team: (team.bob, "/me/agenda"),
    "today": lambda team: (team.leader, "/today"),
    "today of an administrator": lambda team: (team.administrator, "/today"),
    "today with nothing to do": lambda team: (make_leader(make_team()), "/today"),
    "who knows": lambda team: (team.leader, path(team.late, "/told")),
    "cancel late": lambda team: (team.leader, path(team.late, "/cancel")),
    "cancel": lambda team: (team.leader, path(team.market, "/cancel")),
    "end": lambda team: (team.leader, path(team.cleanup, "/end")),
    "roster": lambda team: (team.leader, path(team.cleanup, "/roster")),
    "roster with absences": lambda team: (team.administrator, path(team.missed, "/roster")),
    "roster of weeks ago": lambda team: (team.leader, path(team.missed, "/roster")),
    "sheet to type in": lambda team: (team.leader, path(team.cleanup, "/sheet/rows")),
    "hours to confirm": lambda team: (team.leader, path(team.long_day, "/confirm")),
    "hours of who did not come": lambda team: (team.leader, path(team.missed, "/confirm")),
    "hours of a date under way": lambda team: (team.leader, path(team.cleanup, "/confirm")),
    "typed-in hours": lambda team: (team.leader, "/hours/typed"),
    "me with no-shows": lambda team: (team.carol, "/me"),
    "records with no-shows": lambda team: (team.carol, "/me/records"),
    "members": lambda team: (team.leader, "/members"),
    "import": lambda team: (team.leader, "/members/import"),
    "preview of a roster": lambda team: (team.leader, make_preview(team)),
    "plan": lambda team: (team.administrator, make_plan(team)),
    "no plan": lambda team: (team.alice, "/plans"),
    "item of a plan": lambda team: (team.administrator, make_item(team)),
    "form of an item": lambda team: (team.administrator, make_item(team, "/edit")),
    "what was done of an item": lambda team: (team.leader, make_item(team, "/done/attendances")),
    "plan of a month": lambda team: (team.leader, f"{make_plan(team)}/{clock.now().month}"),
    "import of a plan": lambda team: (team.administrator, "/plans/2026/import"),
    "preview of a plan": lambda team: (
        team.administrator,
        f"/plans/import/{write(partial(plan_files.keep, hand_in_plan(team)))}",
    ),
    "facts": lambda team: (team.leader, make_facts(team)),
    "report": lambda team: (team.leader, make_facts(team).replace("plans", "reports").removesuffix("/facts")),
    "list behind a number": lambda team: (team.leader, "/reports/list?of=absent"),
    "summary": lambda team: (team.leader, make_plan(team).replace("plans", "reports") + "/summary"),
    "member": lambda team: (team.leader, f"/members/{team.on_roster.id}"),
    "invite": lambda team: (team.leader, "/members/invite"),
    "slips": lambda team: (team.leader, "/members/slips"),
    "code": lambda team: (team.leader, code_with_digits(team)),
    "scan": lambda team: (team.alice, scan_of(team, "poster")),
    "scan of a stranger": lambda team: (None, scan_of(team, "poster")),
    "scan refused": lambda team: (team.carol, scan_of(team, "poster")),
    "checked in": lambda team: (team.bob, check_in(team, team.bob)),
    "date under way": lambda team: (team.alice, path(team.cleanup)),
    "public date": lambda team: (None, f"/p/{team.market.public_id}"),
    "public dates": lambda team: (None, "/t/qingfeng"),
    "public date to a member": lambda team: (team.alice, f"/p/{team.market.public_id}"),
    "not found": lambda team: (team.alice, "/occurrences/999999"),
    "log in": lambda team: (None, "/login"),
    "join": lambda team: (None, team.invite),
    "come in": lambda team: (None, team.personal_link),
    "link over": lambda team: (None, "/join/over"),
}
