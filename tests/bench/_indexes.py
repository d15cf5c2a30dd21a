"""The databases that the index is measured in: filled once for all benchmarks of one call.

`python -m tests.bench` names a folder in `VMS_BENCH_SHARED`, which it removes at its end; a
benchmark that runs alone makes and removes its own. PostgreSQL is a private server on loopback:
512 MB of its own buffers, all else as it comes; no fsync only while it is filled.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import numpy as np

from storage.index import Index, migrate, open_index
from storage.index.engine import Database
from storage.index.partitions import Days
from tests.bench import _months
from tests.bench._months import BEGIN, City, Minutes
from tests.servers.postgres import INDEX_KEY, PostgresServer, free_port
from vms.core.walltime import DAY, MINUTE

SHARED = "VMS_BENCH_SHARED"
_FILLING = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    "shared_buffers=512MB",
    "max_wal_size=4GB",
    "maintenance_work_mem=256MB",
)
_ASKED = ("shared_buffers=512MB", "max_wal_size=4GB")
_COLUMNS = (
    ("stream_id", ">i8"),
    ("start_us", ">i8"),
    ("end_us", ">i8"),
    ("camera_id", ">i8"),
    ("epoch", ">i8"),
    ("sequence", ">i4"),
    ("size_bytes", ">i8"),
    ("init_bytes", ">i4"),
    ("sha256", "V32"),
    ("prev_sha256", "V32"),
    ("codec", f"V{len(_months.CODEC)}"),
    ("width", ">i4"),
    ("height", ">i4"),
    ("gops", ""),
    ("tier", ">i2"),
)
_HEAD, _TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack(">h", -1)


@contextmanager
def folder_of(name: str) -> Iterator[Path]:
    """A folder that others of this call may have filled already."""
    if shared := os.environ.get(SHARED):
        yield Path(shared) / name
        return
    with tempfile.TemporaryDirectory(prefix="vms-index-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder) / name


@asynccontextmanager
async def postgres(city: City) -> AsyncIterator[tuple[Index, str]]:
    """The city in PostgreSQL, and its URL."""
    with folder_of(f"postgres-{city.cameras}x{city.days}") as folder:
        server = await _filled_server(folder, city)
        server.settings = _ASKED
        server.start()
        try:
            url = server.url("city")
            async with open_index(url, key=INDEX_KEY) as index:
                yield index, url
        finally:
            server.stop()


@asynccontextmanager
async def sqlite(city: City) -> AsyncIterator[tuple[Index, str]]:
    """The city in SQLite, and its URL."""
    with folder_of(f"sqlite-{city.cameras}x{city.days}") as folder:
        url = f"sqlite:///{folder}/index.db"
        if not (folder / "filled").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            await migrate(url)
            _fill_sqlite(folder / "index.db", city)
            (folder / "filled").touch()
        async with open_index(url, key=INDEX_KEY) as index:
            yield index, url


async def _filled_server(folder: Path, city: City) -> PostgresServer:
    server = PostgresServer(folder, free_port(), settings=_FILLING)
    if (folder / "filled").exists():
        return server
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    server.create()
    server.start()
    try:
        server.new_database("city")
        await migrate(server.url("city"))
        await _fill_postgres(server.url("city"), city)
        await _pack(server.url("city"), city)
    finally:
        server.stop()
    (folder / "filled").touch()
    return server


async def _fill_postgres(url: str, city: City) -> None:
    began = time.monotonic()
    await _make_days(url, city)
    connection = await asyncpg.connect(url)
    try:
        await _cameras(connection, city)
        for day in range(city.days):
            await connection.copy_to_table(
                "segments",
                source=_stream(city, day),
                columns=[name for name, _ in _COLUMNS],
                format="binary",
            )
            await connection.copy_records_to_table(
                "hours",
                records=_months.hours(city, day),
                columns=["stream_id", "hour_us", "recorded_us", "size_bytes"],
            )
            if day % 10 == 9:
                print(f"  day {day + 1}: {time.monotonic() - began:.0f} s", flush=True)
        await _beside(connection, city)
        await connection.execute("VACUUM ANALYZE", timeout=1500)
        await connection.execute("CHECKPOINT", timeout=600)
    finally:
        await connection.close()
    print(f"  PostgreSQL filled in {time.monotonic() - began:.0f} s", flush=True)


async def _pack(url: str, city: City) -> None:
    """As retention does once a day."""
    began = time.monotonic()
    async with open_index(url, key=INDEX_KEY) as index:
        count = await index.segments.pack(city.end)
    print(f"  keys of {count} days packed in {time.monotonic() - began:.0f} s", flush=True)


async def _make_days(url: str, city: City) -> None:
    database = Database(url)
    await Days(database).make(range(BEGIN, city.end, DAY))
    await database.close()


async def _cameras(connection: asyncpg.Connection, city: City) -> None:
    numbers = range(1, city.cameras + 1)
    await connection.executemany(
        "INSERT INTO cameras (id, number, name, enabled, removed) VALUES ($1, $2, $3, true, false)",
        [(n, n, f"Camera {n}") for n in numbers],
    )
    await connection.executemany(
        "INSERT INTO streams (id, camera_id, role, url, username, record, audio, removed)"
        " VALUES ($1, $2, 'main', 'rtsp://camera/', '', true, false, false)",
        [(n, n) for n in numbers],
    )


async def _beside(connection: asyncpg.Connection, city: City) -> None:
    await connection.copy_records_to_table(
        "coverage", records=_months.coverage(city), columns=["stream_id", "start_us", "end_us"]
    )
    await connection.copy_records_to_table(
        "gaps",
        records=((*gap, "unreachable", "") for gap in _months.gaps(city)),
        columns=["stream_id", "start_us", "end_us", "cause", "detail"],
    )


async def _stream(city: City, day: int) -> AsyncIterator[bytes]:
    yield _HEAD
    for part in _months.rows(city, day):
        yield _packed(part)
    yield _TAIL


def _packed(part: Minutes) -> bytes:
    """Rows in PostgreSQL's binary COPY format: number of fields, then length and value of each."""
    columns = [(name, kind or f"V{part.gops.shape[1]}") for name, kind in _COLUMNS]
    fields = [("fields", ">i2")]
    for name, kind in columns:
        fields += [(f"{name}_length", ">i4"), (name, kind)]
    table = np.zeros(len(part.start), np.dtype(fields))
    table["fields"] = len(columns)
    for name, kind in columns:
        table[f"{name}_length"] = np.dtype(kind).itemsize
    values = {"stream_id": part.stream, "camera_id": part.stream, "start_us": part.start}
    values |= {"end_us": part.start + MINUTE, "epoch": part.epoch, "sequence": part.sequence}
    for name, value in values.items():
        table[name] = value
    table["size_bytes"], table["init_bytes"] = part.size, 1400
    table["width"], table["height"], table["tier"] = 1920, 1080, 0
    table["codec"] = np.void(_months.CODEC)
    for name, octets in (("gops", part.gops), ("sha256", part.sha256)):
        table[name] = octets.view(f"V{octets.shape[1]}")[:, 0]
    table["prev_sha256"] = table["sha256"]
    return table.tobytes()


