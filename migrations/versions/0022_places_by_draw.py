"""Places by draw: a position keeps the seed it is drawn with, and what the draw came to."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("activity", sa.Column("by_draw", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("shift", sa.Column("seed", sa.String(length=64)))
    op.add_column("shift", sa.Column("undrawn", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("shift", sa.Column("drawn", sa.JSON()))
    by_draw = sa.text("seed IS NOT NULL")
    op.create_index("ix_shift_by_draw", "shift", ["starts_at"], sqlite_where=by_draw, postgresql_where=by_draw)


def downgrade() -> None:
    op.drop_index("ix_shift_by_draw", "shift")
    op.drop_column("shift", "drawn")
    op.drop_column("shift", "undrawn")
    op.drop_column("shift", "seed")
    op.drop_column("activity", "by_draw")
