"""Which addresses a peer offers as ICE candidates. The only module that imports aioice.

aioice gathers every address but loopback by itself. We say which ones instead: the address on which
this browser already reached the API works by construction, on loopback too, and no other socket is
opened. The browser's own candidates are not used (see `offer.stripped`): it is the controlling
side, its checks come to us, and we never send to an address that somebody merely wrote in an offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aioice.ice
from aioice import Candidate, Connection
from aiortc import RTCIceTransport

from vms.core.errors import Unavailable

aioice.ice.CONSENT_FAILURES = 3
"""Unanswered consent checks, one every 5 s, until a browser counts as gone (RFC 7675)."""


def announce(transport: RTCIceTransport, addresses: Sequence[str]) -> None:
    """Make `transport` gather candidates on `addresses` only, in this order of preference.

    Must be called before the local description is set.
    """
    connection: Any = transport.iceGatherer._connection

    async def gather_candidates() -> None:
        await _gather(connection, addresses)

    connection.gather_candidates = gather_candidates


async def _gather(connection: Connection, addresses: Sequence[str]) -> None:
    if connection._local_candidates_start:
        return
    connection._local_candidates_start = True
    found: list[Candidate] = await connection.get_component_candidates(
        component=1, addresses=list(dict.fromkeys(addresses))
    )
    if not found:
        raise Unavailable("no announced address exists on this machine", addresses=list(addresses))
    connection._local_candidates += found
    connection._local_candidates_end = True


def selected_pair(transport: RTCIceTransport) -> Any:
    """The nominated pair (it has `protocol.transport` and `remote_addr`), None before there is."""
    return transport._connection._nominated.get(1)
