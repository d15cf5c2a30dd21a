"""Sessions with a camera and their clocks: what the recorders noted beside the footage."""

from __future__ import annotations

from vms.api.accounts import ClockStepOut, RunOut, RunsOut, RunsQuery
from vms.api.call import Call
from vms.api.problems import WrongFields
from vms.auth.policy import NO_SUCH_CAMERA
from vms.core.errors import NotFound
from vms.core.model import Stream
from vms.core.walltime import DAY, TimeRange, WallTime

LONGEST_MICROS = 31 * DAY
MOST = 500
"""Runs, and steps, in one answer: the newest."""


async def list_runs(call: Call) -> RunsOut:
    """Raises WrongFields for a span that cannot be, NotFound for a camera without such a stream."""
    asked = call.query(RunsQuery)
    if asked.end <= asked.start:
        raise WrongFields(("end", "before-start"))
    if asked.end - asked.start > LONGEST_MICROS:
        raise WrongFields(("end", "too-long"))
    span = TimeRange(WallTime(asked.start), WallTime(asked.end))
    stream = await _stream(call, asked)
    runs = await call.api.index.runs.between(stream.id, span)
    steps = await call.api.index.runs.steps(stream.id, span)
    return RunsOut(
        runs=[RunOut.of(run) for run in runs[-MOST:]],
        left_out=max(0, len(runs) - MOST),
        steps=[ClockStepOut.of(step) for step in steps[-MOST:]],
    )


async def _stream(call: Call, asked: RunsQuery) -> Stream:
    try:
        camera = await call.api.index.cameras.get(call.camera_id)
    except NotFound:
        raise NotFound(NO_SUCH_CAMERA) from None
    stream = camera.stream(asked.stream)
    if stream is None:
        raise NotFound("this camera has no such stream")
    return stream
