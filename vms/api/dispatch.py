"""What happens between a request and its handler, the same for every route of the table.

Origin, session, right, query, body; then the handler; then JSON. In that order: who may not call a
route learns nothing of what it would take.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiMapping
from prometheus_client import Histogram
from pydantic import BaseModel, ValidationError

from vms.api.call import Api, Call
from vms.api.problems import NotSignedIn, wrong_fields
from vms.api.table import SAFE, Outcome, Public, Route
from vms.auth.policy import NO_SUCH_CAMERA, Action, require
from vms.auth.signin import SignedIn
from vms.core.errors import Denied, Invalid, NotFound
from vms.core.secret import Secret

COOKIE = "vms_session"

_SECONDS = Histogram(
    "vms_api_request_seconds",
    "Time until the answer was complete, by route.",
    ("method", "route"),
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)


class Endpoint:
    """aiohttp's handler for one row of the table."""

    def __init__(self, route: Route, api: Api) -> None:
        self.route = route
        self._api = api
        self._seconds = _SECONDS.labels(route.method, route.path)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        try:
            check_origin(request)
            call = await self._call(request)
            return _response(await self.route.handler(call), self.route.status)
        finally:
            self._seconds.observe(time.perf_counter() - started)

    async def _call(self, request: web.Request) -> Call:
        signed_in = await self._allowed(request)
        asked = _query(self.route, request.query)
        return Call(request, self._api, signed_in, await _body(self.route, request), asked)

    async def _allowed(self, request: web.Request) -> SignedIn | None:
        """Raises NotSignedIn, Denied or NotFound."""
        if isinstance(self.route.needs, Public):
            return None
        signed_in = await who(request, self._api)
        if signed_in is None:
            raise NotSignedIn("sign in first")
        if isinstance(self.route.needs, Action):
            require(signed_in.user, self.route.needs, _camera_id(request))
        return signed_in


async def who(request: web.Request, api: Api) -> SignedIn | None:
    """Whose session the cookie is, if it is one."""
    token = request.cookies.get(COOKIE, "")
    return await api.sign_ins.find(Secret(token)) if token else None


def check_origin(request: web.Request) -> None:
    """Refuse what another site's page sent in its visitor's name (CSRF). Raises Denied.

    Browsers say where a request comes from; what says nothing is no browser and has no cookie that
    it did not get itself.
    """
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        raise Denied("this request comes from another site")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Denied("this request comes from another site")


def _camera_id(request: web.Request) -> int | None:
    """The camera in the path. Raises NotFound when it cannot be an id."""
    text = request.match_info.get("camera_id")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound(NO_SUCH_CAMERA)
    return int(text)


def _query(route: Route, query: MultiMapping[str]) -> BaseModel | None:
    if route.query is None:
        return None
    try:
        return route.query.model_validate(dict(query))
    except ValidationError as error:
        raise wrong_fields(error) from None


async def _body(route: Route, request: web.Request) -> BaseModel | None:
    """The JSON body; raw bodies are read by their handlers. Raises WrongFields, Invalid, 413."""
    if route.body is None:
        return None
    if (request.content_length or 0) > route.longest_body:
        raise web.HTTPRequestEntityTooLarge(route.longest_body, request.content_length or 0)
    if isinstance(route.body, str):
        if request.content_type != route.body:
            raise Invalid(f"send it as {route.body}")
        return None
    if request.content_type != "application/json":
        raise Invalid("send it as application/json")
    try:
        return route.body.model_validate_json(await request.read())
    except ValidationError as error:
        raise wrong_fields(error) from None


def _response(outcome: Outcome, status: int) -> web.StreamResponse:
    if outcome is None:
        return web.Response(status=204)
    if isinstance(outcome, BaseModel):
        text = outcome.model_dump_json()
        return web.Response(
            status=status,
            text=text,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )
    return outcome
