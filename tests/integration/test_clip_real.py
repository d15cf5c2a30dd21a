"""Clips of footage nobody here made: B-pictures, long groups, camera signatures in SEI."""

from pathlib import Path

import av
import pytest

from player.export.clip import make_clip
from tests.fakes.recordings import MemorySource, record
from tests.fakes.units import demux
from vms.core.media import h264
from vms.core.media.access_unit import VIDEO
from vms.core.media.nal import split_length_prefixed
from vms.core.walltime import TimeRange, WallTime

SHARED = Path(__file__).resolve().parents[3] / "shared"
CLIPS = ["clips/car-detection.mp4", "clips/one-by-one-person-detection.mp4"]
SIGNED = "fixtures/media-signing/test_signed_h264.mp4"


def shared(name: str) -> str:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/{name} is not here: real footage cannot be tried")
    return str(path)


def packets(path: Path | str) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize("name", [*CLIPS, SIGNED])
async def test_all_of_a_real_clip_comes_out_as_it_went_in(name: str, tmp_path: Path) -> None:
    sent = demux(shared(name))
    files = record(sent, segment_seconds=10)
    out = tmp_path / "clip.mp4"
    span = TimeRange(files[0].range.start, files[-1].range.end)
    report = await make_clip(MemorySource(files), 7, span, out)

    assert packets(out) == packets(shared(name))
    assert report.gaps == ()
    assert report.pictures == len(packets(out))


@pytest.mark.parametrize("name", CLIPS)
async def test_part_of_a_real_clip_shows_the_same_pictures(name: str, tmp_path: Path) -> None:
    sent = demux(shared(name))
    walls = sorted(unit.wall for unit in sent if unit.track == VIDEO)
    span = TimeRange(walls[101], WallTime(walls[163] - 1))
    out = tmp_path / "clip.mp4"
    report = await make_clip(MemorySource(record(sent, segment_seconds=10)), 7, span, out)

    with av.open(str(out)) as container:
        ours = [picture.to_ndarray() for picture in container.decode(video=0)]
    with av.open(shared(name)) as container:
        theirs = [picture.to_ndarray() for picture in container.decode(video=0)][101:163]
    assert report.pictures == len(ours) == 62
    assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))


async def test_camera_signatures_survive_recording_and_export(tmp_path: Path) -> None:
    sent = demux(shared(SIGNED))
    files = record(sent)
    out = tmp_path / "clip.mp4"
    await make_clip(MemorySource(files), 7, files[0].range, out)

    def signatures(data: list[bytes]) -> int:
        nals = [nal for one in data for nal in split_length_prefixed(one)]
        return sum(h264.nal_type(nal) == h264.NalType.SEI for nal in nals)

    before = signatures([unit.data for unit in sent if unit.track == VIDEO])
    assert signatures(packets(out)) == before > 0
