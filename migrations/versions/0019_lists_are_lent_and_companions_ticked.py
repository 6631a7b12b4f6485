"""The list of a date is lent to somebody on it; who comes along is ticked; who comes later says by when."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    # in place: a table others point at cannot be made anew on SQLite
    op.execute(
        "ALTER TABLE occurrence ADD COLUMN lent_to_id INTEGER "
        "CONSTRAINT fk_occurrence_lent_to_id REFERENCES person (id)"
    )
    op.add_column("signup", sa.Column("comes_at", UtcDateTime(), nullable=True))
    op.add_column("companion", sa.Column("came", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("companion", sa.Column("said_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("companion", "said_at")
    op.drop_column("companion", "came")
    op.drop_column("signup", "comes_at")
    op.drop_column("occurrence", "lent_to_id")
