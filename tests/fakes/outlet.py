"""A browser's connection that writes down what it is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from player.webrtc.layout import Picture


@dataclass
class FakeOutlet:
    """Implements `player.outlet.Outlet`. `sent`: (wall time, RTP time) of each picture. `unpaced`
    False: every picture goes through `write`; `blocked`: `write` waits for ever."""

    sent: list[tuple[int, int]] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    messages: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    unpaced: bool = True
    blocked: bool = False

    async def ready(self) -> None:
        return None

    def try_write(self, picture: Picture, rtp: int) -> bool:
        if self.unpaced:
            self.sent.append((picture.wall, rtp))
        return self.unpaced

    async def write(self, picture: Picture, rtp: int) -> None:
        if self.blocked:
            await asyncio.Event().wait()
        self.sent.append((picture.wall, rtp))

    def tell(self, message: dict[str, Any]) -> None:
        self.said.append(message)

    def states(self) -> list[str]:
        return [one["state"] for one in self.said if one["ev"] == "state"]

    def clocks(self) -> list[dict[str, Any]]:
        return [one for one in self.said if one["ev"] == "clock"]
