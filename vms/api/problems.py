"""Errors as RFC 9457 problem details. The only table from kinds of errors to HTTP statuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from vms.core.errors import Denied, ErrorKind, Invalid, VmsError

CONTENT_TYPE = "application/problem+json"

STATUS: Mapping[ErrorKind, HTTPStatus] = {
    ErrorKind.INVALID: HTTPStatus.BAD_REQUEST,
    ErrorKind.DENIED: HTTPStatus.FORBIDDEN,
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.LOCKED: HTTPStatus.LOCKED,
    ErrorKind.EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.CORRUPT: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_CODES = {
    "missing": "required",
    "string_too_short": "required",
    "string_too_long": "too-long",
    "too_short": "required",
    "extra_forbidden": "unknown",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-large",
    "string_pattern_mismatch": "characters",
}
"""pydantic's words for the mistakes the web application has words for; others go as they are."""


class NotSignedIn(Denied):
    """Nobody is signed in: 401 instead of 403."""


class WrongFields(Invalid):
    """Fields of a request that make no sense: (field, message code) of each."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__("some fields cannot be taken as they are")
        self.errors = errors


def problem(error: VmsError) -> web.Response:
    """What a caller is told: kind, words, the fields concerned. Not the context, which is ours."""
    status = HTTPStatus.UNAUTHORIZED if isinstance(error, NotSignedIn) else STATUS[error.kind]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": error.message,
        "kind": error.kind,
    }
    if errors := _field_errors(error):
        body["errors"] = errors
    if "cause" in error.context:
        body["cause"] = error.context["cause"]
    return _response(status, body, _headers(error))


def http_problem(error: web.HTTPException) -> web.Response:
    """aiohttp's own refusals (no such path, wrong method, too large) in the same clothes."""
    status = HTTPStatus(error.status)
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return _response(status, _plain(status), headers)


def broken() -> web.Response:
    """A bug: its words are in the log only."""
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, _plain(HTTPStatus.INTERNAL_SERVER_ERROR), {})


def wrong_fields(error: ValidationError) -> WrongFields:
    """pydantic's complaints as (field, code)."""
    return WrongFields(
        *(
            (".".join(map(str, each["loc"])), _CODES.get(each["type"], each["type"]))
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        )
    )


def _field_errors(error: VmsError) -> list[dict[str, str]]:
    if isinstance(error, WrongFields):
        return [{"field": field, "message": code} for field, code in error.errors]
    if "field" in error.context:
        code = str(error.context.get("code", error.message))
        return [{"field": str(error.context["field"]), "message": code}]
    return []


def _headers(error: VmsError) -> dict[str, str]:
    wait = error.context.get("retry_after_seconds")
    return {} if wait is None else {"Retry-After": str(wait)}


def _plain(status: HTTPStatus) -> dict[str, Any]:
    return {"type": "about:blank", "title": status.phrase, "status": int(status)}


def _response(status: HTTPStatus, body: dict[str, Any], headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        status=status, text=json.dumps(body), content_type=CONTENT_TYPE, headers=headers
    )
