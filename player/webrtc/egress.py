"""Sending one viewer's video: our packets under aiortc's keys, on aiortc's socket.

`Egress` takes the place of aiortc's RTCRtpSender in the negotiation and never starts its run loop:
no object per packet, one system call per run of packets (6.4 µs a packet against 31.6 measured).
What belongs here: sequence numbers, time stamps, pacing of bursts, retransmission, sender reports.
What does not: which picture when (`player.session`). Tasks: none; `report` is run by the peer.
"""

from __future__ import annotations

import asyncio
import random
import struct

from aiortc import RTCDtlsTransport, RTCRtpSender
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
)

from player import metrics
from player.webrtc.history import History, Sent
from player.webrtc.ice import selected_pair
from player.webrtc.layout import PLAYOUT_DELAY, Picture, Run, Shape, Template, playout_delay
from player.webrtc.srtp import Protection
from player.webrtc.udp import Outgoing
from vms.core.clock import Clock
from vms.core.walltime import to_ntp

PACE = 100_000_000 / 8
"""Bytes per second of a burst: between the 80 and 150 Mbit/s that a browser takes without loss."""
ALLOWANCE_SECONDS = 0.003
"""How much of a burst may go unpaced: about 37 kB, more than a usual picture."""
_RETRANSMIT_PACE = 20_000_000 / 8
_REPORT_SECONDS = 1.0

_STAMP = struct.Struct(">HII")
_buffer = bytearray(64 * 1024)
"""Where packets are stamped and protected; used within one call only, so one is enough."""
_view = memoryview(_buffer)


