"""One stream's life: connect, show, record, lose, come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from recorder.broadcast import Broadcast
from recorder.disk import SpoolDisk
from recorder.errors import CameraError
from recorder.gapbook import GapBook
from recorder.ingest import Ingest
from recorder.recording import Recording
from recorder.status import Status
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from tests.fakes.recording import FakeIndex, FakeRun, FakeSource, FakeSpool
from tests.fakes.units import START, gop
from vms.core.beside import beside
from vms.core.model import Camera, Cause, Stream, StreamRole
from vms.core.nodestate import NodeState

STREAM = Stream(2, 1, StreamRole.MAIN, "rtsp://cam/")
CAMERA = Camera(1, 1, "gate", streams=(STREAM,))


class Bench:
    def __init__(self, *attempts: FakeRun | CameraError, recorded: bool = True) -> None:
        self.clock, self.bus, self.spool = HandClock(START), FakeBus(), FakeSpool()
        node = NodeState("record", "here", self.bus, self.clock)
        self.book = GapBook(cast(Any, FakeIndex()), node, self.clock)
        self.source, self.broadcast = FakeSource(list(attempts)), Broadcast()
        self.status = Status(CAMERA, STREAM, self.bus, self.clock)
        recording = Recording(STREAM, self.spool, self.book, SpoolDisk(node), 60.0)
        self.ingest = Ingest(
            *("gate", self.source, self.broadcast, self.status, recording if recorded else None),
            *(asyncio.Semaphore(4), self.clock),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with beside(self.ingest.run()):
            await settle()
            yield

    @property
    def told(self) -> list[tuple[str, str | None]]:
        """Condition and cause, as told on the bus, repetitions left out."""
        pairs = [(state["condition"], state["cause"]) for _, state in self.bus.published]
        return [pair for n, pair in enumerate(pairs) if n == 0 or pairs[n - 1] != pair]


async def test_a_camera_that_is_away_is_tried_again_and_then_recorded() -> None:
    run = FakeRun()
    bench = Bench(CameraError(Cause.UNREACHABLE, "no route"), run)
    async with bench.running():
        await bench.clock.advance(1.5)
        run.incoming.put_nowait(gop(0) + gop(25, 2))
        await settle()
        assert bench.told == [("down", "unreachable"), ("recording", None)]
    assert len(bench.spool.fragments) == 2


async def test_what_was_recorded_is_sealed_when_the_recorder_stops() -> None:
    run = FakeRun()
    bench = Bench(run)
    async with bench.running():
        run.incoming.put_nowait(gop(0))
        await settle()
        assert bench.spool.fragments == []
    assert [type(step).__name__ for step in bench.spool.steps] == [
        *("OpenSegment", "AppendFragment", "SealSegment")
    ]


async def test_a_stream_that_is_not_kept_is_watchable() -> None:
    run = FakeRun()
    bench = Bench(run, recorded=False)
    async with bench.running():
        run.incoming.put_nowait(gop(0))
        await settle()
        with bench.broadcast.watch() as watcher:
            assert await watcher.take() == gop(0)
    assert bench.told[-1] == ("watchable", None)
    assert bench.spool.steps == []


async def test_a_camera_that_sends_no_key_picture_says_what_to_do() -> None:
    run = FakeRun()
    bench = Bench(run)
    async with bench.running():
        run.incoming.put_nowait(gop(0)[1:10])
        await bench.clock.advance(21.0)
        run.incoming.put_nowait(gop(0)[10:])
        await settle()
        assert ("down", "unsupported") in bench.told
        assert "key picture interval" in bench.status.state.detail
        run.incoming.put_nowait(gop(25))
        await settle()
        assert bench.told[-1] == ("recording", None)


async def test_a_lost_camera_says_why_in_words() -> None:
    run = FakeRun()
    bench = Bench(run, CameraError(Cause.UNREACHABLE, "no route"))
    async with bench.running():
        run.incoming.put_nowait(gop(0))
        run.incoming.put_nowait(CameraError(Cause.STALLED, "no picture for 5 s", host="cam"))
        await settle()
        assert bench.status.state.cause is Cause.STALLED
        assert bench.status.state.detail == "no picture for 5 s"
        assert bench.status.state.width == 1280


async def test_a_wrong_password_is_not_tried_again_for_half_an_hour_and_says_so() -> None:
    bench = Bench(CameraError(Cause.BAD_PASSWORD, "refused"))
    async with bench.running():
        await bench.clock.advance(1799)
        assert bench.source.opened == 1
        assert "until its password is changed" in bench.status.state.detail
        await bench.clock.advance(200)
        assert bench.source.opened == 2


async def test_what_was_found_out_about_a_run_stands_beside_its_state() -> None:
    run = FakeRun(remark="The sound is labelled 8000 Hz")
    bench = Bench(run)
    async with bench.running():
        run.incoming.put_nowait(gop(0))
        await settle()
        assert bench.told[-1] == ("recording", None)
        assert bench.status.state.detail == run.remark
