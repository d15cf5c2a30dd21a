"""Reading from many cameras in few turns of the event loop.

Waking up costs more than reading, and a processor that comes from something else works at half its
speed at first: at 25 pictures a second each of some hundred cameras would wake the loop for 20 kB.
So there are two ways to be read:

Promptly: sockets stand in an epoll set of their own, which the loop watches as one descriptor;
after each turn over all that is ready, the set rests 20 ms while more gathers, which is what a
picture may come later.

In rounds, for those whom nobody watches: no epoll at all; each turn reads one of twenty groups, so
that everyone's turn comes every 400 ms and finds several pictures at once. Turns follow each other
almost evenly, so that no camera's pictures always just miss theirs, and one that takes long lets
the loop do other things in between.
"""

from __future__ import annotations

import asyncio
import random
import select
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

REST_SECONDS = 0.02
ROUND = 20
"""Turns until everybody who is read in rounds was read."""
LONGEST_SECONDS = 0.004
"""After so long in one go other things have their turn."""
_SHORTEST_REST_SECONDS = 0.002

Read = Callable[[], None]


class Intake:
    """Made by `open_intake`. Plain calls on the event loop that opened it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: select.epoll) -> None:
        self._loop, self._ready = loop, ready
        self._readers: dict[int, Read] = {}
        self._groups: list[set[int]] = [set() for _ in range(ROUND)]
        self._group_of: dict[int, int] = {}
        self._turns = 0
        self._next = 0.0
        self._rest: asyncio.Handle | None = None
        self._waits = False
        self._arm()

    def add(self, sock: socket.socket, read: Read) -> None:
        """Call `read`, which must read once and not block, promptly when there is something."""
        if sock.fileno() not in self._readers:
            self._ready.register(sock, select.EPOLLIN)
        self._readers[sock.fileno()] = read

    def remove(self, sock: socket.socket) -> None:
        """No more calls for this socket; before it is closed. Nothing happens when it is not in."""
        if self._readers.pop(sock.fileno(), None) is None:
            return
        if not self._leave_round(sock.fileno()):
            self._ready.unregister(sock)

    def calm(self, sock: socket.socket, calm: bool) -> bool:
        """Read this one in rounds, whether there is something or not; or promptly again. Whether
        that is a change; there is none when it is not in."""
        number = sock.fileno()
        if number not in self._readers or calm == (number in self._group_of):
            return False
        if calm:
            self._ready.unregister(sock)
            self._join_round(number)
        else:
            self._leave_round(number)
            self._ready.register(sock, select.EPOLLIN)
        return True

    def close(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._stop_waiting()
        self._ready.close()

    def _join_round(self, number: int) -> None:
        group = min(range(ROUND), key=lambda each: len(self._groups[each]))
        self._groups[group].add(number)
        self._group_of[number] = group
        if self._waits:  # nothing may ever be ready: turns come by the clock from now on
            self._stop_waiting()
            self._pause()

    def _leave_round(self, number: int) -> bool:
        group = self._group_of.pop(number, None)
        if group is not None:
            self._groups[group].discard(number)
        return group is not None

    def _arm(self) -> None:
        """Wait for the next turn: for its time, or until something is ready."""
        self._rest = None
        if self._group_of:
            self._turn()
        else:
            self._loop.add_reader(self._ready.fileno(), self._turn)
            self._waits = True

    def _stop_waiting(self) -> None:
        if self._waits:
            self._loop.remove_reader(self._ready.fileno())
            self._waits = False

    def _turn(self) -> None:
        """Read once from all that is ready, and from the group whose turn it is, then rest."""
        self._stop_waiting()
        self._next = self._loop.time() + REST_SECONDS * random.uniform(0.8, 1.2)
        self._turns += 1
        due = [*self._groups[self._turns % ROUND], *(number for number, _ in self._ready.poll(0))]
        self._read(due)

    def _read(self, due: list[int]) -> None:
        until = self._loop.time() + LONGEST_SECONDS
        while due:
            read = self._readers.get(due.pop())
            if read is not None:  # else removed in this turn
                read()
            if due and self._loop.time() > until:
                self._rest = self._loop.call_soon(self._read, due)
                return
        self._pause()

    def _pause(self) -> None:
        now = self._loop.time()
        self._rest = self._loop.call_at(max(self._next, now + _SHORTEST_REST_SECONDS), self._arm)


@asynccontextmanager
async def open_intake() -> AsyncIterator[Intake]:
    """For the running event loop; sockets must have left it before the end."""
    intake = Intake(asyncio.get_running_loop(), select.epoll())
    try:
        yield intake
    finally:
        intake.close()
