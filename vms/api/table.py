"""What a row of the table of routes says; one that does not say enough does not start."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel

from vms.api.call import Call
from vms.auth.policy import Action
from vms.core.errors import Invalid

Outcome = BaseModel | web.StreamResponse | None
"""A model is sent as JSON, None as 204, a response as it is."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Public:
    """Anybody may call it, without signing in. The reason is for who reads the table."""

    reason: str


@dataclass(frozen=True, slots=True)
class AnySignedIn:
    """Everybody who is signed in. The reason says how the answer is kept to what they may see."""

    reason: str


Needs = Action | Public | AnySignedIn


@dataclass(frozen=True, slots=True)
class Route:
    """`body`: a model for JSON, or the content type of a raw body. `answer`: a model, or the
    content type of what the handler sends itself; None: nothing (204)."""

    method: str
    path: str
    needs: Needs
    handler: Callable[[Call], Awaitable[Outcome]]
    summary: str
    body: type[BaseModel] | str | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | str | None = None
    status: int = 200
    longest_body: int = 64 * 1024

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)", self.path)


def check(routes: Sequence[Route]) -> None:
    """Raises Invalid for a table that must not be served."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        if not isinstance(route.needs, Action | Public | AnySignedIn):
            raise Invalid(f"route {route.method} {route.path} does not say who may call it")
        wrong = _wrong(route) or ((route.method, route.path) in seen and "is there twice")
        if wrong:
            raise Invalid(f"route {route.method} {route.path} {wrong}")
        seen.add((route.method, route.path))


def _wrong(route: Route) -> str:
    if isinstance(route.needs, Public | AnySignedIn):
        if not route.needs.reason.strip():
            return "is open without a reason"
        if "camera_id" in route.parameters and route.method != "OPTIONS":
            return "names a camera and asks for no right to it"
    if not route.summary.strip():
        return "does not say what it is for"
    if route.method in SAFE and route.body is not None:
        return "takes a body with a method that has none"
    return ""
