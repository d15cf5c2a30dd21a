"""The spool's files as the writer thread sees them: steps done one after the other. Blocking."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from recorder.spool.boot import is_sure
from recorder.spool.chain import Chain, Link
from recorder.spool.names import SUFFIX, outgoing_name, translate
from recorder.spool.open_file import OpenFile, Sync, Write, sync_folder
from recorder.spool.recovery import recover
from recorder.spool.refused import offer_again
from recorder.spool.staging import Staging
from recorder.steps import AppendFragment, OpenSegment, Step
from vms.core.errors import Conflict, VmsError
from vms.core.model import Segment
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)


_FIRST = Link(WallTime(0), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step changed: the segment as it is now (None: nothing to list) and what went wrong."""

    segment: Segment | None = None
    path: Path = Path()
    error: VmsError | None = None


class SpoolFiles:
    """At most one open file a stream. A step that fails seals what was whole before it."""

    def __init__(self, folder: Path, *, fsync: bool, write: Write, sync: Sync) -> None:
        self._folder, self._fsync, self._write, self._sync = folder, fsync, write, sync
        self._staging = Staging()
        self._open: dict[int, OpenFile] = {}
        self._refused: dict[int, VmsError] = {}
        self._chain = Chain(folder)

    def continue_chain(self, stream_id: int, link: Link) -> None:
        self._chain.told(stream_id, link)

    def sealed_until(self, stream_id: int) -> WallTime | None:
        link = self._chain.of(stream_id)
        return link.until if link is not None and link.until else None

    def recover(self) -> list[tuple[Segment, Path]]:
        """Raises Unavailable when the folder cannot be read or written."""
        try:
            self._chain.load()
            offer_again(self._folder)
            found = recover(self._folder, sure=is_sure(self._folder, fsync=self._fsync))
            for segment, path in found:
                self._chain.told(segment.stream_id, Link(segment.range.end, segment.sha256))
                self._name_outgoing(path, segment.sha256)
        except OSError as error:
            raise translate(error, self._folder) from error
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
        segment, fault = file.seal()
        if segment is None:
            return Outcome()
        self._chain.sealed(segment)
        try:
            self._name_outgoing(file.path, b"" if fault else segment.sha256)
        except OSError as error:
            fault = fault or error
        return Outcome(segment, file.path, translate(fault, file.path) if fault else None)

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
        link = self._chain.of(identity.stream_id)
        try:
            file = OpenFile(
                *(path, step, link or _FIRST),
                fsync=self._fsync,
                staging=self._staging,
                write=self._write,
                sync=self._sync,
            )
        except (OSError, VmsError) as error:
            refused = translate(error, path) if isinstance(error, OSError) else error
            self._refused[identity.stream_id] = refused
            return Outcome(before.segment, before.path, refused)
        self._open[identity.stream_id] = file
        return Outcome(before.segment, before.path)

    def _append(self, step: AppendFragment) -> Outcome:
        file = self._open.get(step.stream_id)
        if file is None:
            missing = Conflict("no segment is open for this fragment", stream=step.stream_id)
            return Outcome(error=self._refused.get(step.stream_id, missing))
        try:
            file.append(step)
        except OSError as error:
            return self.refuse(step.stream_id, translate(error, file.path))
        return Outcome(file.segment(), file.path)

    def _name_outgoing(self, path: Path, sha256: bytes) -> None:
        """Give a sealed file its second name. Raises OSError when the folder cannot be synced."""
        outgoing = outgoing_name(path, sha256)
        try:
            outgoing.unlink(missing_ok=True)
            outgoing.hardlink_to(path)
        except OSError as error:
            log.debug("spool: no second name for %s: %s", path, error)
        sync_folder(path.parent, wanted=self._fsync)
