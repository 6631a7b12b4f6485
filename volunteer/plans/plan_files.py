"""A plan handed in: looked at, its columns matched and its lines mended by hand, then taken in as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..actor import Actor
from ..errors import Missing, Refused
from ..papers.tables import previews
from ..papers.tables.handed_in import MAX_CELL, cleaned
from ..papers.tables.lines import ColumnMissing, Unknown
from ..papers.tables.previews import ByHand, Preview
from ..teams.comparison import Fate
from . import service as plans
from .rules import FIELDS, PlanFile, open_plan, read_plan, year_of
from .service import Weighed

WHAT = "plan"


@dataclass(frozen=True)
class PlanLook:
    """What somebody sees of a plan they have handed in. missing: why it cannot be read yet."""

    preview: Preview
    said: ByHand
    year: int
    plan: PlanFile
    weighed: list[Weighed]
    missing: ColumnMissing | None = None

    @property
    def due(self) -> list[Weighed]:
        return [one for one in self.weighed if one.fate is not Fate.UNCHANGED]

    @property
    def digests(self) -> dict[str, str]:
        return {one.line.title: one.digest for one in self.due}

    @property
    def seen(self) -> str:
        """A word for what it shows."""
        return previews.digest(self.digests)

    @property
    def unsaid(self) -> list[Unknown]:
        """Columns nobody has said anything about."""
        return [column for column in self.plan.unknown if column.heading not in self.said.mapped]

    def texts(self, number: int) -> dict[str, str]:
        """What stands on a wrong line, by column."""
        line = next(one.line for one in self.plan.wrong if one.number == number)
        return {column: line.text(column) if line else "" for column in FIELDS}


def hand_in(actor: Actor, file_name: str, data: bytes, year: int, now: datetime) -> PlanLook:
    """Read a file; nothing is kept before `keep`. year: unless the file says of which one it is."""
    sheet = open_plan(data)
    said = ByHand(answers={"year": str(year_of(sheet, file_name) or year)})
    return _look(actor, previews.make(actor, WHAT, file_name, sheet, now), said)


def look_at(actor: Actor, preview_id: int) -> PlanLook:
    """How it stands now. Missing for anybody but its maker. Reads only."""
    preview = previews.get_for(actor, WHAT, preview_id)
    return _look(actor, preview, ByHand.of(preview))


def match(actor: Actor, preview_id: int, heading: str, column: str) -> PlanLook:
    """The same, once a heading is matched with a column by hand; "" leaves it out."""
    look = look_at(actor, preview_id)
    if column not in ("", *FIELDS) or heading not in {one.heading for one in look.plan.unknown}:
        raise Missing
    return _look(actor, look.preview, look.said.also("mapped", heading, column))


def mend(actor: Actor, preview_id: int, number: str, typed: Mapping[str, str]) -> PlanLook:
    """The same, with something else on a line that was wrong."""
    look = look_at(actor, preview_id)
    if number not in {str(one.number) for one in look.plan.wrong}:
        raise Missing
    texts = {column: cleaned(typed[column][:MAX_CELL]) for column in FIELDS}
    return _look(actor, look.preview, look.said.also("mended", number, texts))


def keep(look: PlanLook) -> int:
    """Keep what was handed in and said, and that this is what its maker sees. Returns the preview's id."""
    return previews.keep(look.preview, look.said, look.digests)


def take(actor: Actor, preview_id: int, seen: str, now: datetime) -> int:
    """Take in what its maker has seen; returns how many items. Refused, nothing written, for what is unseen."""
    plans.lock(actor.team_id)
    look = look_at(actor, preview_id)
    if not previews.is_seen(look.preview, look.digests, seen):
        raise Refused("The plan has changed since you looked. This is how it stands now; look at it, then take it in.")
    return plans.take_in(actor, look.year, look.plan.lines, now)


def _look(actor: Actor, preview: Preview, said: ByHand) -> PlanLook:
    year, mapped = int(said.answers["year"]), {heading: column for heading, column in said.mapped.items() if column}
    try:
        plan = read_plan(previews.sheet_of(preview), year, *plans.reading_of(actor.team_id), mapped, said.mended)
    except ColumnMissing as refused:
        return PlanLook(preview, said, year, PlanFile(unknown=refused.unknown), [], refused.with_traceback(None))
    return PlanLook(preview, said, year, plan, plans.weigh(actor.team_id, year, plan.lines))
