"""An archive to which random things happen, and a record of all that was in it.

Every camera is a history of its own; they share a clock, a store and the site's policy. What
happens: video, events, locks and their release, policies of three scopes with their delays, quotas,
removed cameras, stores that fail in the middle, clocks that are set, restarts, a full store.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from storage.full.relief import make_room
from storage.index import Index, NewCamera, NewLock, NewStream
from storage.index.census import START
from storage.marker import agree
from storage.objects.store import Listed, Room
from storage.retention import sweep
from storage.retention.changes import Wanted, change
from storage.retention.collector import Collector
from storage.retention.dryrun import going_of
from storage.retention.policy import USUAL
from storage.retention.pressing import removable
from storage.retention.sweep import Memory
from tests.contract.histories.oracle import Piece, Rules, going, locked
from tests.fakes.clock import HandClock
from tests.fakes.segments import NINE
from vms.core.errors import Conflict, NotFound, Unavailable
from vms.core.model import GopEntry, Segment, StreamRole, object_key
from vms.core.promises import Lock, LockSpan, RetentionPolicy, Scope
from vms.core.steady import SteadyClock
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime

SETTINGS_DAYS = 6
_GROUPS = 3


class MemoryStore:
    """Objects as keys. After `failing` more calls it fails; then it has done half of the work."""

    def __init__(self) -> None:
        self.objects: set[str] = set()
        self.failing: int | None = None
        self._marker: str | None = None

    async def check(self) -> None: ...

    async def identity(self) -> str | None:
        return self._marker

    async def mark(self, store_id: str) -> None:
        self._marker = store_id

    async def delete(self, keys: Sequence[str]) -> None:
        if self.failing is not None:
            self.failing -= 1
            if self.failing < 0:
                self.objects.difference_update(keys[: len(keys) // 2])
                raise Unavailable("the store is away")
        self.objects.difference_update(keys)

    async def holds(self) -> bool:
        return False

    async def hold(self, keys: Sequence[str]) -> None: ...

    async def release(self, keys: Sequence[str]) -> None: ...

    async def room(self) -> Room | None:
        return None

    async def size(self, key: str) -> int | None:
        return 1 if key in self.objects else None

    async def put(self, key: str, path: Path, sha256: bytes) -> None:
        raise NotImplementedError

    async def read(self, key: str, offset: int, size: int) -> bytes:
        raise NotImplementedError

    def open_read(self, key: str, offset: int = 0) -> AsyncIterator[bytes]:
        raise NotImplementedError

    def keys(self, prefix: str = "") -> AsyncIterator[Listed]:
        raise NotImplementedError


@dataclass
class World:
    """`pieces`: what the archive should hold now. `deleted`: how many segments went by rule."""

    index: Index
    rng: random.Random
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: HandClock = field(default_factory=lambda: HandClock(wall=NINE))
    pieces: set[Piece] = field(default_factory=set)
    cameras: dict[int, list[int]] = field(default_factory=dict)
    groups: dict[int, set[int]] = field(default_factory=dict)
    events: dict[int, list[WallTime]] = field(default_factory=dict)
    locks: dict[int, Lock] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    deleted: int = 0
    outages: int = 0
    sequence: int = 0

    def __post_init__(self) -> None:
        self.steady = SteadyClock(self.clock, vouches=lambda: False)
        self.true = int(self.clock.wall())
        self.memory = Memory()

    @property
    def now(self) -> WallTime:
        """As the archive's own clock has it: never more than a second from the true time."""
        now = self.steady.wall()
        assert abs(now - self.true) < SECOND, "the archive's clock followed a step"
        return now

    async def begin(self, cameras: int) -> None:
        """Cameras with some days of video behind them."""
        await agree(self.index, self.store)
        for number in range(cameras):
            streams = [NewStream(StreamRole.MAIN, f"rtsp://gate/{number}")]
            streams += [NewStream(StreamRole.SUB, "rtsp://gate/s")] if number % 3 == 0 else []
            made = await self.index.cameras.add(NewCamera(f"Gate {number}", streams=tuple(streams)))
            self.cameras[made.id] = [stream.id for stream in made.streams]
        for number in range(_GROUPS):
            some = self.rng.sample(sorted(self.cameras), len(self.cameras) // 2)
            group = await self.index.groups.add(f"Group {number}", some)
            self.groups[group.id] = set(some)
        for _ in range(6):
            await self.pass_time(DAY)
            await self.film()

    async def pass_time(self, micros: int) -> None:
        """Civil time goes on; nobody set a clock."""
        self.true += micros
        await self.clock.advance(micros / SECOND)
        self.steady.look()

    async def film(self) -> None:
        """Every camera that is there records a few segments within the last day."""
        new: list[Segment] = []
        for camera_id, stream_ids in self.cameras.items():
            if camera_id not in self.removed:
                for stream_id in stream_ids:
                    new += self._segments(camera_id, stream_id)
        await self.index.segments.add_many(new)
        self.store.objects |= {segment.key for segment in new}
        self.pieces |= {_piece(segment) for segment in new}

    async def happen(self) -> None:
        """One random thing, to one random camera, a group or the site."""
        some = sorted(set(self.cameras) - self.removed)
        camera_id = self.rng.choice(some)
        match self.rng.randrange(100):
            case chance if chance < 30:
                await self._lock()
            case chance if chance < 40:
                await self._release()
            case chance if chance < 65:
                await self._policy(Scope.CAMERA, camera_id)
            case chance if chance < 70:
                await self._policy(Scope.GROUP, self.rng.choice(sorted(self.groups)))
            case chance if chance < 73:
                await self._policy(Scope.SITE, 0)
            case chance if chance < 93:
                at = WallTime(self.now - self.rng.randrange(8 * DAY))
                await self.index.events.add(camera_id, at, "motion")
                self.events.setdefault(camera_id, []).append(at)
            case _ if len(some) > 2:
                await self.index.cameras.remove(camera_id)
                self.removed.add(camera_id)

    async def sweep(self) -> None:
        """Retention runs; what went must be exactly what the oracle says, or, when the store
        failed in the middle, a part of it."""
        if self.rng.random() < 0.3:
            self.store.failing = self.rng.randrange(3)
        if self.rng.random() < 0.5:
            self.memory = Memory()  # a restart
        now = self.now
        await self.index.retention.apply_due(now)
        wanted = going(self.pieces, await self._rules(), self.events, self._held(), now)
        await self._compare_with_dry_run(wanted, now)
        whole = await self._try_sweep(now)
        gone = self.pieces - await self._there()
        assert gone <= wanted, _told("went against the rules", gone - wanted)
        if whole:
            await self._check_whole(gone, wanted)
        self._note(gone, now)

    async def fill_up(self) -> None:
        """The store needs room: whatever is older than its minimum may go, the oldest first."""
        now, rules = self.now, await self._rules()
        these = await removable(self.index, now, USUAL)
        size = sum(piece.size for piece in self.pieces)
        collector = Collector(self.index, {0: self.store}, 7, now)
        await make_room(self.index, these, self.rng.randrange(1, size + 2), collector, now)
        await collector.collect()
        gone = self.pieces - await self._there()
        young = {
            piece
            for piece in gone
            if piece.end > now - (rules[piece.camera_id].says("min_days") or 0) * DAY
        }
        assert not young, _told("went before its minimum", young)
        self._note(gone, now)

    async def _compare_with_dry_run(self, wanted: set[Piece], now: WallTime) -> None:
        """What an administrator is told before saving, of some cameras."""
        said = await self.index.retention.said()
        usual = RetentionPolicy(max_days=SETTINGS_DAYS)
        for standing in self.rng.sample(said.standings, 3):
            told = await going_of(self.index, said, standing, now, usual)
            its = {(p.stream_id, p.start) for p in wanted if p.camera_id == standing.camera_id}
            assert set(told.free) == its, f"the dry run of camera {standing.camera_id}"

    async def _try_sweep(self, now: WallTime) -> bool:
        """Whether the store did all it was asked."""
        try:
            await sweep(
                *(self.index, self.store),
                now=now,
                site_days=SETTINGS_DAYS,
                batch=self.rng.choice((3, 1000)),
                memory=self.memory,
            )
        except Unavailable:
            self.outages += 1
            self.store.failing = None
            return False
        self.store.failing = None
        return True

    async def _check_whole(self, gone: set[Piece], wanted: set[Piece]) -> None:
        """A sweep may put off for an hour what lies around events, never anything else."""
        late = {piece for piece in wanted - gone if not self.events.get(piece.camera_id)}
        assert not late, _told("stayed against the rules", late)
        assert await self.index.garbage.list(1) == []
        rows = {_key(piece) for piece in self.pieces - gone}
        assert self.store.objects == rows, "every object has a row, every row its object"

    def _note(self, gone: set[Piece], now: WallTime) -> None:
        kept = locked(self.pieces, self._held(), now)
        assert not gone & kept, _told("was locked", gone & kept)
        self.deleted += len(gone)
        self.pieces -= gone

    async def _there(self) -> set[Piece]:
        """What the index holds."""
        known = {(piece.stream_id, piece.start): piece for piece in self.pieces}
        found: set[Piece] = set()
        place = START
        while rows := await self.index.census.behind(place):
            found |= {known[row.outline.stream_id, row.outline.range.start] for row in rows}
            place = (rows[-1].outline.stream_id, rows[-1].outline.range.start)
        return found

    async def _rules(self) -> dict[int, Rules]:
        said = await self.index.retention.scopes()
        nothing = RetentionPolicy()
        return {
            camera_id: Rules(
                said.get((Scope.CAMERA, camera_id), nothing),
                [
                    said.get((Scope.GROUP, group_id), nothing)
                    for group_id, members in self.groups.items()
                    if camera_id in members
                ],
                said.get((Scope.SITE, 0), nothing),
                SETTINGS_DAYS,
            )
            for camera_id in self.cameras
        }

    def _held(self) -> list[Lock]:
        return list(self.locks.values())

    async def _lock(self) -> None:
        chosen = self.rng.sample(sorted(self.cameras), self.rng.randint(1, 3))
        spans = []
        for camera_id in chosen:
            start = self.now - self.rng.randrange(8 * DAY)
            length = self.rng.choice((1, SECOND, 10 * MINUTE, HOUR, DAY, 3 * DAY))
            spans.append(LockSpan(camera_id, TimeRange(WallTime(start), WallTime(start + length))))
        now = self.now
        expires = (
            None if self.rng.random() < 0.5 else WallTime(now + self.rng.randrange(1, 5 * DAY))
        )
        new = NewLock("LP/1", "a case", tuple(spans), "ratna", expires)
        try:
            lock = await self.index.locks.add(new, now)
        except NotFound:
            return  # a removed camera of which nothing is left
        self.locks[lock.id] = lock

    async def _release(self) -> None:
        if not self.locks:
            return
        lock_id, now = self.rng.choice(sorted(self.locks)), self.now
        try:
            await self.index.locks.ask_release(lock_id, "ratna", "closed", now)
            self.locks[lock_id] = await self.index.locks.confirm_release(lock_id, "budi", now)
        except Conflict:
            assert not self.locks[lock_id].holds(now)

    async def _policy(self, scope: Scope, owner_id: int) -> None:
        maximum = self.rng.choice((None, None, 1, 2, 4, 8, 20))
        minimum = self.rng.choice((None, None, 0, 1, 3))
        if maximum is not None and minimum is not None:
            minimum = min(minimum, maximum)
        policy = RetentionPolicy(
            max_days=maximum,
            min_days=minimum,
            quota_bytes=self.rng.choice((None, None, 0, 3000, 9000)),
            event_days=self.rng.choice((None, None, 5, 10)),
        )
        usual = RetentionPolicy(max_days=SETTINGS_DAYS)
        wanted = Wanted(scope, owner_id, policy, "ratna")
        await change(self.index, wanted, self.now, usual=usual)

    async def step(self) -> None:
        """Somebody sets the clock, and back some minutes later."""
        seconds = self.rng.choice((-60, -1, 1, 90)) * self.rng.choice((60, 3600, 86400))
        self.clock.step(seconds)
        await self.pass_time(5 * MINUTE)
        await self.sweep()
        self.clock.step(-seconds)
        await self.pass_time(MINUTE)

    def _segments(self, camera_id: int, stream_id: int) -> list[Segment]:
        """Up to three, one behind the other, somewhere in the last day; some go on in a group."""
        at = self.now - self.rng.randrange(10 * MINUTE, DAY - HOUR)
        made: list[Segment] = []
        for _ in range(self.rng.randrange(4)):
            length = self.rng.choice((SECOND, MINUTE, 2 * MINUTE))
            span = TimeRange(WallTime(at), WallTime(at + length))
            clear = not any(
                piece.stream_id == stream_id and piece.range.overlaps(span) for piece in self.pieces
            )
            if clear:
                made.append(self._segment(camera_id, stream_id, span, self.rng.random() < 0.6))
            at += length
        return made

    def _segment(self, camera_id: int, stream_id: int, span: TimeRange, goes_on: bool) -> Segment:
        self.sequence += 1
        size = self.rng.randrange(500, 1500)
        return Segment(
            camera_id=camera_id,
            stream_id=stream_id,
            epoch=NINE,
            sequence=self.sequence,
            range=span,
            size=size,
            init_size=10,
            sha256=hashlib.sha256(str(self.sequence).encode()).digest(),
            prev_sha256=None,
            codec="avc1.64001f",
            width=1920,
            height=1080,
            gops=(GopEntry(0, span.micros, 10, size - 10, 0 if goes_on else 5),),
        )


def _piece(segment: Segment) -> Piece:
    return Piece(
        start=segment.range.start,
        stream_id=segment.stream_id,
        end=segment.range.end,
        size=segment.size,
        camera_id=segment.camera_id,
        goes_on=segment.gops[0].key_size == 0,
        sequence=segment.sequence,
    )


def _key(piece: Piece) -> str:
    return object_key(piece.camera_id, piece.stream_id, piece.start, NINE, piece.sequence)


def _told(words: str, pieces: set[Piece]) -> str:
    return f"{words}: {sorted(pieces)[:3]}"
