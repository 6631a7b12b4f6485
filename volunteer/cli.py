"""Commands for the operator: `flask --app wsgi <command>`."""

import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from pathlib import Path

import click
from flask import Blueprint, current_app
from werkzeug.exceptions import ServiceUnavailable

from . import clock, demo, jobs
from .accounts import service as accounts
from .accounts.rules import clean_name, normal_phone
from .activities import jobs as activities
from .activities.kinds import install_kinds
from .actor import By
from .errors import Refused
from .papers.tables import handed_in
from .papers.tables.lines import Note, WrongLine
from .plans import rules as plan_rules
from .plans import service as plans
from .stars.service import install_ladder
from .storage.database import db, patiently, write, write_each
from .teams import comparison, intake, links, roster
from .teams import service as teams
from .teams.comparison import Fate
from .teams.models import Team

bp = Blueprint("operator", __name__, cli_group=None)

PAUSE = 30.0
"""Seconds between two rounds of the worker."""


@contextmanager
def _explained() -> Iterator[None]:
    """A refusal ends the command with its sentence, and so does a database that is away or cannot be written."""
    try:
        yield
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
    except ServiceUnavailable as error:
        raise click.ClickException(str(error.description)) from error


@bp.cli.command("create-team")
@click.argument("slug")
@click.argument("name")
@_explained()
def create_team(slug: str, name: str) -> None:
    """Found a team with the shipped kinds and star ladder."""

    def found() -> None:
        now = clock.now()
        team = teams.create_team(slug, name, now)
        install_kinds(team.id)
        install_ladder(team.id, now.date().replace(year=2000))

    write(found)
    click.echo(f"team {slug} created")


