"""Groups of cameras, each shown with the cameras of it that may be seen."""

from __future__ import annotations

from storage.index.groups import Group
from storage.retention.changes import require_no_loss
from vms.api.call import Call
from vms.api.handlers.retention import usual
from vms.api.marks import GroupIn, GroupOut, GroupPatch, GroupsOut
from vms.api.numbers import id_in_path
from vms.auth.policy import Action, allows, sees
from vms.core.model import User

NO_SUCH_GROUP = "there is no such group"


async def list_groups(call: Call) -> GroupsOut:
    """A group of which somebody sees nothing does not exist for them."""
    groups = [_out(call.user, group) for group in await call.api.index.groups.list()]
    whole = allows(call.user, Action.ADMIN)
    return GroupsOut(groups=[group for group in groups if whole or group.cameras])


async def add_group(call: Call) -> GroupOut:
    """Raises Conflict when the name is taken, NotFound for a camera that is not there."""
    sent = call.body(GroupIn)
    group = await call.api.index.groups.add(sent.name, sent.cameras)
    call.api.watch.cameras_changed()
    return _out(call.user, group)


async def change_group(call: Call) -> GroupOut:
    """Raises Conflict when a camera would keep less at once, else as `add_group`."""
    sent = call.body(GroupPatch)
    group_id = id_in_path(call, "group_id", NO_SUCH_GROUP)
    if sent.cameras is not None:
        await require_no_loss(call.api.index, group_id, sent.cameras, usual(call.api))
    group = await call.api.index.groups.change(group_id, name=sent.name, camera_ids=sent.cameras)
    call.api.watch.cameras_changed()
    return _out(call.user, group)


async def remove_group(call: Call) -> None:
    await call.api.index.groups.remove(id_in_path(call, "group_id", NO_SUCH_GROUP))
    call.api.watch.cameras_changed()


def _out(user: User, group: Group) -> GroupOut:
    cameras = sorted(each for each in group.cameras if sees(user, each))
    return GroupOut(id=group.id, name=group.name, cameras=cameras)
