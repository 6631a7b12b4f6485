"""What a date brought, such as 38 bags, stands beside its hours."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("team.id", name="fk_outcome_team_id"), nullable=False),
        sa.Column(
            "occurrence_id", sa.Integer(), sa.ForeignKey("occurrence.id", name="fk_outcome_occurrence_id"), nullable=False
        ),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outcome"),
        sa.UniqueConstraint("occurrence_id", "measure", name="uq_outcome_occurrence_id_measure"),
    )
    op.create_index("ix_outcome_team_id", "outcome", ["team_id"])


def downgrade() -> None:
    op.drop_table("outcome")
