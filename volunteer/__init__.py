"""A volunteer team's year: activities, sign-ups, attendance, hours, stars, calendars.

The map of this house. Each room may know only the rooms above it, and what everything may know:

    config clock errors words actor settings; now and working days; what turns a request down; sentences; who is asking

    storage       the database, the audit trail, what a deed did to rows, the counters of feeds
    web           what every page shares: who may call it, one POST one transaction, forms, formats, refusals
    papers        what people hand in and take away: tables and their previews, calendar files, what is printed

    accounts      people, log-in, devices
    notices       how a deed is closed; what people are told, until they have read it
    teams         teams, roles, roster, invites and personal links, households
    activities    kinds, activities and series, their dates and shifts as planned
    signups       who has a place, waits, gets one that becomes free (tickets), brings others, hands over
    ledger        who was there: lines, minutes, verdicts, one's own record
    schedule      what becomes of dates that have people: cancelled, moved, edited and undone; who knows, whom to call
    checkin       the day itself: the leader's list, walk-ins, codes, the door; which row of a list is whose
    sheets        the list on paper: drawn, and its rows typed back
    stars         the person's ladder
    plans         the year's plan and how far it is; facts entered by hand; the report, each number with its list
    calendar      feeds, agenda
    home          today for leaders, this week, a date, my page, what is public; where pages stand; no tables

Beside create_app(), cli and demo may know all. Within a room: views → service → rules + models; a role is asked for by
web/access.py, everything finer is a question `may_…` in the room's rules.py; jobs.py has its share of what `flask tick`
and `flask check` do. What only decides is pure. The contracts in pyproject.toml keep all that; what a page links to
below its room it finds by a landmark (home/landmarks.py).
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask
from werkzeug.local import LocalProxy

from . import web
from .config import ROOT, Settings
from .storage.connections import engine_options, prepare_engine
from .storage.database import db
from .storage.gate import Gate, Watch
from .web import access, tokens
from .web.pages import Pages

SHARED = ("storage", "web", "papers")
FEATURES = (
    "accounts",
    "notices",
    "teams",
    "activities",
    "signups",
    "ledger",
    "schedule",
    "checkin",
    "sheets",
    "stars",
    "plans",
    "calendar",
    "home",
)


def create_app(settings: Settings | None = None) -> Flask:
    """The application, with the settings of the environment unless others are given."""
    settings = settings or Settings.from_environment()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), instance_path=str(ROOT / "instance"))
    app.jinja_environment = Pages
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, settings.threads),
        SESSION_COOKIE_SECURE=settings.behind_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=180 * 24 * 3600,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
    )
    db.init_app(app)
    app.extensions["migrate"] = LocalProxy(lambda: _migrations(app))
    web.init_app(app)
    tokens.keep_out_of_logs(app.logger)
    _open_rooms(app)
    with app.app_context():
        prepare_engine(db.engine)
        app.extensions["gate"] = Gate(settings.threads, Watch(db.engine))
    return app


def _migrations(app: Flask) -> Any:
    """What Flask-Migrate keeps about the app, from when it is asked for: only then is Alembic loaded."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=ROOT / "migrations", render_as_batch=True)
    return app.extensions["migrate"]


def _open_rooms(app: Flask) -> None:
    """Load every room's tables and pages, in order."""
    from . import cli, clock
    from .activities import dates
    from .calendar import left_out
    from .checkin.lending import keeps_list
    from .home.menu import find_actor
    from .web import health

    access.init_app(app, find_actor, lambda actor, date_id: keeps_list(actor, date_id, clock.now()))
    modules("models")
    for blueprint in dict.fromkeys(views.bp for views in modules("views")):
        app.register_blueprint(blueprint)
    figures = {
        "horizon_lag_days": lambda: dates.lag(clock.now()),
        "dates_left_out": lambda: left_out.count(clock.now()),
    }
    health.init_app(app, figures)
    app.register_blueprint(cli.bp)


def modules(part: str) -> list[ModuleType]:
    """The modules of this name, and those that say of what (`code_views`), of each room, in the order of the rooms."""
    house = Path(__file__).parent
    files = [path for room in (*SHARED, *FEATURES) for path in sorted((house / room).glob(f"*{part}.py"))]
    found = [path for path in files if path.stem == part or path.stem.endswith(f"_{part}")]
    return [import_module(f".{path.parent.name}.{path.stem}", __name__) for path in found]


def jobs(name: str) -> list[Callable[..., Any]]:
    """The rooms' shares of a job such as `tick`, in order: what their jobs.py call so, or `tick_…` if it is several."""
    return [
        share
        for module in modules("jobs")
        for called, share in vars(module).items()
        if called == name or called.startswith(f"{name}_")
    ]
