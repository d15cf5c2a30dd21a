"""Good input to begin with: answers of cameras, packets of pictures and sound."""

from __future__ import annotations

import struct
from base64 import b64decode

from tests.fakes.answers import OWN, shared_fixtures
from tests.fakes.rtp import fu_a, fu_h265, packet, stap_a
from tests.fakes.units import PPS, SPS
from vms.core.walltime import WallTime, to_ntp

SLICE = b"\x65\x88" + bytes(range(1, 200)) * 4
SEI = b"\x06\x05\x04abcd\x80"
H265_SETS = tuple(
    b64decode(each)
    for each in (
        "QAEMAf//AWAAAAMAkAAAAwAAAwAeugJA",
        "QgEBAWAAAAMAkAAAAwAAAwAeoBAgYWW6SkwuaAgAAAMACAAAAwDIQA==",
        "RAHAc8GJ",
    )
)
H265_SLICE = b"\x26\x01\xaf" + bytes(range(1, 200)) * 4


def answers() -> list[bytes]:
    """Our own fixtures, and the field's where they are at hand."""
    own = sorted(OWN.rglob("*.txt"))
    return [path.read_bytes().replace(b"\n", b"\r\n") for path in (*own, *shared_fixtures())]


def descriptions() -> list[bytes]:
    return [each.partition(b"\r\n\r\n")[2] or each for each in answers()]


def payloads() -> dict[str, list[bytes]]:
    """Of RTP packets, by the encoding they belong to."""
    adts = bytes.fromhex("fff16040017ffc") + b"frame"
    return {
        "H264": [SPS, PPS, SEI, stap_a([SPS, PPS]), *fu_a(SLICE, 300), b"\0\0\0\1" + SPS],
        "H265": [
            *H265_SETS,
            b"\x60\x01" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in H265_SETS),
            *fu_h265(H265_SLICE, 300),
            b"\0\0\0\1" + H265_SLICE,
        ],
        "MPEG4-GENERIC": [
            b"\0\x20\0\x20\0\x18abcdefg",
            b"\0\x10" + b"\0\x60" + adts,
            b"\0\x10\x7f",
        ],
        "PCMA": [bytes(160), b"\xd5" * 320],
        "OPUS": [b"\xfc\xff\xfe", b"\x03\x01abc"],
    }


def packets(encoding: str) -> list[bytes]:
    made = payloads()[encoding]
    return [
        packet(each, sequence=n, timestamp=n // 3 * 3600, marker=n % 3 == 2)
        for n, each in enumerate(made * 2)
    ]


def interleaved() -> list[bytes]:
    """Streams of pictures of many packets each (RFC 2326 10.12)."""
    streams = []
    for size in (40, 300, 1400):
        stream, sequence = b"", 65_500
        for number in range(4):
            pieces = [SPS, PPS, *fu_a(b"\x65\x88" + bytes(range(256)) * 40, size)]
            for n, piece in enumerate(pieces):
                one = packet(
                    piece,
                    sequence=sequence,
                    timestamp=number * 3600,
                    marker=n == len(pieces) - 1,
                )
                stream += b"$\0" + len(one).to_bytes(2, "big") + one
                sequence += 1
        streams.append(stream)
    return streams


def reports() -> list[bytes]:
    sender = struct.pack(">BBHIQIII", 0x80, 200, 6, 7, to_ntp(WallTime(10**15)), 900, 1, 1)
    described = struct.pack(">BBHIBB4sH", 0x81, 202, 3, 7, 1, 4, b"name", 0)
    return [sender, sender + described, described, b"\x81\xcb\0\x01\0\0\0\x07", sender[:-6]]


CHALLENGES = [
    b'Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=SHA-256, opaque="o", stale=TRUE',
    b'Basic realm="a, Digest b", Digest realm="r", nonce="1", algorithm=MD5-sess',
    b'Digest realm=r,nonce=n , Bearer scope="x"',
]
ADDRESSES = [
    b"rtsp://admin:p%40ss@192.0.2.1:554/Streaming/Channels/101?transportmode=unicast",
    b"rtsps://[2001:db8::1%25eth0]:322/live",
    b"rtsp://rtsp://192.0.2.1/h264?channel=1&stream=0",
    b"192.0.2.10:554/stream0/",
    b"trackID=1",
]
FIELDS = [
    b'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc= 4cacc3d1;mode="play"',
    b"RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001",
    b"   708345999;timeout=60",
]
