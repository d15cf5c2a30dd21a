"""Connections to the database: SQLite (several processes share one file) or PostgreSQL.

What belongs here: how connections are opened, how a transaction begins, how the drivers' errors are
translated. SQLite: WAL, a pool of readers and one writer whose transactions begin IMMEDIATE, so
that writers of one process queue in the pool and those of several wait for the file's lock.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from vms.core.errors import Conflict, Invalid, Unavailable

_BUSY_SECONDS = 15
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30
_CHECK_VIOLATION, _LOCK_NOT_AVAILABLE = "23514", "55P03"
"""SQLSTATE (PostgreSQL, appendix A). The one check there is are the bounds of partitions."""
_BUGS = (ProgrammingError, DataError, NotSupportedError)
_AWAY = (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, PoolTimeout, OSError)


class NoPartition(Conflict):
    """PostgreSQL: nobody made the day that a segment belongs to, or it went."""


class Busy(Unavailable):
    """PostgreSQL: somebody else held what a statement needed for longer than it would wait."""


class Database:
    """Transactions on one database. Both kinds raise Unavailable when it cannot be reached and
    Conflict when a constraint is broken."""

    def __init__(self, url: str) -> None:
        parsed = self._url = driver_url(url)
        self._readers = _engine(parsed, immediate=False)
        sqlite = parsed.get_backend_name() == "sqlite"
        self._writer = _engine(parsed, immediate=True, pool_size=1) if sqlite else self._readers
        self._file = Path(parsed.database or "") if sqlite else None
        self.sqlite = sqlite

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; on PostgreSQL one a statement, which spares two ways to
        the server and is the same at its level of isolation (read committed)."""
        self._require_file()
        async with translated(), self._readers.connect() as connection:
            if not self.sqlite:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; keep it short, on SQLite it excludes every other."""
        self._require_file()
        async with translated(), self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def upkeep(self) -> AsyncIterator[AsyncConnection]:
        """PostgreSQL: a connection of its own without transactions, for statements that may take
        minutes."""
        engine = create_async_engine(
            self._url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"timeout": _CONNECT_SECONDS},
        )
        try:
            async with translated(), engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    async def close(self) -> None:
        await self._readers.dispose()
        if self._writer is not self._readers:
            await self._writer.dispose()

    def _require_file(self) -> None:
        """SQLite would make an empty file in the place of one whose disk is away."""
        if self._file is not None and not self._file.exists():
            raise Unavailable("the file of the index is not there: `vms migrate` makes it")


def driver_url(url: str) -> URL:
    """The URL with its async driver. Raises Invalid for anything but a SQLite file or PostgreSQL;
    the message never shows the URL, which may carry a password."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except ArgumentError as error:
        raise Invalid("the index URL cannot be read") from error
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite+aiosqlite")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+asyncpg")
    raise Invalid("the index is sqlite:///path/of/a/file or postgresql://…", scheme=backend)


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Errors of SQLAlchemy and the drivers as ours, without statement or values."""
    try:
        yield
    except IntegrityError as error:
        if _state(error) == _CHECK_VIOLATION:
            raise NoPartition("there is no partition for this day") from error
        raise Conflict("the index holds something that contradicts this") from error
    except _BUGS:
        raise
    except _AWAY as error:
        if _state(error) == _LOCK_NOT_AVAILABLE:
            raise Busy("others use what is to be changed") from error
        raise Unavailable("the index cannot be reached", cause=_cause(error)) from error


def _state(error: BaseException) -> str:
    """SQLSTATE, of PostgreSQL's errors."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(inner, "sqlstate", None) or "")


def _cause(error: BaseException) -> str:
    inner = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(inner).__name__}: {str(inner).splitlines()[0] if str(inner) else ''}"


def _engine(url: URL, *, immediate: bool, pool_size: int = 5) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=10,
            pool_recycle=1800,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "command_timeout": _STATEMENT_SECONDS,
                "server_settings": {"plan_cache_mode": "force_custom_plan"},
            },
        )
    engine = create_async_engine(
        url, pool_size=pool_size, max_overflow=0, connect_args={"timeout": _BUSY_SECONDS}
    )
    prepare_sqlite(engine, begin="BEGIN IMMEDIATE" if immediate else "BEGIN")
    return engine


def prepare_sqlite(engine: AsyncEngine, *, begin: str, foreign_keys: bool = True) -> None:
    """Every connection in WAL, with transactions that begin with the statement `begin` instead of
    the driver's own guess."""

    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    def dropped(connection: Any, *_: object) -> None:
        """A caller was cancelled. sqlite3 closes a connection only when the last cursor of it is
        collected, and its transaction would lock the file until then (CPython 3.11, close_v2)."""
        connection.rollback()

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "invalidate", dropped)
    event.listen(engine.sync_engine, "begin", lambda begun: begun.exec_driver_sql(begin))
