"""Addresses: of this site's own pages, of the page one came from, as QR code; ids and landmarks among them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import segno
from flask import current_app, request, url_for
from markupsafe import Markup
from werkzeug.routing import IntegerConverter, Map

GREATEST_ID = 2**31 - 1


class IdConverter(IntegerConverter):
    """An id in an address; anything that no row can have is simply not found."""

    regex = r"[0-9]{1,10}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=GREATEST_ID)


def qr(address: str) -> Markup:
    """A QR code as inline SVG, sized by the style sheet."""
    svg = segno.make(address, error="m").svg_inline(omitsize=True, border=4, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - segno draws it from modules, no text of the address is in it


def qr_image(address: str) -> str:
    """A QR code as a picture to press and save, with its address as an image's source."""
    return str(segno.make(address, error="m").png_data_uri(scale=8, border=4))


def landmark(name: str) -> str:
    """What `url_for` calls a page to which rooms lead that need not know whose it is; `home` has their list."""
    return str(current_app.extensions["landmarks"][name])


def page_at(endpoint: str, values: Mapping[str, Any]) -> str:
    """The address of a page. values: of the address of something below it, which has all that the page's needs."""
    needed = next(current_app.url_map.iter_rules(endpoint)).arguments
    return url_for(endpoint, **{name: value for name, value in values.items() if name in needed})


def page_above() -> str:
    """The page to which the address asked for, which only takes posts, belongs; "" for one that takes none either.

    It is the page that `home` names for its deed, else the nearest one above it.
    """
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not adapter.test(method="POST"):
        return ""
    endpoint, values = adapter.match(method="POST")
    if page := current_app.extensions["belong"].get(endpoint):
        return page_at(page, values)
    path = request.path
    while not adapter.test(path := path.rpartition("/")[0] or "/", "GET"):
        pass
    return request.script_root + path


def public_url(endpoint: str, **values: Any) -> str:
    """A full address under the configured base, never under whatever host the request claimed."""
    return str(current_app.config["SETTINGS"].base_url) + url_for(endpoint, **values)


def local_path(target: str | None) -> str:
    """`target` if it is a path on this site, else "" (no open redirect)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return ""
    return "" if any(ord(letter) < 32 or letter == "\\" for letter in target) else target


def back(otherwise: str = "/") -> str:
    """The page the reader came from, if it is ours; else another one."""
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:  # no address at all
        return otherwise
    own = came_from.netloc in (request.host, urlsplit(current_app.config["SETTINGS"].base_url).netloc)
    path = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    return (local_path(path) if own else "") or otherwise
