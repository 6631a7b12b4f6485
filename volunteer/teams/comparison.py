"""A roster held against the team: what would become of each line. Pure: values in, values out.

Home of what makes a line unchanged, and of when two lines are one person. Nobody is changed by a guess: who has
another number now is asked about, and whoever is missing from the roster stays.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

from ..actor import Role, at_least
from ..errors import Refused
from ..papers.tables.lines import Note, WrongLine
from ..words import Sentence, as_written
from . import rules
from .roster import Roster, RosterLine
from .rules import Member

Judged = RosterLine | WrongLine
_NUMBER = attrgetter("number")


class Fate(StrEnum):
    """What becomes of a line. asked: nothing, until somebody says whether it is the person we know."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ASKED = "asked"


class Answer(StrEnum):
    """Is it the member of that name? same: with a new number."""

    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True)
class Compared:
    """A line, and what becomes of it. key: its name among the lines of its file. who: the member it is. changes: what
    of them changes; `back` when they had left. alike: the members it may be, where that is asked."""

    key: str
    line: RosterLine
    fate: Fate
    who: Member | None = None
    changes: tuple[str, ...] = ()
    alike: tuple[Member, ...] = ()

    @property
    def brings_number(self) -> bool:
        """Is it a number that nobody has had?"""
        return self.fate is Fate.NEW or "phone" in self.changes

    @property
    def settles(self) -> bool:
        """Does somebody move into a household?"""
        return bool(self.line.household) and (self.fate is Fate.NEW or "household" in self.changes)

    @property
    def digest(self) -> str:
        """A word for exactly this."""
        return sha256(repr((self.line, self.fate, self.who, self.changes, self.alike)).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Comparison:
    """What would become of a roster. wrong: by key."""

    lines: tuple[Compared, ...]
    wrong: Mapping[str, WrongLine]
    notes: Sequence[Note]

    def having(self, *fates: Fate) -> list[Compared]:
        return [one for one in self.lines if one.fate in fates]

    @property
    def due(self) -> list[Compared]:
        """Those of which there is anything to do."""
        return self.having(Fate.NEW, Fate.CHANGED)

    @property
    def digests(self) -> dict[str, str]:
        """A word for what becomes of each line, but of those that are in already."""
        right = {one.key: one.digest for one in self.lines if one.fate is not Fate.UNCHANGED}
        return right | dict.fromkeys(self.wrong, "wrong")


def by_key(roster: Roster) -> dict[str, Judged]:
    """The lines of a roster by names that stay: their number, and which of them where two stand side by side."""
    found: dict[str, Judged] = {}
    lines: list[Judged] = sorted([*roster.lines, *roster.wrong], key=_NUMBER)
    for number, beside in groupby(lines, key=_NUMBER):
        found |= {f"{number}-{n}" if n > 1 else str(number): one for n, one in enumerate(beside, 1)}
    return found


class _Team:
    """Who is known, by number and by name. found: those of whom it is clear which line is theirs."""

    def __init__(self, members: Sequence[Member], on_file: AbstractSet[str]) -> None:
        self.by_phone = {member.phone: member for member in members}
        self.found = {member.person_id for member in members if member.phone in on_file}
        self._named = defaultdict[tuple[str, str], list[Member]](list)
        for member in members:
            if not member.has_left:
                self._named[as_written(member.name), as_written(member.group)].append(member)

    def namesakes(self, line: RosterLine) -> list[Member]:
        """Those of the same name and group."""
        return self._named.get((line.name, line.group), [])


def compare(
    judged: Mapping[str, Judged],
    members: Sequence[Member],
    outsiders: AbstractSet[str],
    grantor: Role | None,
    answers: Mapping[str, str],
    notes: Sequence[Note],
) -> Comparison:
    """Hold lines against everyone who is or was on the team.

    judged: by key. outsiders: numbers of people the team does not know. grantor: whoever hands it in; None: the
    operator's console. answers: by key, `Answer.OTHER` or the id of the member it is. notes: those of its reading.
    """
    lines: list[Compared] = []
    wrong = {key: one for key, one in judged.items() if isinstance(one, WrongLine)}
    more: list[Note] = []
    right = {key: one for key, one in judged.items() if isinstance(one, RosterLine)}
    team = _Team(members, {line.phone for line in right.values()})
    for key, line in right.items():
        if why := _why_not(line, outsiders, grantor):
            wrong[key] = WrongLine(line.number, why)
        elif who := team.by_phone.get(line.phone):
            lines.append(_known(key, line, who))
            more += _notes_on(line, who)
        else:
            lines.append(_unknown(key, line, team, grantor, answers.get(key)))
            if lines[-1].fate is Fate.NEW and team.namesakes(line):
                more.append(Note(line.number, _NAMESAKE))
    in_order = sorted(wrong.items(), key=lambda one: one[1].number)
    return Comparison(tuple(lines), dict(in_order), sorted((*notes, *more), key=_NUMBER))


ASKED = Sentence("Somebody of this name and group has another number on the roster. Is it a new one of theirs?")
_NAMESAKE = Sentence("Somebody in this group has the same name; this is taken as another person.")


def _why_not(line: RosterLine, outsiders: AbstractSet[str], grantor: Role | None) -> Refused | None:
    if not rules.may_grant(grantor, line.role):
        return Refused("Only an administrator can make somebody a leader.")
    if line.phone in outsiders:
        return Refused("This number belongs to somebody outside the team. Send them the invite instead.")
    return None


def _known(key: str, line: RosterLine, who: Member, *changes: str) -> Compared:
    """What a line leaves empty stays, and so do a name and a role already held."""
    held = [(column, getattr(line, column), getattr(who, column)) for column in ("group", "skills", "household")]
    more = [column for column, new, old in held if new not in ("", old) and new != as_written(old)]
    changed = (*changes, *(["back"] if who.has_left else []), *more)
    return Compared(key, line, Fate.CHANGED if changed else Fate.UNCHANGED, who, changed)


def _unknown(key: str, line: RosterLine, team: _Team, grantor: Role | None, answer: str | None) -> Compared:
    alike = [who for who in team.namesakes(line) if who.person_id not in team.found]
    if not alike or answer == Answer.OTHER:
        return Compared(key, line, Fate.NEW)
    who = next((one for one in alike if str(one.person_id) == answer), None)
    if who and may_be_same(grantor, who):
        team.found.add(who.person_id)
        return _known(key, line, who, "phone")
    return Compared(key, line, Fate.ASKED, alike=tuple(alike))


def may_be_same(grantor: Role | None, who: Member) -> bool:
    """May somebody say that a member has a new number? Whoever has the number gets in, as with a link."""
    return grantor is None or rules.may_hand_link(grantor, who)


def _notes_on(line: RosterLine, who: Member) -> list[Note]:
    said = []
    if line.name != as_written(who.name):
        said.append(Sentence("This number stands on the roster under another name, which stays."))
    if not who.has_left and not at_least(who.role, line.role):
        said.append(Sentence("The role already held stays."))
    return [Note(line.number, sentence) for sentence in said]
