"""People check in by a code of their date, and what became of each code held up is kept."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("occurrence", sa.Column("check_secret", sa.String(length=32), nullable=True))
    op.add_column("occurrence", sa.Column("digits_open", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_scan_team_id"),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_scan_occurrence_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_scan_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scan"),
    )
    op.create_index("ix_scan_occurrence_id", "scan", ["occurrence_id"])


def downgrade() -> None:
    op.drop_table("scan")
    op.drop_column("occurrence", "digits_open")
    op.drop_column("occurrence", "check_secret")
