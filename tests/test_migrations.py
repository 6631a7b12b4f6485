"""The tables people's data lives in are the ones the code believes in, however an installation came to them."""

import os
import subprocess
import sys
from collections.abc import Iterator

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
from tests.make import make_date, make_leader, make_member, make_team
from volunteer import clock, create_app
from volunteer.activities.models import Occurrence
from volunteer.calendar import service as calendar
from volunteer.calendar.models import FeedScope
from volunteer.calendar.rules import Reminders
from volunteer.config import ROOT, Settings
from volunteer.signups import service as signups
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


def test_there_is_one_line_of_migrations_numbered_in_order():
    script = ScriptDirectory(str(ROOT / "migrations"))
    numbers = [revision.revision for revision in script.walk_revisions()][::-1]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
    assert len(script.get_heads()) == 1
