"""Coded loops: a minute of a scene, coded once, packetized once, kept in a directory. Blocking.

A minute holds a whole number of groups of pictures, so the loop has no seam. The file is a cache:
whatever is wrong with one, it is made anew.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vms.core.errors import Corrupt, Invalid
from vms.core.media.access_unit import TrackFormat
from vms.core.walltime import MINUTE, SECOND, WallTime
from vms.demo.coding import CodedPicture, VideoCoder, VideoSettings, format_of
from vms.demo.overlay import burn
from vms.demo.packets import Packets, video_packets
from vms.demo.picture import Plane
from vms.demo.scenes import build

VERSION = 1
"""Part of a cache file's name; raise it when scenes, overlay or coding change."""

GRAIN = 6
"""Luma steps of moving grain, so that there is something to spend the bits on."""

_MAGIC = b"MVLOOP1\n"
_HEAD = struct.Struct(">?I")
_FIELD = 8192
_NOISE = np.random.default_rng(1).integers(-GRAIN, GRAIN + 1, (256, _FIELD), np.int8).view(np.uint8)


@dataclass(frozen=True, slots=True)
class LoopedPicture:
    key: bool
    packets: Packets


@dataclass(frozen=True, slots=True)
class VideoLoop:
    """`pictures[i]` is to be shown `i / fps` seconds after a full minute UTC."""

    format: TrackFormat
    pictures: tuple[LoopedPicture, ...]


def load(scene: str, name: str, settings: VideoSettings, cache: Path | None) -> VideoLoop:
    """The loop from the cache directory, or made (tens of seconds) and put there.

    Raises Invalid when a minute is not a whole number of groups of pictures.
    """
    if (60 * settings.fps) % settings.pictures_per_gop:
        raise Invalid("a minute must hold whole groups of pictures", settings=settings)
    path = cache / _file_name(scene, name, settings) if cache else None
    coded = _kept(path) if path else None
    if coded is None:
        coded = list(_make(scene, name, settings))
        if path:
            _keep(path, coded)
    pictures = (
        LoopedPicture(picture.key, video_packets(settings.codec, picture.nals)) for picture in coded
    )
    return VideoLoop(format_of(settings, coded[0].nals), tuple(pictures))


def _make(scene: str, name: str, settings: VideoSettings) -> Iterator[CodedPicture]:
    coder = VideoCoder(settings)
    drawn = build(scene, settings.width, settings.height)
    for number in range(int(60 * settings.fps)):
        wall = WallTime(round(number * SECOND / settings.fps) % MINUTE)
        drawn.draw(coder.canvas, wall)
        _grain(coder.canvas.y, number)
        burn(coder.canvas, name, wall, looped=True)
        yield coder.encode(key=number % settings.pictures_per_gop == 0)
    coder.close()


def _grain(luma: Plane, number: int) -> None:
    """Another piece of one field of noise every picture. Video range leaves room: no overflow."""
    height, width = luma.shape
    chance = np.random.default_rng(number)
    shift = int(chance.integers(0, _FIELD - width))
    rows = chance.permutation(height) % len(_NOISE)
    luma += _NOISE[rows, shift : shift + width]


def _file_name(scene: str, name: str, settings: VideoSettings) -> str:
    told = f"{VERSION} {scene} {name} {settings}"
    return f"{scene}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.loop"


def _keep(path: Path, coded: Sequence[CodedPicture]) -> None:
    """Under another name first: a torn file must not be found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        file.write(_MAGIC)
        for picture in coded:
            sized = b"".join(struct.pack(">I", len(nal)) + nal for nal in picture.nals)
            file.write(_HEAD.pack(picture.key, len(sized)) + sized)
    draft.replace(path)


def _kept(path: Path) -> list[CodedPicture] | None:
    try:
        data = path.read_bytes()
        return list(_parsed(data))
    except (OSError, Corrupt):
        return None


def _parsed(data: bytes) -> Iterator[CodedPicture]:
    if not data.startswith(_MAGIC) or len(data) == len(_MAGIC):
        raise Corrupt("not a coded loop")
    at = len(_MAGIC)
    while at < len(data):
        try:
            key, size = _HEAD.unpack_from(data, at)
        except struct.error as error:
            raise Corrupt("coded loop cut short") from error
        at += _HEAD.size
        yield CodedPicture(tuple(_nals(data[at : at + size], size)), key)
        at += size


def _nals(data: bytes, size: int) -> Iterator[bytes]:
    if len(data) != size:
        raise Corrupt("coded loop cut short")
    at = 0
    while at < size:
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : end]
        at = end
