"""Events of cameras in, expected against stored out: as JSON. Times and lengths are µs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from storage.completeness import Account
from vms.api.shapes import Code, Ids, Moment, Schema, Words
from vms.core.model import Cause, StreamRole
from vms.core.runs import CameraClock, ClockStep, RunFacts, Stepped


class EventIn(Schema):
    """`at` absent: now."""

    kind: Code = "manual"
    detail: Words = ""
    at: Moment | None = None


class EventOut(Schema):
    camera_id: int
    at: int
    kind: str


class CompletenessQuery(Schema):
    """`cameras`: ids with commas; absent: all that may be seen. `days`: today and before."""

    cameras: Ids | None = None
    days: Annotated[int, Field(ge=1, le=62)] = 7


class DayOut(Schema):
    """A day of the site's zone; `date` as people there write it in ISO 8601."""

    date: str
    start: int
    end: int


class AccountOut(Schema):
    """`expected` = `stored` + all of `missing` + `unexplained`. `excused` (nobody wanted it) and
    `pending` (too young to be judged) are beside it."""

    expected: int
    stored: int
    missing: dict[Cause, int]
    unexplained: int
    excused: dict[Cause, int]
    pending: int

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        return cls(
            expected=account.expected,
            stored=account.stored,
            missing=dict(account.missing),
            unexplained=account.unexplained,
            excused=dict(account.excused),
            pending=account.pending,
        )


class StreamDaysOut(Schema):
    """One account for each of the days, in their order; null: nothing is known of that day."""

    camera_id: int
    stream_id: int
    role: StreamRole
    days: list[AccountOut | None]


class CompletenessOut(Schema):
    now: int
    zone: str
    days: list[DayOut]
    streams: list[StreamDaysOut]


class RunsQuery(Schema):
    """`stream`: which one of the camera's; `start`, `end`: µs UTC, at most 31 days."""

    stream: StreamRole = StreamRole.MAIN
    start: Moment
    end: Moment


class RunOut(Schema):
    """One session with the camera and its clocks, as `vms.core.runs.RunFacts`. `camera_offset`: µs
    its clock is ahead of ours; `media_ppm`: how much faster its media clock runs."""

    start: int
    end: int | None
    cause: Cause | None
    camera_clock: CameraClock
    camera_offset: int | None
    media_ppm: int | None
    server_offset: int
    server_synchronised: bool | None
    steps: int
    lost: int

    @classmethod
    def of(cls, run: RunFacts) -> RunOut:
        return cls(
            start=run.start,
            end=run.end,
            cause=run.cause,
            camera_clock=run.mapping.camera_clock,
            camera_offset=run.mapping.camera_offset,
            media_ppm=run.mapping.media_ppm,
            server_offset=run.mapping.server_offset,
            server_synchronised=run.mapping.server_synchronised,
            steps=run.steps,
            lost=run.lost,
        )


class ClockStepOut(Schema):
    """A clock was set by `micros`, forward positive."""

    at: int
    clock: Stepped
    micros: int

    @classmethod
    def of(cls, step: ClockStep) -> ClockStepOut:
        return cls(at=step.at, clock=step.clock, micros=step.micros)


class RunsOut(Schema):
    """The newest runs that touch the span, oldest first; `left_out`: how many older ones there are
    besides. `steps` of the stream's own clocks."""

    runs: list[RunOut]
    left_out: int
    steps: list[ClockStepOut]
