"""Session descriptions (RFC 4566) as cameras write them: incomplete, disordered, wrong. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from recorder.errors import CameraError
from vms.core.model import Cause

_STATIC = {0: ("PCMU", 8000, 1), 8: ("PCMA", 8000, 1), 26: ("JPEG", 90000, 0)}
_MOST_LINES = 2000


@dataclass(slots=True)
class Media:
    """One `m=` section. `encoding` is upper case; `rate` the RTP clock; `sent` False: a back
    channel that the camera wants to receive."""

    kind: str
    payload_type: int
    encoding: str = ""
    rate: int = 0
    channels: int = 1
    control: str = ""
    sent: bool = True
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Description:
    """`control`: of the whole session; empty when the camera names none."""

    control: str
    media: tuple[Media, ...]

    def first(self, kind: str, encodings: frozenset[str]) -> Media | None:
        """The first section of that kind that the camera sends in one of these encodings."""
        return next((each for each in self.all(kind) if each.encoding in encodings), None)

    def all(self, kind: str) -> list[Media]:
        return [each for each in self.media if each.kind == kind and each.sent]


def read_description(body: bytes) -> Description:
    """Raises CameraError (PROTOCOL) when there is no media section at all."""
    control, media, formats = "", list[Media](), dict[int, dict[str, str]]()
    for line in body.decode("utf-8", "replace").splitlines()[:_MOST_LINES]:
        name, _, value = line.strip().partition("=")
        if name == "m":
            media.append(_read_media(value))
        elif name == "a" and value.startswith("control:") and not media:
            control = value.removeprefix("control:").strip()
        elif name == "a" and media:
            _read_attribute(media[-1], value, formats)
    if not media:
        raise CameraError(Cause.PROTOCOL, "the camera describes no media at that address")
    for each in media:
        each.parameters = formats.get(each.payload_type, {})
    return Description(control, tuple(media))


def parameter_sets(media: Media) -> list[bytes]:
    """H.264 `sprop-parameter-sets`, H.265 `sprop-vps/-sps/-pps`; none that cannot be read."""
    names = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
    texts = [part for name in names for part in media.parameters.get(name, "").split(",")]
    return [nal for text in texts if (nal := _decode(text))]


def audio_config(media: Media) -> bytes:
    """AudioSpecificConfig of AAC; empty when missing or no hexadecimal number."""
    try:
        return bytes.fromhex(media.parameters.get("config", "").strip('"'))
    except ValueError:
        return b""


def _read_media(value: str) -> Media:
    words = value.split()
    number = words[3] if len(words) > 3 else ""
    payload_type = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
    encoding, rate, channels = _STATIC.get(payload_type, ("", 0, 1))
    return Media(words[0].lower() if words else "", payload_type, encoding, rate, channels)


def _read_attribute(media: Media, value: str, formats: dict[int, dict[str, str]]) -> None:
    name, _, rest = value.partition(":")
    if name == "control":
        media.control = rest.strip()
    elif name == "rtpmap":
        _read_map(media, rest)
    elif name == "fmtp":
        number, _, text = rest.strip().partition(" ")
        if number.isascii() and number.isdigit() and len(number) < 4:
            formats.setdefault(int(number), {}).update(_read_parameters(text))
    elif name == "sendonly" and media.kind == "audio":
        media.sent = False  # ONVIF streaming 5.3.2: seen from us, sound that we would send


def _read_map(media: Media, text: str) -> None:
    match = re.match(r"\s*(\d{1,3})\s+([\w.-]+)(?:/(\d{1,6}))?(?:/(\d{1,2}))?", text)
    if match and int(match[1]) == media.payload_type:
        media.encoding = match[2].upper()
        media.rate = int(match[3] or media.rate or 0)
        media.channels = int(match[4] or 1)


def _read_parameters(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def _decode(text: str) -> bytes:
    text = text.strip().strip('"')
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
