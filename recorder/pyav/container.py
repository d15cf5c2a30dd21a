"""What is read out of PyAV's objects, and its errors as ours. Runs in the reading thread."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from recorder.errors import CameraError
from recorder.pyav.frames import stored_sets
from vms.core.media.access_unit import AUDIO, VIDEO, Codec
from vms.core.model import Cause

if TYPE_CHECKING:
    import av
    import av.container
    import av.stream

_VIDEO: Final = {"h264": Codec.H264, "hevc": Codec.H265}
_AUDIO: Final = {
    "aac": Codec.AAC,
    "pcm_alaw": Codec.PCMA,
    "pcm_mulaw": Codec.PCMU,
    "opus": Codec.OPUS,
}


@dataclass(frozen=True, slots=True)
class Sound:
    codec: Codec
    rate: int
    channels: int
    config: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """What the container holds for us. `extradata` of the picture as it stands in its head;
    `tracks`: ours, by the container's stream number. `recorded`: it is not made as it is sent."""

    codec: Codec
    extradata: bytes
    sound: Sound | None
    tracks: dict[int, int]
    recorded: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """One access unit as the container holds it. `seconds`: its presentation time there; None:
    it has none. `due`: when it is to be decoded. `sets`: parameter sets that hold from here on.
    `whole` False: something of it is missing."""

    track: int
    data: bytes
    seconds: Fraction | None
    due: Fraction | None
    whole: bool = True
    sets: tuple[bytes, ...] = ()


def contents_of(container: av.container.InputContainer, *, audio: bool, file: bool) -> Contents:
    """Raises CameraError when there is no picture that we record."""
    videos = [one for one in container.streams.video if _name(one) in _VIDEO]
    if not videos:
        raise _nothing([_name(one) for one in container.streams.video])
    picture = videos[0]
    sounds = [one for one in container.streams.audio if audio and _name(one) in _AUDIO]
    tracks = {picture.index: VIDEO} | {one.index: AUDIO for one in sounds[:1]}
    recorded = file or bool(container.duration and container.duration > 0)
    return Contents(
        _VIDEO[_name(picture)],
        _extradata(picture),
        _sound(sounds[0]) if sounds else None,
        tracks,
        recorded,
    )


def piece_of(packet: av.Packet[Any], contents: Contents) -> Piece:
    track = contents.tracks[packet.stream_index]
    base = packet.time_base
    shown = packet.pts if packet.pts is not None else packet.dts
    decoded = packet.dts if packet.dts is not None else packet.pts
    sets: tuple[bytes, ...] = ()
    if track == VIDEO and packet.has_sidedata("new_extradata"):
        sets = tuple(stored_sets(contents.codec, bytes(packet.get_sidedata("new_extradata")))[0])
    return Piece(
        track,
        bytes(packet),
        None if shown is None else shown * base,
        None if decoded is None else decoded * base,
        not packet.is_corrupt,
        sets,
    )


def translated(error: av.FFmpegError, *, opened: bool) -> CameraError:
    """Never its text or what it stands on: they hold the address with the password."""
    import av.error as named

    table: tuple[tuple[tuple[type[Exception], ...], Cause, str], ...] = (
        (
            (named.HTTPUnauthorizedError, named.HTTPForbiddenError),
            Cause.BAD_PASSWORD,
            "this user or password is refused",
        ),
        (
            (named.HTTPNotFoundError, named.FileNotFoundError, named.IsADirectoryError),
            Cause.BAD_URL,
            "there is nothing at that address: check its path",
        ),
        ((named.PermissionError,), Cause.BAD_URL, "that file may not be read"),
        (
            (
                *(named.ProtocolNotFoundError, named.DemuxerNotFoundError),
                *(named.InvalidDataError, named.ArgumentError),  # the latter: not on our list
            ),
            Cause.UNSUPPORTED,
            "what is at that address is no video in a container that we take",
        ),
        ((named.EOFError,), Cause.CLOSED, "what the address sends has come to its end"),
    )
    for kinds, cause, words in table:
        if isinstance(error, kinds):
            return CameraError(cause, words)
    reason = (error.strerror or type(error).__name__)[:80]
    if opened:
        return CameraError(Cause.CLOSED, "the connection broke", reason=reason)
    return CameraError(Cause.UNREACHABLE, "nothing answers at that address", reason=reason)


def _nothing(names: list[str]) -> CameraError:
    if not names:
        return CameraError(Cause.BAD_URL, "there is no video at that address")
    words = f"the address sends {', '.join(names)}; it has to be H.264 or H.265"
    return CameraError(Cause.UNSUPPORTED, words)


def _name(stream: av.stream.Stream) -> str:
    context = stream.codec_context
    return context.name if context is not None else "unknown"


def _extradata(stream: av.stream.Stream) -> bytes:
    return bytes(stream.codec_context.extradata or b"")


def _sound(stream: Any) -> Sound:
    context = stream.codec_context
    rate, channels = int(context.sample_rate or 0), int(context.layout.nb_channels or 1)
    return Sound(_AUDIO[context.name], rate, channels, _extradata(stream))
