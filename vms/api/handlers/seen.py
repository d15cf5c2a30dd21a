"""Which cameras a request names, kept to those its user may play."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vms.api.call import Call
from vms.api.problems import WrongFields
from vms.auth.policy import NO_SUCH_CAMERA, Action, allows, require
from vms.core.errors import NotFound
from vms.core.model import Camera, Stream, StreamRole
from vms.core.walltime import TimeRange, WallTime


async def named_cameras(call: Call, camera_ids: Sequence[int]) -> list[Camera]:
    """These cameras, each once, in this order. Raises NotFound alike for one that is not there and
    one the user may not see."""
    wanted = list(dict.fromkeys(camera_ids))
    for camera_id in wanted:
        require(call.user, Action.PLAYBACK, camera_id)
    there = await call.api.index.cameras.some(wanted)
    if not there.keys() >= set(wanted):
        raise NotFound(NO_SUCH_CAMERA)
    return [there[camera_id] for camera_id in wanted]


async def named_camera(call: Call) -> Camera:
    """The camera in the path, whose right the table has asked for. Raises NotFound."""
    try:
        return await call.api.index.cameras.get(call.camera_id)
    except NotFound:
        raise NotFound(NO_SUCH_CAMERA) from None


def playable(call: Call, camera_ids: Sequence[int] | None) -> list[int] | None:
    """The ids a list is kept to: those asked for, else all the user may play; None: every camera,
    removed ones too. Raises NotFound for one that may not be seen."""
    if camera_ids is None:
        seen = None if allows(call.user, Action.ADMIN) else call.user.cameras
        return None if seen is None else sorted(seen)
    for camera_id in camera_ids:
        require(call.user, Action.PLAYBACK, camera_id)
    return list(camera_ids)


def recorded(camera: Camera) -> Stream | None:
    """The stream whose archive is shown: the first that is recorded, main before sub."""
    by_preference = sorted(camera.streams, key=lambda stream: (not stream.record, stream.role))
    return by_preference[0] if by_preference else None


def shown(cameras: Iterable[Camera], role: StreamRole | None) -> dict[int, Stream]:
    """By camera the stream that is shown: the one asked for, or the recorded one. Cameras without
    it are left out."""
    streams = (
        (camera.id, recorded(camera) if role is None else camera.stream(role)) for camera in cameras
    )
    return {camera_id: stream for camera_id, stream in streams if stream is not None}


def asked_span(start: int, end: int, longest_micros: int) -> TimeRange:
    """Raises WrongFields for one that cannot be, or is too long."""
    if end <= start:
        raise WrongFields(("end", "before-start"))
    if end - start > longest_micros:
        raise WrongFields(("end", "too-long"))
    return TimeRange(WallTime(start), WallTime(end))