@bp.cli.command("create-admin")
@click.option("--team", "slug", required=True)
@click.option("--phone", required=True)
@click.option("--name", required=True)
@_explained()
def create_admin(slug: str, phone: str, name: str) -> None:
    """Make an administrator; the password is read from standard input."""
    digits, clean = normal_phone(phone), clean_name(name)
    if digits is None or clean is None:
        raise click.ClickException("A mobile number has 11 digits, and a name 1 to 40 characters.")
    password = click.prompt("password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    password = password.rstrip("\r\n")
    if not 8 <= len(password) <= 200:
        raise click.ClickException("Choose a password of at least 8 characters.")
    hashed = accounts.hashed(password)
    write(lambda: teams.create_administrator(_team(slug), clean, digits, hashed, clock.now()))
    click.echo(f"administrator of {slug} created")


@bp.cli.command("login-link")
@click.option("--team", "slug", required=True)
@click.option("--phone", required=True)
@_explained()
def login_link(slug: str, phone: str) -> None:
    """Print a one-time address by which a member, even an administrator, chooses a new password."""
    digits = normal_phone(phone) or ""
    link = write(lambda: links.hand_link_at_console(_team(slug), digits, clock.now()))
    click.echo(f"{current_app.config['SETTINGS'].base_url}/in/{accounts.address_of(link)}")


@bp.cli.command("import-roster")
@click.option("--team", "slug", required=True)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_explained()
def import_roster(slug: str, file: Path) -> None:
    """Take a roster (CSV or XLSX) into a team; wrong lines are named, the right ones are in."""
    read = roster.read_roster(_data_of(file))
    team, found = patiently(lambda: _held_against(slug, read))
    imported = sum(write_each(intake.slices(By(team.id), team.zone, found, clock.now())))
    asked = [(one.line.number, f"asked {one.line.number}: {comparison.ASKED}") for one in found.having(Fate.ASKED)]
    _say_taken(read, imported, len(found.having(Fate.UNCHANGED)), found.wrong.values(), found.notes, asked)


def _say_taken(
    read: roster.Roster | plan_rules.PlanFile,
    imported: int,
    unchanged: int,
    wrong: Collection[WrongLine],
    notes: Iterable[Note],
    asked: Sequence[tuple[int, str]] = (),
) -> None:
    """Name what became of a file line by line, and end with how many lines became what; exit 1 if any was wrong."""
    for words in (*(f"left out: {column.heading}" for column in read.unknown), *map(str, read.warnings)):
        click.echo(words)
    lines = [(line.number, f"line {line.number}: {line.why}") for line in wrong]
    lines += [(note.number, f"note {note.number}: {note.what}") for note in notes]
    for _, words in sorted([*lines, *asked], key=itemgetter(0)):
        click.echo(words)
    n_asked = f", {len(asked)} asked" if asked else ""
    click.echo(f"{imported} imported, {unchanged} unchanged, {len(wrong)} wrong{n_asked}")
    sys.exit(1 if wrong else 0)


def _data_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(handed_in.MAX_BYTES + 1)  # one more, so that too much is noticed


def _held_against(slug: str, read: roster.Roster) -> tuple[Team, comparison.Comparison]:
    team = _team(slug)
    return team, intake.hold_against(team.id, comparison.by_key(read), read.notes, None, {})


@bp.cli.command("import-plan")
@click.option("--team", "slug", required=True)
@click.option("--year", type=click.IntRange(2000, 2100), help="Unless the title or the name of the file says it.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_explained()
def import_plan(slug: str, year: int | None, file: Path) -> None:
    """Take the plan of a year (CSV or XLSX) into a team; wrong lines are named, the right ones are in."""
    sheet = plan_rules.open_plan(_data_of(file))
    of_year = year or plan_rules.year_of(sheet, file.name)
    if of_year is None:
        raise Refused("Neither its title nor its name says of which year this plan is. Say it with --year 2026.")
    team = patiently(lambda: _team(slug))
    read = plan_rules.read_plan(sheet, of_year, *patiently(lambda: plans.reading_of(team.id)))
    imported = write(lambda: plans.take_in(By(team.id), of_year, read.lines, clock.now()))
    _say_taken(read, imported, len(read.lines) - imported, read.wrong, read.notes)


def _team(slug: str) -> Team:
    team = teams.find_team(slug)
    if team is None:
        raise Refused("There is no team “%(slug)s”.", slug=slug)
    return team


@bp.cli.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing when there are people already.")
@_explained()
def fill_demo(if_empty: bool) -> None:
    """Fill an empty database with the demo team 清风志愿 and print its log-ins."""
    settings = current_app.config["SETTINGS"]
    if write(lambda: demo.fill(settings.demo_people, clock.now())):
        click.echo("The demo team 清风志愿 is ready.")
    elif not if_empty:
        raise click.ClickException("The database is not empty; the demo team needs an empty one.")
    click.echo(demo.log_ins(settings.base_url) if teams.find_team(demo.SLUG) else settings.base_url)


_AS_TYPED = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@bp.cli.command("db", add_help_option=False, context_settings=_AS_TYPED)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def change_tables(context: click.Context, words: tuple[str, ...]) -> None:
    """Bring the tables up to date (upgrade), and whatever else Flask-Migrate can do with them."""
    from flask_migrate.cli import db as commands  # brings Alembic along, which nobody else waits for

    commands.main(words, prog_name=context.command_path)


@bp.cli.command("tick")
@_explained()
def tick() -> None:
    """Do the periodic work once."""
    click.echo(f"{_tick()} dates made")


def _tick() -> int:
    """Each job in a transaction of its own: together they would take locks out of order. Returns the dates made."""
    now = clock.now()
    done = {job: write(partial(job, now)) for job in jobs("tick")}
    return int(done[activities.tick])


@bp.cli.command("worker")
def worker() -> None:
    """Do the periodic work for ever. Several workers at once are safe."""
    while True:
        try:
            _tick()
        except ServiceUnavailable:
            current_app.logger.warning("the database takes no writes; trying again in %d s", PAUSE)
        db.session.remove()
        time.sleep(PAUSE)


@bp.cli.command("check")
def check() -> None:
    """See whether what is stored agrees with itself; exit 1 and say what is wrong if anything is."""
    now = clock.now()
    wrong = [sentence for job in jobs("check") for sentence in job(now)]
    for sentence in wrong:
        click.echo(sentence)
    click.echo(f"{len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


@bp.cli.command("rebuild")
@_explained()
def rebuild() -> None:
    """Make what is kept of every sign-up anew from the lines of the ledger; `check` says when that is needed."""
    click.echo(f"{sum(write(job) for job in jobs('rebuild'))} sign-ups")
