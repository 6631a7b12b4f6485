"""Answers that are lists or files: what people look at and take away."""

import re
from typing import Any
from urllib.parse import quote

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from .. import clock
from ..errors import Forbidden
from ..storage import audit
from ..storage.database import write
from ..web.access import the_actor
from ..words import one_line
from .tables.listings import Listing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX, "docx": DOCX}
LONGEST = 40
_FORBIDDEN_IN_FILE_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|%', "-"))


def words_asked() -> str:
    """What is looked for, as it stands in the address."""
    return one_line(request.args.get("q", ""))[:LONGEST]


def listed(found: Listing, template: str, **shown: object) -> ResponseReturnValue:
    """The page of a list the address asks for; with `?format=csv` or `xlsx` all that was found, as a file.

    shown: what else the page shows. Only leaders take a list away.
    """
    make = {"csv": found.csv, "xlsx": found.xlsx}
    wanted = request.args.get("format", "")
    if wanted not in make:
        return render_template(template, found=found.page(_number()), **shown)
    if not the_actor().leads:
        raise Forbidden
    took = {"searched": bool(words_asked())} if found.has_people else None
    return taken_away(make[wanted](), wanted, found.name, found.title, took)


def taken_away(content: bytes, ending: str, name: str, title: str, people: dict[str, Any] | None) -> Response:
    """A file with a list. people: what else the trail says when there are any on it: who takes them away stands there.

    name: what the trail calls it; title: in the reader's language.
    """
    actor, now = the_actor(), clock.now()
    if people is not None:
        write(lambda: audit.note(actor, "take away", name, now, format=ending, **people))
    day = clock.today(now, actor.zone)
    return attachment(content, _TYPES[ending], f"{actor.team_name} {title} {day}", f"{name}-{day}", ending)


def _number() -> int:
    """Which page, from 1."""
    number = request.args.get("page", "")
    return int(number) if re.fullmatch("[1-9][0-9]{0,5}", number) else 1


def attachment(content: bytes, content_type: str, name: str, plain_name: str, ending: str) -> Response:
    """A file to keep. plain_name: its name in letters that old programs know; both without the ending."""
    response = Response(content, content_type=content_type)
    whole = quote(f"{name.translate(_FORBIDDEN_IN_FILE_NAMES)[:80].strip(' .')}.{ending}", safe="")
    said = f"attachment; filename=\"{plain_name}.{ending}\"; filename*=UTF-8''{whole}"
    response.headers["Content-Disposition"] = said
    return response
