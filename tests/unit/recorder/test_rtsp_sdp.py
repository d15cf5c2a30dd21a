"""Session descriptions of invented cameras, and of real ones where their answers are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recorder.errors import CameraError
from recorder.rtsp.sdp import (
    AUDIO_ENCODINGS,
    VIDEO_ENCODINGS,
    Description,
    audio_config,
    parameter_sets,
    read_description,
)
from recorder.rtsp.tracks import audio_receiver, video_receiver
from recorder.rtsp.urls import base_url, control_url, read_address
from vms.core.media.access_unit import Codec
from vms.core.media.codec import video_format
from vms.core.model import Cause

DATA = Path(__file__).parents[2] / "data" / "rtsp"
SHARED = Path(__file__).parents[3].parent / "shared" / "fixtures" / "rtsp"


def body_of(path: Path) -> bytes:
    data = path.read_bytes().replace(b"\r\n", b"\n")
    return data.partition(b"\n\n")[2] if data.startswith(b"RTSP") else data


def described(name: str) -> Description:
    return read_description(body_of(DATA / name))


def real(name: str) -> Description:
    path = SHARED / f"{name}.txt"
    if not path.exists():
        pytest.skip("../shared/fixtures/rtsp is not here: real cameras' answers are not tried")
    return read_description(body_of(path))


def test_a_tidy_camera() -> None:
    description = described("describe_tidy.txt")
    video = description.first("video", VIDEO_ENCODINGS)
    audio = description.first("audio", AUDIO_ENCODINGS)
    assert video is not None
    assert audio is not None
    assert (video.encoding, video.rate, video.control) == ("H264", 90_000, "trackID=1")
    assert (audio.encoding, audio.rate) == ("MPEG4-GENERIC", 16_000)
    assert audio_config(audio) == b"\x14\x08"
    assert len(parameter_sets(video)) == 2
    assert description.control == "*"


def test_an_untidy_camera() -> None:
    description = described("describe_untidy.txt")
    video = description.first("video", VIDEO_ENCODINGS)
    audio = description.first("audio", AUDIO_ENCODINGS)
    assert video is not None
    assert audio is not None
    assert len(parameter_sets(video)) == 2  # though they stood under sound, one of them broken
    assert audio.control == "rtsp://192.168.1.64/h264/audio"  # not the back channel


def test_h265_without_parameter_sets() -> None:
    video = described("describe_h265_bare.txt").first("video", VIDEO_ENCODINGS)
    assert video is not None
    assert parameter_sets(video) == []
    assert video_receiver(video).depacketizer.dropped == 0


def test_a_description_without_media_is_refused() -> None:
    with pytest.raises(CameraError) as caught:
        read_description(b"v=0\r\ns=nothing\r\n")
    assert caught.value.cause is Cause.PROTOCOL


def test_sound_that_says_too_little_is_left_out() -> None:
    description = read_description(b"m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/90000\n")
    audio = description.first("audio", AUDIO_ENCODINGS)
    assert audio is not None
    assert audio_receiver(audio) is None


@given(some.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    try:
        description = read_description(b"m=video 0 RTP/AVP 96\n" + body)
    except CameraError:
        return
    for media in description.media:
        parameter_sets(media)
        audio_config(media)


REAL = {
    "anjvision_describe": (Codec.H265, 1280, 704),
    "bunny_describe": (Codec.H264, 240, 160),
    "dahua_describe_h264_aac_onvif": (Codec.H264, 704, 480),
    "dahua_describe_h265_pcma": (Codec.H265, 704, 480),
    "foscam_describe": (Codec.H264, 1280, 720),
    "geovision_sdp": (Codec.H264, 2688, 1520),
    "gw_main_describe": (Codec.H264, 1920, 1080),
    "h264dvr_describe": (Codec.H264, 1920, 1080),
    "hikvision_describe": (Codec.H264, 1920, 1080),
    "missing_content_type_describe": (Codec.H264, None, None),
    "reolink_describe": (Codec.H264, 2560, 1440),
}


@pytest.mark.parametrize("name", REAL)
def test_real_cameras_describe_a_picture_of_the_right_size(name: str) -> None:
    codec, width, height = REAL[name]
    video = real(name).first("video", VIDEO_ENCODINGS)
    assert video is not None
    assert video.encoding.lower() == codec
    sets = parameter_sets(video)
    found = video_format(codec, [nal.rstrip(b"\0") or nal for nal in sets])
    if width is not None:
        assert (found.width, found.height) == (width, height)


def test_a_real_camera_with_odd_parameter_sets_is_still_described() -> None:
    video = real("ipcam_describe").first("video", VIDEO_ENCODINGS)
    assert video is not None
    assert len(parameter_sets(video)) == 2


BASES = [
    ("rtsp://cam/live", "", "trackID=1", "rtsp://cam/live/trackID=1"),
    ("rtsp://cam/live", "rtsp://10.0.0.9:554/live/main/", "t=1", "rtsp://cam/live/main/t=1"),
    ("rtsp://cam/x", "rtsp://rtsp://192.168.1.64/h264?c=1", "v", "rtsp://cam/h264?c=1/v"),
    ("rtsp://cam:8554/x", "192.168.1.10:554/s0/", "track1", "rtsp://cam:8554/s0/track1"),
    ("rtsp://cam/x", "rtsp://[::ffff:10.0.0.9]:554/s/", "1", "rtsp://cam/s/1"),
    ("rtsp://cam/x", "rtsp://h/a", "rtsp://10.0.0.9/a/b?c", "rtsp://cam/a/b?c"),
    ("rtsp://cam/x", "nonsense", "1", "rtsp://cam/x/1"),
    ("rtsp://cam/x", "/y/", "1", "rtsp://cam/y/1"),
    ("rtsp://cam/x", "", "*", "rtsp://cam/x"),
    ("rtsp://cam/x/", "", "/1", "rtsp://cam/x//1"),
]


@pytest.mark.parametrize(("dialled", "content_base", "control", "expected"), BASES)
def test_controls_stand_on_the_place_that_was_dialled(
    dialled: str, content_base: str, control: str, expected: str
) -> None:
    address = read_address(dialled)
    assert control_url(address, base_url(address, content_base), control) == expected
