"""What every stream and node said last, and who fell silent. Pure: news and time in, changes out.

The board knows every stream that is in the list of cameras, so that one whose recorder never spoke
is as visible as one that fell silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vms.api.schemas import NodeOut, StreamStateOut
from vms.core.model import Camera, Cause, Stream, StreamCondition
from vms.core.walltime import WallTime

SILENT_SECONDS = 8.0
MOST_NODES = 1000
"""Kept at once; news of further nodes is ignored."""
FORGET_SECONDS = 3600.0
"""A node lost for so long is no longer shown: it was removed, or has another name."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something to tell whoever may know of `camera_id` (None: everybody)."""

    event: Literal["stream", "node", "cameras"]
    camera_id: int | None = None
    stream: StreamStateOut | None = None
    node: NodeOut | None = None


@dataclass(slots=True)
class _Line:
    """`heard`: monotonic seconds when somebody last spoke of it. `silent`: that was announced."""

    camera: Camera
    state: StreamStateOut
    heard: float
    silent: bool = False


@dataclass(slots=True)
class _Node:
    state: NodeOut
    heard: float


class Board:
    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}
        self._nodes: dict[tuple[str, str], _Node] = {}

    def streams(self) -> list[StreamStateOut]:
        return [line.state for line in self._lines.values()]

    def of_camera(self, camera_id: int) -> list[StreamStateOut]:
        return [state for state in self.streams() if state.camera_id == camera_id]

    def nodes(self) -> list[NodeOut]:
        return [node.state for node in self._nodes.values()]

    def cameras(self, cameras: Iterable[Camera], wall: WallTime, now: float) -> list[Change]:
        """The list as it is now: new streams appear as connecting, missing ones are forgotten."""
        there = {stream.id: (camera, stream) for camera in cameras for stream in camera.streams}
        changes = [Change("cameras", None)] if set(there) != set(self._lines) else []
        for stream_id in set(self._lines) - set(there):
            del self._lines[stream_id]
        for stream_id, (camera, stream) in there.items():
            if stream_id in self._lines:
                self._lines[stream_id].camera = camera
            else:
                self._lines[stream_id] = _Line(camera, _connecting(stream, wall), now)
        return changes

    def stream(self, state: StreamStateOut, now: float) -> list[Change]:
        """A recorder spoke. What it says of streams we do not have is not passed on."""
        line = self._lines.get(state.stream_id)
        if line is None or line.camera.id != state.camera_id:
            return []
        line.state, line.heard, line.silent = state, now, False
        return [Change("stream", state.camera_id, stream=state)]

    def node(self, state: NodeOut, now: float) -> list[Change]:
        """A node spoke. The same again, but for its time, is no change."""
        key = (state.role, state.node)
        known = self._nodes.get(key)
        if known is None and len(self._nodes) >= MOST_NODES:
            return []
        self._nodes[key] = _Node(state, now)
        if known is not None and _same(known.state, state):
            return []
        return [Change("node", node=state)]

    def tick(self, wall: WallTime, now: float) -> list[Change]:
        """Time passed: who fell silent since."""
        return [*self._silent_streams(wall, now), *self._lost_nodes(now)]

    def _silent_streams(self, wall: WallTime, now: float) -> list[Change]:
        changes = []
        for line in self._lines.values():
            if not line.silent and now - line.heard >= SILENT_SECONDS:
                line.silent = True
                line.state = _silent(line, wall)
                changes.append(Change("stream", line.camera.id, stream=line.state))
        return changes

    def _lost_nodes(self, now: float) -> list[Change]:
        changes = []
        for key, node in list(self._nodes.items()):
            if now - node.heard >= FORGET_SECONDS:
                del self._nodes[key]
            elif not node.state.lost and now - node.heard >= SILENT_SECONDS:
                node.state = node.state.model_copy(update={"lost": True})
                changes.append(Change("node", node=node.state))
        return changes


def _connecting(stream: Stream, wall: WallTime) -> StreamStateOut:
    return StreamStateOut(
        stream_id=stream.id,
        camera_id=stream.camera_id,
        role=stream.role,
        condition=StreamCondition.CONNECTING,
        cause=Cause.CONNECTING,
        since=wall,
    )


def _silent(line: _Line, wall: WallTime) -> StreamStateOut:
    cause = Cause.RECORDER_OFF if line.camera.enabled else Cause.DISABLED
    since = line.state.since if line.state.cause is cause else wall
    return line.state.model_copy(
        update={
            "condition": StreamCondition.DOWN,
            "cause": cause,
            "detail": "",
            "since": since,
            "fps": 0.0,
            "bitrate": 0,
        }
    )


def _same(before: NodeOut, after: NodeOut) -> bool:
    return before.model_copy(update={"at": 0}) == after.model_copy(update={"at": 0})
