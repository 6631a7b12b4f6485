"""What the ledger says of a team's dates is found by the days they are on."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_index("ix_balance_team_id_planned_start", "balance", ["team_id", "planned_start"])


def downgrade() -> None:
    op.drop_index("ix_balance_team_id_planned_start", table_name="balance")
