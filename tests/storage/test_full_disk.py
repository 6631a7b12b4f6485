"""The disk is full, or the file may not be written: nothing is promised, whatever only reads goes on, and it heals."""

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from tests.calendar.subscriber import addresses, fetch, statements
from tests.databases import holding
from tests.disk import Disk, nothing_can_be_written, read_only, small_disk
from tests.make import PASSWORD, Someone, make_date, make_leader, make_member, make_team, shifts_of
from tests.pages import BASE, Browser, Page
from tests.server import Phone, cookie_of, serving
from tests.soak.outage import opened
from tests.wire import send
from volunteer import cli, clock
from volunteer.activities.models import Occurrence
from volunteer.storage.database import db, write
from volunteer.storage.troubles import Trouble, is_passing, trouble_of
from volunteer.teams.models import Team
from volunteer.web import health
from volunteer.web.throttle import Attempt

pytestmark = pytest.mark.alone
NOTHING_SAVED = "Nothing can be stored just now, so what you did is not saved. Try again later."


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="volunteer-disk-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@pytest.fixture(scope="module")
def disk(folder: Path) -> Iterator[Disk]:
    with small_disk(folder) as disk:
        yield disk


@pytest.fixture(scope="module")
def on_disk(disk: Disk) -> Iterator[Flask]:
    with opened(f"sqlite:///{disk.folder}/test.db") as app:
        yield app


@pytest.fixture
def service(on_disk: Flask, disk: Disk) -> Iterator[Flask]:
    """The application on a disk with room."""
    yield on_disk
    disk.make_room()
    db.session.remove()


@pytest.fixture
def team(service: Flask) -> Team:
    return make_team()


@pytest.fixture
def alice(team: Team) -> Someone:
    return make_member(team)


@pytest.fixture
def date(team: Team) -> Occurrence:
    return make_date(make_leader(team))


def fill(disk: Disk) -> None:
    """So full that the next commit finds no room, not even in a log that was written before."""
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    disk.fill()


