"""What a user may do: an administrator all, a viewer what they see, who is disabled nothing."""

from __future__ import annotations

import pytest

from vms.auth.policy import Action, allows, require, sees
from vms.core.errors import Denied, NotFound
from vms.core.model import Role, User

ADMIN = User(1, "admin", Role.ADMINISTRATOR)
EVERY = User(2, "every", Role.VIEWER)
SOME = User(3, "some", Role.VIEWER, cameras=frozenset({7}))
NONE = User(4, "none", Role.VIEWER, cameras=frozenset())
ON_A_CAMERA = (Action.LIVE, Action.PLAYBACK, Action.EXPORT, Action.SIGNAL)


@pytest.mark.parametrize("action", Action)
def test_an_administrator_may_do_everything(action: Action) -> None:
    assert allows(ADMIN, action)
    assert allows(ADMIN, action, 7)


@pytest.mark.parametrize("action", ON_A_CAMERA)
def test_a_viewer_may_watch_and_export_what_they_see(action: Action) -> None:
    assert [allows(user, action, 7) for user in (EVERY, SOME, NONE)] == [True, True, False]
    assert [allows(user, action, 8) for user in (EVERY, SOME, NONE)] == [True, False, False]


@pytest.mark.parametrize("user", [EVERY, SOME, NONE])
def test_no_viewer_administers(user: User) -> None:
    assert not allows(user, Action.ADMIN)
    assert not allows(user, Action.ADMIN, 7)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_who_is_disabled_may_do_nothing(action: Action, role: Role) -> None:
    disabled = User(5, "gone", role, enabled=False)
    assert not allows(disabled, action)
    assert not allows(disabled, action, 7)
    with pytest.raises(Denied):
        require(disabled, action, 7)


def test_a_camera_that_is_not_seen_is_not_there() -> None:
    with pytest.raises(NotFound) as raised:
        require(SOME, Action.LIVE, 8)
    assert "8" not in str(raised.value)


def test_what_needs_an_administrator_is_denied_not_hidden() -> None:
    with pytest.raises(Denied, match="administrator"):
        require(SOME, Action.ADMIN, 7)


def test_seeing_is_about_the_list_of_cameras() -> None:
    assert [sees(user, 7) for user in (ADMIN, EVERY, SOME, NONE)] == [True, True, True, False]
