"""What one process of a role says of itself every two seconds: that it lives, and its problems.

The task is the role's: run `run` in its TaskGroup. The subject and payload are in
docs/design/bus.md.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from vms import __version__
from vms.core.bus.protocol import Bus, Payload
from vms.core.clock import Clock
from vms.core.walltime import WallTime

EVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that hurts until it ends. `code`: one word of docs/design/bus.md."""

    code: str
    detail: str
    since: WallTime


class NodeState:
    """The problems of one role on one node, published every two seconds and at every change."""

    def __init__(self, role: str, node: str, bus: Bus, clock: Clock) -> None:
        self._role = role
        self._node = node
        self._bus = bus
        self._clock = clock
        self._problems: dict[str, Problem] = {}
        self._facts: Payload = {}
        self._changed = asyncio.Event()

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(self._problems.values())

    def problem(self, code: str, detail: str = "") -> None:
        """This is wrong from now on. Said again it keeps its beginning; a new detail is told."""
        known = self._problems.get(code)
        if known is not None and known.detail == detail:
            return
        since = known.since if known else self._clock.wall()
        self._problems[code] = Problem(code, detail, since)
        self._changed.set()

    def clear(self, code: str) -> None:
        """This is not wrong, or no longer."""
        if self._problems.pop(code, None) is not None:
            self._changed.set()

    def note(self, **facts: object) -> None:
        """Numbers for the health page (JSON values), told with the next regular message."""
        self._facts.update(facts)

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            self._changed.clear()
            await self._bus.publish(f"node.state.{self._role}.{self._node}", self._payload())
            await self._pause()

    async def _pause(self) -> None:
        """Wait for the next turn or a change, whichever comes first."""
        sleeping = asyncio.ensure_future(self._clock.sleep(EVERY_SECONDS))
        changing = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({sleeping, changing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            changing.cancel()

    def _payload(self) -> Payload:
        return {
            **self._facts,
            "node": self._node,
            "role": self._role,
            "pid": os.getpid(),
            "version": __version__,
            "at": self._clock.wall(),
            "problems": [
                {"code": problem.code, "detail": problem.detail, "since": problem.since}
                for problem in self._problems.values()
            ],
        }
