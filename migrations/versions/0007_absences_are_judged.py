"""No-shows and appeals."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    missed = sa.text("no_show_at IS NOT NULL")
    with op.batch_alter_table("signup") as signup:
        signup.add_column(sa.Column("no_show_at", UtcDateTime(), nullable=True))
    op.create_index(
        op.f("ix_signup_person_id_no_show_at"),
        "signup",
        ["person_id", "no_show_at"],
        sqlite_where=missed,
        postgresql_where=missed,
    )
    op.create_table(
        "request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("signup_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_request_team_id")),
        sa.ForeignKeyConstraint(["signup_id"], ["signup.id"], name=op.f("fk_request_signup_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_request_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
    op.create_index(op.f("ix_request_signup_id"), "request", ["signup_id"])
    still_open = sa.text("state = 'open'")
    op.create_index(
        "uq_request_one_open",
        "request",
        ["signup_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade() -> None:
    op.drop_table("request")
    op.execute("DELETE FROM entry WHERE corrects_id IN (SELECT id FROM entry WHERE kind IN ('excused', 'no_show'))")
    op.execute("DELETE FROM entry WHERE kind IN ('excused', 'no_show')")
    op.drop_index(op.f("ix_signup_person_id_no_show_at"), "signup")
    op.drop_column("signup", "no_show_at")  # in place: a table others point at cannot be made anew on SQLite
