"""RTSP addresses: what to dial, and what controls a track, whatever the camera says. Pure.

Cameras give base addresses without a scheme, with it twice, with a private address behind a router.
So the place that was dialled always stands; only path and query are the camera's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from recorder.errors import CameraError
from vms.core.model import Cause

_ABSOLUTE = re.compile(r"^(?:rtsps?://)+", re.IGNORECASE)
_PLACE = re.compile(
    r"^(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\[\]:/?#\s]+))(?::(?P<port>\d{1,5}))?$"
)
_SURELY_HOST = re.compile(
    r"^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[^\]]*\])(?::\d{1,5})?|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)$"
)
LONGEST_URL = 4096
_PORTS = {"rtsp": 554, "rtsps": 322}
_HOST_FIRST = re.compile(r"^(?:\[[^\]]+\]|[\w.-]+):\d{1,5}/")


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is what goes on the request line: without user and password. `secure`: over TLS."""

    host: str
    port: int
    url: str

    @property
    def secure(self) -> bool:
        return self.url.startswith("rtsps:")

    @property
    def place(self) -> str:
        return self.url.split("/", 3)[2]


def read_address(url: str) -> Address:
    """Raises CameraError (BAD_URL) saying what is wrong with it.

    Without a port: 554, for rtsps:// 322 (RFC 7826 section 22.1.1).
    """
    url, _, _ = split_credentials(url.strip())
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if len(url) > LONGEST_URL:
        raise CameraError(Cause.BAD_URL, "the address is too long")
    if scheme not in _PORTS or not separator:
        raise CameraError(Cause.BAD_URL, "a camera's address starts with rtsp:// or rtsps://")
    cut = next((at for at, letter in enumerate(rest) if letter in "/?"), len(rest))
    match = _PLACE.match(rest[:cut])
    if not match or any(ord(letter) < 33 or 0xD7FF < ord(letter) < 0xE000 for letter in rest):
        raise CameraError(Cause.BAD_URL, "the address has no host: write rtsp://host:port/path")
    port = int(match["port"] or _PORTS[scheme])
    if not 0 < port < 65536:
        raise CameraError(Cause.BAD_URL, "the address has an impossible port", port=port)
    path = rest[cut:] if rest[cut:].startswith("/") else "/" + rest[cut:]
    return Address(match["v6"] or match["host"], port, f"{scheme}://{rest[:cut]}{path}")


def split_credentials(url: str) -> tuple[str, str, str]:
    """(address without them, user, password). Passwords may hold `@ : / # %` as typed or escaped.

    What stands before the last `@` that is followed by a host is user and password, unless it
    begins with what can only be a host itself (`rtsp://10.0.0.9:554/live?to=a@b`).
    """
    scheme, separator, rest = url.partition("://")
    at = rest.rfind("@") if len(url) <= LONGEST_URL else -1
    while at > 0:
        place = re.split(r"[/?]", rest[at + 1 :], maxsplit=1)[0]
        before = re.split(r"[/?]", rest[:at], maxsplit=1)[0]
        is_path = before != rest[:at] and bool(_SURELY_HOST.match(before))
        if _PLACE.match(place) and not is_path and (":" in before or before == rest[:at]):
            user, _, password = rest[:at].partition(":")
            return f"{scheme}{separator}{rest[at + 1 :]}", _unquote(user), _unquote(password)
        at = rest.rfind("@", 0, at)
    return url, "", ""


def base_url(dialled: Address, content_base: str) -> str:
    """The address that relative controls and keep-alives stand on."""
    text = content_base.strip().strip('"')
    if not text:
        return dialled.url
    stripped = _ABSOLUTE.sub("", text)
    if stripped == text and not _HOST_FIRST.match(text):
        return _on_place(dialled, text) if text.startswith("/") else dialled.url
    return _on_place(dialled, _path_of(stripped))


def control_url(dialled: Address, base: str, control: str) -> str:
    """The address of a track (or `*`, the whole): joined as text, the way cameras expect it."""
    control = control.strip()
    if control in ("", "*"):
        return base
    stripped = _ABSOLUTE.sub("", control)
    if stripped != control:
        return _on_place(dialled, _path_of(stripped))
    return base + control if base.endswith("/") else f"{base}/{control.removeprefix('/')}"


def control_urls(dialled: Address, base: str, control: str) -> list[str]:
    """Where a track may be controlled, the usual address first: joined as text, before the query,
    as RFC 3986 section 5.3 has it, and below what was dialled."""
    usual = control_url(dialled, base, control)
    if control.strip() in ("", "*") or _ABSOLUTE.match(control.strip()):
        return [usual]
    path, mark, query = base.partition("?")
    inside = f"{path.rstrip('/')}/{control.strip().removeprefix('/')}{mark}{query.rstrip('/')}"
    beside = f"{path.rpartition('/')[0]}/{control.strip().removeprefix('/')}"
    return list(dict.fromkeys([usual, inside, beside, control_url(dialled, dialled.url, control)]))


def named_place(content_base: str) -> str:
    """The host that a camera's base address names; empty when it names none."""
    stripped = _ABSOLUTE.sub("", content_base.strip().strip('"'))
    if stripped == content_base.strip().strip('"') and not _HOST_FIRST.match(stripped):
        return ""
    match = _PLACE.match(re.split(r"[/?]", stripped, maxsplit=1)[0].rpartition("@")[2])
    return (match["v6"] or match["host"]) if match else ""


def _on_place(dialled: Address, path: str) -> str:
    scheme = "rtsps" if dialled.secure else "rtsp"
    return f"{scheme}://{dialled.place}{path}"


def _path_of(stripped: str) -> str:
    found = re.search(r"[/?]", stripped)
    path = stripped[found.start() :] if found else "/"
    return path if path.startswith("/") else "/" + path


def _unquote(text: str) -> str:
    """Percent escapes resolved where they are valid; a bare `%` stays."""
    data = text.encode("utf-8", "replace")
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes((int(match[1], 16),)), data)
    return raw.decode("utf-8", "replace")
