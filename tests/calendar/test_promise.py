"""Every deed and every setting, in any order: what changes is newer, what people notice is a new version, no more.

Judged from outside, fetch by fetch, in every kind of feed at once: see `judge`.
"""

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from enum import Enum
from functools import partial

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.calendar.judge import Judge
from tests.calendar.subscriber import addresses
from tests.calendar.test_lifecycle import FRIDAYS
from tests.databases import empty, holding
from tests.edits import edit
from tests.make import (
    Someone,
    describe,
    make_activity,
    make_administrator,
    make_household,
    make_leader,
    make_member,
    make_team,
    move_date,
    move_following,
    move_in,
    move_out,
    shifts_of,
)
from tests.moments import NOON, ZONE, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.accounts import service as accounts
from volunteer.activities import holidays
from volunteer.activities.models import Activity, Occurrence, Shift
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import Details, PlannedShift
from volunteer.calendar import files
from volunteer.calendar import service as calendar
from volunteer.calendar.models import FeedScope
from volunteer.calendar.rules import Reminders
from volunteer.errors import Missing, Refused
from volunteer.schedule import cancellations, moves, undoing, weather
from volunteer.schedule.models import Edit
from volunteer.signups import jobs, organiser, stand_ins
from volunteer.signups import service as signups
from volunteer.signups.models import Signup
from volunteer.signups.states import STANDING
from volunteer.storage.database import Base, db, write
from volunteer.teams.models import HouseholdMember, Names
from volunteer.web.pages import speaking

SCOPES = tuple(scope.value for scope in FeedScope)
WORDS = ("Cleanup", "Square", "D:\\News", "call 138.1234.5678", "call 139_1234_5678", "桥头；,", "")
PASSING = (timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(hours=20), timedelta(days=6))


