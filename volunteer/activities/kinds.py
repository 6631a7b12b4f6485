"""The kinds of activity a new team starts with, in kinds.json; from then on they are the team's own data.

colour: how calendars paint it. aliases: other words plan files use for a kind. measures: what is counted afterwards.
"""

import json
from pathlib import Path

from ..storage.database import db
from .models import Kind

_SHIPPED = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
COLOURS = {str(kind["code"]): str(kind.pop("colour")) for kind in _SHIPPED}
"""How a kind is painted in calendars, by its code: a name of CSS."""
_UNLESS_SAID = {"counts_as_service": False, "private": False, "dangerous": False, "aliases": [], "measures": []}


def install_kinds(team_id: int) -> None:
    db.session.add_all(Kind(team_id=team_id, **_UNLESS_SAID | kind) for kind in _SHIPPED)
    db.session.flush()
