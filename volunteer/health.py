"""What a supervisor asks: is the process alive, can it reach its tables, does the periodic work keep up."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .database import db

bp = Blueprint("health", __name__)


def init_app(app: Flask, figures: Mapping[str, Callable[[], int]]) -> None:
    """Hang the pages on an app. `figures` are shown by name; each should be 0 when all is well."""
    app.extensions["health"] = figures
    app.register_blueprint(bp)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers; asks nothing of the database."""
    return {"status": "ok"}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database answers and has its tables."""
    try:
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        figures = {name: figure() for name, figure in current_app.extensions["health"].items()}
    except DBAPIError:
        return {"status": "no database"}, 503
    return {"status": "ok", "schema": version} | figures
