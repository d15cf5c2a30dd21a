"""Bookmarks and groups of cameras in the index, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from storage.index import Index, NewCamera
from storage.index.bookmarks import BookmarkChange, NewBookmark
from vms.core.errors import Conflict, NotFound
from vms.core.model import Camera
from vms.core.promises import Bookmark, Purpose, RetentionPolicy, Scope
from vms.core.walltime import TimeRange, WallTime

NOW = WallTime(5_000)
ALWAYS = TimeRange(WallTime(0), WallTime(1 << 60))


def at(time: int) -> WallTime:
    return WallTime(time)


@pytest.fixture
async def gate(index: Index) -> Camera:
    return await index.cameras.add(NewCamera("Gate"))


@pytest.fixture
async def yard(index: Index) -> Camera:
    return await index.cameras.add(NewCamera("Yard"))


async def marked(
    index: Index, camera: Camera, time: int, end: int | None = None, title: str = "Crash"
) -> Bookmark:
    last = None if end is None else at(end)
    new = NewBookmark(camera.id, at(time), last, title, "", "budi")
    return await index.bookmarks.add(new, NOW)


async def test_a_bookmark_comes_back_as_it_was_made(index: Index, gate: Camera) -> None:
    new = NewBookmark(gate.id, at(10), at(20), "Crash", "two lorries", "budi")
    made = await index.bookmarks.add(new, NOW)
    assert made == Bookmark(made.id, gate.id, at(10), at(20), "Crash", "two lorries", NOW, "budi")
    assert await index.bookmarks.get(made.id) == made


async def test_a_bookmark_needs_a_camera(index: Index) -> None:
    with pytest.raises(Conflict):
        await index.bookmarks.add(NewBookmark(77, at(1), None, "x", "", "budi"), NOW)


async def test_a_change_leaves_what_it_does_not_name(index: Index, gate: Camera) -> None:
    made = await marked(index, gate, 10)
    changed = await index.bookmarks.change(made.id, BookmarkChange(note="seen twice"))
    assert (changed.title, changed.note) == ("Crash", "seen twice")
    assert await index.bookmarks.change(made.id, BookmarkChange()) == changed


async def test_a_bookmark_that_is_gone_is_gone(index: Index, gate: Camera) -> None:
    made = await marked(index, gate, 10)
    await index.bookmarks.remove(made.id)
    with pytest.raises(NotFound):
        await index.bookmarks.get(made.id)
    with pytest.raises(NotFound):
        await index.bookmarks.remove(made.id)
    with pytest.raises(NotFound):
        await index.bookmarks.change(made.id, BookmarkChange(title="x"))


async def test_bookmarks_are_found_by_time_and_camera_newest_first(
    index: Index, gate: Camera, yard: Camera
) -> None:
    early, late = await marked(index, gate, 10), await marked(index, gate, 90)
    reaching, other = await marked(index, gate, 20, 60), await marked(index, yard, 55)
    here = TimeRange(at(50), at(90))
    find = index.bookmarks.between
    assert await find([gate.id], here, limit=9) == [reaching]
    assert await find(None, here, limit=9) == [other, reaching]
    assert await find([gate.id], ALWAYS, limit=2) == [late, reaching]
    assert await find([gate.id], TimeRange(at(10), at(11)), limit=9) == [early]
    assert await find([], ALWAYS, limit=9) == []
    assert await find([gate.id], TimeRange(at(60), at(61)), limit=9) == [], "an end is exclusive"


async def test_words_are_found_in_title_and_note_and_mean_nothing_else(
    index: Index, gate: Camera
) -> None:
    crash = await marked(index, gate, 1, title="Crash 100%_sure")
    await marked(index, gate, 2, title="Parade")
    find = index.bookmarks.between
    assert await find(None, ALWAYS, limit=9, text="cRASH") == [crash]
    assert await find(None, ALWAYS, limit=9, text="0%_s") == [crash]
    assert await find(None, ALWAYS, limit=9, text="%") == [crash]
    assert await find(None, ALWAYS, limit=9, text="\\") == []


async def test_a_group_has_its_cameras(index: Index, gate: Camera, yard: Camera) -> None:
    port = await index.groups.add("Port", [gate.id, yard.id, gate.id])
    assert port.cameras == {gate.id, yard.id}
    alone = await index.groups.add("Alone", [])
    assert await index.groups.list() == [alone, port], "by name"
    smaller = await index.groups.change(port.id, camera_ids=[yard.id])
    assert (smaller.name, smaller.cameras) == ("Port", frozenset({yard.id}))
    renamed = await index.groups.change(port.id, name="Harbour")
    assert (renamed.name, renamed.cameras) == ("Harbour", frozenset({yard.id}))
    assert await index.groups.get(port.id) == renamed


async def test_a_name_belongs_to_one_group(index: Index) -> None:
    port, alone = await index.groups.add("Port", []), await index.groups.add("Alone", [])
    for taking in (index.groups.add("Port", []), index.groups.change(alone.id, name="Port")):
        with pytest.raises(Conflict) as raised:
            await taking
        assert raised.value.context["field"] == "name"
    assert await index.groups.change(port.id, name="Port") == port


async def test_a_group_of_a_camera_that_is_not_there_is_not_made(
    index: Index, gate: Camera
) -> None:
    await index.cameras.remove(gate.id)
    with pytest.raises(NotFound):
        await index.groups.add("Port", [gate.id])
    assert await index.groups.list() == []


async def test_a_removed_camera_is_in_no_group(index: Index, gate: Camera, yard: Camera) -> None:
    port = await index.groups.add("Port", [gate.id, yard.id])
    await index.cameras.remove(gate.id)
    assert (await index.groups.get(port.id)).cameras == {yard.id}


async def test_a_group_for_which_retention_says_something_stays(index: Index, gate: Camera) -> None:
    port = await index.groups.add("Port", [gate.id])
    await index.retention.set(Scope.GROUP, port.id, RetentionPolicy(max_days=90))
    with pytest.raises(Conflict, match="retention"):
        await index.groups.remove(port.id)
    await index.retention.set(Scope.GROUP, port.id, RetentionPolicy())
    await index.groups.remove(port.id)
    with pytest.raises(NotFound):
        await index.groups.get(port.id)
    assert [camera.id for camera in await index.cameras.list()] == [gate.id]


async def test_what_a_camera_is_for_is_kept_in_the_order_of_the_law(index: Index) -> None:
    both = (Purpose.TRAFFIC, Purpose.SECURITY, Purpose.TRAFFIC)
    new = NewCamera("Gate", purposes=both, owner_agency="Dishub", sign_posted=True, contact="0548")
    made = await index.cameras.add(new)
    assert made.purposes == (Purpose.SECURITY, Purpose.TRAFFIC)
    assert (made.owner_agency, made.sign_posted, made.contact) == ("Dishub", True, "0548")
    assert await index.cameras.get(made.id) == made
