"""Migrations and plans of the index, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Select, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from storage.index import Index, NewCamera, NewStream, migrate, open_index
from storage.index.engine import Database, driver_url
from storage.index.partitions import Days
from storage.index.schema import metadata, segments
from storage.index.spans import borders, latest, newest_until, starting
from tests.fakes.segments import NINE
from tests.servers.postgres import INDEX_KEY, PostgresServer
from vms.core.errors import Invalid, Unavailable
from vms.core.model import StreamRole
from vms.core.walltime import DAY, HOUR, MINUTE, TimeRange, WallTime

KEY = re.compile(r"segments_\d{8}_pkey|sqlite_autoindex_segments_1")


def differences(connection: Connection) -> list[object]:
    compared = {"compare_type": True, "compare_server_default": True, "include_object": compared_at}
    return list(compare_metadata(MigrationContext.configure(connection, opts=compared), metadata))


def compared_at(_: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """PostgreSQL: days are made as they come, and segments have no foreign key (`0006`)."""
    if kind == "foreign_key_constraint" and name == "segments_stream_id_fkey":
        return reflected or other is not None
    return not (reflected and kind == "table" and (name or "").startswith("segments_"))


async def test_the_migrated_schema_is_the_one_in_the_code(index_url: str) -> None:
    await migrate(index_url)
    engine = create_async_engine(driver_url(index_url), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_is_migrating_once(index: Index, index_url: str) -> None:
    added = await index.cameras.add(NewCamera("Gate"))
    await migrate(index_url)
    assert await index.cameras.list() == [added]


async def test_roles_that_start_at_once_migrate_once(index_url: str) -> None:
    program = f"import asyncio, storage.index; asyncio.run(storage.index.migrate({index_url!r}))"
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", program, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in running:
        _, errors = await process.communicate()
        assert (process.returncode, errors) == (0, b"")
    async with open_index(index_url, key=INDEX_KEY) as index:
        assert await index.cameras.list() == []


async def test_two_processes_write_to_one_index(index: Index, index_url: str) -> None:
    program = """
import asyncio, sys
from storage.index import NewCamera, open_index
async def main():
    async with open_index(sys.argv[1], key=bytes(32)) as index:
        for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
            await index.cameras.add(NewCamera("x", number=number))
asyncio.run(main())
"""
    command = [sys.executable, "-W", "error", "-c", program, index_url]
    running = [await asyncio.create_subprocess_exec(*command, first) for first in ("100", "200")]
    assert [await process.wait() for process in running] == [0, 0]
    assert len(await index.cameras.list()) == 40


async def filled(index_url: str, segments_count: int) -> int:
    """One stream with that many minutes in a row; returns its id."""
    async with open_index(index_url, key=INDEX_KEY) as index:
        stream = NewStream(StreamRole.MAIN, "rtsp://gate/1")
        camera = await index.cameras.add(NewCamera("Gate", streams=(stream,)))
    row: dict[str, object] = {"stream_id": camera.streams[0].id, "camera_id": 1, "epoch": 1}
    row |= {"size_bytes": 1, "init_bytes": 1, "sha256": bytes(32)}
    row |= {"codec": "avc1", "width": 1, "height": 1}
    rows = [
        {**row, "gops": bytes(250), "sequence": n, "start_us": n * MINUTE, "end_us": n * MINUTE + 1}
        for n in range(segments_count)
    ]
    database = Database(index_url)
    await Days(database).make(range(0, segments_count * MINUTE, DAY))
    await database.close()
    engine = create_async_engine(driver_url(index_url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(insert(segments), rows)
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE segments"))
    return camera.streams[0].id


async def plan(connection: AsyncConnection, wanted: Select[tuple[object]]) -> str:
    sql = wanted.compile(connection.engine.sync_engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = (await connection.exec_driver_sql(f"{explain} {sql}")).all()
    return "\n".join(str(row) for row in rows)


async def test_every_question_about_time_is_a_range_of_the_key(
    index: Index, index_url: str
) -> None:
    stream_id = await filled(index_url, 3000)
    hour = TimeRange(WallTime(20 * HOUR), WallTime(21 * HOUR))
    engine = create_async_engine(driver_url(index_url), poolclass=NullPool)
    async with engine.connect() as connection:
        for wanted in (
            newest_until(stream_id, hour.start),
            starting(segments.c, stream_id, hour.start, hour.end),
            latest(segments.c, stream_id, hour.start, WallTime(hour.start - HOUR)),
            borders(stream_id, hour.start, hour.end, 0),
        ):
            found = await plan(connection, wanted)
            assert KEY.search(found), found
            assert "Seq Scan" not in found, found
            assert "SCAN segments" not in found, found


async def test_coverage_reads_the_key_alone(index: Index, index_url: str) -> None:
    stream_id = await filled(index_url, 3000)
    hour = TimeRange(WallTime(20 * HOUR), WallTime(21 * HOUR))
    engine = create_async_engine(driver_url(index_url), poolclass=NullPool)
    async with engine.connect() as connection:
        found = await plan(connection, borders(stream_id, hour.start, hour.end, 0))
    assert "Index Only Scan" in found or "COVERING INDEX" in found, found


async def test_an_index_that_is_not_there_says_so(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/index.db", "postgresql://vms:x@127.0.0.1:1/vms"):
        async with open_index(url, key=INDEX_KEY) as index:
            with pytest.raises(Unavailable) as refused:
                await index.cameras.list()
            assert "vms:x" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "file:///x"])
async def test_another_kind_of_index_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        async with open_index(url, key=INDEX_KEY):
            pass


async def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="32 bytes"):
        async with open_index(f"sqlite:///{tmp_path}/x.db", key=b"short"):
            pass


async def test_an_index_serves_again_after_its_server_was_away(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    await migrate(postgres_url)
    async with open_index(postgres_url, key=INDEX_KEY) as index:
        added = await index.cameras.add(NewCamera("Gate"))
        postgres_server.stop()
        try:
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await index.cameras.list()
        finally:
            postgres_server.start()
        assert await index.cameras.list() == [added]
        assert await index.segments.following(1, NINE) is None


async def test_a_wrong_password_is_told_without_the_password(postgres_url: str) -> None:
    wrong = postgres_url.replace("test-password", "other-secret")
    async with open_index(wrong, key=INDEX_KEY) as index:
        with pytest.raises(Unavailable) as refused:
            await index.cameras.list()
    assert "other-secret" not in str(refused.value)
