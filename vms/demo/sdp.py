"""What a simulated camera answers to DESCRIBE (RFC 4566 with the codecs' own fmtp). Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping

from vms.core.media.access_unit import VIDEO, Codec, TrackFormat
from vms.demo.packets import PAYLOAD_TYPES


def describe(name: str, formats: Mapping[int, TrackFormat], address: str) -> str:
    """The session description; tracks are controlled as `track<number>`."""
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {address}",
        f"s={name}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
    ]
    for track, used in sorted(formats.items()):
        lines += _media(track, used)
    return "\r\n".join((*lines, ""))


def _media(track: int, used: TrackFormat) -> Iterator[str]:
    payload_type = PAYLOAD_TYPES[used.codec]
    yield f"m={'video' if track == VIDEO else 'audio'} 0 RTP/AVP {payload_type}"
    yield f"a=rtpmap:{payload_type} {_encoding(used)}"
    if parameters := _parameters(used):
        yield f"a=fmtp:{payload_type} {parameters}"
    yield f"a=control:track{track}"


def _encoding(used: TrackFormat) -> str:
    names = {Codec.AAC: "MPEG4-GENERIC"}
    channels = f"/{used.channels}" if used.codec is Codec.AAC else ""
    return f"{names.get(used.codec, used.codec.upper())}/{used.clock_rate}{channels}"


def _parameters(used: TrackFormat) -> str:
    if used.codec is Codec.H264:
        sps, _ = used.parameter_sets
        sets = ",".join(map(_base64, used.parameter_sets))
        return f"packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}"
    if used.codec is Codec.H265:
        names = ("sprop-vps", "sprop-sps", "sprop-pps")
        sets_ = zip(names, map(_base64, used.parameter_sets), strict=True)
        return ";".join(f"{name}={value}" for name, value in sets_)
    if used.codec is Codec.AAC:
        return (
            "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
            f"indexdeltalength=3;config={used.config.hex()}"
        )
    return ""


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
