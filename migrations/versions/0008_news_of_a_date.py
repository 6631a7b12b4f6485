"""What was told of a date is found at once when it holds no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    unread = sa.text("read_at IS NULL")
    op.create_index("ix_notice_unread_of", "notice", ["occurrence_id"], sqlite_where=unread, postgresql_where=unread)


def downgrade() -> None:
    op.drop_index("ix_notice_unread_of", "notice")
