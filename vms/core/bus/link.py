"""One lasting connection to NATS.

nats-py reconnects by itself after a lost socket, but gives up for good when the server sends an
error (expired login, too many connections). So subscriptions are remembered here, and when the
client has given up a new one takes its place. Passwords go to the client only, never into the URL.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error, SlowConsumerError

from vms.core.secret import Secret

log = logging.getLogger(__name__)

Receive = Callable[[Msg], Awaitable[None]]

_PAUSE_SECONDS = 0.5
_WAITING_MESSAGES = 4096
"""Per subscription, before its `receive` took them; more are dropped by nats-py and counted."""


@dataclass(eq=False, slots=True)
class _Wish:
    """What must be subscribed on whichever client is the present one."""

    subject: str
    group: str
    receive: Receive
    held: Subscription | None = None


class Link:
    """`keep` runs as long as the link does; `client` is the present nats-py client."""

    def __init__(self, servers: list[str], user: str, password: Secret, name: str) -> None:
        self._servers = servers
        self._user = user
        self._password = password
        self._name = name
        self._wishes: list[_Wish] = []
        self._ready = asyncio.Event()
        self._given_up = asyncio.Event()
        self._complaint = ""
        self.client = Client()
        self.dropped = 0

    @property
    def connected(self) -> bool:
        return self._ready.is_set() and self.client.is_connected

    async def wait_connected(self, seconds: float) -> None:
        """Return when connected, or after `seconds` without."""
        try:
            async with asyncio.timeout(seconds):
                await self._ready.wait()
        except TimeoutError:
            log.warning("no bus yet: going on without, trying for ever")

    async def keep(self) -> None:
        """Connect, and connect a new client whenever the present one gave up."""
        while True:
            self._given_up.clear()
            await self._connect()
            await self._given_up.wait()
            self._ready.clear()
            log.warning("bus connection refused by the server: making a new one")
            await asyncio.sleep(_PAUSE_SECONDS)
            self.client = Client()

    async def close(self) -> None:
        self._ready.clear()
        await self.client.close()

    @asynccontextmanager
    async def subscribed(self, subject: str, group: str, receive: Receive) -> AsyncIterator[None]:
        """Subscribed while inside, on this client and every later one.

        On entry, when connected, the server has confirmed it: events sent after that arrive.
        """
        wish = _Wish(subject, group, receive)
        self._wishes.append(wish)
        try:
            if self.connected:
                await self._fulfil(wish)
                await self.client.flush()
            yield
        finally:
            self._wishes.remove(wish)
            await self._drop(wish)

    async def _connect(self) -> None:
        await self.client.connect(
            self._servers,
            name=self._name,
            user=self._user or None,
            password=self._password.reveal() or None,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_PAUSE_SECONDS,  # type: ignore[arg-type]  # slept as given
            connect_timeout=3,
            ping_interval=10,
            error_cb=self._complain,
            disconnected_cb=self._lost,
            reconnected_cb=self._regained,
            closed_cb=self._closed,
        )
        for wish in self._wishes:
            await self._fulfil(wish)
        await self._regained()

    async def _fulfil(self, wish: _Wish) -> None:
        wish.held = await self.client.subscribe(
            wish.subject,
            queue=wish.group,
            cb=wish.receive,
            pending_msgs_limit=_WAITING_MESSAGES,
        )

    async def _drop(self, wish: _Wish) -> None:
        if wish.held is None or self.client.is_closed:
            return
        try:
            await wish.held.unsubscribe()
        except (Error, OSError) as error:
            log.debug("unsubscribing from %s: %s", wish.subject, error)

    async def _complain(self, error: Exception) -> None:
        """Log a cause once, until another one or until the connection is back."""
        if isinstance(error, SlowConsumerError):
            self.dropped += 1
            return
        complaint = f"{type(error).__name__}: {error}"
        if complaint != self._complaint:
            log.warning("bus: %s", complaint)
        self._complaint = complaint

    async def _lost(self) -> None:
        if self._ready.is_set():
            log.warning("bus connection lost: reconnecting")

    async def _regained(self) -> None:
        self._complaint = ""
        self._ready.set()
        log.info("bus connected")

    async def _closed(self) -> None:
        self._given_up.set()
