"""Live and archived video: WHEP (RFC 9725), handed to a player over the bus, and SSE.

This module speaks HTTP only; rights were checked before, the media flow is the player's.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from vms.api.call import Call
from vms.api.schemas import WhepQuery
from vms.api.watch import Follower
from vms.auth.policy import Action, allows, require
from vms.core.bus import Payload
from vms.core.errors import Invalid, NotFound, VmsError
from vms.core.model import Camera

SDP = "application/sdp"
LONGEST_SDP = 64 * 1024
OFFER_SECONDS = 10.0
HEARTBEAT_SECONDS = 10.0
STUCK_SECONDS = 30.0
"""A page that takes no byte for so long is gone."""


async def offer(call: Call) -> web.Response:
    """An SDP offer in, the player's answer out; Location is what to DELETE in the end."""
    asked = call.query(WhepQuery)
    if asked.at is not None:
        require(call.user, Action.PLAYBACK, call.camera_id)
    camera = await call.api.index.cameras.get(call.camera_id)
    answer = await call.api.bus.request(
        "play.offer",
        await _question(call, camera, asked),
        timeout_seconds=OFFER_SECONDS,
    )
    peer_id = str(answer["peer_id"])
    call.api.peers.add(peer_id, call.signed(), camera.id)
    return web.Response(
        status=201,
        text=str(answer["sdp"]),
        content_type=SDP,
        headers={"Location": f"/whep/{camera.id}/{peer_id}", "Cache-Control": "no-store"},
    )


async def close_peer(call: Call) -> None:
    peer_id = call.request.match_info["peer_id"]
    if not call.api.peers.take(peer_id, call.signed().session_id, call.camera_id):
        raise NotFound("there is no such connection")
    with suppress(VmsError):  # a player that is away has closed it already
        await call.api.bus.request(f"play.close.{peer_id}", {})


async def whep_options(call: Call) -> web.Response:
    headers = {"Allow": "OPTIONS, POST", "Accept-Post": SDP}
    return web.Response(status=204, headers=headers)


async def follow_events(call: Call) -> web.StreamResponse:
    """Everything as it is, then changes as they come, until the session or the page ends."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    with call.api.watch.follow(call.signed()) as follower:
        await response.prepare(call.request)
        with suppress(ConnectionResetError, TimeoutError):
            await _write(response, b"retry: 2000\n\n" + call.api.watch.snapshot(call.user))
            await _tell(call, follower, response)
    return response


async def _tell(call: Call, follower: Follower, response: web.StreamResponse) -> None:
    asked = call.api.clock.monotonic()
    while not follower.ended or follower.waiting:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                news = await follower.take()
        except TimeoutError:
            news = b": still here\n\n"
        if call.api.clock.monotonic() - asked >= HEARTBEAT_SECONDS:
            asked = call.api.clock.monotonic()
            news += await _last_word(call, follower)
        await _write(response, news)


async def _last_word(call: Call, follower: Follower) -> bytes:
    """Empty while the session is valid and its rights are the same. Other rights: everything they
    cover. Over: its end, after which nothing follows."""
    now = await call.api.sign_ins.still(follower.signed_in)
    if now is None:
        follower.end()
        return b'event: session\ndata: {"ended":true}\n\n'
    if now.user == follower.signed_in.user:
        return b""
    follower.signed_in = now
    return b"event: cameras\ndata: {}\n\n" + call.api.watch.snapshot(now.user)


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(STUCK_SECONDS):
        await response.write(data)


async def _question(call: Call, camera: Camera, asked: WhepQuery) -> Payload:
    streams = {stream.role.value: stream.id for stream in camera.streams}
    if not streams:
        raise NotFound("this camera has no stream", camera=camera.id)
    sdp = await _sdp(call.request)
    wanted = asked.stream.value if asked.stream in streams else next(iter(streams))
    return {
        "camera_id": camera.id,
        "streams": streams,
        "stream": wanted,
        "at": asked.at,
        "sdp": sdp,
        "address": _own_address(call.request),
        "session_id": call.signed().session_id,
        "user_id": call.user.id,
        "playback": allows(call.user, Action.PLAYBACK, camera.id),
    }


async def _sdp(request: web.Request) -> str:
    """Raises Invalid when the body is not the beginning of an SDP text (RFC 8866: UTF-8)."""
    try:
        text = (await request.read()).decode()
    except UnicodeDecodeError as error:
        raise Invalid("this is no SDP offer") from error
    if not text.startswith("v=0"):
        raise Invalid("this is no SDP offer")
    return text


def _own_address(request: web.Request) -> str:
    """The address of ours on which the browser reached us."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return str(name[0]) if name else "127.0.0.1"
