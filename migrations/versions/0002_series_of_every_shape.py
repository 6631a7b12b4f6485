"""Series of every shape, and days the team knows better than the national calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_calendar_day_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sa.UniqueConstraint("team_id", "day", name=op.f("uq_calendar_day_team_id_day")),
    )
    with op.batch_alter_table("activity") as activity:
        activity.add_column(sa.Column("count", sa.Integer(), nullable=True))
        activity.add_column(sa.Column("dates", sa.JSON(), nullable=True))
        activity.add_column(sa.Column("planned_until", sa.Date(), nullable=True))
        activity.add_column(sa.Column("predecessor_id", sa.Integer(), nullable=True))
        activity.create_foreign_key(op.f("fk_activity_predecessor_id"), "activity", ["predecessor_id"], ["id"])
    with op.batch_alter_table("occurrence") as occurrence:
        occurrence.add_column(sa.Column("fixed", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("occurrence") as occurrence:
        occurrence.alter_column("fixed", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("occurrence") as occurrence:
        occurrence.drop_column("fixed")
    with op.batch_alter_table("activity") as activity:
        activity.drop_constraint(op.f("fk_activity_predecessor_id"), type_="foreignkey")
        activity.drop_column("predecessor_id")
        activity.drop_column("planned_until")
        activity.drop_column("dates")
        activity.drop_column("count")
    op.drop_table("calendar_day")
