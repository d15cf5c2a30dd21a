"""What the simulated cameras hear: a hum, a little wind, and a beep on every second.

The sound is coded once, as a loop of eight seconds that is aligned to UTC: both AAC frames of 64 ms
and G.711 packets of 40 ms fit into it whole. Blocking: callers run `coded` in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from vms.core.errors import Invalid
from vms.core.media.access_unit import Codec, TrackFormat

LOOP_SECONDS = 8
BEEP_HERTZ, BEEP_SECONDS = 1000, 0.08

_CODERS = {Codec.AAC: "aac", Codec.PCMA: "pcm_alaw", Codec.PCMU: "pcm_mulaw"}


@dataclass(frozen=True, slots=True)
class SoundLoop:
    """`frames[i]` begins `i / rate` seconds after a time that eight seconds divide."""

    format: TrackFormat
    frames: tuple[bytes, ...]

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return Fraction(len(self.frames), LOOP_SECONDS)


@cache
def coded(codec: Codec) -> SoundLoop:
    """The loop in AAC-LC (16 kHz) or G.711 (8 kHz). Raises Invalid for other codecs."""
    if codec not in _CODERS:
        raise Invalid("simulated cameras do not speak this audio codec", codec=codec)
    rate, size = (16_000, 1024) if codec is Codec.AAC else (8_000, 320)
    coder = _open(codec, rate)
    once = samples(rate)
    frames = _frames(coder, np.concatenate([once, once, once]), rate, size)
    used = TrackFormat(
        codec, rate, channels=1, sample_rate=rate, config=bytes(coder.extradata or b"")
    )
    return SoundLoop(used, tuple(frames))


def samples(rate: int) -> NDArray[np.int16]:
    """One loop of sound, 16 bits; its end fits its beginning."""
    count = LOOP_SECONDS * rate
    time = np.arange(count) / rate
    hum = 0.03 * np.sin(2 * np.pi * 100 * time) + 0.012 * np.sin(2 * np.pi * 300 * time)
    wind = np.random.default_rng(5).normal(0, 1, count)
    wind = np.real(
        np.fft.ifft(np.fft.fft(wind) / (1 + np.abs(np.fft.fftfreq(count, 1 / rate)) / 90))
    )
    beep = np.sin(2 * np.pi * BEEP_HERTZ * time) * (time % 1 < BEEP_SECONDS)
    return np.asarray((hum + 0.12 * wind + 0.3 * beep) * 32_000, np.int16)


def _frames(
    coder: AudioCodecContext, sound: NDArray[np.int16], rate: int, size: int
) -> Iterator[bytes]:
    """Those of the second of three loops: the first fills the coder's memory."""
    first = LOOP_SECONDS * rate
    for start in [*range(0, len(sound), size), None]:
        for packet in coder.encode(None if start is None else _frame(sound, start, rate, size)):
            if packet.pts is not None and first <= packet.pts < 2 * first:
                yield bytes(packet)


def _frame(sound: NDArray[np.int16], start: int, rate: int, size: int) -> AudioFrame:
    piece: NDArray[Any] = sound[start : start + size][None, :]
    frame = AudioFrame.from_ndarray(piece, format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
    return frame


def _open(codec: Codec, rate: int) -> AudioCodecContext:
    context = av.CodecContext.create(_CODERS[codec], "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.time_base = rate, "mono", Fraction(1, rate)
    context.format = "fltp" if codec is Codec.AAC else "s16"
    if codec is Codec.AAC:
        context.bit_rate = 32_000
    context.open()
    return context
