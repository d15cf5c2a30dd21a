"""The tables. Every comment is a promise that the code of this package keeps.

Times are µs UTC in BIGINT, sizes bytes. A segment has no key column: its object's key is derived
from the ids and the start (`vms.core.model.object_key`). The migrations build exactly this; a test
compares.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

Id = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives ids by itself only to a column declared INTEGER."""

facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True, comment="name of a fact about this site"),
    Column("value", Text, nullable=False, comment="its value, as text"),
)

cameras = Table(
    "cameras",
    metadata,
    Column("id", Id, primary_key=True, comment="never given again: object keys carry it"),
    Column("number", Integer, unique=True, comment="what an operator types; null once removed"),
    Column("name", Text, nullable=False, comment="for people"),
    Column("enabled", Boolean, nullable=False, comment="false: no stream of it is fetched"),
    Column("retention_days", Integer, comment="null: the site's days"),
    Column("removed", Boolean, nullable=False, comment="true: kept only until its archive ended"),
    Column(
        "priority",
        Integer,
        nullable=False,
        server_default="5",
        comment="0 to 9: the lowest is dropped first",
    ),
    sqlite_autoincrement=True,
)

streams = Table(
    "streams",
    metadata,
    Column("id", Id, primary_key=True, comment="never given again: object keys carry it"),
    Column(
        "camera_id",
        Id,
        ForeignKey("cameras.id", ondelete="CASCADE"),
        nullable=False,
        comment="never changes",
    ),
    Column("role", Text, nullable=False, comment="main or sub; once per camera"),
    Column("url", Text, nullable=False, comment="without user and password"),
    Column("username", Text, nullable=False, comment="empty: the camera asks for none"),
    Column("password", LargeBinary, comment="AES-256-GCM, nonce first, bound to the id; or null"),
    Column("record", Boolean, nullable=False, comment="false: only there to be watched live"),
    Column("audio", Boolean, nullable=False, comment="true: sound is recorded"),
    Column("removed", Boolean, nullable=False, comment="true: kept only until its archive ended"),
    Column(
        "engine",
        Text,
        nullable=False,
        server_default="auto",
        comment="a vms.core.model.Engine",
    ),
    Column(
        "transport",
        Text,
        nullable=False,
        server_default="auto",
        comment="a vms.core.model.Transport",
    ),
    Column(
        "policy",
        Text,
        nullable=False,
        server_default="{}",
        comment="when it is kept, JSON, see policies.py; {}: always",
    ),
    Column(
        "certificate",
        Text,
        comment="rtsps: SHA-256 in hexadecimal; null: none was seen yet",
    ),
    Index("streams_camera_id_role_key", "camera_id", "role", unique=True),
    sqlite_autoincrement=True,
)

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

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True, comment="never given again"),
    Column("name", Text, nullable=False, unique=True, comment="what they sign in with"),
    Column("role", Text, nullable=False, comment="a vms.core.model.Role"),
    Column("password_hash", Text, nullable=False, comment="made and checked by vms.auth"),
    Column("every_camera", Boolean, nullable=False, comment="true: now and later ones too"),
    Column("enabled", Boolean, nullable=False, comment="false: cannot sign in"),
    sqlite_autoincrement=True,
)

user_cameras = Table(
    "user_cameras",
    metadata,
    Column(
        "user_id",
        Id,
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="one who may not see every camera",
    ),
    Column(
        "camera_id",
        Id,
        ForeignKey("cameras.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="one they may see",
    ),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True, comment="the token itself is not kept"),
    Column(
        "user_id",
        Id,
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
        comment="whose it is",
    ),
    Column("created_us", BigInteger, nullable=False, comment="sign-in"),
    Column("expires_us", BigInteger, nullable=False, comment="void from then on"),
    Column("seen_us", BigInteger, nullable=False, comment="last use"),
)
