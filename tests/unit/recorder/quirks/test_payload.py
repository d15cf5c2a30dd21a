"""Quirks 22 to 33 of docs/ref/quirks.md: what cameras put into RTP."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import pytest

from recorder.rtp.audio import AacFrames
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.h265 import H265Depacketizer
from recorder.rtp.pace import Pace
from recorder.rtp.parameters import ParameterSets
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.timeline import MediaClock
from recorder.rtsp.choice import choose
from recorder.rtsp.sdp import parameter_sets, read_description
from recorder.rtsp.tracks import audio_receiver
from tests.fakes.rtp import Sender, fu_a, packet
from tests.fakes.units import AAC, PPS, SPS
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec, TrackFormat
from vms.core.media.nal import split_length_prefixed
from vms.core.walltime import WallTime

IDR = b"\x65\x88" + bytes(range(1, 200)) * 20
SLICE = b"\x41\x9a" + bytes(range(1, 150)) * 4
LATER = b"\x41\x42" + bytes(range(1, 90))  # a slice with first_mb_in_slice not 0
SEI, AUD = b"\x06\x05\x04abcd\x80", b"\x09\xf0"
OTHER_SPS = bytes.fromhex("6742c01fda01e0089f970110000003001000000303c0f1832a")
START = b"\0\0\0\1"


def described(*sets: bytes) -> Sender:
    return Sender(H264Depacketizer(sets or (SPS, PPS)))


def nals(data: bytes) -> list[bytes]:
    return split_length_prefixed(data)


def described_with(parameters: str, encoding: str = "H264") -> list[bytes]:
    body = f"m=video 0 RTP/AVP 96\na=rtpmap:96 {encoding}/90000\na=fmtp:96 {parameters}\n"
    return parameter_sets(read_description(body.encode()).media[0])


# 22: parameter sets that are missing or broken in the description


@pytest.mark.parametrize(
    "parameters",
    ["", "sprop-parameter-sets=", "sprop-parameter-sets=,", "sprop-parameter-sets=%%%,#", "x"],
)
def test_q22_without_parameter_sets_in_the_description_those_in_band_are_used(
    parameters: str,
) -> None:
    sender = Sender(H264Depacketizer(described_with(parameters)))
    assert sender.send(SLICE, timestamp=1) == []
    (picture,) = sender.send(SPS, PPS, IDR, timestamp=2)
    assert picture.format.parameter_sets == (SPS, PPS)


def test_q22_parameter_sets_that_are_nonsense_wait_for_those_in_band() -> None:
    nonsense = b64encode(b"\x67\xff\xff").decode() + "," + b64encode(b"\x68").decode()
    sender = Sender(H264Depacketizer(described_with(f"sprop-parameter-sets={nonsense}")))
    assert sender.send(SLICE, timestamp=1) == []
    (picture,) = sender.send(SPS, PPS, IDR, timestamp=2)
    assert (picture.format.width, picture.format.height) == (1280, 720)


def test_q22_h265_without_its_vps_in_the_description_takes_it_from_the_pictures() -> None:
    sps = "QgEBAWAAAAMAkAAAAwAAAwAeoBAgYWW6SkwuaAgAAAMACAAAAwDIQA=="
    given = described_with(f"sprop-sps={sps};sprop-pps=RAHAc8GJ", "H265")
    vps, sps_nal, pps = bytes.fromhex("40010c01ffff01600000030090000003000003001eba0240"), *given
    sender = Sender(H265Depacketizer(given))
    assert sender.send(b"\x02\x01\xd0abc", timestamp=1) == []
    (picture,) = sender.send(vps, sps_nal, pps, b"\x26\x01\xafabc", timestamp=2)
    assert (picture.format.width, picture.format.height) == (128, 96)


def test_q22_sets_in_band_replace_described_ones_of_another_identifier() -> None:
    """The description holds a set 1 of another size; the pictures bring set 0."""
    stale = bytes.fromhex("6742c01f6d0140") + OTHER_SPS[7:]  # sps identifier 2
    sets = ParameterSets(Codec.H264, [stale, PPS])
    sets.note(SPS)
    used = sets.format()
    assert used is not None
    assert used.parameter_sets == (SPS, PPS)


# 23: start codes in the description and in RTP


@pytest.mark.parametrize(
    "given", [START + SPS + START + PPS, SPS + START + PPS + START, START + SPS + b"\0\0\1" + PPS]
)
def test_q23_start_codes_in_the_description_are_taken_off(given: bytes) -> None:
    assert described_with(f"sprop-parameter-sets={b64encode(given).decode()}") == [SPS, PPS]


@pytest.mark.parametrize(
    "payloads",
    [
        [START + SPS + START + PPS + START + IDR],
        [SPS + START + PPS + START + IDR],
        [START + SPS, START + PPS, START + IDR],
        fu_a(b"\0" + START[1:] + SPS + START + PPS + START + IDR, 500),
        [*fu_a(SPS + START + PPS, 9), IDR],
    ],
)
def test_q23_start_codes_inside_rtp_are_cut_at(payloads: Sequence[bytes]) -> None:
    (picture,) = described().send(*payloads, timestamp=1)
    assert nals(picture.data) == [SPS, PPS, IDR]
    assert picture.random_access


# 24: bytes behind a parameter set


@pytest.mark.parametrize("tail", [b"\0", b"\0\0\0\0", b"\x80"])
def test_q24_bytes_behind_an_sps_do_not_hide_its_size(tail: bytes) -> None:
    (picture,) = described().send(SPS + tail, PPS, IDR, timestamp=1)
    assert (picture.format.width, picture.format.height) == (1280, 720)


def test_q24_an_sps_with_now_more_and_now_fewer_zeros_behind_it_is_the_same() -> None:
    sender = described()
    formats = [sender.send(SPS + b"\0" * n, PPS, IDR, timestamp=n)[0].format for n in (0, 1, 0, 3)]
    assert all(each is formats[0] for each in formats)


# 25: marker bits


@pytest.mark.parametrize("lone", [SPS, PPS, SEI, AUD])
def test_q25_a_marker_on_what_is_no_picture_ends_none(lone: bytes) -> None:
    sender = described()
    assert sender.send(lone, timestamp=1) == []
    (picture,) = sender.send(IDR, timestamp=1)
    assert nals(picture.data) == [lone, IDR]


def test_q25_without_any_marker_the_timestamp_ends_pictures() -> None:
    sender = described()
    sent = [sender.send(SLICE, LATER, timestamp=n, marker=False) for n in range(5)]
    assert [[nals(one.data) for one in each] for each in sent] == [[], *[[[SLICE, LATER]]] * 4]


# 26: fragmentation


def test_q26_fragments_whose_headers_disagree_are_one_unit_of_the_first_ones_kind() -> None:
    first, *rest = fu_a(IDR, 700)
    odd = [bytes((0x5C, piece[1] & 0xE0 | 1)) + piece[2:] for piece in rest]
    (picture,) = described().send(first, *odd, timestamp=1)
    assert nals(picture.data) == [IDR]


def test_q26_a_unit_in_a_single_fragment_is_whole() -> None:
    (picture,) = described().send(*fu_a(SLICE, 10_000), timestamp=1)
    assert nals(picture.data) == [SLICE]


def test_q26_several_units_in_one_fragmented_unit_are_cut_apart() -> None:
    (picture,) = described().send(*fu_a(SPS + START + PPS + START + IDR, 900), timestamp=1)
    assert nals(picture.data) == [SPS, PPS, IDR]


@pytest.mark.parametrize("empty", [b"\x7c", b"\x7c\x05", b"\x7c\x45", b""])
def test_q26_an_empty_fragment_costs_nothing(empty: bytes) -> None:
    pieces = fu_a(IDR, 900)
    (picture,) = described().send(pieces[0], empty, *pieces[1:], timestamp=1)
    assert nals(picture.data) == [IDR]


def test_q26_a_unit_without_its_end_bit_ends_with_the_next_one() -> None:
    pieces = fu_a(SEI, 3)
    pieces[-1] = bytes((pieces[-1][0], pieces[-1][1] & ~0x40)) + pieces[-1][2:]
    (picture,) = described().send(*pieces, SLICE, timestamp=1)
    assert nals(picture.data) == [SEI, SLICE]


# 27: joining in the middle


def test_q27_a_stream_joined_in_the_middle_of_a_picture_begins_with_the_next() -> None:
    sender = described()
    assert sender.send(*fu_a(IDR, 500)[3:], timestamp=1) == []
    (picture,) = sender.send(SLICE, timestamp=2)
    assert not picture.random_access


def test_q27_parameter_sets_with_a_time_of_their_own_belong_to_the_key_picture_behind_them() -> (
    None
):
    sender = described()
    assert sender.send(SLICE, timestamp=1) != []
    assert sender.send(SPS, PPS, SEI, timestamp=2) == []
    (picture,) = sender.send(IDR, timestamp=3)
    assert (picture.timestamp, nals(picture.data)) == (3, [SPS, PPS, SEI, IDR])


# 28: several slices; units without a picture


def test_q28_the_slices_of_a_picture_are_one_access_unit() -> None:
    (picture,) = described().send(AUD, SLICE, LATER, LATER, timestamp=1)
    assert nals(picture.data) == [AUD, SLICE, LATER, LATER]


def test_q28_units_of_sei_or_delimiters_only_are_kept_byte_for_byte() -> None:
    sender = described()
    assert sender.send(AUD, timestamp=1) == sender.send(SEI, timestamp=2) == []
    (picture,) = sender.send(SLICE, timestamp=3)
    assert nals(picture.data) == [AUD, SEI, SLICE]


# 29: B-pictures


def test_q29_pictures_keep_decode_order_and_their_own_times() -> None:
    receiver = TrackReceiver(VIDEO, H264Depacketizer([SPS, PPS]), MediaClock(90_000))
    shown = [0, 10_800, 3600, 7200, 21_600, 14_400, 18_000]
    units = []
    for number, timestamp in enumerate(shown):
        each = packet(SLICE, sequence=number, timestamp=timestamp, marker=True)
        receiver.push(each, 0, len(each))
        units += receiver.take(number / 25)
    assert [ticks - units[0][0] for ticks, _ in units] == shown


# 30: another SPS in the middle, and the same one for ever


def test_q30_another_sps_in_the_middle_is_another_format_from_its_picture_on() -> None:
    sender = described()
    (before,) = sender.send(SPS, PPS, IDR, timestamp=1)
    (after,) = sender.send(OTHER_SPS, PPS, IDR, timestamp=2)
    (back,) = sender.send(SPS, PPS, IDR, timestamp=3)
    assert [each.format.height for each in (before, after, back)] == [720, 1080, 720]


def test_q30_the_same_sps_with_every_picture_is_one_format() -> None:
    sender = described()
    formats = {id(sender.send(SPS, PPS, SLICE, timestamp=n)[0].format) for n in range(50)}
    assert len(formats) == 1


# 31: key pictures minutes apart (the cut is in test_segmenter and docs/design/segments.md)


def test_q31_a_stream_that_begins_without_a_key_picture_is_handed_on_as_it_comes() -> None:
    sender = described()
    sent = [sender.send(SLICE, timestamp=n * 3600) for n in range(500)]
    assert all(len(each) == 1 and not each[0].random_access for each in sent)


# 32: fmtp in the wrong section; tracks that are no media of ours


def test_q32_parameters_under_another_section_are_found_by_their_number() -> None:
    sets = f"{b64encode(SPS).decode()},{b64encode(PPS).decode()}"
    body = (
        f"m=audio 0 RTP/AVP 8\na=fmtp:96 sprop-parameter-sets={sets}\n"
        "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:8 vad=no\n"
    )
    description = read_description(body.encode())
    sound, picture = description.media
    assert parameter_sets(picture) == [SPS, PPS]
    assert (sound.encoding, parameter_sets(sound)) == ("PCMA", [])


def test_q32_tracks_of_metadata_and_retransmission_are_passed_over_and_named() -> None:
    body = (
        b"m=application 0 RTP/AVP 107\na=rtpmap:107 vnd.onvif.metadata/90000\n"
        b"m=video 0 RTP/AVP 97\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"
        b"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )
    choice = choose(read_description(body), audio=True)
    assert choice.picture.payload_type == 96
    assert [each.split(":")[0] for each in choice.left_out] == [
        "application VND.ONVIF.METADATA",
        "video RTX",
    ]


# 33: sound


def sound_format(lines: str) -> TrackFormat | None:
    media = read_description(f"m=audio 0 RTP/AVP 97\n{lines}\n".encode()).media[0]
    receiver = audio_receiver(media)
    if receiver is None:
        return None
    receiver.label = None  # one packet is not enough to measure
    receiver.push(payload := packet(b"\0\x10\0\x20abcd", marker=True), 0, len(payload))
    return receiver.take(0.0)[0][1].format


@pytest.mark.parametrize(
    ("lines", "rate", "channels"),
    [
        ("a=rtpmap:97 MPEG4-GENERIC/16000\na=fmtp:97 config=1408", 16_000, 1),
        ("a=rtpmap:97 mpeg4-generic/16000/1", 16_000, 1),
        ("a=rtpmap:97 MPEG4-GENERIC/48000/2\na=fmtp:97 config=;mode=AAC-hbr", 48_000, 2),
        ("a=rtpmap:97 mpeg4generic/8000/1\na=fmtp:97 config=zz", 8000, 1),
        ('a=rtpmap:97 MPEG4-GENERIC/16000\na=fmtp:97 config="0x1408"', 16_000, 1),
        ("a=rtpmap:97 PCMU/16000", 16_000, 1),
        ("a=rtpmap:97 G711A", 8000, 1),
    ],
)
def test_q33_sound_described_badly_is_still_sound(lines: str, rate: int, channels: int) -> None:
    used = sound_format(lines)
    assert used is not None
    assert (used.sample_rate, used.channels) == (rate, channels)


@pytest.mark.parametrize("lines", ["a=rtpmap:97 MPEG4-GENERIC/90000", "a=rtpmap:97 MPEG4-GENERIC"])
def test_q33_sound_of_which_nothing_is_known_is_left_out(lines: str) -> None:
    assert sound_format(lines) is None


def test_q33_aac_with_adts_headers_inside_is_bare_afterwards() -> None:
    sender = Sender(AacFrames(AAC))
    adts = bytes.fromhex("fff16040017ffc") + b"\x01frame"
    (frame,) = sender.send(b"\0\x10" + (len(adts) << 3).to_bytes(2, "big") + adts, timestamp=1)
    assert frame.data == b"\x01frame"


def g711(
    labelled: int, true: int, stamped: int, *, burst: int = 0, packets: int = 300
) -> tuple[list[AccessUnit], str]:
    """A session of pictures and sound in packets of 20 ms: what Reception makes of the sound, and
    what is remarked. `stamped`: how fast RTP times go; `burst`: packets that come at once first."""
    body = f"m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMA/{labelled}\n"
    sound = audio_receiver(read_description(body.encode()).media[0])
    assert sound is not None
    video = TrackReceiver(VIDEO, H264Depacketizer([SPS, PPS]), MediaClock(90_000))
    reception = Reception(video, sound, started=0.0, started_wall=WallTime(0))
    units = []
    for number in range(packets):
        for to, each in (
            (video, packet(IDR, sequence=number, timestamp=number * 1800, marker=True)),
            (sound, packet(bytes(true // 50), sequence=number, timestamp=number * stamped // 50)),
        ):
            to.push(each, 0, len(each))
        units += reception.take(1.0 + max(0, number - burst) / 50)
    return [each for each in units if each.track == AUDIO], sound.remark


@pytest.mark.parametrize("burst", [0, 200])
@pytest.mark.parametrize(
    ("labelled", "true", "stamped"),
    [(8000, 16_000, 16_000), (8000, 16_000, 8000), (16_000, 8000, 8000), (16_000, 8000, 16_000)],
)
def test_q33_g711_labelled_with_the_wrong_rate_is_recorded_under_its_true_one(
    labelled: int, true: int, stamped: int, burst: int
) -> None:
    frames, remark = g711(labelled, true, stamped, burst=burst)
    assert len(frames) == 300
    assert {each.format.sample_rate for each in frames} == {true}
    assert remark == f"The sound is labelled {labelled} Hz and is of {true} Hz: taken as that"
    assert [each.pts - frames[0].pts for each in frames] == [n * labelled // 50 for n in range(300)]


@pytest.mark.parametrize("burst", [0, 200])
@pytest.mark.parametrize("rate", [8000, 16_000, 32_000])
def test_q33_g711_labelled_right_is_left_as_it_is(rate: int, burst: int) -> None:
    frames, remark = g711(rate, rate, rate, burst=burst)
    assert len(frames) == 300
    assert {each.format.sample_rate for each in frames} == {rate}
    assert remark == ""


def test_q33_g711_of_a_speed_that_is_no_mistaken_label_is_left_out_and_said_to_be() -> None:
    frames, remark = g711(32_000, 8000, 8000, packets=1500)
    assert len(frames) < 700
    assert "left out" in remark


def test_q33_bursts_and_pauses_do_not_make_sound_look_mislabelled() -> None:
    pace = Pace(8000)
    ticks, now = 0, 0.0
    for _ in range(250):  # five seconds at once
        ticks += 160
        pace.note(ticks, now)
    for step in range(5000):
        now += 2.5 if step % 1000 == 999 else 0.02
        ticks += 160
        pace.note(ticks, now)
    assert not pace.is_wrong
