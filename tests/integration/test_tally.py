"""Expected against stored, from a real index to the gauges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from storage.archive import Archive
from storage.index import Index, NewCamera, NewStream
from storage.objects import ObjectStore, open_store
from storage.tally import tally_once
from tests.fakes.segments import NINE, segment
from vms.core.model import Cause, Gap, StreamRole
from vms.core.walltime import DAY, HOUR, WallTime

NOW = WallTime(NINE + 30 * HOUR)


def shown(stream_id: int, state: str, cause: Cause | None = None) -> float | None:
    labels = {"stream": str(stream_id), "state": state, "cause": cause.value if cause else ""}
    return REGISTRY.get_sample_value("vms_storage_day_seconds", labels)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ObjectStore]:
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as opened:
        yield opened


async def test_the_gauges_say_what_became_of_every_second_of_the_day(
    sqlite_index: Index, store: ObjectStore
) -> None:
    streams = (
        NewStream(StreamRole.MAIN, "rtsp://gate/1"),
        NewStream(StreamRole.SUB, "rtsp://gate/2", record=False),
    )
    camera = await sqlite_index.cameras.add(NewCamera("Gate", streams=streams))
    main = camera.streams[0]
    for number, hours_after_nine in enumerate((0, 10)):  # 30 and 20 hours ago
        hour = segment(main, number, at=hours_after_nine * 3600, seconds=3600)
        await sqlite_index.segments.add(hour)
    for start, end, cause in (
        (29, 20, Cause.UNREACHABLE),
        (19, 10, Cause.SCHEDULE),
        (10, 0.5, Cause.RECORDER_OFF),
    ):
        gap = Gap(main.id, _ago(start), _ago(end), cause)
        await sqlite_index.gaps.add(gap)
    accounts = await tally_once(sqlite_index, Archive(sqlite_index, store), NOW)
    assert set(accounts) == {main.id}, "what nobody records is not counted"
    assert accounts[main.id].total == DAY
    assert shown(main.id, "stored") == 3600
    assert shown(main.id, "missing", Cause.UNREACHABLE) == 4 * 3600
    assert shown(main.id, "excused", Cause.SCHEDULE) == 9 * 3600
    assert shown(main.id, "missing", Cause.RECORDER_OFF) == 9.5 * 3600
    assert shown(main.id, "pending") == 1800, "it may wait in a spool: that is no loss"
    await sqlite_index.cameras.remove(camera.id)
    await tally_once(sqlite_index, Archive(sqlite_index, store), NOW)
    assert shown(main.id, "stored") is None, "a camera that is gone leaves no number behind"


def _ago(hours: float) -> WallTime:
    return WallTime(NOW - round(hours * HOUR))
