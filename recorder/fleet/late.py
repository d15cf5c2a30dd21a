"""The archive as the uploader of a dead process's segments sees it: what is stored is no gap.

Whoever took a stream over could only know that it was not recorded since the newest archived
segment, and noted a gap. Where a later upload fills it, the gap loses that part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from recorder.gapbook import GapBook
from storage.archive import Archive
from vms.core.model import Segment


class Late:
    """`found`: the segments that were recovered; all others are only passed on."""

    def __init__(self, archive: Archive, book: GapBook, found: Iterable[Segment]) -> None:
        self._archive, self._book = archive, book
        self._found = {segment.key for segment in found}

    async def check(self) -> None:
        """As `Archive.check`."""
        await self._archive.check()

    async def commit(self, segment: Segment, path: Path) -> None:
        """As `Archive.commit`."""
        await self._archive.commit(segment, path)
        self._note(segment)

    async def commit_all(self, sealed: Sequence[tuple[Segment, Path]]) -> None:
        """As `Archive.commit_all`."""
        await self._archive.commit_all(sealed)
        for segment, _ in sealed:
            self._note(segment)

    def _note(self, segment: Segment) -> None:
        if segment.key in self._found:
            self._found.discard(segment.key)
            self._book.stored(segment.stream_id, segment.range)
