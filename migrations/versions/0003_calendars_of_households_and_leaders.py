"""Calendars of households and leaders, and when one's own dates ring."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0003"
down_revision = "0002"

_PERSON = "person_id IS NOT NULL"
_TEAM = "person_id IS NULL"


def _one(name: str, columns: list[str], owner: str) -> None:
    op.create_index(
        name, "feed", columns, unique=True, sqlite_where=sa.text(owner), postgresql_where=sa.text(owner)
    )


def upgrade() -> None:
    op.add_column("team", sa.Column("names_in_feeds", sa.String(length=20), nullable=False, server_default="none"))
    op.add_column("household", sa.Column("sequence", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("household", sa.Column("changed_at", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_shift_team_id_starts_at"), "shift", ["team_id", "starts_at"])
    op.drop_index("uq_feed_of_person", table_name="feed")
    op.drop_index("uq_feed_of_team", table_name="feed")
    op.execute("DELETE FROM feed WHERE revoked_at IS NOT NULL")  # from now on one row for each owner and scope
    with op.batch_alter_table("feed") as feed:
        feed.add_column(sa.Column("household_id", sa.Integer(), nullable=True))
        feed.add_column(sa.Column("alarm", sa.String(length=20), nullable=False, server_default="none"))
        feed.create_foreign_key(op.f("fk_feed_household_id"), "household", ["household_id"], ["id"])
        feed.create_unique_constraint(op.f("uq_feed_household_id_person_id"), ["household_id", "person_id"])
    _one("uq_feed_of_person", ["team_id", "person_id", "scope"], f"{_PERSON} AND household_id IS NULL")
    _one("uq_feed_of_team", ["team_id", "scope"], _TEAM)


def downgrade() -> None:
    op.drop_index("uq_feed_of_person", table_name="feed")
    op.drop_index("uq_feed_of_team", table_name="feed")
    op.execute("DELETE FROM feed WHERE revoked_at IS NOT NULL OR scope IN ('household', 'leader')")
    with op.batch_alter_table("feed") as feed:
        feed.drop_constraint(op.f("uq_feed_household_id_person_id"), type_="unique")
        feed.drop_constraint(op.f("fk_feed_household_id"), type_="foreignkey")
        feed.drop_column("alarm")
        feed.drop_column("household_id")
    _one("uq_feed_of_person", ["team_id", "person_id", "scope"], f"revoked_at IS NULL AND {_PERSON}")
    _one("uq_feed_of_team", ["team_id", "scope"], f"revoked_at IS NULL AND {_TEAM}")
    op.drop_index(op.f("ix_shift_team_id_starts_at"), table_name="shift")
    op.drop_column("household", "changed_at")
    op.drop_column("household", "sequence")
    op.drop_column("team", "names_in_feeds")
