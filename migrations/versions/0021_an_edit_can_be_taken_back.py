"""What was changed of an activity and its dates can be taken back."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("team.id", name="fk_edit_team_id"), nullable=False),
        sa.Column("activity_id", sa.Integer(), sa.ForeignKey("activity.id", name="fk_edit_activity_id"), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id", name="fk_edit_by_id"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_edit"),
    )
    op.create_index("ix_edit_activity_id_at", "edit", ["activity_id", "at"])


def downgrade() -> None:
    op.drop_table("edit")