def _fill_sqlite(path: Path, city: City) -> None:
    began = time.monotonic()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for n in range(1, city.cameras + 1):
        connection.execute(
            "INSERT INTO cameras (id, number, name, enabled, removed) VALUES (?, ?, '', 1, 0)",
            (n, n),
        )
        connection.execute(
            "INSERT INTO streams (id, camera_id, role, url, username, record, audio, removed)"
            " VALUES (?, ?, 'main', 'rtsp://camera/', '', 1, 0, 0)",
            (n, n),
        )
    for day in range(city.days):
        for part in _months.rows(city, day):
            connection.executemany(_INSERT, _tuples(part))
        connection.executemany("INSERT INTO hours VALUES (?, ?, ?, ?)", _months.hours(city, day))
    connection.executemany("INSERT INTO coverage VALUES (?, ?, ?)", _months.coverage(city))
    connection.executemany(
        "INSERT INTO gaps VALUES (?, ?, ?, 'unreachable', '')", _months.gaps(city)
    )
    connection.execute("COMMIT")
    connection.close()
    print(f"  SQLite filled in {time.monotonic() - began:.0f} s", flush=True)


_INSERT = (
    f"INSERT INTO segments ({', '.join(name for name, _ in _COLUMNS)})"
    f" VALUES ({', '.join('?' for _ in _COLUMNS)})"
)


def _tuples(part: Minutes) -> Iterator[tuple[object, ...]]:
    numbers = (part.stream, part.start, part.epoch, part.sequence, part.size)
    columns = zip(*(each.tolist() for each in numbers), part.gops, part.sha256, strict=True)
    codec = _months.CODEC.decode()
    for stream, start, epoch, sequence, size, gops, sha256 in columns:
        digest = sha256.tobytes()
        head = (stream, start, start + MINUTE, stream, epoch, sequence, size, 1400)
        yield (*head, digest, digest, codec, 1920, 1080, gops.tobytes(), 0)
