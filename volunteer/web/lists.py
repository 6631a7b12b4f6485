"""How a list is asked for and answered: a page of it, or the whole of it as a file to take away."""

import re
from typing import Protocol
from urllib.parse import quote

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from .. import clock
from ..storage import audit
from ..storage.database import write
from .access import the_actor
from .forms import plain

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 40
_FORBIDDEN_IN_FILE_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|%', "-"))


class Listed(Protocol):
    """A list as `papers.tables.listings` makes it."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def has_people(self) -> bool: ...

    def page(self, number: int) -> object: ...

    def csv(self) -> bytes: ...

    def xlsx(self) -> bytes: ...


def words() -> str:
    """What is looked for, as it stands in the address."""
    return plain(request.args.get("q", ""))[:LONGEST]


def answer(listed: Listed, template: str) -> ResponseReturnValue:
    """The page of a list the address asks for; with `?format=csv` or `xlsx` all that was found, as a file.

    Whoever takes a list of people away stands in the trail first.
    """
    make = {"csv": (listed.csv, "text/csv; charset=utf-8"), "xlsx": (listed.xlsx, XLSX)}
    wanted = request.args.get("format", "")
    if wanted not in make:
        number = request.args.get("page", "")
        return render_template(
            template, found=listed.page(int(number) if re.fullmatch("[1-9][0-9]{0,5}", number) else 1)
        )
    write_file, content_type = make[wanted]
    content, actor, now = write_file(), the_actor(), clock.now()
    if listed.has_people:
        took = {"format": wanted, "searched": bool(words())}
        write(lambda: audit.note(actor, "take away", listed.name, now, **took))
    day = clock.today(now, actor.zone)
    return attachment(content, content_type, f"{actor.team_name} {listed.title} {day}", f"{listed.name}-{day}", wanted)


def _number() -> int:
    number = request.args.get("page", "")
    return int(number) if re.fullmatch("[1-9][0-9]{0,5}", number) else 1


def attachment(content: bytes, content_type: str, name: str, plain_name: str, ending: str) -> Response:
    """A file to keep. plain_name: its name in letters that old programs know; both without the ending."""
    response = Response(content, content_type=content_type)
    whole = quote(f"{name.translate(_FORBIDDEN_IN_FILE_NAMES)[:80].strip(' .')}.{ending}", safe="")
    said = f"attachment; filename=\"{plain_name}.{ending}\"; filename*=UTF-8''{whole}"
    response.headers["Content-Disposition"] = said
    return response
