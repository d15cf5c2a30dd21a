"""The clocks of each run and every step of a clock: facts beside the footage.

One row a run, written again as it goes on; one row a step, never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.schema import clock_steps, runs, streams
from vms.core.model import Cause
from vms.core.runs import CameraClock, ClockMapping, ClockStep, RunFacts, Stepped
from vms.core.walltime import TimeRange, WallTime

MOST_AT_ONCE = 100
"""Values of one statement stay below what SQLite binds."""


class Runs:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, facts: Sequence[RunFacts], steps: Sequence[ClockStep] = ()) -> None:
        """Write what is known of runs now (a run known by stream and epoch is overwritten) and add
        steps, in one transaction. What belongs to a stream that is gone is let go silently. An
        older run of the stream that still lasts had a recorder that died: it ends there."""
        async with self._database.write() as connection:
            there = await _known_streams(connection, [one.stream_id for one in facts], steps)
            for one in facts:
                if one.stream_id in there:
                    await _put(connection, one)
            kept = [one for one in steps if one.stream_id is None or one.stream_id in there]
            if kept:
                await connection.execute(insert(clock_steps), [_step_row(one) for one in kept])

    async def between(self, stream_id: int, span: TimeRange) -> list[RunFacts]:
        """Runs that touch `span`, oldest first; one that lasts touches all that follows."""
        wanted = (
            select(runs)
            .where(runs.c.stream_id == stream_id, runs.c.start_us < span.end)
            .where(or_(runs.c.end_us.is_(None), runs.c.end_us > span.start))
            .order_by(runs.c.start_us)
        )
        async with self._database.read() as connection:
            return [_facts(row) for row in (await connection.execute(wanted)).all()]

    async def last(self, stream_id: int) -> RunFacts | None:
        """The newest run of a stream."""
        wanted = select(runs).where(runs.c.stream_id == stream_id)
        async with self._database.read() as connection:
            found = await connection.execute(wanted.order_by(runs.c.start_us.desc()).limit(1))
            row = found.one_or_none()
        return None if row is None else _facts(row)

    async def steps(self, stream_id: int | None, span: TimeRange) -> list[ClockStep]:
        """Steps of the clocks of a stream within `span`, oldest first; None: of the servers."""
        of = clock_steps.c.stream_id
        wanted = (
            select(clock_steps)
            .where(of.is_(None) if stream_id is None else of == stream_id)
            .where(clock_steps.c.at_us >= span.start, clock_steps.c.at_us < span.end)
            .order_by(clock_steps.c.at_us, clock_steps.c.id)
        )
        async with self._database.read() as connection:
            return [_step(row) for row in (await connection.execute(wanted)).all()]

    async def forget(self, stream_id: int | None, until: WallTime) -> int:
        """Drop runs that ended, and steps that happened, before `until`; how many there were.
        None: steps of the servers."""
        of = clock_steps.c.stream_id
        mine = of.is_(None) if stream_id is None else of == stream_id
        async with self._database.write() as connection:
            gone = await connection.execute(delete(clock_steps).where(mine, _before(until)))
            if stream_id is None:
                return gone.rowcount
            ended = delete(runs).where(runs.c.stream_id == stream_id, runs.c.end_us <= until)
            return gone.rowcount + (await connection.execute(ended)).rowcount


def _before(until: WallTime) -> Any:
    return clock_steps.c.at_us < until


async def _known_streams(
    connection: AsyncConnection, ids: Sequence[int], steps: Sequence[ClockStep]
) -> set[int]:
    wanted = sorted({*ids, *(one.stream_id for one in steps if one.stream_id is not None)})
    known: set[int] = set()
    for first in range(0, len(wanted), MOST_AT_ONCE):
        some = streams.c.id.in_(wanted[first : first + MOST_AT_ONCE])
        known.update((await connection.scalars(select(streams.c.id).where(some))).all())
    return known


async def _put(connection: AsyncConnection, facts: RunFacts) -> None:
    row = _row(facts)
    this = tuple_(runs.c.stream_id, runs.c.epoch) == (facts.stream_id, facts.epoch)
    changed = await connection.execute(update(runs).where(this).values(row))
    if changed.rowcount == 0:
        await _end_older(connection, facts)
        await connection.execute(insert(runs).values(row))


async def _end_older(connection: AsyncConnection, facts: RunFacts) -> None:
    older = update(runs).where(
        runs.c.stream_id == facts.stream_id,
        runs.c.end_us.is_(None),
        runs.c.start_us < facts.start,
    )
    await connection.execute(older.values(end_us=facts.start, cause=Cause.RECORDER_OFF.value))


def _row(facts: RunFacts) -> dict[str, Any]:
    mapping = facts.mapping
    return {
        "stream_id": facts.stream_id,
        "epoch": facts.epoch,
        "start_us": facts.start,
        "end_us": facts.end,
        "cause": facts.cause.value if facts.cause is not None else "",
        "detail": facts.detail[:500],
        "camera_clock": mapping.camera_clock.value,
        "camera_offset_us": mapping.camera_offset,
        "media_ppm": mapping.media_ppm,
        "server_offset_us": mapping.server_offset,
        "server_synchronised": mapping.server_synchronised,
        "steps": facts.steps,
        "lost": facts.lost,
    }


def _facts(row: Any) -> RunFacts:
    return RunFacts(
        stream_id=row.stream_id,
        epoch=row.epoch,
        start=row.start_us,
        end=row.end_us,
        cause=Cause(row.cause) if row.cause else None,
        detail=row.detail,
        mapping=ClockMapping(
            camera_clock=CameraClock(row.camera_clock),
            camera_offset=row.camera_offset_us,
            media_ppm=row.media_ppm,
            server_offset=row.server_offset_us,
            server_synchronised=row.server_synchronised,
        ),
        steps=row.steps,
        lost=row.lost,
    )


def _step_row(step: ClockStep) -> dict[str, Any]:
    return {
        "stream_id": step.stream_id,
        "at_us": step.at,
        "clock": step.clock.value,
        "step_us": step.micros,
        "node": step.node,
        "detail": step.detail[:500],
    }


def _step(row: Any) -> ClockStep:
    clock = Stepped(row.clock)
    return ClockStep(row.stream_id, row.at_us, clock, row.step_us, row.node, row.detail)
