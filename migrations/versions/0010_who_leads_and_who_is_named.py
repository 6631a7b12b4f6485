"""An activity's leader can be a member; whoever objects is not named to others on a date."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("activity") as activity:
        activity.add_column(sa.Column("responsible_id", sa.Integer(), nullable=True))
        activity.create_foreign_key(op.f("fk_activity_responsible_id"), "person", ["responsible_id"], ["id"])
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("unnamed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("person") as person:
        person.drop_column("unnamed")
    with op.batch_alter_table("activity") as activity:
        activity.drop_constraint(op.f("fk_activity_responsible_id"), type_="foreignkey")
        activity.drop_column("responsible_id")
