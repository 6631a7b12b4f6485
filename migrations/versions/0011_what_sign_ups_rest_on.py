"""What an activity asks of those who sign up, whether it is voluntary, and why a sign-up stands as it does."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("activity") as activity:
        activity.add_column(sa.Column("opens_before", sa.Integer(), nullable=True))
        activity.add_column(sa.Column("deadline_before", sa.Integer(), nullable=False, server_default="0"))
        activity.add_column(sa.Column("requirements", sa.String(length=500), nullable=False, server_default=""))
        activity.add_column(sa.Column("min_age", sa.Integer(), nullable=True))
        activity.add_column(sa.Column("insurance", sa.String(length=200), nullable=False, server_default=""))
        activity.add_column(sa.Column("voluntary", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("activity") as activity:
        for column in ("deadline_before", "requirements", "insurance", "voluntary"):
            activity.alter_column(column, server_default=None)
    with op.batch_alter_table("signup") as signup:
        signup.add_column(sa.Column("meets_at", UtcDateTime(), nullable=True))
        signup.add_column(sa.Column("ground", sa.String(length=20), nullable=True))
        signup.add_column(sa.Column("ground_n", sa.Integer(), nullable=True))
        signup.add_column(sa.Column("ground_of", sa.Integer(), nullable=True))
        signup.add_column(sa.Column("ground_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    for column in ("ground_until", "ground_of", "ground_n", "ground", "meets_at"):
        op.drop_column("signup", column)  # in place: a table others point at cannot be made anew on SQLite
    for column in ("voluntary", "insurance", "min_age", "requirements", "deadline_before", "opens_before"):
        op.drop_column("activity", column)
