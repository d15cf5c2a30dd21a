"""A camera between two recorders: what the leaving one says, what the coming one holds. Pure.

The coming recorder connects while the leaving one still records, and keeps the newest groups of
pictures. The leaving one stops before a key picture and says which; the coming one goes on with
that very picture. Both see the same bytes, so it is known by its hash and not by clocks that differ
by milliseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vms.core.bus import Payload
from vms.core.errors import Corrupt
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.model import Cause
from vms.core.walltime import SECOND, WallTime

MOST_GROUPS = 3
MOST_BYTES = 32 * 1024 * 1024
"""Held of one stream; beyond either the oldest whole group goes, and with it at worst the seam."""
_NEAR_MICROS = SECOND // 2
"""Where the picture itself is not found: one this much before the end is taken for it."""


@dataclass(frozen=True, slots=True)
class Left:
    """Where the leaving recorder stopped. `until`, `sha256`: end and hash of its last segment, None
    when it recorded nothing. `key`: hash of the first picture that it did not take, empty when it
    stopped without waiting for one."""

    until: WallTime | None = None
    sha256: bytes | None = None
    key: bytes = b""


class Warm:
    """Stands where a stream's recording will be (`recorder.keeping.Keeps`). `on_warm` is called at
    the first key picture, `on_cold` when the camera is lost."""

    until: WallTime | None = None
    trouble: tuple[Cause, str] | None = None
    resting: Cause | None = None

    def __init__(self, on_warm: Callable[[], None], on_cold: Callable[[str], None]) -> None:
        self._on_warm, self._on_cold = on_warm, on_cold
        self._groups: list[list[AccessUnit]] = []
        self._size = 0
        self.running = False

    def not_before(self, now: WallTime) -> WallTime | None:
        return None

    def begin_run(self) -> None:
        self._groups, self._size, self.running = [], 0, True

    def take(self, units: Sequence[AccessUnit]) -> None:
        for unit in units:
            self._take(unit)

    def _take(self, unit: AccessUnit) -> None:
        if is_key(unit):
            self._groups.append([])
            if len(self._groups) == 1:
                self._on_warm()
        if self._groups:
            self._groups[-1].append(unit)
            self._size += len(unit.data)
            self._trim()

    def clock_stepped(self, words: str) -> None:
        """What is recorded tells it; nothing is yet."""

    def end_run(self, now: WallTime, cause: Cause, detail: str) -> None:
        self._groups, self._size, self.running = [], 0, False
        self._on_cold(detail or cause)

    def after(self, left: Left) -> list[AccessUnit]:
        """What is held from the picture on at which the other one stopped; it is taken out.

        The first picture is not earlier than the other's end, so that nothing overlaps. Empty: the
        picture is not here (yet).
        """
        found = self._find(left)
        if found is None:
            return []
        units = [unit for group in self._groups[found:] for unit in group]
        if left.until is not None and units[0].wall < left.until:
            units[0] = replace(units[0], wall=left.until)
        self._groups, self._size = [], 0
        return units

    def _find(self, left: Left) -> int | None:
        for number, group in enumerate(self._groups):
            if left.key and digest(group[0]) == left.key:
                return number
        for number, group in enumerate(self._groups):
            if left.until is None or group[0].wall > left.until - _NEAR_MICROS:
                return number
        return None

    def _trim(self) -> None:
        while len(self._groups) > MOST_GROUPS or (self._size > MOST_BYTES and self._groups):
            self._size -= sum(len(unit.data) for unit in self._groups.pop(0))


def is_key(unit: AccessUnit) -> bool:
    return unit.random_access and unit.track == VIDEO


def digest(unit: AccessUnit) -> bytes:
    """What a picture is known by in both recorders."""
    return hashlib.sha256(unit.data).digest()


def left_payload(left: Left) -> Payload:
    sha256 = left.sha256.hex() if left.sha256 is not None else None
    return {"until": left.until, "sha256": sha256, "key": left.key.hex()}


def left_of(payload: object) -> Left:
    """Raises Corrupt when it is not what `left_payload` made."""
    if not isinstance(payload, dict):
        raise Corrupt("a handover cannot be read")
    until, sha256, key = (payload.get(name) for name in ("until", "sha256", "key"))
    try:
        return Left(
            WallTime(int(until)) if until is not None else None,
            bytes.fromhex(sha256) if sha256 is not None else None,
            bytes.fromhex(key or ""),
        )
    except (TypeError, ValueError) as error:
        raise Corrupt("a handover cannot be read") from error
