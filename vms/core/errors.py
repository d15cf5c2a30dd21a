"""One family of errors: each has a kind (what a caller can do) and a context (what finds it).

Foreign errors are translated once, where the library is imported. A kind maps to an HTTP status in
exactly one table, in `vms.api.problems` (RFC 9457). Messages say what to do next; a secret never
goes into a message or a context.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    INVALID = "invalid"  # the request makes no sense: change it
    DENIED = "denied"  # not allowed, or not signed in
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"  # true of another state than the present one
    LOCKED = "locked"  # an evidence lock forbids it
    EXHAUSTED = "exhausted"  # a bound was reached: disk, sessions, quota
    UNAVAILABLE = "unavailable"  # a peer is away: try again
    CORRUPT = "corrupt"  # bytes are not what they must be


class VmsError(Exception):
    """`message` is for people; `context` are the values that find the cause; `kind` is for code."""

    kind = ErrorKind.INVALID

    def __init__(self, message: str, **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __str__(self) -> str:
        if not self.context:
            return self.message
        details = ", ".join(f"{key}={value}" for key, value in self.context.items())
        return f"{self.message} ({details})"


class Invalid(VmsError):
    kind = ErrorKind.INVALID


class Denied(VmsError):
    kind = ErrorKind.DENIED


class NotFound(VmsError):
    kind = ErrorKind.NOT_FOUND


class Conflict(VmsError):
    kind = ErrorKind.CONFLICT


class Locked(VmsError):
    kind = ErrorKind.LOCKED


class Exhausted(VmsError):
    kind = ErrorKind.EXHAUSTED


class Unavailable(VmsError):
    kind = ErrorKind.UNAVAILABLE


class Corrupt(VmsError):
    kind = ErrorKind.CORRUPT
