"""Where a camera that sends us elsewhere (3xx) may send us. Pure.

What it names is hostile input: it decides to whom our answers to challenges go, and which machine
inside the city's network we knock at. So: to its own host, on any port, or to a host that the
site's settings name; never from TLS to plain text; never with a user or password it names.
"""

from __future__ import annotations

from recorder.errors import CameraError, Redirected
from recorder.rtsp.urls import Address, read_address
from vms.core.model import Cause

MOST_REDIRECTS = 3


def follow(dialled: Address, moved: Redirected, allowed: frozenset[str], *, left: int) -> Address:
    """The address to dial next; `left`: how many more are followed. `allowed`: lower case hosts.

    Raises CameraError (BAD_URL), saying why it is not followed.
    """
    if left <= 0:
        raise CameraError(Cause.BAD_URL, "the camera sends us from one address to the next")
    target = _target(dialled, moved)
    if target.host.lower() not in {dialled.host.lower(), *allowed}:
        words = "the camera sends us to another host: enter that address if you trust it"
        raise CameraError(Cause.BAD_URL, words, host=target.host[:80])
    if dialled.secure and not target.secure:
        raise CameraError(Cause.BAD_URL, "the camera sends us from rtsps:// to rtsp://")
    if target == dialled:
        raise CameraError(Cause.BAD_URL, "the camera sends us to where we are")
    return target


def _target(dialled: Address, moved: Redirected) -> Address:
    location = moved.location.strip()
    if location.startswith("/") and not location.startswith("//"):
        scheme = "rtsps" if dialled.secure else "rtsp"
        location = f"{scheme}://{dialled.place}{location}"
    try:
        return read_address(location)
    except CameraError as error:
        words = "the camera sends us to something that is no address"
        raise CameraError(Cause.BAD_URL, words, location=location[:80]) from error
