"""Days of segments: partitions on PostgreSQL, nothing to see on SQLite."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage.index import Index, NewCamera, NewLock, NewStream, migrate, open_index
from storage.index.engine import Busy, driver_url
from tests.fakes.segments import segment
from tests.servers.postgres import INDEX_KEY
from vms.core.errors import Unavailable
from vms.core.model import Segment, Stream, StreamRole
from vms.core.promises import LockSpan
from vms.core.walltime import DAY, HOUR, MINUTE, TimeRange, WallTime

FIRST = WallTime(20_000 * DAY)
LATER = WallTime(FIRST + 40 * DAY)
EVER = TimeRange(WallTime(0), WallTime(1 << 60))


def hour_of(stream: Stream, number: int) -> Segment:
    """Hour `number` of a run that began with the first day."""
    start = WallTime(FIRST + number * HOUR)
    made = segment(stream, number, epoch=FIRST)
    return replace(made, range=TimeRange(start, WallTime(start + HOUR)))


async def new_streams(index: Index, count: int) -> list[Stream]:
    new = [NewStream(StreamRole.MAIN, "rtsp://gate/1")]
    made = [await index.cameras.add(NewCamera("Gate", streams=tuple(new))) for _ in range(count)]
    return [camera.streams[0] for camera in made]


async def filled(index: Index, count: int, hours: int = 60) -> list[Stream]:
    streams = await new_streams(index, count)
    await index.segments.add_many([hour_of(s, n) for s in streams for n in range(hours)])
    return streams


async def numbers(index: Index, stream: Stream) -> list[int]:
    return [each.sequence for each in await index.segments.outlines(stream.id, EVER)]


async def is_consistent(index: Index, streams: list[Stream]) -> bool:
    """What is kept beside the segments is what they add up to."""
    return not any([await index.segments.recount(stream.id) for stream in streams])


@pytest.fixture
async def city(postgres_url: str) -> str:
    await migrate(postgres_url)
    return postgres_url


async def test_sqlite_has_no_days_to_take(sqlite_index: Index) -> None:
    await filled(sqlite_index, 1)
    assert await sqlite_index.garbage.days(LATER) == []
    taken = await sqlite_index.garbage.take_day(FIRST, {}, why="age", now=LATER)
    assert taken is None


async def test_a_day_of_all_streams_becomes_garbage_at_once(city: str) -> None:
    async with open_index(city, key=INDEX_KEY) as index:
        streams = await filled(index, 3)
        ends = {stream.id: WallTime(FIRST + DAY) for stream in streams}
        assert await index.garbage.days(LATER) == [FIRST, FIRST + DAY, FIRST + 2 * DAY]
        taken = await index.garbage.take_day(FIRST, ends, why="it's old", now=LATER)
        assert taken is not None
        assert (taken.segments, taken.size) == (3 * 24, 3 * 24 * 1000)
        for stream in streams:
            assert await numbers(index, stream) == list(range(24, 60))
        assert await is_consistent(index, streams)

        listed = await index.garbage.list(1000)
        assert [each.key for each in listed] == [
            hour_of(stream, n).key for stream in streams for n in range(24)
        ]
        assert {each.why for each in listed} == {"it's old"}
        assert listed[0].sha256 == hour_of(streams[0], 0).sha256


async def test_garbage_of_a_day_is_forgotten_with_a_receipt_and_its_table_dropped(
    city: str,
) -> None:
    async with open_index(city, key=INDEX_KEY) as index:
        (stream,) = await filled(index, 1)
        await index.garbage.take_day(FIRST, {stream.id: LATER}, why="age", now=LATER)
        with pytest.raises(Unavailable, match="being deleted"):
            await index.segments.add(hour_of(stream, 3))
        assert await index.receipts.close(await index.garbage.list(100), LATER) == 24
        (receipt,) = await index.receipts.list()
        assert (receipt.segments, receipt.why) == (24, "age")
        await index.garbage.days(LATER)
        assert await tables(city, "garbage_") == []
        await index.segments.add(hour_of(stream, 3))
        assert (await numbers(index, stream))[0] == 3


async def test_streams_kept_longer_and_locked_segments_stay_where_they_were(city: str) -> None:
    async with open_index(city, key=INDEX_KEY) as index:
        streams = await filled(index, 10)
        longer, locked = streams[3], streams[5]
        span = TimeRange(WallTime(FIRST + 5 * HOUR + MINUTE), WallTime(FIRST + 7 * HOUR))
        lock = NewLock("7", "theft", (LockSpan(locked.camera_id, span),), "ann")
        await index.locks.add(lock, LATER)
        ends = {s.id: WallTime(FIRST + DAY) for s in streams} | {longer.id: WallTime(FIRST + HOUR)}
        taken = await index.garbage.take_day(FIRST, ends, why="age", now=LATER)
        assert taken is not None
        assert taken.segments == 8 * 24 + 22
        assert await numbers(index, longer) == list(range(60))
        assert await numbers(index, locked) == [5, 6, *range(24, 60)]
        assert await numbers(index, streams[0]) == list(range(24, 60))
        assert await is_consistent(index, streams)
        assert (await index.garbage.waiting()).segments == taken.segments


async def test_a_day_can_go_again_after_what_stayed_may_go(city: str) -> None:
    async with open_index(city, key=INDEX_KEY) as index:
        streams = await filled(index, 8)
        ends = {stream.id: LATER for stream in streams[1:]}
        assert await index.garbage.take_day(FIRST, ends, why="age", now=LATER) is not None
        again = await index.garbage.take_day(FIRST, {streams[0].id: LATER}, why="b", now=LATER)
        assert again is not None
        assert again.segments == 24
        assert await index.garbage.days(LATER) == [FIRST + DAY, FIRST + 2 * DAY]
        assert len(await index.garbage.list(1000)) == 8 * 24


async def test_a_day_of_which_much_stays_is_left_alone(city: str) -> None:
    async with open_index(city, key=INDEX_KEY) as index:
        streams = await filled(index, 3)
        ends = {stream.id: LATER for stream in streams[1:]}
        assert await index.garbage.take_day(FIRST, ends, why="age", now=LATER) is None
        assert await index.garbage.list(1) == []
        assert await numbers(index, streams[1]) == list(range(60))


async def test_a_day_whose_last_segment_ends_too_late_stays(city: str) -> None:
    async with open_index(city, key=INDEX_KEY) as index:
        (stream,) = await new_streams(index, 1)
        last = replace(
            hour_of(stream, 0),
            range=TimeRange(WallTime(FIRST + DAY - 1), WallTime(FIRST + DAY + 1)),
        )
        await index.segments.add(last)
        for end, goes in ((DAY, False), (DAY + 1, True)):
            horizon = {stream.id: WallTime(FIRST + end)}
            taken = await index.garbage.take_day(FIRST, horizon, why="age", now=LATER)
            assert (taken is not None) is goes


async def test_an_emptied_day_is_dropped_and_made_again_when_somebody_adds_to_it(
    city: str,
) -> None:
    async with open_index(city, key=INDEX_KEY) as index:
        (stream,) = await filled(index, 1)
        for _ in range(2):
            await index.garbage.take_until(
                stream.id, WallTime(FIRST + DAY), 100, why="age", now=LATER
            )
            await index.receipts.close(await index.garbage.list(100), LATER)
            assert await index.garbage.days(LATER) == [FIRST + DAY, FIRST + 2 * DAY]
            await index.segments.add(hour_of(stream, 2))  # this process knew the day
            assert await numbers(index, stream) == [2, *range(24, 60)]


async def test_who_reads_for_long_is_not_waited_for(city: str) -> None:
    engine = create_async_engine(driver_url(city), poolclass=NullPool)
    async with open_index(city, key=INDEX_KEY) as index, engine.begin() as reader:
        (stream,) = await filled(index, 1)
        await reader.execute(text("SELECT 1 FROM segments LIMIT 1"))
        with pytest.raises(Busy):
            await index.garbage.take_day(FIRST, {stream.id: LATER}, why="age", now=LATER)
        assert await numbers(index, stream) == list(range(60))


async def test_a_table_from_before_the_days_goes_on_as_one_partition(postgres_url: str) -> None:
    engine = create_async_engine(driver_url(postgres_url), poolclass=NullPool)
    await migrate(postgres_url)
    async with engine.begin() as connection:
        await connection.run_sync(back_to_before)
    async with open_index(postgres_url, key=INDEX_KEY) as index:
        (stream,) = await new_streams(index, 1)
    async with engine.begin() as connection:
        await connection.execute(text(OLD_ROW), {"stream": stream.id, "start": FIRST})
    await migrate(postgres_url)
    async with open_index(postgres_url, key=INDEX_KEY) as index:
        await index.segments.recount(stream.id)
        await index.segments.add(hour_of(stream, 1))
        await index.segments.add(hour_of(stream, 24 * 20_000))
        assert await numbers(index, stream) == [0, 1, 24 * 20_000]
        assert FIRST not in await index.garbage.days(LATER)
        taken = await index.garbage.take_until(stream.id, LATER, 10, why="age", now=LATER)
        assert taken.segments == 2


OLD_ROW = (
    "INSERT INTO segments (stream_id, start_us, end_us, camera_id, epoch, sequence, size_bytes,"
    " init_bytes, sha256, codec, width, height, gops) VALUES (:stream, CAST(:start AS bigint),"
    " CAST(:start AS bigint) + 1000, 1,"
    f" {FIRST}, 0, 1, 1, '', '', 1, 1, '')"
)


def back_to_before(connection: Connection) -> None:
    """As migration 0005 left it."""
    for statement in (
        "CREATE TABLE old (LIKE segments INCLUDING DEFAULTS INCLUDING COMMENTS)",
        "DROP TABLE segments",
        "ALTER TABLE old RENAME TO segments",
        "ALTER TABLE segments ADD CONSTRAINT segments_pkey"
        " PRIMARY KEY (stream_id, start_us, end_us)",
        "ALTER TABLE segments ADD CONSTRAINT segments_stream_id_fkey"
        " FOREIGN KEY (stream_id) REFERENCES streams (id)",
        "UPDATE alembic_version SET version_num = '0005'",
    ):
        connection.execute(text(statement))


async def tables(url: str, prefix: str) -> list[str]:
    engine = create_async_engine(driver_url(url), poolclass=NullPool)
    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT tablename FROM pg_tables"))).scalars()
        return [name for name in found if re.match(prefix + r"\d", name)]


async def test_the_key_of_a_day_is_packed_once_it_is_over_and_loose(city: str) -> None:
    engine = create_async_engine(driver_url(city), poolclass=NullPool)
    async with open_index(city, key=INDEX_KEY) as index:
        (stream,) = await filled(index, 1)
        assert await index.segments.pack(LATER) == 0  # small ones are left alone
        async with engine.begin() as connection:  # by turns, as many cameras do
            await connection.execute(text(MANY), {"first": FIRST, "size": SMALL})
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE segments"))
        assert await index.segments.pack(WallTime(FIRST + DAY - 1)) == 0
        assert await index.segments.pack(WallTime(FIRST + DAY)) == 1
        assert await index.segments.pack(WallTime(FIRST + DAY)) == 0
        assert await numbers(index, stream) == list(range(60))


SMALL = 60_000
MANY = (
    "INSERT INTO segments (stream_id, start_us, end_us, camera_id, epoch, sequence, size_bytes,"
    " init_bytes, sha256, codec, width, height, gops)"
    " SELECT 1000 + n % 500, CAST(:first AS bigint) + n, CAST(:first AS bigint) + n + 1,"
    " 1, 1, 1, 1, 1, '', '', 1, 1, '' FROM generate_series(1, CAST(:size AS integer)) AS n"
)
