"""How fast a lost index is made anew from a directory store, by one process, in objects a second.

Objects are segments of a minute at 4 Mbit/s with 30 groups of pictures, laid out as the recorder
writes them; their pictures are holes in sparse files, so the disk's own speed is not in the number
(a walk asks it for 31 blocks an object). Every row is compared with what was lost. Baseline: the
plain way on some of the same objects: each read and hashed whole, its row inserted by itself.

Fails when a row differs, or when less than 500 objects come back in a second of the processor's
time: what others take from it meanwhile is in the printed number, not in the verdict.

    python -m tests.bench.rebuild [--cameras N] [--segments N]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from storage.index import Index, NewCamera, NewStream, migrate, open_index
from storage.integrity import Rebuilt, rebuild
from storage.integrity.described import segment
from storage.objects import ObjectStore, open_store
from tests.bench._hollow import Shape, write_stream
from tests.bench.result import Result, write
from vms.core.clock import SystemClock
from vms.core.media.fmp4 import scan
from vms.core.model import Segment, StreamRole
from vms.core.walltime import DAY, TimeRange, WallTime

NAME = "rebuild"
CAMERAS, SEGMENTS = 20, 300
LEAST = 500.0
PLAIN_OBJECTS = 100
KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class Rate:
    """Objects in a second, and in a second of the processor's time."""

    wall: float
    busy: float


async def new_index(opened: AsyncExitStack, path: Path) -> Index:
    url = f"sqlite:///{path}"
    await migrate(url)
    return await opened.enter_async_context(open_index(url, key=KEY))


async def timed_rebuild(index: Index, store: ObjectStore) -> tuple[Rate, list[str]]:
    done, began, used = Rebuilt(), time.monotonic(), time.process_time()
    found = [str(one) async for one in rebuild(index, {0: store}, SystemClock(), done)]
    seconds, busy = time.monotonic() - began, time.process_time() - used
    return Rate(done.segments / seconds, done.segments / busy), found


async def plain(index: Index, store: ObjectStore, lost: Sequence[Segment]) -> float:
    """Objects a second the plain way."""
    stream = NewStream(StreamRole.MAIN, "rtsp://gate/")
    await index.cameras.add(NewCamera("Gate", streams=(stream,)))
    began = time.monotonic()
    for one in lost:
        content = b"".join([block async for block in store.open_read(one.key)])
        await index.segments.add(await asyncio.to_thread(described, content))
    return len(lost) / (time.monotonic() - began)


def described(content: bytes) -> Segment:
    return segment(scan(io.BytesIO(content)), len(content), hashlib.sha256(content).digest(), None)


async def differences(index: Index, lost: Sequence[Segment]) -> int:
    """Rows that are not what they were."""
    first = min(one.range.start for one in lost)
    always = TimeRange(first, WallTime(first + 400 * DAY))
    found = [
        one
        for each in {one.stream_id for one in lost}
        for one in await index.segments.between(each, always)
    ]
    return len(set(found) ^ set(lost))


async def measure(folder: Path, cameras: int, count: int) -> tuple[Rate, float, bool]:
    """Objects a second, ours and the plain way; whether all is right."""
    root = folder / "store"
    async with AsyncExitStack() as opened:
        store = await opened.enter_async_context(open_store(f"file://{root}", create=True))
        await store.mark("bench")
        began = time.monotonic()
        lost = [
            one
            for number in range(1, cameras + 1)
            for one in write_stream(root, number, number, count, Shape())
        ]
        size = sum(one.size for one in lost) / 1e9
        print(f"{len(lost)} objects, {size:.0f} GB, made in {time.monotonic() - began:.0f} s")
        anew = await new_index(opened, folder / "anew.db")
        ours, found = await timed_rebuild(anew, store)
        wrong = await differences(anew, lost)
        print(f"{ours.wall:.0f} objects/s, {ours.busy:.0f} in a second of the processor")
        print(f"{wrong} rows differ, {len(found)} findings")
        other = await new_index(opened, folder / "plain.db")
        slow = await plain(other, store, lost[: min(count, PLAIN_OBJECTS)])
    return ours, slow, not wrong and not found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--segments", type=int, default=SEGMENTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours, slow, right = asyncio.run(measure(Path(folder), options.cameras, options.segments))
    ratio = round(ours.wall / slow, 1)
    print(f"plain: {slow:.0f} objects/s; ours is {ratio} times that")
    write(Result(NAME, round(ours.wall), "objects/s", "whole objects, row by row", ratio))
    return 0 if right and ours.busy >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
