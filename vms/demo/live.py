"""The live engine: each picture is drawn and coded when its time has come.

The work is done in a small pool of threads given by the server (the workshop), shared by all
streams and by all clients of a stream; when it is behind, pictures are left out, never queued.
Places are built in a thread of their own (the studio): that takes a while, and no picture waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from vms.core.clock import Clock
from vms.core.media.access_unit import VIDEO, TrackFormat
from vms.core.walltime import SECOND, WallTime
from vms.demo.coding import VideoCoder, VideoSettings, describe
from vms.demo.misbehaviour import Behaviour
from vms.demo.overlay import burn
from vms.demo.packets import video_packets
from vms.demo.scenes import Scene, blank, build
from vms.demo.source import Audience, Burst, Timebase, ticks

_T = TypeVar("_T")


class LiveVideo:
    """The video of one stream, drawn as it is sent: the clock in it is true to the picture."""

    def __init__(
        self,
        scene: str,
        name: str,
        settings: VideoSettings,
        *,
        audience: Audience,
        behaviour: Behaviour,
        clock: Clock,
        timebase: Timebase,
        workshop: Executor,
        studio: Executor,
        phase_micros: int = 0,
    ) -> None:
        self._audience = audience
        self._scene_name = scene
        self._name = name
        self._settings = settings
        self._behaviour = behaviour
        self._clock = clock
        self._timebase = timebase
        self._workshop = workshop
        self._studio = studio
        self._phase_micros = phase_micros
        self._formats: dict[VideoSettings, TrackFormat] = {}
        self._scenes: dict[tuple[int, int], asyncio.Future[Scene]] = {}

    async def formats(self) -> Mapping[int, TrackFormat]:
        settings = self._wanted()
        if settings not in self._formats:
            self._formats[settings] = await self._in_workshop(describe, settings)
        return {VIDEO: self._formats[settings]}

    def build_place(self) -> None:
        """Begin to build what the camera sees before anybody watches."""
        self._scene(self._settings)

    async def run(self) -> None:
        while True:
            await self._audience.wait()
            await self._produce()

    async def _produce(self) -> None:
        """Code pictures until the last client has gone."""
        coder = await self._in_workshop(VideoCoder, self._wanted())
        beats = ticks(
            self._clock, self._settings.fps, phase_micros=self._phase_micros, lag_micros=SECOND // 5
        )
        try:
            async with aclosing(beats) as times:
                async for _, wall in times:
                    if not len(self._audience):
                        return
                    coder = await self._fitting(coder)
                    key, self._audience.newcomer = self._audience.newcomer, False
                    scene = self._scene(coder.settings)
                    burst = await self._in_workshop(self._make, coder, scene, wall, key)
                    self._audience.deliver(burst)
        finally:
            coder.close()

    async def _fitting(self, coder: VideoCoder) -> VideoCoder:
        """The same coder, or one of the size that is wanted now."""
        if coder.settings == self._wanted():
            return coder
        fitting = await self._in_workshop(VideoCoder, self._wanted())
        coder.close()
        return fitting

    def _make(self, coder: VideoCoder, scene: Scene, wall: WallTime, key: bool) -> Burst:
        """In a thread: draw, burn, code and packetize one picture."""
        scene.draw(coder.canvas, wall)
        burn(coder.canvas, self._name, wall)
        coded = coder.encode(key=key)
        packets = video_packets(coder.settings.codec, coded.nals)
        return Burst(VIDEO, wall, self._timebase.media(wall), coded.key, packets)

    def _scene(self, settings: VideoSettings) -> Scene:
        """The place; grey for the moment that it takes to build it, so that nobody waits."""
        size = _size(settings)
        if size not in self._scenes:
            loop = asyncio.get_running_loop()
            self._scenes[size] = loop.run_in_executor(self._studio, build, self._scene_name, *size)
        building = self._scenes[size]
        return building.result() if building.done() else blank(*size)

    def _wanted(self) -> VideoSettings:
        """An odd number of resizes means two thirds of the usual size."""
        if self._behaviour.resizes % 2 == 0:
            return self._settings
        width, height = (side * 2 // 3 // 16 * 16 for side in _size(self._settings))
        return replace(self._settings, width=width, height=max(16, height))

    async def _in_workshop(self, work: Callable[..., _T], *arguments: object) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._workshop, work, *arguments)


def _size(settings: VideoSettings) -> tuple[int, int]:
    return settings.width, settings.height
