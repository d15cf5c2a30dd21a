"""The rows of one stream put back from its objects, a window at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from storage.index import Index
from storage.index.damage import Damage
from storage.index.values import Outline
from storage.integrity import described
from storage.integrity.described import Neighbour
from storage.integrity.findings import Finding, Kind, of_segment
from storage.integrity.names import Name
from storage.integrity.presence import Group, outline_of
from storage.integrity.reading import Shelf
from storage.integrity.survey import in_order
from storage.objects.store import Listed
from vms.core.clock import Clock
from vms.core.errors import Conflict, Corrupt, NotFound
from vms.core.media.fmp4 import Scan
from vms.core.model import Segment

WINDOW = 256
Put = tuple[int, int, int]
"""Objects looked at, segments put back, their bytes."""


@dataclass(frozen=True, slots=True)
class _Object:
    """`scan` None: the index has its row, `said` is what that tells."""

    name: Name
    listed: Listed
    said: Neighbour
    scan: Scan | None = None


async def refill(
    index: Index, shelf: Shelf, group: Group, clock: Clock
) -> AsyncIterator[Finding | Put]:
    """Put back what the index does not know of this stream. Raises as the index and the store."""
    this = _Refill(index, shelf, clock)
    known, condemned = await _known(index, group, shelf.tier)
    left: list[tuple[Name, Listed]] = [
        pair for pair in in_order(group) if pair[1].key not in condemned
    ]
    held: _Object | None = None  # its neighbour is still to be read
    for at in range(0, len(left), WINDOW):
        window = [*([held] if held else [])]
        async for found in this.objects(left[at : at + WINDOW], known):
            if isinstance(found, Finding):
                yield found
            else:
                window.append(found)
        held = window.pop() if window else None
        async for result in this.put(window, held.said if held else None):
            yield result
        yield len(left[at : at + WINDOW]), 0, 0
    if held is not None:
        async for result in this.put([held], None):
            yield result


async def _known(index: Index, group: Group, tier: int) -> tuple[dict[str, Neighbour], set[str]]:
    """Rows of the stream by their keys, of whatever tier; keys that are about to be deleted."""
    known: dict[str, Neighbour] = {}
    async for entry in index.census.every(group.stream_id):
        one = entry.outline
        known[one.key] = Neighbour(one.range.start, one.epoch, one.sequence, entry.prev_sha256)
    condemned = {each.key for each in await index.census.garbage_of(group.stream_id, tier)}
    return known, condemned


class _Refill:
    def __init__(self, index: Index, shelf: Shelf, clock: Clock) -> None:
        self._index, self._shelf, self._clock = index, shelf, clock

    async def objects(
        self, pairs: Sequence[tuple[Name, Listed]], known: dict[str, Neighbour]
    ) -> AsyncIterator[_Object | Finding]:
        """Those of a window that can be used, in order."""
        scans = await self._shelf.heads_of(
            [listed for _, listed in pairs if listed.key not in known]
        )
        read = iter(scans)
        for name, listed in pairs:
            if listed.key in known:
                yield _Object(name, listed, known[listed.key])
                continue
            scan = next(read)
            outline = outline_of(name, listed, self._shelf.tier)
            if scan is None:
                yield of_segment(Kind.UNREADABLE, outline, "nothing in it can be read")
            elif not described.is_named(scan, name):
                yield of_segment(Kind.IDENTITY, outline, "it says that it is another segment")
            else:
                yield _Object(name, listed, described.neighbour(scan), scan)

    async def put(
        self, window: Sequence[_Object], after: Neighbour | None
    ) -> AsyncIterator[Finding | Put]:
        """Insert what is new of `window`, in one transaction if it all fits."""
        rows: list[Segment] = []
        torn: list[Segment] = []
        following = [*(each.said for each in window[1:]), after]
        for each, neighbour in zip(window, following, strict=False):
            if each.scan is None:
                continue
            try:
                row = await self._row(each, each.scan, neighbour)
            except (Corrupt, NotFound) as error:
                outline = outline_of(each.name, each.listed, self._shelf.tier)
                yield of_segment(Kind.UNREADABLE, outline, error.message)
                continue
            rows.append(row)
            torn += [row] if each.scan.whole_size != each.listed.size else []
        async for result in self._insert(rows):
            yield result
        for row in torn:
            yield await self._torn(row)

    async def _row(self, one: _Object, scan: Scan, after: Neighbour | None) -> Segment:
        sha256 = None
        if after is not None and after.follows(one.name.epoch, one.name.sequence):
            sha256 = after.prev_sha256
        if sha256 is None:
            sha256 = await self._shelf.digest(one.listed.key)
        row = described.segment(scan, one.listed.size, sha256, after)
        return replace(row, tier=self._shelf.tier)

    async def _insert(self, rows: Sequence[Segment]) -> AsyncIterator[Finding | Put]:
        """All at once; where one does not fit, one by one, so that the others still come back."""
        try:
            await self._index.segments.add_many(rows)
            yield 0, len(rows), sum(row.size for row in rows)
        except (Conflict, NotFound):
            for row in rows:
                try:
                    await self._index.segments.add(row)
                    yield 0, 1, row.size
                except (Conflict, NotFound) as error:
                    yield of_segment(Kind.ROW, _outline(row), error.message)

    async def _torn(self, row: Segment) -> Finding:
        """It came back as far as it can be played; that something is missing is noted."""
        end = row.gops[-1].offset + row.gops[-1].size
        finding = of_segment(
            Kind.SIZE, _outline(row), f"only its first {end} of {row.size} bytes can be read"
        )
        await self._index.damage.note(
            Damage(_outline(row), finding.kind.value, self._clock.wall(), finding.detail)
        )
        return finding


def _outline(row: Segment) -> Outline:
    of = (row.camera_id, row.stream_id, row.epoch, row.sequence)
    return Outline(*of, row.range, row.size, row.tier, row.sha256)
