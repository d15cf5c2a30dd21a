"""The bus over NATS. Foreign errors of nats-py become VmsErrors here and nowhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from nats.aio.msg import Msg
from nats.errors import (
    Error,
    MaxPayloadError,
    NoRespondersError,
    OutboundBufferLimitError,
)
from nats.errors import TimeoutError as NatsTimeout

from vms.core.bus.jetstream import NatsKeyValue
from vms.core.bus.link import Link
from vms.core.bus.mailbox import Mailbox
from vms.core.bus.protocol import Answer, Payload
from vms.core.bus.wire import answer_of, decode, encode, error_payload
from vms.core.errors import Corrupt, Exhausted, Unavailable, VmsError
from vms.core.secret import Secret
from vms.core.supervise import contained

log = logging.getLogger(__name__)

_NONE = Secret("")

ANSWERS_AT_ONCE = 64
"""Requests answered at the same time per `serve`; the rest wait, and the oldest askers give up."""


@asynccontextmanager
async def open_bus(
    url: str,
    *,
    user: str = "",
    password: Secret = _NONE,
    name: str = "vms",
    first_wait_seconds: float = 10.0,
) -> AsyncIterator[NatsBus]:
    """A connection that is kept for ever: lost, it is made again and everything subscribed again.

    `url`: nats://host:port or tls://host:port, several with commas between; never with a password
    in it. Waits at most `first_wait_seconds` for the first connection and then goes on without:
    events are dropped, requests raise Unavailable, until the server answers.
    """
    link = Link(url.split(","), user, password, name)
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(link.keep())
        try:
            await link.wait_connected(first_wait_seconds)
            yield NatsBus(link)
        finally:
            keeping.cancel()
            await link.close()


class NatsBus:
    """Implements `vms.core.bus.Bus`. Use `open_bus`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.dropped = 0

    @property
    def connected(self) -> bool:
        return self._link.connected

    async def publish(self, subject: str, payload: Payload) -> None:
        try:
            await self._link.client.publish(subject, encode(payload))
        except MaxPayloadError as error:
            raise Exhausted("too large for the bus", subject=subject) from error
        except (OutboundBufferLimitError, Error, OSError) as error:
            self.dropped += 1
            log.debug("event on %s dropped, the bus is away: %s", subject, error)

    @asynccontextmanager
    async def subscribe(
        self, subject: str, *, bound: int = 1024
    ) -> AsyncIterator[AsyncIterator[tuple[str, Payload]]]:
        mailbox = Mailbox(bound)

        async def receive(message: Msg) -> None:
            try:
                mailbox.put(message.subject, decode(message.data))
            except Corrupt as error:
                log.warning("event on %s ignored: %s", message.subject, error)

        async with self._link.subscribed(subject, "", receive):
            yield mailbox.read()

    async def request(
        self, subject: str, payload: Payload, *, timeout_seconds: float = 5.0
    ) -> Payload:
        if not self.connected:
            raise Unavailable("the bus is away: try again", subject=subject)
        try:
            reply = await self._link.client.request(
                subject, encode(payload), timeout=timeout_seconds
            )
        except NoRespondersError as error:
            raise Unavailable("nobody answers there now", subject=subject) from error
        except NatsTimeout as error:
            raise Unavailable("no answer in time", subject=subject) from error
        except MaxPayloadError as error:
            raise Exhausted("too large for the bus", subject=subject) from error
        except (Error, OSError) as error:
            raise Unavailable("the bus is away: try again", subject=subject) from error
        return answer_of(decode(reply.data))

    @asynccontextmanager
    async def serve(self, subject: str, answer: Answer, *, group: str = "") -> AsyncIterator[None]:
        room = asyncio.Semaphore(ANSWERS_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            answering: set[asyncio.Task[None]] = set()

            async def receive(message: Msg) -> None:
                await room.acquire()
                task = tasks.create_task(_answer(message, answer))
                answering.add(task)
                task.add_done_callback(answering.discard)
                task.add_done_callback(lambda _: room.release())

            try:
                async with self._link.subscribed(subject, group, receive):
                    yield
            finally:
                for task in answering:
                    task.cancel()

    def keyvalue(self, bucket: str, *, ttl_seconds: float | None = None) -> NatsKeyValue:
        return NatsKeyValue(self._link, bucket, ttl_seconds)


async def _answer(message: Msg, answer: Answer) -> None:
    """Reply whatever comes: the answer, the VmsError it raised, or that it broke or was stopped."""
    reply = error_payload(Unavailable("stopped while answering: try again"))
    try:
        reply = await _outcome(message, answer)
    finally:
        await _reply(message.respond, reply)


async def _outcome(message: Msg, answer: Answer) -> Payload:
    async def job() -> Payload:
        try:
            return await answer(message.subject, decode(message.data))
        except VmsError as error:
            return error_payload(error)

    broken = error_payload(Unavailable("the answering side failed: its log says why"))
    return await contained(f"answer to {message.subject}", job, otherwise=broken)


async def _reply(respond: Callable[[bytes], Awaitable[None]], reply: Payload) -> None:
    try:
        await respond(encode(reply))
    except MaxPayloadError:
        await respond(encode(error_payload(Exhausted("the answer is too large for the bus"))))
    except (Error, OSError) as error:
        log.debug("reply lost, the bus is away: %s", error)
