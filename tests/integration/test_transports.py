"""RTSP over UDP and TLS, what is tried when one fails, and where a camera may send us."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from recorder.errors import CameraError, TransportRefused
from recorder.fleet.gate import CAMERA_SECONDS, Gate
from recorder.rtsp.dialog import Channel
from recorder.rtsp.intake import open_intake
from recorder.rtsp.sdp import Media
from recorder.rtsp.tls import Trust
from recorder.rtsp.udp import open_datagrams
from recorder.source import RtspRun, RtspSource, open_run
from tests.integration.clips import make_clip
from tests.integration.sources import Start, take
from tests.servers.cameras import Cameras, run_cameras, small
from tests.servers.certificates import make_certificate, server_context
from vms.core.clock import SystemClock
from vms.core.model import Cause, Stream, StreamRole, Transport
from vms.core.secret import Secret
from vms.demo.cameras import DEMO_CAMERAS
from vms.demo.misbehaviour import Misbehaviour

KEY = "gate"


def stream(cameras: Cameras, transport: Transport = Transport.AUTO, url: str = "") -> Stream:
    return Stream(
        *(1, 1, StreamRole.SUB, url or cameras.url(KEY, "sub")),
        username=cameras.username,
        password=Secret(cameras.password),
        transport=transport,
    )


@asynccontextmanager
async def source(of: Stream, **options: object) -> AsyncIterator[RtspSource]:
    async with asyncio.timeout(60), open_intake() as intake:
        yield RtspSource(of, SystemClock(), intake, **options)  # type: ignore[arg-type]


async def opened(one: RtspSource, pictures: int = 4) -> RtspRun:
    """Watch for so many pictures and leave; the run as it was."""
    async with open_run(one) as run:
        assert isinstance(run, RtspRun)
        units = await take(run, pictures)
    assert min(later.pts - unit.pts for unit, later in itertools.pairwise(units)) > 0
    return run


@pytest.mark.parametrize(
    ("wanted", "what", "over_udp"),
    [
        (Transport.AUTO, None, False),
        (Transport.UDP, None, True),
        (Transport.AUTO, Misbehaviour.NO_TCP, True),
        (Transport.UDP, Misbehaviour.NO_UDP, False),
        (Transport.AUTO, Misbehaviour.REFUSES_TCP, True),
        (Transport.UDP, Misbehaviour.REFUSES_UDP, False),
    ],
)
async def test_the_other_transport_is_used_where_one_is_refused(
    cameras: Cameras, wanted: Transport, what: Misbehaviour | None, over_udp: bool
) -> None:
    if what is not None:
        cameras.misbehave(KEY, what)
    async with source(stream(cameras, wanted)) as one:
        assert (await opened(one)).over_udp is over_udp


async def test_silence_over_udp_leads_to_tcp_which_is_then_kept(cameras: Cameras) -> None:
    cameras.misbehave(KEY, Misbehaviour.SILENT_UDP)
    async with source(stream(cameras, Transport.UDP), silence_seconds=1.0) as one:
        assert not (await opened(one)).over_udp
        async with one.open() as run:  # a single attempt, and not over UDP
            assert not run.over_udp


async def test_silence_over_tcp_leads_to_udp_which_is_then_kept(cameras: Cameras) -> None:
    cameras.misbehave(KEY, Misbehaviour.SILENT_TCP)
    async with source(stream(cameras), stall_seconds=1.0) as one:
        with pytest.raises(CameraError) as caught:
            await opened(one)
        assert caught.value.cause is Cause.STALLED
        for _ in range(2):
            assert (await opened(one, 3)).over_udp


async def test_each_transport_is_an_attempt_with_a_turn_of_its_own(cameras: Cameras) -> None:
    """Between them lies what the gate asks for, and a camera that refuses both is left."""
    cameras.misbehave(KEY, Misbehaviour.REFUSES_TCP, 500)
    cameras.misbehave(KEY, Misbehaviour.REFUSES_UDP, 415)
    door = Gate(SystemClock()).door(1, cameras.url(KEY, "sub"))
    async with source(stream(cameras)) as one:
        began = time.monotonic()
        with pytest.raises(TransportRefused, match="refuses SETUP") as caught:
            async with open_run(one, door=door):
                pass
        assert not caught.value.again
        assert time.monotonic() - began >= CAMERA_SECONDS


async def test_a_camera_that_hangs_up_and_goes_on_over_udp_is_watched_until_it_stops(
    cameras: Cameras,
) -> None:
    cameras.misbehave(KEY, Misbehaviour.LEAVES)
    async with source(stream(cameras, Transport.UDP)) as one, one.open() as run:
        await take(run, 12)
        assert run.session.wire.failure is not None
        cameras.misbehave(KEY, Misbehaviour.DROP)
        with pytest.raises(CameraError) as caught:
            await take(run, 10_000)
        assert caught.value.cause is Cause.CLOSED


async def test_a_camera_that_has_no_transport_left_says_so(cameras: Cameras) -> None:
    cameras.misbehave(KEY, Misbehaviour.NO_TCP)
    async with source(stream(cameras, Transport.TCP)) as one:
        with pytest.raises(CameraError) as caught:
            await opened(one)
    assert caught.value.cause is Cause.UNSUPPORTED
    assert "TCP" in caught.value.message


async def test_datagrams_that_overtake_each_other_cost_nothing(cameras: Cameras) -> None:
    cameras.misbehave(KEY, Misbehaviour.SHUFFLE)
    async with source(stream(cameras, Transport.UDP)) as one:
        assert (await opened(one, 15)).lost == 0


async def test_datagrams_that_are_lost_are_counted(cameras: Cameras) -> None:
    cameras.misbehave(KEY, Misbehaviour.LOSS, 7)
    async with source(stream(cameras, Transport.UDP)) as one:
        assert (await opened(one, 10)).lost > 0


async def test_nobody_watches_over_udp_after_a_run_was_left(cameras: Cameras) -> None:
    async with source(stream(cameras, Transport.UDP)) as one:
        await opened(one, 3)
    async with asyncio.timeout(10):
        while cameras.watchers(KEY, "sub"):
            await asyncio.sleep(0.05)


async def test_the_way_through_routers_is_opened_before_pictures_come() -> None:
    async with open_intake() as intake:
        with (
            open_datagrams(("127.0.0.1", 0), 1, intake) as ports,
            _sender("127.0.0.1") as rtp,
            _sender("127.0.0.1") as rtcp,
        ):
            told = rtp.getsockname()[1], rtcp.getsockname()[1]
            ports.expect(("127.0.0.1", 554), [Channel(Media("video", 96), 0, 1, told)])
            ports.report(1, b"report")
            for sock, size in ((rtp, 12), (rtcp, 6)):
                sock.settimeout(10)
                packet, origin = sock.recvfrom(100)
                assert (len(packet), origin[0]) == (size, "127.0.0.1")
                assert origin[1] in ports.ports[0]


async def test_reports_on_the_port_of_pictures_are_reports() -> None:
    taken: dict[int, list[bytes]] = {0: [], 1: []}
    async with open_intake() as intake:
        with open_datagrams(("127.0.0.1", 0), 1, intake) as ports, _sender("127.0.0.1") as camera:
            ports.expect(("127.0.0.1", 554), [Channel(Media("video", 96), 0, 1)])
            ports.deliver(
                {
                    0: lambda data, start, end: taken[0].append(data),
                    1: lambda data, start, end: taken[1].append(data),
                },
                lambda: None,
            )
            report, packet = b"\x80\xc8\x00\x06" + bytes(24), b"\x80\xe0\x00\x01" + bytes(20)
            for data in (report, packet):
                camera.sendto(data, ("127.0.0.1", ports.ports[0][0]))
            async with asyncio.timeout(10):
                await ports.heard.wait()
    assert taken == {0: [packet], 1: [report]}


async def test_datagrams_of_strangers_are_not_taken() -> None:
    taken: list[bytes] = []
    packet = b"\x80\x60\x00\x07" + bytes(20)
    async with open_intake() as intake:
        with open_datagrams(("127.0.0.1", 0), 1, intake) as ports:
            ports.expect(("127.0.0.1", 554), [Channel(Media("video", 96), 0, 1)])
            sinks = {n: lambda data, start, end: taken.append(data[start:end]) for n in (0, 1)}
            ports.deliver(sinks, lambda: None)
            with _sender("127.0.0.2") as stranger, _sender("127.0.0.1") as camera:
                stranger.sendto(packet, ("127.0.0.1", ports.ports[0][0]))
                camera.sendto(packet, ("127.0.0.1", ports.ports[0][0]))
                async with asyncio.timeout(10):
                    await ports.heard.wait()
            assert (taken, ports.strangers) == ([packet], 1)
            assert ports.ports[0][0] % 2 == 0
            assert ports.ports[0][1] == ports.ports[0][0] + 1


def _sender(host: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    return sock


class Pins:
    """Remembers in a dictionary."""

    def __init__(self) -> None:
        self.held: dict[int, str] = {}

    def known(self, stream_id: int) -> str:
        return self.held.get(stream_id, "")

    def note(self, stream_id: int, certificate: str) -> None:
        self.held[stream_id] = certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "camera.pem")


@pytest.fixture(scope="module")
def secure_cameras(certificate: Path) -> Iterator[Cameras]:
    listed = tuple(small(camera) for camera in DEMO_CAMERAS if camera.key == KEY)
    with run_cameras(listed, tls=server_context(certificate)) as cameras:
        yield cameras


async def test_the_first_certificate_is_remembered_and_counts_from_then_on(
    secure_cameras: Cameras,
) -> None:
    pins = Pins()
    of = stream(secure_cameras, Transport.UDP)  # over TLS there is no UDP
    async with source(of, pins=pins) as one:
        assert not (await opened(one)).over_udp
        first = pins.held[1]
        assert len(first) == 64
        await opened(one, 3)
        assert pins.held == {1: first}
        pins.held[1] = "0" * 64
        with pytest.raises(CameraError) as caught:
            await opened(one)
    assert caught.value.cause is Cause.UNTRUSTED


async def test_a_certificate_that_changed_gets_no_word_from_us(tmp_path: Path) -> None:
    heard = b""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        try:
            heard = await reader.read(1000)
        finally:
            writer.close()

    context = server_context(make_certificate(tmp_path / "other.pem"))
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        of = Stream(1, 1, StreamRole.MAIN, f"rtsps://127.0.0.1:{port}/live", "u", Secret("p"))
        async with source(replace(of, certificate="0" * 64)) as one:
            with pytest.raises(CameraError) as caught:
                await opened(one)
    assert caught.value.cause is Cause.UNTRUSTED
    assert heard == b""


async def test_certificates_are_verified_where_the_site_wants_it(
    secure_cameras: Cameras, certificate: Path
) -> None:
    of = stream(secure_cameras)
    async with source(of, trust=Trust(verify=True, authorities=certificate)) as one:
        await opened(one, 3)
    async with source(of, trust=Trust(verify=True)) as one:
        with pytest.raises(CameraError) as caught:
            await opened(one)
    assert caught.value.cause is Cause.UNTRUSTED
    async with source(of, trust=Trust(verify=True, authorities=Path("not there"))) as one:
        with pytest.raises(CameraError, match="authorities") as caught:
            await opened(one)
    assert caught.value.cause is Cause.UNTRUSTED
    elsewhere = replace(of, url=of.url.replace("127.0.0.1", "localhost"))
    async with source(elsewhere, trust=Trust(verify=True, authorities=certificate)) as one:
        with pytest.raises(CameraError) as caught:
            await opened(one)
    assert caught.value.cause is Cause.UNTRUSTED


async def test_tls_with_a_camera_that_has_none_says_so(cameras: Cameras) -> None:
    url = cameras.url(KEY, "sub").replace("rtsp://", "rtsps://")
    async with source(stream(cameras, url=url), trust=Trust(handshake_seconds=1.0)) as one:
        with pytest.raises(CameraError) as caught:
            await opened(one)
    assert caught.value.cause is Cause.UNREACHABLE
    assert "rtsps" in caught.value.message


async def test_much_at_once_over_tls_is_taken_to_the_last_byte(certificate: Path) -> None:
    """OpenSSL holds what the socket does not show any more: nothing may be left lying there."""
    size = 3_000_000

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            packet = b"$\x00\x05\x78\x80" + bytes(1399)
            writer.write(packet * (size // len(packet)))
            writer.write(b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n")
            await reader.read(1000)
        finally:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0, ssl=server_context(certificate))
    async with server:
        port = server.sockets[0].getsockname()[1]
        of = Stream(1, 1, StreamRole.MAIN, f"rtsps://127.0.0.1:{port}/live")
        async with source(of) as one:
            with pytest.raises(CameraError) as caught:
                await opened(one)
    assert caught.value.cause in (Cause.BAD_URL, Cause.CLOSED)  # the answer behind it was read


@asynccontextmanager
async def sends_to(location: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A camera that sends everybody elsewhere."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for number, line in enumerate(("200 OK", f"302 Moved\r\nLocation: {location}"), 1):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(f"RTSP/1.0 {line}\r\nCSeq: {number}\r\n\r\n".encode())
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/live"


async def test_a_camera_may_send_us_to_another_port_of_its_own(cameras: Cameras) -> None:
    async with sends_to(cameras.url(KEY, "sub")) as url, source(stream(cameras, url=url)) as one:
        await opened(one, 3)


async def test_a_camera_may_send_us_to_another_host_only_if_the_site_says_so(
    cameras: Cameras,
) -> None:
    elsewhere = cameras.url(KEY, "sub").replace("127.0.0.1", "localhost")
    async with sends_to(elsewhere) as url:
        async with source(stream(cameras, url=url)) as one:
            with pytest.raises(CameraError, match="another host") as caught:
                await opened(one)
        assert caught.value.cause is Cause.BAD_URL
        allowed = frozenset({"localhost"})
        async with source(stream(cameras, url=url), redirects_to=allowed) as one:
            await opened(one, 3)


@pytest.mark.parametrize(("only", "wanted"), [("udp", Transport.AUTO), ("tcp", Transport.UDP)])
async def test_gstreamer_with_one_transport_is_watched_over_that_one(
    gst_cameras: Start, tmp_path: Path, only: str, wanted: Transport
) -> None:
    url = gst_cameras(make_clip(tmp_path / "clip.mp4", b_pictures=0), only=only).url
    of = Stream(1, 1, StreamRole.MAIN, url, transport=wanted)
    async with source(of) as one:
        assert (await opened(one, 20)).over_udp is (only == "udp")
