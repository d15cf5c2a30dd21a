"""Session descriptions with faults that real ones have: our own in `tests/data`, the field's beside
the project. Each opens a session at the right addresses and says the right picture and sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.rtsp.sdp import parameter_sets, read_description
from recorder.rtsp.tracks import audio_receiver, video_receiver
from tests.fakes.answers import (
    OWN,
    AnsweringCamera,
    answer_in,
    body_of,
    ok,
    open_with,
    shared_fixtures,
)
from vms.core.media.access_unit import Codec
from vms.core.media.codec import video_format

BASE = "rtsp://192.0.2.1:554/base/"
CAM = "rtsp://cam/base/"
SMALL, HD = (128, 96), (1280, 720)
MAKERS = {
    "several_formats_in_a_section": (HD, [CAM + "trackID=1", CAM + "trackID=2"], "PCMU"),
    "same_number_for_picture_and_sound": (HD, [CAM + "video", CAM + "audio"], "MPEG4-GENERIC"),
    "controls_above_their_sections": (HD, [CAM + "track1", CAM + "track2"], "MPEG4-GENERIC"),
    "single_section_controlled_by_the_session": (HD, [CAM + "stream=0"], ""),
    "maker_named_application": (HD, [CAM + "track1", CAM + "track2"], "PCMA"),
    "parameters_parted_by_spaces": (HD, ["rtsp://cam/media/video1/video"], ""),
    "no_space_after_the_format": (HD, [CAM + "trackID=0"], ""),
    "start_codes_in_parameter_sets": (HD, [CAM + "video"], ""),
    "null_parameter_sets": (None, [CAM + "video", CAM + "audio"], "MPEG4-GENERIC"),
    "h265_without_vps": (None, [CAM + "trackID=1"], ""),
    "h265_called_hevc": (SMALL, [CAM + "trackID=1"], ""),
    "picture_of_no_name": (HD, [CAM + "1"], ""),
    "number_listed_and_mapped_differ": (HD, [CAM + "1"], ""),
    "directions_seen_from_the_camera": (
        HD,
        ["rtsp://cam/profile1/trackID=v", "rtsp://cam/profile1/trackID=a"],
        "PCMU",
    ),
    "loudspeaker_before_microphone": (HD, [CAM + "trackID=0", CAM + "trackID=1"], "OPUS"),
    "capitals_and_lonely_returns": (HD, [CAM + "video"], ""),
}


def test_every_description_of_ours_is_tried() -> None:
    assert {path.stem for path in (OWN / "makers").glob("*.txt")} == MAKERS.keys()


@pytest.mark.parametrize("name", MAKERS)
def test_an_untidy_description_opens_a_session(name: str) -> None:
    size, urls, sound = MAKERS[name]
    body = (OWN / "makers" / f"{name}.txt").read_bytes()
    camera = AnsweringCamera(DESCRIBE=ok(body, content_base=BASE))
    dialog, channels = open_with(camera)
    assert camera.urls("SETUP") == urls
    picture, *others = [channel.media for channel in channels]
    assert [each.encoding for each in others] == ([sound] if sound else [])
    assert all(audio_receiver(each) is not None for each in others)
    assert video_receiver(picture).depacketizer.dropped == 0
    if size is not None:
        found = video_format(Codec(picture.encoding.lower()), parameter_sets(picture))
        assert (found.width, found.height) == size
    assert dialog.session == "77"


DESCRIBED = [path for path in shared_fixtures() if path.stem.endswith(("_describe", "_sdp"))] + [
    path for path in shared_fixtures() if "_describe_" in path.stem
]


@pytest.mark.skipif(not DESCRIBED, reason="../shared/fixtures/rtsp is not here")
@pytest.mark.parametrize("path", DESCRIBED, ids=lambda path: path.stem)
def test_every_real_cameras_description_opens_a_session(path: Path) -> None:
    camera = AnsweringCamera(DESCRIBE=answer_in(path))
    dialog, channels = open_with(camera)
    picture, *sound = [channel.media for channel in channels]
    said = body_of(path).decode()
    assert picture.encoding in ("H264", "H265")
    assert len(parameter_sets(picture)) == (3 if picture.encoding == "H265" else 2)
    assert video_format(Codec(picture.encoding.lower()), parameter_sets(picture)).width > 0
    assert len(sound) == said.count("m=audio")
    assert all(audio_receiver(each) is not None for each in sound)
    assert len(dialog.ignored) == said.count("m=application")


OTHERS = [path for path in shared_fixtures() if path not in DESCRIBED]


@pytest.mark.skipif(not OTHERS, reason="../shared/fixtures/rtsp is not here")
@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_other_real_answer_is_read(path: Path) -> None:
    answer = answer_in(path)
    assert answer.status == (401 if "unauthorized" in path.stem else 200)
    if "play" in path.stem or "rtptime" in path.stem:
        _, channels = open_with(AnsweringCamera(PLAY=answer))
        assert len(channels) == 2


def test_formats_without_a_word_about_them_are_no_more_than_unnamed() -> None:
    (media,) = read_description(b"m=video 0 RTP/AVP 96").media
    assert (media.encoding, media.payload_type, media.parameters) == ("", 96, {})
