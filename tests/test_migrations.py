"""The tables people's data lives in are the ones the code believes in, however an installation came to them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import time

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from tests.calendar.judge import events
from tests.calendar.subscriber import fetch
from tests.databases import test_database_url as fresh_database_url
from tests.make import Someone, make_date, make_household, make_leader, make_member, make_team
from tests.moments import ZONE, SetClock, on
from volunteer import clock, create_app
from volunteer.activities.models import Occurrence, Shift
from volunteer.calendar import service as calendar
from volunteer.calendar.models import FeedScope
from volunteer.calendar.rules import Reminders
from volunteer.config import ROOT, Settings
from volunteer.ledger import balances, records
from volunteer.ledger import jobs as ledger
from volunteer.signups import places
from volunteer.signups import service as signups
from volunteer.signups.hurdles import get_shift_for
from volunteer.signups.models import Companion, Signup
from volunteer.signups.rules import Guest
from volunteer.signups.states import AgeBand
from volunteer.storage.database import Base, UtcDateTime, db, write
from volunteer.teams import service as teams
from volunteer.teams.models import Team


@pytest.fixture
def installation(app: Flask, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application beside the others' whose database is empty: not a table in it."""
    settings = Settings(
        secret_key="a key for tests only",
        database_url=fresh_database_url(f"{worker_id}_migrations", tmp_path_factory),
        base_url="https://volunteers.example.org",
        testing=True,
    )
    installation = create_app(settings)
    with installation.app_context():
        yield installation
        db.session.remove()
        db.engine.dispose()


def same_type(
    context: object, column: object, model: object, in_database: sa.types.TypeEngine, in_model: sa.types.TypeEngine
) -> bool | None:
    """Does a column differ from its model? States are short texts in the database, moments have their zone."""
    if isinstance(in_model, sa.Enum):
        return not (isinstance(in_database, sa.String) and in_database.length == in_model.length)
    if isinstance(in_model, UtcDateTime):
        return not isinstance(in_database, sa.DateTime)
    return None


