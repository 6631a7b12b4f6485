"""The ledger in full: lines carry all that decides, and hours count once somebody has confirmed them.

What counted before is confirmed here, minute for minute, so that no hour and no star falls; what held no more, as a
date was called off or a place given up, is taken back in a line of its own.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from volunteer.ledger.replay import LedgerLine, attendance
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
    _confirm_what_counted(connection)
    _write_balances(connection)


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
        UPDATE entry SET done_at = recorded_at,
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
            "occurrence_id", sa.Integer(), sa.ForeignKey("occurrence.id", name="fk_balance_occurrence_id"), nullable=False
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


LINES = sa.text(
    """
    SELECT entry.id, entry.signup_id, entry.team_id, entry.occurrence_id, entry.person_id, entry."group",
        entry.household_id, entry.kind, entry.at, entry.corrects_id, entry.planned_start, entry.planned_end, entry.counts,
        entry.recorded_at, signup.status, signup.changed_at, shift.starts_at, shift.ends_at, occurrence.state, team.zone
    FROM entry JOIN signup ON signup.id = entry.signup_id JOIN shift ON shift.id = signup.shift_id
    JOIN occurrence ON occurrence.id = shift.occurrence_id JOIN team ON team.id = entry.team_id
    ORDER BY entry.signup_id, entry.id
    """
).columns(
    **dict.fromkeys(
        ("at", "planned_start", "planned_end", "recorded_at", "changed_at", "starts_at", "ends_at"), UtcDateTime()
    ),
    counts=sa.Boolean(),
)
ENTRY = sa.table(
    "entry",
    *(sa.column(name) for name in ("key", "team_id", "signup_id", "occurrence_id", "person_id", "group", "household_id")),
    *(sa.column(name) for name in ("kind", "minutes", "claimed", "evidence", "reason", "corrects_id")),
    *(sa.column(name, UtcDateTime()) for name in ("at", "planned_start", "planned_end", "done_at", "recorded_at")),
    sa.column("counts", sa.Boolean()),
)


def _holds(line: sa.Row) -> bool:
    """What counted before: lines of places still held, of dates that take place when the line says."""
    judges = line.kind in (*VERDICTS, "void")
    stands = line.status == "confirmed" and (line.kind not in VERDICTS or line.recorded_at >= line.starts_at)
    return (
        (stands or (line.status == "on_leave" and judges))
        and line.recorded_at >= line.changed_at
        and line.state == "published"
        and line.planned_start == line.starts_at
        and (judges or line.planned_end == line.ends_at)
    )


def _confirm_what_counted(connection: sa.Connection) -> None:
    new, given = [], defaultdict(list)
    for signup_id, its in groupby(connection.execute(LINES).all(), key=lambda line: line.signup_id):
        lines = list(its)
        voided = {line.corrects_id for line in lines if line.kind == "void"}
        stands = [line for line in lines if line.kind != "void" and line.id not in voided]
        gone = [line for line in stands if not _holds(line)]
        for n, line in enumerate(gone, len(lines) + 1):
            then = max(line.recorded_at, line.changed_at)
            new.append(_line(line, n, "void", then, corrects_id=line.id))
        kept = [line for line in stands if _holds(line)]
        if kept and kept[-1].kind == "in":
            last = kept[-1]
            span = (max(last.at, last.planned_start), signup_id, last.planned_end)
            given[last.person_id, last.team_id, last.counts].append((span, last, len(lines) + len(gone) + 1))
    for theirs in given.values():
        minutes = _counted([span for span, _, _ in theirs], theirs[0][1].zone)
        for (begin, signup_id, end), line, n in theirs:
            claimed = max(0, (end - begin) // timedelta(minutes=1))
            counts = minutes[signup_id] if line.counts else claimed
            new.append(_line(line, n, "confirm", line.recorded_at, minutes=counts, claimed=claimed))
    if new:
        op.bulk_insert(ENTRY, new)


def _line(line: sa.Row, n: int, kind: str, then: datetime, **said: int) -> dict[str, object]:
    same = ("team_id", "signup_id", "occurrence_id", "person_id", "group", "household_id")
    copied = {name: getattr(line, name) for name in (*same, "planned_start", "planned_end", "counts")}
    blank = {"minutes": None, "claimed": None, "corrects_id": None, "reason": "升级时确认" if kind == "confirm" else ""}
    moments = {"at": line.planned_start, "done_at": then, "recorded_at": then}
    return copied | blank | moments | said | {"key": f"{line.signup_id}:{n}", "kind": kind, "evidence": "upgrade"}


def _counted(spans: list[tuple[datetime, int, datetime]], zone: str) -> dict[int, int]:
    """Minutes by sign-up, as they counted: each moment once, of a day eight hours, the earlier ones first."""
    counted, used, covered = {}, defaultdict(timedelta), datetime.min.replace(tzinfo=UTC)
    for begin, signup_id, end in sorted(spans):
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


def _write_balances(connection: sa.Connection) -> None:
    """What the lines come to, by the rule of today: what is kept of it is made anew by `flask rebuild` at any time."""
    times = ("at", "until", "planned_start", "planned_end", "done_at", "recorded_at")
    kinds = {name: UtcDateTime() for name in times} | {"counts": sa.Boolean()}
    names = list(LedgerLine.__dataclass_fields__)
    lines = sa.text(f"SELECT {', '.join(names)} FROM entry ORDER BY signup_id, id").columns(**kinds)  # noqa: S608
    whose = {one.id: one for one in connection.execute(sa.text("SELECT id, team_id, person_id FROM signup"))}
    dates = dict(connection.execute(sa.text("SELECT signup_id, max(occurrence_id) FROM entry GROUP BY signup_id")).all())
    rows = []
    for signup_id, its in groupby(connection.execute(lines).all(), key=lambda row: row.signup_id):
        said = attendance((LedgerLine(*row) for row in its), datetime.max.replace(tzinfo=UTC))
        one = {name: getattr(said, name) for name in said.__dataclass_fields__}
        one |= {"spans": json.dumps(said.spans), "signers": json.dumps(said.signers), "open": said.open}
        person = {"team_id": whose[signup_id].team_id, "person_id": whose[signup_id].person_id}
        rows.append(one | person | {"signup_id": signup_id, "occurrence_id": dates[signup_id]})
    balance = sa.table(
        "balance",
        *(sa.column(name) for name in (rows[0] if rows else ()) if name not in ("planned_start", "planned_end", "said_at")),
        *(sa.column(name, UtcDateTime()) for name in ("planned_start", "planned_end", "said_at")),
    )
    for first in range(0, len(rows), 500):
        op.bulk_insert(balance, rows[first : first + 500])
    op.execute(
        "UPDATE signup SET checked_in = true WHERE id IN (SELECT signup_id FROM balance WHERE kind IN ('in', 'typed'))"
    )


def downgrade() -> None:
    op.drop_table("balance")
    op.drop_column("signup", "checked_in")
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
