"""Exact MP4 clips: made into a temporary file, sent, removed. Few at once, an hour at most."""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from player.export.clip import ClipReport
from vms.api.call import Call
from vms.api.handlers.seen import recorded
from vms.api.problems import WrongFields
from vms.api.schemas import ClipQuery
from vms.core.errors import Conflict, Exhausted, Invalid, NotFound
from vms.core.model import Camera, Stream
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime, from_iso

LONGEST_MICROS = HOUR
_PIECE_BYTES = 256 * 1024


async def get_clip(call: Call) -> web.StreamResponse:
    asked = call.query(ClipQuery)
    span = _span(asked)
    camera = await call.api.index.cameras.get(call.camera_id)
    require_purpose(camera)
    stream = _stream(camera, asked)
    if call.api.clips.locked():
        raise Exhausted("other clips are being made: wait a moment", retry_after_seconds=5)
    async with call.api.clips:
        with tempfile.TemporaryDirectory(prefix="vms-clip-") as folder:
            path = Path(folder) / "clip.mp4"
            report = await call.api.make_clip(call.api.footage, stream.id, span, path)
            name = file_name(camera.name, span.start, _zone(call))
            return await _send(call, report, name)


def require_purpose(camera: Camera) -> None:
    """Nothing of a camera is given out before somebody said what it is for (UU PDP 27/2022 art.
    17). Raises Conflict with what to do."""
    if not camera.purposes:
        raise Conflict(
            "this camera has no purpose yet: an administrator names at least one under"
            " Admin > Cameras, then its video can be exported",
            field="purposes",
            code="required",
        )


def file_name(camera: str, start: WallTime, zone: ZoneInfo) -> str:
    """`<camera name>_<local time>.mp4`, without what file systems do not take."""
    local = datetime.fromtimestamp(start // SECOND, UTC).astimezone(zone)
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', " ", camera).strip(" .") or "camera"
    return f"{name}_{local:%Y-%m-%d_%H-%M-%S}.mp4"


def content_disposition(name: str) -> str:
    """RFC 6266: the name for old clients in ASCII, the real one in UTF-8."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _span(asked: ClipQuery) -> TimeRange:
    start, end = _moment(asked.start, "start"), _moment(asked.end, "end")
    if end <= start:
        raise WrongFields(("end", "before-start"))
    if end - start > LONGEST_MICROS:
        raise WrongFields(("end", "too-long"))
    return TimeRange(start, end)


def _moment(text: str, field: str) -> WallTime:
    if re.fullmatch(r"\d{1,17}", text, re.ASCII):
        return WallTime(int(text))
    try:
        return from_iso(text.replace(" ", "+"))  # a + in a query is a blank
    except Invalid:
        raise WrongFields((field, "time")) from None


def _stream(camera: Camera, asked: ClipQuery) -> Stream:
    stream = recorded(camera) if asked.stream is None else camera.stream(asked.stream)
    if stream is None:
        raise NotFound("this camera has no such stream", camera=camera.id)
    return stream


def _zone(call: Call) -> ZoneInfo:
    return ZoneInfo(call.api.settings.site.zone)


async def _send(call: Call, report: ClipReport, name: str) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": "video/mp4",
            "Content-Length": str(report.size),
            "Content-Disposition": content_disposition(name),
            "Cache-Control": "no-store",
            "X-Clip-Gaps": ",".join(f"{gap.start}-{gap.end}" for gap in report.gaps),
        }
    )
    await response.prepare(call.request)
    with report.path.open("rb") as file, suppress(ConnectionResetError):  # nobody waits any more
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            await response.write(piece)
        await response.write_eof()
    return response
