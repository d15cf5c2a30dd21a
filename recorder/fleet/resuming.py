"""A stream's recording, begun where the one before ended: in our spool, in the archive, or where
another recorder left it.
"""

from __future__ import annotations

import asyncio
import contextlib

from recorder.broadcast import Broadcast
from recorder.engines import source_for
from recorder.fleet.means import Means
from recorder.fleet.warm import Left
from recorder.recording import Recording
from recorder.rtsp.tls import Trust
from recorder.runbook import RunLog
from recorder.source import Source
from recorder.spool import Spool
from recorder.steps import SealSegment, Step
from storage.archive import Archive
from vms.core.errors import VmsError
from vms.core.model import Segment, Stream

_LOOKUP_SECONDS = 3.0


class Tap:
    """The spool, with an eye on the newest seal of one stream."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.sealed: asyncio.Future[Segment | None] | None = None

    def write(self, step: Step) -> asyncio.Future[Segment | None]:
        done = self._spool.write(step)
        if isinstance(step, SealSegment):
            self.sealed = done
        return done


async def resumed(
    means: Means,
    stream: Stream,
    spool: Tap,
    runs: RunLog,
    term: int,
    left: Left | None,
    *,
    taken: bool,
) -> Recording:
    """`left`: where another recorder stopped, if it is known; then nothing is lost between.
    `taken`: others had the stream before, of whose segments not all may be known."""
    recording = Recording(
        *(stream, spool, means.book, means.disk, means.config.segment_seconds),
        term=term,
        runs=runs,
    )
    held = [segment.range for segment in means.spool.tail(stream.id)]
    if left is not None and left.until is not None:
        sure = left.sha256 is not None
        means.spool.continue_chain(stream.id, left.sha256, left.until, sure=sure)
    if left is not None and left.key and left.until is not None:
        recording.until = left.until  # without a gap
        return recording
    # The spool first: what it holds may reach the archive meanwhile, never the reverse.
    last = await _last(means.archive, stream.id)
    if last is not None:  # and ends later than all of ours: another recorder's
        means.spool.continue_chain(stream.id, last.sha256, last.range.end, sure=False)
    elif taken:
        means.spool.continue_chain(stream.id, None, sure=False)
    until = means.spool.recorded_until(stream.id)  # with `last`, once that has been told
    recording.resume(until, means.clock.wall(), held)
    return recording


async def _last(archive: Archive, stream_id: int) -> Segment | None:
    """The newest archived segment; None also when the index does not say in time: recording does
    not wait for it."""
    with contextlib.suppress(VmsError, TimeoutError):
        async with asyncio.timeout(_LOOKUP_SECONDS):
            return await archive.last(stream_id)
    return None


def source_of(stream: Stream, means: Means, audience: Broadcast) -> Source:
    """The stream's source, as this recorder's settings want it."""
    config = means.config
    return source_for(
        stream,
        means.clock,
        means.intake,
        stall_seconds=config.stall_seconds,
        trust=Trust(verify=config.tls_verify, authorities=config.tls_authorities),
        pins=means.pins,
        redirects_to=config.redirect_hosts,
        audience=audience,
    )
