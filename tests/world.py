"""One team with one of everything, and everybody a route could be called by."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from tests.make import (
    Someone,
    describe,
    make_administrator,
    make_date,
    make_draft,
    make_leader,
    make_member,
    make_team,
    shifts_of,
    sign_up,
    wanted,
)
from tests.moments import SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.accounts.models import Device
from volunteer.activities import holidays
from volunteer.activities.states import CheckIn
from volunteer.checkin import scanning
from volunteer.plans import facts, plan_files
from volunteer.plans import service as plans
from volunteer.plans.models import FactKind, Level
from volunteer.signups import stand_ins
from volunteer.signups.models import Signup, StandIn
from volunteer.storage.database import db, write
from volunteer.teams import imports, links

PLAN = "任务,类别,计划场次,月份,成效指标\n创卫,创卫,46,1-12,清理垃圾:袋:920\n培训,培训,2,,\n义诊,义诊,2,,\n"

NAMES = {
    "join": {"code": "invite"},
    "in": {"code": "link"},
    "cal": {"token": "feed"},
    "p": {"public": "date"},
    "plans": {"preview": "handed_in"},
}
"""What stands in an address that begins so, where the rule's own word does not tell it apart."""


def row_of(method: str, rule: str) -> str:
    """A method and an address as rows are written: `GET  /members/<person>`."""
    words = NAMES.get(rule.split("/")[1], {})
    return f"{method:4} " + re.sub(
        r"<(?:[^:<>]*:)?(\w+?)(?:_id)?>", lambda part: f"<{words.get(part[1], part[1])}>", rule
    )


def rows_of(app: Flask) -> set[str]:
    """Every method and address the application answers to."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return {row_of(method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


@dataclass
class World:
    """A team with one of everything twenty minutes before its date begins, and a member of another team."""

    people: dict[str, Someone | None]
    values: dict[str, object]
    fields: dict[str, dict[str, object]]

    def path(self, row: str) -> str:
        path = row.split()[1]
        for name, value in self.values.items():
            path = path.replace(f"<{name}>", str(value))
        assert "<" not in path, f"no value for {path}"
        return path


def make_world(browser: Open, at: SetClock) -> World:
    team = make_team()
    leader = make_leader(team)
    member, person = make_member(team, "Member"), make_member(team, "Person")
    date, draft = make_date(leader, public=True, check_in=CheckIn.POSTER), make_draft(leader)
    (shift,) = shifts_of(date)
    sign_up(person, date)
    signup = db.session.scalars(select(Signup).where(Signup.person_id == person.id)).one()
    at(date.starts_at - timedelta(minutes=20))
    write(lambda: accounts.add_device(member.id, "another phone", clock.now()))
    administrator = make_administrator(team)
    notice = holidays.HolidayNotice(clock.now().date(), clock.now().date(), False, "Fair", "town hall")
    write(lambda: holidays.add(administrator.actor, notice, clock.now()))
    (day,) = holidays.list_for(administrator.actor)
    said = replace(wanted(leader.actor, public=True, check_in=CheckIn.POSTER).details, risk="Cars")
    edit = write(lambda: describe(leader.actor, date.activity_id, said, clock.now()))
    asked = write(lambda: stand_ins.ask(person.actor, date.id, clock.now() - timedelta(hours=3)))
    write(lambda: db.session.query(StandIn).update({"asked_id": member.id}))
    device = db.session.query(Device).filter_by(person_id=member.id).one()
    link = write(lambda: links.hand_link(leader.actor, person.id, clock.now()))
    invite = write(lambda: links.renew_invite(leader.actor, clock.now()))
    (feed, *_) = re.findall(r"/cal/([a-z2-7-]+)\.ics", browser(person).get("/me/settings").response.text)
    roster = "姓名,手机号,口子\n张国栋,13700000001,办公室\nMember,13700000002,\n周玉珍,1234,\n".encode()
    handed_in = imports.hand_in(leader.actor, "roster.csv", roster, clock.now())
    preview_id = write(lambda: imports.keep(handed_in))
    plan = plan_files.hand_in(administrator.actor, "plan-2026.csv", PLAN.encode(), 2026, clock.now())
    plan_id = write(lambda: plan_files.keep(plan))
    write(lambda: plans.take_in(administrator.actor, 2026, plan.plan.lines[:1], clock.now()))
    (item,) = plans.list_items(leader.actor, 2026)
    about = facts.FactSaid(FactKind.AWARD, Level.COUNTY, "Award", clock.now().date(), person_id=person.id)
    fact = write(lambda: facts.enter(leader.actor, about, clock.now()))
    people = {
        "stranger": None,
        "outsider": make_member(make_team(), "Outsider"),
        "member": member,
        "person": person,
        "leader": leader,
        "administrator": administrator,
    }
    for someone in filter(None, people.values()):
        browser(someone).get("/me/settings")
    _, screen = scanning.show(leader.actor, date.id, clock.now())
    values = {
        "device": device.id,
        "invite": accounts.address_of(invite),
        "link": accounts.address_of(link),
        "person": person.id,
        "activity": draft.id,
        "occurrence": date.id,
        "signup": signup.id,
        "day": day.id,
        "edit": edit.id,
        "stand_in": asked.id,
        "preview": preview_id,
        "year": 2026,
        "month": 11,
        "item": item.id,
        "what": "dates",
        "handed_in": plan_id,
        "fact": fact.id,
        "scope": "person",
        "feed": feed,
        "date": date.public_id,
        "slug": team.slug,
        "code": screen.poster,
        "who": "listed",
    }
    fields = {
        "POST /me/team": {"team": team.id},
        "POST /me/language": {"locale": "en"},
        "POST /me/records/affirm": {"year": 2026},
        "POST /me/named": {"named": "no"},
        "POST /members/import/<preview>": {"action": "take"},
        "POST /plans/import/<handed_in>": {"action": "take", "seen": plan.seen},
        "POST /me/preferences": {"event": "reminder", "quiet_from": 22, "quiet_until": 7},
        "POST /occurrences/<occurrence>/signup": {"shift": shift.id},
        "POST /occurrences/<occurrence>/roster/<signup>": {"mark": "present"},
        "POST /occurrences/<occurrence>/list/sign-up": {"person": member.id},
        "POST /occurrences/<occurrence>/message": {"text": "Bring gloves, please."},
        "POST /occurrences/<occurrence>/list/reserve": {"label": "Guests", "places": 1},
        "POST /occurrences/<occurrence>/list/places": {"capacity": 3},
        "POST /occurrences/<occurrence>/list/<signup>": {"decision": "take_off"},
        "POST /occurrences/<occurrence>/code": {"digits": "open"},
        "POST /occurrences/<occurrence>/sheet": {"rows": "1", "action": "save"},
        "POST /occurrences/<occurrence>/callers": {"answer": "turn_all_away"},
        "POST /q/<code>/<who>": {"name": "Nina"},
        "POST /occurrences/<occurrence>/roster/walk-in": {"person": member.id, "shift": shift.id},
        "POST /occurrences/<occurrence>/roster/sync": {
            "key": "6b1f8a52-9f0e-4c53-8a51-0d6f9b2f7c11",
            "signup": signup.id,
            "mark": "present",
            "done_at": 1795000000000,
            "phone_now": 1795000060000,
        },
    }
    return World(people, values, fields)
