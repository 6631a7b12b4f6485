"""The last changes of a team's dates, and what waits for its leaders, are found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    known = sa.text("news_at IS NOT NULL")
    columns = ["team_id", "news_at"]
    op.create_index("ix_occurrence_news", "occurrence", columns, sqlite_where=known, postgresql_where=known)
    waits = sa.text("status IN ('requested', 'offered', 'on_leave')")
    op.create_index("ix_signup_for_leaders", "signup", ["team_id"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index("ix_signup_for_leaders", "signup")
    op.drop_index("ix_occurrence_news", "occurrence")
