"""The nouns two rooms agree on: cameras and their streams, segments, runs, gaps, states. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from vms.core.promises import Purpose
from vms.core.secret import NO_SECRET, Secret
from vms.core.walltime import SECOND, TimeRange, WallTime


class StreamRole(StrEnum):
    MAIN = "main"
    SUB = "sub"


class Engine(StrEnum):
    """What fetches a stream."""

    AUTO = "auto"  # our own client for rtsp and rtsps, PyAV for everything else
    RTSP = "rtsp"
    PYAV = "pyav"


class Transport(StrEnum):
    """How RTP travels. Each falls back to the other when the camera does not do it."""

    AUTO = "auto"  # TCP first
    TCP = "tcp"
    UDP = "udp"


class RecordWhen(StrEnum):
    ALWAYS = "always"
    SCHEDULE = "schedule"  # within the policy's hours
    EVENTS = "events"  # around events, within the hours where there are any


@dataclass(frozen=True, slots=True)
class Hours:
    """A window of every week in the site's zone: minutes of the day, half-open, 0 to 1440.

    `weekday` 0 is Monday. A night is two windows.
    """

    weekday: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class RecordPolicy:
    """When a stream that is recorded at all is kept. The seconds are for EVENTS: how much before
    and after an event."""

    when: RecordWhen = RecordWhen.ALWAYS
    hours: tuple[Hours, ...] = ()
    pre_seconds: int = 10
    post_seconds: int = 30


USUAL_POLICY = RecordPolicy()


@dataclass(frozen=True, slots=True)
class Stream:
    """One encoding of a camera. `url` carries no user or password; those stand beside it.

    `record`: kept in the archive, when `policy` says; otherwise the stream is only there to be
    watched live. `audio`: whether sound is recorded (off by default: MK 20/PUU-XIV/2016).
    `certificate`: what the camera showed when it was first reached over TLS (SHA-256, hexadecimal);
    learnt, not set, so it makes no difference between two streams.
    """

    id: int
    camera_id: int
    role: StreamRole
    url: str
    username: str = ""
    password: Secret = NO_SECRET
    record: bool = True
    audio: bool = False
    engine: Engine = Engine.AUTO
    transport: Transport = Transport.AUTO
    policy: RecordPolicy = USUAL_POLICY
    certificate: str = field(default="", compare=False)


USUAL_PRIORITY = 5


@dataclass(frozen=True, slots=True)
class Camera:
    """`number` is what an operator types to call it up; `retention_days` None means the site's.

    `priority` 0 to 9: when the recorder has no room for all, the lowest are dropped first.
    `purposes`: what it is for; one without any is recorded, but nothing of it is given out.
    `owner_agency`, `sign_posted`, `contact`: who answers for it, and how passers-by are told.
    """

    id: int
    number: int
    name: str
    enabled: bool = True
    retention_days: int | None = None
    streams: tuple[Stream, ...] = ()
    priority: int = USUAL_PRIORITY
    purposes: tuple[Purpose, ...] = ()
    owner_agency: str = ""
    sign_posted: bool = False
    contact: str = ""

    def stream(self, role: StreamRole) -> Stream | None:
        return next((stream for stream in self.streams if stream.role == role), None)


@dataclass(frozen=True, slots=True)
class GopEntry:
    """Where one fragment (one group of pictures) lies in its segment.

    `start`/`duration`: µs, start counted from the segment's start. `offset`/`size`: bytes of the
    whole prft+moof+mdat in the object. `key_size`: bytes of the random access point's sample; 0
    when the fragment continues a long group and starts without one.
    """

    start: int
    duration: int
    offset: int
    size: int
    key_size: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One sealed object: whole GOPs of one stream, about 60 s, one fMP4 fragment per GOP.

    `epoch` is the writer's run (unique per stream and run: µs of the run's first picture),
    `sequence` counts segments within it; together they make keys no two writers can share.
    `init_size`: bytes before the first fragment (ftyp, moov, identity). `prev_sha256` is that of
    the stream's previous segment, None for the very first. `codec`: RFC 6381 string of the video.
    `tier`: which store has the object, 0 the first.
    """

    camera_id: int
    stream_id: int
    epoch: int
    sequence: int
    range: TimeRange
    size: int
    init_size: int
    sha256: bytes
    prev_sha256: bytes | None
    codec: str
    width: int
    height: int
    gops: tuple[GopEntry, ...]
    tier: int = 0

    @property
    def key(self) -> str:
        return object_key(
            self.camera_id, self.stream_id, self.range.start, self.epoch, self.sequence
        )


def object_key(camera_id: int, stream_id: int, start: WallTime, epoch: int, sequence: int) -> str:
    """`<camera>/<stream>/<UTC day>/<start µs>-<epoch>-<sequence>.mp4`: ids only, never text."""
    day = datetime.fromtimestamp(start // SECOND, UTC).strftime("%Y-%m-%d")
    return f"{camera_id}/{stream_id}/{day}/{start}-{epoch}-{sequence}.mp4"


class Cause(StrEnum):
    """Why there is no video. The words a person reads are in the web application's messages."""

    CONNECTING = "connecting"  # not yet answered
    UNREACHABLE = "unreachable"  # no route, refused, time-out
    BAD_PASSWORD = "bad-password"  # 401/403
    UNTRUSTED = "untrusted"  # rtsps: not the certificate we know, or none that is verified
    BAD_URL = "bad-url"  # 404, or no video there
    UNSUPPORTED = "unsupported"  # a codec or transport we cannot take
    STALLED = "stalled"  # connected, but no video access unit for too long
    CLOSED = "closed"  # the camera hung up
    PROTOCOL = "protocol"  # what it sends is not RTSP/RTP
    DISK_FULL = "disk-full"  # the spool cannot take more
    DISK_FAULT = "disk-fault"  # the spool cannot be written for another reason
    SPOOL_FULL = "spool-full"  # no room left: dropped in favour of cameras of higher priority
    STORE_FULL = "store-full"  # the archive holds only what must stay: the least important rest
    RECORDER_OFF = "recorder-off"  # we were not running
    CLOCK_STEP = "clock-step"  # our clock was set: these seconds never were, or were skipped
    DISABLED = "disabled"  # switched off by an administrator
    SCHEDULE = "schedule"  # outside the hours the policy keeps
    NO_EVENT = "no-event"  # only events are kept, and there was none


@dataclass(frozen=True, slots=True)
class Gap:
    """Time a stream should have been recorded and was not. `end` None: it lasts until now."""

    stream_id: int
    start: WallTime
    end: WallTime | None
    cause: Cause
    detail: str = ""


class StreamCondition(StrEnum):
    CONNECTING = "connecting"
    RECORDING = "recording"  # pictures arrive and are kept
    WATCHABLE = "watchable"  # pictures arrive, the stream is not meant to be kept
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream is doing now, as its recorder says every two seconds and at every change.

    `cause`/`detail` explain DOWN (and, while pictures arrive, a recording problem such as
    DISK_FULL). `since`: when this condition and cause began. `last_picture`: wall time of the
    newest access unit, None before the first. `bitrate` in bits per second.
    """

    stream_id: int
    camera_id: int
    role: StreamRole
    condition: StreamCondition
    cause: Cause | None
    detail: str
    since: WallTime
    last_picture: WallTime | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    bitrate: int = 0


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in. `cameras` None means every camera, now and later; an administrator's
    is always None."""

    id: int
    name: str
    role: Role
    cameras: frozenset[int] | None = None
    enabled: bool = True
