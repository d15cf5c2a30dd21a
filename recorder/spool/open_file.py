"""One segment file being written: create, append whole fragments, seal. Blocking."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from recorder.spool.chain import Link
from recorder.spool.staging import BLOCK, Staging
from recorder.steps import AppendFragment, OpenSegment
from vms.core.media.access_unit import TrackFormat
from vms.core.media.codec import codec_string
from vms.core.media.fmp4 import Identity, init_segment
from vms.core.media.fmp4.parse import leading_track
from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange

Write = Callable[[int, memoryview, int], int]
"""`os.pwrite`: descriptor, bytes, offset; how many were written."""
Sync = Callable[[int], None]

_DIRECT = getattr(os, "O_DIRECT", 0)


class OpenFile:
    """The file holds whole fragments before and after every call, also one that fails.

    With `fsync`, writing passes the page cache by: what is recorded is hardly ever read soon, and
    keeping a copy of it costs more than writing it. Then blocks are written whole: behind the last
    fragment lie up to BLOCK - 1 zeros until the next fragment takes their place or the file is
    sealed. A file system that does not do this is written to the usual way.
    """

    def __init__(
        self,
        path: Path,
        step: OpenSegment,
        previous: Link,
        *,
        fsync: bool,
        staging: Staging,
        write: Write,
        sync: Sync,
    ) -> None:
        """Create the file and write its front. Raises OSError; then there is no file."""
        self.path = path
        self._identity = replace(
            step.identity, prev_sha256=previous.sha256, prev_sure=previous.sure
        )
        self._format = step.formats[leading_track(step.formats)]
        self._fsync, self._staging, self._put, self._sync = fsync, staging, write, sync
        self._hash = hashlib.sha256()
        self._gops: list[GopEntry] = []
        self._end = self._identity.start
        self._size = 0
        self._tail = b""  # what is in the last block, if blocks are written whole
        front = init_segment(step.formats, self._identity)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._direct = _create(path, direct=fsync)
        try:
            self._write([front])
            sync_folder(path.parent, wanted=fsync)
        except OSError:
            self.discard()
            raise
        self._init_size = len(front)

    def append(self, step: AppendFragment) -> None:
        """Raises OSError; then the file is as it was before."""
        offset = self._size
        self._write(step.buffers)
        start = step.start - self._identity.start
        entry = GopEntry(start, step.end - step.start, offset, self._size - offset, step.key_size)
        self._gops.append(entry)
        self._end = step.end

    def segment(self) -> Segment | None:
        """What the file holds now, `sha256` empty; None while it holds no fragment."""
        if not self._gops:
            return None
        span = TimeRange(self._identity.start, self._end)
        sizes = (self._size, self._init_size)
        return describe(self._identity, span, sizes, self._format, self._gops)

    def seal(self) -> tuple[Segment | None, OSError | None]:
        """Close the file; its segment with hash. A file without fragments is removed: None.

        The error: the disk did not confirm what it was given. The segment is sealed all the same,
        its hash being that of what was written: the chain goes on from it, and whoever reads the
        file later can tell whether the disk has kept it.
        """
        segment, fault = self.segment(), None
        if segment is None:
            self.discard()
            return None, None
        try:
            if self._direct:
                os.ftruncate(self._file, self._size)
            if self._fsync:
                self._sync(self._file)
        except OSError as error:
            fault = error
        os.close(self._file)
        return replace(segment, sha256=self._hash.digest()), fault

    def discard(self) -> None:
        """Close and remove the file."""
        os.close(self._file)
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file as it is; a later recovery finds it."""
        os.close(self._file)

    def _write(self, buffers: Sequence[bytes]) -> None:
        """All of it, or nothing and OSError."""
        lead = len(self._tail)
        blocks = self._staging.fill([self._tail, *buffers])
        end = sum(map(len, buffers)) + lead
        try:
            self._write_all(blocks if self._direct else blocks[:end], self._size - lead)
            if self._fsync:
                self._sync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._hash.update(blocks[lead:end])
        self._size += end - lead
        self._tail = bytes(blocks[end - end % BLOCK : end]) if self._direct else b""

    def _write_all(self, content: memoryview, offset: int) -> None:
        """However little the system takes at a time."""
        while content:
            written = self._put(self._file, content, offset)
            content, offset = content[written:], offset + written


def _create(path: Path, *, direct: bool) -> tuple[int, bool]:
    """A new file, and whether it is written to directly. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    if not (direct and _DIRECT):
        return os.open(path, flags, 0o640), False
    try:
        return os.open(path, flags | _DIRECT, 0o640), True
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    path.unlink(missing_ok=True)  # it may have been made before the flag was refused
    return os.open(path, flags, 0o640), False


def describe(
    identity: Identity,
    span: TimeRange,
    sizes: tuple[int, int],
    used: TrackFormat,
    gops: Sequence[GopEntry],
) -> Segment:
    """A Segment not yet hashed; `sizes` of the whole file and of its front."""
    return Segment(
        camera_id=identity.camera_id,
        stream_id=identity.stream_id,
        epoch=identity.epoch,
        sequence=identity.sequence,
        range=span,
        size=sizes[0],
        init_size=sizes[1],
        sha256=b"",
        prev_sha256=identity.prev_sha256,
        codec=codec_string(used),
        width=used.width,
        height=used.height,
        gops=tuple(gops),
    )


def sync_folder(folder: Path, *, wanted: bool = True) -> None:
    """Make names in `folder` durable."""
    if not wanted:
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
