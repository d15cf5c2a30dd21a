"""RTSP 1.0 as a camera speaks it: requests in, responses out. Pure (RFC 2326)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vms.core.errors import Corrupt

LONGEST_HEAD = 16 * 1024
LONGEST_BODY = 64 * 1024

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
}


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` has lower-case names."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def sequence(self) -> str:
        return self.headers.get("cseq", "0")

    @property
    def session(self) -> str:
        return self.headers.get("session", "").partition(";")[0].strip()


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Binary data that a client sends between requests: its receiver reports."""

    channel: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A header given as a tuple is repeated for each value."""

    status: int = 200
    headers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    body: str = ""

    def encode(self, sequence: str) -> bytes:
        reason = REASONS.get(self.status, "Refused")
        lines = [f"RTSP/1.0 {self.status} {reason}", f"CSeq: {sequence}"]
        lines.append("Server: Matakota demo camera")
        for name, value in self.headers.items():
            values = (value,) if isinstance(value, str) else value
            lines += [f"{name}: {one}" for one in values]
        body = self.body.encode()
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join((*lines, "", "")).encode() + body


class Parser:
    """Cuts what a client sends into requests and interleaved data."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request | Interleaved]:
        """Yield what is complete. Raises Corrupt when it is not RTSP."""
        self._buffer += data
        while (found := self._next()) is not None:
            yield found

    def _next(self) -> Request | Interleaved | None:
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
        if self._buffer[:1] == b"$":
            return self._interleaved()
        return self._request()

    def _interleaved(self) -> Interleaved | None:
        if len(self._buffer) < 4:
            return None
        end = 4 + int.from_bytes(self._buffer[2:4], "big")
        if len(self._buffer) < end:
            return None
        found = Interleaved(self._buffer[1], bytes(self._buffer[4:end]))
        del self._buffer[:end]
        return found

    def _request(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise Corrupt("RTSP request without an end", size=len(self._buffer))
            return None
        method, url, headers = _head(bytes(self._buffer[:end]))
        size = _body_size(headers)
        start = end + 4
        if len(self._buffer) < start + size:
            return None
        body = bytes(self._buffer[start : start + size])
        del self._buffer[: start + size]
        return Request(method, url, headers, body)


def _head(data: bytes) -> tuple[str, str, dict[str, str]]:
    first, *rest = data.decode("utf-8", "replace").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("RTSP/"):
        raise Corrupt("not an RTSP request line", line=first[:80])
    pairs = (line.partition(":") for line in rest)
    return words[0], words[1], {name.strip().lower(): value.strip() for name, _, value in pairs}


def _body_size(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not text.isdecimal() or int(text) > LONGEST_BODY:
        raise Corrupt("RTSP body of impossible length", length=text[:20])
    return int(text)
