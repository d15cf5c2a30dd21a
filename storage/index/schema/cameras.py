"""Cameras, their streams, and the groups they are in."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    text,
)

from storage.index.schema.base import Id, metadata

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
    Column(
        "purposes",
        Text,
        nullable=False,
        server_default=text("''"),
        comment="vms.core.model.Purpose values, comma between; UU PDP art. 17",
    ),
    Column(
        "owner_agency",
        Text,
        nullable=False,
        server_default=text("''"),
        comment="who answers for it",
    ),
    Column(
        "sign_posted",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="a sign tells passers-by",
    ),
    Column(
        "contact", Text, nullable=False, server_default=text("''"), comment="as printed on the sign"
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

groups = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True, comment="never given again"),
    Column("name", Text, nullable=False, unique=True, comment="for people"),
    sqlite_autoincrement=True,
)

group_cameras = Table(
    "group_cameras",
    metadata,
    Column(
        "group_id",
        Id,
        ForeignKey("groups.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="a camera may be in several",
    ),
    Column(
        "camera_id",
        Id,
        ForeignKey("cameras.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
        comment="one of its cameras",
    ),
)
