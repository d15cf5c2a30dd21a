"""So many bytes a second and no more. No task; whoever reads waits here."""

from __future__ import annotations

from vms.core.clock import Clock

_BURST_SECONDS = 1.0


class Budget:
    """`bytes_per_second` None or 0: as fast as it goes. Unused budget is kept for one second."""

    def __init__(self, bytes_per_second: float | None, clock: Clock) -> None:
        self._rate, self._clock = bytes_per_second or None, clock
        self._free_at = clock.monotonic()

    async def spend(self, size: int) -> None:
        """Return when `size` bytes more may have been read by now."""
        if self._rate is None:
            return
        now = self._clock.monotonic()
        self._free_at = max(self._free_at, now - _BURST_SECONDS) + size / self._rate
        if self._free_at > now:
            await self._clock.sleep(self._free_at - now)
