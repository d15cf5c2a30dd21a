"""Who remembers the certificates that cameras showed first. Pure."""

from __future__ import annotations

from typing import Protocol

from vms.core.model import Stream


class Pins(Protocol):
    """recorder.pinbook keeps them for good; `OwnPins` as long as a source lives."""

    def known(self, stream_id: int) -> str:
        """SHA-256 in hexadecimal; empty: none was seen yet."""
        ...

    def note(self, stream_id: int, certificate: str) -> None: ...


class OwnPins:
    """For one stream, beginning with what it says itself."""

    def __init__(self, stream: Stream) -> None:
        self._certificate = stream.certificate

    def known(self, stream_id: int) -> str:
        return self._certificate

    def note(self, stream_id: int, certificate: str) -> None:
        self._certificate = certificate
