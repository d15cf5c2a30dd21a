"""The looped engine: a minute coded before is sent over and over, in step with the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import aclosing
from pathlib import Path

from vms.core.clock import Clock
from vms.core.media.access_unit import VIDEO, TrackFormat
from vms.core.walltime import SECOND, WallTime
from vms.demo.coding import VideoSettings
from vms.demo.loops import VideoLoop, load
from vms.demo.source import Audience, Burst, Timebase, ticks

Key = tuple[str, str, VideoSettings]


class Shelf:
    """The loops of one server, each loaded once however many cameras send it."""

    def __init__(self, workshop: Executor, cache: Path | None) -> None:
        self._workshop = workshop
        self._cache = cache
        self._loops: dict[Key, VideoLoop] = {}
        self._lock = asyncio.Lock()

    async def loop(self, scene: str, name: str, settings: VideoSettings) -> VideoLoop:
        """Takes a while the first time, when it is not in the cache directory."""
        key = (scene, name, settings)
        async with self._lock:
            if key not in self._loops:
                running = asyncio.get_running_loop()
                self._loops[key] = await running.run_in_executor(
                    self._workshop, load, *key, self._cache
                )
        return self._loops[key]


class LoopedVideo:
    """The video of one stream. The seconds in it are true, the rest of the clock is not shown.

    `phase_micros` delays sending, so that cameras do not all send at once; times stay true.
    `skipped`: pictures by which it is ahead in its loop.
    """

    def __init__(
        self,
        key: Key,
        *,
        audience: Audience,
        clock: Clock,
        timebase: Timebase,
        shelf: Shelf,
        phase_micros: int = 0,
        skipped: int = 0,
    ) -> None:
        self._key = key
        self._audience = audience
        self._clock = clock
        self._timebase = timebase
        self._shelf = shelf
        self._phase_micros = phase_micros
        self._skipped = skipped

    async def formats(self) -> Mapping[int, TrackFormat]:
        return {VIDEO: (await self._shelf.loop(*self._key)).format}

    async def run(self) -> None:
        while True:
            await self._audience.wait()
            await self._produce(await self._shelf.loop(*self._key))

    async def _produce(self, loop: VideoLoop) -> None:
        beats = ticks(
            self._clock, self._key[2].fps, phase_micros=self._phase_micros, lag_micros=2 * SECOND
        )
        async with aclosing(beats) as times:
            async for number, due in times:
                if not len(self._audience):
                    return
                wall = WallTime(due - self._phase_micros)
                picture = loop.pictures[(number + self._skipped) % len(loop.pictures)]
                self._audience.deliver(
                    Burst(VIDEO, wall, self._timebase.media(wall), picture.key, picture.packets)
                )
