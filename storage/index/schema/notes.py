"""What people and cameras marked in the recorded time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from storage.index.schema.base import Id, metadata

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("id", Id, primary_key=True, comment="never given again"),
    Column(
        "camera_id",
        Id,
        ForeignKey("cameras.id", ondelete="CASCADE"),
        nullable=False,
        comment="where",
    ),
    Column("at_us", BigInteger, nullable=False, comment="the instant, or where the time begins"),
    Column("end_us", BigInteger, comment="exclusive; null: an instant"),
    Column("title", Text, nullable=False, comment="for people"),
    Column("note", Text, nullable=False, comment="for people; may be empty"),
    Column("made_us", BigInteger, nullable=False, comment="when"),
    Column("made_by", Text, nullable=False, comment="the user's name then"),
    Index("bookmarks_camera_id_at_us_idx", "camera_id", "at_us"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True, comment="in the order they were told"),
    Column(
        "camera_id",
        Id,
        ForeignKey("cameras.id", ondelete="CASCADE"),
        nullable=False,
        comment="where",
    ),
    Column("at_us", BigInteger, nullable=False, comment="when it happened"),
    Column("kind", Text, nullable=False, comment="a word, as it was told"),
    Column("detail", Text, nullable=False, comment="for people; may be empty"),
    # With the kind, so that a timeline counts events without reading their rows.
    Index("events_camera_id_at_us_kind_idx", "camera_id", "at_us", "kind"),
    sqlite_autoincrement=True,
)