class Year:
    """A team with a public series, one date that asks for approval and a private talk, and Bob's five calendars."""

    def __init__(self, app: Flask, browser: Open, at: SetClock) -> None:
        self.app, self.at = app, at
        at(NOON)
        team = make_team()
        self.bob, self.alice, self.carol = make_leader(team, "Bob"), make_member(team), make_member(team, "Carol")
        self.ada = make_administrator(team)
        self.home = make_household(team, self.bob, self.alice)
        shifts = [PlannedShift("Dig", time(9), time(10), 1), PlannedShift("Water", time(10), time(12), 2)]
        weekly = {"repeat": Repeat.WEEKLY, "day": FRIDAYS[0], "until": date(2026, 10, 9), "start": time(9)}
        make_activity(self.bob, title="Cleanup", public=True, shifts=shifts, end=time(12), **weekly)
        asks = [PlannedShift("", time(15), time(16), 1, needs_approval=True)]
        make_activity(self.bob, title="Contest", day=FRIDAYS[1], start=time(15), end=time(16), shifts=asks)
        make_activity(self.bob, title="Talk", kind="home_visit", day=FRIDAYS[2], start=time(19), end=time(20))
        self.judges = {scope: Judge(app, address) for scope, address in addresses(browser, self.bob).items()}
        assert tuple(self.judges) == SCOPES
        self.deeds = [getattr(self, name) for name in sorted(dir(self)) if name.startswith("deed_")]

    def do(self, which: int, n: int) -> None:
        """One deed, whatever becomes of it; then every calendar fetches."""
        try:
            self.deeds[which % len(self.deeds)](n)
        except (Refused, Missing):
            db.session.rollback()
        for judge in self.judges.values():
            judge.poll()

    def date(self, n: int) -> Occurrence:
        db.session.rollback()
        db.session.expire_all()
        dates = list(db.session.scalars(select(Occurrence).order_by(Occurrence.id)))
        return dates[n % len(dates)]

    def who(self, n: int) -> Someone:
        return (self.bob, self.alice, self.carol)[n % 3]

    def deed_time_passes(self, n: int) -> None:
        self.at(clock.now() + PASSING[n % len(PASSING)])

    def deed_the_worker_works(self, n: int) -> None:
        for tick in (jobs.tick, stand_ins.tick):
            write(partial(tick, clock.now()))

    def deed_sign_up(self, n: int) -> None:
        occurrence_id, shifts = self.date(n).id, shifts_of(self.date(n))
        shift_id = shifts[n % len(shifts)].id if shifts else None
        write(lambda: signups.sign_up(self.who(n // 2).actor, occurrence_id, shift_id, clock.now(), meets=True))

    deed_sign_up_too = deed_sign_up_again = deed_sign_up

    def deed_bob_waits_behind_carol(self, n: int) -> None:
        occurrence_id, shifts = self.date(n).id, shifts_of(self.date(n))
        for who in (self.carol, self.bob):
            write(partial(signups.sign_up, who.actor, occurrence_id, shifts[0].id if shifts else None, clock.now()))

    def deed_carol_gives_up_late(self, n: int) -> None:
        self.deed_bob_waits_behind_carol(n)
        one = self.date(n)
        occurrence_id = one.id
        self.at(max(clock.now(), one.starts_at - timedelta(hours=9)))
        write(lambda: signups.withdraw(self.carol.actor, occurrence_id, clock.now()))

    deed_bob_waits_again = deed_bob_waits_behind_carol

    def deed_withdraw(self, n: int) -> None:
        occurrence_id = self.date(n).id
        write(lambda: signups.withdraw(self.who(n // 2).actor, occurrence_id, clock.now()))

    def deed_accept(self, n: int) -> None:
        occurrence_id = self.date(n).id
        write(lambda: signups.accept_offer(self.who(n // 2).actor, occurrence_id, clock.now()))

    def deed_answer(self, n: int) -> None:
        for one in db.session.scalars(select(Signup).where(Signup.status.in_(STANDING))).all():
            ada, occurrence_id, signup_id = self.ada.actor, self._date_of(one), one.id
            answer = partial(organiser.answer_request, ada, occurrence_id, signup_id, n % 3 > 0, clock.now())
            write(answer)

    def _date_of(self, signup: Signup) -> int:
        return db.session.scalars(select(Shift.occurrence_id).where(Shift.id == signup.shift_id)).one()

    def deed_reserve(self, n: int) -> None:
        occurrence_id = self.date(n).id
        write(lambda: organiser.reserve(self.bob.actor, occurrence_id, None, "Guests", 1, clock.now()))

    def deed_resize(self, n: int) -> None:
        occurrence_id = self.date(n).id
        write(lambda: organiser.resize(self.bob.actor, occurrence_id, None, 1 + n % 4, clock.now()))

    def deed_take_off(self, n: int) -> None:
        for one in db.session.scalars(select(Signup).where(Signup.status.in_(STANDING)).limit(1)).all():
            occurrence_id, signup_id = self._date_of(one), one.id
            write(partial(organiser.take_off, self.ada.actor, occurrence_id, signup_id, clock.now()))

    def deed_move(self, n: int) -> None:
        one, move = self.date(n), (move_date, move_following)[n % 2]
        occurrence_id, day = one.id, clock.local(one.starts_at, "Asia/Shanghai").date() + timedelta(days=n % 5 - 1)
        write(lambda: move(self.bob.actor, occurrence_id, day, time(8 + n % 3), time(12), clock.now()))

    def deed_cancel(self, n: int) -> None:
        occurrence_id = self.date(n).id
        write(lambda: cancellations.cancel_date(self.bob.actor, occurrence_id, "wind", clock.now()))

    def deed_restore(self, n: int) -> None:
        occurrence_id = self.date(n).id
        write(lambda: cancellations.restore_date(self.bob.actor, occurrence_id, clock.now()))

    def deed_describe(self, n: int) -> None:
        activity = db.session.get_one(Activity, self.date(n).activity_id)
        fields = [getattr(activity, name) for name in Details.__dataclass_fields__]
        n_th = n % len(fields)
        if not isinstance(fields[n_th], Enum):
            fields[n_th] = (WORDS[n % len(WORDS)] or "Cleanup") if isinstance(fields[n_th], str) else n
        activity_id, said = activity.id, Details(*fields)
        write(lambda: describe(self.bob.actor, activity_id, said, clock.now()))

    def deed_edit(self, n: int) -> None:
        occurrence_id = self.date(n).id
        with speaking("en", ZONE):
            write(lambda: edit(self.bob.actor, occurrence_id, n, clock.now()))

    deed_edit_more = deed_edit

    def deed_storm(self, n: int) -> None:
        one, by = self.date(n), timedelta(days=1 + n % 6)
        to = clock.local(one.starts_at, ZONE).date() + by if n % 4 else None
        storm = weather.Storm(None, one.id, "Storm", to)
        ada, now = self.ada.actor, clock.now()
        with speaking("en", ZONE):
            write(lambda: weather.save(ada, weather.preview(ada, storm, now), now))

    def deed_undo(self, n: int) -> None:
        last = db.session.scalar(select(Edit.id).order_by(Edit.id.desc()).limit(1)) or 0
        with speaking("en", ZONE):
            write(lambda: undoing.undo(self.ada.actor, undoing.preview(self.ada.actor, last, clock.now()), clock.now()))

    def deed_keep_a_holiday(self, n: int) -> None:
        day, ada = FRIDAYS[0] + timedelta(weeks=n % 6), self.ada.actor
        write(lambda: holidays.add(ada, holidays.HolidayNotice(day, day, n % 5 > 3, "Fair", "x"), clock.now()))
        for activity_id in list(db.session.scalars(select(Activity.id))):
            write(partial(self._keep_to_plan, activity_id))

    def _keep_to_plan(self, activity_id: int) -> None:
        moves.keep_to_plan(self.ada.actor, db.session.get_one(Activity, activity_id), clock.now())

    def deed_move_house(self, n: int) -> None:
        hers = HouseholdMember.person_id == self.alice.id, HouseholdMember.until.is_(None)
        if db.session.scalar(select(HouseholdMember.id).where(*hers)):
            move_out(self.alice)
        else:
            move_in(self.alice, self.home)

    def deed_another_language(self, n: int) -> None:
        write(lambda: accounts.choose_language(self.bob.id, ("en", "zh_Hans_CN")[n % 2]))

    def deed_reminders(self, n: int) -> None:
        chosen = Reminders(n or None, (n % 4) * 60 or None, n % 3 == 1, n % 5 or None)
        write(lambda: calendar.remind(self.bob.actor, chosen))

    def deed_names(self, n: int) -> None:
        write(lambda: calendar.choose_names(self.ada.actor, list(Names)[n % 3], clock.now()))

    def deed_days_off(self, n: int) -> None:
        scope = list(FeedScope)[n % 5]
        by = self.ada.actor if scope is FeedScope.PUBLIC else self.bob.actor
        write(lambda: calendar.show_skipped(by, scope, clock.now(), shows=n % 2 == 0))

    def deed_the_process_starts_anew(self, n: int) -> None:
        files._shelf = files.Shelf(files.ROOM_FOR_FILES)
        files.write_date.cache_clear()

    def deed_somebody_writes_meanwhile(self, n: int) -> None:
        db.session.rollback()
        with holding(self.app.config["SETTINGS"].database_url, "LOCK TABLE feed IN EXCLUSIVE MODE"):
            for judge in self.judges.values():
                judge.poll(may_be_late=True)


@pytest.fixture
def year(app: Flask, browser: Open, at: SetClock) -> Iterator[Callable[[], Year]]:
    yield lambda: Year(app, browser, at)


def test_whatever_is_done_and_chosen_every_app_shows_what_is_so(year: Callable[[], Year]) -> None:
    done, lives = 0, 10 if db.engine.dialect.name == "sqlite" else 3  # a server's own part is to remember
    steps = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 59)), min_size=25, max_size=50)

    @settings(max_examples=lives, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def live(steps: list[tuple[int, int]]) -> None:
        nonlocal done
        its = year()
        try:
            for which, n in steps:
                its.do(which, n)
                done += 1
        finally:
            db.session.remove()
            empty(db.engine, Base.metadata)

    live()
    assert done >= 20 * lives
