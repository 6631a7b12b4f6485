"""What every answer carries beside its body: security headers, compression; and answers that are lists or files."""

import gzip
import re
from typing import Protocol
from urllib.parse import quote

from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from .. import clock
from ..storage import audit
from ..storage.database import write
from ..words import one_line
from .access import the_actor

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""Of every answer that does not say otherwise."""
_HEADERS_BEHIND_TLS = _HEADERS | {"Strict-Transport-Security": "max-age=31536000"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 40
_FORBIDDEN_IN_FILE_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|%', "-"))
_COMPRESSED = {"text/html", "text/css", "text/javascript", "image/svg+xml"}


def secure(response: Response) -> Response:
    headers = response.headers
    if request.endpoint == "static" and "v" in request.args:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    wanted = _HEADERS_BEHIND_TLS if current_app.config["SETTINGS"].behind_tls else _HEADERS
    there = {name.lower() for name, _ in headers}
    headers.extend((name, value) for name, value in wanted.items() if name.lower() not in there)
    return response


def compress(response: Response) -> Response:
    """Send pages, styles and icons gzipped: in the villages every kilobyte is waited for."""
    worth_it = (
        response.mimetype in _COMPRESSED and response.status_code == 200 and "Content-Encoding" not in response.headers
    )
    if not worth_it:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        response.direct_passthrough = False
        response.set_data(gzip.compress(response.get_data(), compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)
    return response


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


def words_asked() -> str:
    """What is looked for, as it stands in the address."""
    return one_line(request.args.get("q", ""))[:LONGEST]


def listed(found: Listed, template: str) -> ResponseReturnValue:
    """The page of a list the address asks for; with `?format=csv` or `xlsx` all that was found, as a file.

    Whoever takes a list of people away stands in the trail first.
    """
    make = {"csv": (found.csv, "text/csv; charset=utf-8"), "xlsx": (found.xlsx, XLSX)}
    wanted = request.args.get("format", "")
    if wanted not in make:
        return render_template(template, found=found.page(_number()))
    write_file, content_type = make[wanted]
    content, actor, now = write_file(), the_actor(), clock.now()
    if found.has_people:
        took = {"format": wanted, "searched": bool(words_asked())}
        write(lambda: audit.note(actor, "take away", found.name, now, **took))
    day = clock.today(now, actor.zone)
    return attachment(content, content_type, f"{actor.team_name} {found.title} {day}", f"{found.name}-{day}", wanted)


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
