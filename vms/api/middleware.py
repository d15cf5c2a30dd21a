"""What every answer gets: security headers, errors as problem details, one line in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from vms.api.problems import broken, http_problem, problem
from vms.core.errors import ErrorKind, VmsError
from vms.core.supervise import contained

log = logging.getLogger(__name__)

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

_BEGUN = web.RequestKey("begun", web.StreamResponse)
"""Where a request keeps the answer whose head was sent."""
_ONE_YEAR = "max-age=31536000"


def security_headers(https: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """For `on_response_prepare`: also answers that stream get them."""
    headers = HEADERS | ({"Strict-Transport-Security": _ONE_YEAR} if https else {})

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        request[_BEGUN] = response
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = "vms"

    return add


@web.middleware
async def errors_as_problems(request: web.Request, handler: Next) -> web.StreamResponse:
    try:
        name, job = _name(request), partial(_answer, request, handler)
        answer = await contained(name, job, otherwise=None) or broken()
    except VmsError as error:
        _note(request, error)
        answer = problem(error)
    return _unless_begun(request, answer)


def _unless_begun(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """What went wrong in the middle of an answer can only be told by breaking it off."""
    begun: web.StreamResponse = request.get(_BEGUN, answer)
    if begun is not answer and request.transport is not None:
        request.transport.close()
    return begun


def _name(request: web.Request) -> str:
    """Method and path as they were sent: still encoded, so that no line break gets into the log."""
    return f"{request.method} {request.rel_url.raw_path}"


async def _answer(request: web.Request, handler: Next) -> web.StreamResponse | None:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return http_problem(error)


def _note(request: web.Request, error: VmsError) -> None:
    """What may need somebody; refusals of clients' own mistakes are no news."""
    ours = error.kind in (ErrorKind.UNAVAILABLE, ErrorKind.CORRUPT)
    log.log(
        logging.WARNING if ours else logging.DEBUG,
        "%s: %s",
        _name(request),
        error,
    )


@web.middleware
async def access_log(request: web.Request, handler: Next) -> web.StreamResponse:
    """Path without query; changes at INFO, reading at DEBUG."""
    started = time.perf_counter()
    response = await handler(request)
    level = logging.DEBUG if request.method in ("GET", "HEAD", "OPTIONS") else logging.INFO
    millis = (time.perf_counter() - started) * 1000
    log.log(level, "%s %d %.0f ms", _name(request), response.status, millis)
    return response
