"""Unarchived pictures that another recorder has: told and read through the holder of the stream.

Players ask the holder (`tail.<stream>`, the feed's `read`). After a move the newest minutes may
still lie in the spool of the one before; the holder asks those that the lease remembers and that
live.
The bytes come over the bus, in pieces: this is rare, and over as soon as the archive has them.
`Neighbours.serve` is a context of `recorder.fleet`. Subjects: docs/design/bus.md.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

from vms.core.bus import Bus, Payload
from vms.core.errors import Corrupt, Invalid, NotFound, VmsError
from vms.core.model import Segment

log = logging.getLogger(__name__)

PIECE_BYTES = 512 * 1024
"""As text it fits into a message of NATS's default size."""
ANSWER_SECONDS = 1.0
"""A tail is wanted at once: who does not answer in time has none."""


class Tail(Protocol):
    """The spool, as far as it is needed here."""

    def tail(self, stream_id: int) -> list[Segment]: ...

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes: ...


Describe = Callable[[Segment], Payload]
Before = Callable[[int], Iterable[str]]
"""Recorders that had a stream earlier and are alive, by its number."""


class Neighbours:
    """`describe`: a segment as the bus tells it."""

    def __init__(self, name: str, tail: Tail, bus: Bus, describe: Describe, before: Before) -> None:
        self._name, self._tail, self._bus = name, tail, bus
        self._describe, self._before = describe, before

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """While inside, the others can ask what is left here."""
        async with (
            self._bus.serve(f"record.tail.{self._name}", self._answer_tail),
            self._bus.serve(f"record.read.{self._name}", self._answer_read),
        ):
            yield

    async def tail(self, stream_id: int) -> list[Payload]:
        """What earlier holders still have of a stream. Never fails."""
        asked = [self._ask_tail(name, stream_id) for name in self._before(stream_id)]
        return [entry for found in await asyncio.gather(*asked) for entry in found]

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        """Exactly so many bytes, from whoever has them. Raises NotFound when nobody does."""
        for name in self._before(stream_id):
            try:
                return await self._read_from(name, stream_id, epoch, sequence, offset, size)
            except VmsError as error:
                log.debug("stream %d: nothing from %s: %s", stream_id, name, error)
        raise NotFound("no recorder holds this segment", stream=stream_id)

    async def _ask_tail(self, name: str, stream_id: int) -> list[Payload]:
        subject, request = f"record.tail.{name}", {"stream_id": stream_id}
        try:
            answer = await self._bus.request(subject, request, timeout_seconds=ANSWER_SECONDS)
        except VmsError:
            return []
        segments = answer.get("segments")
        return segments if isinstance(segments, list) else []

    async def _read_from(
        self, name: str, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            request: Payload = {
                "stream_id": stream_id,
                "epoch": epoch,
                "sequence": sequence,
                "offset": offset + len(pieces),
                "size": min(PIECE_BYTES, size - len(pieces)),
            }
            answer = await self._bus.request(f"record.read.{name}", request)
            pieces += _bytes_of(answer, int(request["size"]))
        return bytes(pieces)

    async def _answer_tail(self, subject: str, request: Payload) -> Payload:
        (stream_id,) = _numbers(request, "stream_id")
        return {"segments": [self._describe(one) for one in self._tail.tail(stream_id)]}

    async def _answer_read(self, subject: str, request: Payload) -> Payload:
        names = ("stream_id", "epoch", "sequence", "offset", "size")
        stream_id, epoch, sequence, offset, size = _numbers(request, *names)
        if size > PIECE_BYTES:
            raise Invalid("a piece is at most so long", size=PIECE_BYTES)
        data = await self._tail.read(stream_id, epoch, sequence, offset, size)
        return {"data": base64.b64encode(data).decode()}


def _numbers(request: Payload, *names: str) -> list[int]:
    """Raises Invalid when one is missing or no number from 0 on."""
    found = [request.get(name) for name in names]
    numbers = [each for each in found if type(each) is int and each >= 0]
    if len(numbers) != len(names):
        raise Invalid(f"needed are {', '.join(names)}")
    return numbers


def _bytes_of(answer: Payload, size: int) -> bytes:
    try:
        data = base64.b64decode(str(answer.get("data")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Corrupt("a piece of a segment cannot be read") from error
    if len(data) != size:
        raise Corrupt("a piece of a segment has another length")
    return data
