"""What is not recorded for want of room, or because somebody wants it so: said as a gap.

One recorder speaks for each camera, so that it is said once. Owns no task.
"""

from __future__ import annotations

from recorder.fleet.assignment import Load, assign
from recorder.fleet.leases import Leases
from recorder.fleet.session import Session
from recorder.gapbook import GapBook
from vms.core.clock import Clock
from vms.core.model import Camera, Cause
from vms.core.nodestate import NodeState


class Unrecorded:
    """Told the cameras at every look; says what is new."""

    def __init__(
        self, session: Session, leases: Leases, book: GapBook, node: NodeState, clock: Clock
    ) -> None:
        self._session, self._leases, self._book = session, leases, book
        self._node, self._clock = node, clock
        self._refused: set[int] = set()
        self._excused: set[int] = set()

    def no_room(self, left_out: list[Camera]) -> None:
        """No recorder has room for these cameras: a problem of the node, and gaps."""
        speaks = bool(self._session.members) and self._session.members[0].name == self._session.name
        if not speaks or not left_out:
            self._node.clear("no-capacity")
            self._refused.clear()
            return
        words = f"{len(left_out)} cameras are not recorded: every recorder has as many as it takes"
        self._node.problem("no-capacity", words)
        for camera in left_out:
            for stream in camera.streams:
                if camera.enabled and stream.record and camera.id not in self._refused:
                    self._book.lost(stream.id, self._clock.wall(), Cause.RECORDER_OFF, words)
        self._refused = {camera.id for camera in left_out}

    def disabled(self, cameras: list[Camera]) -> None:
        """What is not recorded because somebody wants it so has that as its reason."""
        wishes = assign((Load(camera.id, 0) for camera in cameras), self._session.members)
        disabled = {
            stream.id
            for camera in cameras
            if not camera.enabled
            and (camera.id in self._leases.held or wishes.get(camera.id) == self._session.name)
            for stream in camera.streams
            if stream.record
        }
        for stream_id in disabled - self._excused:
            self._book.take_over(stream_id)
            self._book.lost(stream_id, self._clock.wall(), Cause.DISABLED)
        self._excused = disabled
