"""What libavformat is given for an address: the address with its password, and options. Pure.

Only network schemes and plain files, and only containers that can hold a camera's picture: a
playlist or a concatenation that a hostile server sends must not make us read files of this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from recorder.errors import CameraError
from recorder.rtsp.tls import Trust
from recorder.rtsp.urls import split_credentials
from vms.core.model import Cause, Stream, Transport

IO_SECONDS = 5.0
"""So long one read may block; a reader that was stopped is gone after it."""
_PROTOCOLS = {
    "file": "file",
    "http": "http,tcp",
    "https": "https,tls,tcp",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsps,rtp,udp,tls,tcp",
    "srt": "srt,udp",
    "tcp": "tcp",
    "udp": "udp",
}
SCHEMES = frozenset(_PROTOCOLS)
_FORMATS = "rtsp,mpegts,flv,live_flv,avi,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2"
"""Raw H.264 and H.265 are not among them: they carry no time."""
_MICROS = str(round(IO_SECONDS * 1_000_000))


@dataclass(frozen=True, slots=True)
class Opening:
    """`url` may hold the password: never logged, not in the repr."""

    scheme: str
    url: str
    options: dict[str, str]

    @property
    def path(self) -> str:
        """Of a file."""
        return self.url.removeprefix("file:")

    def __repr__(self) -> str:
        return f"Opening({self.scheme})"


def opening(stream: Stream, trust: Trust) -> Opening:
    """Raises CameraError (BAD_URL) when it is not an address that this engine opens."""
    address, user, password = split_credentials(stream.url.strip())
    scheme, separator, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme not in SCHEMES or not separator or any(ord(letter) < 33 for letter in rest):
        raise CameraError(
            Cause.BAD_URL, f"an address begins with one of {', '.join(sorted(SCHEMES))}://"
        )
    if scheme == "file":
        return Opening(scheme, f"file:{unquote(rest)}", _common(scheme))
    if not _has_host(address):
        raise CameraError(Cause.BAD_URL, f"the address has no host: write {scheme}://host/path")
    user, password = stream.username or user, stream.password.reveal() or password
    named = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    return Opening(scheme, f"{scheme}://{named}{rest}", _options(scheme, stream, trust))


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) or (parts.scheme == "udp" and parts.port is not None)
    except ValueError:
        return False


def _common(scheme: str) -> dict[str, str]:
    return {
        "protocol_whitelist": _PROTOCOLS[scheme],
        "format_whitelist": _FORMATS,
        "analyzeduration": "2000000",
        "probesize": "1000000",
        "max_streams": "32",
    }


def _options(scheme: str, stream: Stream, trust: Trust) -> dict[str, str]:
    """Time limits are libavformat's own: those that PyAV offers take the GIL at every poll."""
    given = _common(scheme)
    if scheme in ("rtsp", "rtsps"):
        given["rtsp_transport"] = "udp" if stream.transport is Transport.UDP else "tcp"
        given["allowed_media_types"] = "video+audio" if stream.audio else "video"
        given["timeout"] = _MICROS
    elif scheme in ("udp", "tcp"):
        given["timeout"] = _MICROS
    else:
        given["rw_timeout"] = _MICROS
    if scheme == "udp":
        given |= {"buffer_size": "2097152", "overrun_nonfatal": "1"}
    if scheme in ("rtmp", "rtmps"):
        given["rtmp_live"] = "live"
    if trust.verify and scheme in ("https", "rtmps", "rtsps"):
        given |= {"tls_verify": "1"} | (
            {"ca_file": str(trust.authorities)} if trust.authorities else {}
        )
    return given
