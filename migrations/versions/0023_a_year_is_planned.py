"""A year has a plan, and facts that no list of names tells."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "plan_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("kind_id", sa.Integer(), nullable=False),
        sa.Column("dates", sa.Integer(), nullable=True),
        sa.Column("attendances", sa.Integer(), nullable=True),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("months", sa.JSON(), nullable=False),
        sa.Column("lead", sa.String(length=60), nullable=False),
        sa.Column("partners", sa.String(length=200), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("dates >= 0 AND attendances >= 0", name=op.f("ck_plan_item_targets_not_negative")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_plan_item_team_id")),
        sa.ForeignKeyConstraint(["kind_id"], ["kind.id"], name=op.f("fk_plan_item_kind_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_item")),
        sa.UniqueConstraint("team_id", "year", "title", name=op.f("uq_plan_item_team_id_year_title")),
    )
    op.create_table(
        "plan_activity",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["plan_item.id"], name=op.f("fk_plan_activity_item_id")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_plan_activity_activity_id")),
        sa.PrimaryKeyConstraint("item_id", "activity_id", name=op.f("pk_plan_activity")),
    )
    op.create_index(op.f("ix_plan_activity_activity_id"), "plan_activity", ["activity_id"])
    op.create_table(
        "fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("signup_id", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("n >= 0", name=op.f("ck_fact_n_not_negative")),
        sa.CheckConstraint("rank > 0", name=op.f("ck_fact_rank_positive")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_fact_team_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fact_person_id")),
        sa.ForeignKeyConstraint(["signup_id"], ["signup.id"], name=op.f("fk_fact_signup_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_fact_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
    )
    op.create_index(op.f("ix_fact_team_id_day"), "fact", ["team_id", "day"])
    op.create_index(op.f("ix_fact_person_id"), "fact", ["person_id"])
    op.create_index(op.f("ix_fact_signup_id"), "fact", ["signup_id"])


def downgrade() -> None:
    op.drop_table("fact")
    op.drop_table("plan_activity")
    op.drop_table("plan_item")
