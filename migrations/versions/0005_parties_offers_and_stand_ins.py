"""Parties, approval, safe minimum, offers, leave, stand-ins."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in ("shift_plan", "shift"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("minimum", sa.Integer(), nullable=False, server_default="0"))
            batch.add_column(sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("minimum", server_default=None)
            batch.alter_column("needs_approval", server_default=None)
    with op.batch_alter_table("signup") as signup:
        signup.alter_column("person_id", existing_type=sa.Integer(), nullable=True)
        signup.add_column(sa.Column("label", sa.String(length=40), nullable=False, server_default=""))
        signup.add_column(sa.Column("offer_until", UtcDateTime(), nullable=True))
        signup.add_column(sa.Column("leave_reason", sa.String(length=20), nullable=True))
    with op.batch_alter_table("signup") as signup:
        signup.alter_column("label", server_default=None)
        signup.create_index(op.f("ix_signup_offer_until"), ["offer_until"])
    op.create_table(
        "companion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signup_id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=20), nullable=False),
        sa.Column("age_band", sa.String(length=20), nullable=False),
        sa.Column("guardian_tick_at", UtcDateTime(), nullable=True),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["signup_id"], ["signup.id"], name=op.f("fk_companion_signup_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companion")),
    )
    op.create_index(op.f("ix_companion_signup_id"), "companion", ["signup_id"])
    op.create_table(
        "stand_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("signup_id", sa.Integer(), nullable=False),
        sa.Column("asked_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_stand_in_team_id")),
        sa.ForeignKeyConstraint(["signup_id"], ["signup.id"], name=op.f("fk_stand_in_signup_id")),
        sa.ForeignKeyConstraint(["asked_id"], ["person.id"], name=op.f("fk_stand_in_asked_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_in")),
    )
    op.create_index(op.f("ix_stand_in_signup_id"), "stand_in", ["signup_id"])
    op.create_index(op.f("ix_stand_in_asked_id_state"), "stand_in", ["asked_id", "state"])


def downgrade() -> None:
    op.drop_table("stand_in")
    op.drop_table("companion")
    op.execute("DELETE FROM signup WHERE person_id IS NULL")
    with op.batch_alter_table("signup") as signup:
        signup.drop_index(op.f("ix_signup_offer_until"))
        signup.drop_column("leave_reason")
        signup.drop_column("offer_until")
        signup.drop_column("label")
        signup.alter_column("person_id", existing_type=sa.Integer(), nullable=False)
    for table in ("shift_plan", "shift"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("needs_approval")
            batch.drop_column("minimum")
