"""Which session opened which media connection here, so that nobody else closes it."""

from __future__ import annotations

from collections import OrderedDict

MOST = 10_000
"""Remembered at once; beyond that the oldest is forgotten and ends only by itself."""


class Peers:
    def __init__(self, most: int = MOST) -> None:
        self._owners: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._most = most

    def add(self, peer_id: str, session_id: str, camera_id: int) -> None:
        self._owners[peer_id] = (session_id, camera_id)
        while len(self._owners) > self._most:
            self._owners.popitem(last=False)

    def take(self, peer_id: str, session_id: str, camera_id: int) -> bool:
        """Forget the peer; False when it is not that session's, or not that camera's."""
        if self._owners.get(peer_id) != (session_id, camera_id):
            return False
        del self._owners[peer_id]
        return True
