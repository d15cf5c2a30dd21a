"""Four simulated hours: the index must not drift against civil time, segments must not overlap."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from recorder.segmenter import Segmenter
from recorder.steps import AppendFragment, OpenSegment
from tests.fakes.units import H264, PCMA, START
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit
from vms.core.media.fmp4.moof import read_moof
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime

FPS, FRAMES = 5, 5  # pictures and frames of sound a second
HOURS = 4
CAMERA = 1.000_180
"""The camera's oscillator runs 180 ppm fast against civil time; its sound's 90 ppm slow."""
SOUND = 0.999_910


def camera() -> Iterator[AccessUnit]:
    """Pictures and sound in step by civil time, each counted by its own wrong clock."""
    for n in range(HOURS * 3600 * FPS):
        wall = WallTime(START + n * SECOND // FPS)
        pts = round(n * 90_000 * CAMERA / FPS)
        yield AccessUnit(VIDEO, pts, wall, n % (2 * FPS) == 0, b"\0\0\0\x02\x65\x80", H264)
        heard = round(n * 8_000 * SOUND / FRAMES)
        yield AccessUnit(AUDIO, heard, wall, True, bytes(8_000 // FRAMES), PCMA)


@dataclass
class Run:
    """What is checked of each segment while it passes; footage itself is not kept."""

    spans: list[TimeRange] = field(default_factory=list)
    largest_error: int = 0
    largest_av_error: int = 0
    zero: int = 0

    def take(self, step: object) -> None:
        if isinstance(step, OpenSegment):
            self.spans.append(TimeRange(step.identity.start, WallTime(step.identity.start + 1)))
            self.zero = step.identity.zero
        elif isinstance(step, AppendFragment):
            self._check(step)
            self.spans[-1] = TimeRange(self.spans[-1].start, step.end)

    def _check(self, step: AppendFragment) -> None:
        moof = read_moof(step.buffers[0])
        pictures, frames = moof.trafs
        by_prft = moof.wall - step.start
        seen = self.zero + int(pictures.times[0]) * SECOND // 90_000 - step.start
        heard = self.zero + int(frames.times[0]) * SECOND // 8_000 - step.start
        self.largest_error = max(self.largest_error, abs(by_prft))
        self.largest_av_error = max(self.largest_av_error, abs(seen - heard))


def test_after_four_hours_times_are_exact_and_segments_touch_without_overlap() -> None:
    segmenter, run = Segmenter(1, 7), Run()
    for one in camera():
        for step in segmenter.push(one):
            run.take(step)
    for step in segmenter.flush():
        run.take(step)

    assert run.spans[0].start == START
    assert abs(run.spans[-1].end - START - HOURS * HOUR) < 100  # the last picture's usual length
    assert all(a.end == b.start for a, b in zip(run.spans, run.spans[1:], strict=False))
    assert HOURS * 60 <= len(run.spans) <= HOURS * 60 + 1
    assert run.largest_error <= 1
    assert run.largest_av_error < 60 * 270 + 50_000  # 270 ppm within one segment, never more
    assert segmenter.skipped_units == 0
