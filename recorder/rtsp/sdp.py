"""Session descriptions (RFC 4566) as cameras write them: incomplete, disordered, wrong. Pure.

Here: which media there are, where each is controlled and how it is packed. What the parameters of a
format mean stands in `formats`; what becomes of a track stands in `tracks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from recorder.errors import CameraError
from recorder.rtsp.formats import (
    STATIC,
    Map,
    config_in,
    read_map,
    read_parameters,
    sets_in,
    usual_config,
)
from vms.core.model import Cause

VIDEO_ENCODINGS = frozenset({"H264", "H265"})
AUDIO_ENCODINGS = frozenset({"MPEG4-GENERIC", "MP4A-LATM", "PCMA", "PCMU", "OPUS"})
_KNOWN = VIDEO_ENCODINGS | AUDIO_ENCODINGS
_MOST_LINES = 2000
_LONGEST_LINE = 32 * 1024
_MOST_MEDIA = 64
"""What a description has beyond these bounds is not read."""

_LINE = re.compile(r"\s*([A-Za-z])\s*=")
_END_OF_LINE = re.compile(r"\r\n|\n|\r")


@dataclass(slots=True)
class Media:
    """One `m=` section. `encoding` is upper case; `rate` the RTP clock; `sent` False: a back
    channel that the camera wants to receive; `secured`: SRTP (RFC 3711)."""

    kind: str
    payload_type: int
    encoding: str = ""
    rate: int = 0
    channels: int = 1
    control: str = ""
    sent: bool = True
    secured: bool = False
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Description:
    """`control`: of the whole session; empty when the camera names none."""

    control: str
    media: tuple[Media, ...]

    def first(self, kind: str, encodings: frozenset[str]) -> Media | None:
        """The first section of that kind that the camera sends, readable, in one of these."""
        found = (each for each in self.all(kind) if each.encoding in encodings)
        return next((each for each in found if not each.secured), None)

    def all(self, kind: str) -> list[Media]:
        return [each for each in self.media if each.kind == kind and each.sent]


@dataclass(slots=True)
class _Section:
    """What was read of one section, before it is known which of its formats is meant."""

    kind: str = ""
    secured: bool = False
    listed: list[int] = field(default_factory=list)
    maps: dict[int, Map] = field(default_factory=dict)
    formats: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    controls: list[str] = field(default_factory=list)
    direction: str = ""

    def note(self, attribute: str) -> None:
        name, _, rest = attribute.partition(":")
        match name.strip().lower():
            case "control":
                self.controls.append(rest.strip().strip('"'))
            case "rtpmap":
                if (found := read_map(rest)) is not None:
                    self.maps.setdefault(*found)
            case "fmtp":
                self.formats.append(read_parameters(rest))
            case "sendonly" | "recvonly" | "sendrecv" | "inactive" as direction:
                self.direction = direction

    def chosen(self) -> tuple[int, Map]:
        """The format that is meant: of several listed the first that can be recorded."""
        known = {**STATIC, **self.maps}
        offers = [(number, known[number]) for number in self.listed if number in known]
        if not offers and self.maps:
            offers = list(self.maps.items())  # cameras that list another number than they map
        offers.sort(key=lambda offer: offer[1].encoding not in _KNOWN)
        return offers[0] if offers else (next(iter(self.listed), -1), Map("", 0, 1))


def read_description(body: bytes) -> Description:
    """Raises CameraError (PROTOCOL) when there is no media section at all."""
    whole, sections = _Section(), list[_Section]()
    for line in _END_OF_LINE.split(body.decode("utf-8", "replace"))[:_MOST_LINES]:
        line = line[:_LONGEST_LINE].lstrip("\ufeff")
        found = _LINE.match(line)
        if not found:
            continue
        value = line[found.end() :].strip(" \t\0\v\f")
        if found[1] in "mM":
            if len(sections) == _MOST_MEDIA:
                break
            sections.append(_open_section(value))
        elif found[1] in "aA":
            (sections[-1] if sections else whole).note(value)
    if not sections:
        raise CameraError(Cause.PROTOCOL, "the camera describes no media at that address")
    control = _place_controls(whole, sections)
    media = tuple(_media(each, [whole, *sections]) for each in sections)
    _mark_back_channels(sections, media)
    return Description(control, media)


def parameter_sets(media: Media) -> list[bytes]:
    """VPS, SPS and PPS that the description holds; none that cannot be read."""
    return sets_in(media.parameters)


def audio_config(media: Media) -> bytes:
    """AudioSpecificConfig of AAC; AAC-LC of that rate when the camera gives none that can be read;
    empty when there is no such rate either."""
    return config_in(media.parameters) or usual_config(media.rate, media.channels)


def _open_section(value: str) -> _Section:
    """`<media> <port> <proto> <fmt> ...`; some cameras leave the port out (RFC 4566 5.14)."""
    words = value.split()
    proto = next((at for at, word in enumerate(words[1:4], 1) if "AVP" in word.upper()), 2)
    numbers = [int(word) for word in words[proto + 1 :] if re.fullmatch(r"[0-9]{1,3}", word)]
    secured = "SAVP" in "".join(words[proto : proto + 1]).upper()
    return _Section(words[0].lower() if words else "", secured, numbers[:32])


def _place_controls(whole: _Section, sections: list[_Section]) -> str:
    """The control of the session, empty when there is none.

    Some cameras write a section's control before its `m=`, so that all stand one section too early;
    some with a single section write it for the session only.
    """
    above = whole.controls
    if above and above[-1] != "*" and not sections[-1].controls:
        next_one = sections[0].controls[:1]
        if len(above) > 1 or (next_one and _shape(next_one[0]) == _shape(above[-1])):
            early = [section.controls[-1:] for section in (whole, *sections[:-1])]
            for section, controls in zip(sections, early, strict=True):
                section.controls = controls
            whole.controls = above[:-1]
        elif len(sections) == 1:
            sections[0].controls = above[-1:]
            whole.controls = above[-1:] if "://" in above[-1] else []
    return "*" if "*" in whole.controls else next(reversed(whole.controls), "")


def _shape(control: str) -> str:
    return re.sub(r"[0-9]+", "0", control)


def _media(section: _Section, all_sections: list[_Section]) -> Media:
    number, used = section.chosen()
    parameters = _parameters(section, number, all_sections)
    return Media(
        section.kind,
        number,
        used.encoding or _guess(section.kind, parameters),
        *(used.rate, used.channels),
        next(reversed(section.controls), ""),
        secured=section.secured,
        parameters=parameters,
    )


def _parameters(section: _Section, number: int, all_sections: list[_Section]) -> dict[str, str]:
    """Its own `fmtp`; else one of its number that stands in another section, else one of its own
    with a number that nobody lists."""
    own = [given for of, given in section.formats if of == number]
    others = [given for each in all_sections for of, given in each.formats if of == number]
    if not own and sum(number in each.listed for each in all_sections) < 2:
        own = others
    listed = {of for each in all_sections for of in each.listed}
    loose = [given for of, given in section.formats if of not in listed]
    merged: dict[str, str] = {}
    for given in own or loose:
        merged.update(given)
    return merged


def _guess(kind: str, parameters: dict[str, str]) -> str:
    """What a format without a name must be, by its parameters."""
    if kind != "video":
        return ""
    if "sprop-vps" in parameters or "sprop-sps" in parameters:
        return "H265"
    named = {"sprop-parameter-sets", "packetization-mode"} & parameters.keys()
    return "H264" if named else ""


def _mark_back_channels(sections: list[_Section], media: tuple[Media, ...]) -> None:
    """`sendonly` sound is what we would send (ONVIF Streaming 5.3.2: seen from the client), unless
    the camera writes `sendonly` to its picture, too, and so means itself."""
    video = {each.direction for each in sections if each.kind == "video"}
    for section, each in zip(sections, media, strict=True):
        talk_back = section.kind == "audio" and section.direction == "sendonly"
        each.sent = not (talk_back and "sendonly" not in video)
