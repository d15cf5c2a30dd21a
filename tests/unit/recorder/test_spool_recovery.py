from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from recorder.segmenter import Segmenter
from recorder.spool import open_spool
from tests.fakes.recordings import steps_of
from tests.fakes.units import encode_pictures, interleave, pictures, sound
from vms.core.media.access_unit import AccessUnit, Codec
from vms.core.model import Segment

GIBIBYTE = 1 << 30


async def leave(
    folder: Path, units: list[AccessUnit], *, open_steps: int = 0, segment_seconds: float = 10
) -> list[Segment]:
    """A spool left with everything of a run but its last `open_steps` steps; what it listed."""
    steps = steps_of(units, Segmenter(3, 7, segment_seconds=segment_seconds))
    async with open_spool(folder, max_bytes=GIBIBYTE) as spool:
        for step in steps[: len(steps) - open_steps]:
            await spool.write(step)
        return spool.tail(7)


async def recovered(folder: Path) -> list[Segment]:
    async with open_spool(folder, max_bytes=GIBIBYTE) as spool:
        found = await spool.recover()
        assert spool.sealed() == found
        return found


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@pytest.mark.parametrize("b_pictures", [0, 2])
async def test_sealed_leftovers_come_back_as_the_very_same_segments(
    tmp_path: Path, codec: Codec, b_pictures: int
) -> None:
    before = await leave(tmp_path, encode_pictures(codec, count=250, b_pictures=b_pictures))

    assert await recovered(tmp_path) == before


async def test_sound_beside_the_pictures_changes_nothing(tmp_path: Path) -> None:
    sent = interleave(pictures(30), [sound(n) for n in range(1500)])

    assert await leave(tmp_path, sent) == await recovered(tmp_path)


async def test_a_stream_of_sound_only_comes_back(tmp_path: Path) -> None:
    steps = steps_of([sound(n) for n in range(500)], Segmenter(3, 7, video=False))
    async with open_spool(tmp_path, max_bytes=GIBIBYTE) as spool:
        for step in steps:
            await spool.write(step)
        before = spool.sealed()

    assert await recovered(tmp_path) == before


async def test_an_open_segment_is_sealed_with_its_whole_fragments(tmp_path: Path) -> None:
    before = await leave(tmp_path, pictures(9), open_steps=2, segment_seconds=60)
    (found,) = await recovered(tmp_path)

    assert (found.gops, found.range) == (before[0].gops, before[0].range)
    assert found.sha256


async def test_a_torn_tail_is_cut_at_the_last_whole_fragment(tmp_path: Path) -> None:
    before = await leave(tmp_path, pictures(9), open_steps=1, segment_seconds=60)
    (path,) = tmp_path.glob("7/*.mp4")
    with path.open("r+b") as file:
        file.truncate(before[0].size - 7)
    (found,) = await recovered(tmp_path)

    assert found.gops == before[0].gops[:-1]
    assert path.stat().st_size == found.size == before[0].gops[-1].offset


async def test_a_file_without_a_whole_fragment_is_removed(tmp_path: Path) -> None:
    before = await leave(tmp_path, pictures(2), open_steps=1, segment_seconds=60)
    (path,) = tmp_path.glob("7/*.mp4")
    for size in (before[0].init_size + 100, before[0].init_size - 3, 0):
        path.touch()
        with path.open("r+b") as file:
            file.truncate(size)
        assert await recovered(tmp_path) == []
        assert not path.exists()


async def test_a_large_file_with_a_broken_front_is_kept_aside(tmp_path: Path) -> None:
    await leave(tmp_path, pictures(10, size=20_000), segment_seconds=60)
    for path in tmp_path.glob("7/*.mp4"):
        with path.open("r+b") as file:
            file.write(bytes(300))

    assert await recovered(tmp_path) == []
    assert len(list(tmp_path.glob("7/*.unreadable"))) == 1


async def test_the_chain_goes_on_after_a_recovery(tmp_path: Path) -> None:
    await leave(tmp_path, pictures(5), open_steps=1)
    later = [unit for unit in pictures(20) if unit.pts >= 10 * 90_000]
    async with open_spool(tmp_path, max_bytes=GIBIBYTE) as spool:
        await spool.recover()
        for step in steps_of(later, Segmenter(3, 7)):
            await spool.write(step)
        segments = spool.sealed()

    assert len(segments) == 2
    assert all(after.prev_sha256 == before.sha256 for before, after in pairwise(segments))


async def test_recovered_segments_never_overlap(tmp_path: Path) -> None:
    """Civil time slewed by 500 ppm: by media time alone ends would reach past the next start."""
    start = pictures(1)[0].wall
    slewed = [
        type(unit)(
            *(unit.track, unit.pts, type(start)(start + round((unit.wall - start) * 0.9995))),
            *(unit.random_access, unit.data, unit.format),
        )
        for unit in pictures(60)
    ]
    before = await leave(tmp_path, slewed)
    found = await recovered(tmp_path)

    assert len(found) == len(before) > 5
    assert all(a.range.end <= b.range.start for a, b in pairwise(found))
    assert [one.gops[-1].start + one.gops[-1].duration for one in found] == [
        one.range.micros for one in found
    ]


async def test_no_hole_opens_between_recovered_segments_when_civil_time_was_slewed(
    tmp_path: Path,
) -> None:
    start = pictures(1)[0].wall
    slewed = [
        replace(unit, wall=type(start)(start + round((unit.wall - start) * 1.0005)))
        for unit in pictures(60)
    ]
    before = await leave(tmp_path, slewed)
    found = await recovered(tmp_path)

    assert [one.range for one in found[:-1]] == [one.range for one in before[:-1]]
    assert all(a.range.end == b.range.start for a, b in pairwise(found))


async def test_a_recovered_segment_that_was_stored_but_not_forgotten_is_offered_again(
    tmp_path: Path,
) -> None:
    before = await leave(tmp_path / "spool", pictures(5))
    async with open_spool(tmp_path / "spool", max_bytes=GIBIBYTE) as spool:
        await spool.recover()
        spool.path(before[0]).rename(tmp_path / "object.mp4")

    assert before == await recovered(tmp_path / "spool")
