"""Which engine reads a stream: our own RTSP client, or FFmpeg's libraries for all else."""

from __future__ import annotations

from recorder.pyav import PyavSource
from recorder.rtsp.intake import Intake
from recorder.rtsp.tls import Trust
from recorder.source import RtspSource, Source
from recorder.source.pins import Pins
from recorder.source.rtsp import Audience
from vms.core.clock import Clock
from vms.core.model import Engine, Stream

_OURS = ("rtsp", "rtsps")
_NOBODY: frozenset[str] = frozenset()


def engine_of(stream: Stream) -> Engine:
    """RTSP or PYAV. AUTO is our own client for rtsp:// and rtsps://, PyAV for all else."""
    if stream.engine is not Engine.AUTO:
        return stream.engine
    scheme = stream.url.strip().partition("://")[0].lower()
    return Engine.RTSP if scheme in _OURS or "://" not in stream.url else Engine.PYAV


def source_for(
    stream: Stream,
    clock: Clock,
    intake: Intake,
    *,
    stall_seconds: float = 5.0,
    trust: Trust | None = None,
    pins: Pins | None = None,
    redirects_to: frozenset[str] = _NOBODY,
    audience: Audience | None = None,
) -> Source:
    """Parameters as of RtspSource."""
    if engine_of(stream) is Engine.PYAV:
        return PyavSource(stream, clock, stall_seconds=stall_seconds, trust=trust)
    return RtspSource(
        stream,
        clock,
        intake,
        stall_seconds=stall_seconds,
        trust=trust,
        pins=pins,
        redirects_to=redirects_to,
        audience=audience,
    )
