"""Payloads as bytes, and errors as payloads. Pure."""

from __future__ import annotations

import json

from vms.core.bus.protocol import Payload
from vms.core.errors import (
    Conflict,
    Corrupt,
    Denied,
    Exhausted,
    Invalid,
    Locked,
    NotFound,
    Unavailable,
    VmsError,
)

_OF_KIND: dict[str, type[VmsError]] = {
    error.kind: error
    for error in (
        Invalid,
        Denied,
        NotFound,
        Conflict,
        Locked,
        Exhausted,
        Unavailable,
        Corrupt,
    )
}


_COMPACT = json.JSONEncoder(separators=(",", ":"))


def encode(payload: Payload) -> bytes:
    return _COMPACT.encode(payload).encode()


def decode(data: bytes) -> Payload:
    """Raises Corrupt when it is not a JSON object."""
    try:
        payload = json.loads(data)
    except ValueError as error:
        raise Corrupt("a message on the bus is not JSON") from error
    if not isinstance(payload, dict):
        raise Corrupt("a message on the bus is not a JSON object")
    return payload


def error_payload(error: VmsError) -> Payload:
    """What the asking side needs to raise the same error; context values as JSON has them."""
    context = {key: _plain(value) for key, value in error.context.items()}
    return {"error": error.kind, "message": error.message, "context": context}


def answer_of(payload: Payload) -> Payload:
    """The reply itself; raises the error it carries, if it carries one."""
    kind = payload.get("error")
    if kind is None:
        return payload
    context = payload.get("context")
    raise _OF_KIND.get(str(kind), Unavailable)(
        str(payload.get("message", "")), **(context if isinstance(context, dict) else {})
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
