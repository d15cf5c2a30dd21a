"""Bring a database to the schema of this program, from any older one or from nothing.

Migrations are files `NNNN_pre_*.py` (the old program still runs with it) and `NNNN_post_*.py` (only
the new one does), so that a city upgrades without a stop. All that are due run in one transaction
under one lock: several roles may start at once, and a failure leaves the schema as it was.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.index.engine import driver_url, prepare_sqlite, translated

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x4D41_544B  # any number, the same for every role of every version


async def migrate(url: str) -> None:
    """Upgrade to the newest schema; the file or the folder of a SQLite index is made when missing.

    Safe to call from several processes at once. Raises Unavailable when the database is away.
    """
    parsed = driver_url(url)
    if parsed.get_backend_name() == "sqlite":
        await asyncio.to_thread(_make_file, Path(parsed.database or ""))
    engine = _engine(parsed)
    try:
        async with translated(), engine.begin() as connection:
            if parsed.get_backend_name() == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK})
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _make_file(path: Path) -> None:
    """A file in WAL mode, readable by its owner only (it holds password hashes)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    connection = sqlite3.connect(path, timeout=15)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(url, poolclass=NullPool)
    if url.get_backend_name() == "sqlite":
        prepare_sqlite(engine, begin="BEGIN IMMEDIATE", foreign_keys=False)
    return engine


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
