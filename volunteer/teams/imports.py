"""A roster handed in through the browser: looked at, its columns matched and its lines mended by hand, then taken."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..accounts.rules import masked_typed
from ..actor import Actor
from ..errors import Forbidden, Missing, Refused, or_missing
from ..papers.tables import previews
from ..papers.tables.handed_in import MAX_CELL, Row, Sheet, cleaned
from ..papers.tables.lines import ColumnMissing, Note, Unknown, WrongLine
from ..papers.tables.previews import ByHand, Preview
from . import intake
from .comparison import Answer, Comparison, Fate, Judged, by_key, may_be_same
from .roster import COLUMNS, Roster, RosterLine, open_roster, read_roster

WHAT = "roster"
FIELDS = ("name", "phone", "group", "household", "role", "skills")
"""The columns of a line, as they are mended."""
HEADINGS = tuple(COLUMNS.headings[column][0] for column in FIELDS)
"""What they are called in a file of ours, so that it can be read again."""
_NOTHING = Roster((), ())


@dataclass(frozen=True)
class Look:
    """What somebody sees of a roster they have handed in.

    judged: the lines by key, mended ones as they are now. roster: the file as it was read, with the columns matched by
    hand. missing: why it cannot be read yet.
    """

    preview: Preview
    said: ByHand
    roster: Roster
    judged: Mapping[str, Judged]
    comparison: Comparison
    missing: Refused | None = None

    @property
    def seen(self) -> str:
        """A word for what it shows."""
        return previews.digest(self.comparison.digests)

    @property
    def unsaid(self) -> list[Unknown]:
        """Columns nobody has said anything about."""
        return [column for column in self.roster.unknown if column.heading not in self.said.mapped]

    def texts(self, key: str) -> dict[str, str]:
        """What stands on a line, by column."""
        one = self.judged[key]
        if mended := self.said.mended.get(key):
            return {column: str(mended[column]) for column in FIELDS}
        if isinstance(one, RosterLine):
            return {column: str(getattr(one, column)) for column in FIELDS}
        return {column: one.line.text(column) if one.line else "" for column in FIELDS}

    def masked(self, key: str) -> dict[str, str]:
        """The same, of the number what others see, with the line's own number first."""
        texts = self.texts(key)
        phone = texts["phone"] and masked_typed(texts["phone"])
        return {"line": str(self.judged[key].number)} | texts | {"phone": phone}


def hand_in(actor: Actor, file_name: str, data: bytes, now: datetime) -> Look:
    """Read a file; nothing is kept before `keep`. Raises Refused for a file that cannot be read."""
    return _look(actor, previews.make(actor, WHAT, file_name, open_roster(data), now), ByHand())


def look_at(actor: Actor, preview_id: int) -> Look:
    """How a roster stands now. Missing for anybody but its maker. Reads only; of thousands of lines for seconds."""
    preview = previews.get_for(actor, WHAT, preview_id)
    return _look(actor, preview, ByHand.of(preview))


def match(actor: Actor, preview_id: int, heading: str, column: str) -> Look:
    """The same, once a heading is matched with a column by hand; "" leaves it out."""
    look = look_at(actor, preview_id)
    if column not in ("", *FIELDS) or heading not in look.roster.left_out:
        raise Missing
    return _look(actor, look.preview, look.said.also("mapped", heading, column))


def mend(actor: Actor, preview_id: int, key: str, typed: Mapping[str, str]) -> Look:
    """The same, with something else on a line; a phone left empty is the one that stands there."""
    look = look_at(actor, preview_id)
    if key not in look.judged:
        raise Missing
    texts = {column: cleaned(typed[column][:MAX_CELL]) for column in FIELDS}
    texts["phone"] = texts["phone"] or look.texts(key)["phone"]
    return _also(actor, look, "mended", key, texts)


def answer(actor: Actor, preview_id: int, key: str, answer: Answer, person_id: int | None) -> Look:
    """The same, once somebody has said who it is; person_id: which member, None for the only one it may be.

    Forbidden where the number is not theirs to change.
    """
    look = look_at(actor, preview_id)
    asked = or_missing(next((one for one in look.comparison.having(Fate.ASKED) if one.key == key), None))
    if answer is Answer.OTHER:
        return _also(actor, look, "answers", key, answer.value)
    alike = [who for who in asked.alike if person_id in (who.person_id, None)]
    if len(alike) != 1:
        raise Missing
    if not may_be_same(actor.role, alike[0]):
        raise Forbidden
    return _also(actor, look, "answers", key, str(alike[0].person_id))


def keep(look: Look) -> int:
    """Keep what somebody has handed in and said, and that this is what they see now. Returns the preview's id."""
    return previews.keep(look.preview, look.said, look.comparison.digests)


def slices(actor: Actor, look: Look, seen: str, now: datetime) -> Iterator[Callable[[], int]]:
    """The works that take it in, see `intake.slices`. seen: `Look.seen` of their page. Refused for what is unseen."""
    if not previews.is_seen(look.preview, look.comparison.digests, seen):
        raise intake.has_changed()
    return intake.slices(actor, actor.zone, look.comparison, now)


def _look(actor: Actor, preview: Preview, said: ByHand) -> Look:
    missing, sheet = None, previews.sheet_of(preview)
    try:
        roster = read_roster(sheet, {heading: column for heading, column in said.mapped.items() if column})
    except ColumnMissing as refused:
        missing, roster = refused.with_traceback(None), replace(_NOTHING, unknown=refused.unknown)
    return _held(actor, preview, said, roster, missing)


def _also(actor: Actor, look: Look, part: str, key: str, said: object) -> Look:
    """The same, and one thing more said about a line: the file is not read again."""
    return _held(actor, look.preview, look.said.also(part, key, said), look.roster, look.missing)


def _held(actor: Actor, preview: Preview, said: ByHand, roster: Roster, missing: Refused | None) -> Look:
    judged, notes = _mended(by_key(roster), said.mended)
    comparison = intake.hold_against(actor.team_id, judged, (*roster.notes, *notes), actor.role, said.answers)
    return Look(preview, said, roster, judged, comparison, missing)


def _mended(judged: dict[str, Judged], mended: Mapping[str, Mapping[str, str]]) -> tuple[dict[str, Judged], list[Note]]:
    """The lines, some of them as somebody has written them since; and what there is to know of those."""
    notes: list[Note] = []
    for key in mended.keys() & judged.keys():
        read = _read_again(judged.pop(key).number, mended[key])
        notes += read.notes
        for one in by_key(read).values():
            judged[key] = _unless_twice(one, judged)
    return judged, notes


def _read_again(number: int, texts: Mapping[str, str]) -> Roster:
    """A line by itself; an empty one is none."""
    cells = tuple(texts[column] for column in FIELDS)
    return read_roster(Sheet((Row(number - 1, HEADINGS), Row(number, cells)))) if any(cells) else _NOTHING


def _unless_twice(one: Judged, others: Mapping[str, Judged]) -> Judged:
    """A number that stands on another line makes this one wrong."""
    if isinstance(one, WrongLine):
        return one
    there = [line.number for line in others.values() if isinstance(line, RosterLine) and line.phone == one.phone]
    if not there:
        return one
    return WrongLine(one.number, Refused("The same phone number is already on line %(first)s.", first=min(there)))
