"""Sessions with cameras, and what clocks did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from storage.index.schema.base import Id, metadata

runs = Table(
    "runs",
    metadata,
    Column(
        "stream_id",
        Id,
        ForeignKey("streams.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="whose session it was",
    ),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False, comment="as in its objects"),
    Column("start_us", BigInteger, nullable=False, comment="first picture recorded"),
    Column("end_us", BigInteger, comment="exclusive; null: it lasts, or its recorder died"),
    Column("cause", Text, nullable=False, comment="a vms.core.model.Cause; empty while it lasts"),
    Column("detail", Text, nullable=False, comment="for people; may be empty"),
    Column("camera_clock", Text, nullable=False, comment="a vms.core.runs.CameraClock"),
    Column("camera_offset_us", BigInteger, comment="camera ahead of us; null: it does not say"),
    Column("media_ppm", Integer, comment="its media clock is faster by; null: not measured"),
    Column("server_offset_us", BigInteger, nullable=False, comment="our time ahead of the host's"),
    Column("server_synchronised", Boolean, comment="by the kernel; null: it does not say"),
    Column("steps", Integer, nullable=False, comment="how often a clock stepped"),
    Column("lost", BigInteger, nullable=False, comment="packets and pictures not received whole"),
    Index("runs_stream_id_start_us_idx", "stream_id", "start_us"),
)

clock_steps = Table(
    "clock_steps",
    metadata,
    Column("id", Id, primary_key=True, comment="in the order they were told"),
    Column(
        "stream_id",
        Id,
        ForeignKey("streams.id", ondelete="CASCADE"),
        comment="null: a server's own clock",
    ),
    Column("at_us", BigInteger, nullable=False, comment="civil time of the recording"),
    Column("clock", Text, nullable=False, comment="a vms.core.runs.Stepped"),
    Column("step_us", BigInteger, nullable=False, comment="forward positive"),
    Column("node", Text, nullable=False, comment="which server saw it"),
    Column("detail", Text, nullable=False, comment="for people; may be empty"),
    Index("clock_steps_stream_id_at_us_idx", "stream_id", "at_us"),
    sqlite_autoincrement=True,
)
