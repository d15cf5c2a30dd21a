"""Camera addresses as people paste them: `rtsp://user:password@host:554/path`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from vms.api.problems import WrongFields
from vms.core.model import Engine
from vms.core.secret import Secret

RTSP_SCHEMES = frozenset({"rtsp", "rtsps"})
SCHEMES = RTSP_SCHEMES | {"http", "https", "rtmp", "rtmps", "srt", "tcp", "udp"}
"""What a recorder can fetch over a network (`recorder.pyav.address`). Files of its own machine are
not for whoever has a browser."""


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """`url` carries no user and password; None where the address had none."""

    url: str
    username: str | None
    password: Secret | None


def camera_address(text: str, field: str, engine: Engine = Engine.AUTO) -> CameraAddress:
    """Split the address. Raises WrongFields with `required`, `scheme` (also one that `engine`
    cannot fetch), `host` or `address`."""
    if not text:
        raise WrongFields((field, "required"))
    if any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in text):
        raise WrongFields((field, "address"))
    parts = _split(text, field)
    if parts.scheme.lower() not in (RTSP_SCHEMES if engine is Engine.RTSP else SCHEMES):
        raise WrongFields((field, "scheme"))
    if not parts.hostname:
        raise WrongFields((field, "host"))
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, ""))
    username = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else Secret(unquote(parts.password))
    return CameraAddress(url, username, password)


def _split(text: str, field: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise WrongFields((field, "address")) from None
    return parts
