"""The spool's files as the writer thread sees them: steps done one after the other. Blocking."""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from pathlib import Path

from recorder.spool.open_file import OpenFile, Writev, sync_folder
from recorder.spool.recovery import SUFFIX, recover
from recorder.steps import AppendFragment, OpenSegment, Step
from vms.core.errors import Conflict, Exhausted, Unavailable, VmsError
from vms.core.model import Segment

log = logging.getLogger(__name__)

OUTGOING = ".out"
"""Suffix of the second name (hard link) of a sealed segment, which a store may rename away."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step changed: the segment as it is now (None: nothing to list) and what went wrong."""

    segment: Segment | None = None
    path: Path = Path()
    error: VmsError | None = None


class SpoolFiles:
    """At most one open file a stream. A step that fails seals what was whole before it."""

    def __init__(self, folder: Path, *, fsync: bool, writev: Writev) -> None:
        self._folder, self._fsync, self._writev = folder, fsync, writev
        self._open: dict[int, OpenFile] = {}
        self._refused: dict[int, VmsError] = {}
        self._last_hash: dict[int, bytes | None] = {}

    def continue_chain(self, stream_id: int, sha256: bytes | None) -> None:
        self._last_hash.setdefault(stream_id, sha256)

    def recover(self) -> list[tuple[Segment, Path]]:
        """Raises Unavailable when the folder cannot be read or written."""
        try:
            found = recover(self._folder)
            for segment, path in found:
                self._finish(segment, path)
        except OSError as error:
            raise _translate(error, self._folder) from error
        return found

    def do(self, step: Step) -> Outcome:
        """Do one step. What fails is told in the outcome, never raised."""
        if isinstance(step, OpenSegment):
            return self._begin(step)
        if isinstance(step, AppendFragment):
            return self._append(step)
        return self.seal(step.stream_id)

    def refuse(self, stream_id: int, error: VmsError) -> Outcome:
        """A step was not taken: seal what is open, refuse what follows until the next opening."""
        outcome = self.seal(stream_id)
        self._refused[stream_id] = error
        return Outcome(outcome.segment, outcome.path, error)

    def seal(self, stream_id: int) -> Outcome:
        file = self._open.pop(stream_id, None)
        if file is None:
            return Outcome()
        try:
            segment = file.seal()
            if segment is not None:
                self._finish(segment, file.path)
        except OSError as error:
            return Outcome(file.segment(), file.path, _translate(error, file.path))
        return Outcome(segment, file.path)

    def close(self) -> None:
        """Leave open files as they are; recovery finds them."""
        while self._open:
            self._open.popitem()[1].close()

    def _begin(self, step: OpenSegment) -> Outcome:
        identity = step.identity
        before = self.seal(identity.stream_id)
        self._refused.pop(identity.stream_id, None)
        name = f"{identity.start}-{identity.epoch}-{identity.sequence}{SUFFIX}"
        path = self._folder / str(identity.stream_id) / name
        previous = self._last_hash.get(identity.stream_id)
        try:
            file = OpenFile(path, step, previous, fsync=self._fsync, writev=self._writev)
        except (OSError, VmsError) as error:
            refused = _translate(error, path) if isinstance(error, OSError) else error
            self._refused[identity.stream_id] = refused
            return Outcome(before.segment, before.path, refused)
        self._open[identity.stream_id] = file
        return before

    def _append(self, step: AppendFragment) -> Outcome:
        file = self._open.get(step.stream_id)
        if file is None:
            missing = Conflict("no segment is open for this fragment", stream=step.stream_id)
            return Outcome(error=self._refused.get(step.stream_id, missing))
        try:
            file.append(step)
        except OSError as error:
            return self.refuse(step.stream_id, _translate(error, file.path))
        return Outcome(file.segment(), file.path)

    def _finish(self, segment: Segment, path: Path) -> None:
        """Remember the hash for the chain; give the file its second name."""
        self._last_hash[segment.stream_id] = segment.sha256
        outgoing = path.with_suffix(OUTGOING)
        outgoing.unlink(missing_ok=True)
        try:
            outgoing.hardlink_to(path)
        except OSError as error:
            log.debug("spool: no second name for %s: %s", path, error)
        sync_folder(path.parent, wanted=self._fsync)


def outgoing_path(path: Path) -> Path:
    """The name to hand to a store: the second one, unless the file system has no hard links."""
    outgoing = path.with_suffix(OUTGOING)
    return outgoing if outgoing.exists() else path


def remove(path: Path) -> None:
    """Remove a segment's file under both names. Raises Unavailable."""
    try:
        path.unlink(missing_ok=True)
        path.with_suffix(OUTGOING).unlink(missing_ok=True)
    except OSError as error:
        raise _translate(error, path) from error


def _translate(error: OSError, path: Path) -> VmsError:
    if error.errno in _FULL:
        return Exhausted("disk full: free some space, or let the spool be smaller", path=path)
    return Unavailable(f"the spool cannot be written: {error.strerror}", path=path)
