"""What an error of the database means: it passes by itself, or somebody has to mend something, or it is our fault."""

from enum import StrEnum

import psycopg
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import ServiceUnavailable


class Trouble(StrEnum):
    """Why nothing can be stored until somebody mends it, in the words of `/readyz`."""

    FULL = "disk full"
    READ_ONLY = "read only"
    BROKEN = "disk error"
    EXHAUSTED = "out of resources"
    ABSENT = "no database"


class Unwritable(ServiceUnavailable):
    """Nothing can be stored, and trying again would not help."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"Nothing can be written to the database: {trouble}.", retry_after=60)
        self.trouble = trouble


_OF_SQLITE = {
    "SQLITE_FULL": Trouble.FULL,
    "SQLITE_IOERR_SHMSIZE": Trouble.FULL,  # no room for what its processes share
    "SQLITE_READONLY": Trouble.READ_ONLY,
    "SQLITE_IOERR": Trouble.BROKEN,
    "SQLITE_CANTOPEN": Trouble.ABSENT,
}
"""By the beginning of their names; the first that fits."""
_OF_POSTGRESQL = {
    "53100": Trouble.FULL,
    "53000": Trouble.EXHAUSTED,
    "53200": Trouble.EXHAUSTED,
    "53400": Trouble.EXHAUSTED,
    "58030": Trouble.BROKEN,
    "25006": Trouble.READ_ONLY,  # for good, or for as long as it is a standby
}
_PASSING = {
    "25006",  # it is a standby
    "40001",  # serialization failure
    "40P01",  # deadlock
    "53300",  # too many connections
    "57P01",  # shutting down
    "57P02",  # another process of the server crashed
    "57P03",  # starting up
}

_WAITED = {
    "55P03",  # a lock was not had in time
    "57014",  # given up
}


def trouble_of(error: DBAPIError) -> Trouble | None:
    """Why nothing can be stored; None when it is no such error."""
    if name := getattr(error.orig, "sqlite_errorname", ""):
        return next((trouble for start, trouble in _OF_SQLITE.items() if name.startswith(start)), None)
    return _OF_POSTGRESQL.get(_state_of(error))


def is_passing(error: DBAPIError) -> bool:
    """Would the same work succeed a little later? (Lost connection, deadlock, failover, SQLite's queue full.)"""
    unreachable = isinstance(error.orig, psycopg.OperationalError) and error.orig.sqlstate is None
    return error.connection_invalidated or unreachable or has_waited(error) or _state_of(error) in _PASSING


def has_waited(error: DBAPIError) -> bool:
    """Did it wait for its turn, and may well get it the next time?"""
    return getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY") or _state_of(error) in _WAITED


def _state_of(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
