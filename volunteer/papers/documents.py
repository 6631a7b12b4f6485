"""Documents to print or to keep, as PDF: typst draws them from the templates beside those of pages.

The fonts are part of the package (docs/decisions/0021). Whatever a template draws stands in the values given to it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst

from ..config import ROOT
from ..errors import Refused
from ..words import visible

TEMPLATES = ROOT / "templates"
FONTS = Path(__file__).parent / "fonts"


def draw(template: str, values: Mapping[str, Any], made_at: datetime) -> bytes:
    """A PDF; the same values give the same bytes. template: its place among the templates. values: as JSON has them.

    made_at: when, as the file says of itself. Raises Refused, before anything is drawn, for a letter that no font
    has: typst would print a box in its place.
    """
    given = visible(json.dumps(values, ensure_ascii=False))
    if missing := set(given) - letters():
        raise Refused(
            "These characters cannot be printed: %(letters)s. Please write the text without them.",
            letters=" ".join(sorted(missing)),
        )
    return typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=typefaces(),
        sys_inputs={"given": given},
        timestamp=made_at.replace(microsecond=0),
    )


def qr(address: str) -> str:
    """A QR code as an SVG file that a template draws at any size."""
    file = BytesIO()
    segno.make(address, error="m").save(file, kind="svg", xmldecl=False, border=0, lineclass=None, omitsize=True)
    return file.getvalue().decode()


@cache
def letters() -> frozenset[str]:
    """All that can be printed."""
    return frozenset((FONTS / "letters.txt").read_text(encoding="utf-8"))


@cache
def typefaces() -> typst.Fonts:
    """Our fonts and no others: a document looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
