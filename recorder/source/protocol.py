"""What every source of access units promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from vms.core.media.access_unit import AccessUnit
from vms.core.runs import ClockMapping, Noticed
from vms.core.walltime import WallTime


class Run(Protocol):
    """One uninterrupted session with a camera."""

    def __aiter__(self) -> AsyncIterator[list[AccessUnit]]:
        """Batches as they come, until the run ends: then its CameraError."""
        ...

    async def each(self, take: Callable[[list[AccessUnit]], None]) -> None:
        """The same for who need not be waited for: `take` is called with each batch as soon as it
        is there, while it is still at hand. Raises what `take` raises, if that is a VmsError."""
        ...

    @property
    def camera_offset(self) -> int | None:
        """How far the camera's clock is ahead of ours, µs; None: it does not say."""
        ...

    @property
    def mapping(self) -> ClockMapping:
        """The clocks of this run now, as far as the source knows them."""
        ...

    def take_steps(self) -> list[Noticed]:
        """Steps of clocks since the last call."""
        ...

    @property
    def remark(self) -> str:
        """What was found out about what comes and a person should know, or nothing."""
        ...

    @property
    def bytes_read(self) -> int: ...

    @property
    def lost(self) -> int:
        """Packets and access units that were lost on the way so far."""
        ...


class Source(Protocol):
    def open(self, not_before: WallTime | None = None) -> AbstractAsyncContextManager[Run]:
        """Connect. Raises CameraError. `not_before`: where what is recorded already ends."""
        ...
