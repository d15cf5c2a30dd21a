"""One RTSP connection to a simulated camera: requests, answers, at most one session.

The server owns the task that runs it. A session ends with its connection, also over UDP.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from dataclasses import dataclass

from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.demo import sdp
from vms.demo.access import Access
from vms.demo.misbehaviour import Behaviour, Misbehaviour
from vms.demo.outlet import TcpOutlet, UdpOutlet
from vms.demo.rtsp import Parser, Request, Response
from vms.demo.session import Session, TrackState
from vms.demo.site import CameraStream, Site
from vms.demo.source import Timebase

log = logging.getLogger(__name__)

METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER")
PUBLIC = ", ".join((*METHODS, "TEARDOWN"))
SESSION_SECONDS = 60
EARLY_SECONDS = 5.0
LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Desk:
    """What all connections of a server share."""

    site: Site
    access: Access
    clock: Clock
    timebase: Timebase
    session_seconds: float = SESSION_SECONDS


class Connection:
    def __init__(
        self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._desk = desk
        self._reader = reader
        self._transport = writer.transport
        self._parser = Parser()
        self._stream: CameraStream | None = None
        self._session: Session | None = None
        self._behaviour: Behaviour | None = None
        self._heard = desk.clock.monotonic()
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Serve until the client goes, is silent for too long, talks nonsense, or is hung up on."""
        try:
            while data := await self._read():
                for message in self._parser.feed(data):
                    self._heard = self._desk.clock.monotonic()
                    if isinstance(message, Request) and not await self._serve(message):
                        return
                if self._leaves:
                    await self._leave()
                    return
        except OSError:
            return
        except VmsError as error:
            log.warning("hanging up on a client: %s", error)
        finally:
            self._end_session()
            self._mind(None)
            self._transport.close()

    def hang_up(self) -> None:
        self._gone.set()
        self._transport.abort()

    @property
    def _leaves(self) -> bool:
        does = self._behaviour is not None and self._behaviour.does(Misbehaviour.LEAVES)
        return does and self._session is not None and self._session.playing

    async def _leave(self) -> None:
        """Close the connection and go on sending, until hung up on or for a session's time."""
        self._transport.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._desk.session_seconds):
                await self._gone.wait()

    async def _read(self) -> bytes:
        """What came next; nothing when the client has gone or its session has timed out."""
        while True:
            left = self._heard + self._desk.session_seconds - self._desk.clock.monotonic()
            if left <= 0:
                return b""
            try:
                async with asyncio.timeout(left):
                    return await self._reader.read(65536)
            except TimeoutError:  # a receiver report over UDP may have come meanwhile
                continue

    async def _serve(self, request: Request) -> bool:
        """Answer one request; False ends the connection."""
        self._mind(self._desk.site.behaviour(request.url))
        does = self._behaviour.does if self._behaviour else lambda _: False
        if does(Misbehaviour.UNPLUGGED):
            self._transport.abort()
            return False
        response = await self._answer(request)
        if not does(Misbehaviour.DEAF):
            self._transport.write(response.encode(request.sequence))
        if request.method == "PLAY" and response.status == 200 and self._session:
            self._session.play()
        return request.method != "TEARDOWN"

    def _mind(self, behaviour: Behaviour | None) -> None:
        """From now on behave as this camera does."""
        if behaviour is self._behaviour:
            return
        if self._behaviour:
            self._behaviour.hang_ups.remove(self.hang_up)
        if behaviour:
            behaviour.hang_ups.append(self.hang_up)
        self._behaviour = behaviour

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(headers={"Public": PUBLIC})
        if refusal := self._refusal(request):
            return refusal
        match request.method:
            case "DESCRIBE":
                return await self._describe(request)
            case "SETUP":
                return await self._set_up(request)
            case "PLAY":
                return await self._play(request)
            case "PAUSE":
                return self._pause()
            case "GET_PARAMETER" | "SET_PARAMETER":
                return Response(headers=self._session_header())
            case "TEARDOWN":
                self._end_session()
                return Response()
        return Response(405, {"Allow": PUBLIC})

    def _refusal(self, request: Request) -> Response | None:
        now = self._desk.clock.monotonic()
        known = self._desk.access.admits(
            request.headers.get("authorization", ""), request.method, now
        )
        does = self._behaviour.does if self._behaviour else lambda _: False
        if not known or does(Misbehaviour.UNAUTHORIZED):
            return Response(401, {"WWW-Authenticate": self._desk.access.challenges(now)})
        if self._desk.site.stream(request.url) is None or does(Misbehaviour.NOT_FOUND):
            return Response(404)
        if request.session and (self._session is None or request.session != self._session.id):
            return Response(454)
        return None

    async def _describe(self, request: Request) -> Response:
        stream = self._desk.site.stream(request.url)
        assert stream is not None
        address = self._transport.get_extra_info("sockname")[0]
        text = sdp.describe(stream.camera.name, await stream.formats(), address)
        base = request.url.rstrip("/") + "/"
        return Response(
            headers={"Content-Base": base, "Content-Type": "application/sdp"}, body=text
        )

    async def _set_up(self, request: Request) -> Response:
        stream, number = self._desk.site.stream(request.url), Site.track(request.url)
        assert stream is not None
        formats = await stream.formats()
        if number is None or number not in formats:
            return Response(404)
        if self._session is None:
            self._session, self._stream = Session(stream.behaviour, self._desk.clock), stream
        if stream is not self._stream or self._session.playing:
            return Response(459 if stream is not self._stream else 455)
        if status := self._refusal_of(request.headers.get("transport", "")):
            return Response(status)
        transport = self._transport_of(request.headers.get("transport", ""))
        if transport is None:
            return Response(461)
        outlet, answer = transport
        track = TrackState(outlet, formats[number].clock_rate, request.url)
        if old := self._session.tracks.pop(number, None):
            old.outlet.close()
        self._session.tracks[number] = track
        return Response(
            headers={"Transport": f"{answer};ssrc={track.ssrc:08X}", **self._session_header()}
        )

    def _transport_of(self, asked: str) -> tuple[TcpOutlet | UdpOutlet, str] | None:
        """The first of the transports asked for that we have; None when there is none."""
        for one in asked.split(","):
            if "multicast" in one or self._refuses(one):
                continue
            if re.match(r"RTP/AVP/TCP(;|$)", one.strip()):
                return self._interleaved(one)
            if re.match(r"RTP/AVP(/UDP)?(;|$)", one.strip()):
                return self._datagrams(one)
        return None

    def _refusal_of(self, asked: str) -> int:
        """The status that a transport is refused with; 0: it is not."""
        what = Misbehaviour.REFUSES_TCP if "/TCP" in asked else Misbehaviour.REFUSES_UDP
        return round(self._behaviour.value(what)) if self._behaviour else 0

    def _refuses(self, asked: str) -> bool:
        what = Misbehaviour.NO_TCP if "/TCP" in asked else Misbehaviour.NO_UDP
        return self._behaviour is not None and self._behaviour.does(what)

    def _interleaved(self, asked: str) -> tuple[TcpOutlet, str]:
        assert self._session is not None
        found = re.search(r"interleaved=(\d+)", asked)
        channel = int(found[1]) & 0xFE if found else 2 * len(self._session.tracks)
        answer = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        return TcpOutlet(self._transport, channel), answer

    def _datagrams(self, asked: str) -> tuple[UdpOutlet, str] | None:
        found = re.search(r"client_port=(\d+)-(\d+)", asked)
        if not found or int(found[2]) > LAST_PORT or int(found[1]) > LAST_PORT:
            return None
        local = self._transport.get_extra_info("sockname")[0]
        remote = self._transport.get_extra_info("peername")[0]
        outlet = UdpOutlet(local, remote, (int(found[1]), int(found[2])))
        outlet.listen(self._hear)
        first, second = outlet.ports
        client = f"client_port={found[1]}-{found[2]}"
        return outlet, f"RTP/AVP;unicast;{client};server_port={first}-{second}"

    def _hear(self) -> None:
        self._heard = self._desk.clock.monotonic()

    async def _play(self, request: Request) -> Response:
        if self._session is None or self._stream is None or not self._session.tracks:
            return Response(455)
        self._stream.audience.join(self._session)
        if self._behaviour and self._behaviour.does(Misbehaviour.EARLY):
            await self._early_packets(self._session)
        now = self._desk.timebase.media(self._desk.clock.wall())
        info = ",".join(
            f"url={track.control};seq={track.sequence};rtptime={track.timestamp(now)}"
            for track in self._session.tracks.values()
        )
        return Response(headers={"Range": "npt=now-", "RTP-Info": info, **self._session_header()})

    async def _early_packets(self, session: Session) -> None:
        """Play before the answer, and answer when the first access unit is out."""
        sent = asyncio.Event()
        session.on_first = sent.set
        session.play()
        try:
            async with asyncio.timeout(EARLY_SECONDS):
                await sent.wait()
        except TimeoutError:
            return

    def _pause(self) -> Response:
        if self._session is None or self._stream is None:
            return Response(455)
        self._session.playing = False
        self._stream.audience.leave(self._session)
        return Response(headers=self._session_header())

    def _session_header(self) -> dict[str, str]:
        if self._session is None:
            return {}
        return {"Session": f"{self._session.id};timeout={round(self._desk.session_seconds)}"}

    def _end_session(self) -> None:
        if self._session is None:
            return
        self._session.playing = False
        if self._stream:
            self._stream.audience.leave(self._session)
        for track in self._session.tracks.values():
            track.outlet.close()
        self._session = self._stream = None
