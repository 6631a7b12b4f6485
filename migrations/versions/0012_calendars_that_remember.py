"""A calendar remembers what it said; reminders of any length; notes on days off; a date keeps its meeting point."""

import sqlalchemy as sa
from alembic import op

from volunteer.storage.database import UtcDateTime

revision = "0012"
down_revision = "0011"

_MINUTES = {"1h": 60, "3h": 180}
_KEPT = ("meeting", "bring")
_REMEMBERED = ("counters", "tag", "said_at", "said", "revision")


def upgrade() -> None:
    for name in _KEPT:
        op.add_column("occurrence", sa.Column(name, sa.String(200), nullable=False, server_default=sa.text("''")))
        said = f"SELECT {name} FROM activity WHERE activity.id = occurrence.activity_id"
        op.execute(f"UPDATE occurrence SET {name} = ({said})")  # noqa: S608 - the names stand above
    for name in ("remind_first", "remind_second", "remind_offer"):
        op.add_column("feed", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("remind_evening", "shows_skipped"):
        op.add_column("feed", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("counters", "tag"):
        op.add_column("feed", sa.Column(name, sa.String(32), nullable=False, server_default=sa.text("''")))
    op.add_column("feed", sa.Column("said_at", UtcDateTime(), nullable=True))
    op.add_column("feed", sa.Column("said", sa.JSON(), nullable=True))
    op.add_column("feed", sa.Column("revision", sa.Integer(), nullable=False, server_default=sa.text("0")))
    feed = sa.table("feed", sa.column("alarm"), sa.column("remind_first"), sa.column("remind_evening"))
    for alarm, minutes in _MINUTES.items():
        op.execute(feed.update().where(feed.c.alarm == alarm).values(remind_first=minutes))
    op.execute(feed.update().where(feed.c.alarm == "evening").values(remind_evening=sa.true()))
    op.drop_column("feed", "alarm")


def downgrade() -> None:
    op.add_column("feed", sa.Column("alarm", sa.String(length=20), nullable=False, server_default="none"))
    feed = sa.table("feed", sa.column("alarm"), sa.column("remind_first"), sa.column("remind_evening"))
    op.execute(feed.update().where(feed.c.remind_evening).values(alarm="evening"))
    for alarm, minutes in _MINUTES.items():
        op.execute(feed.update().where(feed.c.remind_first == minutes).values(alarm=alarm))
    gone = ("remind_first", "remind_second", "remind_evening", "remind_offer", "shows_skipped")
    for name in (*gone, *_REMEMBERED):
        op.drop_column("feed", name)
    for name in _KEPT:
        op.drop_column("occurrence", name)
