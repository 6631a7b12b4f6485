"""What somebody handed in, kept until they have looked at it and taken it.

Home of what is true of every preview, whatever stands in the table: whose it is, how long it stays, what its maker
said about it, and that nothing is taken which they have not seen. What a line means, and what becomes of it, is known
by the room that reads it (`teams/imports.py`, for one).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ForeignKey, String, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from ...actor import Actor
from ...errors import Missing
from ...storage.database import Base, db, insert
from ...words import one_line
from .handed_in import Row, Sheet, cleaned

KEPT = timedelta(days=2)


class Preview(Base):
    """A sheet as it was read, never the file; it holds no identity-card number."""

    __tablename__ = "preview"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str] = mapped_column(String(20))
    """What kind of table it is."""
    file_name: Mapped[str] = mapped_column(String(120))
    sheet: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    mapped: Mapped[dict[str, Any]]
    """By heading, which column its maker says it is; "" for none."""
    mended: Mapped[dict[str, Any]]
    """By line, what its maker writes instead, by column."""
    answers: Mapped[dict[str, Any]]
    """By line, what its maker answers where the line is asked about."""
    shown: Mapped[dict[str, Any]]
    """By line, what would have become of it when its maker last saw it; see `is_seen`."""
    at: Mapped[datetime]


@dataclass(frozen=True)
class ByHand:
    """What its maker has matched, mended and answered by hand; see `Preview`."""

    mapped: Mapping[str, Any] = field(default_factory=dict)
    mended: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, preview: Preview) -> "ByHand":
        return cls(preview.mapped, preview.mended, preview.answers)

    def also(self, part: str, key: str, said: object) -> "ByHand":
        """The same, and one thing more."""
        return replace(self, **{part: {**getattr(self, part), key: said}})


def make(actor: Actor, what: str, file_name: str, sheet: Sheet, now: datetime) -> Preview:
    """What was handed in, not kept yet."""
    cells = vars(sheet) | {"rows": [[row.number, row.cells, row.merged] for row in sheet.rows]}
    whose = {"team_id": actor.team_id, "person_id": actor.person_id}
    return Preview(what=what, file_name=cleaned(one_line(file_name))[-120:], sheet=cells, shown={}, at=now, **whose)


def keep(preview: Preview, said: ByHand, shown: Mapping[str, str]) -> int:
    """Keep what was handed in and said about it, and what its maker sees now. Returns its id; nothing is taken."""
    told = {"mapped": said.mapped, "mended": said.mended, "answers": said.answers, "shown": shown}
    if preview.id is not None:
        db.session.execute(update(Preview).where(Preview.id == preview.id).values(told))
        return preview.id
    new = {name: getattr(preview, name) for name in ("team_id", "person_id", "what", "file_name", "sheet", "at")}
    return db.session.scalars(insert(Preview).values(new | told).returning(Preview.id)).one()


def get_for(actor: Actor, what: str, preview_id: int) -> Preview:
    """Missing unless it is the actor's own, of the team they look at, and of that kind."""
    preview = db.session.get(Preview, preview_id)
    if preview is None or (preview.team_id, preview.person_id, preview.what) != (actor.team_id, actor.person_id, what):
        raise Missing
    return preview


def sheet_of(preview: Preview) -> Sheet:
    """What was handed in, as it was read."""
    kept: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in preview.sheet.items()}
    rows = tuple(Row(number, tuple(cells), tuple(merged)) for number, cells, merged in kept["rows"])
    return Sheet(**kept | {"rows": rows})


def is_seen(preview: Preview, due: Mapping[str, str], seen: str) -> bool:
    """Has its maker seen all that is still to be done? due: by line, a word for exactly what would become of it.

    seen: what the page they come from says it has shown, as `digest` of the same. Lines of which nothing is left to do
    are not in it: somebody else has been there, or this maker a moment ago.
    """
    return seen == digest(due) or due.items() <= preview.shown.items()


def digest(due: Mapping[str, str]) -> str:
    """A word for all that would be done, so that a page can say what it has shown."""
    return sha256(repr(sorted(due.items())).encode()).hexdigest()[:16]


def sweep(now: datetime) -> None:
    """Drop what was handed in and not taken in time."""
    db.session.execute(delete(Preview).where(Preview.at <= now - KEPT))
