"""The clocks of each run, and every step of a clock.

New tables only: programs of the version before go on working during an upgrade.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: sa.types.TypeEngine[Any], comment: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column(
            "stream_id", ID, autoincrement=False, nullable=False, comment="whose session it was"
        ),
        sa.Column(
            "epoch",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="as in its objects",
        ),
        _required("start_us", sa.BigInteger(), "first picture recorded"),
        sa.Column(
            "end_us", sa.BigInteger(), comment="exclusive; null: it lasts, or its recorder died"
        ),
        _required("cause", sa.Text(), "a vms.core.model.Cause; empty while it lasts"),
        _required("detail", sa.Text(), "for people; may be empty"),
        _required("camera_clock", sa.Text(), "a vms.core.runs.CameraClock"),
        sa.Column(
            "camera_offset_us",
            sa.BigInteger(),
            comment="camera ahead of us; null: it does not say",
        ),
        sa.Column(
            "media_ppm", sa.Integer(), comment="its media clock is faster by; null: not measured"
        ),
        _required("server_offset_us", sa.BigInteger(), "our time ahead of the host's"),
        sa.Column(
            "server_synchronised", sa.Boolean(), comment="by the kernel; null: it does not say"
        ),
        _required("steps", sa.Integer(), "how often a clock stepped"),
        _required("lost", sa.BigInteger(), "packets and pictures not received whole"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="runs_stream_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "epoch", name="runs_pkey"),
    )
    op.create_index("runs_stream_id_start_us_idx", "runs", ["stream_id", "start_us"])
    op.create_table(
        "clock_steps",
        sa.Column("id", ID, nullable=False, comment="in the order they were told"),
        sa.Column("stream_id", ID, comment="null: a server's own clock"),
        _required("at_us", sa.BigInteger(), "civil time of the recording"),
        _required("clock", sa.Text(), "a vms.core.runs.Stepped"),
        _required("step_us", sa.BigInteger(), "forward positive"),
        _required("node", sa.Text(), "which server saw it"),
        _required("detail", sa.Text(), "for people; may be empty"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="clock_steps_stream_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="clock_steps_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index("clock_steps_stream_id_at_us_idx", "clock_steps", ["stream_id", "at_us"])