def differences() -> list[object]:
    """What the models have that the database has not, and the other way round."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": same_type, "compare_server_default": True, "target_metadata": Base.metadata},
        )
        return compare_metadata(context, Base.metadata)


def constraints() -> dict[str, set[str]]:
    """The named checks of each table, which alembic does not compare."""
    inspector = sa.inspect(db.engine)
    return {
        table: {str(check["name"]) for check in inspector.get_check_constraints(table)}
        for table in Base.metadata.tables
    }


def wanted_constraints() -> dict[str, set[str]]:
    return {
        name: {str(c.name) for c in table.constraints if isinstance(c, sa.CheckConstraint)}
        for name, table in Base.metadata.tables.items()
    }


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names())


def test_an_empty_database_brought_up_to_date_has_exactly_the_tables_of_the_models(installation):
    assert tables() == set()
    upgrade()
    assert differences() == []
    assert constraints() == wanted_constraints()
    assert tables() == {*Base.metadata.tables, "alembic_version"}


def test_the_operator_brings_it_up_to_date_at_the_console(installation):
    console = installation.test_cli_runner()
    assert console.invoke(args=["db", "upgrade"]).exit_code == 0
    assert differences() == []
    assert "upgrade" in console.invoke(args=["db", "--help"]).output
    assert console.invoke(args=["db", "downgrade", "--", "-1"]).exit_code == 0
    assert console.invoke(args=["db", "upgrade", "nowhere"]).exit_code != 0


def test_who_serves_pages_waits_for_nothing_that_changes_tables():
    environment = os.environ | {
        "VOLUNTEER_SECRET_KEY": "a key for tests only",
        "VOLUNTEER_DATABASE_URL": "sqlite:///not.made",
    }
    said = subprocess.run(
        [sys.executable, "-c", "import sys, wsgi; print(*sys.modules)"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in said.stdout.split()}
    assert "sqlalchemy" in loaded
    assert not loaded & {"alembic", "flask_migrate", "mako"}


def test_bringing_it_up_to_date_twice_is_harmless(installation):
    upgrade()
    write(lambda: teams.create_team("cranes", "Cranes", clock.now()))
    upgrade()
    assert differences() == []
    assert teams.find_team("cranes")


def test_down_to_nothing_and_up_again_works(installation):
    upgrade()
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert differences() == []
    assert constraints() == wanted_constraints()


def test_who_goes_back_before_no_shows_keeps_the_sign_ups_and_who_comes_along(installation):
    upgrade()
    saturday = make_date(make_leader(make_team()))
    alice = make_member(db.session.get_one(Team, saturday.team_id))
    kid, occurrence_id = Guest("Kid", AgeBand.CHILD), saturday.id
    write(lambda: signups.sign_up(alice.actor, occurrence_id, None, clock.now(), [kid], guardian_agrees=True))
    downgrade(revision="0006")
    upgrade()
    assert db.session.scalars(select(Companion.signup_id)).all() == db.session.scalars(select(Signup.id)).all() != []


def test_an_old_installation_with_people_and_sign_ups_in_it_is_brought_up_to_date(installation):
    upgrade()
    saturday = make_date(make_leader(make_team()))
    alice, occurrence_id = make_member(db.session.get_one(Team, saturday.team_id)), saturday.id
    write(lambda: signups.sign_up(alice.actor, occurrence_id, None, clock.now()))
    downgrade(revision="0001")
    upgrade()
    assert differences() == []
    assert constraints() == wanted_constraints()
    assert db.session.scalars(select(Signup.person_id)).all() == [alice.id]


def test_calendars_of_an_old_installation_keep_their_address_their_dates_and_their_reminder(installation):
    upgrade()
    lea = make_leader(make_team())
    saturday = make_date(lea, meeting="East gate", bring="Gloves")
    alice, occurrence_id = make_member(db.session.get_one(Team, saturday.team_id)), saturday.id
    write(lambda: signups.sign_up(alice.actor, occurrence_id, None, clock.now()))
    write(lambda: db.session.execute(sa.update(Occurrence).values(sequence=3)))
    write(lambda: db.session.execute(sa.update(Signup).values(sequence=4)))
    with installation.test_request_context():
        own = {feed.scope: feed for feed in calendar.list_addresses_for(alice.actor)}[FeedScope.PERSON]
    downgrade(revision="0008")
    write(lambda: db.session.execute(sa.text("UPDATE feed SET alarm = '3h', last_day = '2026-01-01'")))
    upgrade()
    with installation.test_request_context():
        (same, *_) = calendar.list_addresses_for(alice.actor)
    assert (same.address, same.reminders) == (own.address, Reminders(first=180))
    (item,) = events(fetch(installation, own.address).data).values()
    assert f"UID:occ-{saturday.public_id}@" in item.text and "TRIGGER:-PT3H" in item.text
    assert "East gate" in item.text and "Gloves" in item.text
    assert item.sequence > 3 + 4 and item.modified > saturday.changed_at


@pytest.fixture
def old_ledger(installation: Flask, at: SetClock) -> Callable[..., Someone]:
    """`old_ledger(…)`: Bob, of whom an installation of before confirmations knows these dates, each with its ticks.

    A date is (day, start, end, kind of activity, lines, what else became of it); lines are (kind, corrects, hour).
    """

    def live(*dates: tuple[int, int, int, str, list[tuple[str, int | None, int]], str]) -> Someone:
        at(on(2, 6))
        upgrade()
        team = make_team()
        leader, bob = make_leader(team), make_member(team, "Bob")
        make_household(team, bob)
        rows, afterwards = [], []
        for day, start, end, kind, lines, becomes in dates:
            date = make_date(leader, day=clock.today(on(day, 8), ZONE), start=time(start), end=time(end), kind=kind)
            signup = write(lambda: _take_place(leader, bob, date))  # noqa: B023 - done at once
            which = {"team": team.id, "signup": signup.id, "starts": date.starts_at, "ends": date.ends_at}
            which |= {"by": leader.id, "counts": kind != "reading_day"}
            first = len(rows) + 1
            for line, corrects, hour in lines:
                corrected = corrects and first + corrects - 1
                said = {"key": f"{signup.id}:{len(rows) + 2 - first}", "kind": line, "corrects": corrected}
                rows.append(which | said | {"id": len(rows) + 1, "now": on(day, hour)})
            afterwards.append((becomes, {"signup": signup.id, "date": date.id, "then": on(day, 20)}))
        downgrade(revision="0014")
        write(lambda: [_tell_as_before(rows), _become(afterwards)])
        return bob

    return live


def _take_place(leader: Someone, someone: Someone, date: Occurrence) -> Signup:
    shift = db.session.scalars(sa.select(Shift).where(Shift.occurrence_id == date.id)).one()
    sought = get_shift_for(leader.actor, date.id, shift.id, someone.id)
    return places.give_place(someone.id, sought, clock.now(), despite_clash=True).signup


def _tell_as_before(rows: list[dict[str, object]]) -> None:
    line = sa.text(
        """
        INSERT INTO entry (id, key, team_id, signup_id, kind, at, evidence, by_id, corrects_id, planned_start,
            planned_end, counts, recorded_at)
        VALUES (:id, :key, :team, :signup, :kind, :starts, 'leader', :by, :corrects, :starts, :ends, :counts, :now)
        """
    ).bindparams(*(sa.bindparam(name, type_=UtcDateTime()) for name in ("starts", "ends", "now")))
    db.session.execute(line, rows)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("SELECT setval('entry_id_seq', (SELECT max(id) FROM entry))"))


BECOMES = {
    "withdrawn": "UPDATE signup SET status = 'withdrawn', changed_at = :then WHERE id = :signup",
    "on leave": "UPDATE signup SET status = 'on_leave' WHERE id = :signup",
    "cancelled": "UPDATE occurrence SET state = 'cancelled' WHERE id = :date",
    "moved": "UPDATE shift SET starts_at = :then WHERE occurrence_id = :date",
}


def _become(afterwards: list[tuple[str, dict[str, object]]]) -> None:
    for becomes, of in afterwards:
        if sentence := BECOMES.get(becomes):
            named = {name: of[name] for name in of if f":{name}" in sentence}
            typed = [sa.bindparam("then", type_=UtcDateTime())] if "then" in named else []
            db.session.execute(sa.text(sentence).bindparams(*typed), named)


IN, UNDONE = [("in", None, 19)], [("in", None, 19), ("void", 1, 21)]


def test_hours_of_an_old_installation_are_what_they_were_at_every_moment(installation, old_ledger, at):
    bob = old_ledger(
        (3, 8, 18, "friday_cleanup", IN, ""),
        (4, 10, 12, "friday_cleanup", [("in", None, 18)], ""),
        (4, 9, 12, "friday_cleanup", IN, ""),
        (5, 9, 10, "friday_cleanup", UNDONE, ""),
        (6, 9, 10, "friday_cleanup", IN, "withdrawn"),
        (7, 9, 10, "friday_cleanup", IN, "cancelled"),
        (8, 9, 10, "friday_cleanup", IN, "moved"),
        (9, 9, 10, "friday_cleanup", [("excused", None, 9)], "on leave"),
        (
            10,
            9,
            10,
            "friday_cleanup",
            [("in", None, 9), ("void", 1, 10), ("absent", None, 10), ("excused", None, 11)],
            "",
        ),
        (11, 9, 11, "reading_day", IN, ""),
        (12, 9, 12, "friday_cleanup", [("in", None, 9)], ""),
    )
    at(on(12, 10))
    upgrade()
    assert differences() == []
    hours = records.sum_up(bob.actor, clock.now())
    assert (hours.total, hours.open, hours.training) == (480 + 180, 120, 120)
    assert ledger.check(clock.now()) == []
    known = {(3, 18): 0, (3, 20): 600, (4, 18): 720, (4, 20): 780, (5, 20): 840, (5, 22): 780, (11, 22): 780}
    for (day, hour), minutes in known.items():
        then = records.list_records_as_of(bob.actor, on(day, hour)).hours
        assert then.total + then.open == minutes, (day, hour)
    assert records.list_records_as_of(bob.actor, clock.now()).hours == hours
    assert [one.credit.minutes for one in records.list_records(bob.actor, clock.now()).records] == [
        *(0, 120, 0, 0, 0, 180, 480),
    ]
    kept = balances.read(balances.select_balances())
    assert write(ledger.rebuild) == len(kept) == 11
    assert balances.read(balances.select_balances()) == kept
    at(on(12, 13))
    assert records.sum_up(bob.actor, clock.now()).open == 120 + 180
    downgrade(revision="0014")
    upgrade()
    assert ledger.check(clock.now()) == []
    assert records.sum_up(bob.actor, clock.now()).total == 480 + 180 + 180


def test_there_is_one_line_of_migrations_numbered_in_order():
    script = ScriptDirectory(str(ROOT / "migrations"))
    numbers = [revision.revision for revision in script.walk_revisions()][::-1]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
    assert len(script.get_heads()) == 1
