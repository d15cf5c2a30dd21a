"""Who may sign in, what they may see, and who is signed in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, Table, Text

from storage.index.schema.base import Id, metadata

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
