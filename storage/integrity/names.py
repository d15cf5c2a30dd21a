"""What an object's name says: the inverse of `vms.core.model.object_key`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vms.core.model import object_key
from vms.core.walltime import WallTime

_NAME = re.compile(
    r"([1-9]\d{0,18})/([1-9]\d{0,18})/\d{4}-\d\d-\d\d/(\d{1,18})-(\d{1,18})-(\d{1,9})\.mp4"
)


@dataclass(frozen=True, slots=True)
class Name:
    """Which segment an object claims to be."""

    camera_id: int
    stream_id: int
    start: WallTime
    epoch: int
    sequence: int

    @property
    def key(self) -> str:
        return object_key(self.camera_id, self.stream_id, self.start, self.epoch, self.sequence)


def parse(key: str) -> Name | None:
    """None for what is not the key of a segment, letter by letter."""
    found = _NAME.fullmatch(key)
    if found is None:
        return None
    camera, stream, start, epoch, sequence = map(int, found.groups())
    name = Name(camera, stream, WallTime(start), epoch, sequence)
    return name if name.key == key else None
