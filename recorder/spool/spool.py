"""The spool: what is recorded and not yet in the archive, on a local disk. Many streams share it.

All writing happens in one thread, one step after the other, so that the event loop never waits for
a disk. Bounds: bytes on disk (`max_bytes`) and bytes waiting for the thread (`in_flight_bytes`);
beyond either a step is refused and what was whole before it is sealed; who has to give way when the
disk's bytes are used up stands in `room`. Whoever opens the spool owns the thread. Design:
docs/design/segments.md.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from recorder.errors import SpoolFull
from recorder.spool.chain import Link
from recorder.spool.files import Outcome, SpoolFiles
from recorder.spool.names import outgoing_path, remove
from recorder.spool.open_file import Sync, Write
from recorder.spool.refused import ASIDE_SHARE, Refused
from recorder.spool.room import Room
from recorder.steps import AppendFragment, OpenSegment, Step
from vms.core.errors import Conflict, Exhausted, NotFound, Unavailable, VmsError
from vms.core.model import Segment
from vms.core.walltime import TimeRange, WallTime

log = logging.getLogger(__name__)

MEBIBYTE = 1 << 20
_Key = tuple[int, int, int]
_NEVER = WallTime(0)


@asynccontextmanager
async def open_spool(
    folder: Path,
    *,
    max_bytes: int,
    fsync: bool = False,
    in_flight_bytes: int = 256 * MEBIBYTE,
    write: Write = os.pwrite,
    sync: Sync = os.fdatasync,
) -> AsyncIterator[Spool]:
    """The spool in `folder`, for this process alone. Raises Conflict when another one holds it,
    Unavailable when it cannot be made. On leaving, everything handed over has been written."""
    lock = await asyncio.to_thread(_lock, folder)
    pool = ThreadPoolExecutor(1, "spool")
    files = SpoolFiles(folder, fsync=fsync, write=write, sync=sync)
    try:
        refused = Refused(folder, most_bytes=int(max_bytes * ASIDE_SHARE))
        yield Spool(files, pool, refused, max_bytes=max_bytes, in_flight_bytes=in_flight_bytes)
    finally:
        pool.submit(files.close)
        await asyncio.shield(asyncio.to_thread(pool.shutdown))
        os.close(lock)


def is_free(folder: Path) -> bool:
    """Whether there was a spool that nobody has open just now. Blocking, never raises."""
    try:
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


class Spool:
    """Made by `open_spool`. Everything here runs on the event loop that opened it."""

    def __init__(
        self,
        files: SpoolFiles,
        pool: ThreadPoolExecutor,
        refused: Refused,
        *,
        max_bytes: int,
        in_flight_bytes: int,
    ) -> None:
        self._files, self._pool, self._refused = files, pool, refused
        self._room, self._most_in_flight = Room(max_bytes), in_flight_bytes
        self._in_flight = 0
        self._held: dict[_Key, tuple[Segment, Path]] = {}
        self._lent: set[_Key] = set()
        self._tell_dropped: Callable[[Segment], None] = _nobody_is_told
        self._held_bytes = 0
        self._sealed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Spool [{len(self._held)} segments, {self._held_bytes} bytes]>"

    @property
    def held_bytes(self) -> int:
        """Bytes on disk in open and sealed segments."""
        return self._held_bytes

    async def recover(self) -> list[Segment]:
        """Once, before the first write: seal what an earlier process left, oldest first.

        Torn tails are cut; a file without a whole fragment is removed. The segments are in
        `sealed()` from now on. Raises Unavailable when the folder cannot be worked on.
        """
        found = await asyncio.get_running_loop().run_in_executor(self._pool, self._files.recover)
        for segment, path in found:
            self._hold(segment, path)
        return [segment for segment, _ in found]

    def continue_chain(
        self,
        stream_id: int,
        sha256: bytes | None,
        until: WallTime = _NEVER,
        *,
        sure: bool = True,
    ) -> None:
        """Tell the hash of the stream's newest segment elsewhere and where it ends, before its
        first write. Ignored when the spool itself knows one that ends as late or later (or `until`
        is not told). Not `sure`: later ones may exist, and the next segment says so."""
        self._files.continue_chain(stream_id, Link(until, sha256, sure))

    def recorded_until(self, stream_id: int) -> WallTime | None:
        """Where the newest segment ends that this spool ever sealed of the stream, archived or not;
        None: it knows of none. So a recorder knows its end while the index is away."""
        return self._files.sealed_until(stream_id)

    def rank(self, stream_id: int, priority: int) -> None:
        """The priority of a stream's camera, 0 to 9: when the spool is full, lower ones give way.
        May be told again at any time."""
        self._room.rank(stream_id, priority)

    def lock(self, spans: Mapping[int, Sequence[TimeRange]]) -> None:
        """What evidence locks keep, by camera: sealed segments that touch it are never dropped.
        Told as a whole, in the place of what was told before."""
        self._room.lock(spans)

    def on_drop(self, tell: Callable[[Segment], None]) -> None:
        """`tell` is called for each sealed segment dropped for a camera of higher priority."""
        self._tell_dropped = tell

    def write(self, step: Step) -> asyncio.Future[Segment | None]:
        """Hand over a step; steps of a stream are done in the order they are handed over.

        The result, once it is on disk: the sealed segment after SealSegment, else None. Cancelling
        the wait does not undo the step. Raises Exhausted (disk full; SpoolFull: its bytes are used
        up) or Unavailable (the disk fails, or is too slow); then the stream's segment has been
        sealed with what was whole, and fragments are refused until the next OpenSegment. A
        SealSegment that raises has sealed as well: only that it would outlive a power cut is open.
        """
        size = step.size if isinstance(step, AppendFragment) else 0
        stream_id = step.identity.stream_id if isinstance(step, OpenSegment) else step.stream_id
        refusal = self._refusal(stream_id, size)
        if refusal is not None and isinstance(step, AppendFragment | OpenSegment):
            return self._hand_over(0, lambda: self._files.refuse(stream_id, refusal))
        return self._hand_over(size, lambda: self._files.do(step))

    def sealed(self) -> list[Segment]:
        """Segments complete on disk and not forgotten, oldest first."""
        listed = [segment for segment, _ in self._held.values() if segment.sha256]
        return sorted(listed, key=lambda segment: (segment.range.start, segment.stream_id))

    async def wait_sealed(self) -> None:
        """Return when a segment was sealed since the last return of this call. One caller only."""
        await self._sealed.wait()
        self._sealed.clear()

    def tail(self, stream_id: int) -> list[Segment]:
        """What is held of a stream, oldest first: sealed segments, and the open one (its `sha256`
        empty) with the fragments that are whole."""
        listed = [one for one, _ in self._held.values() if one.stream_id == stream_id]
        return sorted(listed, key=lambda segment: segment.range.start)

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        """Exactly `size` bytes. Raises NotFound when the segment is no longer (or never was) held,
        or holds less."""
        segment, path = self._find((stream_id, epoch, sequence))
        if offset < 0 or size < 0 or offset + size > segment.size:
            raise NotFound("the segment has no such bytes", offset=offset, size=size)
        return await asyncio.to_thread(_read, path, offset, size)

    def path(self, segment: Segment) -> Path:
        """The file of a sealed segment, to be put into the archive; a store may rename it away,
        the spool keeps a second name until `forget`. Raises NotFound."""
        held, path = self._find(_key(segment))
        return outgoing_path(path, held.sha256)

    @contextmanager
    def lend(self, segment: Segment) -> Iterator[Path]:
        """`path`, for as long as the block lasts: meanwhile the segment is not dropped."""
        path = self.path(segment)
        self._lent.add(_key(segment))
        try:
            yield path
        finally:
            self._lent.discard(_key(segment))

    async def set_aside(self, segment: Segment) -> None:
        """The archive will never take it as things are: out of the way, kept under another name and
        offered again by the next start's `recover`. What is set aside has a bound of its own (one
        twentieth of the spool); beyond it the oldest goes. Raises Unavailable."""
        held = self._held.pop(_key(segment), None)
        if held is not None:
            self._held_bytes -= segment.size
            await asyncio.to_thread(self._refused.take, held[1], segment.sha256)

    async def forget(self, segment: Segment) -> None:
        """The archive has it: remove its file. Nothing happens when it is not held. Raises Conflict
        for an open one."""
        segment, path = self._held.get(_key(segment), (segment, Path()))
        if not segment.sha256:
            raise Conflict("an open segment cannot be forgotten", key=segment.key)
        if self._held.pop(_key(segment), None) is not None:
            self._held_bytes -= segment.size
            await asyncio.to_thread(remove, path, segment.sha256)

    def _find(self, key: _Key) -> tuple[Segment, Path]:
        try:
            return self._held[key]
        except KeyError as error:
            raise NotFound("the spool does not hold this segment", segment=key) from error

    def _refusal(self, stream_id: int, size: int) -> VmsError | None:
        if self._in_flight + size > self._most_in_flight:
            return Unavailable("the spool's disk is too slow", waiting_bytes=self._in_flight)
        used = self._held_bytes + self._in_flight
        if self._room.fits(stream_id, size, used) or self._make_room(stream_id, size, used):
            return None
        if self._room.tries_anyway(stream_id):
            return None
        return SpoolFull(
            "the spool is full: the archive does not take segments fast enough",
            held_bytes=self._held_bytes,
        )

    def _make_room(self, stream_id: int, size: int, used: int) -> bool:
        sealed = (
            one for key, (one, _) in self._held.items() if one.sha256 and key not in self._lent
        )
        victims = self._room.victims(stream_id, size, used, sealed)
        for segment in victims:
            _, path = self._held.pop(_key(segment))
            self._held_bytes -= segment.size
            self._pool.submit(_remove, path, segment.sha256)
            self._tell_dropped(segment)
        return bool(victims)

    def _hand_over(self, size: int, job: Callable[[], Outcome]) -> asyncio.Future[Segment | None]:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Segment | None] = loop.create_future()
        self._in_flight += size

        def finish(done: asyncio.Future[Outcome]) -> None:
            self._in_flight -= size
            if (error := done.exception()) is not None:
                result.set_exception(error)
            else:
                self._apply(done.result(), result)

        loop.run_in_executor(self._pool, job).add_done_callback(finish)
        return result

    def _apply(self, outcome: Outcome, result: asyncio.Future[Segment | None]) -> None:
        segment = outcome.segment
        if segment is not None:
            self._hold(segment, outcome.path)
        if isinstance(outcome.error, Exhausted) and not isinstance(outcome.error, SpoolFull):
            self._room.disk_is_full(self._held_bytes)
        if result.cancelled():
            return
        if outcome.error is not None:
            result.set_exception(outcome.error)
            result.exception()  # looked at, so that a caller who left is not told about
        else:
            result.set_result(segment if segment is not None and segment.sha256 else None)

    def _hold(self, segment: Segment, path: Path) -> None:
        before = self._held.get(_key(segment))
        self._held[_key(segment)] = (segment, path)
        self._held_bytes += segment.size - (before[0].size if before else 0)
        if segment.sha256:
            self._room.sealed()
            self._sealed.set()


def _remove(path: Path, sha256: bytes) -> None:
    """In the writer thread, where nobody waits for it."""
    try:
        remove(path, sha256)
    except Unavailable as error:
        log.error("a dropped segment cannot be removed: %s", error)


def _nobody_is_told(_: Segment) -> None:
    """Until `on_drop`."""


def _key(segment: Segment) -> _Key:
    return (segment.stream_id, segment.epoch, segment.sequence)


def _read(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = os.pread(file.fileno(), size, offset)
    except FileNotFoundError as error:
        raise NotFound("the segment has left the spool", path=path) from error
    except OSError as error:
        raise Unavailable(f"the spool cannot be read: {error.strerror}", path=path) from error
    if len(data) < size:
        raise NotFound("the segment has no such bytes", offset=offset, size=size)
    return data


def _lock(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise Unavailable(f"the spool cannot be made: {error.strerror}", path=folder) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Conflict("another recorder uses this spool", path=folder) from error
    return lock