class Egress(RTCRtpSender):
    """One viewer's outgoing video. `ready` is set once keys and codec are known."""

    def __init__(self, transport: RTCDtlsTransport, clock: Clock) -> None:
        super().__init__("video", transport)
        self.ready = asyncio.Event()
        self._clock = clock
        self._pair: object = None
        self._outgoing: Outgoing | None = None
        self._protection: Protection | None = None
        self._shape = Shape(0, b"", 0)
        self._rtx = 0
        self._rtx_sequence = random.randrange(0x8000)
        self._sequence = random.randrange(0x8000)
        self._history = History()
        self._free_at = self._resend_free_at = 0.0
        self._last = (0, 0.0)
        self._cname = ""
        self.packets = self.octets = self.retransmitted = 0

    # what aiortc calls

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        """Called once the DTLS handshake is done; a second call changes nothing."""
        if self.ready.is_set():
            return
        self.transport._register_rtp_sender(self, parameters)
        self._cname = parameters.rtcp.cname or ""
        self._shape, self._rtx = _negotiated(parameters, self.transport)
        self._protection = Protection(self.transport._tx_srtp, _buffer)
        self.ready.set()

    async def stop(self) -> None:
        if self.ready.is_set():
            self.transport._unregister_rtp_sender(self)
        if self._outgoing is not None:
            self._outgoing.close()
            self._outgoing = None
        self._protection = None

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        """Answer NACKs. A picture-loss report needs nothing: retransmission repairs what can be
        repaired; neither the archive nor a camera shared by many makes a key picture for one."""
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for sequence in packet.lost:
                self._send_again(sequence)

    # what the session calls

    def try_write(self, picture: Picture, rtp: int) -> bool:
        """Send the whole picture now if pacing allows. False: nothing was sent, use `write`."""
        now = self._clock.monotonic()
        if self._free_at > now or not self._open():
            return False
        template = picture.template(self._shape)
        if len(template.data) > PACE * ALLOWANCE_SECONDS:
            return False
        first = self._begin(picture, template, rtp)
        for run in template.runs:
            self._send(template, run, first, rtp)
        self._spend(now, len(template.data))
        return True

    async def write(self, picture: Picture, rtp: int) -> None:
        """Send the picture, in runs not faster than PACE. `rtp`: 32-bit RTP time."""
        await self.ready.wait()
        if not self._open():
            return
        template = picture.template(self._shape)
        first = self._begin(picture, template, rtp)
        for run in template.runs:
            now = self._clock.monotonic()
            if self._free_at > now:
                await self._clock.sleep(self._free_at - now)
            if self._protection is None:
                return
            self._send(template, run, first, rtp)
            self._spend(now, run.end - run.start)

    async def report(self) -> None:
        """Send RTCP sender reports until cancelled (RFC 3550 section 6.4.1)."""
        await self.ready.wait()
        while True:
            await self._clock.sleep(_REPORT_SECONDS * random.uniform(0.5, 1.5))
            if self.packets:
                await self._send_report()

    # inside

    def _open(self) -> bool:
        """Whether there is somewhere to send to, following ICE when it chooses another pair."""
        if self._protection is None:
            return False
        pair = selected_pair(self.transport.transport)
        if pair is not self._pair:
            self._follow(pair)
        return self._outgoing is not None

    def _follow(self, pair: object) -> None:
        self._pair = pair
        if self._outgoing is not None:
            self._outgoing.close()
            self._outgoing = None
        if pair is not None:
            sock = pair.protocol.transport.get_extra_info("socket").dup()  # type: ignore[attr-defined]
            sock.setblocking(False)
            self._outgoing = Outgoing(sock, pair.remote_addr)  # type: ignore[attr-defined]

    def _begin(self, picture: Picture, template: Template, rtp: int) -> int:
        first = self._sequence
        count = len(template.lengths)
        self._sequence += count
        self._history.add(Sent(first, count, rtp, picture))
        self._last = (rtp, self._clock.monotonic())
        self.packets += count
        self.octets += sum(template.lengths) - count * self._shape.overhead
        metrics.PACKETS.inc(count)
        metrics.SENT_BYTES.inc(len(template.data))
        return first

    def _spend(self, now: float, size: int) -> None:
        self._free_at = max(self._free_at, now - ALLOWANCE_SECONDS) + size / PACE

    def _send(self, template: Template, run: Run, first: int, rtp: int) -> None:
        assert self._protection is not None
        assert self._outgoing is not None
        start, size = run.start, run.end - run.start
        _buffer[:size] = template.data[start : run.end]
        offsets = template.offsets[run.first : run.last]
        stamp, ssrc, sequence = _STAMP.pack_into, self._ssrc, first + run.first
        for offset in offsets:
            stamp(_buffer, offset - start + 2, sequence & 0xFFFF, rtp, ssrc)
            sequence += 1
        self._protection.protect(offsets, template.lengths[run.first : run.last], base=start)
        self._outgoing.send(_view[:size], run.size)

    def _send_again(self, sequence: int) -> None:
        now = self._clock.monotonic()
        found = self._history.find(sequence)
        if found is None or self._resend_free_at > now + 0.1 or not self._open():
            return
        sent, index = found
        template = sent.picture.template(self._shape)
        at, length = template.offsets[index], template.lengths[index]
        self._resend(bytearray(template.data[at : at + length]), sequence, sent.rtp)
        self._resend_free_at = max(self._resend_free_at, now) + length / _RETRANSMIT_PACE
        self.retransmitted += 1
        metrics.RETRANSMITTED.inc()

    def _resend(self, packet: bytearray, sequence: int, rtp: int) -> None:
        """As RTX when negotiated (RFC 4588 section 4), else the same packet again."""
        assert self._protection is not None
        assert self._outgoing is not None
        if self._rtx:
            packet[1] = packet[1] & 0x80 | self._rtx
            _STAMP.pack_into(packet, 2, self._rtx_sequence & 0xFFFF, rtp, self._rtx_ssrc)
            packet[self._shape.overhead : self._shape.overhead] = sequence.to_bytes(2, "big")
            self._rtx_sequence += 1
        else:
            _STAMP.pack_into(packet, 2, sequence, rtp, self._ssrc)
        size = len(packet)
        _buffer[:size] = packet
        self._protection.protect((0,), (size,), base=0)
        self._outgoing.send(_view[: size + self._shape.tag], size + self._shape.tag)

    async def _send_report(self) -> None:
        rtp, at = self._last
        elapsed = round((self._clock.monotonic() - at) * 90_000)
        info = RtcpSenderInfo(
            ntp_timestamp=to_ntp(self._clock.wall()),
            rtp_timestamp=(rtp + elapsed) & 0xFFFF_FFFF,
            packet_count=self.packets & 0xFFFF_FFFF,
            octet_count=self.octets & 0xFFFF_FFFF,
        )
        name = RtcpSourceInfo(ssrc=self._ssrc, items=[(1, self._cname.encode())])
        try:
            await self.transport._send_rtp(
                bytes(RtcpSrPacket(ssrc=self._ssrc, sender_info=info))
                + bytes(RtcpSdesPacket(chunks=[name]))
            )
        except ConnectionError:
            return  # the peer is going away; its owner hears of that by itself


def _negotiated(parameters: RTCRtpSendParameters, transport: RTCDtlsTransport) -> tuple[Shape, int]:
    """The shape of our packets, and the RTX payload type, 0 when there is none."""
    main = parameters.codecs[0].payloadType or 0
    rtx = next(
        (c.payloadType or 0 for c in parameters.codecs if c.parameters.get("apt") == main), 0
    )
    extension = next(
        (playout_delay(e.id) for e in parameters.headerExtensions if e.uri == PLAYOUT_DELAY), b""
    )
    assert transport._ssl is not None
    gcm = b"GCM" in transport._ssl.get_selected_srtp_profile()
    return Shape(main, extension, 16 if gcm else 10), rtx
