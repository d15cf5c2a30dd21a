"""Users and sessions in the index, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from storage.index import Index, NewCamera, Session, UserChange
from vms.core.errors import Conflict, NotFound
from vms.core.model import Role, User
from vms.core.walltime import WallTime

TOKEN = bytes(range(32))


@pytest.fixture
async def admin(index: Index) -> User:
    return await index.users.add("ani", Role.ADMINISTRATOR, "hash of ani")


async def test_a_user_comes_back_with_the_hash_of_the_password(index: Index, admin: User) -> None:
    assert admin == User(admin.id, "ani", Role.ADMINISTRATOR)
    assert await index.users.credentials("ani") == (admin, "hash of ani")
    assert await index.users.by_name("ani") == await index.users.get(admin.id) == admin
    assert await index.users.count() == 1


async def test_nobody_has_an_unknown_name_or_id(index: Index) -> None:
    assert await index.users.by_name("ani") is None
    assert await index.users.credentials("ani") is None
    assert await index.users.count() == 0
    with pytest.raises(NotFound):
        await index.users.get(1)


async def test_a_viewer_sees_the_cameras_given(index: Index, admin: User) -> None:
    cameras = [(await index.cameras.add(NewCamera(name))).id for name in "abc"]
    viewer = await index.users.add("budi", Role.VIEWER, "hash", cameras=cameras[:2])
    assert viewer.cameras == frozenset(cameras[:2])
    changed = await index.users.change(viewer.id, UserChange(cameras=frozenset(cameras[2:])))
    assert changed.cameras == frozenset(cameras[2:])
    nothing = await index.users.change(viewer.id, UserChange(cameras=frozenset()))
    assert nothing.cameras == frozenset()
    everything = await index.users.change(viewer.id, UserChange(cameras=None))
    assert everything.cameras is None
    assert await index.users.list() == [admin, everything]


async def test_an_unknown_camera_cannot_be_given(index: Index) -> None:
    with pytest.raises(Conflict):
        await index.users.add("budi", Role.VIEWER, "hash", cameras=[99])
    assert await index.users.count() == 0


async def test_an_administrator_sees_every_camera(index: Index, admin: User) -> None:
    camera = await index.cameras.add(NewCamera("Gate"))
    viewer = await index.users.add("budi", Role.VIEWER, "hash", cameras=[camera.id])
    raised = await index.users.change(viewer.id, UserChange(role=Role.ADMINISTRATOR))
    assert raised.cameras is None


async def test_a_name_belongs_to_one_user(index: Index, admin: User) -> None:
    with pytest.raises(Conflict, match="name is taken"):
        await index.users.add("ani", Role.VIEWER, "hash")
    other = await index.users.add("budi", Role.VIEWER, "hash")
    with pytest.raises(Conflict, match="name is taken"):
        await index.users.change(other.id, UserChange(name="ani"))


async def test_a_new_password_leaves_the_rest_alone(index: Index, admin: User) -> None:
    await index.users.change(admin.id, UserChange(password_hash="new"))
    assert await index.users.credentials("ani") == (admin, "new")


@pytest.mark.parametrize("change", [UserChange(role=Role.VIEWER), UserChange(enabled=False)])
async def test_the_last_administrator_stays_one(
    index: Index, admin: User, change: UserChange
) -> None:
    for refused in (index.users.change(admin.id, change), index.users.remove(admin.id)):
        with pytest.raises(Conflict, match="last administrator"):
            await refused
    assert await index.users.list() == [admin]
    await index.users.add("budi", Role.ADMINISTRATOR, "hash")
    await index.users.change(admin.id, change)


async def test_a_session_is_found_by_the_hash_of_its_token(index: Index, admin: User) -> None:
    await index.sessions.add(TOKEN, admin.id, WallTime(10), WallTime(100))
    assert await index.sessions.get(TOKEN) == Session(
        TOKEN, admin.id, WallTime(10), WallTime(100), seen=WallTime(10)
    )
    await index.sessions.touch(TOKEN, WallTime(20))
    await index.sessions.touch(TOKEN, WallTime(30), expires=WallTime(200))
    assert await index.sessions.get(TOKEN) == Session(
        TOKEN, admin.id, WallTime(10), WallTime(200), seen=WallTime(30)
    )
    await index.sessions.remove(TOKEN)
    assert await index.sessions.get(TOKEN) is None


async def test_sessions_go_with_their_user_or_their_time(index: Index, admin: User) -> None:
    other = await index.users.add("budi", Role.ADMINISTRATOR, "hash")
    for number, user in enumerate((admin, admin, other)):
        await index.sessions.add(bytes([number]), user.id, WallTime(0), WallTime(100 + number))
    await index.sessions.remove_expired(WallTime(100))
    assert await index.sessions.get(bytes([0])) is None
    await index.sessions.remove_of_user(admin.id)
    assert await index.sessions.get(bytes([1])) is None
    await index.users.remove(other.id)
    assert await index.sessions.get(bytes([2])) is None


async def test_a_session_of_nobody_is_refused(index: Index) -> None:
    with pytest.raises(Conflict):
        await index.sessions.add(TOKEN, 99, WallTime(0), WallTime(1))
