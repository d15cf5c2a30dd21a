"""Why there is no video, as an error: a message for people and a Cause for code and screens."""

from __future__ import annotations

from vms.core.errors import ErrorKind, Exhausted, VmsError
from vms.core.model import Cause

_KINDS = {
    Cause.BAD_PASSWORD: ErrorKind.DENIED,
    Cause.UNTRUSTED: ErrorKind.DENIED,
    Cause.BAD_URL: ErrorKind.NOT_FOUND,
    Cause.UNSUPPORTED: ErrorKind.INVALID,
    Cause.PROTOCOL: ErrorKind.CORRUPT,
    Cause.DISK_FULL: ErrorKind.EXHAUSTED,
}


class SpoolFull(Exhausted):
    """The spool holds all it may, and nothing in it is of less importance than what comes."""


class CameraError(VmsError):
    """A camera gives no video, for `cause`. The message says what a person can do about it.

    Neither message nor context ever holds the password.
    """

    def __init__(self, cause: Cause, message: str, **context: object) -> None:
        super().__init__(message, **context)
        self.cause = cause
        self.kind = _KINDS.get(cause, ErrorKind.UNAVAILABLE)


class TransportRefused(CameraError):
    """The camera does not send over the transport that was asked for; another may do.

    `again`: the source has another one and begins with it when it is opened next.
    """

    def __init__(
        self,
        message: str,
        cause: Cause = Cause.UNSUPPORTED,
        *,
        again: bool = False,
        **context: object,
    ) -> None:
        super().__init__(cause, message, **context)
        self.again = again


class Redirected(CameraError):
    """The camera names another address (3xx, RFC 2326 section 11.3). `location` is hostile input:
    see recorder.rtsp.redirect."""

    def __init__(self, location: str) -> None:
        super().__init__(
            Cause.BAD_URL, "the camera sends us to another address: enter that one if you trust it"
        )
        self.location = location
