"""How often somebody may do something: token buckets, bounded in number. Pure but for the clock."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from vms.core.clock import Clock
from vms.core.errors import Exhausted

MOST = 10_000
"""Buckets kept; beyond that the one longest untouched is forgotten (and so is full again)."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


class Allowance:
    """`burst` at once, `per_second` in the long run, for each key by itself."""

    def __init__(self, clock: Clock, burst: int, per_second: float, most: int = MOST) -> None:
        self._clock, self._burst, self._per_second, self._most = clock, burst, per_second, most
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable) -> None:
        """One more. Raises Exhausted with `retry_after_seconds` when it is too much."""
        bucket = self._bucket(key)
        if bucket.tokens < 1.0:
            wait = (1.0 - bucket.tokens) / self._per_second
            raise Exhausted("too often: wait", retry_after_seconds=math.ceil(wait))
        bucket.tokens -= 1.0

    def _bucket(self, key: Hashable) -> _Bucket:
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(float(self._burst), now))
        self._buckets.move_to_end(key)
        bucket.tokens += (now - bucket.filled) * self._per_second
        bucket.tokens, bucket.filled = min(bucket.tokens, float(self._burst)), now
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return bucket
