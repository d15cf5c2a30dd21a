"""This recorder among the recorders: its session on the bus, and who else is alive.

A session is one key with a time to live that its recorder renews every second, by revision. All
leases hang on it: while it lives nobody takes a camera from its holder, and one renewal a second
carries any number of cameras. `run` is a task of `recorder.fleet`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable
from pathlib import Path

from recorder.fleet.assignment import Member
from recorder.fleet.awake import Awake
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.errors import Conflict, Unavailable, VmsError
from vms.core.nodestate import NodeState

log = logging.getLogger(__name__)

BUCKET = "vms_recorders"
TTL_SECONDS = 5.0
BEAT_SECONDS = 1.0
PROBLEM = "leases-unavailable"
_PLACE = "place"
_NAME = "name"


class Session:
    """`members`: recorders that are alive and mean to stay, this one included once it is known.
    `alive`: also those that are leaving. `answering`: also dead ones for which somebody answers;
    `speaks_for`: those for which we do. `lapses`: how often the session had ended without our
    doing, so that others may have taken what we hold. `changed`: set when any of it did."""

    def __init__(self, name: str, capacity: int, bus: Bus, node: NodeState, clock: Clock) -> None:
        """`name`: of this recorder alone, and the same after a restart (`own_name`)."""
        self.name = name
        self.members: tuple[Member, ...] = ()
        self.alive: frozenset[str] = frozenset()
        self.answering: frozenset[str] = frozenset()
        self.speaks_for: set[str] = set()
        self.lapses = 0
        self.changed = asyncio.Event()
        self._bucket = bus.keyvalue(BUCKET, ttl_seconds=TTL_SECONDS)
        self._node, self._clock = node, clock
        self._value: Payload = {
            "capacity": capacity,
            "leaving": False,
            "life": secrets.token_hex(8),
        }
        self._revision = 0
        self._since: float | None = None
        self.awake = Awake(clock, TTL_SECONDS, lambda: self.alive <= {name})

    @property
    def connected(self) -> bool:
        """Whether the last beat reached the bus."""
        return self._since is not None

    @property
    def settled(self) -> bool:
        """Whether a recorder that we do not see is really gone: everybody who lives had time to
        say so since we could hear it."""
        return self._since is not None and self._clock.monotonic() - self._since >= TTL_SECONDS

    async def run(self) -> None:
        """Renew and look around until cancelled."""
        while True:
            if self.awake.beat():
                self.lapses += 1  # whatever the bus says now: ask who holds what
                self.changed.set()
            await self.beat()
            await self._clock.sleep(BEAT_SECONDS)

    async def beat(self) -> None:
        """One renewal and one look. What the bus does not answer is a problem, not an error."""
        try:
            await self._renew()
            await self._look()
        except VmsError as error:
            self._away(error)

    async def leave(self) -> None:
        """Tell the others that this recorder hands over: it is no member any more, but lives."""
        self._value["leaving"] = True
        await self.beat()

    async def end(self) -> None:
        """The session is over; what it held may be taken at once. Never fails."""
        try:
            await self._bucket.remove(self.name, self._revision)
        except VmsError as error:
            log.debug("the session ends by its time: %s", error)

    async def _renew(self) -> None:
        self._value["also"] = sorted(self.speaks_for)
        try:
            if self._revision:
                self._revision = await self._bucket.update(self.name, self._value, self._revision)
                return
        except Conflict:
            pass
        await self._begin()

    async def _begin(self) -> None:
        """A new session, or the one we hold without knowing its revision, or our predecessor's."""
        known = await self._bucket.get(self.name)
        ours = known is not None and known.value.get("life") == self._value["life"]
        if known is not None and not ours and self._revision:
            raise Conflict("another recorder uses this name: is its spool a copy of ours?")
        if not ours and self._revision:
            self.lapses += 1
            self._revision = 0
            self.changed.set()
            log.warning("the session had ended: looking who holds what")
        if known is None:
            self._revision = await self._bucket.create(self.name, self._value)
        else:
            self._revision = await self._bucket.update(self.name, self._value, known.revision)

    async def _look(self) -> None:
        names = await self._bucket.keys()
        entries = await asyncio.gather(*(self._bucket.get(name) for name in names))
        there = {name: entry.value for name, entry in zip(names, entries, strict=True) if entry}
        members = tuple(sorted(_members(there.items())))
        self.answering = frozenset(there).union(*map(_also, there.values()))
        if self._since is None:
            self._since = self._clock.monotonic()
            self._node.clear(PROBLEM)
            self.changed.set()
        if (members, frozenset(there)) != (self.members, self.alive):
            self.members, self.alive = members, frozenset(there)
            self.changed.set()

    def _away(self, error: VmsError) -> None:
        """Nobody can take over what nobody can lease: what is held goes on."""
        if self._since is not None:
            log.warning("no leases for now, what is held goes on: %s", error)
        self._since = None
        self._node.problem(PROBLEM, error.message)


def _members(there: Iterable[tuple[str, Payload]]) -> Iterable[Member]:
    for name, value in there:
        capacity = value.get("capacity")
        if not value.get("leaving"):
            yield Member(name, capacity if isinstance(capacity, int) else 0)


def _also(value: Payload) -> Iterable[str]:
    names = value.get("also")
    return map(str, names) if isinstance(names, list) else ()


def own_name(node: str, spool: Path) -> str:
    """This recorder's name for ever: the node's, and a word that was drawn for its spool.

    Whoever holds the spool's lock under this name knows that his predecessor is dead. It is left in
    the spool, for who finishes that one day (`name_in`). Raises Unavailable when the spool cannot
    be written.
    """
    path = spool / _PLACE
    try:
        if not path.exists():
            path.write_text(secrets.token_hex(4))
        word = path.read_text().strip()
        name = f"{node}-{word}" if word.isalnum() else node
        (spool / _NAME).write_text(name)
    except OSError as error:
        raise Unavailable(f"the spool cannot be used: {error.strerror}", path=path) from error
    return name


def name_in(spool: Path) -> str:
    """The name of the recorder whose spool this is; empty when it left none. Blocking."""
    try:
        return (spool / _NAME).read_text().strip()
    except OSError:
        return ""
