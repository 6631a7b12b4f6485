"""Dates say what is new about them and sign-ups whether that was seen; notices their event; people what they hear."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    for name in ("news_at", "was_starts_at", "was_ends_at"):
        op.add_column("occurrence", sa.Column(name, UtcDateTime(), nullable=True))
    op.add_column("occurrence", sa.Column("was_place", sa.String(120), nullable=False, server_default=sa.text("''")))
    # in place: a table others point at cannot be made anew on SQLite
    op.execute(
        "ALTER TABLE occurrence ADD COLUMN news_by_id INTEGER "
        "CONSTRAINT fk_occurrence_news_by_id REFERENCES person (id)"
    )
    op.add_column("signup", sa.Column("seen_at", UtcDateTime(), nullable=True))
    op.add_column("notice", sa.Column("event", sa.String(40), nullable=False, server_default=sa.text("''")))
    op.execute("UPDATE notice SET event = kind")
    op.create_table(
        "preference",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("muted", sa.JSON(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23", name=op.f("ck_preference_hours_of_a_day")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_preference_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_preference")),
    )


def downgrade() -> None:
    op.drop_table("preference")
    op.drop_column("notice", "event")
    op.drop_column("signup", "seen_at")
    for name in ("news_by_id", "was_place", "was_ends_at", "was_starts_at", "news_at"):
        op.drop_column("occurrence", name)
