"""Which session opened which media connection here: nobody else closes it, and it does not outlive
its session, however that ended."""

from __future__ import annotations

from collections import OrderedDict

from vms.auth.signin import SignedIn, SignIns
from vms.core.bus import Bus
from vms.core.clock import Clock

MOST = 10_000
"""Remembered at once; beyond that the oldest is forgotten and ends only by itself."""
LOOK_SECONDS = 15.0


class Peers:
    def __init__(self, most: int = MOST) -> None:
        self._owners: OrderedDict[str, tuple[SignedIn, int]] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, peer_id: str, owner: SignedIn, camera_id: int) -> None:
        self._owners[peer_id] = (owner, camera_id)
        while len(self._owners) > self._most:
            self._owners.popitem(last=False)

    def take(self, peer_id: str, session_id: str, camera_id: int) -> bool:
        """Forget the peer; False when it is not that session's, or not that camera's."""
        owner, of_camera = self._owners.get(peer_id, (None, 0))
        if owner is None or (owner.session_id, of_camera) != (session_id, camera_id):
            return False
        del self._owners[peer_id]
        return True

    async def end_with_sessions(self, sign_ins: SignIns, bus: Bus, clock: Clock) -> None:
        """Until cancelled: revoke what sessions opened that are over. Raises Unavailable.

        Signing out and shrinking rights revoke at once; this is for sessions that ran out, that
        another process ended, or that ended while an offer was on its way to a player.
        """
        while True:
            await clock.sleep(LOOK_SECONDS)
            for session_id, owner in self._sessions().items():
                if await sign_ins.is_over(owner):
                    self._forget(session_id)
                    await bus.publish("play.revoke", {"session_id": session_id})

    def _sessions(self) -> dict[str, SignedIn]:
        return {owner.session_id: owner for owner, _ in self._owners.values()}

    def _forget(self, session_id: str) -> None:
        for peer_id, (owner, _) in list(self._owners.items()):
            if owner.session_id == session_id:
                del self._owners[peer_id]
