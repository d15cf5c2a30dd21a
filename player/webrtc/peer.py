"""One browser's peer connection: offer in, answer out, then video and control messages.

aiortc does the signalling, ICE, DTLS and SCTP; `egress` sends the media. What belongs here: the
connection's life. What does not: what is shown (`player.session`). Tasks: the reports and the
watch on a connection that never comes about, both inside `open_peer`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidStateError, OperationError
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
)
from aiortc.sdp import SessionDescription

from player import metrics
from player.webrtc.egress import Egress
from player.webrtc.ice import announce
from player.webrtc.layout import PLAYOUT_DELAY, Picture
from player.webrtc.offer import stripped
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.errors import Invalid

log = logging.getLogger(__name__)

Message = dict[str, Any]

CONTROL = "control"
CONNECT_SECONDS = 15.0
_KEPT_MESSAGES = 64
_LONGEST_MESSAGE = 4096
_MOST_BUFFERED = 256 * 1024

_PROFILES = [
    profile
    for profile in (SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM, SRTP_AES128_CM_SHA1_80)
    if profile in SRTP_PROFILES
]


class Peer:
    """A connection, from its answer to its end. `closed` is set when it ended from either side."""

    def __init__(self, egress: Egress) -> None:
        self.answer = ""
        self.closed = asyncio.Event()
        self.messages: asyncio.Queue[Message] = asyncio.Queue(_KEPT_MESSAGES)
        self._egress = egress
        self._channel: RTCDataChannel | None = None
        self._unsent: deque[str] = deque(maxlen=_KEPT_MESSAGES)

    async def ready(self) -> None:
        """Return once pictures can be sent."""
        await self._egress.ready.wait()

    def try_write(self, picture: Picture, rtp: int) -> bool:
        return self._egress.try_write(picture, rtp)

    async def write(self, picture: Picture, rtp: int) -> None:
        await self._egress.write(picture, rtp)

    def tell(self, message: Message) -> None:
        """Send a control message. Before the channel is open the newest 64 are kept; a browser that
        does not read loses messages rather than growing our memory."""
        text = json.dumps(message, separators=(",", ":"))
        channel = self._channel
        if channel is None or channel.readyState != "open":
            self._unsent.append(text)
        elif channel.bufferedAmount < _MOST_BUFFERED:
            channel.send(text)

    def _opened(self, channel: RTCDataChannel) -> None:
        if channel.label != CONTROL or self._channel is not None:
            return
        self._channel = channel
        channel.on("message", self._heard)
        while self._unsent:
            channel.send(self._unsent.popleft())

    def _heard(self, text: str | bytes) -> None:
        """Queue a message; when 64 wait already the oldest goes: the newest wish counts."""
        message = _parsed(text)
        if message is None:
            metrics.IGNORED.inc()
            return
        if self.messages.full():
            self.messages.get_nowait()
        self.messages.put_nowait(message)


@asynccontextmanager
async def open_peer(offer: str, addresses: Sequence[str], clock: Clock) -> AsyncIterator[Peer]:
    """Answer `offer` with candidates on `addresses`; the connection lives as long as the context.

    Raises Invalid when the offer cannot be answered, Unavailable when no address can be bound.
    """
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    connection = RTCPeerConnection(configuration)
    try:
        transceiver = connection.addTransceiver("video", direction="sendonly")
        egress = _take_over(transceiver, clock)
        peer = Peer(egress)
        connection.on("datachannel", peer._opened)
        connection.on("connectionstatechange", lambda: _note_end(connection, peer))
        peer.answer = await _negotiate(connection, transceiver, offer, addresses)
        async with beside(egress.report()), beside(_close_unless_connected(peer, clock)):
            yield peer
    finally:
        await connection.close()


def _take_over(transceiver: RTCRtpTransceiver, clock: Clock) -> Egress:
    """Put our sender where aiortc's was, under the same source identifiers."""
    stock: RTCRtpSender = transceiver.sender
    egress = Egress(stock.transport, clock)
    egress._ssrc, egress._rtx_ssrc = stock._ssrc, stock._rtx_ssrc
    egress._stream_id = stock._stream_id
    # There is one transport for all. aiortc would stop it as superfluous where the offer names
    # sound or data before video.
    transceiver._bundled = True
    # aiortc has no way to bring one's own sender; the attribute's name is checked by the tests.
    transceiver._RTCRtpTransceiver__sender = egress  # type: ignore[attr-defined]
    return egress


async def _negotiate(
    connection: RTCPeerConnection,
    transceiver: RTCRtpTransceiver,
    offer: str,
    addresses: Sequence[str],
) -> str:
    text = stripped(offer)
    preferred = [
        codec
        for codec in RTCRtpSender.getCapabilities("video").codecs
        if codec.mimeType in ("video/H264", "video/rtx")
    ]
    transceiver.setCodecPreferences(preferred)
    try:
        await connection.setRemoteDescription(RTCSessionDescription(sdp=text, type="offer"))
    except (ValueError, IndexError, InternalError, InvalidStateError, OperationError) as error:
        raise Invalid("the offer has no H.264 video that can be answered") from error
    _extend(transceiver, text)
    transport = transceiver.sender.transport
    transport._set_role("server")
    transport._srtp_profiles = _PROFILES
    announce(transport.transport, addresses)
    await connection.setLocalDescription(await connection.createAnswer())
    return str(connection.localDescription.sdp)


def _extend(transceiver: RTCRtpTransceiver, offer: str) -> None:
    """Of the header extensions keep playout-delay only: the one that we send."""
    for media in SessionDescription.parse(offer).media:
        if media.rtp.muxId == transceiver.mid:
            transceiver._headerExtensions = [
                one for one in media.rtp.headerExtensions if one.uri == PLAYOUT_DELAY
            ]


def _note_end(connection: RTCPeerConnection, peer: Peer) -> None:
    if connection.connectionState in ("failed", "closed"):
        peer.closed.set()


async def _close_unless_connected(peer: Peer, clock: Clock) -> None:
    await clock.sleep(CONNECT_SECONDS)
    if not peer._egress.ready.is_set():
        peer.closed.set()


def _parsed(text: str | bytes) -> Message | None:
    if len(text) > _LONGEST_MESSAGE:
        return None
    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
