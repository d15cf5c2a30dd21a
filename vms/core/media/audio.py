"""Audio syntax: AAC configuration (ISO/IEC 14496-3), G.711 and Opus formats, durations. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vms.core.errors import Corrupt, Invalid
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.bits import BitReader

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
_SBR, _PS = 5, 29
_OPUS_RATE = 48_000


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """What an AudioSpecificConfig says. `sample_rate` is the core's, in which frames are counted.

    `channels` 0: described by a program config element inside. `extension_rate`: the output rate
    with SBR, else equal to `sample_rate`.
    """

    object_type: int
    sample_rate: int
    channels: int
    samples_per_frame: int
    extension_rate: int


def parse_audio_config(config: bytes) -> AudioConfig:
    """Read an AudioSpecificConfig (1.6.2.1). Bytes behind it are ignored. Raises Corrupt."""
    bits = BitReader(config)
    kind = _read_object_type(bits)
    rate = extension = _read_rate(bits)
    channels = _CHANNELS.get(bits.u(4), 0)
    if kind in (_SBR, _PS):
        extension = _read_rate(bits)
        channels = 2 if kind == _PS else channels
        kind = _read_object_type(bits)
    short = bits.left > 0 and bits.flag()  # frameLengthFlag of GASpecificConfig
    return AudioConfig(kind, rate, channels, 960 if short else 1024, extension)


def aac_format(config: bytes) -> TrackFormat:
    """AAC with this AudioSpecificConfig, ticks = samples of the core. Raises Corrupt."""
    read = parse_audio_config(config)
    return TrackFormat(
        Codec.AAC,
        read.sample_rate,
        channels=read.channels or 2,
        sample_rate=read.sample_rate,
        config=config,
    )


def pcm_format(codec: Codec, sample_rate: int = 8000, channels: int = 1) -> TrackFormat:
    """G.711: PCMA or PCMU, ticks = samples. Raises Invalid for another codec."""
    if codec not in (Codec.PCMA, Codec.PCMU):
        raise Invalid("G.711 is PCMA or PCMU", codec=codec)
    return TrackFormat(codec, sample_rate, channels=channels, sample_rate=sample_rate)


def opus_format(channels: int = 2) -> TrackFormat:
    """Opus as RTP carries it: always a 48 kHz clock (RFC 7587)."""
    return TrackFormat(Codec.OPUS, _OPUS_RATE, channels=channels, sample_rate=_OPUS_RATE)


def frame_ticks(used: TrackFormat, data: bytes) -> int:
    """Ticks of `used.clock_rate` that one frame lasts; 0 when that cannot be told."""
    if used.codec is Codec.AAC:
        samples = parse_audio_config(used.config).samples_per_frame
    elif used.codec in (Codec.PCMA, Codec.PCMU):
        samples = len(data) // max(1, used.channels)
    elif used.codec is Codec.OPUS:
        samples = _opus_samples(data)
    else:
        return 0
    return samples * used.clock_rate // max(1, used.sample_rate)


def codec_string(used: TrackFormat) -> str:
    """RFC 6381 name: `mp4a.40.2`, `alaw`, `ulaw`, `opus`. Raises Corrupt, Invalid for video."""
    if used.codec is Codec.AAC:
        return f"mp4a.40.{parse_audio_config(used.config).object_type}"
    names = {Codec.PCMA: "alaw", Codec.PCMU: "ulaw", Codec.OPUS: "opus"}
    if used.codec not in names:
        raise Invalid("not an audio codec", codec=used.codec)
    return names[used.codec]


def _read_object_type(bits: BitReader) -> int:
    kind = bits.u(5)
    return kind if kind != 31 else 32 + bits.u(6)


def _read_rate(bits: BitReader) -> int:
    index = bits.u(4)
    rate = bits.u(24) if index == 15 else _RATES[index] if index < len(_RATES) else 0
    if not 1000 <= rate <= 192_000:
        raise Corrupt("impossible audio sample rate", index=index, rate=rate)
    return rate


def _opus_samples(packet: bytes) -> int:
    """Samples at 48 kHz in an Opus packet by its TOC byte (RFC 6716 section 3.1)."""
    if not packet:
        return 0
    mode, code = packet[0] >> 3, packet[0] & 3
    if mode < 12:
        frame = (480, 960, 1920, 2880)[mode & 3]
    elif mode < 16:
        frame = (480, 960)[mode & 1]
    else:
        frame = (120, 240, 480, 960)[mode & 3]
    if code == 3:
        return frame * (packet[1] & 63) if len(packet) > 1 else 0
    return frame * (1 if code == 0 else 2)
