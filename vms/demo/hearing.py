"""The audio of a stream: one looped sound, sent frame by frame in step with the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import aclosing

from vms.core.clock import Clock
from vms.core.media.access_unit import AUDIO, Codec, TrackFormat
from vms.core.walltime import SECOND, WallTime
from vms.demo.packets import audio_packets
from vms.demo.sound import SoundLoop, coded
from vms.demo.source import Audience, Burst, Timebase, ticks


class LoopedSound:
    """A frame leaves when its last sample has been heard."""

    def __init__(
        self,
        codec: Codec,
        *,
        audience: Audience,
        clock: Clock,
        timebase: Timebase,
        workshop: Executor,
    ) -> None:
        self._codec = codec
        self._audience = audience
        self._clock = clock
        self._timebase = timebase
        self._workshop = workshop

    async def formats(self) -> Mapping[int, TrackFormat]:
        return {AUDIO: (await self._loop()).format}

    async def run(self) -> None:
        while True:
            await self._audience.wait()
            await self._produce(await self._loop())

    async def _produce(self, loop: SoundLoop) -> None:
        packets = [audio_packets(self._codec, frame) for frame in loop.frames]
        period = round(SECOND / loop.rate)
        async with aclosing(ticks(self._clock, loop.rate)) as times:
            async for number, due in times:
                if not len(self._audience):
                    return
                begun = WallTime(due - period)
                media = self._timebase.media(begun)
                frame = packets[(number - 1) % len(packets)]
                self._audience.deliver(Burst(AUDIO, begun, media, True, frame))

    async def _loop(self) -> SoundLoop:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._workshop, coded, self._codec)
