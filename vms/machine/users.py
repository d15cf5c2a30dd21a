"""Accounts made from the shell of the machine: for recovery, and for the demonstration."""

from __future__ import annotations

from storage.index import Index, UserChange, open_index
from vms.app import index_key
from vms.auth.passwords import Passwords
from vms.core.errors import Conflict, NotFound
from vms.core.model import Role
from vms.core.secret import Secret
from vms.settings import Settings


async def set_user(settings: Settings, name: str, password: Secret, role: Role, new: bool) -> None:
    """Add `name` with `role`, or give who is there a password. Raises Conflict, NotFound."""
    async with open_index(settings.index_url.reveal(), key=index_key(settings)) as index:
        known = await index.users.by_name(name)
        if new and known is not None:
            raise Conflict(f"there is a user {name} already: `vms user passwd {name}`")
        if not new and known is None:
            raise NotFound(f"there is no user {name}: `vms user add {name}`")
        await ensure_user(index, name, password, role)


async def ensure_user(index: Index, name: str, password: Secret, role: Role) -> None:
    """`name` can sign in with `password` now; a new one gets `role`. Their sessions end."""
    hashed = await Passwords().hash(password)
    known = await index.users.by_name(name)
    if known is None:
        await index.users.add(name, role, hashed)
        return
    await index.users.change(known.id, UserChange(enabled=True, password_hash=hashed))
    await index.sessions.remove_of_user(known.id)
