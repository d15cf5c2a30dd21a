"""What a session needs of a browser's connection. `player.webrtc.peer.Peer` is one; tests bring
their own."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from player.webrtc.layout import Picture

Message = dict[str, Any]


class Outlet(Protocol):
    @property
    def messages(self) -> asyncio.Queue[Message]:
        """What the browser said, bounded; the newest are kept."""
        ...

    async def ready(self) -> None:
        """Return once pictures can be sent."""
        ...

    def try_write(self, picture: Picture, rtp: int) -> bool:
        """Send a picture now; False (and nothing sent) when it has to be paced."""
        ...

    async def write(self, picture: Picture, rtp: int) -> None:
        """Send a picture as fast as the path takes bursts."""
        ...

    def tell(self, message: Message) -> None: ...
