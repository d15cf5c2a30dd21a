"""A bad network between player and browser: a UDP relay that loses media packets. Not a test."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

Address = tuple[str, int]


class _Leg(asyncio.DatagramProtocol):
    """One side of the relay; sends to whom it last heard from, or to `towards`."""

    def __init__(self, loss: float, towards: Address | None) -> None:
        self.lost = self.passed = 0
        self.other: _Leg | None = None
        self._loss = loss
        self._towards = towards
        self._chance = random.Random(4)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._towards = address
        if self.other is not None:
            self.other.forward(data)

    def forward(self, data: bytes) -> None:
        is_media = 127 < data[0] < 192 and not 63 < data[1] & 0x7F < 96
        if is_media and self._chance.random() < self._loss:
            self.lost += 1
        elif self._towards is not None:
            self.passed += is_media
            self.transport.sendto(data, self._towards)


class Relay:
    def __init__(self, browser: _Leg) -> None:
        self._browser = browser

    @property
    def port(self) -> int:
        return int(self._browser.transport.get_extra_info("sockname")[1])

    @property
    def lost(self) -> int:
        return self._browser.lost


@asynccontextmanager
async def open_relay(player: Address, *, loss: float) -> AsyncIterator[Relay]:
    """Relay between a browser and `player`, losing that share of the media packets."""
    loop = asyncio.get_running_loop()
    local = ("127.0.0.1", 0)
    _, browser_leg = await loop.create_datagram_endpoint(lambda: _Leg(loss, None), local)
    _, player_leg = await loop.create_datagram_endpoint(lambda: _Leg(0.0, player), local)
    browser_leg.other, player_leg.other = player_leg, browser_leg
    try:
        yield Relay(browser_leg)
    finally:
        browser_leg.transport.close()
        player_leg.transport.close()
