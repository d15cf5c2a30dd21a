"""What header fields and states of a camera's answers mean. Pure.

Numbers that cannot be are never believed: what was asked for, or the usual, takes their place.
"""

from __future__ import annotations

import re

from vms.core.model import Cause

USUAL_TIMEOUT_SECONDS = 60.0
"""RFC 2326 section 12.37."""
_SHORTEST_TIMEOUT_SECONDS, _LONGEST_TIMEOUT_SECONDS = 4.0, 120.0
"""Shorter ones are typing errors; what is kept alive every hour only, routers on the way forget."""
_LONGEST_NAME = 1024

_INTERLEAVED = re.compile(r"interleaved\s*=\s*([0-9]{1,3})(?:\s*-\s*([0-9]{1,3}))?", re.IGNORECASE)
_SERVER_PORT = re.compile(r"server_port\s*=\s*([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?", re.IGNORECASE)


def session_in(field: str) -> tuple[str, float | None]:
    """Name and time-out in seconds of a Session field; empty and None for what it does not say."""
    name, *options = field[:_LONGEST_NAME].split(";")
    for option in options:
        key, _, value = option.strip().partition("=")
        if key.strip().lower() == "timeout" and re.fullmatch(r"[0-9]{1,6}", value.strip()):
            seconds = float(value) or USUAL_TIMEOUT_SECONDS
            bounded = min(max(seconds, _SHORTEST_TIMEOUT_SECONDS), _LONGEST_TIMEOUT_SECONDS)
            return name.strip(), bounded
    return name.strip(), None


def channels_in(field: str, asked: int) -> tuple[int, int]:
    """The interleaved channels a Transport field gives; `asked` and the next where it gives none.

    Other fields in it (ssrc, mode) are never read: cameras write them with spaces, in decimal, cut
    short, or wrong.
    """
    match = _INTERLEAVED.search(field)
    rtp = int(match[1]) if match else asked
    rtcp = int(match[2]) if match and match[2] else rtp + 1
    return (rtp, rtcp) if max(rtp, rtcp) < 256 and rtp != rtcp else (asked, asked + 1)


def server_ports_in(field: str) -> tuple[int, int]:
    """The camera's RTP and RTCP port; 0 for what it does not say or what is no port."""
    match = _SERVER_PORT.search(field)
    rtp = int(match[1]) if match else 0
    rtcp = int(match[2]) if match and match[2] else rtp + 1
    return (rtp, rtcp) if 0 < rtp < 65536 and 0 < rtcp < 65536 else (0, 0)


def refusal(status: int, method: str) -> tuple[Cause, str]:
    """Why a camera that answers so gives no video, and what a person can do about it."""
    if status == 403:
        return Cause.BAD_PASSWORD, "this user may not see that stream: check the user's rights"
    if status in (400, 404, 410, 451, 454) and method in ("DESCRIBE", "SETUP"):
        return Cause.BAD_URL, "there is no stream at that address: check its path"
    if 300 <= status < 400:
        return Cause.BAD_URL, "the camera sends us to another address: enter that one"
    if status in (453, 503):
        return Cause.UNREACHABLE, "the camera is busy: too many others watch it, or it is starting"
    return Cause.PROTOCOL, f"the camera refuses {method}"
