"""What holds of every reader of a camera's bytes, whatever they are; and that what was packed comes
out as it went in."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as some

from recorder.errors import CameraError
from recorder.rtp.audio import AacFrames, WholeFrames
from recorder.rtp.depacketizer import Depacketizer
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.h265 import H265Depacketizer
from recorder.rtp.packet import read_header
from recorder.rtp.rtcp import read_sender_report, says_bye
from recorder.rtsp.answers import channels_in, session_in
from recorder.rtsp.auth import Credentials, read_challenges
from recorder.rtsp.formats import read_parameters, sets_in
from recorder.rtsp.protocol import Headers
from recorder.rtsp.sdp import read_description
from recorder.rtsp.urls import base_url, control_urls, read_address, split_credentials
from tests.fakes.rtp import Sender, fu_a, fu_h265, packet, stap_a
from tests.fakes.units import AAC, PCMA, PPS, SPS
from tests.fuzz.corpus import H265_SETS
from vms.core.media.audio import opus_format
from vms.core.media.nal import split_annex_b, split_length_prefixed
from vms.core.secret import Secret

BODY = some.binary(min_size=2, max_size=400).filter(lambda data: b"\0\0" not in data)
SIZES = some.integers(3, 200)
LINES = some.lists(
    some.text(max_size=60) | some.sampled_from(["m=video 0 RTP/AVP 96", "a=fmtp:96"])
)


@given(some.lists(BODY, min_size=1, max_size=4), SIZES)
def test_h264_comes_out_as_it_went_in_however_it_is_cut(bodies: list[bytes], size: int) -> None:
    nals = [SPS, PPS, *(b"\x65\x88" + body + b"\x80" for body in bodies)]
    payloads = [stap_a(nals[:2])]
    for nal in nals[2:]:
        payloads += fu_a(nal, size) if len(nal) > size else [nal]
    (picture,) = Sender(H264Depacketizer()).send(*payloads, timestamp=1)
    assert split_length_prefixed(picture.data) == nals


@given(some.lists(BODY, min_size=1, max_size=4), SIZES)
def test_h265_comes_out_as_it_went_in_however_it_is_cut(bodies: list[bytes], size: int) -> None:
    nals = [*H265_SETS, *(b"\x26\x01\xaf" + body + b"\x80" for body in bodies)]
    payloads = list(nals[:3])
    for nal in nals[3:]:
        payloads += fu_h265(nal, size) if len(nal) > size + 1 else [nal]
    (picture,) = Sender(H265Depacketizer()).send(*payloads, timestamp=1)
    assert split_length_prefixed(picture.data) == nals


@given(some.lists(some.binary(min_size=1, max_size=200), min_size=1, max_size=6))
def test_aac_frames_come_out_as_they_went_in(frames: list[bytes]) -> None:
    bare = [b"\x01" + frame for frame in frames]  # a frame of sound never begins as ADTS does
    headers = b"".join((len(frame) << 3).to_bytes(2, "big") for frame in bare)
    payload = (16 * len(bare)).to_bytes(2, "big") + headers + b"".join(bare)
    out = Sender(AacFrames(AAC)).send(payload, timestamp=5)
    assert [coded.data for coded in out] == bare
    assert [coded.timestamp for coded in out] == [5 + 1024 * n for n in range(len(bare))]


@given(some.binary(min_size=1, max_size=400), some.sampled_from([PCMA, opus_format()]))
def test_g711_and_opus_come_out_as_they_went_in(frame: bytes, used: object) -> None:
    assert used in (PCMA, opus_format())
    (coded,) = Sender(WholeFrames(PCMA if used == PCMA else opus_format())).send(frame, timestamp=9)
    assert (coded.data, coded.timestamp) == (frame, 9)


@settings(max_examples=200)
@given(
    some.lists(some.tuples(some.binary(max_size=60), some.booleans(), some.integers(0, 5))),
    some.sampled_from(["h264", "h265", "aac"]),
)
def test_whatever_payloads_hold_only_whole_units_come_out(
    packets: list[tuple[bytes, bool, int]], name: str
) -> None:
    makers: dict[str, Depacketizer] = {
        "h264": H264Depacketizer([SPS, PPS]),
        "h265": H265Depacketizer(H265_SETS),
        "aac": AacFrames(AAC),
    }
    depacketizer = makers[name]
    for payload, marker, timestamp in packets:
        depacketizer.push(payload, 0, len(payload), marker, timestamp)
    for coded in depacketizer.ready:
        assert coded.data
        if name != "aac":
            assert b"".join(split_length_prefixed(coded.data))


@given(some.binary(max_size=80))
def test_an_rtp_header_lies_within_its_packet_or_is_none(data: bytes) -> None:
    header = read_header(data, 0, len(data))
    if header is not None:
        assert 12 <= header.start <= header.end <= len(data)


@given(some.binary(max_size=80), some.integers(0, 0xFFFF), some.booleans())
def test_an_rtp_packet_is_read_as_it_was_written(
    payload: bytes, sequence: int, marker: bool
) -> None:
    data = packet(payload, sequence=sequence, timestamp=7, marker=marker, ssrc=3)
    header = read_header(data, 0, len(data))
    assert header is not None
    assert (header.sequence, header.marker, header.ssrc) == (sequence, marker, 3)
    assert data[header.start : header.end] == payload


@given(some.binary(max_size=120))
def test_rtcp_of_any_bytes_is_a_report_or_none(data: bytes) -> None:
    report = read_sender_report(data, 0, len(data))
    assert report is None or len(data) >= 20
    assert says_bye(data, 0, len(data)) in (True, False)


@given(some.text(max_size=300))
def test_challenges_of_any_text_are_answered_or_not(text: str) -> None:
    headers = Headers([("www-authenticate", text)])
    credentials = Credentials("u", Secret("hunter2"))
    answered = credentials.challenge(headers)
    assert answered == any(offer.strength >= 0 for offer in read_challenges(headers))
    assert "hunter2" not in credentials.header("PLAY", "rtsp://cam/")


@given(some.text(max_size=100))
def test_whatever_a_camera_calls_itself_only_what_was_dialled_is_asked(text: str) -> None:
    dialled = read_address("rtsp://cam:8554/live")
    urls = control_urls(dialled, base_url(dialled, text), text)
    assert all(url.startswith("rtsp://cam:8554") for url in urls)


@given(some.text(max_size=40))
def test_an_escaped_password_of_any_letters_is_taken_out_of_an_address(password: str) -> None:
    url = f"rtsp://admin:{quote(password, safe='', errors='replace')}@192.0.2.1/live"
    plain, user, found = split_credentials(url)
    assert (plain, user) == ("rtsp://192.0.2.1/live", "admin")
    assert found == password.encode("utf-8", "replace").decode()


@given(some.text(max_size=120))
def test_fields_of_any_text_give_possible_numbers(text: str) -> None:
    assert all(0 <= number < 256 for number in channels_in(text, 0))
    timeout = session_in(text)[1]
    assert timeout is None or 4 <= timeout <= 120
    assert all(sets_in(read_parameters("96 " + text)[1]))


@given(LINES)
def test_descriptions_of_any_lines_are_read_or_refused(lines: list[str]) -> None:
    with suppress(CameraError):
        for media in read_description("\r\n".join(lines).encode("utf-8", "replace")).media:
            assert media.payload_type < 1000


@given(some.binary(max_size=200))
def test_cutting_at_start_codes_leaves_none_inside(data: bytes) -> None:
    assert not any(b"\0\0\1" in nal for nal in split_annex_b(data))
