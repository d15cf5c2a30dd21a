"""What a user may do. Pure: a user, an action, a camera in; yes or no out.

Deny by default: an action is allowed only where a line here says so.
"""

from __future__ import annotations

from enum import StrEnum

from vms.core.errors import Denied, NotFound
from vms.core.model import Role, User


class Action(StrEnum):
    LIVE = "live"
    PLAYBACK = "playback"
    EXPORT = "export"
    SIGNAL = "signal"  # say that something happened at a camera, so that it is kept
    ADMIN = "admin"


_OF_A_VIEWER = frozenset({Action.LIVE, Action.PLAYBACK, Action.EXPORT, Action.SIGNAL})


def allows(user: User, action: Action, camera_id: int | None = None) -> bool:
    """Whether `user` may do `action`, on the camera if one is named."""
    if not user.enabled:
        return False
    if user.role is Role.ADMINISTRATOR:
        return True
    return action in _OF_A_VIEWER and (camera_id is None or sees(user, camera_id))


def sees(user: User, camera_id: int) -> bool:
    """Whether the camera exists as far as `user` is concerned."""
    return user.role is Role.ADMINISTRATOR or user.cameras is None or camera_id in user.cameras


def require(user: User, action: Action, camera_id: int | None = None) -> None:
    """Raises NotFound for a camera the user does not see, exactly as for one that is not there,
    and Denied for anything else that is not allowed."""
    if allows(user, action, camera_id):
        return
    if action in _OF_A_VIEWER and camera_id is not None and user.enabled:
        raise NotFound(NO_SUCH_CAMERA)
    raise Denied("this needs an administrator" if action is Action.ADMIN else "not allowed")


NO_SUCH_CAMERA = "there is no such camera"