@pytest.fixture
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks whether the service is ready makes it find out."""
    monkeypatch.setattr(health, "HOLDS", 0)


def ready(service: Flask) -> tuple[int, str]:
    """What a supervisor is told."""
    answer = send(Browser(service, None, "en"), "GET", "/readyz")
    assert "/" not in answer.text, "that looks like a path"
    return answer.status_code, answer.json["status"]


def sign_up(phone: Browser, date: Occurrence) -> TestResponse:
    path = f"/occurrences/{date.id}/signup"
    db.session.rollback()  # or the test's own connection outlives the others
    return send(phone, "POST", path)


def taken(date: Occurrence) -> int:
    db.session.expire_all()
    (shift,) = shifts_of(date)
    return shift.taken


def check_refused(phone: Browser, answer: TestResponse) -> None:
    """Whoever gets this answer knows that nothing is saved, and nothing else."""
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    page = Page(phone, answer)
    assert page.news == []
    assert NOTHING_SAVED in page.errors[0]


def test_who_signs_up_on_a_full_disk_is_told_at_once_that_nothing_is_saved_and_is_in_once_there_is_room(
    disk: Disk, service: Flask, team: Team, alice: Someone, date: Occurrence
) -> None:
    phone, bobs = (Browser(service, one, "en") for one in (alice, make_member(team, "Bob", locale=None)))
    fill(disk)
    pressed = time.monotonic()
    check_refused(phone, sign_up(phone, date))
    assert time.monotonic() - pressed < 2
    assert phone.get("/").news == []
    in_chinese = {"Accept-Language": "zh"}
    answer = send(bobs, "POST", f"/occurrences/{date.id}/signup", headers=in_chinese | {"Referer": BASE})
    assert "你刚才的操作没有保存。请稍后再试" in answer.text
    assert taken(date) == 0
    disk.make_room()
    assert sign_up(phone, date).status_code == 303
    assert phone.get("/").news == ["You are signed up. See you there!"]
    assert taken(date) == 1


def test_on_a_full_disk_nobody_is_logged_in_or_out_by_half(disk: Disk, service: Flask, alice: Someone) -> None:
    phone, new = Browser(service, alice, "en"), Browser(service, None, "en")
    fill(disk)
    check_refused(phone, send(phone, "POST", "/logout"))
    assert phone.get("/me").path == "/me"
    form = {"csrf_token": new.get("/login").value("csrf_token"), "phone": alice.phone, "password": PASSWORD}
    check_refused(new, send(new, "POST", "/login", token=False, data=form))
    assert new.get("/me").path == "/login"
    disk.make_room()
    assert send(new, "POST", "/login", token=False, data=form).status_code == 303
    assert new.get("/me").path == "/me"


def test_pages_and_calendars_go_on_while_the_disk_is_full(
    disk: Disk, service: Flask, team: Team, alice: Someone, date: Occurrence
) -> None:
    phone, bobs = (Browser(service, one, "en") for one in (alice, make_member(team, "Bob")))
    (address, *_) = addresses(lambda _: phone, alice).values()
    assert fetch(service, address).status_code == 200  # what a calendar says for the first time is remembered first
    fill(disk)
    for path in ("/", "/me", "/me/settings", f"/occurrences/{date.id}", "/healthz"):
        assert bobs.get(path)
    assert fetch(service, address).status_code == 200


def test_a_database_that_may_not_grow_is_as_full_as_a_disk(
    disk: Disk, service: Flask, team: Team, alice: Someone
) -> None:
    leader = Browser(service, make_leader(team), "en")
    form = {"title": "Cleanup", "kind": "friday_cleanup", "date": "2027-12-03", "start": "09:00", "end": "10:30"}
    form |= {"place": "Square", "content": "All together. " * 120, "action": "draft"}
    with as_large_as_it_is():
        answers = [send(leader, "POST", "/activities/new", data=form) for _ in range(9)]
    assert {answer.status_code for answer in answers} <= {303, 503}
    check_refused(leader, answers[-1])
    assert send(leader, "POST", "/activities/new", data=form).status_code == 303


@contextmanager
def as_large_as_it_is() -> Iterator[None]:
    """The database gets no page more during the body."""

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # or as many as there are

    event.listen(db.engine, "connect", limit)
    db.session.rollback()
    db.engine.dispose()
    try:
        yield
    finally:
        event.remove(db.engine, "connect", limit)
        db.engine.dispose()


def test_who_signs_up_while_the_disk_fails_is_told_so_and_is_in_afterwards(
    disk: Disk, service: Flask, alice: Someone, date: Occurrence
) -> None:
    phone = Browser(service, alice, "en")
    phone.get("/")
    with nothing_can_be_written():
        answer = sign_up(phone, date)
    check_refused(phone, answer)
    assert sign_up(phone, date).status_code == 303


@contextmanager
def kept_in(file: Path) -> Iterator[Flask]:
    """The application on a database in this file, which anybody may write."""
    with opened(f"sqlite:///{file}") as service:
        for one in file.parent.glob(f"{file.name}*"):
            one.chmod(0o666)
        yield service


@contextmanager
def only_to_be_read(file: Path) -> Iterator[Callable[[], None]]:
    """All connections are made anew while the database is read-only: during the body, or until told that it is not."""
    db.session.rollback()
    with db.engine.connect():  # or the last to leave takes the log away
        db.engine.dispose()
        with read_only(file) as make_writable:
            yield make_writable


def test_who_signs_up_while_the_file_is_read_only_is_told_so_and_is_in_once_it_is_not(folder: Path) -> None:
    with kept_in(folder / "modes.db") as service:
        team = make_team()
        phone, date = Browser(service, make_member(team), "en"), make_date(make_leader(team))
        with only_to_be_read(folder / "modes.db") as make_writable:
            check_refused(phone, sign_up(phone, date))
            assert phone.get(f"/occurrences/{date.id}").news == []
            make_writable()
            assert sign_up(phone, date).status_code == 303


# What a supervisor is told


@pytest.mark.usefixtures("nothing_held")
def test_a_supervisor_learns_that_the_disk_is_full_before_anybody_else_and_that_there_is_room_again(
    disk: Disk, service: Flask
) -> None:
    assert ready(service) == (200, "ok")
    fill(disk)
    assert [ready(service) for _ in range(3)] == [(503, "disk full")] * 3
    disk.make_room()
    assert ready(service) == (200, "ok")


@pytest.mark.usefixtures("nothing_held")
def test_a_supervisor_is_not_told_that_all_is_well_when_a_sign_up_no_longer_fits(
    disk: Disk, service: Flask, team: Team
) -> None:
    people = [Browser(service, make_member(team, f"Volunteer {n}"), "en") for n in range(9)]
    date = make_date(make_leader(team))
    fill(disk)
    disk.make_room(8 * 4096)  # eight pages: a sign-up writes nine
    assert {sign_up(phone, date).status_code for phone in people} == {503}
    assert ready(service) == (503, "disk full")


@pytest.mark.usefixtures("nothing_held")
def test_a_supervisor_learns_that_the_disk_fails(service: Flask) -> None:
    with nothing_can_be_written():
        assert ready(service) == (503, "disk error")
    assert ready(service) == (200, "ok")


@pytest.mark.usefixtures("nothing_held")
def test_a_supervisor_learns_that_the_file_is_read_only(folder: Path) -> None:
    file = folder / "asked.db"
    with kept_in(file) as service, only_to_be_read(file) as make_writable:
        assert ready(service) == (503, "read only")
        make_writable()
        assert ready(service) == (200, "ok")


@pytest.mark.usefixtures("nothing_held")
def test_a_supervisor_does_not_wait_for_who_writes(service: Flask) -> None:
    with holding(service.config["SETTINGS"].database_url, ""):
        asked = time.monotonic()
        assert ready(service) == (200, "ok")
        assert time.monotonic() - asked < 1


def test_many_who_ask_make_the_service_find_out_once(service: Flask) -> None:
    ready(service)
    db.session.rollback()
    with statements() as asked:
        for _ in range(5):
            ready(service)
    assert len([one for one in asked if one.startswith("INSERT")]) <= 1
    assert db.session.scalars(text("SELECT version_num FROM alembic_version")).all() == [ready_version(service)]


def ready_version(service: Flask) -> str:
    return send(Browser(service, None, "en"), "GET", "/readyz").json["schema"]


def test_every_process_learns_that_the_disk_is_full_and_that_there_is_room_again(
    disk: Disk, service: Flask, alice: Someone, date: Occurrence
) -> None:
    path, cookie = f"/occurrences/{date.id}", cookie_of(service, alice)
    db.session.rollback()
    with serving(service) as port:
        phone = Phone(port, cookie)
        phone.get(path)
        fill(disk)
        wait_until(lambda: {phone.get("/readyz")[0] for _ in range(9)} == {503})
        assert phone.post(f"{path}/signup") == 503
        assert {phone.get(path)[0] for _ in range(9)} == {200}
        disk.make_room()
        assert phone.post(f"{path}/signup") == 303
        wait_until(lambda: {phone.get("/readyz")[0] for _ in range(9)} == {200})


def wait_until(it_is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 3
    while not it_is_so():
        assert time.monotonic() < deadline


# On PostgreSQL


@pytest.fixture
def kept_on(app: Flask, worker_id: str) -> Iterator[tuple[Disk, Flask]]:
    """A small disk, and the application on a database that lies there."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("this is about a server's disk")
    name = f"volunteer_disk_{worker_id}"
    with tempfile.TemporaryDirectory(prefix="volunteer-disk-") as folder:
        Path(folder).chmod(0o777)
        with (
            small_disk(Path(folder), megabytes=64) as disk,
            psycopg.connect(os.environ["VOLUNTEER_TEST_POSTGRES"], autocommit=True) as server,
        ):
            (place := disk.folder / "tables").mkdir()
            (data,) = server.execute("SHOW data_directory").fetchone() or ()
            os.chown(place, Path(data).stat().st_uid, -1)
            server.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'")
            server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' TABLESPACE {name}")
            try:
                url = make_url(os.environ["VOLUNTEER_TEST_POSTGRES"]).set(database=name)
                with opened(url.render_as_string(hide_password=False)) as service:
                    yield disk, service
            finally:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")
                server.execute(f"DROP TABLESPACE {name}")


