"""What a supervisor asks: is the process alive, can it read and write its tables, does the periodic work keep up.

Nobody may post for hours, so whoever asks makes the process write as much as a sign-up does, and nothing stays of it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ..storage.database import db, write_once
from ..storage.troubles import Trouble, trouble_of

HOLDS = 1.0
"""Seconds for which a process tells what it found, however many ask."""
_PATIENCE = 200
_AS_MUCH_AS_A_SIGN_UP = {
    # The log grows by eleven pages, a sign-up's by ten.
    "sqlite": (
        "INSERT INTO alembic_version VALUES (hex(zeroblob(8192)))",
        "DELETE FROM alembic_version WHERE length(version_num) > 32",
    ),
    # Free room within a table says nothing of the disk; a result that does not fit in the memory allowed is written.
    "postgresql": (
        "UPDATE alembic_version SET version_num = version_num WHERE false",
        "SET LOCAL work_mem = '64kB'",
        "SELECT count(*) FROM generate_series(1, 20000)",
    ),
}

bp = Blueprint("health", __name__)


@dataclass
class _Health:
    figures: Mapping[str, Callable[[], int]]
    lock: threading.Lock = field(default_factory=threading.Lock)
    trouble: Trouble | None = None
    found_at: float = -HOLDS


def init_app(app: Flask, figures: Mapping[str, Callable[[], int]]) -> None:
    """Hang the pages on an app. `figures` are shown by name; each should be 0 when all is well."""
    app.extensions["health"] = _Health(figures)
    app.register_blueprint(bp)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers; asks nothing of the database."""
    return {"status": "ok"}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database answers, has its tables and takes writes."""
    health: _Health = current_app.extensions["health"]
    try:
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        figures = {name: figure() for name, figure in health.figures.items()}
    except DBAPIError as error:
        return {"status": trouble_of(error) or Trouble.ABSENT}, 503
    if trouble := _trouble(health):
        return {"status": trouble}, 503
    return {"status": "ok", "schema": version} | figures


def _trouble(health: _Health) -> Trouble | None:
    with health.lock:
        if time.monotonic() - health.found_at >= HOLDS:
            health.trouble = _find_trouble()
            health.found_at = time.monotonic()
        return health.trouble


def _find_trouble() -> Trouble | None:
    """Why a write fails now. None, too, when it does not get its turn: then others write."""
    try:
        write_once(_write_and_take_back, _PATIENCE)
    except DBAPIError as error:
        return trouble_of(error)
    return None


def _write_and_take_back() -> None:
    for statement in _AS_MUCH_AS_A_SIGN_UP[db.engine.dialect.name]:
        db.session.execute(text(statement))
