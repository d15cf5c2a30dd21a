"""Users: who may sign in and what they see. Shrinking a right ends what it had opened."""

from __future__ import annotations

from storage.index import KEEP, Keep, UserChange
from vms.api.call import Call
from vms.api.handlers.site import revoke
from vms.api.schemas import UserIn, UserOut, UserPatch, UsersOut
from vms.auth.signin import shrinks
from vms.core.errors import NotFound
from vms.core.model import Role, User
from vms.core.secret import Secret


async def list_users(call: Call) -> UsersOut:
    return UsersOut(users=[UserOut.of(user) for user in await call.api.index.users.list()])


async def add_user(call: Call) -> UserOut:
    sent = call.body(UserIn)
    hashed = await call.api.passwords.hash(Secret(sent.password.get_secret_value()))
    user = await call.api.index.users.add(
        sent.name, sent.role, hashed, cameras=sent.cameras, enabled=sent.enabled
    )
    return UserOut.of(user)


async def change_user(call: Call) -> UserOut:
    before = await call.api.index.users.get(_user_id(call))
    change = await _change(call, call.body(UserPatch), before)
    after = await call.api.index.users.change(before.id, change)
    if shrinks(before, after, change):
        await call.api.index.sessions.remove_of_user(before.id)
        await revoke(call.api, user_id=before.id)
    return UserOut.of(after)


async def remove_user(call: Call) -> None:
    await call.api.index.users.remove(_user_id(call))
    await revoke(call.api, user_id=_user_id(call))


async def _change(call: Call, sent: UserPatch, before: User) -> UserChange:
    hashed = None
    if sent.password is not None:
        hashed = await call.api.passwords.hash(Secret(sent.password.get_secret_value()))
    return UserChange(
        name=KEEP if sent.name is None else sent.name,
        role=KEEP if sent.role is None else sent.role,
        cameras=_cameras(sent, before),
        enabled=KEEP if sent.enabled is None else sent.enabled,
        password_hash=KEEP if hashed is None else hashed,
    )


def _cameras(sent: UserPatch, before: User) -> frozenset[int] | Keep | None:
    """An administrator who becomes a viewer sees what is said now, not everything as before."""
    if "cameras" in sent.model_fields_set:
        return None if sent.cameras is None else frozenset(sent.cameras)
    demoted = before.role is Role.ADMINISTRATOR and sent.role is Role.VIEWER
    return frozenset() if demoted else KEEP


def _user_id(call: Call) -> int:
    text = call.request.match_info["user_id"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound("no such user")
    return int(text)
