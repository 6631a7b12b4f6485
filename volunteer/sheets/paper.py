"""The list of a date on paper: what a print of it shows, and how that is drawn."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from flask_babel import get_locale, gettext

from ..activities.models import Occurrence
from ..actor import Actor
from ..checkin.editions import NumberedRow
from ..checkin.models import Edition
from ..papers import documents
from ..papers.notation import mark_of
from ..web.formats import at, full_day


@dataclass(frozen=True)
class PaperRow:
    """Somebody who is expected. number: of the row, by which they are typed back. shift: their position, where a date
    has several. is_gone: they are not expected any more, and keep their row."""

    number: int
    name: str
    group: str = ""
    shift: str = ""
    is_gone: bool = False


@dataclass(frozen=True)
class PaperSheet:
    """A printed list; what is empty is not said. edition: a short mark such as A7, which tells this print from earlier
    ones. address: where its numbers are typed back. poster: what checks in whoever scans it; "": there is none. blank:
    how many rows are left for walk-ins. made_at: when it was printed."""

    edition: str
    address: str
    team: str
    title: str
    when: str
    place: str
    meeting: str
    leader: str
    rows: tuple[PaperRow, ...]
    blank: int
    made_at: datetime
    poster: str = ""

    @property
    def blank_numbers(self) -> range:
        """The numbers of its empty rows go on after the last name."""
        after = max((row.number for row in self.rows), default=0) + 1
        return range(after, after + self.blank)


def sheet_of(
    actor: Actor, date: Occurrence, edition: Edition, rows: Sequence[NumberedRow], address: str, poster: str
) -> PaperSheet:
    """What a print of a date's list shows."""
    several = len({row.shift_id for row in rows}) > 1
    return PaperSheet(
        edition=mark_of(edition.number),
        address=address,
        team=actor.team_name,
        title=date.title,
        when=f"{full_day(date.starts_at)} {at(date.starts_at)}–{at(date.ends_at)}",
        place=date.place,
        meeting=date.meeting,
        leader=date.activity.responsible,
        rows=tuple(PaperRow(row.number, row.name, row.group, row.shift * several, row.is_gone) for row in rows),
        blank=edition.blank,
        made_at=edition.made_at,
        poster=poster,
    )


def draw(sheet: PaperSheet) -> bytes:
    """The sheet as PDF, in the language that is spoken. Raises Refused for a letter that cannot be printed."""
    values = asdict(sheet)
    made_at = values.pop("made_at")
    values |= {
        "language": str(get_locale().language),
        "blank": list(sheet.blank_numbers),
        "qr": documents.qr(sheet.poster or sheet.address),
        "words": {
            "sheet": gettext("Attendance sheet"),
            "when": gettext("When"),
            "place": gettext("Place"),
            "meeting": gettext("Meeting point"),
            "team": gettext("Team"),
            "leader": gettext("Leader"),
            "number": gettext("No."),
            "name": gettext("Name"),
            "group": gettext("Group"),
            "in": gettext("Time in"),
            "out": gettext("Time out"),
            "signature": gettext("Signature"),
            "scan": gettext("Scan to check in") if sheet.poster else gettext("Type it back here"),
            "how": gettext(
                "Afterwards type the numbers back with the mark of this: %(edition)s 1-7,9,12 late:3%(at)s absent:8",
                edition=sheet.edition,
                at="@9:40",
            ),
        },
    }
    return documents.draw("sheets/sheet.typ", values, made_at)
