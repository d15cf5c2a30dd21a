"""How the system is: health for people, endpoints for machines, the API's own description."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from vms.api.call import Call
from vms.api.schemas import HealthOut, Word
from vms.core.errors import VmsError


async def get_health(call: Call) -> HealthOut:
    board = call.api.watch.board
    return HealthOut(now=call.api.clock.wall(), nodes=board.nodes(), streams=board.streams())


async def livez(call: Call) -> Word:
    return Word(status="ok")


async def readyz(call: Call) -> web.Response:
    """Whether this API can serve: index and bus answer. No details: anybody may ask."""
    ready = await is_ready(call)
    word = Word(status="ok" if ready else "not-ready")
    return web.json_response(text=word.model_dump_json(), status=200 if ready else 503)


async def is_ready(call: Call) -> bool:
    if not getattr(call.api.bus, "connected", True):
        return False
    try:
        await call.api.index.users.count()
    except VmsError:
        return False
    return True


async def metrics(call: Call) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
