"""Which of the tracks a camera describes are taken, and what is to be said of the others. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from recorder.errors import CameraError
from recorder.rtsp.formats import config_in
from recorder.rtsp.latm import latm_in
from recorder.rtsp.sdp import (
    AUDIO_ENCODINGS,
    VIDEO_ENCODINGS,
    Description,
    Media,
    audio_config,
    parameter_sets,
)
from vms.core.model import Cause

_MOST_TOLD = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """`left_out`: tracks that are not taken, and why; `odd`: what is unusual about those that are;
    both in words for people."""

    picture: Media
    sound: Media | None
    left_out: tuple[str, ...]
    odd: tuple[str, ...]


def choose(description: Description, *, audio: bool) -> Choice:
    """The first picture that can be recorded and, if wanted, the first sound.

    Raises CameraError: UNSUPPORTED when there are only pictures that cannot, BAD_URL when none.
    """
    picture = _picture(description)
    sound = _sound(description) if audio else None
    others = [each for each in description.media if each is not picture and each is not sound]
    left_out = [_why_not(each) for each in others if audio or each.kind != "audio"]
    odd = _odd_picture(picture) + (_odd_sound(sound) if sound is not None else [])
    return Choice(picture, sound, tuple(left_out[:_MOST_TOLD]), tuple(odd))


def _picture(description: Description) -> Media:
    found = description.first("video", VIDEO_ENCODINGS)
    if found is not None:
        return found
    others = description.all("video")
    if any(each.secured for each in others):
        words = "the camera sends its picture encrypted (SRTP): switch that off in the camera"
        raise CameraError(Cause.UNSUPPORTED, words)
    if others:
        names = ", ".join(dict.fromkeys(_name(each) for each in others[:_MOST_TOLD]))
        words = f"the camera sends {names}; set its encoder to H.264 or H.265"
        raise CameraError(Cause.UNSUPPORTED, words)
    raise CameraError(Cause.BAD_URL, "there is no video at that address")


def _sound(description: Description) -> Media | None:
    wanted = (each for each in description.all("audio") if each.encoding in AUDIO_ENCODINGS)
    return next((each for each in wanted if not each.secured and is_readable_sound(each)), None)


def is_readable_sound(media: Media) -> bool:
    """Whether the description says enough of this sound to decode it."""
    if media.encoding == "MP4A-LATM":
        return latm_in(media.parameters) is not None
    return media.encoding != "MPEG4-GENERIC" or bool(audio_config(media))


def _why_not(media: Media) -> str:
    kind = media.kind[:30] or "unnamed"
    named = f"{kind} {_name(media)}"
    if not media.sent:
        return f"{named}: a loudspeaker, not a microphone"
    if media.secured:
        return f"{named}: encrypted (SRTP)"
    if media.kind == "audio" and media.encoding in AUDIO_ENCODINGS:
        return f"{named}: " + ("a second one" if is_readable_sound(media) else _undescribed(media))
    if media.kind == "video" and media.encoding in VIDEO_ENCODINGS:
        return f"{named}: a second one"
    return f"{named}: not a kind that is recorded"


def _undescribed(media: Media) -> str:
    if media.encoding == "MP4A-LATM":
        return "LATM other than AAC-LC described outside of its frames: choose AAC or G.711"
    return "not described"


def _odd_picture(picture: Media) -> list[str]:
    if parameter_sets(picture):
        return []
    return ["The description holds no parameter sets: they are taken from among the pictures"]


def _odd_sound(sound: Media) -> list[str]:
    if sound.encoding == "MPEG4-GENERIC" and not config_in(sound.parameters):
        return [f"The sound is not described: taken for AAC-LC, {sound.rate} Hz"]
    return []


def _name(media: Media) -> str:
    return media.encoding[:40] or "of no name"
