"""How long video is kept, what must not go, and what went."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from storage.index.schema.base import Id, metadata

retention = Table(
    "retention",
    metadata,
    Column("scope", Text, primary_key=True, comment="site, group or camera"),
    Column(
        "owner_id",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="of the group or camera; 0: the site",
    ),
    Column("max_days", Integer, comment="older goes; null: as the scope above says"),
    Column("min_days", Integer, comment="younger stays, whatever the quota; null: as above"),
    Column("quota_bytes", BigInteger, comment="of one camera; null: as above, at last no quota"),
    Column("event_days", Integer, comment="around events, instead of max_days; null: as above"),
)

retention_changes = Table(
    "retention_changes",
    metadata,
    Column("id", Id, primary_key=True, comment="in the order they were made"),
    Column("scope", Text, nullable=False, comment="as in retention"),
    Column("owner_id", BigInteger, nullable=False, comment="as in retention"),
    Column("max_days", Integer, comment="as in retention"),
    Column("min_days", Integer, comment="as in retention"),
    Column("quota_bytes", BigInteger, comment="as in retention"),
    Column("event_days", Integer, comment="as in retention"),
    Column("made_us", BigInteger, nullable=False, comment="when it was asked for"),
    Column("made_by", Text, nullable=False, comment="the user's name then"),
    Column("reason", Text, nullable=False, comment="for people; may be empty"),
    Column("effective_us", BigInteger, nullable=False, comment="not before"),
    Index("retention_changes_scope_owner_id_key", "scope", "owner_id", unique=True),
    sqlite_autoincrement=True,
)

locks = Table(
    "locks",
    metadata,
    Column("id", Id, primary_key=True, comment="never given again"),
    Column("case_number", Text, nullable=False, comment="as the investigator calls the case"),
    Column("reason", Text, nullable=False, comment="why"),
    Column("created_us", BigInteger, nullable=False, comment="when"),
    Column("created_by", Text, nullable=False, comment="the user's name then"),
    Column("expires_us", BigInteger, comment="not kept by it from then on; null: until released"),
    Column("release_asked_us", BigInteger, comment="when somebody asked to release it"),
    Column("release_asked_by", Text, comment="the user's name then"),
    Column("release_reason", Text, comment="why it may go"),
    Column("released_us", BigInteger, comment="void from then on; null: it holds"),
    Column("released_by", Text, comment="who released it, or confirmed it as the second person"),
    sqlite_autoincrement=True,
)

lock_spans = Table(
    "lock_spans",
    metadata,
    Column(
        "lock_id",
        Id,
        ForeignKey("locks.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="whose",
    ),
    Column(
        "camera_id",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="all its streams; no foreign key: a removed camera's video stays locked",
    ),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False, comment="inclusive"),
    Column("end_us", BigInteger, nullable=False, comment="exclusive"),
    Index("lock_spans_camera_id_start_us_idx", "camera_id", "start_us"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Id, primary_key=True, comment="in the order of deletion"),
    Column("at_us", BigInteger, nullable=False, comment="when the last object was gone"),
    Column("stream_id", BigInteger, nullable=False, comment="whose segments"),
    Column("camera_id", BigInteger, nullable=False, comment="whose segments"),
    Column("why", Text, nullable=False, comment="the rule that let them go"),
    Column("start_us", BigInteger, nullable=False, comment="of the oldest of them"),
    Column("end_us", BigInteger, nullable=False, comment="of the newest of them"),
    Column("segments", Integer, nullable=False, comment="how many"),
    Column("size_bytes", BigInteger, nullable=False, comment="together"),
    Column("merkle_root", LargeBinary, nullable=False, comment="RFC 6962 tree of their SHA-256"),
    Column("frontier", LargeBinary, nullable=False, comment="of that tree, see storage/merkle.py"),
    Index("receipts_camera_id_at_us_idx", "camera_id", "at_us"),
    sqlite_autoincrement=True,
)
