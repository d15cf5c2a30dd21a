"""Which streams the spool's disk fails now, said as a problem of the node."""

from __future__ import annotations

from recorder.errors import SpoolFull
from vms.core.errors import Exhausted, VmsError
from vms.core.nodestate import NodeState


class SpoolDisk:
    """Plain calls from the recordings."""

    def __init__(self, node: NodeState) -> None:
        self._node = node
        self._failing: dict[int, str] = {}

    def fails(self, stream_id: int, error: VmsError) -> None:
        code = "disk-full" if isinstance(error, Exhausted) else "disk-fault"
        if isinstance(error, SpoolFull):
            code = "spool-full"
        before = self._failing.get(stream_id)
        self._failing[stream_id] = code
        if before is not None and before != code:
            self._clear_if_unused(before)
        self._node.problem(code, error.message)

    def works(self, stream_id: int) -> None:
        """This stream is written again, or is not recorded here any more."""
        code = self._failing.pop(stream_id, None)
        if code is not None:
            self._clear_if_unused(code)

    def _clear_if_unused(self, code: str) -> None:
        if code not in self._failing.values():
            self._node.clear(code)
