"""What a crash left in the spool, made whole again: torn tails cut, segments rebuilt. Blocking.

Nothing beside the file is needed: identity stands in its front, times in each fragment's `prft`.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest
from pathlib import Path

from recorder.spool.names import OUTGOING, SUFFIX, hash_in
from recorder.spool.open_file import describe
from recorder.spool.staging import BLOCK
from vms.core.errors import Corrupt
from vms.core.media.fmp4 import Found, Scan, scan
from vms.core.media.fmp4.parse import leading_track
from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange, WallTime

log = logging.getLogger(__name__)

_HASH_PIECE = 1 << 20
_ROUNDED_MICROS = 20_000
"""More than a slew of 500 ppm makes of the longest fragment, less than a missing picture."""


def recover(folder: Path, *, sure: bool) -> list[tuple[Segment, Path]]:
    """Every leftover segment, sealed, oldest first. Files that hold no whole fragment are removed;
    one that holds bytes but no readable front is kept aside as `*.unreadable`. Raises OSError.

    `sure`: a whole file is what was written; then a hash in its second name is taken for true.
    """
    hashes = _hashes(folder)
    found = []
    for path in _leftovers(folder):
        segment = _rebuild(path, hashes.get((path.parent.name, path.stem), b"") if sure else b"")
        if segment is not None:
            found.append((segment, path))
    found.sort(key=lambda pair: (pair[0].stream_id, pair[0].range.start))
    return sorted(_without_overlap(found), key=lambda pair: pair[0].range.start)


def _leftovers(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob(f"*/*{SUFFIX}"))


def _hashes(folder: Path) -> dict[tuple[str, str], bytes]:
    """The hash of each sealed file, by stream and stem. Second names left alone go."""
    hashes = {}
    for name in folder.glob(f"*/*{OUTGOING}"):
        stem, sha256 = hash_in(name.name)
        if not name.with_name(stem + SUFFIX).exists():
            name.unlink()
        elif sha256:
            hashes[name.parent.name, stem] = sha256
    return hashes


def _rebuild(path: Path, known: bytes) -> Segment | None:
    try:
        with path.open("rb") as file:
            found = scan(file)
    except Corrupt as error:
        _set_aside(path, error)
        return None
    if not found.fragments:
        log.info("spool: removed %s, nothing whole in it", path.name)
        path.unlink()
        return None
    torn = _cut(path, found.whole_size)
    return replace(_describe(found), sha256=known if known and not torn else _hash(path))


def _set_aside(path: Path, error: Corrupt) -> None:
    """A front cut short holds no picture; any other unreadable file may, for who can repair it."""
    if path.stat().st_size < _HASH_PIECE:
        log.info("spool: removed %s: %s", path.name, error)
        path.unlink()
        return
    log.error("spool: %s cannot be read and is kept as .unreadable: %s", path, error)
    path.rename(path.with_suffix(".unreadable"))


def _cut(path: Path, whole: int) -> int:
    """Cut what lies behind the last whole fragment; how many bytes that were."""
    torn = path.stat().st_size - whole
    if torn:
        with path.open("r+b") as file:
            file.seek(whole)
            if torn >= BLOCK or any(file.read(torn)):  # else the rest of a block written whole
                log.warning("spool: cut %d torn bytes from the end of %s", torn, path.name)
            file.truncate(whole)
            os.fsync(file.fileno())
    return torn


def _describe(found: Scan) -> Segment:
    init = found.init
    start = init.identity.start
    span = TimeRange(start, max(found.fragments[-1].end, WallTime(start + 1)))
    gops = list(_entries(found.fragments, span))
    used = init.formats[leading_track(init.formats)]
    return describe(init.identity, span, (found.whole_size, init.size), used, gops)


def _entries(fragments: Iterable[Found], span: TimeRange) -> Iterator[GopEntry]:
    """Each fragment lasts until the next one starts."""
    listed = list(fragments)
    starts = [max(0, one.start - span.start) for one in listed]
    for one, (start, end) in zip(listed, pairwise([*starts, span.micros]), strict=True):
        yield GopEntry(start, max(1, end - start), one.offset, one.size, one.key_size)


def _without_overlap(pairs: list[tuple[Segment, Path]]) -> Iterator[tuple[Segment, Path]]:
    """A rebuilt end is rounded, by media time: it must neither reach into the stream's next segment
    nor leave a hole before it."""
    for (segment, path), following in zip_longest(pairs, pairs[1:]):
        later = following[0] if following is not None else None
        if later is None or later.stream_id != segment.stream_id:
            yield segment, path
        else:
            yield _end_before(segment, later), path


def _end_before(segment: Segment, later: Segment) -> Segment:
    """Ended where the stream's next one starts, if that is what rounding has taken or added."""
    limit = later.range.start
    short = limit - segment.range.end
    next_one = (later.epoch, later.sequence) == (segment.epoch, segment.sequence + 1)
    touches = next_one and 0 < short <= _ROUNDED_MICROS
    if not (touches or segment.range.start < limit < segment.range.end):
        return segment
    span = TimeRange(segment.range.start, limit)
    *before, last = segment.gops
    last = replace(last, duration=max(1, span.micros - last.start))
    return replace(segment, range=span, gops=(*before, last))


def _hash(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
