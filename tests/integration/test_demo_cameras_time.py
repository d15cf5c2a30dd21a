"""The time code in decoded pictures against the clock, and against sender reports."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import av
import pytest

from tests.servers.cameras import FPS, Cameras, run_cameras, small
from vms.core.walltime import MINUTE, SECOND, WallTime
from vms.demo import timecode
from vms.demo.cameras import DEMO_CAMERAS

PICTURE = round(SECOND / FPS)


@dataclass(frozen=True)
class Seen:
    """A decoded picture: what it shows, when it came, and what sender reports say of it."""

    shown: WallTime
    arrived: int
    reported: int | None
    width: int


def watch(url: str, pictures: int, *, transport: str = "tcp") -> Iterator[Seen]:
    with av.open(url, options={"rtsp_transport": transport}, timeout=30) as container:
        for packet in container.demux(container.streams.video[0]):
            arrived = time.time_ns() // 1000
            told = bytes(packet.get_sidedata("prft")) if packet.has_sidedata("prft") else None
            reported = struct.unpack_from("<q", told)[0] if told else None
            for frame in packet.decode():
                shown = timecode.read(frame.reformat(format="gray").to_ndarray())
                assert shown is not None, "no time code in a decoded picture"
                yield Seen(shown, arrived, reported, frame.width)
                pictures -= 1
            if pictures <= 0:
                return


@pytest.mark.parametrize(
    ("key", "role"), [("harbour", "main"), ("harbour", "sub"), ("kuala", "main")]
)
def test_every_picture_shows_its_own_time(cameras: Cameras, key: str, role: str) -> None:
    seen = list(watch(cameras.url(key, role, credentials=True), 30))
    steps = {after.shown - before.shown for before, after in pairwise(seen)}
    assert {step % PICTURE for step in steps} == {0}
    assert min(steps) == PICTURE
    assert all(picture.shown < picture.arrived for picture in seen)


def test_a_picture_is_sent_as_soon_as_it_is_seen(cameras: Cameras) -> None:
    """Arrival minus shown time, in the best case: libavformat itself holds one picture back."""
    seen = list(watch(cameras.url("gate", "sub", credentials=True), 60))
    assert min(picture.arrived - picture.shown for picture in seen) < 2 * PICTURE


def test_sender_reports_say_the_time_that_is_in_the_picture(cameras: Cameras) -> None:
    seen = list(watch(cameras.url("street", "main", credentials=True), 30))
    told = [abs(picture.reported - picture.shown) for picture in seen[5:] if picture.reported]
    assert len(told) > 20
    assert max(told) <= 1500


def test_shifted_reports_are_off_by_what_was_asked_for(cameras: Cameras) -> None:
    cameras.misbehave("street", "report-offset", 3600)
    seen = list(watch(cameras.url("street", "main", credentials=True), 12))
    told = [picture.reported - picture.shown for picture in seen[5:] if picture.reported]
    assert told
    assert all(abs(offset - 3600 * SECOND) <= 1500 for offset in told)


def test_a_resized_stream_goes_on_with_other_parameter_sets(cameras: Cameras) -> None:
    widths: list[int] = []
    for picture in watch(cameras.url("mosque", "sub", credentials=True), 40):
        if not widths:
            cameras.misbehave("mosque", "resize")
        widths.append(picture.width)
    cameras.misbehave("mosque", "resize")
    assert sorted(set(widths)) == [208, 320]


def test_a_looped_camera_is_true_modulo_one_minute() -> None:
    camera = small(DEMO_CAMERAS[2])
    tiny = replace(camera.main, width=320, height=180, constant_rate=True, kbit_per_second=300)
    with run_cameras((replace(camera, looped=True, main=tiny, sub=tiny),)) as cameras:
        list(watch(cameras.url("gate", "sub", credentials=True), 1))  # codes the loop
        seen = list(watch(cameras.url("gate", "sub", credentials=True), 60))
    assert all(picture.shown < MINUTE for picture in seen)
    full = [timecode.unfold(picture.shown, WallTime(picture.arrived)) for picture in seen]
    ages = [picture.arrived - time for picture, time in zip(seen, full, strict=True)]
    assert 0 < min(ages) < 3 * PICTURE
