"""How fast retention gets rid of what has expired, in objects a second, store and index together.

Minutes of ten cameras in a directory, with their rows, all older than the site keeps; an hour of
one camera is locked. One sweep: rows to garbage in transactions that ask the locks, the objects
deleted, receipts written. Afterwards nothing but the locked hour may be left, neither object nor
row nor garbage, and the receipts must name every hash in order. Files are small: a directory
unlinks large ones as fast. Baseline: one segment after the other, by the same steps.

    python -m tests.bench.expire [--objects N]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from storage.index import Index, NewCamera, NewLock, NewStream, migrate, open_index
from storage.marker import agree
from storage.merkle import Tree
from storage.objects import ObjectStore, open_store
from storage.retention import Swept, sweep
from tests.bench.result import Result, write
from tests.servers.postgres import INDEX_KEY
from vms.core.model import GopEntry, Segment, Stream, StreamRole
from vms.core.promises import LockSpan
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime

NAME = "expire"
OBJECTS = 30_000
CAMERAS = 10
ONE_BY_ONE = 500
LEAST_RATIO = 10
"""Of the two ways; how fast either is says as much of the disk and its other users."""
START = WallTime(20_000 * DAY)
BODY = b"x" * 4096
AT_ONCE = 500
EVER = TimeRange(WallTime(0), WallTime(1 << 60))
GOPS = tuple(GopEntry(n * SECOND, SECOND, 10 + n * 60, 60, 20) for n in range(60))


def minute(stream: Stream, number: int) -> Segment:
    start = WallTime(START + number * MINUTE)
    digest = hashlib.sha256(f"{stream.id}/{number}".encode()).digest()
    return Segment(
        camera_id=stream.camera_id,
        stream_id=stream.id,
        epoch=START,
        sequence=number,
        range=TimeRange(start, WallTime(start + MINUTE)),
        size=len(BODY),
        init_size=10,
        sha256=digest,
        prev_sha256=None,
        codec="avc1.64001f",
        width=1920,
        height=1080,
        gops=GOPS,
    )


async def fill(index: Index, root: Path, streams: Sequence[Stream], minutes: int) -> None:
    """Rows and files, the files by hand: how they came there is not what is measured."""
    for stream in streams:
        made = [minute(stream, number) for number in range(minutes)]
        for first in range(0, len(made), AT_ONCE):
            await index.segments.add_many(made[first : first + AT_ONCE])
        for segment in made:
            path = root / segment.key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(BODY)


async def one_by_one(index: Index, store: ObjectStore, stream: Stream, now: WallTime) -> float:
    """The same steps a segment at a time; objects a second."""
    began, outlines = time.monotonic(), await index.segments.oldest(stream.id, ONE_BY_ONE)
    for outline in outlines:
        await index.garbage.take(stream.id, [outline], why="baseline", now=now)
        await store.delete([outline.key])
        await index.receipts.close(await index.garbage.list(1), now)
    return len(outlines) / (time.monotonic() - began)


async def swept(index: Index, store: ObjectStore, now: WallTime) -> tuple[Swept, float]:
    began = time.monotonic()
    done = await sweep(index, store, now=now)
    return done, time.monotonic() - began


async def judge(
    index: Index, store: ObjectStore, streams: Sequence[Stream], minutes: int, done: Swept
) -> None:
    """Exits when anything is left but the locked hour, or a receipt is wrong."""
    objects = [listed.key async for listed in store.keys("")]
    rows = [
        outline for stream in streams for outline in await index.segments.outlines(stream.id, EVER)
    ]
    if len(rows) != 60 or sorted(row.key for row in rows) != sorted(objects):
        sys.exit(f"{NAME}: {len(rows)} rows and {len(objects)} objects are left, 60 are locked")
    if done.segments != len(streams) * minutes - 60 or await index.garbage.list(1):
        sys.exit(f"{NAME}: {done.segments} were deleted, or garbage is left")
    receipts = {each.stream_id: each for each in await index.receipts.list()}
    for stream in streams:
        kept = {row.sequence for row in rows if row.stream_id == stream.id}
        gone = [minute(stream, n).sha256 for n in range(minutes) if n not in kept]
        if receipts[stream.id].merkle_root != Tree().grown(gone).root:
            sys.exit(f"{NAME}: the receipt of stream {stream.id} names something else")


async def measure(url: str, folder: Path, count: int) -> tuple[float, float]:
    """Objects a second: by a sweep, and one by one."""
    minutes, root = count // CAMERAS, folder / "store"
    now = WallTime(START + minutes * MINUTE + 31 * DAY)
    await migrate(url)
    async with open_index(url, key=INDEX_KEY) as index, directory(root) as store:
        await agree(index, store)
        streams = [await new_stream(index, number) for number in range(CAMERAS + 1)]
        await fill(index, root, streams[:1], ONE_BY_ONE)
        alone = await one_by_one(index, store, streams.pop(0), now)
        await fill(index, root, streams, minutes)
        hour = TimeRange(WallTime(START + HOUR), WallTime(START + 2 * HOUR))
        lock = NewLock("1", "bench", (LockSpan(streams[0].camera_id, hour),), "bench")
        await index.locks.add(lock, now)
        done, seconds = await swept(index, store, now)
        await judge(index, store, streams, minutes, done)
    return done.segments / seconds, alone


async def new_stream(index: Index, number: int) -> Stream:
    new = NewCamera(f"{number}", streams=(NewStream(StreamRole.MAIN, "rtsp://camera/1"),))
    return (await index.cameras.add(new)).streams[0]


@asynccontextmanager
async def directory(root: Path) -> AsyncIterator[ObjectStore]:
    async with open_store(f"file://{root}", create=True) as store:
        yield store


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=OBJECTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vms-expire-") as folder:
        url = f"sqlite:///{folder}/index.db"
        rate, alone = asyncio.run(measure(url, Path(folder), asked.objects))
    print(f"one sweep: {rate:,.0f} objects/s; one by one: {alone:,.0f}")
    write(Result(NAME, round(rate), "objects/s", "one segment at a time", round(rate / alone, 2)))
    return 0 if rate / alone >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
