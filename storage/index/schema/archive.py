"""What is recorded, what is not, and what is to go."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from storage.index.schema.base import Id, metadata

# The primary key is the one index: seeks, listings and coverage read (stream, start, end) from it
# and touch the wide row only for the segments they return.
segments = Table(
    "segments",
    metadata,
    Column(
        "stream_id",
        Id,
        ForeignKey("streams.id"),
        primary_key=True,
        autoincrement=False,
        comment="ranges of one stream never overlap",
    ),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False, comment="first picture"),
    Column("end_us", BigInteger, primary_key=True, autoincrement=False, comment="exclusive"),
    Column("camera_id", BigInteger, nullable=False, comment="for the key"),
    Column("epoch", BigInteger, nullable=False, comment="µs of the first picture of its run"),
    Column("sequence", Integer, nullable=False, comment="counts from 0 within the run"),
    Column("size_bytes", BigInteger, nullable=False, comment="of the object, checked after put"),
    Column("init_bytes", Integer, nullable=False, comment="before the first fragment"),
    Column("sha256", LargeBinary, nullable=False, comment="of the whole object, from its writer"),
    Column("prev_sha256", LargeBinary, comment="the stream's previous segment; null: the first"),
    Column("codec", Text, nullable=False, comment="RFC 6381, of the video"),
    Column("width", Integer, nullable=False, comment="pixels"),
    Column("height", Integer, nullable=False, comment="pixels"),
    Column("gops", LargeBinary, nullable=False, comment="group table, see goptable.py"),
    Column(
        "tier",
        SmallInteger,
        nullable=False,
        server_default="0",
        comment="which store has the object: 0 the first, 1 the cold one",
    ),
)

garbage = Table(
    "garbage",
    metadata,
    Column("stream_id", BigInteger, primary_key=True, autoincrement=False, comment="for the key"),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False, comment="for the key"),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False, comment="for the key"),
    Column("sequence", Integer, primary_key=True, autoincrement=False, comment="for the key"),
    Column("camera_id", BigInteger, nullable=False, comment="for the key"),
    Column("end_us", BigInteger, nullable=False, comment="of the segment it was"),
    Column("size_bytes", BigInteger, nullable=False, comment="of the object, if it is still there"),
    Column("sha256", LargeBinary, comment="of the object; null: moved here by an older program"),
    Column(
        "tier",
        SmallInteger,
        primary_key=True,
        autoincrement=False,
        server_default="0",
        comment="as in segments; a moved segment's old object is garbage of the tier it left",
    ),
    Column(
        "why",
        Text,
        nullable=False,
        server_default=text("''"),
        comment="the rule that let it go, in short",
    ),
)

gaps = Table(
    "gaps",
    metadata,
    Column(
        "stream_id",
        Id,
        ForeignKey("streams.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="at most one open gap each",
    ),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False, comment="inclusive"),
    Column("end_us", BigInteger, comment="exclusive; null: it lasts until now"),
    Column("cause", Text, nullable=False, comment="a vms.core.model.Cause"),
    Column("detail", Text, nullable=False, comment="for people; may be empty"),
    Index(
        "gaps_open_key",
        "stream_id",
        unique=True,
        sqlite_where=text("end_us IS NULL"),
        postgresql_where=text("end_us IS NULL"),
    ),
)

# Kept beside the segments by whoever adds or removes them, in the same transaction, so that a
# month of a wall of cameras is read without reading a month of rows.
coverage = Table(
    "coverage",
    metadata,
    Column(
        "stream_id",
        Id,
        ForeignKey("streams.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="spans of one stream neither overlap nor touch",
    ),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False, comment="inclusive"),
    Column("end_us", BigInteger, nullable=False, comment="exclusive"),
)

hours = Table(
    "hours",
    metadata,
    Column(
        "stream_id",
        Id,
        ForeignKey("streams.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="whose hour",
    ),
    Column("hour_us", BigInteger, primary_key=True, autoincrement=False, comment="its beginning"),
    Column("recorded_us", BigInteger, nullable=False, comment="of segments that start in it"),
    Column("size_bytes", BigInteger, nullable=False, comment="of segments that start in it"),
)

damage = Table(
    "damage",
    metadata,
    Column("stream_id", BigInteger, primary_key=True, autoincrement=False, comment="for the key"),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False, comment="for the key"),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False, comment="for the key"),
    Column("sequence", Integer, primary_key=True, autoincrement=False, comment="for the key"),
    Column("camera_id", BigInteger, nullable=False, comment="for the key"),
    Column("end_us", BigInteger, nullable=False, comment="of the segment"),
    Column("kind", Text, nullable=False, comment="a storage.integrity Kind: missing, size, hash"),
    Column("found_us", BigInteger, nullable=False, comment="when it was noticed"),
    Column("detail", Text, nullable=False, comment="for people; may be empty"),
)
