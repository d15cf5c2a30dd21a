"""The site, its first administrator, and the session of who is looking."""

from __future__ import annotations

from aiohttp import web

from vms import __version__
from vms.api.call import Api, Call
from vms.api.dispatch import COOKIE, who
from vms.api.schemas import Credentials, SessionOut, SiteOut, UserOut
from vms.auth.signin import SignedIn
from vms.core.errors import Conflict
from vms.core.model import Role
from vms.core.secret import Secret


async def get_site(call: Call) -> SiteOut:
    return await _site(call.api)


async def set_up(call: Call) -> web.Response:
    """The first user; only while there is none."""
    sent = call.body(Credentials)
    async with call.api.setting_up:
        if await call.api.index.users.count() > 0:
            raise Conflict("this site is set up: sign in")
        hashed = await call.api.passwords.hash(Secret(sent.password.get_secret_value()))
        user = await call.api.index.users.add(sent.name, Role.ADMINISTRATOR, hashed)
    return await _signed_in(call, *await call.api.sign_ins.begin(user), status=201)


async def sign_in(call: Call) -> web.Response:
    sent = call.body(Credentials)
    password = Secret(sent.password.get_secret_value())
    signed_in, token = await call.api.sign_ins.sign_in(sent.name, password, call.address)
    return await _signed_in(call, signed_in, token)


async def get_session(call: Call) -> SessionOut:
    return SessionOut(user=UserOut.of(call.user), site=await _site(call.api))


async def sign_out(call: Call) -> web.Response:
    """Ends the session and the media it opened. Without a session: the cookie goes, that is all."""
    signed_in = await who(call.request, call.api)
    if signed_in is not None:
        await call.api.sign_ins.sign_out(signed_in)
        await revoke(call.api, session_id=signed_in.session_id)
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return response


async def revoke(api: Api, *, session_id: str | None = None, user_id: int | None = None) -> None:
    """Tell pages and players that a session, or all of a user's, is over."""
    api.watch.end_session(session_id=session_id, user_id=user_id)
    whose = {"session_id": session_id, "user_id": user_id}
    told = {key: value for key, value in whose.items() if value is not None}
    await api.bus.publish("play.revoke", told)


async def _signed_in(
    call: Call, signed_in: SignedIn, token: Secret, status: int = 200
) -> web.Response:
    answer = SessionOut(user=UserOut.of(signed_in.user), site=await _site(call.api))
    response = web.json_response(text=answer.model_dump_json(), status=status)
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        token.reveal(),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=call.api.settings.api.https or call.request.secure,
        max_age=call.api.settings.api.session_seconds,
    )
    return response


async def _site(api: Api) -> SiteOut:
    site = api.settings.site
    return SiteOut(
        name=site.name,
        zone=site.zone,
        language=site.language,
        version=__version__,
        needs_setup=await api.index.users.count() == 0,
    )
