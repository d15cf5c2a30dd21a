"""RTSP 1.0 messages and interleaved packets in one byte stream (RFC 2326). Pure, sans-I/O.

Packets are handed out as positions in the buffer they arrived in. Cameras write garbage between
packets, and packets of an old session into a new one: what is neither a message nor a packet on a
channel of ours is skipped up to the next thing that is, within a bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recorder.errors import CameraError
from vms.core.model import Cause

LONGEST_HEAD = 16 * 1024
LONGEST_BODY = 256 * 1024
MOST_MESSAGES = 64
"""In one read; cameras send one now and then."""
MOST_TINY = 2048
"""Packets of hardly more than a header in one read. A delimiter a picture is as many as cameras
send: three minutes of them."""
_TINY_BYTES = 24
MOST_GARBAGE = 1024 * 1024
"""Bytes skipped in a row before the peer is given up."""

_MESSAGE = re.compile(rb"RTSP/1\.\d |[A-Z_]{4,16} (?:rtsp:|\*)")
_MAY_BE_MESSAGE = re.compile(rb"[A-Z_][A-Z_/1.0 a-z:]*\Z")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_DESCRIPTION = re.compile(rb"(?:[a-z]=[^\r\n]*\r?\n)+")
_END_OF_LINE = re.compile(r"\r\n|\n|\r")
_FOLD = re.compile(r"\r?\n[ \t]+")
_MAY_BEGIN = re.compile(
    rb"\$(?:[\x00-\x1f](?:..[\x80-\xbf]|.{0,2}\Z)|\Z)|R(?:TSP/1\.|(?:T(?:S(?:P(?:/1?)?)?)?)?\Z)",
    re.DOTALL,
)
"""A packet or an answer, or what may be the first bytes of one at the end of the data."""

Sink = Callable[[bytes, int, int], None]
"""Called with the buffer and where in it a packet starts and ends."""


Bytes = npt.NDArray[np.uint8]


class Whole(Protocol):
    """What takes whole pictures out of the byte stream (`recorder.rtp.gathering`)."""

    @property
    def ready(self) -> bool:
        """Whether the next packet may be looked at by it."""
        ...

    def take(
        self, data: Bytes, position: int, end: int, sinks: Mapping[int, Sink]
    ) -> tuple[int, bool]:
        """From where a packet in data[position:end] begins: how far it took, and whether the rest
        is to wait for what comes."""
        ...


class Headers:
    """Header fields; names in any case, several of one name kept in order."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = [(name.lower(), value) for name, value in fields]

    def get(self, name: str) -> str:
        """The first field of that name; empty when there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._fields if key == name.lower()]


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    reason: str
    headers: Headers
    body: bytes = b""

    @property
    def cseq(self) -> int | None:
        text = self.headers.get("cseq").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@dataclass(frozen=True, slots=True)
class Request:
    """Ours, or one that a camera sends to us."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self, cseq: int) -> bytes:
        lines = [f"{self.method} {self.url} RTSP/1.0", f"CSeq: {cseq}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class Stream:
    """Cuts what a camera sends into messages and packets."""

    def __init__(self, sinks: Mapping[int, Sink]) -> None:
        """`sinks`: by channel, what takes its packets; `whole`: what may take pictures before
        them. Both may be replaced at any time."""
        self.sinks = sinks
        self.whole: Whole | None = None
        self.resyncs = 0
        self.rest = b""
        """What arrived and waits for what belongs to it."""
        self._skipped = self._tiny = 0
        self._unknown = True  # until the first message

    def receive(self, data: bytes) -> list[Response | Request]:
        """Take what arrived; packets go to `sinks`, messages are returned.

        Raises CameraError (PROTOCOL) when a bound is exceeded.
        """
        if self.rest:
            data = self.rest + data
        messages: list[Response | Request] = []
        position, end = 0, len(data)
        self._tiny = 0
        while position < end:
            if self.whole is not None and data[position] == 0x24:
                position, waits = self._whole(np.frombuffer(data, np.uint8), position, end)
                if waits or position == end:
                    break
            begun = position
            position, more = self._packets(data, position, end)
            if more or position == end:
                break
            if position > begun and data[position] == 0x24:
                continue
            step = self._message(data, position, messages)
            if step == 0:
                break
            position = step if step > 0 else self._skip(data, position)
        self.rest = data[position:]
        return messages

    def receive_in(self, buffer: Bytes, end: int) -> list[Response | Request]:
        """The same for buffer[:end], which begins with `rest`; the buffer may be used for something
        else afterwards. So the usual is taken without being copied before."""
        self.rest, position, waits = b"", 0, False
        if buffer[0] == 0x24:
            position, waits = self._whole(buffer, 0, end)
        if not waits and position < end:
            return self.receive(buffer[position:end].tobytes())
        self.rest = buffer[position:end].tobytes()
        return []

    def _whole(self, data: Bytes, position: int, end: int) -> tuple[int, bool]:
        if self.whole is None or not self.whole.ready:
            return position, False
        taken, waits = self.whole.take(data, position, end, self.sinks)
        if taken > position:
            self._skipped = 0
        return taken, waits

    def _packets(self, data: bytes, position: int, end: int) -> tuple[int, bool]:
        """Hand out packets in a row, until pictures may be taken whole; where they end, and whether
        the next one is not there yet."""
        sinks, whole = self.sinks, self.whole
        while position < end and data[position] == 0x24:
            if end - position < 5:
                return position, True
            channel = data[position + 1]
            sink = sinks.get(channel)
            stop = position + 4 + ((data[position + 2] << 8) | data[position + 3])
            if data[position + 4] >> 6 != 2 or (sink is None and channel > 31):
                break
            if stop > end:
                return position, True
            if stop - position < _TINY_BYTES:
                self._tiny += 1
                if self._tiny > MOST_TINY:
                    raise CameraError(Cause.PROTOCOL, "the camera sends packets of nothing")
            if sink is not None:
                sink(data, position + 4, stop)
                self._skipped = 0
                if whole is not None and data[position + 5] > 127 and whole.ready:
                    return stop, False
            position = stop
        return position, False

    def _message(self, data: bytes, position: int, messages: list[Response | Request]) -> int:
        """Read one message; its end, 0 when it is not whole yet, -1 when there is none here."""
        if not _MESSAGE.match(data, position):
            tail = data[position : position + 32]
            return 0 if len(tail) < 24 and _MAY_BE_MESSAGE.match(tail) else -1
        found = _END_OF_HEAD.search(data, position, position + LONGEST_HEAD)
        if not found:
            if len(data) - position >= LONGEST_HEAD:
                raise CameraError(Cause.PROTOCOL, "the camera's answer has no end")
            return 0
        first, headers = _read_head(data[position : found.start()])
        size = _body_size(headers, data, found.end())
        if len(data) < found.end() + size:
            return 0
        self._skipped, self._unknown = 0, False
        if len(messages) == MOST_MESSAGES:
            raise CameraError(Cause.PROTOCOL, "the camera sends answers without end")
        messages.append(_make(first, headers, data[found.end() : found.end() + size]))
        return found.end() + size

    def _skip(self, data: bytes, position: int) -> int:
        """Where, after garbage at `position`, something known may begin."""
        self.resyncs += self._skipped == 0
        if self._unknown:
            _refuse_strangers(data)
        match = _MAY_BEGIN.search(data, position + 1)
        found = match.start() if match else len(data)
        self._skipped += found - position
        if self._skipped > MOST_GARBAGE:
            raise CameraError(Cause.PROTOCOL, "what the camera sends is not RTSP")
        return found


def printable(text: str, most: int = 60) -> str:
    """What a camera wrote, fit for a log and a screen."""
    return text[:most].encode("ascii", "replace").decode()


def _refuse_strangers(data: bytes) -> None:
    """Say what answers when it is no camera's RTSP at all. Raises CameraError (BAD_URL)."""
    if data.startswith(b"HTTP/1."):
        words = "a web server answers there: RTSP has another port, usually 554"
        raise CameraError(Cause.BAD_URL, words)
    if data.startswith((b"\x15\x03", b"SSH-")):
        words = "what answers there is not RTSP: is it rtsps://, or another port?"
        raise CameraError(Cause.BAD_URL, words)


def _read_head(head: bytes) -> tuple[str, Headers]:
    """First line and fields; folded ones (RFC 2616 section 2.2) in one piece. Bytes that are no
    UTF-8 survive: a realm in another alphabet is hashed and sent back as it came."""
    text = _FOLD.sub(" ", head.decode("utf-8", "surrogateescape"))
    lines = _END_OF_LINE.split(text)
    fields = (line.partition(":") for line in lines[1:] if ":" in line)
    return lines[0], Headers((name.strip(), value.strip()) for name, _, value in fields)


def _body_size(headers: Headers, data: bytes, start: int) -> int:
    """Bytes of the body, which begins at `start`. Raises CameraError."""
    text = headers.get("content-length").strip()
    if not text and "sdp" in headers.get("content-type").lower():
        return _description_size(data, start)
    text = text or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= LONGEST_BODY):
        raise CameraError(
            Cause.PROTOCOL,
            "the camera's answer has an impossible length",
            size=text[:20].encode("ascii", "replace").decode(),
        )
    return int(text)


def _description_size(data: bytes, start: int) -> int:
    """Of a description without its length: as many whole lines as are there, once media are among
    them; until then, more than is there."""
    lines = _DESCRIPTION.match(data, start, start + LONGEST_BODY)
    end = lines.end() if lines else start
    if b"\nm=" in data[start:end] and (end == len(data) or b"\n" in data[end:]):
        return end - start
    if len(data) - start > LONGEST_BODY:
        raise CameraError(Cause.PROTOCOL, "the camera's description has no end")
    return len(data) - start + 1


def _make(first: str, headers: Headers, body: bytes) -> Response | Request:
    if not first.startswith("RTSP/"):
        method, _, rest = first.partition(" ")
        return Request(method, rest.partition(" ")[0], {"CSeq": headers.get("cseq")})
    _, _, rest = first.partition(" ")
    status, _, reason = rest.strip().partition(" ")
    if not (status.isascii() and status.isdigit() and len(status) == 3):
        words = "the camera's answer has no status"
        raise CameraError(Cause.PROTOCOL, words, line=printable(first))
    return Response(int(status), reason.strip(), headers, body)