def test_who_signs_up_while_the_servers_disk_is_full_is_told_at_once_and_is_in_once_there_is_room(
    kept_on: tuple[Disk, Flask],
) -> None:
    disk, service = kept_on
    team = make_team()
    phone, date = Browser(service, make_member(team), "en"), make_date(make_leader(team))
    phone.get(f"/occurrences/{date.id}")  # the server lets nobody new in while it has no room
    disk.fill()
    pressed = time.monotonic()
    check_refused(phone, sign_up(phone, date))
    assert time.monotonic() - pressed < 2
    assert phone.get(f"/occurrences/{date.id}").news == []
    disk.make_room()
    assert sign_up(phone, date).status_code == 303


@contextmanager
def set_to_read_only(app: Flask) -> Iterator[Callable[[], object]]:
    """As operators or providers do it: whoever connects from now on may not write, until what this yields is called."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("a file is read-only by its mode")
    name = make_url(app.config["SETTINGS"].database_url).database
    db.session.rollback()
    with psycopg.connect(os.environ["VOLUNTEER_TEST_POSTGRES"], autocommit=True) as server:
        lift = partial(server.execute, f"ALTER DATABASE {name} RESET default_transaction_read_only")
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        db.engine.dispose()
        try:
            yield lift
        finally:
            lift()
            db.session.rollback()
            db.engine.dispose()


def test_who_signs_up_while_a_database_is_set_to_read_only_is_told_at_once_and_is_in_once_it_is_not(app: Flask) -> None:
    team = make_team()
    phone, date = Browser(app, make_member(team), "en"), make_date(make_leader(team))
    with set_to_read_only(app) as lift:
        pressed = time.monotonic()
        check_refused(phone, sign_up(phone, date))
        assert time.monotonic() - pressed < 2
        assert phone.get(f"/occurrences/{date.id}").news == []
        lift()
        assert sign_up(phone, date).status_code == 303


@pytest.mark.usefixtures("nothing_held")
def test_a_supervisor_learns_that_the_servers_disk_is_full_and_that_there_is_room_again(
    kept_on: tuple[Disk, Flask],
) -> None:
    disk, service = kept_on
    assert ready(service) == (200, "ok")
    disk.fill()
    assert ready(service) == (503, "disk full")
    disk.make_room()
    assert ready(service) == (200, "ok")


@pytest.mark.usefixtures("nothing_held")
def test_a_supervisor_learns_that_a_database_is_set_to_read_only_and_that_it_is_not_any_more(app: Flask) -> None:
    with set_to_read_only(app) as lift:
        assert ready(app) == (503, "read only")
        lift()
        assert ready(app) == (200, "ok")


# What the databases call it

SQLITE = {
    "SQLITE_FULL": Trouble.FULL,
    "SQLITE_IOERR_SHMSIZE": Trouble.FULL,
    "SQLITE_READONLY": Trouble.READ_ONLY,
    "SQLITE_READONLY_DBMOVED": Trouble.READ_ONLY,
    "SQLITE_READONLY_DIRECTORY": Trouble.READ_ONLY,
    "SQLITE_IOERR": Trouble.BROKEN,
    "SQLITE_IOERR_WRITE": Trouble.BROKEN,
    "SQLITE_IOERR_FSYNC": Trouble.BROKEN,
    "SQLITE_CANTOPEN": Trouble.ABSENT,
    "SQLITE_BUSY": None,
    "SQLITE_ERROR": None,
}
POSTGRESQL = {
    "53100": Trouble.FULL,
    "25006": Trouble.READ_ONLY,
    "58030": Trouble.BROKEN,
    "53000": Trouble.EXHAUSTED,
    "53200": Trouble.EXHAUSTED,
    "53400": Trouble.EXHAUSTED,
    "53300": None,
    "40001": None,
    "23505": None,
}


@pytest.mark.parametrize(("name", "trouble"), SQLITE.items())
def test_what_sqlite_says_is_understood(name: str, trouble: Trouble | None) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorname = name
    assert trouble_of(OperationalError("COMMIT", {}, error)) is trouble


@pytest.mark.parametrize(("state", "trouble"), POSTGRESQL.items())
def test_what_postgresql_says_is_understood(state: str, trouble: Trouble | None) -> None:
    error = OperationalError("COMMIT", {}, psycopg.errors.lookup(state)())
    assert trouble_of(error) is trouble
    assert is_passing(error) is (state in ("53300", "40001", "25006"))


# At the console


def test_the_worker_waits_for_room_and_goes_on(
    disk: Disk, service: Flask, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = clock.now() - 3 * clock.DAY
    write(lambda: db.session.add_all(Attempt(kind="phone", key=str(n), at=long_ago) for n in range(500)))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        if pauses:
            raise KeyboardInterrupt
        pauses.append(seconds)
        assert db.session.query(Attempt).count() == 500
        db.session.rollback()
        disk.make_room()

    fill(disk)
    monkeypatch.setattr(time, "sleep", pause)
    service.test_cli_runner().invoke(args=["worker"])
    assert pauses == [cli.PAUSE]
    assert db.session.query(Attempt).count() == 0


def test_a_command_that_finds_the_disk_full_says_so_in_one_sentence(disk: Disk, service: Flask) -> None:
    fill(disk)
    result = service.test_cli_runner().invoke(args=["create-team", "cranes", "Cranes"])
    assert result.exit_code == 1
    assert result.output == "Error: Nothing can be written to the database: disk full.\n"
