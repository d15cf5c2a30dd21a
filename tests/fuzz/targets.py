"""What reads a camera's bytes, each as a function of one input. Nothing but CameraError may leave
them, and what they hand out must be whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from recorder.errors import CameraError, Redirected
from recorder.rtp.gathering import gathering_of
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.rtcp import read_sender_report, says_bye
from recorder.rtsp.answers import channels_in, server_ports_in, session_in
from recorder.rtsp.auth import Credentials, read_challenges
from recorder.rtsp.choice import choose
from recorder.rtsp.protocol import Headers, Request, Response, Stream
from recorder.rtsp.redirect import follow
from recorder.rtsp.sdp import read_description
from recorder.rtsp.tracks import audio_receiver, video_receiver
from recorder.rtsp.urls import base_url, control_urls, named_place, read_address, split_credentials
from tests.fakes.answers import AnsweringCamera, open_with
from tests.fuzz import corpus
from vms.core.media.nal import split_length_prefixed
from vms.core.secret import Secret
from vms.core.walltime import SECOND, WallTime

DESCRIBED = {
    "H264": b"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "H265": b"m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\n",
    "MPEG4-GENERIC": b"m=audio 0 RTP/AVP 96\na=rtpmap:96 mpeg4-generic/16000\n",
    "PCMA": b"m=audio 0 RTP/AVP 8\n",
    "OPUS": b"m=audio 0 RTP/AVP 96\na=rtpmap:96 opus/48000/2\n",
}


@dataclass(frozen=True)
class Target:
    name: str
    good: Sequence[bytes]
    read: Callable[[bytes, random.Random], None]


def _pieces(data: bytes, chance: random.Random) -> list[bytes]:
    """Cut anywhere, as sockets do."""
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(6)))
    return [data[one:other] for one, other in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def protocol(data: bytes, chance: random.Random) -> None:
    taken: list[bytes] = []

    def take(buffer: bytes, start: int, end: int) -> None:
        taken.append(buffer[start:end])

    stream = Stream({0: take, 1: take})
    with suppress(CameraError):
        for piece in _pieces(data, chance):
            for message in stream.receive(piece):
                assert isinstance(message, Response | Request)
    assert sum(map(len, taken)) <= len(data)


def description(data: bytes, chance: random.Random) -> None:
    with suppress(CameraError):
        found = read_description(data)
        for media in found.media:
            if media.kind == "audio" and media.encoding:
                audio_receiver(media)
        video_receiver(choose(found, audio=bool(chance.getrandbits(1))).picture)


def dialog(data: bytes, chance: random.Random) -> None:
    """A whole conversation in which one answer is spoiled: its body and all of its fields."""
    text = data.decode("utf-8", "surrogateescape").replace("\r", "").replace("\n", "")
    names = ("session", "transport", "content-base", "public", "www-authenticate", "location")
    answer = Response(
        chance.choice((200, 200, 200, 301, 401, 404, 453, 457, 459, 461)),
        text[:40],
        Headers((name, text) for name in names if chance.getrandbits(1)),
        data,
    )
    method = chance.choice(("OPTIONS", "DESCRIBE", "SETUP", "PLAY"))
    with suppress(CameraError):
        camera = AnsweringCamera(**{method: [answer] * chance.choice((1, 9))})
        found, channels = open_with(camera)
        assert all(0 <= number < 256 for one in channels for number in (one.rtp, one.rtcp))
        assert 4.0 <= found.timeout_seconds <= 120.0
        found.keep_alive().encode(1)


def challenges(data: bytes, _: random.Random) -> None:
    text = data.decode("utf-8", "surrogateescape")
    headers = Headers([("www-authenticate", text)])
    read_challenges(headers)
    credentials = Credentials("user", Secret("hunter2"))
    if credentials.challenge(headers):
        field = credentials.header("PLAY", "rtsp://cam/")
        assert "hunter2" not in field


def addresses(data: bytes, _: random.Random) -> None:
    text = data.decode("utf-8", "surrogateescape")
    plain, _user, _password = split_credentials(text)
    dialled = read_address("rtsp://cam:8554/live")
    base = base_url(dialled, text)
    named_place(text)
    for url in (base, *control_urls(dialled, base, text)):
        assert url.startswith("rtsp://cam:8554")
    with suppress(CameraError):
        read_address(plain)
    with suppress(CameraError):
        moved = follow(dialled, Redirected(text), frozenset(), left=1)
        assert moved.host == "cam"


def fields(data: bytes, _: random.Random) -> None:
    text = data.decode("utf-8", "surrogateescape")
    session_in(text)
    assert max(channels_in(text, 0)) < 256
    assert max(server_ports_in(text)) < 65536


def reports(data: bytes, _: random.Random) -> None:
    read_sender_report(data, 0, len(data))
    says_bye(data, 0, len(data))


def _receiver(encoding: str) -> TrackReceiver:
    media = read_description(DESCRIBED[encoding]).media[0]
    made = video_receiver(media) if media.kind == "video" else audio_receiver(media)
    assert made is not None
    return made


def track(encoding: str) -> Callable[[bytes, random.Random], None]:
    """Spoiled packets among good ones; what comes out is whole."""
    good = corpus.packets(encoding)

    def read(data: bytes, chance: random.Random) -> None:
        receiver = _receiver(encoding)
        for number, each in enumerate([*good, data, *good, *_pieces(data, chance)]):
            receiver.push(each, 0, len(each))
            for _, coded in receiver.take(number / 25):
                assert 0 <= coded.timestamp < 2**32
                assert coded.data
                if encoding in ("H264", "H265"):
                    assert split_length_prefixed(coded.data)
        receiver.reception(1.0)

    return read


def _units(data: bytes, chance: random.Random, *, whole: bool) -> list[bytes]:
    """What becomes of an interleaved stream, packet by packet or by whole pictures."""
    receiver = _receiver("H264")
    stream = Stream({0: receiver.push})
    if whole:
        stream.whole = gathering_of(0, receiver)
    found: list[bytes] = []
    with suppress(CameraError):
        for piece in _pieces(data, chance):
            stream.receive(piece)
            found += [coded.data for _, coded in receiver.take(0.0)]
        stream.whole = None
        stream.receive(b"")
        found += [coded.data for _, coded in receiver.take(0.0)]
    return found


def whole(data: bytes, chance: random.Random) -> None:
    """Taking whole pictures is only quicker."""
    seed = chance.random()
    one, many = (_units(data, random.Random(seed), whole=each) for each in (False, True))
    assert one == many


def run_of_a_camera(data: bytes, chance: random.Random) -> None:
    """Packets and reports with bytes for their times: civil time never goes back."""
    video, audio = _receiver("H264"), _receiver("PCMA")
    reception = Reception(video, audio, started=0.0, started_wall=WallTime(10**15))
    picture, sound = corpus.packets("H264"), corpus.packets("PCMA")
    now, last = 0.0, {1: 0, 2: 0}
    for number in range(0, min(len(data), 400) - 4, 4):
        now += data[number] / 2000
        receiver, good = (video, picture) if data[number + 1] < 200 else (audio, sound)
        one = bytearray(good[number // 4 % len(good)])
        one[2:8] = (number // 4).to_bytes(2, "big") + data[number : number + 4]
        receiver.push(bytes(one), 0, len(one))
        if chance.random() < 0.1:
            report = chance.choice(corpus.reports())
            reception.note_rtcp(receiver, report, 0, len(report), now)
        for unit in reception.take(now):
            assert unit.wall > 10**15 - 3600 * SECOND
            last[unit.track] = unit.wall


TARGETS = (
    Target("protocol", corpus.answers(), protocol),
    Target("description", corpus.descriptions(), description),
    Target("dialog", corpus.descriptions() + corpus.FIELDS + corpus.CHALLENGES, dialog),
    Target("challenges", corpus.CHALLENGES, challenges),
    Target("addresses", corpus.ADDRESSES, addresses),
    Target("fields", corpus.FIELDS, fields),
    Target("reports", corpus.reports(), reports),
    *(Target(name, corpus.packets(name), track(name)) for name in DESCRIBED),
    Target("whole", corpus.interleaved(), whole),
    Target("run", [bytes(range(256)) * 2, bytes((20, 9, 9, 9)) * 100], run_of_a_camera),
)
