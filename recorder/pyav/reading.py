"""One thread that reads one stream by libavformat. It is always left behind in time.

`Reading.stop` only asks: a blocked read ends by libavformat's own time limit, at most IO_SECONDS
later (opening: OPEN_SECONDS). Whoever stopped it need not wait; its place among the readers is
free, and its source may read anew, when it has ended. It is the only place that imports `av`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.errors import CameraError
from recorder.pyav.address import Opening
from recorder.pyav.container import Contents, Piece, contents_of, piece_of, translated
from vms.core.model import Cause

if TYPE_CHECKING:
    import av.container

MOST_READERS = 32
OPEN_SECONDS = 10.0
MOST_WAITING_BYTES = 8 * 1024 * 1024
"""Read and not yet taken; when full, the thread waits, and with it whoever sends."""
_LONGEST_NAP = 0.5
_LONGEST_GAP_SECONDS = 10.0
"""A hole in a recording is not waited for longer than this."""
_places = threading.BoundedSemaphore(MOST_READERS)


@dataclass(slots=True)
class _Shelf:
    """Between thread and event loop, under a lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    room: threading.Event = field(default_factory=threading.Event)
    pieces: list[Piece] = field(default_factory=list)
    size: int = 0
    contents: Contents | None = None
    error: CameraError | None = None
    told: bool = False


class Reading:
    """Made by `start`. Everything but `_read` and what it calls belongs to the event loop."""

    def __init__(self, opening: Opening, audio: bool, name: str) -> None:
        self.news = asyncio.Event()
        self.ended = asyncio.Event()
        self._opening, self._audio = opening, audio
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._shelf = _Shelf()
        self._shelf.room.set()
        self._thread = threading.Thread(target=self._work, name=f"pyav {name}", daemon=True)

    def start(self) -> None:
        """Raises CameraError when as many are read as may be."""
        if not _places.acquire(blocking=False):
            words = f"{MOST_READERS} streams are read by the second engine already, the most it can"
            raise CameraError(Cause.UNREACHABLE, words)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._shelf.room.set()

    def take(self) -> tuple[list[Piece], CameraError | None]:
        """What was read since the last call, and, behind it, why there will be no more."""
        shelf = self._shelf
        with shelf.lock:
            pieces, shelf.pieces, shelf.size, shelf.told = shelf.pieces, [], 0, False
            error = shelf.error
        shelf.room.set()
        return pieces, error

    async def contents(self) -> Contents:
        """Wait until it is open. Raises CameraError."""
        while self._shelf.contents is None:
            if self._shelf.error is not None:
                raise self._shelf.error
            self.news.clear()
            await self.news.wait()
        return self._shelf.contents

    def _work(self) -> None:
        error = CameraError(Cause.PROTOCOL, "the second engine cannot read what is sent")
        try:
            error = self._read()
        finally:
            _places.release()
            with self._shelf.lock:
                self._shelf.error = error
            self._call(ended=True)

    def _read(self) -> CameraError:
        """Until it ends or is stopped: why."""
        import av

        if self._opening.scheme == "file" and not Path(self._opening.path).is_file():
            return CameraError(
                Cause.BAD_URL, "there is no such file"
            )  # a pipe would block for ever
        try:
            with av.open(
                self._opening.url,
                options=self._opening.options,
                metadata_errors="replace",
                timeout=(OPEN_SECONDS, None),
            ) as container:
                return self._pass_on(container)
        except CameraError as error:
            return error
        except av.FFmpegError as error:
            return translated(error, opened=self._shelf.contents is not None)
        except ValueError:
            return CameraError(Cause.PROTOCOL, "what the address sends cannot be read")

    def _pass_on(self, container: av.container.InputContainer) -> CameraError:
        file = self._opening.scheme == "file"
        contents = self._shelf.contents = contents_of(container, audio=self._audio, file=file)
        self._call()
        pace = _Pace(self._stopped)
        for packet in container.demux([container.streams[at] for at in contents.tracks]):
            if self._stopped.is_set():
                return CameraError(Cause.CLOSED, "reading was stopped")
            if packet.size:
                piece = piece_of(packet, contents)
                if contents.recorded:
                    pace.wait(piece.due)
                self._put(piece)
        return CameraError(Cause.CLOSED, "what the address sends has come to its end")

    def _put(self, piece: Piece) -> None:
        shelf = self._shelf
        while not shelf.room.wait(_LONGEST_NAP) and not self._stopped.is_set():
            continue
        with shelf.lock:
            shelf.pieces.append(piece)
            shelf.size += len(piece.data)
            if shelf.size > MOST_WAITING_BYTES:
                shelf.room.clear()
            told, shelf.told = shelf.told, True
        if not told:
            self._call()

    def _call(self, *, ended: bool = False) -> None:
        """Wake the event loop, if it still is there."""
        try:
            self._loop.call_soon_threadsafe(self._tell, ended)
        except RuntimeError:  # it was closed while we read
            self._stopped.set()

    def _tell(self, ended: bool) -> None:
        self.news.set()
        if ended:
            self.ended.set()


class _Pace:
    """A recording is handed out as fast as time passes, not as fast as it can be read."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped
        self._began: float | None = None
        self._first = Fraction(0)

    def wait(self, due: Fraction | None) -> None:
        if due is None:
            return
        if self._began is None:
            self._began, self._first = time.monotonic(), due
        left = self._began + float(due - self._first) - time.monotonic()
        self._stopped.wait(max(0.0, min(left, _LONGEST_GAP_SECONDS)))


@contextmanager
def reading(opening: Opening, *, audio: bool, name: str) -> Iterator[Reading]:
    """A thread that reads; on leaving it is told to stop and ends in its own time."""
    one = Reading(opening, audio, name)
    one.start()
    try:
        yield one
    finally:
        one.stop()
