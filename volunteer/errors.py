"""The three ways a request can be turned down.

Home of the refusals every room raises; `web.py` is the only place that turns them into pages.
"""

from flask_babel import lazy_gettext


class Refused(Exception):
    """A rule says no, and the person can do something about it.

    message: a whole English sentence, marked with `_l()` where it is raised, that says what
        happened and what to do next.
    field: the form field the sentence belongs to, if any.
    values: put into the sentence's `%(name)s` places.
    """

    def __init__(self, message: str, *, field: str = "", **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.values = values

    def __str__(self) -> str:
        return str(lazy_gettext(self.message, **self.values)) if self.values else str(self.message)


class Missing(Exception):
    """There is no such thing, or not for this person (404): the two look the same from outside."""


class Forbidden(Exception):
    """The thing is theirs to see, the deed is not theirs to do (403)."""
