"""What was printed of a list is kept, so that its row numbers can be typed back."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("blank", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=16), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_edition_team_id"),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_edition_occurrence_id"),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
        sa.UniqueConstraint("team_id", "number", name="uq_edition_team_id_number"),
    )
    op.create_index("ix_edition_occurrence_id", "edition", ["occurrence_id"])


def downgrade() -> None:
    op.drop_table("edition")
