"""The identity box: what a segment says about itself, so that a lost index can be rebuilt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vms.core.errors import Corrupt
from vms.core.media.fmp4.boxes import IDENTITY_UUID, box
from vms.core.runs import CameraClock, ClockMapping
from vms.core.walltime import WallTime

SCHEMA = 1
_NEWEST_ARCHIVED = "newest-archived"


@dataclass(frozen=True, slots=True)
class Needed:
    """Names the earlier segment of the stream in whose last group this one goes on."""

    start: WallTime
    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose footage this is and how its media time maps to civil time.

    `start`: start of the segment's range, the wall time of its earliest picture. `zero`: wall time
    of media time 0 of all tracks: `start`, or earlier where pictures are reordered (decoding begins
    before presentation) or audio came late. `origins`: for each track the pts (of its run, in its
    clock rate) at media time 0. `prev_sha256`: hash of the stream's previous segment, None for the
    very first. `prev_sure`: False where that is only the newest archived one that the writer could
    know of, after another recorder died: segments of that one may lie between. `needs`: None for a
    segment that starts at a random access point; else the one that holds the point from which its
    first pictures, and all between, have to be decoded. `mapping`: by which clocks civil time was
    found, as they stood when the segment began; None: not told.
    """

    camera_id: int
    stream_id: int
    epoch: int
    sequence: int
    start: WallTime
    zero: WallTime
    origins: Mapping[int, int] = field(default_factory=dict)
    prev_sha256: bytes | None = None
    prev_sure: bool = True
    needs: Needed | None = None
    mapping: ClockMapping | None = None


def needed(identity: Identity) -> Needed:
    """This segment, as one that goes on where it ends names it."""
    return Needed(identity.start, identity.epoch, identity.sequence)


def identity_box(identity: Identity) -> bytes:
    """A `uuid` box with JSON inside, the same size whether or not there is a previous hash."""
    return box(b"uuid", IDENTITY_UUID, _to_json(identity))


def identity_from_json(data: bytes) -> Identity:
    """Raises Corrupt when it is not the JSON of an identity of a schema known here."""
    try:
        fields = json.loads(data)
        if fields["schema"] != SCHEMA:
            raise Corrupt("segment identity of an unknown schema", schema=fields["schema"])
        return _from_fields(fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Corrupt("segment identity cannot be read") from error


def _to_json(identity: Identity) -> bytes:
    previous = identity.prev_sha256
    fields: dict[str, object] = {
        "schema": SCHEMA,
        "camera_id": identity.camera_id,
        "stream_id": identity.stream_id,
        "epoch": identity.epoch,
        "sequence": identity.sequence,
        "start": identity.start,
        "zero": identity.zero,
        "origins": {str(track): pts for track, pts in identity.origins.items()},
        "prev_sha256": previous.hex() if previous else None,
    }
    if not identity.prev_sure:
        fields["prev"] = _NEWEST_ARCHIVED
    if (needs := identity.needs) is not None:
        fields["needs"] = [needs.start, needs.epoch, needs.sequence]
    if (mapping := identity.mapping) is not None:
        fields["clocks"] = _clocks(mapping)
    padding = 0 if previous else 66 - len("null")
    return json.dumps(fields, separators=(",", ":")).encode() + b" " * padding


def _from_fields(fields: dict[str, Any]) -> Identity:
    previous = fields["prev_sha256"]
    return Identity(
        camera_id=int(fields["camera_id"]),
        stream_id=int(fields["stream_id"]),
        epoch=int(fields["epoch"]),
        sequence=int(fields["sequence"]),
        start=WallTime(int(fields["start"])),
        zero=WallTime(int(fields["zero"])),
        origins={int(track): int(pts) for track, pts in fields["origins"].items()},
        prev_sha256=bytes.fromhex(previous) if previous else None,
        prev_sure=fields.get("prev") != _NEWEST_ARCHIVED,
        needs=_needed(fields.get("needs")),
        mapping=_mapping(fields.get("clocks")),
    )


def _needed(told: Any) -> Needed | None:
    if told is None:
        return None
    start, epoch, sequence = map(int, told)
    return Needed(WallTime(start), epoch, sequence)


def _clocks(mapping: ClockMapping) -> dict[str, object]:
    return {
        "civil": "server",  # whose clock the civil times are by
        "server_offset": mapping.server_offset,
        "server_synchronised": mapping.server_synchronised,
        "camera": mapping.camera_clock.value,
        "camera_offset": mapping.camera_offset,
        "media_ppm": mapping.media_ppm,
    }


def _mapping(told: Any) -> ClockMapping | None:
    if told is None:
        return None
    synchronised = told["server_synchronised"]
    return ClockMapping(
        camera_clock=_camera_clock(told["camera"]),
        camera_offset=_number(told["camera_offset"]),
        media_ppm=_number(told["media_ppm"]),
        server_offset=int(told["server_offset"]),
        server_synchronised=None if synchronised is None else bool(synchronised),
    )


def _camera_clock(told: str) -> CameraClock:
    """NONE also for one that a later version knows: footage must not be lost over it."""
    return CameraClock(told) if told in tuple(CameraClock) else CameraClock.NONE


def _number(told: Any) -> int | None:
    return None if told is None else int(told)
