"""The ledger in full: lines carry all that decides, and hours count once somebody has confirmed them.

What counted before is confirmed here, minute for minute, so that no hour and no star falls; what held no more, as a
date was called off or a place given up, is taken back in a line of its own.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from volunteer import clock
from volunteer.storage.database import UtcDateTime

revision = "0015"
down_revision = "0014"

VERDICTS = ("excused", "no_show")
EIGHT_HOURS = timedelta(hours=8)


def upgrade() -> None:
    _add_columns()
    _fill()
    with op.batch_alter_table("entry") as entry:
        for name in ("occurrence_id", "done_at"):
            entry.alter_column(name, nullable=False)
        entry.create_index("ix_entry_person_id", ["person_id"])
    _make_balance()
    connection = op.get_bind()
    theirs = {n: list(its) for n, its in groupby(connection.execute(LINES).all(), key=lambda line: line.signup_id)}
    new = {n: list(_take_back(its)) for n, its in theirs.items()}
    stands = {n: line for n, its in theirs.items() if (line := _last_that_holds(its))}
    for n, line in _confirm_what_counted(stands, clock.now()):
        new[n].append(line)
    _insert(ENTRY, [numbered for n, its in new.items() for numbered in _numbered(its, len(theirs[n]))])
    _insert(BALANCE, [_balance(theirs[n], new[n], stands.get(n)) for n in theirs])
    op.execute("UPDATE signup SET checked_in = true WHERE id IN (SELECT signup_id FROM balance WHERE kind = 'in')")


def _add_columns() -> None:
    with op.batch_alter_table("entry") as entry:
        entry.add_column(sa.Column("occurrence_id", sa.Integer(), nullable=True))
        entry.add_column(sa.Column("person_id", sa.Integer(), nullable=True))
        entry.add_column(sa.Column("group", sa.String(length=40), nullable=False, server_default=""))
        entry.add_column(sa.Column("household_id", sa.Integer(), nullable=True))
        entry.add_column(sa.Column("until", UtcDateTime(), nullable=True))
        entry.add_column(sa.Column("minutes", sa.Integer(), nullable=True))
        entry.add_column(sa.Column("claimed", sa.Integer(), nullable=True))
        entry.add_column(sa.Column("quality", sa.String(length=20), nullable=True))
        entry.add_column(sa.Column("reason", sa.String(length=200), nullable=False, server_default=""))
        entry.add_column(sa.Column("done_at", UtcDateTime(), nullable=True))
        for column, table in (("occurrence_id", "occurrence"), ("person_id", "person"), ("household_id", "household")):
            entry.create_foreign_key(f"fk_entry_{column}", table, [column], ["id"])
    with op.batch_alter_table("entry") as entry:
        for name in ("group", "reason"):
            entry.alter_column(name, server_default=None)
    with op.batch_alter_table("request") as request:
        request.add_column(sa.Column("minutes", sa.Integer(), nullable=True))
    op.add_column("signup", sa.Column("checked_in", sa.Boolean(), nullable=False, server_default=sa.false()))


def _fill() -> None:
    op.execute(
        """
        UPDATE entry SET done_at = (SELECT max(before.recorded_at) FROM entry AS before
                                    WHERE before.signup_id = entry.signup_id AND before.id <= entry.id),
        person_id = (SELECT person_id FROM signup WHERE signup.id = entry.signup_id),
        occurrence_id = (SELECT shift.occurrence_id FROM signup JOIN shift ON shift.id = signup.shift_id
                         WHERE signup.id = entry.signup_id)
        """
    )
    op.execute(
        """
        UPDATE entry SET "group" = coalesce((SELECT membership."group" FROM membership
        WHERE membership.person_id = entry.person_id AND membership.team_id = entry.team_id), ''),
        household_id = (SELECT household_id FROM household_member AS home WHERE home.person_id = entry.person_id
                        AND home.team_id = entry.team_id AND home.until IS NULL)
        """
    )


def _make_balance() -> None:
    op.create_table(
        "balance",
        sa.Column("signup_id", sa.Integer(), sa.ForeignKey("signup.id", name="fk_balance_signup_id"), nullable=False),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("team.id", name="fk_balance_team_id"), nullable=False),
        sa.Column(
            "occurrence_id",
            sa.Integer(),
            sa.ForeignKey("occurrence.id", name="fk_balance_occurrence_id"),
            nullable=False,
        ),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id", name="fk_balance_person_id"), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("line_id", sa.Integer(), sa.ForeignKey("entry.id", name="fk_balance_line_id"), nullable=True),
        sa.Column("evidence", sa.String(length=20), nullable=True),
        sa.Column("said_by", sa.Integer(), nullable=True),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("planned_start", UtcDateTime(), nullable=False),
        sa.Column("planned_end", UtcDateTime(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("unmeasured_end", sa.Boolean(), nullable=False),
        sa.Column("typed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed", sa.Integer(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("signers", sa.JSON(), nullable=False),
        sa.Column("quality", sa.String(length=20), nullable=True),
        sa.Column("affirmed", sa.Boolean(), nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("signup_id", name="pk_balance"),
    )
    is_open = sa.text("open")
    op.create_index("ix_balance_person_id_planned_start", "balance", ["person_id", "planned_start"])
    op.create_index("ix_balance_occurrence_id", "balance", ["occurrence_id"])
    op.create_index(
        "ix_balance_open", "balance", ["team_id", "planned_end"], sqlite_where=is_open, postgresql_where=is_open
    )


MOMENTS = ("planned_start", "planned_end", "recorded_at", "done_at", "changed_at", "starts_at", "ends_at")
LINES = sa.text(
    """
    SELECT entry.id, entry.signup_id, entry.team_id, entry.occurrence_id, entry.person_id, entry."group",
        entry.household_id, entry.kind, entry.evidence, entry.by_id, entry.corrects_id, entry.planned_start,
        entry.planned_end, entry.counts, entry.recorded_at, entry.done_at, signup.status, signup.changed_at,
        shift.starts_at, shift.ends_at, occurrence.state, team.zone
    FROM entry JOIN signup ON signup.id = entry.signup_id JOIN shift ON shift.id = signup.shift_id
    JOIN occurrence ON occurrence.id = shift.occurrence_id JOIN team ON team.id = entry.team_id
    ORDER BY entry.signup_id, entry.id
    """
).columns(**dict.fromkeys(MOMENTS, UtcDateTime()), counts=sa.Boolean())


def _table(name: str, plain: str, moments: str, truths: str, lists: str = "") -> sa.TableClause:
    kinds = ((plain, sa.types.NULLTYPE), (moments, UtcDateTime()), (truths, sa.Boolean()), (lists, sa.JSON()))
    return sa.table(name, *(sa.column(one, kind) for names, kind in kinds for one in names.split()))


ENTRY = _table(
    "entry",
    "key team_id signup_id occurrence_id person_id group household_id kind minutes claimed evidence reason corrects_id",
    "at planned_start planned_end done_at recorded_at",
    "counts",
)
BALANCE = _table(
    "balance",
    "signup_id team_id occurrence_id person_id kind line_id evidence said_by confirmed",
    "said_at planned_start planned_end",
    "counts unmeasured_end settled affirmed corrected open",
    "spans signers",
)
AT_ONCE = 500


def _insert(table: sa.TableClause, rows: list[dict[str, object]]) -> None:
    for first in range(0, len(rows), AT_ONCE):
        op.bulk_insert(table, rows[first : first + AT_ONCE])


def _holds(line: sa.Row) -> bool:
    """What counted before: lines of places still held, of dates that take place when the line says."""
    judges = line.kind in VERDICTS
    stands = line.status == "confirmed" and (not judges or line.recorded_at >= line.starts_at)
    return (
        (stands or (line.status == "on_leave" and judges))
        and line.recorded_at >= line.changed_at
        and line.state == "published"
        and line.planned_start == line.starts_at
        and (judges or line.planned_end == line.ends_at)
    )


def _standing(its: list[sa.Row]) -> list[sa.Row]:
    taken_back = {line.corrects_id for line in its}
    return [line for line in its if line.kind != "void" and line.id not in taken_back]


def _take_back(its: list[sa.Row]) -> Iterator[dict[str, object]]:
    """What held no more is taken back from when that was so."""
    for line in _standing(its):
        if not _holds(line):
            yield _line(line, "void", max(line.done_at, line.changed_at), corrects_id=line.id)


def _last_that_holds(its: list[sa.Row]) -> sa.Row | None:
    return next((line for line in reversed(_standing(its)) if _holds(line)), None)


def _confirm_what_counted(stands: dict[int, sa.Row], now: datetime) -> Iterator[tuple[int, dict[str, object]]]:
    """Of the dates that are over, minute for minute."""
    given = defaultdict(list)
    for n, line in stands.items():
        if line.kind == "in" and line.planned_end <= now:
            given[line.person_id or -n, line.team_id, line.counts].append(line)
    for theirs in given.values():
        counted = _counted(theirs)
        for line in theirs:
            claimed = (line.planned_end - line.planned_start) // timedelta(minutes=1)
            minutes = counted[line.signup_id] if line.counts else claimed
            yield line.signup_id, _line(line, "confirm", line.done_at, minutes=minutes, claimed=claimed)


def _counted(theirs: list[sa.Row]) -> dict[int, int]:
    """Minutes by sign-up, as they counted: each moment once, of a day eight hours, the earlier ones first."""
    counted, used, covered = {}, defaultdict(timedelta), datetime.min.replace(tzinfo=UTC)
    for begin, signup_id, end, zone in sorted((a.planned_start, a.signup_id, a.planned_end, a.zone) for a in theirs):
        total, at = timedelta(), max(begin, covered)
        while at < end:
            here = at.astimezone(ZoneInfo(zone))
            midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
            until = min(end, midnight.astimezone(UTC))
            fits = min(until - at, EIGHT_HOURS - used[here.date()])
            used[here.date()] += fits
            total += fits
            at = until
        covered = max(covered, end)
        counted[signup_id] = total // timedelta(minutes=1)
    return counted


def _line(line: sa.Row, kind: str, then: datetime, **said: int) -> dict[str, object]:
    same = ("team_id", "signup_id", "occurrence_id", "person_id", "group", "household_id")
    copied = {name: getattr(line, name) for name in (*same, "planned_start", "planned_end", "counts")}
    blank = {"minutes": None, "claimed": None, "corrects_id": None, "reason": "升级时确认" if kind == "confirm" else ""}
    moments = {"at": line.planned_start, "done_at": then, "recorded_at": then}
    return copied | blank | moments | said | {"kind": kind, "evidence": "upgrade"}


def _numbered(new: list[dict[str, object]], known: int) -> Iterator[dict[str, object]]:
    for n, line in enumerate(new, known + 1):
        yield line | {"key": f"{line['signup_id']}:{n}"}


def _balance(its: list[sa.Row], new: list[dict[str, object]], last: sa.Row | None) -> dict[str, object]:
    """What the lines come to, by the rule of today; `flask rebuild` makes it anew at any time."""
    confirm = next((line for line in new if line["kind"] == "confirm"), None)
    ended = max(enumerate([*(one._mapping for one in its), *new]), key=lambda one: (one[1]["done_at"], one[0]))[1]
    said = last._mapping if last else ended
    there = last is not None and last.kind == "in" and last.planned_start < last.planned_end
    seconds = [[int(last.planned_start.timestamp()), int(last.planned_end.timestamp())]] if there else []
    minutes = confirm and confirm["minutes"]
    row = {name: its[0]._mapping[name] for name in ("signup_id", "team_id", "person_id", "occurrence_id")}
    row |= {name: said[name] for name in ("counts", "planned_start", "planned_end")}
    row |= {"kind": last and last.kind, "line_id": last and last.id, "evidence": last and last.evidence}
    row |= {"said_by": last and last.by_id, "said_at": last and last.recorded_at, "confirmed": minutes}
    row |= {"spans": seconds, "signers": [-1] if confirm else [], "settled": bool(confirm)}
    row |= dict.fromkeys(("unmeasured_end", "affirmed", "corrected"), False)
    return row | {"open": there and not (confirm and confirm["claimed"] == minutes)}


def downgrade() -> None:
    op.drop_table("balance")
    op.drop_column("signup", "checked_in")
    op.execute("DELETE FROM request WHERE kind <> 'appeal'")
    op.drop_column("request", "minutes")
    new = f"SELECT id FROM entry WHERE evidence = 'upgrade' OR kind NOT IN {('void', 'in', 'absent', *VERDICTS)}"  # noqa: S608
    op.execute(f"DELETE FROM entry WHERE corrects_id IN ({new})")  # noqa: S608
    op.execute(f"DELETE FROM entry WHERE id IN ({new})")  # noqa: S608
    op.drop_index("ix_entry_person_id", "entry")
    with op.batch_alter_table("entry") as entry:
        for name in ("occurrence_id", "person_id", "household_id"):
            entry.drop_constraint(f"fk_entry_{name}", type_="foreignkey")
            entry.drop_column(name)
        for name in ("done_at", "reason", "quality", "claimed", "minutes", "until", "group"):
            entry.drop_column(name)
