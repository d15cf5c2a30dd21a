"""When a camera may be tried: a token bucket per subnet, one second between attempts.

No camera sees a second attempt within a second, whichever of its streams makes it and however
often its settings change; and a subnet (IPv4 /24, IPv6 /64) whose switch came back is not met by
all its cameras' recorders in the same moment. How long a camera that failed is left alone is said
by `recorder.pauses`. Owns no task; waits belong to who waits.
"""

from __future__ import annotations

import asyncio
import ipaddress
from types import TracebackType
from urllib.parse import urlsplit

from vms.core.clock import Clock

CAMERA_SECONDS = 1.0
SUBNET_PER_SECOND = 40.0
SUBNET_BURST = 40
TAKE_OVER_PER_SECOND = 120.0
"""First attempts at cameras whose recorder died: these are up, with nobody to record them, and no
switch is coming back. So many that a core still does what it records already beside it."""
CONNECTING_AT_ONCE = 256
"""So many that a hundred cameras that do not answer at all hold up nobody else."""
_MOST_KNOWN = 10_000
"""Subnets and cameras remembered; beyond it those that are at rest are let go."""


class TokenBucket:
    """`per_second` turns on average, `burst` of them at once. Pure."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._interval, self._depth = 1.0 / per_second, burst / per_second
        self._next = float("-inf")

    def reserve(self, now: float) -> float:
        """Take the next turn: seconds until it comes. A turn that is not used is lost."""
        self._next = max(self._next, now - self._depth) + self._interval
        return max(0.0, self._next - now)

    def at_rest(self, now: float) -> bool:
        """Whether it is as good as new."""
        return self._next <= now - self._depth


class _Camera:
    """`tried`: when it was last tried. The lock: one of its streams at a time waits for a turn."""

    def __init__(self) -> None:
        self.tried = float("-inf")
        self.lock = asyncio.Lock()


class Gate:
    """All attempts of this process. `members`: recorders among which a subnet's turns are shared,
    since each has some of its cameras."""

    def __init__(self, clock: Clock) -> None:
        self.members = 1
        self._clock = clock
        self._at_once = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._subnets: dict[tuple[str, int, bool], TokenBucket] = {}
        self._cameras: dict[int, _Camera] = {}

    def door(self, camera_id: int, url: str, *, orphan: bool = False) -> Door:
        """What one stream's attempts go through: `async with door:` around each of them. `orphan`:
        its recorder died; the first attempt does not wait with all others of the subnet."""
        return Door(self, camera_id, subnet_of(url), orphan=orphan)

    async def enter(self, camera_id: int, subnet: str, *, orphan: bool = False) -> None:
        """Wait for a turn; `leave` gives the place back. Cancelled, it holds none."""
        camera = self._cameras.setdefault(camera_id, _Camera())
        async with camera.lock:
            await self._wait(self._bucket(subnet, orphan).reserve(self._clock.monotonic()))
            await self._wait(camera.tried + CAMERA_SECONDS - self._clock.monotonic())
            await self._at_once.acquire()
            camera.tried = self._clock.monotonic()
        self._forget()

    def leave(self) -> None:
        self._at_once.release()

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._clock.sleep(seconds)

    def _bucket(self, subnet: str, orphan: bool) -> TokenBucket:
        members = max(1, self.members)
        known = self._subnets.get((subnet, members, orphan))
        if known is None:
            rate = TAKE_OVER_PER_SECOND if orphan else SUBNET_PER_SECOND
            known = TokenBucket(max(1.0, rate / members), max(1.0, SUBNET_BURST / members))
            self._subnets[subnet, members, orphan] = known
        return known

    def _forget(self) -> None:
        """Those at rest are as good as new ones."""
        if len(self._subnets) + len(self._cameras) <= _MOST_KNOWN:
            return
        now = self._clock.monotonic()
        self._subnets = {key: one for key, one in self._subnets.items() if not one.at_rest(now)}
        self._cameras = {
            key: one
            for key, one in self._cameras.items()
            if one.lock.locked() or one.tried + CAMERA_SECONDS > now
        }


class Door:
    """One stream's way through the gate: a context that is entered once per attempt."""

    def __init__(self, gate: Gate, camera_id: int, subnet: str, *, orphan: bool) -> None:
        self._gate, self._camera_id, self._subnet = gate, camera_id, subnet
        self._orphan = orphan

    async def __aenter__(self) -> None:
        orphan, self._orphan = self._orphan, False
        await self._gate.enter(self._camera_id, self._subnet, orphan=orphan)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._gate.leave()


def subnet_of(url: str) -> str:
    """The camera's neighbourhood: /24 or /64 of its address; a name is its own. Never raises."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    bits = 64 if address.version == 6 and mapped is None else 24
    return str(ipaddress.ip_network(f"{mapped or address}/{bits}", strict=False))
