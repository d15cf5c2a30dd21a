"""From what a camera describes to receivers of its tracks. Pure."""

from __future__ import annotations

from dataclasses import replace

from recorder.rtp.audio import AacFrames, LatmFrames, WholeFrames
from recorder.rtp.depacketizer import Depacketizer
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.h265 import H265Depacketizer
from recorder.rtp.label import Label
from recorder.rtp.pace import Pace
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.timeline import MediaClock
from recorder.rtsp.latm import latm_in
from recorder.rtsp.sdp import Media, audio_config, parameter_sets
from vms.core.errors import VmsError
from vms.core.media.access_unit import AUDIO, VIDEO, Codec
from vms.core.media.audio import aac_format, opus_format, pcm_format

_VIDEO_RATE = 90_000


def video_receiver(media: Media) -> TrackReceiver:
    """For a section whose encoding is H264 or H265."""
    sets, made = parameter_sets(media), MediaClock(_VIDEO_RATE)
    if media.encoding == "H264":
        return TrackReceiver(VIDEO, H264Depacketizer(sets), made)
    numbered = media.parameters.get("sprop-max-don-diff", "0").strip("0") != ""
    return TrackReceiver(VIDEO, H265Depacketizer(sets, numbered=numbered), made)


def audio_receiver(media: Media) -> TrackReceiver | None:
    """None when the description does not say enough to decode the sound."""
    reader = _audio_reader(media)
    if reader is None:
        return None
    depacketizer, rate = reader
    label = None
    if media.encoding in ("PCMA", "PCMU"):
        label = Label(pcm_format(Codec(media.encoding.lower()), rate, media.channels or 1))
    return TrackReceiver(AUDIO, depacketizer, MediaClock(rate), pace=Pace(rate), label=label)


def _audio_reader(media: Media) -> tuple[Depacketizer, int] | None:
    if media.encoding == "OPUS":
        return WholeFrames(opus_format()), 48_000
    if media.encoding in ("PCMA", "PCMU"):
        rate = media.rate or 8000
        used = pcm_format(Codec(media.encoding.lower()), rate, media.channels or 1)
        return WholeFrames(used), rate
    if media.encoding == "MP4A-LATM":
        return _latm_reader(media)
    return _aac_reader(media)


def _latm_reader(media: Media) -> tuple[Depacketizer, int] | None:
    found = latm_in(media.parameters)
    if found is None:
        return None
    try:
        used = aac_format(found.config)
    except VmsError:
        return None
    used = replace(used, clock_rate=media.rate or used.sample_rate)
    return LatmFrames(used, found.frames), used.clock_rate


def _aac_reader(media: Media) -> tuple[Depacketizer, int] | None:
    try:
        used = aac_format(audio_config(media))
    except VmsError:
        return None
    used = replace(used, clock_rate=media.rate or used.sample_rate)
    size, index = (
        _number(media, name, usual) for name, usual in (("sizelength", 13), ("indexlength", 3))
    )
    return AacFrames(used, size, index), used.clock_rate


def _number(media: Media, name: str, usual: int) -> int:
    text = media.parameters.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else usual
