import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.core.errors import Corrupt, Invalid
from vms.core.media import audio
from vms.core.media.access_unit import Codec, TrackFormat


@pytest.mark.parametrize(
    ("config", "kind", "rate", "channels"),
    [("1210", 2, 44100, 2), ("1408", 2, 16000, 1), ("1588", 2, 8000, 1), ("1190", 2, 48000, 2)],
)
def test_low_complexity_configurations(config: str, kind: int, rate: int, channels: int) -> None:
    read = audio.parse_audio_config(bytes.fromhex(config))

    assert (read.object_type, read.sample_rate, read.channels) == (kind, rate, channels)
    assert read.samples_per_frame == 1024


def test_a_rate_written_out_is_read() -> None:
    # object type 2, index 15, 24 bits of rate 12,345, one channel
    config = ((2 << 4 | 15) << 24 | 12345) << 4 | 1
    data = (config << 3).to_bytes(5, "big")

    assert audio.parse_audio_config(data).sample_rate == 12345


def test_spectral_band_replication_tells_core_and_output_rate() -> None:
    read = audio.parse_audio_config(bytes.fromhex("2b920800"))

    assert (read.object_type, read.sample_rate, read.extension_rate) == (2, 22050, 44100)


@given(st.binary(max_size=10))
def test_a_hostile_configuration_is_corrupt_or_read(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        audio.aac_format(data)


def test_names_for_browsers() -> None:
    assert audio.codec_string(audio.aac_format(bytes.fromhex("1210"))) == "mp4a.40.2"
    assert audio.codec_string(audio.pcm_format(Codec.PCMU)) == "ulaw"
    assert audio.codec_string(audio.opus_format()) == "opus"
    with pytest.raises(Invalid):
        audio.codec_string(TrackFormat(Codec.H264, 90_000))


def test_durations_of_one_frame() -> None:
    assert audio.frame_ticks(audio.pcm_format(Codec.PCMA), bytes(160)) == 160
    assert audio.frame_ticks(audio.aac_format(bytes.fromhex("1408")), b"x") == 1024
    assert audio.frame_ticks(audio.opus_format(), b"\x78") == 960  # 20 ms CELT
    assert audio.frame_ticks(audio.opus_format(), b"\x0b\x03") == 3 * 960  # three 20 ms SILK
    assert audio.frame_ticks(audio.opus_format(), b"") == 0


def test_g711_is_only_a_law_or_mu_law() -> None:
    with pytest.raises(Invalid):
        audio.pcm_format(Codec.AAC)
