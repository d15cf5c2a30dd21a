"""What is known of the clocks of each run: facts beside the footage. Pure values.

A run's civil time comes from the server's clock (docs/design/time.md); what the camera's own clock
said meanwhile, and where any clock stepped, is kept here and changes no time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vms.core.model import Cause
from vms.core.walltime import WallTime


class CameraClock(StrEnum):
    """Where the camera's own time was read from."""

    NONE = "none"  # it does not say, or says nonsense
    SENDER_REPORT = "sender-report"  # RTCP (RFC 3550 section 6.4.1)
    ONVIF = "onvif"  # the replay header extension (ONVIF Streaming Specification 6.3)
    CONTAINER = "container"  # told by another engine beside its packets


class Stepped(StrEnum):
    """Which clock stepped."""

    CAMERA = "camera"  # its civil time (NTP) was set
    MEDIA = "media"  # its RTP timestamps leapt
    SERVER = "server"  # this server's civil time was set


@dataclass(frozen=True, slots=True)
class Noticed:
    """A clock was set by `micros`, forward positive; `at`: civil time of the picture before."""

    clock: Stepped
    at: WallTime
    micros: int


@dataclass(frozen=True, slots=True)
class ClockMapping:
    """How media time is mapped to civil time at an instant, and by which clocks.

    Civil time comes from this server's clock, carried by its monotonic clock. `server_offset`: µs
    that time is ahead of what the server's clock shows (not 0 while a step is not believed, or is
    being slewed away). `server_synchronised`: whether the kernel says that the clock is disciplined
    (NTP, PTP); None: it does not say. `camera_offset`: µs the camera's clock is ahead of ours, None
    when `camera_clock` is NONE. `media_ppm`: how much faster the camera's media clock runs, parts
    per million; None: not measured yet.
    """

    camera_clock: CameraClock = CameraClock.NONE
    camera_offset: int | None = None
    media_ppm: int | None = None
    server_offset: int = 0
    server_synchronised: bool | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One uninterrupted session with a camera that was recorded, and its clocks.

    `epoch` names the run in its objects. `end` None: it lasts. `cause`, `detail`: why it ended.
    `mapping`: the newest. `steps`: how often a clock stepped in it; `lost`: packets and pictures
    that did not arrive whole.
    """

    stream_id: int
    epoch: int
    start: WallTime
    end: WallTime | None = None
    cause: Cause | None = None
    detail: str = ""
    mapping: ClockMapping = ClockMapping()
    steps: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class ClockStep:
    """A clock was set. `at`: civil time of the recording; `micros`: by how much, forward positive.

    `stream_id` None: this server's own clock. `detail`: what followed from it, for people.
    """

    stream_id: int | None
    at: WallTime
    clock: Stepped
    micros: int
    node: str = ""
    detail: str = ""
