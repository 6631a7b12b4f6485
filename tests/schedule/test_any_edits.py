"""Whatever leaders change and take back, in any order: nobody is moved unseen, and what was held stays as it was."""

from contextlib import suppress
from datetime import timedelta

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.databases import empty
from tests.edits import look_at
from tests.make import make_activity, make_leader, make_member, make_team
from tests.moments import FRIDAY, MONDAY, ZONE, SetClock
from volunteer import clock
from volunteer.activities import jobs as planning
from volunteer.activities.models import Occurrence, Shift
from volunteer.activities.recurrence import Repeat
from volunteer.errors import Missing, Refused
from volunteer.ledger import jobs as ledger
from volunteer.schedule import edits, undoing, weather
from volunteer.schedule.changes import What
from volunteer.schedule.courses import Draft
from volunteer.schedule.models import Edit
from volunteer.signups import jobs
from volunteer.signups import service as signups
from volunteer.signups.models import Signup
from volunteer.signups.states import STANDING
from volunteer.storage.database import Base, db, write
from volunteer.web.pages import speaking

Span = tuple[object, ...]


class Season:
    """A series, a single date, three people, and everything that ever stood in the list of dates."""

    def __init__(self, at: SetClock) -> None:
        self.at = at
        at(MONDAY)
        team = make_team()
        self.leader = make_leader(team)
        self.people = [make_member(team, name) for name in ("Alice", "Bob", "Charlie")]
        make_activity(self.leader, repeat=Repeat.WEEKLY, day=FRIDAY, until=FRIDAY + timedelta(weeks=5), capacity=2)
        make_activity(self.leader, day=FRIDAY + timedelta(days=1), title="Reading")
        self.seen = set[int]()

    def do(self, which: int, n: int) -> None:
        """One deed, whatever becomes of it, and what must hold after it."""
        before, stood = self.dates(), self.spans_of_signups()
        self.seen = set()
        deeds = [self.sign_up, self.sign_up, self.edit, self.edit, self.storm, self.undo, self.wait]
        with suppress(Refused, Missing), speaking("en", ZONE):
            deeds[which % len(deeds)](n)
        db.session.rollback()
        after = self.dates()
        for row_id, (public_id, sequence, span, words) in before.items():
            assert row_id in after, "a date keeps its row"
            assert after[row_id][0] == public_id
            assert after[row_id][1] >= sequence
            if (span, words) != after[row_id][2:]:
                assert after[row_id][1] > sequence, "what changes is a new version"
                assert span[1] > clock.now(), "what is over stays as it was"
        for signup_id, span in self.spans_of_signups().items():
            assert stood.get(signup_id, span) == span or signup_id in self.seen, "nobody is moved unseen"
        assert [*jobs.check(clock.now()), *ledger.check(clock.now())] == []

    def dates(self) -> dict[int, tuple[str, int, Span, Span]]:
        db.session.rollback()
        db.session.expire_all()
        return {
            one.id: (one.public_id, one.sequence, (one.starts_at, one.ends_at), (one.title, one.place, one.state))
            for one in db.session.scalars(select(Occurrence))
        }

    def spans_of_signups(self) -> dict[int, Span]:
        its = select(Signup.id, Shift.starts_at, Shift.ends_at).join(Signup.shift).where(Signup.status.in_(STANDING))
        return {n: span for n, *span in db.session.execute(its)}

    def date(self, n: int) -> int:
        ids = list(db.session.scalars(select(Occurrence.id).order_by(Occurrence.id)))
        return ids[n % len(ids)]

    def sign_up(self, n: int) -> None:
        who, occurrence_id = self.people[n % 3], self.date(n // 3)
        write(lambda: signups.sign_up(who.actor, occurrence_id, None, clock.now()))

    def edit(self, n: int) -> None:
        occurrence_id = self.date(n // 33)

        def work() -> None:
            draft = look_at(self.leader.actor, occurrence_id, n, clock.now())
            self._note(draft)
            edits.save(self.leader.actor, draft, clock.now())

        write(work)

    def _note(self, draft: Draft) -> None:
        moved = {one.existing.id for one in draft.impact.changes if one.what is What.MOVED}
        self.seen |= {who.signup_id for who in draft.impact.people if who.occurrence_id in moved}

    def storm(self, n: int) -> None:
        chosen = db.session.get_one(Occurrence, self.date(n // 5))
        day, by = clock.local(chosen.starts_at, ZONE).date(), (None, 1, 2, 5, 7)[n % 5]
        which = {"day": None, "occurrence_id": chosen.id} if n % 2 else {"day": day, "occurrence_id": None}
        storm = weather.Storm(**which, reason="Storm", to=day + timedelta(days=by) if by else None)

        def work() -> None:
            look = weather.preview(self.leader.actor, storm, clock.now())
            self.seen = {who.signup_id for who in look.impact.people}
            weather.save(self.leader.actor, look, clock.now())

        write(work)

    def undo(self, n: int) -> None:
        ids = list(db.session.scalars(select(Edit.id).order_by(Edit.id.desc())))
        edit_id = ids[n % len(ids)] if ids else 0

        def work() -> None:
            back = undoing.preview(self.leader.actor, edit_id, clock.now())
            self.seen = {who.signup_id for who in back.impact.people}
            undoing.undo(self.leader.actor, back, clock.now())

        write(work)

    def wait(self, n: int) -> None:
        self.at(clock.now() + timedelta(hours=(1, 9, 30, 100)[n % 4]))
        write(lambda: planning.tick(clock.now()))
        write(lambda: jobs.tick(clock.now()))


def test_whatever_is_changed_and_taken_back_nobody_is_hurt(app: Flask, at: SetClock) -> None:
    lives = 8 if db.engine.dialect.name == "sqlite" else 3
    steps = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 400)), min_size=8, max_size=14)

    @settings(max_examples=lives, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def live(steps: list[tuple[int, int]]) -> None:
        season = Season(at)
        try:
            for which, n in steps:
                season.do(which, n)
        finally:
            db.session.remove()
            empty(db.engine, Base.metadata)

    live()
