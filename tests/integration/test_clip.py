"""Clips judged by ffprobe and PyAV: the right pictures, each byte of them, at the right time."""

import json
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from player.export.clip import ClipReport, make_clip
from tests.fakes.recordings import MemorySource, Recorded, record, shifted
from tests.fakes.units import (
    AAC,
    START,
    encode_pictures,
    encode_sound,
    grey_of,
    interleave,
    pictures,
    sound,
)
from vms.core.errors import Conflict, NotFound
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec
from vms.core.walltime import SECOND, TimeRange, WallTime


def span(start: float, end: float) -> TimeRange:
    return TimeRange(WallTime(START + round(start * SECOND)), WallTime(START + round(end * SECOND)))


async def clip(recordings: list[Recorded], wanted: TimeRange, out: Path) -> ClipReport:
    return await make_clip(MemorySource(recordings), 7, wanted, out)


def probe(path: Path) -> dict[str, Any]:
    """What ffprobe sees; it must have nothing to complain about."""
    command = ["ffprobe", "-v", "warning", "-of", "json", "-show_format", "-show_streams"]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


def shown(path: Path) -> list[tuple[float, int]]:
    """(seconds, grey) of each picture a player shows."""
    with av.open(str(path)) as container:
        return [
            (float(picture.time or 0.0), int(picture.to_ndarray()[40, 40]))
            for picture in container.decode(video=0)
        ]


def packets(path: Path, kind: str = "video") -> list[bytes]:
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        return [bytes(packet) for packet in container.demux(streams) if packet.size]


def assert_shows(path: Path, numbers: range) -> None:
    seen = shown(path)
    assert len(seen) == len(numbers)
    for (seconds, grey), number in zip(seen, numbers, strict=True):
        assert abs(grey - grey_of(number)) <= 4
        assert seconds == pytest.approx((number - numbers[0]) / 25, abs=0.0005)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@pytest.mark.parametrize("b_pictures", [0, 2])
async def test_first_and_last_picture_are_exact(
    codec: Codec, b_pictures: int, tmp_path: Path
) -> None:
    sent = encode_pictures(codec, count=250, b_pictures=b_pictures)
    out = tmp_path / "clip.mp4"
    report = await clip(record(sent, segment_seconds=3), span(1.51, 6.73), out)

    assert_shows(out, range(38, 169))
    assert (report.first, report.last) == (START + 1_520_000, START + 6_720_000)
    assert (report.pictures, report.preroll, report.gaps) == (131, 13, ())
    assert report.size == out.stat().st_size
    probed = probe(out)
    assert float(probed["format"]["duration"]) == pytest.approx(131 / 25, abs=0.001)
    assert float(probed["format"]["start_time"]) == 0
    assert probed["format"]["tags"]["creation_time"].startswith("2026-11-23T06:00:01")


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
async def test_packets_are_those_of_the_camera_byte_for_byte(codec: Codec, tmp_path: Path) -> None:
    sent = encode_pictures(codec, count=250, b_pictures=2)
    await clip(record(sent, segment_seconds=3), span(2, 8), tmp_path / "clip.mp4")

    found = packets(tmp_path / "clip.mp4")
    at = [unit.data for unit in sent].index(found[0])
    assert found == [unit.data for unit in sent[at : at + len(found)]]
    assert at == 50


