"""The sheet of one date on paper: who is expected, where they sign, and room for those who just come."""

from dataclasses import asdict, dataclass
from datetime import datetime

from flask_babel import get_locale, gettext

from ..papers import documents


@dataclass(frozen=True)
class PaperRow:
    """Somebody who is expected. number: of the row, by which they are typed back."""

    number: int
    name: str
    group: str = ""


@dataclass(frozen=True)
class PaperSheet:
    """A printed list; what is empty is not said. edition: a short mark such as A7, which tells this print from earlier
    ones. address: where its numbers are typed back. blank: how many rows are left for walk-ins. made_at: when it was
    printed."""

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

    @property
    def blank_numbers(self) -> range:
        """The numbers of its empty rows go on after the last name."""
        after = max((row.number for row in self.rows), default=0) + 1
        return range(after, after + self.blank)


def draw(sheet: PaperSheet) -> bytes:
    """The sheet as PDF, in the language that is spoken. Raises Refused for a letter that cannot be printed."""
    values = asdict(sheet)
    made_at = values.pop("made_at")
    values |= {
        "language": str(get_locale().language),
        "blank": list(sheet.blank_numbers),
        "qr": documents.qr(sheet.address),
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
            "how": gettext(
                "Afterwards type the numbers back, with the mark of this sheet: %(edition)s 1-7,9,12 late:3 absent:8",
                edition=sheet.edition,
            ),
        },
    }
    return documents.draw("checkin/sheet.typ", values, made_at)
