"""The loop of sound is whole, seamless and beeps on the second."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from vms.core.errors import Invalid
from vms.core.media.access_unit import Codec
from vms.demo.sound import LOOP_SECONDS, coded, samples

DECODERS = {Codec.AAC: "aac", Codec.PCMA: "pcm_alaw", Codec.PCMU: "pcm_mulaw"}


@pytest.mark.parametrize(("codec", "frames"), [(Codec.AAC, 125), (Codec.PCMA, 200)])
def test_eight_seconds_hold_whole_frames(codec: Codec, frames: int) -> None:
    assert len(coded(codec).frames) == frames
    assert coded(codec).rate * LOOP_SECONDS == frames


@pytest.mark.parametrize("codec", DECODERS)
def test_it_beeps_when_a_second_begins(codec: Codec) -> None:
    rate = coded(codec).format.sample_rate
    heard = np.abs(decoded(codec))
    loud = [heard[second * rate + rate // 50 :][: rate // 20].max() for second in range(1, 7)]
    quiet = [heard[second * rate + rate // 2 :][: rate // 20].max() for second in range(1, 7)]
    assert min(loud) > 1.5 * max(quiet)


def test_the_end_fits_the_beginning() -> None:
    sound = samples(16_000).astype(int)
    assert abs(sound[0] - sound[-1]) < 2000


def test_other_codecs_are_refused() -> None:
    with pytest.raises(Invalid):
        coded(Codec.OPUS)


def decoded(codec: Codec) -> NDArray[Any]:
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    assert isinstance(decoder, AudioCodecContext)
    loop = coded(codec)
    decoder.sample_rate, decoder.layout = loop.format.sample_rate, "mono"
    decoder.extradata = loop.format.config or None
    pieces = []
    for frame in loop.frames:
        for heard in decoder.decode(av.Packet(frame)):
            piece = heard.to_ndarray().reshape(-1)
            pieces.append(piece / (1 if piece.dtype == np.float32 else 32_768))
    return np.concatenate(pieces)
