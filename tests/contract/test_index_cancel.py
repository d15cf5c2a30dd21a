"""A caller that is cancelled at any moment leaves the index usable."""

from __future__ import annotations

import asyncio
import random

from storage.index import Index, NewCamera, NewStream
from tests.fakes.segments import segment
from vms.core.model import StreamRole
from vms.core.walltime import TimeRange, WallTime

ALWAYS = TimeRange(WallTime(0), WallTime(1 << 60))


async def test_writers_cancelled_at_any_moment_hold_no_lock_and_tear_nothing(
    index: Index,
) -> None:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    stream = (await index.cameras.add(new)).streams[0]
    chance = random.Random(7)
    for number in range(60):
        writing = asyncio.create_task(index.segments.add(segment(stream, number)))
        await asyncio.sleep(chance.uniform(0, 0.004))
        writing.cancel()
        await asyncio.wait([writing])
    for number in range(60):
        await index.segments.add(segment(stream, number))
    found = await index.segments.between(stream.id, ALWAYS)
    assert [each.sequence for each in found] == list(range(60))
