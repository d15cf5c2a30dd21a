"""How long the room lasts, and what a change of retention would delete. For administrators."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from storage.full.levels import Fill
from storage.full.room import within
from storage.objects.store import Room
from storage.retention.changes import Wanted, effective_of
from storage.retention.dryrun import dry_run
from storage.retention.forecast import CameraForecast, Forecast, forecast
from storage.retention.loads import loads
from storage.retention.plan import rule
from storage.retention.sums import WouldGo
from vms.api.call import Api, Call
from vms.api.handlers.retention import usual
from vms.api.keeping import (
    CameraForecastOut,
    DryRunCameraOut,
    DryRunOut,
    ForecastOut,
    RetentionIn,
    StoreFillOut,
)
from vms.core.errors import Exhausted, Unavailable
from vms.core.walltime import WallTime

_LONGEST_SECONDS = 60.0
"""Of a dry run: somebody waits for it."""
Level = Literal["ok", "filling", "high", "full", "unknown"]
LEVELS: Sequence[tuple[float, Level]] = ((95, "full"), (90, "high"), (80, "filling"))


async def get_forecast(call: Call) -> ForecastOut:
    now = call.api.clock.wall()
    room, ahead = await ahead_of(call.api, now)
    return ForecastOut(
        now=now,
        minimum_bytes=round(ahead.minimum_bytes),
        store=await fill_of(call.api, room, ahead, now),
        cameras=[_camera(each) for each in ahead.cameras],
    )


async def try_retention(call: Call) -> DryRunOut:
    """What a change would delete; changes nothing. Raises Exhausted while another one is counted,
    or when there is too much to count while somebody waits, Invalid as the change would."""
    sent = call.body(RetentionIn)
    wanted = Wanted(sent.scope, sent.owner_id, sent.policy.policy(), by=call.user.name)
    if call.api.dry_runs.locked():
        raise Exhausted("another dry run is counted: wait a moment", retry_after_seconds=5)
    now = call.api.clock.wall()
    async with call.api.dry_runs:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                found = await dry_run(call.api.index, wanted, now, usual=usual(call.api))
        except TimeoutError:
            raise Exhausted(
                "this concerns too much video to count now: try it for a group or a camera"
            ) from None
    return DryRunOut(
        segments=found.segments,
        size=found.size,
        oldest=found.oldest,
        newest=found.newest,
        locked_size=found.locked_size,
        cameras=[_would_go(each) for each in found.cameras],
    )


async def ahead_of(api: Api, now: WallTime) -> tuple[Room | None, Forecast]:
    """What is free for segments, and what follows. A store that is away bounds nothing."""
    found = await loads(api.index, now, usual=usual(api))
    room = within(await _room(api), _capacity(api), sum(load.size for load in found))
    free = None if room is None else room.free
    # A city's thousand cameras take it half a second of arithmetic.
    return room, await asyncio.to_thread(forecast, found, free, now)


async def _room(api: Api) -> Room | None:
    try:
        return await api.store.room()
    except Unavailable:
        return None


def _capacity(api: Api) -> int | None:
    return api.settings.store.capacity_bytes or None


async def fill_of(api: Api, room: Room | None, ahead: Forecast, now: WallTime) -> StoreFillOut:
    """How full the store is, of anything and of what must stay."""
    fill = None
    if room is not None:
        fill = Fill(room.total, room.free, await _may_go(api, now))
    return StoreFillOut(
        total=room.total if room else None,
        free=room.free if room else None,
        used=ahead.used,
        fill=fill.percent / 100 if fill else None,
        protected=fill.protected_percent / 100 if fill else None,
        level=level(fill),
        per_day=round(ahead.per_day),
        days_left=ahead.days_until_full,
    )


async def _may_go(api: Api, now: WallTime) -> int:
    """Bytes of video older than its camera's minimum that nothing locks."""
    said = await api.index.retention.said()
    kept_from = {
        term.stream_id: rule(effective_of(said, standing, usual(api)), now).quota_from
        for standing in said.standings
        for term in standing.streams
    }
    return await api.index.weights.removable(kept_from, WallTime(0), now)


def level(fill: Fill | None) -> Level:
    """By what must stay, as the alarms are."""
    if fill is None:
        return "unknown"
    percent = fill.protected_percent
    return next((word for least, word in LEVELS if percent >= least), "ok")


def _camera(of: CameraForecast) -> CameraForecastOut:
    return CameraForecastOut(
        camera_id=of.load.camera_id,
        size=of.load.size,
        oldest=of.load.oldest,
        newest=of.load.newest,
        per_day=round(of.load.per_day),
        kept_days=of.kept_days,
        days_left=of.days_left,
        min_days=of.load.policy.min_days,
        max_days=of.load.policy.max_days,
        minimum_met=of.minimum_met,
        quota_met=of.quota_met,
        locked_size=of.load.locked_size,
    )


def _would_go(each: WouldGo) -> DryRunCameraOut:
    return DryRunCameraOut(
        camera_id=each.camera_id,
        segments=each.segments,
        size=each.size,
        oldest=each.oldest,
        newest=each.newest,
        locked_size=each.locked_size,
    )
