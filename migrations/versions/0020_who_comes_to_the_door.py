"""Each activity says how people check in; who comes to the door without an account is kept until a leader answers."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("activity", sa.Column("check_in", sa.String(length=20), nullable=False, server_default="rolling"))
    op.create_table(
        "caller",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("team.id", name="fk_caller_team_id"), nullable=False),
        sa.Column(
            "occurrence_id", sa.Integer(), sa.ForeignKey("occurrence.id", name="fk_caller_occurrence_id"), nullable=False
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=11), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_caller"),
        sa.UniqueConstraint("occurrence_id", "name", "phone", name="uq_caller_occurrence_id_name_phone"),
    )
    op.create_index("ix_scan_at", "scan", ["at"])


def downgrade() -> None:
    op.drop_index("ix_scan_at", "scan")
    op.drop_table("caller")
    op.drop_column("activity", "check_in")
