"""How long the room lasts: for each camera at today's rate, and for the store. Pure.

Between what a camera keeps now and what it will keep at a steady rate lies the time until its
oldest video reaches its limit. `days_until_full` goes through that time; `reach` is what remains
once it is over. Days are 86,400 s and fractions of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from storage.retention.policy import Effective
from vms.core.walltime import DAY, WallTime

_STEPS: Final = 400
_HALVINGS: Final = 40


@dataclass(frozen=True, slots=True)
class Load:
    """One camera. `size`: bytes held now; `oldest`, `newest`: of what is held, None: nothing;
    `per_day`: bytes recorded a day; `locked_size`: bytes that retention cannot free."""

    camera_id: int
    policy: Effective
    size: int
    per_day: float
    oldest: WallTime | None = None
    newest: WallTime | None = None
    locked_size: int = 0


@dataclass(frozen=True, slots=True)
class CameraForecast:
    """`kept_days`: from the oldest picture until now. `days_left`: how far back this camera will
    reach at this rate, bounded by its policy, its quota and the store; None: nothing is recorded.
    `minimum_met`: the store has room for `min_days`; `quota_met`: the quota has."""

    load: Load
    kept_days: float
    days_left: float | None
    minimum_met: bool
    quota_met: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """`days_until_full`: None: never at today's rate, or the store does not say how full it is.
    `minimum_bytes`: what all minimums and locks need."""

    cameras: tuple[CameraForecast, ...]
    per_day: float
    used: int
    minimum_bytes: float
    days_until_full: float | None

    @property
    def shortest(self) -> float | None:
        """Days the camera reaches back that reaches back least."""
        return min(
            (each.days_left for each in self.cameras if each.days_left is not None), default=None
        )

    @property
    def short(self) -> tuple[CameraForecast, ...]:
        """Cameras whose minimum cannot be met."""
        return tuple(each for each in self.cameras if not (each.minimum_met and each.quota_met))


def forecast(loads: Sequence[Load], free_bytes: int | None, now: WallTime) -> Forecast:
    """`free_bytes` of the store for segments; None: it does not say, so it bounds nothing."""
    used = sum(load.size for load in loads)
    total = None if free_bytes is None else used + free_bytes
    share = _share(loads, total)
    least = sum(_held(load, load.policy.min_days) for load in loads)
    enough = total is None or least <= total
    return Forecast(
        cameras=tuple(_camera(load, share, enough, now) for load in loads),
        per_day=sum(load.per_day for load in loads),
        used=used,
        minimum_bytes=least,
        days_until_full=None if free_bytes is None else _days_until_full(loads, free_bytes, now),
    )


def reach(load: Load, share_days: float = float("inf")) -> float | None:
    """How many days back the camera reaches at its rate once that is steady. The quota does not go
    below the minimum, nor does the share of the store."""
    if load.per_day <= 0:
        return None
    policy = load.policy
    days = min(float(policy.kept_days), max(share_days, float(policy.min_days)))
    if policy.quota_bytes is not None:
        days = min(days, max(policy.quota_bytes / load.per_day, float(policy.min_days)))
    return days


def _camera(load: Load, share: float, enough: bool, now: WallTime) -> CameraForecast:
    policy = load.policy
    needed = load.per_day * policy.min_days
    return CameraForecast(
        load=load,
        kept_days=_history(load, now),
        days_left=reach(load, share),
        minimum_met=enough or policy.min_days == 0,
        quota_met=policy.quota_bytes is None or policy.quota_bytes >= needed,
    )


def _held(load: Load, share_days: float) -> float:
    """Bytes of a camera once its rate is steady, when the store has room for so many days."""
    return load.locked_size + load.per_day * (reach(load, share_days) or 0.0)


def _share(loads: Sequence[Load], total: int | None) -> float:
    """The days back for which the store has room, the same for all that want so many."""
    most = max((float(load.policy.kept_days) for load in loads), default=0.0)
    if total is None or _all(loads, most) <= total:
        return float("inf")
    low, high = 0.0, most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _all(loads, middle) <= total else (low, middle)
    return low


def _all(loads: Iterable[Load], share_days: float) -> float:
    return sum(_held(load, share_days) for load in loads)


def _days_until_full(loads: Sequence[Load], free_bytes: int, now: WallTime) -> float | None:
    """The first time at which what is added is more than what is free and what went. Between two
    steps the growth is taken as even."""
    most = max((load.policy.kept_days for load in loads), default=0)
    step, before = max(most / _STEPS, 0.05), 0.0
    for number in range(1, int(most / step) + 2):
        grown = sum(_grown(load, number * step, now) for load in loads)
        if grown > free_bytes:
            part = (free_bytes - before) / (grown - before)
            return (number - 1 + max(0.0, part)) * step
        before = grown
    return None


def _grown(load: Load, days: float, now: WallTime) -> float:
    """Bytes a camera holds more in `days` than now: what comes, without what gets too old, and
    never beyond the quota."""
    kept, history = load.policy.kept_days, _history(load, now)
    gone = 0.0 if history <= 0 else min(1.0, max(0.0, (days + history - kept) / history))
    free_to_go = max(0, load.size - load.locked_size)
    size = load.size - free_to_go * gone + load.per_day * min(days, float(kept))
    if load.policy.quota_bytes is not None:
        least = load.locked_size + load.per_day * load.policy.min_days
        size = min(size, max(load.policy.quota_bytes, least))
    return size - load.size


def _history(load: Load, now: WallTime) -> float:
    return 0.0 if load.oldest is None else max(0, now - load.oldest) / DAY