async def test_a_span_of_one_picture_gives_one_picture(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    await clip(record(encode_pictures(count=50)), span(1.2, 1.24), out)

    assert_shows(out, range(30, 31))


async def test_a_clip_that_starts_at_a_key_picture_has_no_preroll(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    report = await clip(record(encode_pictures(count=100)), span(1, 3), out)

    assert_shows(out, range(25, 75))
    assert report.preroll == 0


async def test_pictures_shown_before_their_key_picture_get_what_they_refer_to(
    tmp_path: Path,
) -> None:
    sent = encode_pictures(
        Codec.H265,
        count=90,
        gop_pictures=30,
        b_pictures=3,
        options=(("x265-params", "open-gop=1"),),
    )
    key = [unit for unit in sent if unit.random_access][1]
    first = min(unit.pts for unit in sent[sent.index(key) :]) // 3600
    assert first < key.pts // 3600
    for segment_seconds in (1, 60):
        out = tmp_path / f"clip{segment_seconds}.mp4"
        wanted = span(first / 25, 2.4)
        await clip(record(sent, segment_seconds=segment_seconds), wanted, out)

        assert_shows(out, range(first, 60))


async def test_sound_starts_and_ends_with_the_pictures(tmp_path: Path) -> None:
    sent = interleave(encode_pictures(count=250), [sound(n) for n in range(500)])
    out = tmp_path / "clip.mp4"
    await clip(record(sent, segment_seconds=3), span(1.5, 6.5), out)

    frames = [unit.data for unit in sent if unit.track == AUDIO and unit.wall in span(1.52, 6.52)]
    heard = b"".join(packets(out, "audio"))
    assert b"".join(frames[:-1]) in heard
    video, sounding = (float(one["duration"]) for one in probe_quietly(out)["streams"])
    assert video == pytest.approx(5.0, abs=0.001)
    assert sounding == pytest.approx(5.0, abs=0.041)


async def test_sound_that_begins_later_stays_in_step(tmp_path: Path) -> None:
    sent = interleave(encode_pictures(count=250), [sound(n) for n in range(200, 500)])
    out = tmp_path / "clip.mp4"
    await clip(record(sent), span(2, 8), out)

    streams = {one["codec_type"]: one for one in probe_quietly(out)["streams"]}
    assert float(streams["video"]["start_time"]) == 0
    assert float(streams["audio"]["start_time"]) == pytest.approx(2.0, abs=0.001)


async def test_a_gap_lets_the_picture_before_it_stand_and_is_reported(tmp_path: Path) -> None:
    run = encode_pictures(count=50)
    later = shifted(run, pts=123_456, micros=9 * SECOND)
    out = tmp_path / "clip.mp4"
    report = await clip(record(run) + record(later), span(1, 10), out)

    seconds = [one for one, _ in shown(out)]
    steps = [after - before for before, after in pairwise(seconds)]
    assert max(steps) == pytest.approx(9 - 1.96, abs=0.001)
    assert report.gaps == (span(2, 9),)
    assert report.pictures == 50
    assert float(probe(out)["format"]["duration"]) == pytest.approx(9.0, abs=0.001)


async def test_what_lies_before_and_behind_the_recording_is_reported(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    report = await clip(record(encode_pictures(count=50)), span(-5, 60), out)

    assert_shows(out, range(50))
    assert report.gaps == (span(-5, 0), span(2, 60))


async def test_a_change_of_parameter_sets_is_a_second_sample_description(tmp_path: Path) -> None:
    large = shifted(encode_pictures(count=50, size=(256, 192)), pts=180_000, micros=2 * SECOND)
    out = tmp_path / "clip.mp4"
    report = await clip(record(encode_pictures(count=50) + large), span(1, 3), out)

    assert len(report.codecs) == 2
    with av.open(str(out)) as container:
        sizes = [(picture.width, picture.height) for picture in container.decode(video=0)]
    assert sizes == [(128, 96)] * 25 + [(256, 192)] * 25


async def test_a_change_of_codec_is_refused_with_the_moment_to_cut_at(tmp_path: Path) -> None:
    other = shifted(encode_pictures(Codec.H265, count=50), pts=180_000, micros=2 * SECOND)
    out = tmp_path / "clip.mp4"
    with pytest.raises(Conflict, match="2026-11-23T06:00:02"):
        await clip(record(encode_pictures(count=50) + other), span(1, 3), out)

    assert list(tmp_path.iterdir()) == []


async def test_a_stream_of_sound_only_gives_a_clip_of_sound(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    recordings = record([sound(n) for n in range(500)], video=False)
    report = await clip(recordings, span(2, 4), out)

    (stream,) = probe_quietly(out)["streams"]
    assert (stream["codec_name"], float(stream["duration"])) == ("pcm_alaw", 2.0)
    assert report.pictures == 100


async def test_where_nothing_is_recorded_no_file_is_left(tmp_path: Path) -> None:
    recordings = record(encode_pictures(count=50))
    for wanted in (span(5, 6), span(1.01, 1.03)):
        with pytest.raises(NotFound, match="nothing is recorded"):
            await clip(recordings, wanted, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_a_clock_corrected_by_500_ppm_leaves_every_picture_in_place(tmp_path: Path) -> None:
    slewed = [
        replace(unit, wall=WallTime(START + round((unit.wall - START) * 1.0005)))
        for unit in encode_pictures(count=250)
    ]
    out = tmp_path / "clip.mp4"
    report = await clip(record(slewed), span(0, 60), out)

    last, _ = shown(out)[-1]
    assert last == pytest.approx((slewed[-1].wall - START) / SECOND, abs=0.0015)
    assert report.last == pytest.approx(slewed[-1].wall, abs=1100)


async def test_an_hour_stays_exact(tmp_path: Path) -> None:
    sent = interleave(pictures(3600, gop_pictures=50), [sound(n, used=AAC) for n in range(56_250)])
    out = tmp_path / "clip.mp4"
    report = await clip(record(sent), span(10, 3590), out)

    assert report.pictures == 3580 * 25
    video = probe_quietly(out)["streams"][0]
    assert float(video["duration"]) == pytest.approx(3580, abs=0.01)


def probe_quietly(path: Path) -> dict[str, Any]:
    """As `probe`, but a guess of the channel layout of G.711 may be told."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams"]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def units_of(track: int, recordings: list[Recorded]) -> list[AccessUnit]:
    return [unit for one in recordings for unit in one.units() if unit.track == track]


async def test_a_segment_by_itself_is_a_file_that_ffprobe_and_pyav_play(tmp_path: Path) -> None:
    for codec in (Codec.H264, Codec.H265):
        for b_pictures in (0, 2):
            sent = encode_pictures(codec, count=100, b_pictures=b_pictures)
            (file,) = record(sent)
            path = tmp_path / "segment.mp4"
            path.write_bytes(file.data)

            assert_shows_from_zero(path, 100)
            assert packets(path) == [unit.data for unit in sent]
            assert float(probe(path)["format"]["duration"]) == pytest.approx(4.0, abs=0.1)
            assert units_of(VIDEO, [file]) == sent


def assert_shows_from_zero(path: Path, count: int) -> None:
    seen = shown(path)
    first = seen[0][0]
    assert [round((seconds - first) * 25) for seconds, _ in seen] == list(range(count))
    assert all(abs(grey - grey_of(n)) <= 4 for n, (_, grey) in enumerate(seen))


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        (Codec.AAC, "aac"),
        (Codec.OPUS, "opus"),
        (Codec.PCMA, "pcm_alaw"),
        (Codec.PCMU, "pcm_mulaw"),
    ],
)
async def test_sound_of_every_kind_is_played_beside_the_pictures(
    codec: Codec, name: str, tmp_path: Path
) -> None:
    frames = encode_sound(codec)
    files = record(interleave(encode_pictures(count=100), frames))
    segment, out = tmp_path / "segment.mp4", tmp_path / "clip.mp4"
    segment.write_bytes(files[0].data)
    await clip(files, span(1, 3), out)

    assert b"".join(packets(segment, "audio")) == b"".join(unit.data for unit in frames)
    for path, seconds in ((segment, 4.0), (out, 2.0)):
        streams = {one["codec_type"]: one for one in probe_quietly(path)["streams"]}
        assert streams["audio"]["codec_name"] == name
        assert float(streams["audio"]["duration"]) == pytest.approx(seconds, abs=0.1)
        assert loudness(path) > 0.3


def loudness(path: Path) -> float:
    """Highest amplitude of the decoded sound, 1 is the most there is."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono")
        frames = [out for one in container.decode(audio=0) for out in resampler.resample(one)]
    return max(float(np.abs(np.asarray(one.to_ndarray())).max()) for one in frames)
