"""What a supervisor asks: is the process alive, can it reach its tables."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .database import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers; asks nothing of the database."""
    return {"status": "ok"}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database answers and has its tables."""
    try:
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        return {"status": "no database"}, 503
    return {"status": "ok", "schema": version}
