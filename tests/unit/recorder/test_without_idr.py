"""Cameras that send no IDR picture after their first, joined late, are recorded all the same."""

from __future__ import annotations

from recorder.rtp.h264 import H264Depacketizer
from recorder.segmenter import Segmenter
from recorder.steps import OpenSegment
from tests.fakes.recordings import gathered, steps_of
from tests.fakes.units import PPS, SPS, wall_of
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.media.entry import PATIENCE_PICTURES
from vms.core.media.fmp4 import parse_init

SLICE_P = b"\x41\x9a\x80" + bytes(30)
RECOVERY = b"\x06\x06\x01\xc4\x80"


def joined_late(count: int, refreshed_every: int) -> list[AccessUnit]:
    """Pictures of a stream whose encoder only refreshes, out of RTP."""
    reader = H264Depacketizer([SPS, PPS])
    for number in range(count):
        if number % refreshed_every == 0:
            reader.push(RECOVERY, 0, len(RECOVERY), False, number * 3600)
        reader.push(SLICE_P, 0, len(SLICE_P), True, number * 3600)
    return [
        AccessUnit(
            VIDEO,
            one.timestamp,
            wall_of(one.timestamp, 90_000),
            one.random_access,
            one.data,
            one.format,
        )
        for one in reader.ready
    ]


def test_recording_starts_at_a_recovery_point_once_no_idr_has_come_for_four_seconds() -> None:
    units = joined_late(1000, refreshed_every=30)
    segmenter = Segmenter(3, 7, segment_seconds=10)
    files = gathered(steps_of(units, segmenter))

    assert segmenter.skipped_units <= PATIENCE_PICTURES + 30
    assert sum(len(file.units()) for file in files) == 1000 - segmenter.skipped_units
    assert all(file.gops[0].key_size > 0 for file in files)


def test_parameter_sets_sent_again_and_again_cut_nothing() -> None:
    reader = H264Depacketizer([SPS, PPS])
    for number in range(100):
        for nal in (SPS, PPS):
            reader.push(nal, 0, len(nal), True, number * 3600)
        key = b"\x65\x88\x80" + bytes(30) if number % 25 == 0 else SLICE_P
        reader.push(key, 0, len(key), True, number * 3600)
    units = [
        AccessUnit(
            VIDEO,
            one.timestamp,
            wall_of(one.timestamp, 90_000),
            one.random_access,
            one.data,
            one.format,
        )
        for one in reader.ready
    ]
    steps = steps_of(units, Segmenter(3, 7))

    assert len(units) >= 99
    assert sum(isinstance(step, OpenSegment) for step in steps) == 1
    (file,) = gathered(steps)
    assert [used.parameter_sets for used in parse_init(bytes(file.data)).formats.values()] == [
        (SPS, PPS)
    ]
